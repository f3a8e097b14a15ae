public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Many symmetric or Hermitian matrices as V·Λ·Vᴴ: what `symmetricEigen` of a batch finds.
public struct SymmetricEigendecompositionBatch<Element: LinearAlgebraScalar>: Sendable {
  /// The n eigenvalues of each matrix as a row, in ascending order.
  public let eigenvalues: SharedMatrix<Element.Real>
  /// The eigenvectors of each matrix as columns, n × n, column-major.
  public let eigenvectors: SharedMatrixBatch<Element>
  let triangle: MatrixTriangle
  let executor: any WorkExecutor

  /// The number of matrices.
  public var count: Int { eigenvectors.count }

  /// That of one matrix, without a copy, which solves, inverts and multiplies out.
  public subscript(index: Int) -> SymmetricEigendecomposition<Element> {
    SymmetricEigendecomposition(
      eigenvalues: eigenvalues.elements(ofRow: index), eigenvectors: eigenvectors[index],
      triangle: triangle, isOfPair: false, executor: executor)
  }
}

extension WorkExecutor {
  /// Starts decomposing every matrix of a batch, symmetric or Hermitian, into V·Λ·Vᴴ, each by one worker, and returns
  /// the future of all decompositions.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - triangle: the one that is read, with the diagonal, whose imaginary parts count as 0.
  ///   - checkingFinite: whether NaN or an infinity in it is an error. Otherwise the results of that matrix are NaN, and
  ///     those of the others are not touched by it. The search itself is always made.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startSymmetricEigen` of one matrix. The bits of a matrix do not depend on the others, nor on the
  ///   number of workers; below 400 × 400 they are those that it has by itself, above, LAPACK's with one thread.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `noLAPACK`. The future fails with `notFiniteInBatch` or
  ///   `noConvergenceInBatch`, which name the first matrix.
  /// - Source: LAPACK's syevd and heevd.
  public func startSymmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, triangle: MatrixTriangle = .lower,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SymmetricEigendecompositionBatch<Element>> {
    try startSymmetricEigen(
      a, triangle, hasVectors: true, "symmetricEigen (syevd)", checkingFinite, priority, deadline)
  }

  /// Every matrix of a batch as V·Λ·Vᴴ; see `startSymmetricEigen`.
  public func symmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, triangle: MatrixTriangle = .lower,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SymmetricEigendecompositionBatch<Element> {
    try await startSymmetricEigen(
      a, triangle: triangle, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// Every matrix of a batch as V·Λ·Vᴴ, blocking; see `startSymmetricEigen`.
  @available(*, noasync)
  public func symmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, triangle: MatrixTriangle = .lower,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SymmetricEigendecompositionBatch<Element> {
    try startSymmetricEigen(
      a, triangle: triangle, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// Starts computing the eigenvalues of every matrix of a batch, symmetric or Hermitian, without vectors, and returns the
  /// future of a matrix with a row for each, in ascending order; see `startSymmetricEigen` of a batch.
  public func startSymmetricEigenvalues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, triangle: MatrixTriangle = .lower,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<Element.Real>> {
    let decomposing = try startSymmetricEigen(
      a, triangle, hasVectors: false, "symmetricEigenvalues (syevd)", checkingFinite, priority,
      deadline)
    return try startSteps { try await finished(decomposing).eigenvalues }
  }

  /// The eigenvalues of every matrix of a batch; see `startSymmetricEigenvalues`.
  public func symmetricEigenvalues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, triangle: MatrixTriangle = .lower,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedMatrix<Element.Real> {
    try await startSymmetricEigenvalues(
      a, triangle: triangle, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// The eigenvalues of every matrix of a batch, blocking; see `startSymmetricEigenvalues`.
  @available(*, noasync)
  public func symmetricEigenvalues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, triangle: MatrixTriangle = .lower,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedMatrix<Element.Real> {
    try startSymmetricEigenvalues(
      a, triangle: triangle, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  private func startSymmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ triangle: MatrixTriangle, hasVectors: Bool,
    _ operation: String, _ checkingFinite: Bool, _ priority: WorkPriority, _ deadline: Duration?
  ) throws -> Future<SymmetricEigendecompositionBatch<Element>> {
    try checkSquare(a, operation)
    try requireLAPACK(forBatches: a)
    let (count, order) = (a.count, a.rows)
    let values = try rows(of: Element.Real.self, count: count, length: order)
    let vectors = try columnMajorBatch(
      of: Element.self, count: count, rows: order, columns: hasVectors ? order : 0)
    let task = DecomposeSymmetricBatch(
      work: BatchWork(Element.scalarType, count: count, .symmetricEigen(order: order)),
      report: try BatchReport(on: self, count: count), triangle: triangle, hasVectors: hasVectors,
      a: BatchOperand(a), values: values.storage.bytes, vectors: vectors.storage.bytes)
    return try startSteps { [self] in
      try await finish(task, operation, checkingFinite: checkingFinite, priority, deadline)
      return SymmetricEigendecompositionBatch(
        eigenvalues: values, eigenvectors: vectors, triangle: triangle, executor: self)
    }
  }
}

private struct DecomposeSymmetricBatch: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let triangle: MatrixTriangle
  let hasVectors: Bool
  let a: BatchOperand
  let values: SharedArray<UInt8>
  /// Empty when no vectors are wanted.
  let vectors: SharedArray<UInt8>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let order = a.layout.rows
    let shape = ColumnMajorShape(rows: order, columns: order)
    try withScratch(of: type, shape) { copy throws(LinearAlgebraError) in
      try withScratch(of: Element.Real.self, count: order) { found throws(LinearAlgebraError) in
        a.bytes.view(as: type).withSpan { all in
          values.view(as: Element.Real.self).withMutableSpan { values in
            vectors.view(as: type).withMutableSpan { vectors in
              for index in matrices {
                let isDone = report.record(index) { () throws(LinearAlgebraError) in
                  try a.copy(
                    index, of: all, part: triangle == .lower ? .lower : .upper, into: &copy, shape)
                  try LAPACK.syevd(vectors: hasVectors, triangle, &copy, shape, values: &found)
                }
                store(found.span, isThere: isDone, of: index, count: order, into: &values)
                guard hasVectors else { continue }
                store(copy.span, isThere: isDone, of: index, count: order * order, into: &vectors)
              }
            }
          }
        }
      }
    }
  }
}
