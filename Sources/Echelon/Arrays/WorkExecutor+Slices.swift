public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Which vectors of a matrix are meant.
public enum MatrixSlice: Sendable, Hashable {
  /// Every row by itself.
  case row
  /// Every column by itself.
  case column
}

// Reductions of every row or column of a matrix. Each has the bits of the reduction of that row by itself.

extension WorkExecutor {
  /// Starts a reduction of every row or column and returns the future of their values, in order.
  ///
  ///     let means = try await pool.start(Reduction<Moments>.meanVariance(of: Double.self), m, each: .column).value
  /// - Parameters:
  ///   - reduction: what to compute of each; of one input.
  ///   - x: a matrix, any view, or an expression with one in it; an array is one row.
  ///   - slice: rows or columns.
  ///   - mask: of the same shape: which elements count; nil is all.
  ///   - ignoringNaN: whether elements that are NaN are left out.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Throws: as the reduction of all elements; the future fails with `KernelError.emptyInput` where there is no
  ///   answer for one of them.
  public func start<Value: BitwiseCopyable & Sendable, X: ArrayOperand>(
    _ reduction: Reduction<Value>, _ x: X, each slice: MatrixSlice,
    where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Value>> where X.Element: KernelElement {
    try start(
      reduction, [x.expression], each: slice, mask, ignoringNaN: ignoringNaN, priority: priority)
  }

  /// Starts a reduction of every row or column of two matrices; see the one of one matrix.
  public func start<Value: BitwiseCopyable & Sendable, X: ArrayOperand>(
    _ reduction: Reduction<Value>, _ x: X, _ y: some ArrayOperand<X.Element>,
    each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Value>> where X.Element: KernelElement {
    try start(
      reduction, [x.expression, y.expression], each: slice, mask, ignoringNaN: ignoringNaN,
      priority: priority)
  }

  private func start<Value: BitwiseCopyable & Sendable, Element: KernelElement>(
    _ reduction: Reduction<Value>, _ matrices: [ArrayExpression<Element>], each slice: MatrixSlice,
    _ mask: ArrayMask<Element>?, ignoringNaN: Bool, priority: WorkPriority
  ) throws -> Future<SharedArray<Value>> {
    let kernel = reduction.kernel
    try kernel.checkInputs(matrices.count, of: Element.self)
    let panels = try MatrixPanels(
      matrices.map(\.node) + (mask.map { [$0.node] } ?? []), each: slice, operation: kernel.name)
    return try startSteps { [self] in
      let chunkCount = panels.chunksPerVector
      let partials = try await partials(of: KernelPartial.self, panels, priority) {
        panels.partials(
          kernel.id, Element.elementType, hasMask: mask != nil, ignoresNaN: ignoringNaN, into: $0)
      }
      let values = try uninitializedArray(of: Value.self, count: panels.vectorCount)
      try partials.withSpan { partials in
        try values.withMutableSpan { values in
          for vector in values.indices {
            let first = vector * chunkCount
            let merged =
              chunkCount == 1
              ? partials[first] : kernel.mergeTree(count: chunkCount) { partials[first + $0] }
            values[vector] = try reduction.finish(merged)
          }
        }
      }
      return values
    }
  }

  /// The partial results of every vector, chunk by chunk.
  /// - Parameter panel: what writes those of a panel.
  func partials<Partial: BitwiseCopyable & Sendable>(
    of type: Partial.Type, _ panels: MatrixPanels, _ priority: WorkPriority,
    _ panel: (SharedArray<Partial>) -> @Sendable (Int) -> Void
  ) async throws -> SharedArray<Partial> {
    let partials = try uninitializedArray(
      of: type, count: panels.vectorCount * panels.chunksPerVector)
    try await finished(
      startConcurrentPerform(
        iterations: panels.count, chunkLength: 1, priority: priority, panel(partials)))
    return partials
  }

  /// `Σ` of every row or column; see `KernelFamily.sum`.
  public func sum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.sum, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).value
  }

