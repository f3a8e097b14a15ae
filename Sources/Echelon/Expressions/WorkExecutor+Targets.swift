import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// Results that go into views. A chunk computes in memory of its worker and writes the elements of the view that are
// its own, so it can be run again. When the view has elements that the expression reads, all results go into a
// private array first.

extension WorkExecutor {
  /// Starts computing an expression into a view of an array or of a matrix: every n-th element, a row, a column, a
  /// diagonal, a transpose, a block.
  ///
  ///     try await pool.evaluate(m.column(0) / m.column(1), into: m.column(2))
  ///
  /// Memory between the elements of the view is not touched. The expression may read the view, or elements of it
  /// in another order; the results are those that it has with the values from before, and take as much memory
  /// again meanwhile.
  /// - Parameters:
  ///   - expression: as for `startEvaluate` of an array.
  ///   - target: takes the results: an `ArrayView` of as many elements, in row-major order if there is a matrix in
  ///     the expression, or a `SharedMatrix` of their shape.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startEvaluate` of an array.
  /// - Throws: `KernelError.countMismatch` and `shapeMismatch`; `outputOverlapsItself` for a matrix whose elements
  ///   share addresses, because its rows are closer to one another than they are long; else as `startEvaluate` of
  ///   an array.
  public func startEvaluate<Operand: ArrayOperand, Target: ArrayTarget>(
    _ expression: Operand, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<Target> where Target.Element == Operand.Element {
    let plan = try ExpressionPlan([expression.expression.node], operation: "evaluate")
    return try start(
      plan, over: Operand.Element.vectorType, into: target.target, operation: "evaluate", priority,
      deadline
    ) { target }
  }

  /// Starts finding out where a mask holds, into a view; else as `startEvaluate` of an expression.
  public func startEvaluate<Element: VectorProgramScalar, Target: ArrayTarget<Bool>>(
    _ mask: ArrayMask<Element>, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<Target> {
    let plan = try ExpressionPlan([mask.node], operation: "evaluate")
    return try start(
      plan, over: Element.vectorType, into: target.target, operation: "evaluate", priority, deadline
    ) { target }
  }

  /// Computes an expression into a view; see `startEvaluate`.
  @discardableResult
  public func evaluate<Operand: ArrayOperand, Target: ArrayTarget>(
    _ expression: Operand, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> Target where Target.Element == Operand.Element {
    try await startEvaluate(expression, into: target, priority: priority, deadline: deadline).value
  }

  /// Computes an expression into a view, blocking; see `startEvaluate`.
  @available(*, noasync)
  @discardableResult
  public func evaluate<Operand: ArrayOperand, Target: ArrayTarget>(
    _ expression: Operand, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Target where Target.Element == Operand.Element {
    try startEvaluate(expression, into: target, priority: priority, deadline: deadline).result()
  }

  /// Where a mask holds, into a view; see `startEvaluate`.
  @discardableResult
  public func evaluate<Element: VectorProgramScalar, Target: ArrayTarget<Bool>>(
    _ mask: ArrayMask<Element>, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> Target {
    try await startEvaluate(mask, into: target, priority: priority, deadline: deadline).value
  }

  /// Where a mask holds, into a view, blocking; see `startEvaluate`.
  @available(*, noasync)
  @discardableResult
  public func evaluate<Element: VectorProgramScalar, Target: ArrayTarget<Bool>>(
    _ mask: ArrayMask<Element>, into target: Target, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Target {
    try startEvaluate(mask, into: target, priority: priority, deadline: deadline).result()
  }
}

extension WorkExecutor {
  /// - Parameters:
  ///   - type: what the expression computes with.
  ///   - operation: the name that errors give.
  func start<Output, Value: Sendable>(
    _ plan: ExpressionPlan, over type: VectorElementType, into target: TargetElements<Output>,
    operation: String, _ priority: WorkPriority, _ deadline: Duration?,
    _ value: @escaping @Sendable () -> Value
  ) throws -> Future<Value> {
    try target.check(plan.shape, operation)
    let count = plan.shape.count
    if target.layout.isContiguous {
      return try start(plan, over: type, into: target.storage[0..<count], priority, deadline) { _ in
        value()
      }
    }
    if plan.leaves.contains(where: { $0.mayShareElements(with: target) }) {
      let computed: Future<SharedArray<Output>> = try start(
        plan, over: type, into: nil, priority, deadline
      ) { $0 }
      return try startSteps { [self] in
        let results = try await finished(computed)
        // Interrupted, it would leave the view torn.
        try await finished(startScatter(results, into: target, priority), isShielded: true)
        return value()
      }
    }
    let place = target.layout.scatterNumbers
    let function =
      Output.self is any ComplexArrayElement.Type
      ? complexScatteringFunction(plan.codes, plan.sources, type, into: place)
      : scatteringFunction(
        plan.codes[0], plan.sources, type, isMask: Output.self == Bool.self, into: place)
    var job = ClosureJob(
      function: function, program: function, label: type.expressionLabel,
      elementCount: count, chunkLength: Self.mapChunkLength,
      output: ArrayReference(target.storage), inputs: plan.leaves.map(\.reference),
      parameters: .none
    ) { _ in value() }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }

  /// Starts copying elements to where those of a view lie, which are others.
  func startScatter<Element>(
    _ elements: SharedArray<Element>, into target: TargetElements<Element>,
    _ priority: WorkPriority
  ) throws -> Future<Void> {
    let function = scatteringCopy(
      byteCount: MemoryLayout<Element>.stride, into: target.layout.scatterNumbers)
    var job = ClosureJob<_, Void>(
      function: function, program: function, label: "copying results into a view",
      elementCount: elements.count, chunkLength: Self.mapChunkLength,
      output: ArrayReference(target.storage), inputs: [ArrayReference(elements)],
      parameters: .none
    ) { _ in }
    job.options.priority = priority
    return try start(job)
  }
}
