public import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// Reductions of whole numbers, which are exact: they need no order to have the same bits. Of averages and the
// rest, `x.converted(to: Double.self)` has all.

extension WorkExecutor {
  /// Starts `Σ xᵢ`; 0 for no elements.
  /// - Parameters:
  ///   - x: an array, a view, a matrix, or an expression over at most eight of them.
  ///   - mask: which elements count; nil is all.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`.
  /// - Throws: `KernelError` for arrays that do not fit each other, `ExpressionError` for an expression that is
  ///   too large for one pass; the future fails with `KernelError.overflow` for a sum that is no Int.
  public func startSum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<Int> where X.Element: VectorInteger {
    try start(.sum, x, mask, JobOptions(priority: priority, deadline: deadline)) { try $0.sum() }
  }

  /// Starts the search for the smallest element and its position; of equal ones the first.
  /// - Throws: as `startSum`; the future fails with `KernelError.emptyInput` for no elements.
  public func startMinimumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<Extreme<X.Element>> where X.Element: VectorInteger {
    try startExtreme(.minimum, x, mask, JobOptions(priority: priority, deadline: deadline))
  }

  /// Starts the search for the largest element and its position; of equal ones the first.
  /// - Throws: as `startMinimumPosition`.
  public func startMaximumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<Extreme<X.Element>> where X.Element: VectorInteger {
    try startExtreme(.maximum, x, mask, JobOptions(priority: priority, deadline: deadline))
  }

  /// How many elements a mask holds for.
  func startCount<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, _ options: JobOptions
  ) throws -> Future<Int> {
    try start(.count, [mask.node], Element.vectorType, hasMask: false, options) { Int($0.low) }
  }

  private func startExtreme<X: ArrayOperand>(
    _ reduction: IntegerReduction, _ x: X, _ mask: ArrayMask<X.Element>?, _ options: JobOptions
  ) throws -> Future<Extreme<X.Element>> where X.Element: VectorInteger {
    try start(reduction, x, mask, options) { try $0.extreme(reduction) }
  }

  private func start<X: ArrayOperand, Value: Sendable>(
    _ reduction: IntegerReduction, _ x: X, _ mask: ArrayMask<X.Element>?, _ options: JobOptions,
    _ finish: @escaping @Sendable (IntegerPartial) throws -> Value
  ) throws -> Future<Value> {
    let vectors = [x.expression.node] + (mask.map { [$0.node] } ?? [])
    return try start(
      reduction, vectors, X.Element.vectorType, hasMask: mask != nil, options, finish)
  }

  private func start<Value: Sendable>(
    _ reduction: IntegerReduction, _ vectors: [ExpressionNode<ArrayLeaf>],
    _ type: VectorElementType,
    hasMask: Bool, _ options: JobOptions,
    _ finish: @escaping @Sendable (IntegerPartial) throws -> Value
  ) throws -> Future<Value> {
    if hasMask { _ = try ExpressionShape(same: vectors, operation: "\(reduction)") }
    let plan = try ExpressionPlan(vectors, operation: "\(reduction)")
    let function = chunkFunction(reduction.rawValue, plan.codes, plan.sources, type)
    let (count, length) = (plan.shape.count, FusedReduction.chunkLength)
    var job = ClosureJob(
      function: function, program: function, label: "\(reduction) over \(type)",
      elementCount: count, chunkLength: length, output: nil, inputs: plan.leaves.map(\.reference),
      parameters: .none
    ) { partials in
      guard let partials else { return try finish(IntegerPartial()) }
      let chunkCount = count / length + (count % length == 0 ? 0 : 1)
      // A partial result takes 64 bytes.
      let words = MemoryLayout<KernelPartial>.stride / MemoryLayout<IntegerPartial>.stride
      return try partials.withSpan(
        of: IntegerPartial.self, byteOffset: 0, count: chunkCount * words
      ) { span in
        var total = span[0]
        for chunk in 1..<max(1, chunkCount) { reduction.merge(span[chunk * words], into: &total) }
        return try finish(total)
      }
    }
    job.options = options
    return try start(job)
  }
}

extension WorkExecutor {
  /// `Σ xᵢ`; 0 for no elements; see `startSum`.
  public func sum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> Int where X.Element: VectorInteger {
    try await startSum(x, where: mask, priority: priority, deadline: deadline).value
  }

  /// `Σ xᵢ`; 0 for no elements, blocking; see `startSum`.
  @available(*, noasync)
  public func sum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Int where X.Element: VectorInteger {
    try startSum(x, where: mask, priority: priority, deadline: deadline).result()
  }

