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
  ///   - b: m × k, any view; it is not changed.
  ///   - lambda: λ ≥ 0, finite; with 0 it is the least-squares solution of least norm.
  ///   - priority: how urgent it is.
  /// - Throws: as `startSVD`; `LinearAlgebraError.rightSideMismatch`; `PoolError.invalidArgument` for λ.
  /// - Source: see `SingularValueDecomposition.startRidge`.
  public func startRidge<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, lambda: Double,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkLambda(lambda)
    try checkRightSides(b.rows, of: (a.rows, a.columns))
    let decomposing = try startSVD(a, priority: priority)
    return try startSteps {
      let svd = try await finished(decomposing)
      return try await finished(svd.startRidge(b, lambda: lambda, priority: priority))
    }
  }

  /// The X that minimizes ‖A·X - B‖² + λ·‖X‖²; see `startRidge`.
  public func ridge<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, lambda: Double,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startRidge(a, b, lambda: lambda, priority: priority).value
  }

  /// The X that minimizes ‖A·X - B‖² + λ·‖X‖², blocking; see `startRidge`.
  @available(*, noasync)
  public func ridge<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, lambda: Double,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startRidge(a, b, lambda: lambda, priority: priority).result()
  }

  /// Starts ridge regression for a vector b; see the form for matrices.
  public func startRidge<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, lambda: Double,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    let solving = try startRidge(a, b.asColumn, lambda: lambda, priority: priority)
    return try startSteps { try await finished(solving).storage }
  }

  /// The x that minimizes ‖A·x - b‖² + λ·‖x‖²; see `startRidge`.
  public func ridge<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, lambda: Double,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startRidge(a, b, lambda: lambda, priority: priority).value
  }

  /// The x that minimizes ‖A·x - b‖² + λ·‖x‖², blocking; see `startRidge`.
  @available(*, noasync)
  public func ridge<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, lambda: Double,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startRidge(a, b, lambda: lambda, priority: priority).result()
  }
}
