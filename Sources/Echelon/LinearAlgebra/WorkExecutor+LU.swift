public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts factoring A into P·L·U, with partial pivoting, and returns the future of the factorization.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - checkingFinite: whether A is searched for NaN and infinities first; with them the factors are undefined.
  ///   - priority: how urgent it is.
  /// - Accuracy: |P·L·U - A| ≤ γₖ·|P|·|L|·|U| element-wise, k = min(m, n) (Higham, *Accuracy and Stability*, 2nd ed.,
  ///   §9.3). The bits are those of the LAPACK in use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `noLAPACK`, `notFinite`; a singular matrix is no error. `KernelError.tooLarge` for a
  ///   matrix of more than 2²⁴ rows whose factorization falls into steps.
  /// - Source: LAPACK's getrf; of large matrices all workers factor blocks of columns (`explain`).
  public func startLU<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Future<LUFactorization<Element>> {
    try requireLAPACK(for: a)
    return try startSteps { [self] in
      if isDivided(.lu(rows: a.rows, columns: a.columns), of: Element.self) {
        return try await luInSteps(a, checkingFinite, priority)
      }
      let factors = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
      let pivots = try uninitializedArray(of: Int32.self, count: min(a.rows, a.columns))
      let found = try array(repeating: 0.0, count: 3)
      try await finish(
        FactorLU(
          type: Element.scalarType, report: TaskReport(on: self), checksFinite: checkingFinite,
          a: MatrixBytes(a), factors: MatrixBytes(factors), pivots: pivots, found: found),
        "lu", priority)
      return LUFactorization(
        factors: factors, singularColumn: found[0] < 0 ? nil : Int(found[0]), pivots: pivots,
        norms: (found[1], found[2]), executor: self)
    }
  }

  /// A as P·L·U; see `startLU`.
  public func lu<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) async throws -> LUFactorization<Element> {
    try await startLU(a, checkingFinite: checkingFinite, priority: priority).value
  }

  /// A as P·L·U, blocking; see `startLU`.
  @available(*, noasync)
  public func lu<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> LUFactorization<Element> {
    try startLU(a, checkingFinite: checkingFinite, priority: priority).result()
  }
}

extension WorkExecutor {
  /// A large matrix, which all workers factor.
  private func luInSteps<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ checkingFinite: Bool, _ priority: WorkPriority
  ) async throws -> LUFactorization<Element> {
    let (survey, found) = try await surveyed(
      a, checkingFinite: checkingFinite, "lu", priority
    ) { try startTiledLU(a, priority: priority) }
    let singular = (0..<min(a.rows, a.columns)).first { found.factors[$0, $0] == 0 }
    return LUFactorization(
      factors: found.factors, singularColumn: singular,
      pivots: try array(found.exchanges.map { Int32($0) + 1 }), norms: survey.norms, executor: self)
  }
}

private struct FactorLU: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let checksFinite: Bool
  let a: MatrixBytes
  let factors: MatrixBytes
  let pivots: SharedArray<Int32>
  /// The singular column or -1, ‖A‖₁ and ‖A‖∞.
  let found: SharedArray<Double>

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite { try a.checkFinite(Element.self) }
    try factors.withMutableSpan(of: Element.self) { factors throws(LinearAlgebraError) in
      let shape = self.factors.columnMajor
      try a.copy(into: &factors, shape)
      let result = try pivots.withMutableSpan { pivots throws(LinearAlgebraError) in
        try factorLU(&factors, shape, pivots: &pivots)
      }
      (found[1], found[2]) = result.norms
      found[0] = Double(result.singularColumn ?? -1)
    }
  }
}

/// Factors A into P·L·U in its own place: what `lu` of a matrix and of a batch have in common.
/// - Returns: the first column without a pivot, and ‖A‖₁ and ‖A‖∞.
func factorLU<Element: LinearAlgebraScalar>(
  _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, pivots: inout MutableSpan<Int32>
) throws(LinearAlgebraError) -> (singularColumn: Int?, norms: (one: Double, infinity: Double)) {
  let view = MatrixView(
    rows: shape.rows, columns: shape.columns, rowStride: 1, columnStride: shape.leading)
  let norms = (
    one: matrixNorm(a.span, view, .one), infinity: matrixNorm(a.span, view, .infinity)
  )
  return (try LAPACK.getrf(&a, shape, pivots: &pivots), norms)
}
