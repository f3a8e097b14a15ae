public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts factoring a positive definite A into L·Lᴴ and returns the future of the factorization.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed. Only the elements on its diagonal and below are read, and of these
  ///     only the real parts on the diagonal: that it is symmetric, or Hermitian, is taken for granted.
  ///   - checkingFinite: whether these are searched for NaN and infinities first, on the diagonal both parts.
  ///   - priority: how urgent it is.
  /// - Accuracy: |L·Lᴴ - A| ≤ γ₍ₙ₊₁₎·|L|·|Lᴴ| element-wise (Higham, *Accuracy and Stability*, 2nd ed., §10.1). The
  ///   bits are those of the LAPACK in use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `notPositiveDefinite`, `notSquare`, `notFinite`, `noLAPACK`.
  /// - Source: LAPACK's potrf; of large matrices all workers compute tiles (`explain`).
  public func startCholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Future<CholeskyFactorization<Element>> {
    try checkSquare(a, "cholesky")
    try LAPACK.require()
    return try startSteps { [self] in
      if isDivided(.cholesky(order: a.rows), of: Element.self) {
        return try await choleskyInSteps(a, checkingFinite, priority)
      }
      let lower = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
      let norm = try array(repeating: 0.0, count: 1)
      try await finish(
        FactorCholesky(
          type: Element.scalarType, report: TaskReport(on: self), checksFinite: checkingFinite,
          a: MatrixBytes(a), lower: MatrixBytes(lower), norm: norm),
        "cholesky", priority)
      return CholeskyFactorization(lower: lower, norm: norm[0], executor: self)
    }
  }

  /// A as L·Lᴴ; see `startCholesky`.
  public func cholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) async throws -> CholeskyFactorization<Element> {
    try await startCholesky(a, checkingFinite: checkingFinite, priority: priority).value
  }

  /// A as L·Lᴴ, blocking; see `startCholesky`.
  @available(*, noasync)
  public func cholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> CholeskyFactorization<Element> {
    try startCholesky(a, checkingFinite: checkingFinite, priority: priority).result()
  }
}

extension WorkExecutor {
  /// A large matrix, which all workers factor.
  private func choleskyInSteps<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ checkingFinite: Bool, _ priority: WorkPriority
  ) async throws -> CholeskyFactorization<Element> {
    let (survey, factor) = try await surveyed(
      a, in: .lower, checkingFinite: checkingFinite, "cholesky", priority
    ) { try startTiledCholesky(a, priority: priority) }
    // What stands in a row of the whole matrix: of the triangle its row and its column, which share the diagonal.
    let norm = (0..<a.rows).reduce(0) {
      Double.maximum(
        $0, survey.rowSums[$1] + survey.columnSums[$1] - Double(a[$1, $1].realPart.magnitude))
    }
    // The survey leaves out the imaginary parts on the diagonal, which the search does not.
    if checkingFinite, !(0..<a.rows).allSatisfy({ a[$0, $0].modulus.isFinite }) {
      try await checkFinite(a, in: .lower, "cholesky", priority)
    }
    if let column = factor.failedColumn {
      throw LinearAlgebraError.notPositiveDefinite(column: column)
    }
    return CholeskyFactorization(lower: factor.lower, norm: norm, executor: self)
  }
}

private struct FactorCholesky: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let checksFinite: Bool
  let a: MatrixBytes
  let lower: MatrixBytes
  let norm: SharedArray<Double>

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite { try a.checkFinite(Element.self, in: .lower) }
    let shape = lower.columnMajor
    try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
      try a.copy(into: &copy, shape)
      mirror(.lower, conjugated: true, &copy, shape)
      norm[0] = matrixNorm(copy.span, lower.view, .one)
      if let column = try LAPACK.potrf(.lower, &copy, shape) {
        throw .notPositiveDefinite(column: column)
      }
      let factor = copy.span
      try lower.withMutableSpan(of: Element.self) { lower throws(LinearAlgebraError) in
        copyTriangle(.lower, factor, shape, into: &lower, shape)
      }
    }
  }
}
