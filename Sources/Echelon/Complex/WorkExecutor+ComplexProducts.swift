public import ComplexModule
import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire
import RealModule

// Products, and totals on the way. Chunks depend on the count alone, and products of chunks are multiplied in their
// order, so the bits are the same for any number of workers.

extension WorkExecutor {
  /// `Π zᵢ`; 1 for no elements. Nothing overflows or underflows but the result.
  /// - Parameter mask: which elements count; nil is all.
  /// - Accuracy: one element after the other, in double precision for Float too: the error of the whole number is
  ///   at most about n·√5·u, u = 2⁻⁵³, and one rounding of each part to the element type.
  /// - Throws: as `startEvaluate`.
  /// - Source: R. Brent, C. Percival, P. Zimmermann, "Error bounds on complex floating-point multiplication",
  ///   Mathematics of Computation 76 (2007).
  public func product<Z: ComplexOperand>(
    _ z: Z, where mask: ArrayMask<Z.Part>? = nil, priority: WorkPriority = .normal
  ) async throws -> Complex<Z.Part> {
    try await inSteps { try await complexProduct(z, mask, priority) }
  }

  /// `Π zᵢ`, blocking; see the async form.
  @available(*, noasync)
  public func product<Z: ComplexOperand>(
    _ z: Z, where mask: ArrayMask<Z.Part>? = nil, priority: WorkPriority = .normal
  ) throws -> Complex<Z.Part> {
    try startSteps { [self] in try await complexProduct(z, mask, priority) }.result()
  }

  private func complexProduct<Z: ComplexOperand>(
    _ z: Z, _ mask: ArrayMask<Z.Part>?, _ priority: WorkPriority
  ) async throws -> Complex<Z.Part> {
    let elements: SharedArray<ComplexElement<Z.Part>>
    if let mask {
      // Others count as 1, and a product with 1 is exact.
      elements = try await array(of: select(mask, z, ComplexExpression(Complex(1))), priority)
    } else {
      elements = try await array(of: z, priority)
    }
    let totals = try await chunkProducts(elements, priority)
    return totals.withSpan { totals in
      var product = ScaledComplex.one
      for chunk in 0..<totals.count / 3 {
        product.multiply(by: ScaledComplex(from: totals, at: chunk))
      }
      return product.value(as: Z.Part.self).value
    }
  }

