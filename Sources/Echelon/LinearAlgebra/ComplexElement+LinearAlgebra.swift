import ComplexModule
public import EchelonLinearAlgebra

extension ComplexElement: BLASElement where Part: LinearAlgebraScalar, Part.Real == Part {
  /// The complex type of the part's.
  public static var scalarType: ScalarType {
    Part.scalarType == .float64 ? .complexFloat64 : .complexFloat32
  }
}

extension ComplexElement: LinearAlgebraScalar where Part: LinearAlgebraScalar, Part.Real == Part {
  /// The type of the parts.
  public typealias Real = Part
  /// A number without an imaginary part.
  public init(real: Part) { self.init(real, 0) }
  /// The real part.
  public var realPart: Part { real }
  /// The number with its imaginary part negated.
  public var conjugate: ComplexElement { ComplexElement(real, -imaginary) }
  /// The distance from 0.
  public var modulus: Part { value.length }
  /// Both parts times a number.
  public func scaled(by factor: Part) -> ComplexElement {
    ComplexElement(real * factor, imaginary * factor)
  }
}
