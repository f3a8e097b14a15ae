public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
public import EchelonWire

// Cumulative sums and products: the total of every chunk first, and then, from what comes before a chunk, the
// totals inside of it. Chunks depend on the count alone.

extension WorkExecutor {
  /// Starts computing `yᵢ = x₀ + … + xᵢ` and returns the future of `y`.
  ///
  /// - Accuracy: blocks of 64 are added up by themselves, and their totals with the error that each addition
  ///   makes: at most γ₆₆·Σ|xⱼ|, u = 2⁻⁵³, in double precision for Float too.
  /// - Parameters:
  ///   - x: an array, a matrix in row-major order, a view or an expression; of what does not lie in one piece an
  ///     array is made first.
  ///   - ignoringNaN: whether elements that are NaN add nothing; else all from the first one on are NaN.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Throws: `ArenaError` when memory runs out; for an expression as `startEvaluate`.
  public func startCumulativeSum<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    if ignoringNaN {
      return try startCumulativeSum(x.expression.without(nan: 0), priority: priority)
    }
    return try startCumulative(
      PreparedOperand(x, operation: "cumulativeSum"), priority, { $0.sums(into: $1) },
      { $0.runningSums(from: $1, into: $2) }
    ) { totals in
      var sum = CompensatedSum()
      return totals.map { total in
        defer { sum.add(total) }
        return sum.value
      }
    }
  }

  /// Starts computing `yᵢ = x₀ · … · xᵢ` and returns the future of `y`.
  ///
  /// - Accuracy: mantissas and exponents are multiplied and added by themselves, so that only a result can
  ///   overflow or underflow; the relative error of yᵢ is at most about min(i, 65,536)·2⁻⁵³.
  /// - Parameters: as for `startCumulativeSum`, which also says what is thrown; NaN that are ignored count as 1.
  public func startCumulativeProduct<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    if ignoringNaN {
      return try startCumulativeProduct(x.expression.without(nan: 1), priority: priority)
    }
    return try startCumulative(
      PreparedOperand(x, operation: "cumulativeProduct"), priority, { $0.products(into: $1) },
      { $0.runningProducts(from: $1, into: $2) }
    ) { totals in
      var product = ScaledProduct(mantissa: 1, exponent: 0)
      return totals.map { total in
        defer { product = product.multiplied(by: total) }
        return product
      }
    }
  }

  /// - Parameters:
  ///   - totals: writes the total of each chunk.
  ///   - running: writes the elements of each chunk, from what comes before it.
  ///   - before: what comes before each chunk, of the totals of all.
  private func startCumulative<
    Element: KernelElement & Sendable, Total: BitwiseCopyable & Sendable
  >(
    _ x: PreparedOperand<Element>, _ priority: WorkPriority,
    _ totals: @escaping @Sendable (CumulativeCode, SharedArray<Total>) -> @Sendable (Int) -> Void,
    _ running:
      @escaping @Sendable (CumulativeCode, SharedArray<Total>, SharedArray<UInt8>) ->
      @Sendable (Int) -> Void,
    before: @escaping @Sendable ([Total]) -> [Total]
  ) throws -> Future<SharedArray<Element>> {
    let result = try uninitializedArray(of: Element.self, count: x.count)
    return try startSteps { [self] in
      let elements = try await x.array(on: self, priority)
      let code = CumulativeCode(type: Element.elementType, input: elements.bytes, count: x.count)
      func run(_ body: @escaping @Sendable (Int) -> Void) async throws {
        try await finished(
          startConcurrentPerform(
            iterations: code.chunkCount, chunkLength: 1, priority: priority, body))
      }
      let chunkTotals = try uninitializedArray(of: Total.self, count: code.chunkCount)
      try await run(totals(code, chunkTotals))
      try await run(running(code, array(before(Array(chunkTotals))), result.bytes))
      return result
    }
  }

  /// `yᵢ = x₀ + … + xᵢ`; see `startCumulativeSum`.
  public func cumulativeSum<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startCumulativeSum(x, ignoringNaN: ignoringNaN, priority: priority).value
  }

  /// `yᵢ = x₀ + … + xᵢ`, blocking; see `startCumulativeSum`.
  @available(*, noasync)
  public func cumulativeSum<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startCumulativeSum(x, ignoringNaN: ignoringNaN, priority: priority).result()
  }

  /// `yᵢ = x₀ · … · xᵢ`; see `startCumulativeProduct`.
  public func cumulativeProduct<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startCumulativeProduct(x, ignoringNaN: ignoringNaN, priority: priority).value
  }

  /// `yᵢ = x₀ · … · xᵢ`, blocking; see `startCumulativeProduct`.
  @available(*, noasync)
  public func cumulativeProduct<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startCumulativeProduct(x, ignoringNaN: ignoringNaN, priority: priority).result()
  }
}

