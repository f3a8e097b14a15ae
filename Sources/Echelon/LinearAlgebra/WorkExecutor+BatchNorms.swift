public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts computing a norm of every matrix of a batch, in double precision for Float too, and returns the future of an
  /// array; 0 of no elements, NaN where an element is.
  /// - Parameters:
  ///   - a: m × n, any view.
  ///   - norm: which norm.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startMatrixNorm` of one matrix, whose bits each has.
  /// - Throws: `LinearAlgebraError.noLAPACK`.
  public func startMatrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ norm: MatrixNorm, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedArray<Double>> {
    try requireLAPACK(forBatches: a)
    let norms = try uninitializedArray(of: Double.self, count: a.count)
    let operation = BatchOperation.matrixNorm(rows: a.rows, columns: a.columns)
    let task = MeasureBatchNorms(
      work: BatchWork(Element.scalarType, count: a.count, operation),
      report: try BatchReport(on: self, count: a.count), norm: norm, a: BatchOperand(a),
      norms: norms)
    return try startSteps { [self] in
      try await finish(task, "matrixNorm", checkingFinite: true, priority, deadline)
      return norms
    }
  }

  /// A norm of every matrix of a batch; see `startMatrixNorm`.
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ norm: MatrixNorm, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedArray<Double> {
    try await startMatrixNorm(a, norm, priority: priority, deadline: deadline).value
  }

  /// A norm of every matrix of a batch, blocking; see `startMatrixNorm`.
  @available(*, noasync)
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ norm: MatrixNorm, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedArray<Double> {
    try startMatrixNorm(a, norm, priority: priority, deadline: deadline).result()
  }
}

private struct MeasureBatchNorms: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let norm: MatrixNorm
  let a: BatchOperand
  let norms: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(_ type: Element.Type, on matrices: Range<Int>) {
    a.bytes.view(as: type).withSpan { all in
      for index in matrices {
        _ = report.record(index) {
          norms[index] = matrixNorm(
            all.extracting(a.layout.place(of: index)), a.layout.view, norm)
        }
      }
    }
  }
}