  /// `Σ` of every row or column, blocking; see `KernelFamily.sum`.
  @available(*, noasync)
  public func sum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.sum, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).result()
  }

  /// `Π` of every row or column; see `KernelFamily.product`.
  public func product<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.product, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).value
  }

  /// `Π` of every row or column, blocking; see `KernelFamily.product`.
  @available(*, noasync)
  public func product<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.product, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).result()
  }

  /// The smallest element of every row or column; see `KernelFamily.minimum`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func minimum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.minimum, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).value
  }

  /// The smallest element of every row or column, blocking; see `KernelFamily.minimum`.
  @available(*, noasync)
  public func minimum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.minimum, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).result()
  }

  /// The largest element of every row or column; see `KernelFamily.maximum`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func maximum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.maximum, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).value
  }

  /// The largest element of every row or column, blocking; see `KernelFamily.maximum`.
  @available(*, noasync)
  public func maximum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.maximum, x, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).result()
  }

  /// The mean of every row or column; see `KernelFamily.meanVariance`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func mean<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Double> where X.Element: KernelElement {
    try await inSteps {
      let moments = try await moments(
        x, each: slice, where: mask, ignoringNaN: ignoringNaN, priority: priority)
      return try array(count: moments.count) { moments[$0].mean }
    }
  }

  /// The mean of every row or column, blocking; see `KernelFamily.meanVariance`.
  @available(*, noasync)
  public func mean<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<Double> where X.Element: KernelElement {
    try startSteps { [self] in
      try await mean(x, each: slice, where: mask, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }

  /// Count, mean and variance of every row or column; see `KernelFamily.meanVariance`.
  public func moments<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Moments> where X.Element: KernelElement {
    try await start(
      Reduction<Moments>.meanVariance(of: X.Element.self), x, each: slice,
      where: mask, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// Count, mean and variance of every row or column, blocking; see `KernelFamily.meanVariance`.
  @available(*, noasync)
  public func moments<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<Moments> where X.Element: KernelElement {
    try start(
      Reduction<Moments>.meanVariance(of: X.Element.self), x, each: slice,
      where: mask, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// Count, mean, variance, skewness and kurtosis of every row or column; see `KernelFamily.higherMoments`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func higherMoments<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<HigherMoments> where X.Element: KernelElement {
    try await start(
      Reduction<HigherMoments>.higherMoments(of: X.Element.self), x, each: slice, where: mask,
      ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// Count, mean, variance, skewness and kurtosis of every row or column, blocking; see `KernelFamily.higherMoments`.
  @available(*, noasync)
  public func higherMoments<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<HigherMoments> where X.Element: KernelElement {
    try start(
      Reduction<HigherMoments>.higherMoments(of: X.Element.self), x, each: slice, where: mask,
      ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The smallest element of every row or column and its position in it; see `KernelFamily.minimumPosition`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Extreme<X.Element>> where X.Element: KernelElement {
    try await start(
      Reduction<Extreme<X.Element>>.minimumPosition(), x, each: slice, where: mask,
      ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The smallest element of every row or column and its position in it, blocking; see `KernelFamily.minimumPosition`.
  @available(*, noasync)
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<Extreme<X.Element>> where X.Element: KernelElement {
    try start(
      Reduction<Extreme<X.Element>>.minimumPosition(), x, each: slice, where: mask,
      ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The largest element of every row or column and its position in it; see `KernelFamily.maximumPosition`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Extreme<X.Element>> where X.Element: KernelElement {
    try await start(
      Reduction<Extreme<X.Element>>.maximumPosition(), x, each: slice, where: mask,
      ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The largest element of every row or column and its position in it, blocking; see `KernelFamily.maximumPosition`.
  @available(*, noasync)
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<Extreme<X.Element>> where X.Element: KernelElement {
    try start(
      Reduction<Extreme<X.Element>>.maximumPosition(), x, each: slice, where: mask,
      ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// `Σ` of the products of every row or column of two matrices; see `KernelFamily.dot`.
  /// - Throws: `KernelError` when the shapes differ.
  public func dot<X: ArrayOperand>(
    _ x: X, _ y: some ArrayOperand<X.Element>, each slice: MatrixSlice,
    where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.dot, x, y, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).value
  }

  /// `Σ` of the products of every row or column of two matrices, blocking; see `KernelFamily.dot`.
  @available(*, noasync)
  public func dot<X: ArrayOperand>(
    _ x: X, _ y: some ArrayOperand<X.Element>, each slice: MatrixSlice,
    where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.dot, x, y, each: slice, where: mask, ignoringNaN: ignoringNaN,
      priority: priority
    ).result()
  }
}

extension MatrixPanels {
  /// Writes the partial results of every vector, chunk by chunk; made outside of generic code, since it travels.
  fileprivate func partials(
    _ kernelID: UInt32, _ type: ElementType, hasMask: Bool, ignoresNaN: Bool,
    into partials: SharedArray<KernelPartial>
  ) -> @Sendable (Int) -> Void {
    { [self] panel in
      guard let kernel = KernelCatalog.kernel(id: kernelID) else {
        preconditionFailure("this build has no kernel \(kernelID); rebuild the program")
      }
      let computations = codes.map(VectorComputation.init(code:))
      let reduction = FusedReduction(
        kernel, of: hasMask ? computations.dropLast() : computations,
        where: hasMask ? computations.last : nil, ignoresNaN: ignoresNaN)
      switch type {
      case .float64: reduce(panel, reduction, Double.self, into: partials)
      case .float32: reduce(panel, reduction, Float.self, into: partials)
      }
    }
  }

  private func reduce<Element: KernelElement>(
    _ panel: Int, _ reduction: FusedReduction, _ type: Element.Type,
    into partials: SharedArray<KernelPartial>
  ) {
    let inputs = inputs(ofPanel: panel)
    let chunk = inputs.elements.lowerBound / FusedReduction.chunkLength
    partials.withMutableSpan { partials in
      reduction.forEachPartial(of: inputs, of: inputs.vectors.count, inputs.elements, type) {
        partials[(inputs.vectors.lowerBound + $0) * chunksPerVector + chunk] = $1
      }
    }
  }
}

extension SharedArray {
  /// The same memory as bytes.
  var bytes: SharedArray<UInt8> {
    SharedArray<UInt8>(
      block: block, byteOffset: byteOffset, count: count * MemoryLayout<Element>.stride)
  }
}
