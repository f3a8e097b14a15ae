public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Many matrices as U·Σ·Vᴴ: what `svd` of a batch finds.
public struct SingularValueDecompositionBatch<Element: LinearAlgebraScalar>: Sendable {
  /// The min(m, n) singular values of each matrix as a row, in descending order.
  public let singularValues: SharedMatrix<Element.Real>
  /// The left singular vectors of each matrix as columns, column-major, of the shape that `SingularValueDecomposition`
  /// says.
  public let u: SharedMatrixBatch<Element>
  /// The right singular vectors of each matrix as rows, conjugated, column-major.
  public let vAdjoint: SharedMatrixBatch<Element>
  /// Which of them there are.
  public let vectors: SingularVectors
  let executor: any WorkExecutor

  /// The number of matrices.
  public var count: Int { u.count }

  /// That of one matrix, without a copy, which solves, inverts and multiplies out.
  public subscript(index: Int) -> SingularValueDecomposition<Element> {
    SingularValueDecomposition(
      singularValues: singularValues.elements(ofRow: index), u: u[index],
      vAdjoint: vAdjoint[index], vectors: vectors, executor: executor)
  }
}

extension WorkExecutor {
  /// Starts decomposing every matrix of a batch into U·Σ·Vᴴ, each by one worker, and returns the future of all
  /// decompositions.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - vectors: which singular vectors are computed.
  ///   - checkingFinite: whether NaN or an infinity in it is an error. Otherwise the results of that matrix are NaN, and
  ///     those of the others are not touched by it. The search itself is always made.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startSVD` of one matrix. The bits of a matrix do not depend on the others, nor on the number of
  ///   workers; below 400 rows or columns they are those that it has by itself, above, LAPACK's with one thread.
  /// - Throws: `LinearAlgebraError.noLAPACK`. The future fails with `notFiniteInBatch` or `noConvergenceInBatch`, which
  ///   name the first matrix.
  /// - Source: as `startSVD`.
  public func startSVD<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, vectors: SingularVectors = .thin, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SingularValueDecompositionBatch<Element>> {
    try startSVD(a, vectors, "svd (gesdd, and then gesvd)", checkingFinite, priority, deadline)
  }

  /// Every matrix of a batch as U·Σ·Vᴴ; see `startSVD`.
  public func svd<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, vectors: SingularVectors = .thin, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SingularValueDecompositionBatch<Element> {
    try await startSVD(
      a, vectors: vectors, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// Every matrix of a batch as U·Σ·Vᴴ, blocking; see `startSVD`.
  @available(*, noasync)
  public func svd<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, vectors: SingularVectors = .thin, checkingFinite: Bool = true,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SingularValueDecompositionBatch<Element> {
    try startSVD(
      a, vectors: vectors, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// Starts computing the singular values of every matrix of a batch, and returns the future of a matrix with a row for
  /// each, in descending order; see `startSVD` of a batch.
  public func startSingularValues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<Element.Real>> {
    let decomposing = try startSVD(
      a, .none, "singularValues (gesdd, and then gesvd)", checkingFinite, priority, deadline)
    return try startSteps { try await finished(decomposing).singularValues }
  }

  /// The singular values of every matrix of a batch; see `startSingularValues`.
  public func singularValues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedMatrix<Element.Real> {
    try await startSingularValues(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// The singular values of every matrix of a batch, blocking; see `startSingularValues`.
  @available(*, noasync)
  public func singularValues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedMatrix<Element.Real> {
    try startSingularValues(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// - Parameter operation: its name in errors.
  func startSVD<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ vectors: SingularVectors, _ operation: String,
    _ checkingFinite: Bool, _ priority: WorkPriority, _ deadline: Duration?
  ) throws -> Future<SingularValueDecompositionBatch<Element>> {
    try requireLAPACK(forBatches: a)
    let count = a.count
    let shapes = vectors.shapes(rows: a.rows, columns: a.columns)
    let values = try rows(of: Element.Real.self, count: count, length: min(a.rows, a.columns))
    let u = try columnMajorBatch(
      of: Element.self, count: count, rows: shapes.u.rows, columns: shapes.u.columns)
    let vAdjoint = try columnMajorBatch(
      of: Element.self, count: count, rows: shapes.vAdjoint.rows, columns: shapes.vAdjoint.columns)
    let task = DecomposeBatchBySVD(
      work: BatchWork(Element.scalarType, count: count, .svd(rows: a.rows, columns: a.columns)),
      report: try BatchReport(on: self, count: count), vectors: vectors, a: BatchOperand(a),
      values: values.storage.bytes, u: u.storage.bytes, vAdjoint: vAdjoint.storage.bytes)
    return try startSteps { [self] in
      try await finish(task, operation, checkingFinite: checkingFinite, priority, deadline)
      return SingularValueDecompositionBatch(
        singularValues: values, u: u, vAdjoint: vAdjoint, vectors: vectors, executor: self)
    }
  }
}

private struct DecomposeBatchBySVD: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let vectors: SingularVectors
  let a: BatchOperand
  let values: SharedArray<UInt8>
  let u: SharedArray<UInt8>
  let vAdjoint: SharedArray<UInt8>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let (rows, columns) = (a.layout.rows, a.layout.columns)
    let shape = ColumnMajorShape(rows: rows, columns: columns)
    let shapes = vectors.shapes(rows: rows, columns: columns)
    let valueCount = min(rows, columns)
    try withScratch(of: type, shapes.u) { left throws(LinearAlgebraError) in
      try withScratch(of: type, shapes.vAdjoint) { right throws(LinearAlgebraError) in
        try withScratch(of: Element.Real.self, count: valueCount) {
          found throws(LinearAlgebraError) in
          try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
            a.bytes.view(as: type).withSpan { all in
              values.view(as: Element.Real.self).withMutableSpan { values in
                u.view(as: type).withMutableSpan { u in
                  vAdjoint.view(as: type).withMutableSpan { vAdjoint in
                    for index in matrices {
                      let isDone = report.record(index) { () throws(LinearAlgebraError) in
                        try decomposeSVD(
                          vectors, &copy, shape, values: &found, u: &left, vAdjoint: &right
                        ) { (copy: inout MutableSpan<Element>) throws(LinearAlgebraError) in
                          try a.copy(index, of: all, into: &copy, shape)
                        }
                      }
                      store(
                        found.span, isThere: isDone, of: index, count: valueCount, into: &values)
                      store(
                        left.span, isThere: isDone, of: index, count: shapes.u.extent, into: &u)
                      store(
                        right.span, isThere: isDone, of: index, count: shapes.vAdjoint.extent,
                        into: &vAdjoint)
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
}
