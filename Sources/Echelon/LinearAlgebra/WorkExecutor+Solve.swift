public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts solving A·X = B and returns the future of X, column-major. For several B one after the other, `lu` is
  /// faster.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - b: n × k, any view, or a vector of n elements; it is not changed.
  ///   - structure: what is known of A; systems of which more is known take less time.
  ///   - checkingFinite: whether A, as far as it is read, and B are searched for NaN and infinities first.
  ///   - checkingResidual: whether X is measured by `startResidual(of:solving:_:)`, and refused when its ratio is 30,
  ///     or the number given, or more: elimination with partial pivoting is nearly always, but not always, stable. What
  ///     counts of A is read once more for it.
  ///   - priority: how urgent it is.
  /// - Accuracy: as `LUFactorization.startSolve`; a triangular X solves a system whose matrix differs by γₙ·|A|.
  /// - Throws: `LinearAlgebraError`: `singular`, `notPositiveDefinite`, `notSquare`, `invalidBand`,
  ///   `rightSideMismatch`, `notFinite`, `largeResidual`, `noLAPACK`.
  /// - Source: LAPACK's getrf and getrs, potrf and potrs, trtrs, gbtrf and gbtrs, pbtrf and pbtrs, gtsv.
  public func startSolve<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    _ a: SharedMatrix<Element>, _ b: B, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, checkingResidual: ResidualLimit = false,
    priority: WorkPriority = .normal
  ) throws -> Future<B> {
    let sides = b.rightSides
    try checkSquare(a, "solve")
    try structure.check(size: a.rows)
    try checkRightSides(sides.rows, of: (a.rows, a.columns), "solve")
    try LAPACK.require()
    return try startSteps { [self] in
      let x = try await solution(of: a, sides, structure, checkingFinite, priority)
      if let limit = checkingResidual.ratio {
        let check = try await residual(of: x, solving: a, sides, ReadPart(structure), priority)
        try check.check(limit: limit)
      }
      return B(solutions: x)
    }
  }

  /// Solves A·X = B; see `startSolve`.
  public func solve<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    _ a: SharedMatrix<Element>, _ b: B, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, checkingResidual: ResidualLimit = false,
    priority: WorkPriority = .normal
  ) async throws -> B {
    try await startSolve(
      a, b, structure: structure, checkingFinite: checkingFinite,
      checkingResidual: checkingResidual, priority: priority
    ).value
  }

  /// Solves A·X = B, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    _ a: SharedMatrix<Element>, _ b: B, structure: MatrixStructure = .general,
    checkingFinite: Bool = true, checkingResidual: ResidualLimit = false,
    priority: WorkPriority = .normal
  ) throws -> B {
    try startSolve(
      a, b, structure: structure, checkingFinite: checkingFinite,
      checkingResidual: checkingResidual, priority: priority
    ).result()
  }
}

extension WorkExecutor {
  private func solution<Element: LinearAlgebraScalar>(
    of a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, _ structure: MatrixStructure,
    _ checkingFinite: Bool, _ priority: WorkPriority
  ) async throws -> SharedMatrix<Element> {
    // What is factored by all workers is solved by its factors.
    if isDivided(.solve(order: a.rows, structure: structure), of: Element.self) {
      if checkingFinite { try await checkFinite(b, .b, "solve", priority) }
      if structure == .positiveDefinite {
        let factor = try await finished(
          startCholesky(a, checkingFinite: checkingFinite, priority: priority))
        return try await finished(
          factor.startSolve(b, checkingFinite: false, priority: priority))
      }
      let lu = try await finished(
        startLU(a, checkingFinite: checkingFinite, priority: priority))
      return try await finished(
        lu.startSolve(b, .plain, checkingFinite: false, priority: priority))
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
