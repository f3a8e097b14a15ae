public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Many matrices as P·L·U: what `lu` of a batch finds.
public struct LUFactorizationBatch<Element: LinearAlgebraScalar>: Sendable {
  /// L of each matrix below the diagonal, without its ones, and U on it and above; m × n, column-major.
  public let factors: SharedMatrixBatch<Element>
  /// min(m, n) of each matrix, as LAPACK notes them.
  let pivots: SharedMatrix<Int32>
  /// Of each matrix the first column whose pivot is exactly 0, or -1.
  let singularColumns: SharedArray<Int>
  /// ‖A‖₁ and ‖A‖∞ of each.
  let norms: SharedMatrix<Double>
  let executor: any WorkExecutor

  /// The number of matrices.
  public var count: Int { factors.count }

  /// That of one matrix, without a copy, which solves, inverts, multiplies out and tells the determinant.
  public subscript(index: Int) -> LUFactorization<Element> {
    let column = singularColumns[index]
    return LUFactorization(
      factors: factors[index], singularColumn: column < 0 ? nil : column,
      pivots: pivots.elements(ofRow: index), norms: (norms[index, 0], norms[index, 1]),
      executor: executor)
  }
}

extension WorkExecutor {
  /// Starts factoring every matrix of a batch into P·L·U, with partial pivoting, each by one worker, and returns the
  /// future of all factorizations. To solve systems, invert, or find determinants, those operations of batches are
  /// faster.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - checkingFinite: whether NaN or an infinity in it is an error. Otherwise the factors of that matrix are NaN, and
  ///     those of the others are not touched by it. The search itself is always made.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startLU` of one matrix. The bits of a matrix do not depend on the others, nor on the number of
  ///   workers; up to 256 rows or columns they are those that it has by itself.
  /// - Throws: `LinearAlgebraError.noLAPACK`; a singular matrix is no error. The future fails with `notFiniteInBatch`, which
  ///   names the first matrix.
  /// - Source: LAPACK's getrf.
  public func startLU<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<LUFactorizationBatch<Element>> {
    try requireLAPACK(forBatches: a)
    let factors = try columnMajorBatch(
      of: Element.self, count: a.count, rows: a.rows, columns: a.columns)
    let pivots = try rows(of: Int32.self, count: a.count, length: min(a.rows, a.columns))
    let columns = try uninitializedArray(of: Int.self, count: a.count)
    let norms = try rows(of: Double.self, count: a.count, length: 2)
    let task = FactorBatchByLU(
      work: BatchWork(Element.scalarType, count: a.count, .lu(rows: a.rows, columns: a.columns)),
      report: try BatchReport(on: self, count: a.count), a: BatchOperand(a),
      factors: factors.storage.bytes, pivots: pivots.storage, singularColumns: columns,
      norms: norms.storage)
    return try startSteps { [self] in
      try await finish(task, "lu", checkingFinite: checkingFinite, priority, deadline)
      return LUFactorizationBatch(
        factors: factors, pivots: pivots, singularColumns: columns, norms: norms, executor: self)
    }
  }

  /// Every matrix of a batch as P·L·U; see `startLU`.
  public func lu<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> LUFactorizationBatch<Element> {
    try await startLU(a, checkingFinite: checkingFinite, priority: priority, deadline: deadline)
      .value
  }

  /// Every matrix of a batch as P·L·U, blocking; see `startLU`.
  @available(*, noasync)
  public func lu<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> LUFactorizationBatch<Element> {
    try startLU(a, checkingFinite: checkingFinite, priority: priority, deadline: deadline).result()
  }

  /// Starts computing, for every matrix of a batch, the sign of its determinant and the logarithm of its modulus, and
  /// returns the future of an array.
  /// - Parameters: as for `startLU` of a batch; n × n. The sign of a matrix with NaN is NaN, where that is no error.
  /// - Throws: `LinearAlgebraError`: `notSquare`, and as `startLU` of a batch.
  public func startLogDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedArray<LogDeterminant<Element>>> {
    try checkSquare(a, "logDeterminant")
    let factoring = try startLU(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline)
    return try startSteps { [self] in
      let lu = try await finished(factoring)
      return try array((0..<lu.count).map { try lu[$0].logDeterminant })
    }
  }

