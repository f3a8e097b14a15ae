import EchelonKernels
public import EchelonLinearAlgebra
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
    return try start(plan, over: Operand.Element.vectorType, into: output, priority, deadline) {
      $0
    }
  }

  /// Starts computing an expression with a matrix in it, and returns the future of a matrix in row-major
  /// order.
  ///
  /// Along each direction the operands have the same number of rows or columns, or one, which is repeated; an
  /// array is a row.
  /// - Parameters:
  ///   - expression: over at most eight different arrays and matrices.
  ///   - output: takes the results, of their shape: any view, a transpose or a block of a matrix that the
  ///     expression reads among them. Nil makes a new matrix.
  ///   - priority: as for `startEvaluate`.
  ///   - deadline: as for `startEvaluate`.
  /// - Throws: `KernelError.shapeMismatch` with the shapes, `outputOverlapsItself` for a matrix whose elements share
  ///   addresses; else as `startEvaluate`.
  public func startEvaluateMatrix<Operand: ArrayOperand>(
    _ expression: Operand, into output: SharedMatrix<Operand.Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<Operand.Element>> {
    let operation = "evaluateMatrix"
    let plan = try ExpressionPlan([expression.expression.node], operation: operation)
    let (rows, columns) = (plan.shape.rows, plan.shape.columns)
    let type = Operand.Element.vectorType
    if let output {
      return try start(
        plan, over: type, into: output.target, operation: operation, priority, deadline
      ) { output }
    }
    return try start(plan, over: type, into: nil, priority, deadline) {
      SharedMatrix($0, rows: rows, columns: columns)
    }
  }

  /// Starts finding out where a mask holds and returns the future of its array: true where it does. Else as
  /// `startEvaluate` of an expression.
  public func startEvaluate<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, into output: SharedArray<Bool>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Bool>> {
    let plan = try ExpressionPlan([mask.node], operation: "evaluate")
    return try start(plan, over: Element.vectorType, into: output, priority, deadline) { $0 }
  }

  /// - Parameter type: what the expression computes with.
  func start<Output: BitwiseCopyable & Sendable, Value: Sendable>(
    _ plan: ExpressionPlan, over type: VectorElementType, into output: SharedArray<Output>?,
    _ priority: WorkPriority, _ deadline: Duration?,
    _ value: @escaping @Sendable (SharedArray<Output>) -> Value
  ) throws -> Future<Value> {
    let count = plan.shape.count
    if let output, output.count != count {
      throw KernelError.countMismatch(kernel: "evaluate", counts: [count, output.count])
    }
    let overlaps = output.map { output in plan.leaves.contains { $0.overlaps(output) } } ?? false
    let target =
      try overlaps
      ? uninitializedArray(of: Output.self, count: count)
      : output ?? uninitializedArray(of: Output.self, count: count)
    let result = output ?? target
    let function =
      Output.self is any ComplexArrayElement.Type
      ? complexChunkFunction(plan.codes, plan.sources, type)
      : chunkFunction(plan.codes[0], plan.sources, type, isMask: Output.self == Bool.self)
    var job = ClosureJob(
      function: function, program: function, label: type.expressionLabel,
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

extension WorkExecutor {
  /// Where a mask holds; see `startEvaluate`.
  public func evaluate<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, into output: SharedArray<Bool>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Bool> {
    try await startEvaluate(mask, into: output, priority: priority, deadline: deadline).value
  }

  /// Where a mask holds, blocking; see `startEvaluate`.
  @available(*, noasync)
  public func evaluate<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, into output: SharedArray<Bool>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Bool> {
    try startEvaluate(mask, into: output, priority: priority, deadline: deadline).result()
  }
}
