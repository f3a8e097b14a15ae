/// The element types of dense linear algebra, numbered as the shim has them; the numbers travel.
public enum ScalarType: Int32, CaseIterable, Codable, Sendable {
  case float64 = 0
  case float32 = 1
  case complexFloat64 = 2
  case complexFloat32 = 3

  /// Whether elements have an imaginary part.
  public var isComplex: Bool { self == .complexFloat64 || self == .complexFloat32 }
}

/// An element type of dense linear algebra: Double, Float, and the complex numbers of both.
///
/// The complex ones are types of the module above, and conform there.
public protocol LinearAlgebraScalar: BLASElement, Sendable, Hashable {
  /// The type of moduli, norms and singular values: that of the parts.
  associatedtype Real: LinearAlgebraScalar & BinaryFloatingPoint where Real.Real == Real

  /// A real number.
  init(real: Real)
  /// The real part.
  var realPart: Real { get }
  /// The number with its imaginary part negated.
  var conjugate: Self { get }
  /// The distance from 0; neither overflows nor underflows on the way.
  var modulus: Real { get }
  /// The number times a real one.
  func scaled(by factor: Real) -> Self

  /// a + b.
  static func + (a: Self, b: Self) -> Self
  /// a − b.
  static func - (a: Self, b: Self) -> Self
  /// a·b.
  static func * (a: Self, b: Self) -> Self
  /// a / b.
  static func / (a: Self, b: Self) -> Self
  /// −a.
  static prefix func - (a: Self) -> Self
}

extension Double: LinearAlgebraScalar {
  /// The type itself.
  public typealias Real = Double
  /// See `LinearAlgebraScalar`.
  public static var scalarType: ScalarType { .float64 }
  /// See `LinearAlgebraScalar`.
  public init(real: Double) { self = real }
  /// The number itself.
  public var realPart: Double { self }
  /// The number itself.
  public var conjugate: Double { self }
  /// The absolute value.
  public var modulus: Double { magnitude }
  /// See `LinearAlgebraScalar`.
  public func scaled(by factor: Double) -> Double { self * factor }
}

extension Float: LinearAlgebraScalar {
  /// The type itself.
  public typealias Real = Float
  /// See `LinearAlgebraScalar`.
  public static var scalarType: ScalarType { .float32 }
  /// See `LinearAlgebraScalar`.
  public init(real: Float) { self = real }
  /// The number itself.
  public var realPart: Float { self }
  /// The number itself.
  public var conjugate: Float { self }
  /// The absolute value.
  public var modulus: Float { magnitude }
  /// See `LinearAlgebraScalar`.
  public func scaled(by factor: Float) -> Float { self * factor }
}
