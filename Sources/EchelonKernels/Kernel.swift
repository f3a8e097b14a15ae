public import EchelonMemory

/// A named, built-in computation: a value that holds everything others need to know about it.
///
/// The front end plans and merges, a worker runs chunks, tests compare with the oracle, benchmarks
/// ask for the cost. A kernel knows nothing of processes.
public struct Kernel: Sendable, Identifiable, CustomStringConvertible {
  /// Written into shared memory: family number and element type. Never reused, never renumbered.
  public let id: UInt32
  /// The name of the family, such as `sum`; with the element type it is unique.
  public let name: String
  /// The type of the elements of all operands.
  public let elementType: ElementType
  /// One line of what it computes.
  public let summary: String
  /// Operands it reads.
  public let inputCount: Int
  /// Operands it writes.
  public let outputCount: Int
  /// The partial result of no elements.
  public let identity: KernelPartial
  /// Slow, obvious answers and how far off the kernel may be; for tests.
  public let oracle: KernelOracle

  let planChunks: @Sendable (KernelShape) throws(KernelError) -> ChunkPlan
  let runChunk: @Sendable (KernelCall, Int) -> KernelPartial
  let mergePartials: @Sendable (KernelPartial, KernelPartial) -> KernelPartial
  let estimateCost: @Sendable (KernelShape) -> KernelCost
  /// Changes the positions in a partial result, for a kernel that ran on elements that stand elsewhere in
  /// their vector; nil when there are none.
  var movePositions: (@Sendable (KernelPartial, (Int) -> Int) -> KernelPartial)?
  /// Whether its chunks wait for one another.
  public internal(set) var hasGraph = false
  /// The partial result of some elements of a call, no more than a chunk has, wherever they begin: of a reduction.
  var runRange: (@Sendable (KernelCall, Range<Int>) -> KernelPartial)?

  init(
    family: UInt32, name: String, elementType: ElementType, summary: String, inputCount: Int,
    outputCount: Int = 0, identity: KernelPartial = KernelPartial(),
    plan: @escaping @Sendable (KernelShape) throws(KernelError) -> ChunkPlan,
    run: @escaping @Sendable (KernelCall, Int) -> KernelPartial,
    merge: @escaping @Sendable (KernelPartial, KernelPartial) -> KernelPartial,
    cost: @escaping @Sendable (KernelShape) -> KernelCost, oracle: KernelOracle
  ) {
    self.id = family << 8 | elementType.rawValue
    self.name = name
    self.elementType = elementType
    self.summary = summary
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.identity = identity
    self.planChunks = plan
    self.runChunk = run
    self.mergePartials = merge
    self.estimateCost = cost
    self.oracle = oracle
  }

  /// The chunks of a job of that shape. Depends on nothing else.
  public func plan(for shape: KernelShape) throws(KernelError) -> ChunkPlan {
    guard shape.inputs.count == inputCount, shape.outputs.count == outputCount else {
      throw .wrongOperandCount(
        kernel: name, inputs: shape.inputs.count, outputs: shape.outputs.count,
        expected: "\(inputCount) inputs and \(outputCount) outputs")
    }
    for (index, layout) in (shape.inputs + shape.outputs).enumerated()
    where layout.elementType != elementType {
      throw .wrongElementType(
        kernel: name, operand: index, found: "\(layout.elementType)", expected: "\(elementType)")
    }
    return try planChunks(shape)
  }

  /// Runs chunk `chunk` of a call of this kernel. Restartable: writes only its part of the outputs.
  public func run(_ call: KernelCall, chunk: Int) -> KernelPartial {
    precondition((0..<call.plan.chunkCount) ~= chunk, "chunk \(chunk) of \(call.plan.chunkCount)")
    return runChunk(call, chunk)
  }

  /// The partial result of two neighbouring ranges, the left one first.
  public func merge(_ left: KernelPartial, _ right: KernelPartial) -> KernelPartial {
    mergePartials(left, right)
  }

  /// Merges the partial results of `count` chunks in a fixed tree in chunk order.
  ///
  /// The tree halves the range of chunks, so it depends on their number alone, and errors grow with
  /// its depth, ⌈log₂ count⌉. With no chunks the answer is `identity`.
  public func mergeTree(count: Int, partial: (Int) -> KernelPartial) -> KernelPartial {
    func merged(_ range: Range<Int>) -> KernelPartial {
      if range.count == 1 { return partial(range.lowerBound) }
      let middle = range.lowerBound + (range.count + 1) / 2
      let left = merged(range.lowerBound..<middle)
      return merge(left, merged(middle..<range.upperBound))
    }
    return count == 0 ? identity : merged(0..<count)
  }

  /// Merges partial results that lie in memory in chunk order.
  public func mergeTree(_ partials: Span<KernelPartial>) -> KernelPartial {
    mergeTree(count: partials.count) { partials[$0] }
  }

  /// Bytes moved and operations done for a job of that shape; for benchmarks.
  public func cost(of shape: KernelShape) -> KernelCost { estimateCost(shape) }

  /// Name and element type: `sum (float64)`.
  public var description: String { "\(name) (\(elementType))" }
}

/// What a job costs at the least: each operand moved once.
public struct KernelCost: Hashable, Sendable {
  /// Bytes read and written.
  public let bytesMoved: Int
  /// Floating-point additions, multiplications and comparisons.
  public let operations: Double
}

/// How a test tells whether a kernel is right. All three give one number per result, in order.
public struct KernelOracle: Sendable {
  /// The answers, computed slowly and obviously.
  public let expected: @Sendable (KernelCall) -> [Double]
  /// What the kernel answered, read from the merged partial result or from the outputs.
  public let observed: @Sendable (KernelCall, KernelPartial) -> [Double]
  /// The largest allowed differences.
  public let tolerance: @Sendable (KernelCall) -> [Double]
}
