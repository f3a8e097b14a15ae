/// An element type of matrices that the system's BLAS and LAPACK work on.
public protocol BLASElement: BitwiseCopyable, ExpressibleByIntegerLiteral {
  /// Which one it is. In memory an element is as LAPACK has it: one number, or a real part and behind it an
  /// imaginary one.
  static var scalarType: ScalarType { get }
}

/// A real one: Double or Float.
public protocol BLASScalar: BinaryFloatingPoint, BLASElement {}

extension Double: BLASScalar {}

extension Float: BLASScalar {}
