public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// What factorizations have in common. Each says how its work starts; how to await it, or to wait for it, is written
// here for all of them.

/// A matrix A as a product of factors.
public protocol MatrixFactorization<Element>: Sendable {
  /// The type of A's elements.
  associatedtype Element: LinearAlgebraScalar
  /// Starts multiplying the factors and returns the future of what should be A, column-major.
  func startReconstruct(priority: WorkPriority) throws -> Future<SharedMatrix<Element>>
  /// Starts measuring how far the product of the factors is from A, and the orthogonal ones from being so, and returns
  /// the future of the measure: LAPACK's own, ‖A - P·L·U‖₁ / (n·‖A‖₁·ε). It takes a product of such matrices, and
  /// memory for one more.
  /// - Parameters:
  ///   - a: the matrix that was factored, any view; it is not copied.
  ///   - priority: how urgent it is.
  /// - Source: LAPACK Working Note 41; see `ResidualCheck`.
  func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority
  ) throws -> Future<ResidualCheck>
}

/// A factorization of A that solves A·X = B, or finds the X for which ‖A·X - B‖ is smallest.
public protocol LinearSolver<Element>: MatrixFactorization {
  /// Starts solving A·X = B and returns the future of X.
  ///
  /// A factorization does not keep A, so it cannot measure the solution; who has A can:
  ///
  ///     let x = try lu.solve(b)
  ///     try pool.residual(of: x, solving: a, b).check()
  ///
  /// and of least squares, where A has more rows than columns or the other way round, with `fitting:` for `solving:`.
  func startSolve<B: RightHandSide<Element>>(_ b: B, priority: WorkPriority) throws -> Future<B>
}

/// A factorization of a square A that inverts it: without a look at A, which may be gone.
public protocol InvertibleFactorization<Element>: LinearSolver {
  /// Starts computing A⁻¹ and returns its future, column-major.
  func startInverse(priority: WorkPriority) throws -> Future<SharedMatrix<Element>>
}

/// A factorization of a square A that has seen how large A is, and estimates how near it is to a singular one.
public protocol ConditionEstimating<Element>: InvertibleFactorization {
  /// Starts estimating 1 / (‖A‖·‖A⁻¹‖) and returns its future.
  func startReciprocalCondition(_ norm: ConditionNorm, priority: WorkPriority) throws -> Future<
    Double
  >
}

extension MatrixFactorization {
  /// The product of the factors, which should be A; see `startReconstruct`.
  public func reconstruct(priority: WorkPriority = .normal) async throws -> SharedMatrix<Element> {
    try await startReconstruct(priority: priority).value
  }

  /// The product of the factors, which should be A, blocking; see `startReconstruct`.
  @available(*, noasync)
  public func reconstruct(priority: WorkPriority = .normal) throws -> SharedMatrix<Element> {
    try startReconstruct(priority: priority).result()
  }

  /// How far the product of the factors is from A; see `startResidual`.
  public func residual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> ResidualCheck {
    try await startResidual(of: a, priority: priority).value
  }

  /// How far the product of the factors is from A, blocking; see `startResidual`.
  @available(*, noasync)
  public func residual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> ResidualCheck {
    try startResidual(of: a, priority: priority).result()
  }
}

extension LinearSolver {
  /// Solves A·X = B, where B is a matrix or a vector; see `startSolve`.
  public func solve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) async throws -> B {
    try await startSolve(b, priority: priority).value
  }

  /// Solves A·X = B, where B is a matrix or a vector, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> B {
    try startSolve(b, priority: priority).result()
  }
}

extension InvertibleFactorization {
  /// A⁻¹; see `startInverse`.
  public func inverse(priority: WorkPriority = .normal) async throws -> SharedMatrix<Element> {
    try await startInverse(priority: priority).value
  }

  /// A⁻¹, blocking; see `startInverse`.
  @available(*, noasync)
  public func inverse(priority: WorkPriority = .normal) throws -> SharedMatrix<Element> {
    try startInverse(priority: priority).result()
  }
}

extension ConditionEstimating {
  /// An estimate of 1 / (‖A‖·‖A⁻¹‖); see `startReciprocalCondition`.
  public func reciprocalCondition(
    _ norm: ConditionNorm = .one, priority: WorkPriority = .normal
  ) async throws -> Double {
    try await startReciprocalCondition(norm, priority: priority).value
  }

  /// An estimate of 1 / (‖A‖·‖A⁻¹‖), blocking; see `startReciprocalCondition`.
  @available(*, noasync)
  public func reciprocalCondition(
    _ norm: ConditionNorm = .one, priority: WorkPriority = .normal
  ) throws -> Double {
    try startReciprocalCondition(norm, priority: priority).result()
  }
}