/// The passes as closures that travel, made outside of generic code.
struct CumulativeCode: Sendable {
  let type: ElementType
  let input: SharedArray<UInt8>
  let count: Int

  static let chunkLength = 65_536
  var chunkCount: Int { count / Self.chunkLength + (count % Self.chunkLength == 0 ? 0 : 1) }

  func sums(into totals: SharedArray<Double>) -> @Sendable (Int) -> Void {
    let (type, input, count) = (type, input, count)
    return { chunk in
      let range = elements(ofChunk: chunk, count)
      switch type {
      case .float64: totals[chunk] = input.view(as: Double.self)[range].withSpan { Double.sum($0) }
      case .float32: totals[chunk] = input.view(as: Float.self)[range].withSpan { Float.sum($0) }
      }
    }
  }

  func products(into totals: SharedArray<ScaledProduct>) -> @Sendable (Int) -> Void {
    let (type, input, count) = (type, input, count)
    return { chunk in
      let range = elements(ofChunk: chunk, count)
      switch type {
      case .float64:
        totals[chunk] = input.view(as: Double.self)[range].withSpan { Double.product($0) }
      case .float32:
        totals[chunk] = input.view(as: Float.self)[range].withSpan { Float.product($0) }
      }
    }
  }

  func runningSums(
    from totals: SharedArray<Double>, into output: SharedArray<UInt8>
  ) -> @Sendable (Int) -> Void {
    let (type, input, count) = (type, input, count)
    return { chunk in
      let range = elements(ofChunk: chunk, count)
      switch type {
      case .float64:
        addUp(input.view(as: Double.self), range, totals[chunk], output.view(as: Double.self))
      case .float32:
        addUp(input.view(as: Float.self), range, totals[chunk], output.view(as: Float.self))
      }
    }
  }

  func runningProducts(
    from totals: SharedArray<ScaledProduct>, into output: SharedArray<UInt8>
  ) -> @Sendable (Int) -> Void {
    let (type, input, count) = (type, input, count)
    return { chunk in
      let range = elements(ofChunk: chunk, count)
      switch type {
      case .float64:
        multiplyUp(input.view(as: Double.self), range, totals[chunk], output.view(as: Double.self))
      case .float32:
        multiplyUp(input.view(as: Float.self), range, totals[chunk], output.view(as: Float.self))
      }
    }
  }
}

private func elements(ofChunk chunk: Int, _ count: Int) -> Range<Int> {
  let length = CumulativeCode.chunkLength
  return chunk * length..<min(count, (chunk + 1) * length)
}

private func addUp<Element: KernelElement & Sendable>(
  _ x: SharedArray<Element>, _ range: Range<Int>, _ before: Double, _ y: SharedArray<Element>
) {
  x[range].withSpan { x in y[range].withMutableSpan { y in addUp(x, before, into: &y, from: 0) } }
}

private func multiplyUp<Element: KernelElement & Sendable>(
  _ x: SharedArray<Element>, _ range: Range<Int>, _ before: ScaledProduct, _ y: SharedArray<Element>
) {
  x[range].withSpan { x in
    y[range].withMutableSpan { y in Element.runningProduct(x, after: before, into: &y, from: 0, level: nil) }
  }
}

/// Writes the running sums of one chunk.
/// - Parameters:
///   - before: what comes before it.
///   - start: where they go.
func addUp<Element: KernelElement>(
  _ x: Span<Element>, _ before: Double, into y: inout MutableSpan<Element>, from start: Int
) {
  var base = CompensatedSum()
  base.add(before)
  for block in stride(from: 0, to: x.count, by: 64) {
    let first = base.value
    var total = 0.0
    for index in block..<min(x.count, block + 64) {
      total += Double(x[index])
      y[start + index] = Element(first + total)
    }
    base.add(total)
  }
}
