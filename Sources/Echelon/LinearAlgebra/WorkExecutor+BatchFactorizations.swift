public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Many positive definite matrices as L·Lᴴ: what `cholesky` of a batch finds.
public struct CholeskyFactorizationBatch<Element: LinearAlgebraScalar>: Sendable {
  /// L of each matrix, n × n, column-major; above its diagonal there are zeros.
  public let lower: SharedMatrixBatch<Element>
  /// ‖A‖₁ of each.
  let norms: SharedArray<Double>
  let executor: any WorkExecutor

  /// The number of matrices.
  public var count: Int { lower.count }

  /// That of one matrix, without a copy, which solves, inverts and multiplies out.
  public subscript(index: Int) -> CholeskyFactorization<Element> {
    CholeskyFactorization(lower: lower[index], norm: norms[index], executor: executor)
  }
}

/// Many matrices as Q·R: what `qr` of a batch finds. `multiply(qr.q, qr.r)` is the matrices again.
public struct QRFactorizationBatch<Element: LinearAlgebraScalar>: Sendable {
  /// The first min(m, n) columns of each Q, column-major; they are orthonormal.
  public let q: SharedMatrixBatch<Element>
  /// R of each matrix, min(m, n) × n, column-major; below its diagonal there are zeros. The diagonal may be negative.
  public let r: SharedMatrixBatch<Element>

  /// The number of matrices.
  public var count: Int { q.count }
}

extension WorkExecutor {
  /// Starts factoring every matrix of a batch, all positive definite, into L·Lᴴ, each by one worker, and returns the
  /// future of all factors.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed. Only the elements on the diagonals and below are read, and of these only
  ///     the real parts on the diagonal.
  ///   - singular: what happens when a matrix is not positive definite. Its own factor is NaN in either case.
  ///   - checkingFinite: whether NaN or an infinity in what is read is an error. Otherwise the factor of that matrix is
  ///     NaN, and those of the others are not touched by it. The search itself is always made.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startCholesky` of one matrix. The bits of a matrix do not depend on the others, nor on the number of
  ///   workers; up to 256 × 256 they are those that it has by itself.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `noLAPACK`. The future fails with `notPositiveDefiniteInBatch` or
  ///   `notFiniteInBatch`, which name the first matrix.
  /// - Source: LAPACK's potrf.
  public func startCholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, singular: SingularMatrixPolicy = .fail,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<CholeskyFactorizationBatch<Element>> {
    try checkSquare(a, "cholesky")
    try requireLAPACK(forBatches: a)
    let (count, order) = (a.count, a.rows)
    let lower = try columnMajorBatch(of: Element.self, count: count, rows: order, columns: order)
    let norms = try uninitializedArray(of: Double.self, count: count)
    let task = FactorBatchByCholesky(
      work: BatchWork(Element.scalarType, count: count, .cholesky(order: order)),
      report: try BatchReport(on: self, count: count), a: BatchOperand(a),
      lower: lower.storage.bytes, norms: norms)
    return try startSteps { [self] in
      try await finish(
        task, "cholesky", checkingFinite: checkingFinite, singular: singular, priority, deadline)
      return CholeskyFactorizationBatch(lower: lower, norms: norms, executor: self)
    }
  }

