public import ComplexModule
import EchelonKernels
import EchelonLinearAlgebra
public import EchelonWire
public import RealModule

// Reductions of complex numbers: real ones over the parts, so with their accuracy, and the same bits for any
// number of workers.

extension WorkExecutor {
  /// `Σ zᵢ`, the real and the imaginary parts each pairwise as for real arrays; 0 for no elements.
  /// - Parameter mask: which elements count; nil is all.
  /// - Throws: as the sum of real arrays.
  public func sum<Z: ComplexOperand>(
    _ z: Z, where mask: ArrayMask<Z.Part>? = nil, priority: WorkPriority = .normal
  ) async throws -> Complex<Z.Part> {
    let (re, im) = (z.real, z.imaginary)
    return try await inSteps {
      let x = try startReal(.sum, re, where: mask, priority)
      let y = try startReal(.sum, im, where: mask, priority)
      return try await Complex(x.value, y.value)
    }
  }

  /// The arithmetic mean, in double precision for Float too.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func mean<Z: ComplexOperand>(
    _ z: Z, where mask: ArrayMask<Z.Part>? = nil, priority: WorkPriority = .normal
  ) async throws -> Complex<Double> {
    let (re, im) = (z.real, z.imaginary)
    return try await inSteps {
      try await Complex(
        mean(re, where: mask, priority: priority), mean(im, where: mask, priority: priority))
    }
  }

  /// `Σ xᵢ·yᵢ`, neither argument conjugated, as BLAS's zdotu; 0 for no elements.
  /// - Accuracy: of four real dot products, added in double precision and rounded once.
  /// - Throws: `KernelError` when the counts differ.
  public func dot<X: ComplexOperand>(
    _ x: X, _ y: some ComplexOperand<X.Part>, where mask: ArrayMask<X.Part>? = nil,
    priority: WorkPriority = .normal
  ) async throws -> Complex<X.Part> {
    let products = try await dotProducts(x, y, mask, priority)
    return Complex(
      X.Part(products.realReal - products.imaginaryImaginary),
      X.Part(products.realImaginary + products.imaginaryReal))
  }

  /// `Σ x̄ᵢ·yᵢ`, the first argument conjugated, as BLAS's zdotc and NumPy's vdot; 0 for no elements. For x = y the
  /// imaginary part is 0.
  /// - Accuracy: as `dot`.
  /// - Throws: `KernelError` when the counts differ.
  public func conjugatedDot<X: ComplexOperand>(
    _ x: X, _ y: some ComplexOperand<X.Part>, where mask: ArrayMask<X.Part>? = nil,
    priority: WorkPriority = .normal
  ) async throws -> Complex<X.Part> {
    let products = try await dotProducts(x, y, mask, priority)
    return Complex(
      X.Part(products.realReal + products.imaginaryImaginary),
      X.Part(products.realImaginary - products.imaginaryReal))
  }

  /// A norm of a complex vector, 0 for no elements and ∞ where one is not finite: that of the moduli. `.two` is made
  /// of the norms of the parts.
  /// - Accuracy: as for real vectors; neither overflows nor underflows on the way.
  /// - Throws: as for real vectors.
  public func norm<Z: ComplexOperand>(
    _ z: Z, _ norm: VectorNorm = .two, priority: WorkPriority = .normal
  ) async throws -> Double {
    let (re, im) = (z.real, z.imaginary)
    return try await inSteps {
      guard norm == .two else {
        return try await self.norm(modulus(z), norm, priority: priority)
      }
      let length = try await Double.hypot(
        self.norm(re, priority: priority), self.norm(im, priority: priority))
      // As the moduli have it: what is not finite is infinite.
      return length.isNaN ? .infinity : length
    }
  }

  private func startReal<Part: ComplexPart>(
    _ reduction: Reduction<Part>, _ x: ArrayExpression<Part>, where mask: ArrayMask<Part>?,
    _ priority: WorkPriority
  ) throws -> Future<Part> {
    try start(reduction, x, where: mask, priority: priority)
  }

  private func dotProducts<X: ComplexOperand>(
    _ x: X, _ y: some ComplexOperand<X.Part>, _ mask: ArrayMask<X.Part>?, _ priority: WorkPriority
  ) async throws -> DotProducts {
    let (xr, xi, yr, yi) = (x.real, x.imaginary, y.real, y.imaginary)
    return try await inSteps {
      func begin(
        _ a: ArrayExpression<X.Part>, _ b: ArrayExpression<X.Part>
      ) throws -> Future<Double> {
        try start(.dotInDouble(of: X.Part.self), a, b, where: mask, priority: priority)
      }
      let (rr, ii) = (try begin(xr, yr), try begin(xi, yi))
      let (ri, ir) = (try begin(xr, yi), try begin(xi, yr))
      return try await DotProducts(
        realReal: rr.value, imaginaryImaginary: ii.value, realImaginary: ri.value,
        imaginaryReal: ir.value)
    }
  }
}

/// The four real products of two complex vectors.
private struct DotProducts: Sendable {
  let realReal: Double
  let imaginaryImaginary: Double
  let realImaginary: Double
  let imaginaryReal: Double
}

extension WorkExecutor {
  /// `Σ zᵢ`, blocking; see the async form.
  @available(*, noasync)
  public func sum<Z: ComplexOperand>(
    _ z: Z, where mask: ArrayMask<Z.Part>? = nil, priority: WorkPriority = .normal
  ) throws -> Complex<Z.Part> {
    try startSteps { [self] in try await sum(z, where: mask, priority: priority) }.result()
  }

  /// The arithmetic mean, blocking; see the async form.
  @available(*, noasync)
  public func mean<Z: ComplexOperand>(
    _ z: Z, where mask: ArrayMask<Z.Part>? = nil, priority: WorkPriority = .normal
  ) throws -> Complex<Double> {
    try startSteps { [self] in try await mean(z, where: mask, priority: priority) }.result()
  }

  /// `Σ xᵢ·yᵢ`, blocking; see the async form.
  @available(*, noasync)
  public func dot<X: ComplexOperand>(
    _ x: X, _ y: some ComplexOperand<X.Part>, where mask: ArrayMask<X.Part>? = nil,
    priority: WorkPriority = .normal
  ) throws -> Complex<X.Part> {
    try startSteps { [self] in try await dot(x, y, where: mask, priority: priority) }.result()
  }

  /// `Σ x̄ᵢ·yᵢ`, the first argument conjugated, blocking; see the async form.
  @available(*, noasync)
  public func conjugatedDot<X: ComplexOperand>(
    _ x: X, _ y: some ComplexOperand<X.Part>, where mask: ArrayMask<X.Part>? = nil,
    priority: WorkPriority = .normal
  ) throws -> Complex<X.Part> {
    try startSteps { [self] in try await conjugatedDot(x, y, where: mask, priority: priority) }
      .result()
  }

  /// A norm of a complex vector, blocking; see the async form.
  @available(*, noasync)
  public func norm<Z: ComplexOperand>(
    _ z: Z, _ norm: VectorNorm = .two, priority: WorkPriority = .normal
  ) throws -> Double {
    try startSteps { [self] in try await self.norm(z, norm, priority: priority) }.result()
  }
}
