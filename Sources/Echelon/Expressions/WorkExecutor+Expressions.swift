import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts computing an expression and returns the future of its array.
  /// - Parameters:
  ///   - expression: over arrays of n ≥ 0 elements each, at most eight different ones.
  ///   - output: takes the results, n elements; one of the arrays that the expression reads is allowed. Nil
  ///     makes a new array.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`.
  /// - Throws: `KernelError.countMismatch` for arrays of different counts, `ExpressionError` for an
  ///   expression that is too large for one pass, `ArenaError` when memory runs out.
  public func startEvaluate<Operand: ArrayOperand>(
    _ expression: Operand, into output: SharedArray<Operand.Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Operand.Element>> {
    typealias Element = Operand.Element
    let compiled = try CompiledExpression(expression.expression.node)
    let leaves = compiled.leaves
    guard leaves.count <= expressionArrayLimit else {
      throw ExpressionError.tooManyArrays(count: leaves.count, limit: expressionArrayLimit)
    }
    // There is a first one: a number alone is no expression that a user can make.
    let count = leaves[0].count
    let counts = leaves.map(\.count) + (output.map { [$0.count] } ?? [])
    guard counts.allSatisfy({ $0 == count }) else {
      throw KernelError.countMismatch(kernel: "evaluate", counts: counts)
    }
    let overlaps = output.map { output in leaves.contains { $0.overlaps(output) } } ?? false
    let target =
      try overlaps
      ? uninitializedArray(of: Element.self, count: count)
      : output ?? uninitializedArray(of: Element.self, count: count)
    let result = output ?? target
    let function = chunkFunction(compiled.program, Element.elementType)
    var job = ClosureJob(
      function: function, program: function, label: "an expression over \(Element.self)",
      elementCount: count, chunkLength: Self.mapChunkLength, output: ArrayReference(target),
      inputs: leaves.map(\.reference), parameters: .none
    ) { _ in result }
    job.options = JobOptions(priority: priority, deadline: deadline)
    if overlaps { job.destination = ArrayReference(result) }
    return try start(job)
  }

  /// Computes an expression in one pass over its arrays; see `startEvaluate`.
  public func evaluate<Operand: ArrayOperand>(
    _ expression: Operand, into output: SharedArray<Operand.Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Operand.Element> {
    try await startEvaluate(expression, into: output, priority: priority, deadline: deadline).value
  }

  /// Computes an expression in one pass over its arrays, blocking; see `startEvaluate`.
  @available(*, noasync)
  public func evaluate<Operand: ArrayOperand>(
    _ expression: Operand, into output: SharedArray<Operand.Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Operand.Element> {
    try startEvaluate(expression, into: output, priority: priority, deadline: deadline).result()
  }
}

/// How many arrays an expression may read: what a job has room for beside its output and its parameters.
private let expressionArrayLimit = 8

/// A program as a closure that travels: what it captures are numbers and arrays of them, and it is made
/// outside of generic code.
private func chunkFunction(_ program: VectorProgram, _ type: ElementType) -> ChunkFunction {
  let (words, constants) = (program.instructions.map(\.word), program.constants)
  let (inputCount, temporaryCount) = (program.inputCount, program.temporaryCount)
  return ChunkFunction { chunk in
    guard
      let program = VectorProgram(
        words.map(VectorProgram.Instruction.init), constants: constants, inputCount: inputCount,
        temporaryCount: temporaryCount)
    else { preconditionFailure("a program was damaged on its way") }
    switch type {
    case .float64: chunk.run(program, Double.self)
    case .float32: chunk.run(program, Float.self)
    }
  }
}

extension ChunkMemory {
  fileprivate func run<Element: KernelElement>(_ program: VectorProgram, _ type: Element.Type) {
    withOutput(of: type) { output in program.run(into: &output, inputs: ChunkInputs(chunk: self)) }
  }
}

private struct ChunkInputs: VectorInputs {
  let chunk: ChunkMemory
  func withInput<Element: BitwiseCopyable>(
    _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    chunk.withInput(index, of: type, body)
  }
}

extension ArrayLeaf {
  /// Whether any byte of it is also one of `array`.
  func overlaps<Element>(_ array: SharedArray<Element>) -> Bool {
    reference.bytes.overlaps(array)
  }
}
