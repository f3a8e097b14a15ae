import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts computing an expression and returns the future of its array.
  /// - Parameters:
  ///   - expression: over arrays of n ≥ 0 elements each, at most eight different ones. With a matrix in it
  ///     the results are its elements in row-major order; see `startEvaluateMatrix`.
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
    let plan = try ExpressionPlan([expression.expression.node], operation: "evaluate")
    return try start(plan, into: output, priority, deadline) { $0 }
  }

  /// Starts computing an expression with a matrix in it, and returns the future of a matrix in row-major
  /// order.
  ///
  /// Along each direction the operands have the same number of rows or columns, or one, which is repeated; an
  /// array is a row.
  /// - Parameters:
  ///   - expression: over at most eight different arrays and matrices.
  ///   - output: takes the results, of their shape and contiguous; nil makes a new matrix.
  ///   - priority: as for `startEvaluate`.
  ///   - deadline: as for `startEvaluate`.
  /// - Throws: `KernelError.shapeMismatch` with the shapes, `notContiguous`; else as `startEvaluate`.
  public func startEvaluateMatrix<Operand: ArrayOperand>(
    _ expression: Operand, into output: SharedMatrix<Operand.Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<Operand.Element>> {
    let operation = "evaluateMatrix"
    let plan = try ExpressionPlan([expression.expression.node], operation: operation)
    let (rows, columns) = (plan.shape.rows, plan.shape.columns)
    if let output {
      guard (output.rows, output.columns) == (rows, columns) else {
        throw KernelError.shapeMismatch(
          kernel: operation,
          shapes: ["\(rows) × \(columns)", "\(output.rows) × \(output.columns)"])
      }
      guard output.isContiguous else {
        throw KernelError.notContiguous(kernel: operation, operand: 0)
      }
    }
    return try start(plan, into: output?.flattened, priority, deadline) {
      SharedMatrix($0, rows: rows, columns: columns)
    }
  }

  private func start<Element: KernelElement & Sendable, Value: Sendable>(
    _ plan: ExpressionPlan, into output: SharedArray<Element>?, _ priority: WorkPriority,
    _ deadline: Duration?, _ value: @escaping @Sendable (SharedArray<Element>) -> Value
  ) throws -> Future<Value> {
    let count = plan.shape.count
    if let output, output.count != count {
      throw KernelError.countMismatch(kernel: "evaluate", counts: [count, output.count])
    }
    let overlaps = output.map { output in plan.leaves.contains { $0.overlaps(output) } } ?? false
    let target =
      try overlaps
      ? uninitializedArray(of: Element.self, count: count)
      : output ?? uninitializedArray(of: Element.self, count: count)
    let result = output ?? target
    let function = chunkFunction(plan.codes[0], plan.layouts, Element.elementType)
    var job = ClosureJob(
      function: function, program: function, label: "an expression over \(Element.self)",
      elementCount: count, chunkLength: Self.mapChunkLength, output: ArrayReference(target),
      inputs: plan.leaves.map(\.reference), parameters: .none
    ) { _ in value(result) }
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

extension WorkExecutor {
  /// Computes an expression with a matrix in it; see `startEvaluateMatrix`.
  public func evaluateMatrix<Operand: ArrayOperand>(
    _ expression: Operand, into output: SharedMatrix<Operand.Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedMatrix<Operand.Element> {
    try await startEvaluateMatrix(
      expression, into: output, priority: priority, deadline: deadline
    ).value
  }

  /// Computes an expression with a matrix in it, blocking; see `startEvaluateMatrix`.
  @available(*, noasync)
  public func evaluateMatrix<Operand: ArrayOperand>(
    _ expression: Operand, into output: SharedMatrix<Operand.Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedMatrix<Operand.Element> {
    try startEvaluateMatrix(
      expression, into: output, priority: priority, deadline: deadline
    ).result()
  }
}

/// An expression as a closure that travels, made outside of generic code.
private func chunkFunction(
  _ code: ComputationCode, _ layouts: [LeafLayout], _ type: ElementType
) -> ChunkFunction {
  ChunkFunction { chunk in
    let inputs = ChunkInputs(chunk: chunk, layouts: layouts)
    switch type {
    case .float64: chunk.run(code.computation, inputs, Double.self)
    case .float32: chunk.run(code.computation, inputs, Float.self)
    }
  }
}

extension ChunkMemory {
  fileprivate func run<Element: KernelElement>(
    _ computation: VectorComputation, _ inputs: ChunkInputs, _ type: Element.Type
  ) {
    withOutput(of: type) { output in computation.run(into: &output, inputs: inputs) }
  }
}
