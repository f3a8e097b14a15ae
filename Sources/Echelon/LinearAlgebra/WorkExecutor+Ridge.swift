public import EchelonLinearAlgebra
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts ridge regression: computing the X that minimizes ‖A·X - B‖² + λ·‖X‖² for each column, by the singular value
  /// decomposition of A, and returns the future of X, n × k, column-major.
  ///
  /// Every column counts alike: to leave an intercept free, subtract the means of A's columns and of B's. For several λ,
  /// `svd` once and `SingularValueDecomposition.ridge` for each is faster.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - b: m × k, any view, or a vector of m elements; it is not changed.
  ///   - lambda: λ ≥ 0, finite; with 0 it is the least-squares solution of least norm.
  ///   - checkingResidual: whether X is measured by `startResidual(of:fitting:_:)`, and refused when its ratio is 30, or
  ///     the number given, or more.
  ///   - priority: how urgent it is.
  /// - Throws: as `startSVD`; `LinearAlgebraError`: `rightSideMismatch`, `largeResidual`; `PoolError.invalidArgument` for
  ///   λ.
  /// - Source: see `SingularValueDecomposition.startRidge`.
  public func startRidge<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    _ a: SharedMatrix<Element>, _ b: B, lambda: Double,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    try checkLambda(lambda)
    if checkingResidual.ratio != nil { try checkRoot(ofLambda: lambda, for: Element.self) }
    try checkRightSides(b.rightSides.rows, of: (a.rows, a.columns), "ridge")
    let decomposing = try startSVD(a, priority: priority)
    return try startSteps { [self] in
      let svd = try await finished(decomposing)
      let x = try await finished(svd.startRidge(b, lambda: lambda, priority: priority))
      if let limit = checkingResidual.ratio {
        let check = try await residual(
          of: x.rightSides, fitting: a, b.rightSides, rank: svd.rank(), lambda: lambda, priority)
        try check.check(limit: limit)
      }
      return x
    }
  }

  /// The X that minimizes ‖A·X - B‖² + λ·‖X‖²; see `startRidge`.
  public func ridge<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    _ a: SharedMatrix<Element>, _ b: B, lambda: Double,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) async throws -> B {
    try await startRidge(
      a, b, lambda: lambda, checkingResidual: checkingResidual, priority: priority
    ).value
  }

  /// The X that minimizes ‖A·X - B‖² + λ·‖X‖², blocking; see `startRidge`.
  @available(*, noasync)
  public func ridge<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    _ a: SharedMatrix<Element>, _ b: B, lambda: Double,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) throws -> B {
    try startRidge(
      a, b, lambda: lambda, checkingResidual: checkingResidual, priority: priority
    ).result()
  }
}
