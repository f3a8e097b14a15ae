public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts solving A·X = B and returns the future of X, column-major. For several B one after the other, `lu` is
  /// faster.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - b: n × k, any view; it is not changed.
  ///   - structure: what is known of A; systems of which more is known take less time.
  ///   - checkingFinite: whether A, as far as it is read, and B are searched for NaN and infinities first.
  ///   - priority: how urgent it is.
  /// - Accuracy: as `LUFactorization.startSolve`; a triangular X solves a system whose matrix differs by γₙ·|A|.
  /// - Throws: `LinearAlgebraError`: `singular`, `notPositiveDefinite`, `notSquare`, `invalidBand`, `rightSideMismatch`, `notFinite`, `noLAPACK`.
  /// - Source: LAPACK's getrf and getrs, potrf and potrs, trtrs, gbtrf and gbtrs, pbtrf and pbtrs, gtsv.
  public func startSolve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkSquare(a, "solve")
    try structure.check(size: a.rows)
    try checkRightSides(b.rows, of: (a.rows, a.columns))
    try LAPACK.require()
    return try startSteps { [self] in
      // What is factored by all workers is solved by its factors.
      if structure == .general, isDivided(.lu(rows: a.rows, columns: a.rows), of: Element.self) {
        let lu = try await finished(
          startLU(a, checkingFinite: checkingFinite, priority: priority))
        return try await finished(lu.startSolve(b, priority: priority))
      }
      if structure == .positiveDefinite, isDivided(.cholesky(order: a.rows), of: Element.self) {
        let factor = try await finished(
          startCholesky(a, checkingFinite: checkingFinite, priority: priority))
        return try await finished(factor.startSolve(b, priority: priority))
      }
      let x = try columnMajorMatrix(of: Element.self, rows: b.rows, columns: b.columns)
      try await finish(
        SolveSystem(
          type: Element.scalarType, report: TaskReport(on: self), structure: structure,
          checksFinite: checkingFinite, a: MatrixBytes(a), b: MatrixBytes(b), x: MatrixBytes(x)),
        "solve", priority)
      return x
    }
  }

  /// Solves A·X = B; see `startSolve`.
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startSolve(
      a, b, structure: structure, checkingFinite: checkingFinite, priority: priority
    ).value
  }

  /// Solves A·X = B, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startSolve(
      a, b, structure: structure, checkingFinite: checkingFinite, priority: priority
    ).result()
  }

  /// Starts solving A·x = b for a vector; see the form for matrices.
  public func startSolve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    let solving = try startSolve(
      a, b.asColumn, structure: structure, checkingFinite: checkingFinite, priority: priority)
    return try startSteps { try await finished(solving).storage }
  }

  /// Solves A·x = b for a vector; see `startSolve`.
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startSolve(
      a, b, structure: structure, checkingFinite: checkingFinite, priority: priority
    ).value
  }

  /// Solves A·x = b for a vector, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startSolve(
      a, b, structure: structure, checkingFinite: checkingFinite, priority: priority
    ).result()
  }
}
