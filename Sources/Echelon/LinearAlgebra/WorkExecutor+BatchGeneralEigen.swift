import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// The eigenvalues and eigenvectors of many square matrices: what `eigen` of a batch finds.
public struct EigendecompositionBatch<Element: EigenScalar>: Sendable {
  /// The n eigenvalues of each matrix as a row, in the order that `Eigendecomposition` has.
  public let eigenvalues: SharedMatrix<Element.ComplexNumber>
  /// The right eigenvectors of each matrix as columns, n × n, column-major.
  public let eigenvectors: SharedMatrixBatch<Element.ComplexNumber>
  let executor: any WorkExecutor

  /// The number of matrices.
  public var count: Int { eigenvectors.count }

  /// That of one matrix, without a copy, which solves, inverts and multiplies out.
  public subscript(index: Int) -> Eigendecomposition<Element> {
    Eigendecomposition(
      eigenvalues: eigenvalues.elements(ofRow: index), eigenvectors: eigenvectors[index],
      leftEigenvectors: nil, executor: executor)
  }
}

extension WorkExecutor {
  /// Starts computing the eigenvalues and eigenvectors of every matrix of a batch, each by one worker, and returns the
  /// future of all decompositions. For symmetric or Hermitian ones, `symmetricEigen` is faster.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - checkingFinite: whether NaN or an infinity in it is an error. Otherwise the results of that matrix are NaN, and
  ///     those of the others are not touched by it. The search itself is always made.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startEigen` of one matrix. The bits of a matrix do not depend on the others, nor on the number of
  ///   workers; below 400 × 400 they are those that it has by itself, above, LAPACK's with one thread.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `noLAPACK`. The future fails with `notFiniteInBatch` or
  ///   `noConvergenceInBatch`, which name the first matrix.
  /// - Source: LAPACK's geev.
  public func startEigen<Element: EigenScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<EigendecompositionBatch<Element>> {
    try startEigen(a, hasVectors: true, "eigen (geev)", checkingFinite, priority, deadline)
  }

  /// The eigenvalues and eigenvectors of every matrix of a batch; see `startEigen`.
  public func eigen<Element: EigenScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> EigendecompositionBatch<Element> {
    try await startEigen(a, checkingFinite: checkingFinite, priority: priority, deadline: deadline)
      .value
  }

  /// The eigenvalues and eigenvectors of every matrix of a batch, blocking; see `startEigen`.
  @available(*, noasync)
  public func eigen<Element: EigenScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> EigendecompositionBatch<Element> {
    try startEigen(a, checkingFinite: checkingFinite, priority: priority, deadline: deadline)
      .result()
  }

  /// Starts computing the eigenvalues of every matrix of a batch without vectors, and returns the future of a matrix with
  /// a row for each; see `startEigen` of a batch.
  public func startEigenvalues<Element: EigenScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<Element.ComplexNumber>> {
    let decomposing = try startEigen(
      a, hasVectors: false, "eigenvalues (geev)", checkingFinite, priority, deadline)
    return try startSteps { try await finished(decomposing).eigenvalues }
  }

  /// The eigenvalues of every matrix of a batch; see `startEigenvalues`.
  public func eigenvalues<Element: EigenScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedMatrix<Element.ComplexNumber> {
    try await startEigenvalues(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// The eigenvalues of every matrix of a batch, blocking; see `startEigenvalues`.
  @available(*, noasync)
  public func eigenvalues<Element: EigenScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedMatrix<Element.ComplexNumber> {
    try startEigenvalues(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  private func startEigen<Element: EigenScalar>(
    _ a: SharedMatrixBatch<Element>, hasVectors: Bool, _ operation: String, _ checkingFinite: Bool,
    _ priority: WorkPriority, _ deadline: Duration?
  ) throws -> Future<EigendecompositionBatch<Element>> {
    try checkSquare(a, operation)
    try requireLAPACK(forBatches: a)
    let (count, order) = (a.count, a.rows)
    let values = try rows(of: Element.ComplexNumber.self, count: count, length: order)
    let vectors = try columnMajorBatch(
      of: Element.ComplexNumber.self, count: count, rows: order, columns: hasVectors ? order : 0)
    let task = DecomposeGeneralBatch(
      work: BatchWork(Element.scalarType, count: count, .eigen(order: order)),
      report: try BatchReport(on: self, count: count), hasVectors: hasVectors, a: BatchOperand(a),
      values: values.storage.bytes, vectors: vectors.storage.bytes)
    return try startSteps { [self] in
      try await finish(task, operation, checkingFinite: checkingFinite, priority, deadline)
      return EigendecompositionBatch(eigenvalues: values, eigenvectors: vectors, executor: self)
    }
  }
}

private struct DecomposeGeneralBatch: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let hasVectors: Bool
  let a: BatchOperand
  /// Of complex numbers, and so are the vectors; written as pairs of real ones.
  let values: SharedArray<UInt8>
  /// Empty when no vectors are wanted.
  let vectors: SharedArray<UInt8>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    typealias Real = Element.Real
    let order = a.layout.rows
    let shape = ColumnMajorShape(rows: order, columns: order)
    let vectorCount = hasVectors ? 2 * order * order : 0
    let past = hasVectors ? 2 * Element.readablePastEnd(leading: max(1, order), columns: order) : 0
    try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
      try withScratch(of: Real.self, count: 2 * order) { found throws(LinearAlgebraError) in
        try withScratch(of: Real.self, count: vectorCount + past) {
          right throws(LinearAlgebraError) in
          try withScratch(of: Real.self, count: 0) { left throws(LinearAlgebraError) in
            a.bytes.view(as: type).withSpan { all in
              values.view(as: Real.self).withMutableSpan { values in
                vectors.view(as: Real.self).withMutableSpan { vectors in
                  for index in matrices {
                    let isDone = report.record(index) { () throws(LinearAlgebraError) in
                      try a.copy(index, of: all, into: &copy, shape)
                      try LAPACK.geev(&copy, shape, values: &found, left: &left, right: &right)
                    }
                    store(
                      found.span, isThere: isDone, of: index, count: 2 * order, into: &values)
                    guard hasVectors else { continue }
                    store(
                      right.span, isThere: isDone, of: index, count: vectorCount, into: &vectors)
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