  /// The smallest element; see `startMinimumPosition`.
  public func minimum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> X.Element where X.Element: VectorInteger {
    try await startMinimumPosition(x, where: mask, priority: priority, deadline: deadline).value
      .value
  }

  /// The smallest element, blocking; see `startMinimumPosition`.
  @available(*, noasync)
  public func minimum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> X.Element where X.Element: VectorInteger {
    try startMinimumPosition(x, where: mask, priority: priority, deadline: deadline).result()
      .value
  }

  /// The largest element; see `startMaximumPosition`.
  public func maximum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> X.Element where X.Element: VectorInteger {
    try await startMaximumPosition(x, where: mask, priority: priority, deadline: deadline).value
      .value
  }

  /// The largest element, blocking; see `startMaximumPosition`.
  @available(*, noasync)
  public func maximum<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> X.Element where X.Element: VectorInteger {
    try startMaximumPosition(x, where: mask, priority: priority, deadline: deadline).result()
      .value
  }

  /// The smallest element and its position; of equal ones the first; see `startMinimumPosition`.
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> Extreme<X.Element> where X.Element: VectorInteger {
    try await startMinimumPosition(x, where: mask, priority: priority, deadline: deadline).value
  }

  /// The smallest element and its position; of equal ones the first, blocking; see `startMinimumPosition`.
  @available(*, noasync)
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Extreme<X.Element> where X.Element: VectorInteger {
    try startMinimumPosition(x, where: mask, priority: priority, deadline: deadline).result()
  }

  /// The largest element and its position; of equal ones the first; see `startMaximumPosition`.
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> Extreme<X.Element> where X.Element: VectorInteger {
    try await startMaximumPosition(x, where: mask, priority: priority, deadline: deadline).value
  }

  /// The largest element and its position; of equal ones the first, blocking; see `startMaximumPosition`.
  @available(*, noasync)
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, where mask: ArrayMask<X.Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Extreme<X.Element> where X.Element: VectorInteger {
    try startMaximumPosition(x, where: mask, priority: priority, deadline: deadline).result()
  }
}

/// What is asked of whole numbers.
enum IntegerReduction: UInt8, BitwiseCopyable, Sendable, CustomStringConvertible {
  case sum
  /// Of truths, which may be those of any type.
  case count
  case minimum
  case maximum

  var description: String {
    switch self {
    case .sum: "sum"
    case .count: "count"
    case .minimum: "minimum"
    case .maximum: "maximum"
    }
  }

  /// - Parameter right: of the elements that follow.
  func merge(_ right: IntegerPartial, into left: inout IntegerPartial) {
    switch self {
    case .sum:
      left.high += right.high
      left.low += right.low
      left.carry()
    case .count: left.low += right.low
    case .minimum, .maximum:
      guard right.position >= 0 else { return }
      let isBetter = self == .minimum ? right.low < left.low : right.low > left.low
      if left.position < 0 || isBetter { left = right }
    }
  }
}

/// The answer for some elements.
struct IntegerPartial: BitwiseCopyable, Sendable {
  /// A sum is high·2³² + low. In the loop over a chunk neither half overflows before 2³¹ elements.
  var high: Int64 = 0
  /// The lower half of a sum, a count, or the smallest or largest element.
  var low: Int64 = 0
  /// The first position of that; −1 when there is no element.
  var position: Int64 = -1
  var padding: Int64 = 0

  /// - Throws: `KernelError.overflow` for a sum that is no Int.
  func sum() throws(KernelError) -> Int {
    guard let high = Int32(exactly: high) else { throw .overflow(kernel: "sum") }
    return Int(high) << 32 + Int(low)
  }

  /// - Throws: `KernelError.emptyInput` when there was no element.
  func extreme<Element: VectorInteger>(
    _ reduction: IntegerReduction
  ) throws(KernelError) -> Extreme<Element> {
    guard position >= 0 else { throw .emptyInput(kernel: "\(reduction)") }
    return Extreme(value: Element(low), index: Int(position))
  }

  /// Leaves less than 2³² in the lower half, so that any number of sums can be added.
  mutating func carry() {
    high += low >> 32
    low &= 0xffff_ffff
  }
}

