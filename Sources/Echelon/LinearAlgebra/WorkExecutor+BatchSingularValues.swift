public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// What singular values say of every matrix of a batch: ranks, conditions, two norms, and pseudo-inverses.

extension WorkExecutor {
  /// Starts computing the numerical rank of every matrix of a batch and returns the future of an array; see `startRank` of
  /// one matrix.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - tolerance: nil is max(m, n)·ε; see `SingularValueDecomposition.rank`.
  ///   - checkingFinite: whether NaN or an infinity in it is an error. Otherwise the rank of that matrix is 0.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Throws: as `startSVD` of a batch; `PoolError.invalidArgument` for a negative tolerance.
  public func startRank<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, tolerance: Double? = nil, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Int>> {
    try checkTolerance(tolerance, "rank")
    return try startWithSingularValues(of: a, "rank", checkingFinite, priority, deadline) {
      $0.rank(tolerance: tolerance)
    }
  }

  /// The numerical rank of every matrix of a batch; see `startRank`.
  public func rank<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, tolerance: Double? = nil, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Int> {
    try await startRank(
      a, tolerance: tolerance, checkingFinite: checkingFinite, priority: priority,
      deadline: deadline
    ).value
  }

  /// The numerical rank of every matrix of a batch, blocking; see `startRank`.
  @available(*, noasync)
  public func rank<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, tolerance: Double? = nil, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Int> {
    try startRank(
      a, tolerance: tolerance, checkingFinite: checkingFinite, priority: priority,
      deadline: deadline
    ).result()
  }

  /// Starts computing the condition number of every matrix of a batch in the 2-norm and returns the future of an array; ∞
  /// where a singular value is 0, and 1 of no elements. With `norm:` they are estimates in another norm, which is much
  /// faster.
  /// - Parameters: as for `startRank` of a batch. That of a matrix with NaN is NaN, where that is no error.
  /// - Accuracy: as `startConditionNumber` of one matrix.
  /// - Throws: as `startSVD` of a batch.
  public func startConditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedArray<Double>> {
    try startWithSingularValues(of: a, "conditionNumber", checkingFinite, priority, deadline) {
      $0.conditionNumber
    }
  }

