public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// Reductions. Chunks and the tree that merges them depend on the count alone, so the answer has the same bits
// for any number of workers. What is computed on the way to one (`sum(x * y)`) stays in the cache of whoever
// computes it, and the answer has the bits that it would have for an array of the same values.

extension WorkExecutor {
  /// Starts a reduction of the catalog over a vector and returns the future of its value.
  /// - Parameters:
  ///   - reduction: what to compute; of one input.
  ///   - x: an array, a view, a matrix (in row-major order), or an expression over at most eight of them.
  ///   - mask: which elements count; nil is all.
  ///   - ignoringNaN: whether elements that are NaN are left out.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`.
  /// - Throws: `KernelError` for arrays that do not fit each other, `ExpressionError` for an expression that is
  ///   too large for one pass.
  public func start<Value, X: ArrayOperand>(
    _ reduction: Reduction<Value>, _ x: X, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<Value> where X.Element: KernelElement {
    try start(
      reduction, [x.expression], mask, ignoringNaN: ignoringNaN,
      JobOptions(priority: priority, deadline: deadline))
  }

  /// Starts a reduction over two vectors; see the one over one vector.
  public func start<Value, X: ArrayOperand>(
    _ reduction: Reduction<Value>, _ x: X, _ y: some ArrayOperand<X.Element>,
    where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<Value> where X.Element: KernelElement {
    try start(
      reduction, [x.expression, y.expression], mask, ignoringNaN: ignoringNaN,
      JobOptions(priority: priority, deadline: deadline))
  }

  private func start<Value, Element: KernelElement & Sendable>(
    _ reduction: Reduction<Value>, _ vectors: [ArrayExpression<Element>],
    _ mask: ArrayMask<Element>?, ignoringNaN: Bool, _ options: JobOptions
  ) throws -> Future<Value> {
    let kernel = reduction.kernel
    try kernel.checkInputs(vectors.count, of: Element.self)
    if mask == nil, !ignoringNaN, let operands = contiguousOperands(of: vectors) {
      var job = try KernelJob(kernel, inputs: operands) { try reduction.finish($0) }
      job.options = options
      return try start(job)
    }
    if vectors.count > 1 {
      _ = try ExpressionShape(same: vectors.map(\.node), operation: kernel.name)
    }
    let plan = try ExpressionPlan(
      vectors.map(\.node) + (mask.map { [$0.node] } ?? []), operation: kernel.name)
    let function = chunkFunction(
      kernel.id, plan.codes, hasMask: mask != nil, ignoresNaN: ignoringNaN, plan.sources,
      Element.elementType)
    let count = plan.shape.count
    var job = ClosureJob(
      function: function, program: function, label: "\(kernel) of an expression",
      elementCount: count, chunkLength: FusedReduction.chunkLength, output: nil,
      inputs: plan.leaves.map(\.reference), parameters: .none
    ) { partials in
      guard let partials else { return try reduction.finish(kernel.identity) }
      let length = FusedReduction.chunkLength
      let chunkCount = count / length + (count % length == 0 ? 0 : 1)
      return try partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: chunkCount) {
        span in
        try reduction.finish(kernel.mergeTree(span))
      }
    }
    job.options = options
    return try start(job)
  }

  /// The operands of a kernel that can read all of these where they lie; nil when it cannot.
  private func contiguousOperands<Element: KernelElement>(
    of vectors: [ArrayExpression<Element>]
  ) -> [JobOperand]? {
    var operands: [JobOperand] = []
    var layout: LeafLayout?
    for vector in vectors {
      // Of different shapes, one may have to be repeated to fit the other.
      guard case .leaf(let leaf) = vector.node.content, leaf.layout.isContiguous,
        leaf.type == Element.vectorType, layout ?? leaf.layout == leaf.layout
      else { return nil }
      operands.append(leaf.reference.operand)
      layout = leaf.layout
    }
    return operands
  }
}

extension Kernel {
  /// Whether it takes as many vectors of this type.
  func checkInputs<Element: KernelElement>(_ count: Int, of _: Element.Type) throws(KernelError) {
    guard count == inputCount, elementType == Element.elementType else {
      throw .wrongOperandCount(
        kernel: "\(self)", inputs: count, outputs: 0,
        expected: "\(inputCount) vectors of \(elementType)")
    }
  }
}

/// A reduction of computed vectors as a closure that travels, made outside of generic code.
private func chunkFunction(
  _ kernelID: UInt32, _ codes: [ComputationCode], hasMask: Bool, ignoresNaN: Bool,
  _ sources: [LeafSource], _ type: ElementType
) -> ChunkFunction {
  ChunkFunction { chunk in
    guard let kernel = KernelCatalog.kernel(id: kernelID) else {
      preconditionFailure("this build has no kernel \(kernelID); rebuild the program")
    }
    let computations = codes.map(VectorComputation.init(code:))
    let reduction = FusedReduction(
      kernel, of: hasMask ? computations.dropLast() : computations,
      where: hasMask ? computations.last : nil, ignoresNaN: ignoresNaN)
    let inputs = ChunkInputs(chunk: chunk, sources: sources)
    let range = chunk.start..<chunk.start + chunk.count
    switch type {
    case .float64: chunk.store(partial: reduction.partial(of: inputs, range, Double.self))
    case .float32: chunk.store(partial: reduction.partial(of: inputs, range, Float.self))
    }
  }
}

extension WorkExecutor {
  /// `Σ xᵢ`, pairwise; 0 for no elements. See `KernelFamily.sum`.
  public func sum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> X.Element where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.sum, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// `Π xᵢ`; 1 for no elements. Nothing overflows but the result. See `KernelFamily.product`.
  public func product<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> X.Element where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.product, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// `Σ xᵢ·yᵢ`; 0 for no elements. See `KernelFamily.dot`.
  /// - Throws: `KernelError` when the counts differ.
  public func dot<X: ArrayOperand>(
    _ x: X, _ y: some ArrayOperand<X.Element>, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> X.Element where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.dot, x, y, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// The smallest element; NaN if there is one. See `KernelFamily.minimum`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func minimum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> X.Element where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.minimum, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// The largest element; NaN if there is one. See `KernelFamily.maximum`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func maximum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> X.Element where X.Element: KernelElement {
    try await start(
      Reduction<X.Element>.maximum, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// The smallest element and its position; of equal ones the first, NaN before all. See
  /// `KernelFamily.minimumPosition`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Extreme<X.Element> where X.Element: KernelElement {
    try await start(
      Reduction.minimumPosition(), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// The largest element and its position; of equal ones the first, NaN before all. See
  /// `KernelFamily.maximumPosition`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Extreme<X.Element> where X.Element: KernelElement {
    try await start(
      Reduction.maximumPosition(), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// The arithmetic mean. See `KernelFamily.meanVariance`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func mean<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Double where X.Element: KernelElement {
    try await start(
      Reduction<Moments>.meanVariance(of: X.Element.self), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value.mean
  }

  /// Count, mean and variance in one pass. See `KernelFamily.meanVariance`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func moments<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Moments where X.Element: KernelElement {
    try await start(
      Reduction<Moments>.meanVariance(of: X.Element.self), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }

  /// Count, mean, variance, skewness and kurtosis in one pass. See `KernelFamily.higherMoments`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func higherMoments<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> HigherMoments where X.Element: KernelElement {
    try await start(
      Reduction<HigherMoments>.higherMoments(of: X.Element.self), x, where: mask,
      ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).value
  }
}

extension WorkExecutor {
  /// `Σ xᵢ`, pairwise, blocking.
  @available(*, noasync)
  public func sum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> X.Element where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.sum, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// `Π xᵢ`, blocking.
  @available(*, noasync)
  public func product<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> X.Element where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.product, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// `Σ xᵢ·yᵢ`, blocking.
  @available(*, noasync)
  public func dot<X: ArrayOperand>(
    _ x: X, _ y: some ArrayOperand<X.Element>, where mask: ArrayMask<X.Element>? = nil,
    ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> X.Element where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.dot, x, y, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// The smallest element, blocking.
  @available(*, noasync)
  public func minimum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> X.Element where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.minimum, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// The largest element, blocking.
  @available(*, noasync)
  public func maximum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> X.Element where X.Element: KernelElement {
    try start(
      Reduction<X.Element>.maximum, x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// The smallest element and its position, blocking.
  @available(*, noasync)
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Extreme<X.Element> where X.Element: KernelElement {
    try start(
      Reduction.minimumPosition(), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// The largest element and its position, blocking.
  @available(*, noasync)
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Extreme<X.Element> where X.Element: KernelElement {
    try start(
      Reduction.maximumPosition(), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// The arithmetic mean, blocking.
  @available(*, noasync)
  public func mean<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Double where X.Element: KernelElement {
    try start(
      Reduction<Moments>.meanVariance(of: X.Element.self), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result().mean
  }

  /// Count, mean and variance in one pass, blocking.
  @available(*, noasync)
  public func moments<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Moments where X.Element: KernelElement {
    try start(
      Reduction<Moments>.meanVariance(of: X.Element.self), x, where: mask, ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }

  /// Count, mean, variance, skewness and kurtosis in one pass, blocking.
  @available(*, noasync)
  public func higherMoments<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> HigherMoments where X.Element: KernelElement {
    try start(
      Reduction<HigherMoments>.higherMoments(of: X.Element.self), x, where: mask,
      ignoringNaN: ignoringNaN,
      priority: priority, deadline: deadline
    ).result()
  }
}
