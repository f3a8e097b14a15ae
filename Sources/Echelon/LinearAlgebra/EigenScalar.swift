public import EchelonKernels
public import EchelonLinearAlgebra
public import RealModule

/// An element type with the type of its eigenvalues, which are complex also for real matrices: Double, Float, and the
/// complex numbers of both.
public protocol EigenScalar: LinearAlgebraScalar {
  /// Complex numbers of the same precision.
  associatedtype ComplexNumber: EigenScalar where ComplexNumber.Real == Real
}

extension Double: EigenScalar {
  /// See `EigenScalar`.
  public typealias ComplexNumber = ComplexElement<Double>
}

extension Float: EigenScalar {
  /// See `EigenScalar`.
  public typealias ComplexNumber = ComplexElement<Float>
}

extension ComplexElement: EigenScalar where Part: LinearAlgebraScalar, Part.Real == Part {
  /// The type itself.
  public typealias ComplexNumber = ComplexElement<Part>
}
