import ComplexModule
import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts computing a complex expression and returns the future of its array; else as `startEvaluate` of a
  /// real one.
  /// - Parameter expression: over at most four complex arrays; a real one takes half the place of a complex one.
  /// - Throws: as `startEvaluate` of a real expression.
  public func startEvaluate<Z: ComplexOperand>(
    _ expression: Z, into output: SharedArray<ComplexElement<Z.Part>>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<ComplexElement<Z.Part>>> {
    let plan = try ExpressionPlan(expression.complexExpression, operation: "evaluate")
    return try start(plan, over: Z.Part.vectorType, into: output, priority, deadline) { $0 }
  }

  /// Starts computing a complex expression with a matrix in it, and returns the future of a matrix in row-major
  /// order; else as `startEvaluateMatrix` of a real one.
  public func startEvaluateMatrix<Z: ComplexOperand>(
    _ expression: Z, into output: SharedMatrix<ComplexElement<Z.Part>>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<ComplexElement<Z.Part>>> {
    let operation = "evaluateMatrix"
    let plan = try ExpressionPlan(expression.complexExpression, operation: operation)
    let (rows, columns) = (plan.shape.rows, plan.shape.columns)
    let type = Z.Part.vectorType
    if let output {
      return try start(
        plan, over: type, into: output.target, operation: operation, priority, deadline
      ) { output }
    }
    return try start(plan, over: type, into: nil, priority, deadline) {
      SharedMatrix($0, rows: rows, columns: columns)
    }
  }

  /// Starts computing a complex expression into a view of an array or of a matrix; else as `startEvaluate` of a
  /// real one.
  public func startEvaluate<Z: ComplexOperand, Target: ArrayTarget>(
    _ expression: Z, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<Target> where Target.Element == ComplexElement<Z.Part> {
    let plan = try ExpressionPlan(expression.complexExpression, operation: "evaluate")
    return try start(
      plan, over: Z.Part.vectorType, into: target.target, operation: "evaluate", priority, deadline
    ) { target }
  }

  /// Computes a complex expression in one pass over its arrays; see `startEvaluate`.
  public func evaluate<Z: ComplexOperand>(
    _ expression: Z, into output: SharedArray<ComplexElement<Z.Part>>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<ComplexElement<Z.Part>> {
    try await startEvaluate(expression, into: output, priority: priority, deadline: deadline).value
  }

  /// Computes a complex expression in one pass over its arrays, blocking; see `startEvaluate`.
  @available(*, noasync)
  public func evaluate<Z: ComplexOperand>(
    _ expression: Z, into output: SharedArray<ComplexElement<Z.Part>>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<ComplexElement<Z.Part>> {
    try startEvaluate(expression, into: output, priority: priority, deadline: deadline).result()
  }

  /// Computes a complex expression into a view; see `startEvaluate`.
  @discardableResult
  public func evaluate<Z: ComplexOperand, Target: ArrayTarget>(
    _ expression: Z, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> Target where Target.Element == ComplexElement<Z.Part> {
    try await startEvaluate(expression, into: target, priority: priority, deadline: deadline).value
  }

  /// Computes a complex expression into a view, blocking; see `startEvaluate`.
  @available(*, noasync)
  @discardableResult
  public func evaluate<Z: ComplexOperand, Target: ArrayTarget>(
    _ expression: Z, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Target where Target.Element == ComplexElement<Z.Part> {
    try startEvaluate(expression, into: target, priority: priority, deadline: deadline).result()
  }

  /// Computes a complex expression with a matrix in it; see `startEvaluateMatrix`.
  public func evaluateMatrix<Z: ComplexOperand>(
    _ expression: Z, into output: SharedMatrix<ComplexElement<Z.Part>>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedMatrix<ComplexElement<Z.Part>> {
    try await startEvaluateMatrix(
      expression, into: output, priority: priority, deadline: deadline
    ).value
  }

  /// Computes a complex expression with a matrix in it, blocking; see `startEvaluateMatrix`.
  @available(*, noasync)
  public func evaluateMatrix<Z: ComplexOperand>(
    _ expression: Z, into output: SharedMatrix<ComplexElement<Z.Part>>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedMatrix<ComplexElement<Z.Part>> {
    try startEvaluateMatrix(
      expression, into: output, priority: priority, deadline: deadline
    ).result()
  }
}

extension ExpressionPlan {
  /// Real parts, then imaginary ones.
  init<Part>(_ z: ComplexExpression<Part>, operation: String) throws {
    try self.init([z.re.node, z.im.node], operation: operation)
  }
}