  /// Every matrix of a batch as L·Lᴴ; see `startCholesky`.
  public func cholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, singular: SingularMatrixPolicy = .fail,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> CholeskyFactorizationBatch<Element> {
    try await startCholesky(
      a, singular: singular, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// Every matrix of a batch as L·Lᴴ, blocking; see `startCholesky`.
  @available(*, noasync)
  public func cholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, singular: SingularMatrixPolicy = .fail,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> CholeskyFactorizationBatch<Element> {
    try startCholesky(
      a, singular: singular, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// Starts factoring every matrix of a batch into Q·R by Householder reflections, each by one worker, and returns the
  /// future of all Q, their first min(m, n) columns, and R.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - checkingFinite: whether NaN or an infinity in it is an error. Otherwise the factors of that matrix are NaN, and
  ///     those of the others are not touched by it. The search itself is always made.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startQR` of one matrix, and with its bits where that is one call: up to 256 rows or columns, but for
  ///   tall matrices of a million elements and more. The bits of a matrix do not depend on the others, nor on the number
  ///   of workers.
  /// - Throws: `LinearAlgebraError.noLAPACK`. The future fails with `notFiniteInBatch`, which names the first matrix.
  /// - Source: LAPACK's geqrf, and orgqr and ungqr.
  public func startQR<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<QRFactorizationBatch<Element>> {
    try requireLAPACK(forBatches: a)
    let (count, least) = (a.count, min(a.rows, a.columns))
    let q = try columnMajorBatch(of: Element.self, count: count, rows: a.rows, columns: least)
    let r = try columnMajorBatch(of: Element.self, count: count, rows: least, columns: a.columns)
    let task = FactorBatchByQR(
      work: BatchWork(Element.scalarType, count: count, .qr(rows: a.rows, columns: a.columns)),
      report: try BatchReport(on: self, count: count), a: BatchOperand(a), q: q.storage.bytes,
      r: r.storage.bytes)
    return try startSteps { [self] in
      try await finish(task, "qr", checkingFinite: checkingFinite, priority, deadline)
      return QRFactorizationBatch(q: q, r: r)
    }
  }

  /// Every matrix of a batch as Q·R; see `startQR`.
  public func qr<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> QRFactorizationBatch<Element> {
    try await startQR(a, checkingFinite: checkingFinite, priority: priority, deadline: deadline)
      .value
  }

  /// Every matrix of a batch as Q·R, blocking; see `startQR`.
  @available(*, noasync)
  public func qr<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> QRFactorizationBatch<Element> {
    try startQR(a, checkingFinite: checkingFinite, priority: priority, deadline: deadline).result()
  }
}

private struct FactorBatchByCholesky: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let a: BatchOperand
  let lower: SharedArray<UInt8>
  let norms: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let order = a.layout.rows
    let shape = ColumnMajorShape(rows: order, columns: order)
    let view = MatrixView(
      rows: order, columns: order, rowStride: 1, columnStride: shape.leading)
    try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
      try withScratch(of: type, shape) { factor throws(LinearAlgebraError) in
        a.bytes.view(as: type).withSpan { all in
          lower.view(as: type).withMutableSpan { lower in
            for index in matrices {
              let isDone = report.record(index) { () throws(LinearAlgebraError) in
                try a.copy(index, of: all, part: .lower, into: &copy, shape)
                mirror(.lower, conjugated: true, &copy, shape)
                norms[index] = matrixNorm(copy.span, view, .one)
                if let column = try LAPACK.potrf(.lower, &copy, shape) {
                  throw .notPositiveDefinite(column: column)
                }
                copyTriangle(.lower, copy.span, shape, into: &factor, shape)
              }
              if !isDone { norms[index] = .nan }
              store(factor.span, isThere: isDone, of: index, count: shape.extent, into: &lower)
            }
          }
        }
      }
    }
  }
}

private struct FactorBatchByQR: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let a: BatchOperand
  let q: SharedArray<UInt8>
  let r: SharedArray<UInt8>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: a.layout.rows, columns: a.layout.columns)
    let least = min(shape.rows, shape.columns)
    let qShape = ColumnMajorShape(rows: shape.rows, columns: least, leading: shape.leading)
    let rShape = ColumnMajorShape(rows: least, columns: shape.columns)
    try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
      try withScratch(of: type, count: least) { tau throws(LinearAlgebraError) in
        try withScratch(of: type, rShape) { upper throws(LinearAlgebraError) in
          a.bytes.view(as: type).withSpan { all in
            q.view(as: type).withMutableSpan { q in
              r.view(as: type).withMutableSpan { r in
                for index in matrices {
                  let isDone = report.record(index) { () throws(LinearAlgebraError) in
                    if shape.extent == 0 { return }
                    try a.copy(index, of: all, into: &copy, shape)
                    try LAPACK.geqrf(&copy, shape, tau: &tau)
                    copyTriangle(.upper, copy.span, shape, into: &upper, rShape)
                    try LAPACK.orgqr(&copy, qShape, tau: tau.span)
                  }
                  store(copy.span, isThere: isDone, of: index, count: qShape.extent, into: &q)
                  store(upper.span, isThere: isDone, of: index, count: rShape.extent, into: &r)
                }
              }
            }
          }
        }
      }
    }
  }
}
