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
    return try start(plan, Z.Part.self, into: output, priority, deadline) { $0 }
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
    return try start(plan, Z.Part.self, into: output?.flattened, priority, deadline) {
      SharedMatrix($0, rows: rows, columns: columns)
    }
  }

  private func start<Part: ComplexPart, Value: Sendable>(
    _ plan: ExpressionPlan, _ type: Part.Type, into output: SharedArray<ComplexElement<Part>>?,
    _ priority: WorkPriority, _ deadline: Duration?,
    _ value: @escaping @Sendable (SharedArray<ComplexElement<Part>>) -> Value
  ) throws -> Future<Value> {
    let count = plan.shape.count
    if let output, output.count != count {
      throw KernelError.countMismatch(kernel: "evaluate", counts: [count, output.count])
    }
    let overlaps = output.map { output in plan.leaves.contains { $0.overlaps(output) } } ?? false
    let target =
      try overlaps
      ? uninitializedArray(of: ComplexElement<Part>.self, count: count)
      : output ?? uninitializedArray(of: ComplexElement<Part>.self, count: count)
    let result = output ?? target
    let function = chunkFunction(plan.codes, plan.sources, Part.elementType)
    var job = ClosureJob(
      function: function, program: function, label: "an expression over \(target.elementName)",
      elementCount: count, chunkLength: Self.mapChunkLength, output: ArrayReference(target),
      inputs: plan.leaves.map(\.reference), parameters: .none
    ) { _ in value(result) }
    job.options = JobOptions(priority: priority, deadline: deadline)
    if overlaps { job.destination = ArrayReference(result) }
    return try start(job)
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
  fileprivate init<Part>(_ z: ComplexExpression<Part>, operation: String) throws {
    try self.init([z.re.node, z.im.node], operation: operation)
  }
}

extension SharedArray {
  fileprivate var elementName: String { "\(Element.self)" }
}

/// A complex expression as a closure that travels, made outside of generic code.
private func chunkFunction(
  _ codes: [ComputationCode], _ sources: [LeafSource], _ type: ElementType
) -> ChunkFunction {
  ChunkFunction { chunk in
    let inputs = ChunkInputs(chunk: chunk, sources: sources)
    switch type {
    case .float64: chunk.run(codes[0].computation, codes[1].computation, inputs, Double.self)
    case .float32: chunk.run(codes[0].computation, codes[1].computation, inputs, Float.self)
    }
  }
}

extension ChunkMemory {
  /// Both parts in memory that stays in the cache, and then one beside the other into the output.
  fileprivate func run<Part: ComplexPart>(
    _ real: VectorComputation, _ imaginary: VectorComputation, _ inputs: ChunkInputs,
    _ type: Part.Type
  ) {
    KernelScratch.withSpan(of: type, count: count) { x in
      real.run(into: &x, inputs: inputs)
      let x = x.span
      KernelScratch.withSpan(of: type, count: count) { y in
        imaginary.run(into: &y, inputs: inputs)
        withOutput(of: ComplexElement<Part>.self) { output in
          for index in output.indices { output[index] = ComplexElement(x[index], y[index]) }
        }
      }
    }
  }
}