  /// Signs and logarithms of the determinants of a batch; see `startLogDeterminant`.
  public func logDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedArray<LogDeterminant<Element>> {
    try await startLogDeterminant(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// Signs and logarithms of the determinants of a batch, blocking; see `startLogDeterminant`.
  @available(*, noasync)
  public func logDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedArray<LogDeterminant<Element>> {
    try startLogDeterminant(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// Starts estimating the condition number ‖A‖·‖A⁻¹‖ of every matrix of a batch, and returns the future of an array;
  /// ∞ of a singular matrix, 1 of no elements.
  /// - Parameter norm: which norm is meant. The others are as for `startLU` of a batch; n × n. That of a matrix with NaN
  ///   is NaN, where that is no error.
  /// - Accuracy: as `startConditionNumber` of one matrix.
  /// - Throws: `LinearAlgebraError`: `notSquare`, and as `startLU` of a batch.
  /// - Source: LAPACK's gecon.
  public func startConditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, norm: ConditionNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Double>> {
    try checkSquare(a, "conditionNumber")
    try requireLAPACK(forBatches: a)
    let conditions = try uninitializedArray(of: Double.self, count: a.count)
    let task = EstimateBatchConditions(
      work: BatchWork(Element.scalarType, count: a.count, .lu(rows: a.rows, columns: a.columns)),
      report: try BatchReport(on: self, count: a.count), norm: norm, a: BatchOperand(a),
      conditions: conditions)
    return try startSteps { [self] in
      try await finish(task, "conditionNumber", checkingFinite: checkingFinite, priority, deadline)
      return conditions
    }
  }

  /// Estimates of ‖A‖·‖A⁻¹‖ of every matrix of a batch; see `startConditionNumber`.
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, norm: ConditionNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Double> {
    try await startConditionNumber(
      a, norm: norm, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// Estimates of ‖A‖·‖A⁻¹‖ of every matrix of a batch, blocking; see `startConditionNumber`.
  @available(*, noasync)
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, norm: ConditionNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Double> {
    try startConditionNumber(
      a, norm: norm, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }
}

private struct FactorBatchByLU: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let a: BatchOperand
  let factors: SharedArray<UInt8>
  let pivots: SharedArray<Int32>
  let singularColumns: SharedArray<Int>
  let norms: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: a.layout.rows, columns: a.layout.columns)
    let pivotCount = min(shape.rows, shape.columns)
    try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
      try withScratch(of: Int32.self, count: pivotCount) { exchanges throws(LinearAlgebraError) in
        a.bytes.view(as: type).withSpan { all in
          factors.view(as: type).withMutableSpan { factors in
            pivots.withMutableSpan { pivots in
              for index in matrices {
                let isDone = report.record(index) { () throws(LinearAlgebraError) in
                  try a.copy(index, of: all, into: &copy, shape)
                  let found = try factorLU(&copy, shape, pivots: &exchanges)
                  note(index, found.singularColumn, found.norms)
                }
                if !isDone { note(index, nil, (.nan, .nan)) }
                for place in 0..<pivotCount {
                  // Of a matrix without factors no exchanges, since they may be read.
                  pivots[index * pivotCount + place] =
                    isDone ? exchanges[place] : Int32(place) + 1
                }
                store(copy.span, isThere: isDone, of: index, count: shape.extent, into: &factors)
              }
            }
          }
        }
      }
    }
  }

  private func note(_ index: Int, _ column: Int?, _ found: (one: Double, infinity: Double)) {
    singularColumns[index] = column ?? -1
    norms[2 * index] = found.one
    norms[2 * index + 1] = found.infinity
  }
}

private struct EstimateBatchConditions: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let norm: ConditionNorm
  let a: BatchOperand
  let conditions: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let order = a.layout.rows
    let shape = ColumnMajorShape(rows: order, columns: order)
    try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
      try withScratch(of: Int32.self, count: order) { exchanges throws(LinearAlgebraError) in
        a.bytes.view(as: type).withSpan { all in
          for index in matrices {
            let isDone = report.record(index) { () throws(LinearAlgebraError) in
              try a.copy(index, of: all, into: &copy, shape)
              let (column, norms) = try factorLU(&copy, shape, pivots: &exchanges)
              let reciprocal =
                column != nil
                ? 0
                : try LAPACK.gecon(
                  norm, copy.span, shape, normOfA: norm == .one ? norms.one : norms.infinity)
              conditions[index] = 1 / reciprocal
            }
            if !isDone { conditions[index] = .nan }
          }
        }
      }
    }
  }
}
