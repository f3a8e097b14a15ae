public import EchelonLinearAlgebra
import EchelonPool
public import EchelonWire

// What singular values say of a matrix: its rank, its condition, two norms, and a pseudo-inverse.

extension WorkExecutor {
  /// Starts computing the numerical rank of A and returns its future: how many singular values exceed
  /// `tolerance` times the largest one.
  /// - Parameter tolerance: nil is max(m, n)·ε; see `SingularValueDecomposition.rank`.
  /// - Throws: as `startSVD`.
  public func startRank<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, tolerance: Double? = nil, priority: WorkPriority = .normal
  ) throws -> Future<Int> {
    try startWithSingularValues(of: a, priority) { $0.rank(tolerance: tolerance) }
  }

  /// The numerical rank of A; see `startRank`.
  public func rank<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, tolerance: Double? = nil, priority: WorkPriority = .normal
  ) async throws -> Int {
    try await startRank(a, tolerance: tolerance, priority: priority).value
  }

  /// The numerical rank of A, blocking; see `startRank`.
  @available(*, noasync)
  public func rank<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, tolerance: Double? = nil, priority: WorkPriority = .normal
  ) throws -> Int {
    try startRank(a, tolerance: tolerance, priority: priority).result()
  }

  /// Starts computing the condition number of A in the 2-norm and returns its future: the largest singular value
  /// divided by the smallest; ∞ where that is 0, and 1 of no elements. With `norm:` it is an estimate in another
  /// norm, which is much faster.
  /// - Accuracy: beyond 1/ε it says no more than that the matrix is singular to working precision.
  /// - Throws: as `startSVD`.
  public func startConditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<Double> {
    try startWithSingularValues(of: a, priority) { $0.conditionNumber }
  }

  /// The condition number of A in the 2-norm; see `startConditionNumber`.
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> Double {
    try await startConditionNumber(a, priority: priority).value
  }

  /// The condition number of A in the 2-norm, blocking; see `startConditionNumber`.
  @available(*, noasync)
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Double {
    try startConditionNumber(a, priority: priority).result()
  }

  /// Starts computing a norm of A from its singular values and returns its future; 0 of no elements.
  /// - Throws: as `startSVD`.
  public func startMatrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ norm: SingularValueNorm, priority: WorkPriority = .normal
  ) throws -> Future<Double> {
    try startWithSingularValues(of: a, priority) { $0.norm(norm) }
  }

  /// A norm of A from its singular values; see `startMatrixNorm`.
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ norm: SingularValueNorm, priority: WorkPriority = .normal
  ) async throws -> Double {
    try await startMatrixNorm(a, norm, priority: priority).value
  }

  /// A norm of A from its singular values, blocking; see `startMatrixNorm`.
  @available(*, noasync)
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ norm: SingularValueNorm, priority: WorkPriority = .normal
  ) throws -> Double {
    try startMatrixNorm(a, norm, priority: priority).result()
  }

  /// Starts computing the pseudo-inverse A⁺ and returns its future, n × m, column-major. To solve a system,
  /// `leastSquares` is faster and more accurate.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - tolerance: singular values up to this part of the largest one count as 0; nil is max(m, n)·ε.
  ///   - checkingResidual: whether it is measured by `startResidual(ofPseudoInverse:of:)`, and refused when its ratio
  ///     is 30, or the number given, or more. A `tolerance` far above max(m, n)·ε makes it the pseudo-inverse of
  ///     another matrix, which shows.
  ///   - priority: how urgent it is.
  /// - Throws: as `startSVD`; `LinearAlgebraError.largeResidual`; `PoolError.invalidArgument` for a negative tolerance.
  public func startPseudoInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, tolerance: Double? = nil, checkingResidual: ResidualLimit = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    let decomposing = try startSVD(a, priority: priority)
    return try startSteps { [self] in
      let svd = try await finished(decomposing)
      let inverse = try await finished(
        svd.startPseudoInverse(tolerance: tolerance, priority: priority))
      if let limit = checkingResidual.ratio {
        let check = try await finished(
          startResidual(
            ofPseudoInverse: inverse, of: a, rank: svd.rank(tolerance: tolerance),
            priority: priority))
        try check.check(limit: limit)
      }
      return inverse
    }
  }

  /// A⁺; see `startPseudoInverse`.
  public func pseudoInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, tolerance: Double? = nil, checkingResidual: ResidualLimit = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startPseudoInverse(
      a, tolerance: tolerance, checkingResidual: checkingResidual, priority: priority
    ).value
  }

  /// A⁺, blocking; see `startPseudoInverse`.
  @available(*, noasync)
  public func pseudoInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, tolerance: Double? = nil, checkingResidual: ResidualLimit = false,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startPseudoInverse(
      a, tolerance: tolerance, checkingResidual: checkingResidual, priority: priority
    ).result()
  }
}
