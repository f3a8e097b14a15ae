/// An element type of matrices that the system's BLAS and LAPACK work on.
public protocol BLASElement: BitwiseCopyable, ExpressibleByIntegerLiteral {
  /// Which one it is. In memory an element is as LAPACK has it: one number, or a real part and behind it an
  /// imaginary one.
  static var scalarType: ScalarType { get }
}

extension BLASElement {
  /// Whether there is an imaginary part.
  public static var isComplex: Bool { scalarType.isComplex }

  /// Elements behind a column-major matrix that routines may read.
  ///
  /// OpenBLAS's kernels for complex numbers read an element past the end of a vector. Where the vector is the last row of
  /// the matrix, that is one column further. Older ones for real numbers fill a vector register (0041).
  public static func readablePastEnd(leading: Int, columns: Int) -> Int {
    if columns == 0 { return 0 }
    return max(isComplex && columns > 1 ? leading : 0, 64 / MemoryLayout<Self>.stride)
  }
}

/// A real one: Double or Float.
public protocol BLASScalar: BinaryFloatingPoint, BLASElement {}

extension Double: BLASScalar {}

extension Float: BLASScalar {}

/// A complex number as it lies in memory, for code below the module that computes with complex numbers: LAPACK does
/// all that is done with it.
@frozen public struct ComplexParts<Part: BLASScalar>: BLASElement {
  /// The real part.
  public var real: Part
  /// The imaginary part.
  public var imaginary: Part

  /// A real number.
  public init(integerLiteral value: Int) { (real, imaginary) = (Part(value), 0) }

  /// The complex type of the part's.
  public static var scalarType: ScalarType {
    Part.scalarType == .float64 ? .complexFloat64 : .complexFloat32
  }
}