/// A reduction as a closure that travels, made outside of generic code.
/// - Parameter code: the reduction's; of a type that only this module knows, optimised builds leave too little to
///   send it.
private func chunkFunction(
  _ code: UInt8, _ codes: [ComputationCode], _ sources: [LeafSource],
  _ type: VectorElementType
) -> ChunkFunction {
  ChunkFunction { chunk in
    let computed = ComputedVectors(
      vectors: codes.map(VectorComputation.init(code:)),
      inputs: ChunkInputs(chunk: chunk, sources: sources),
      vectorCount: 1, elements: chunk.start..<chunk.start + chunk.count)
    computed.forEachPartial(of: code, type) { chunk.store(partial: $1) }
  }
}

extension MatrixPanels {
  /// Writes the partial results of every vector, chunk by chunk.
  func integerPartials(
    _ code: UInt8, _ type: VectorElementType, into partials: SharedArray<IntegerPartial>
  ) -> @Sendable (Int) -> Void {
    { [self] panel in
      let inputs = inputs(ofPanel: panel)
      let computed = ComputedVectors(
        vectors: codes.map(VectorComputation.init(code:)), inputs: inputs,
        vectorCount: inputs.vectors.count,
        elements: inputs.elements)
      let chunk = inputs.elements.lowerBound / FusedReduction.chunkLength
      partials.withMutableSpan { partials in
        computed.forEachPartial(of: code, type) {
          partials[(inputs.vectors.lowerBound + $0) * chunksPerVector + chunk] = $1
        }
      }
    }
  }
}

/// Some elements of vectors, and which of them count, as they are needed.
private struct ComputedVectors<Inputs: VectorInputs> {
  /// The elements, and the mask if there is one.
  let vectors: [VectorComputation]
  /// The same elements of each vector, one vector behind the other.
  let inputs: Inputs
  let vectorCount: Int
  /// Which elements of the whole vectors these are.
  let elements: Range<Int>

  /// Calls `body` with the number of each vector and its partial result.
  func forEachPartial(
    of code: UInt8, _ type: VectorElementType, _ body: (Int, IntegerPartial) -> Void
  ) {
    guard let reduction = IntegerReduction(rawValue: code) else {
      preconditionFailure("this build has no reduction \(code); rebuild the program")
    }
    switch type {
    case .float64: forEachCount(Double.self, body)
    case .float32: forEachCount(Float.self, body)
    case .int64: forEachPartial(of: reduction, Int64.self, body)
    case .int32: forEachPartial(of: reduction, Int32.self, body)
    case .uint8: forEachPartial(of: reduction, UInt8.self, body)
    case .bool: preconditionFailure("no expression computes with Bool")
    }
  }

  /// How many elements are not 0.
  private func forEachCount<Element: VectorProgramScalar>(
    _ type: Element.Type, _ body: (Int, IntegerPartial) -> Void
  ) {
    compute(0, type) { x in
      for vector in 0..<vectorCount {
        let count = Element.countNonzero(x.extracting(places(of: vector)), level: nil)
        body(vector, IntegerPartial(low: Int64(count)))
      }
    }
  }

  private func forEachPartial<Element: VectorInteger>(
    of reduction: IntegerReduction, _ type: Element.Type, _ body: (Int, IntegerPartial) -> Void
  ) {
    if reduction == .count { return forEachCount(type, body) }
    compute(0, type) { x in
      guard vectors.count > 1 else {
        for vector in 0..<vectorCount {
          body(vector, partial(reduction, x.extracting(places(of: vector)), where: nil))
        }
        return
      }
      compute(1, type) { mask in
        for vector in 0..<vectorCount {
          let own = places(of: vector)
          body(vector, partial(reduction, x.extracting(own), where: mask.extracting(own)))
        }
      }
    }
  }

  private func places(of vector: Int) -> Range<Int> {
    vector * elements.count..<(vector + 1) * elements.count
  }

  private func compute<Element: VectorProgramScalar>(
    _ index: Int, _ type: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    KernelScratch.withSpan(of: type, count: vectorCount * elements.count) { values in
      vectors[index].run(into: &values, inputs: inputs)
      body(values.span)
    }
  }

  private func partial<Element: VectorInteger>(
    _ reduction: IntegerReduction, _ x: Span<Element>, where mask: Span<Element>?
  ) -> IntegerPartial {
    var result = IntegerPartial()
    switch reduction {
    case .count: preconditionFailure("counted elsewhere")
    case .sum:
      (result.high, result.low) = Element.sum(x, where: mask, level: nil)
      result.carry()
    case .minimum, .maximum:
      let extreme = reduction == .minimum ? VectorExtreme.least : .most
      guard let position = Element.position(of: extreme, in: x, where: mask, level: nil) else {
        break
      }
      result.low = Int64(x[position])
      result.position = Int64(elements.lowerBound + position)
    }
    return result
  }
}