  /// Starts computing `yᵢ = z₀ · … · zᵢ` and returns the future of `y`.
  /// - Accuracy: as `product`, of the first i + 1 elements.
  /// - Parameters:
  ///   - z: an array, a matrix in row-major order, a view or an expression; of what is no array one is made first.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Throws: `ArenaError` when memory runs out; for an expression as `startEvaluate`.
  public func startCumulativeProduct<Z: ComplexOperand>(
    _ z: Z, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<ComplexElement<Z.Part>>> {
    _ = try ExpressionPlan(z.complexExpression, operation: "cumulativeProduct")
    return try startSteps { [self] in
      let elements = try await array(of: z, priority)
      let totals = try await chunkProducts(elements, priority)
      var product = ScaledComplex.one
      // In the place of each total, what comes before its chunk.
      for chunk in 0..<totals.count / 3 {
        let before = product
        product.multiply(by: totals.withSpan { ScaledComplex(from: $0, at: chunk) })
        before.store(into: totals, at: chunk)
      }
      let result = try uninitializedArray(
        of: ComplexElement<Z.Part>.self, count: elements.count)
      try await finished(
        startConcurrentPerform(
          iterations: totals.count / 3, chunkLength: 1, priority: priority,
          multiplyUpChunks(
            Z.Part.elementType, elements.bytes, elements.count, from: totals, into: result.bytes)))
      return result
    }
  }

  /// `yᵢ = z₀ · … · zᵢ`; see `startCumulativeProduct`.
  public func cumulativeProduct<Z: ComplexOperand>(
    _ z: Z, priority: WorkPriority = .normal
  ) async throws -> SharedArray<ComplexElement<Z.Part>> {
    try await startCumulativeProduct(z, priority: priority).value
  }

  /// `yᵢ = z₀ · … · zᵢ`, blocking; see `startCumulativeProduct`.
  @available(*, noasync)
  public func cumulativeProduct<Z: ComplexOperand>(
    _ z: Z, priority: WorkPriority = .normal
  ) throws -> SharedArray<ComplexElement<Z.Part>> {
    try startCumulativeProduct(z, priority: priority).result()
  }

  /// Starts computing `yᵢ = z₀ + … + zᵢ` and returns the future of `y`: the parts have the bits of their own
  /// cumulative sums.
  /// - Parameters: as for `startCumulativeProduct`, which also says what is thrown.
  public func startCumulativeSum<Z: ComplexOperand>(
    _ z: Z, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<ComplexElement<Z.Part>>> {
    _ = try ExpressionPlan(z.complexExpression, operation: "cumulativeSum")
    let (re, im) = (z.real, z.imaginary)
    return try startSteps { [self] in
      let x = try await finished(startCumulativeSum(re, priority: priority))
      let y = try await finished(startCumulativeSum(im, priority: priority))
      return try await finished(startEvaluate(ComplexExpression(x, y), priority: priority))
    }
  }

  /// `yᵢ = z₀ + … + zᵢ`; see `startCumulativeSum`.
  public func cumulativeSum<Z: ComplexOperand>(
    _ z: Z, priority: WorkPriority = .normal
  ) async throws -> SharedArray<ComplexElement<Z.Part>> {
    try await startCumulativeSum(z, priority: priority).value
  }

  /// `yᵢ = z₀ + … + zᵢ`, blocking; see `startCumulativeSum`.
  @available(*, noasync)
  public func cumulativeSum<Z: ComplexOperand>(
    _ z: Z, priority: WorkPriority = .normal
  ) throws -> SharedArray<ComplexElement<Z.Part>> {
    try startCumulativeSum(z, priority: priority).result()
  }
}

extension WorkExecutor {
  /// The elements one behind the other: an array where it lies, a new one of anything else.
  private func array<Z: ComplexOperand>(
    of z: Z, _ priority: WorkPriority
  ) async throws -> SharedArray<ComplexElement<Z.Part>> {
    if let array = z as? SharedArray<ComplexElement<Z.Part>> { return array }
    return try await finished(startEvaluate(z, priority: priority))
  }

  /// The product of each chunk, as `ScaledComplex` stores it.
  private func chunkProducts<Part: ComplexPart>(
    _ z: SharedArray<ComplexElement<Part>>, _ priority: WorkPriority
  ) async throws -> SharedArray<Double> {
    let chunkCount = (z.count + chunkLength - 1) / chunkLength
    let totals = try uninitializedArray(of: Double.self, count: 3 * chunkCount)
    try await finished(
      startConcurrentPerform(
        iterations: chunkCount, chunkLength: 1, priority: priority,
        multiplyChunks(Part.elementType, z.bytes, z.count, into: totals)))
    return totals
  }
}

// The passes as closures that travel, made outside of generic code.

private let chunkLength = 65_536

private func elements(ofChunk chunk: Int, _ count: Int) -> Range<Int> {
  chunk * chunkLength..<min(count, (chunk + 1) * chunkLength)
}

private func multiplyChunks(
  _ type: ElementType, _ input: SharedArray<UInt8>, _ count: Int, into totals: SharedArray<Double>
) -> @Sendable (Int) -> Void {
  { chunk in
    let range = elements(ofChunk: chunk, count)
    switch type {
    case .float64: multiplyAll(input.view(as: ComplexElement<Double>.self)[range], chunk, totals)
    case .float32: multiplyAll(input.view(as: ComplexElement<Float>.self)[range], chunk, totals)
    }
  }
}

private func multiplyAll<Part: ComplexPart>(
  _ z: SharedArray<ComplexElement<Part>>, _ chunk: Int, _ totals: SharedArray<Double>
) {
  z.withSpan { z in
    var product = ScaledComplex.one
    for index in z.indices { product.multiply(by: ScaledComplex(z[index])) }
    product.store(into: totals, at: chunk)
  }
}

private func multiplyUpChunks(
  _ type: ElementType, _ input: SharedArray<UInt8>, _ count: Int,
  from before: SharedArray<Double>, into output: SharedArray<UInt8>
) -> @Sendable (Int) -> Void {
  { chunk in
    let range = elements(ofChunk: chunk, count)
    switch type {
    case .float64:
      multiplyUp(
        input.view(as: ComplexElement<Double>.self)[range], chunk, before,
        output.view(as: ComplexElement<Double>.self)[range])
    case .float32:
      multiplyUp(
        input.view(as: ComplexElement<Float>.self)[range], chunk, before,
        output.view(as: ComplexElement<Float>.self)[range])
    }
  }
}

private func multiplyUp<Part: ComplexPart>(
  _ z: SharedArray<ComplexElement<Part>>, _ chunk: Int, _ before: SharedArray<Double>,
  _ y: SharedArray<ComplexElement<Part>>
) {
  var product = before.withSpan { ScaledComplex(from: $0, at: chunk) }
  z.withSpan { z in
    y.withMutableSpan { y in
      for index in z.indices {
        product.multiply(by: ScaledComplex(z[index]))
        y[index] = product.value(as: Part.self)
      }
    }
  }
}

extension ScaledComplex {
  fileprivate init<Part: ComplexPart>(_ z: ComplexElement<Part>) {
    self.init(Double(z.real), Double(z.imaginary))
  }
}
