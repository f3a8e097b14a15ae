public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts computing the exponential of a square matrix, Σ Aᵏ / k!, and returns its future, column-major; the identity
  /// of a matrix of zeros.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: but for rounding, the exponential of a matrix that differs from A by u·‖A‖₁ at most, u the unit
  ///   roundoff. Rounding in the squarings, log₂ ‖A‖₁ of them, can be worse for a matrix far from normal. Where the
  ///   exponential overflows, there are infinities and NaN.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `notFinite`, `noLAPACK`.
  /// - Source: scaling and squaring with diagonal Padé approximants: N. J. Higham, *The scaling and squaring method for
  ///   the matrix exponential revisited*, SIAM J. Matrix Anal. Appl. 26 (2005), 1179–1193.
  public func startMatrixExponential<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkSquare(a, "matrixExponential")
    try LAPACK.require()
    return try startMatrix(rows: a.rows, columns: a.rows, "matrixExponential", priority) {
      report, result in
      Exponentiate(
        type: Element.scalarType, report: report, a: MatrixBytes(a), result: result)
    }
  }

  /// The exponential of a square matrix; see `startMatrixExponential`.
  public func matrixExponential<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startMatrixExponential(a, priority: priority).value
  }

  /// The exponential of a square matrix, blocking; see `startMatrixExponential`.
  @available(*, noasync)
  public func matrixExponential<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startMatrixExponential(a, priority: priority).result()
  }
}

private struct Exponentiate: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let a: MatrixBytes
  let result: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try a.checkFinite(Element.self)
    var matrix = SquareMatrix<Element>(size: a.rows)
    let shape = matrix.shape
    var elements = matrix.elements.mutableSpan
    try a.copy(into: &elements, shape)
    let exponential = try matrix.exponential()
    try result.withMutableSpan(of: Element.self) { result throws(LinearAlgebraError) in
      for index in result.indices { result[index] = exponential.elements[index] }
    }
  }
}