  /// The condition number of every matrix of a batch in the 2-norm; see `startConditionNumber`.
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedArray<Double> {
    try await startConditionNumber(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// The condition number of every matrix of a batch in the 2-norm, blocking; see `startConditionNumber`.
  @available(*, noasync)
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedArray<Double> {
    try startConditionNumber(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// Starts computing a norm of every matrix of a batch from its singular values and returns the future of an array; 0 of
  /// no elements.
  /// - Parameters: as for `startRank` of a batch. That of a matrix with NaN is NaN, where that is no error.
  /// - Throws: as `startSVD` of a batch.
  public func startMatrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ norm: SingularValueNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Double>> {
    try startWithSingularValues(of: a, "matrixNorm", checkingFinite, priority, deadline) {
      $0.norm(norm)
    }
  }

  /// A norm of every matrix of a batch from its singular values; see `startMatrixNorm`.
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ norm: SingularValueNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Double> {
    try await startMatrixNorm(
      a, norm, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// A norm of every matrix of a batch from its singular values, blocking; see `startMatrixNorm`.
  @available(*, noasync)
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ norm: SingularValueNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Double> {
    try startMatrixNorm(
      a, norm, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// Starts computing the pseudo-inverse A⁺ of every matrix of a batch, each by one worker, and returns the future of all
  /// of them, n × m, column-major. To solve systems, `leastSquares` is faster and more accurate.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - tolerance: singular values up to this part of the largest one of the same matrix count as 0; nil is max(m, n)·ε.
  ///   - checkingFinite: whether NaN or an infinity in it is an error. Otherwise the pseudo-inverse of that matrix is NaN,
  ///     and those of the others are not touched by it.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startPseudoInverse` of one matrix. The bits of a matrix do not depend on the others, nor on the number
  ///   of workers; below 400 rows or columns they are those that it has by itself, above, LAPACK's with one thread.
  /// - Throws: as `startSVD` of a batch; `PoolError.invalidArgument` for a negative tolerance.
  public func startPseudoInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, tolerance: Double? = nil, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedMatrixBatch<Element>> {
    try checkTolerance(tolerance, "pseudoInverse")
    try requireLAPACK(forBatches: a)
    let inverses = try columnMajorBatch(
      of: Element.self, count: a.count, rows: a.columns, columns: a.rows)
    let operation = BatchOperation.pseudoInverse(rows: a.rows, columns: a.columns)
    let task = InvertBatchBySVD(
      work: BatchWork(Element.scalarType, count: a.count, operation),
      report: try BatchReport(on: self, count: a.count),
      tolerance: tolerance
        ?? SingularValueDecomposition<Element>.defaultTolerance(rows: a.rows, columns: a.columns),
      a: BatchOperand(a), inverses: inverses.storage.bytes)
    return try startSteps { [self] in
      try await finish(
        task, "pseudoInverse (gesdd, and then gesvd)", checkingFinite: checkingFinite, priority,
        deadline)
      return inverses
    }
  }

  /// A⁺ of every matrix of a batch; see `startPseudoInverse`.
  public func pseudoInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, tolerance: Double? = nil, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedMatrixBatch<Element> {
    try await startPseudoInverse(
      a, tolerance: tolerance, checkingFinite: checkingFinite, priority: priority,
      deadline: deadline
    ).value
  }

  /// A⁺ of every matrix of a batch, blocking; see `startPseudoInverse`.
  @available(*, noasync)
  public func pseudoInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, tolerance: Double? = nil, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedMatrixBatch<Element> {
    try startPseudoInverse(
      a, tolerance: tolerance, checkingFinite: checkingFinite, priority: priority,
      deadline: deadline
    ).result()
  }

  /// What the singular values of each matrix, without vectors, say.
  private func startWithSingularValues<
    Element: LinearAlgebraScalar, Value: BitwiseCopyable & Sendable
  >(
    of a: SharedMatrixBatch<Element>, _ name: String, _ checkingFinite: Bool,
    _ priority: WorkPriority, _ deadline: Duration?,
    _ value: @escaping @Sendable (SingularValueDecomposition<Element>) -> Value
  ) throws -> Future<SharedArray<Value>> {
    let decomposing = try startSVD(
      a, .none, "\(name) (gesdd, and then gesvd)", checkingFinite, priority, deadline)
    return try startSteps { [self] in
      let svd = try await finished(decomposing)
      return try array((0..<svd.count).map { value(svd[$0]) })
    }
  }
}

private struct InvertBatchBySVD: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let tolerance: Double
  let a: BatchOperand
  let inverses: SharedArray<UInt8>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: a.layout.rows, columns: a.layout.columns)
    let inverseShape = ColumnMajorShape(rows: shape.columns, columns: shape.rows)
    let shapes = SingularVectors.thin.shapes(rows: shape.rows, columns: shape.columns)
    try withScratch(of: type, shapes.u) { u throws(LinearAlgebraError) in
      try withScratch(of: type, shapes.vAdjoint) { vAdjoint throws(LinearAlgebraError) in
        try withScratch(of: Element.Real.self, count: min(shape.rows, shape.columns)) {
          values throws(LinearAlgebraError) in
          try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
            try withScratch(of: type, inverseShape) { inverse throws(LinearAlgebraError) in
              a.bytes.view(as: type).withSpan { all in
                inverses.view(as: type).withMutableSpan { inverses in
                  for index in matrices {
                    let isDone = report.record(index) { () throws(LinearAlgebraError) in
                      try decomposeSVD(
                        .thin, &copy, shape, values: &values, u: &u, vAdjoint: &vAdjoint
                      ) { (copy: inout MutableSpan<Element>) throws(LinearAlgebraError) in
                        try a.copy(index, of: all, into: &copy, shape)
                      }
                      let rank = numericalRank(ofSingularValues: values.span, tolerance: tolerance)
                      try invertSVD(
                        ofRank: rank, u.span, shapes.u, values.span, vAdjoint.span,
                        shapes.vAdjoint, into: &inverse, inverseShape)
                    }
                    store(
                      inverse.span, isThere: isDone, of: index, count: inverseShape.extent,
                      into: &inverses)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
