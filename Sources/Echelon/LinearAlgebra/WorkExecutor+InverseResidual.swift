public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// How far an inverse, or a pseudo-inverse, is from what it should be.

extension WorkExecutor {
  /// Starts measuring how well X inverts A and returns the future of the measure: ‖1 - X·A‖₁ / (n·‖A‖₁·‖X‖₁·ε).
  ///
  /// From this side, because what LAPACK computes solves X·A = 1, which says less of A·X (N. J. Higham, *Accuracy and
  /// Stability*, 2nd ed., §14.3).
  /// - Parameters:
  ///   - x: n × n, any view.
  ///   - a: n × n, any view; it is not changed.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `noLAPACK`; `KernelError.shapeMismatch` where X and A differ in size.
  /// - Source: LAPACK Working Note 41, xGET03.
  public func startResidual<Element: LinearAlgebraScalar>(
    ofInverse x: SharedMatrix<Element>, of a: SharedMatrix<Element>,
    priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try checkSquare(a, "residual")
    guard x.rows == a.rows, x.columns == a.columns else { throw residualShapes(x, a) }
    try LAPACK.require()
    return try startSteps { [self] in
      let norms = try await residualNorms(
        x, ReadPart(), a, try identity(order: a.rows), times: nil, priority)
      let residual = residualRatio(
        Element.self, largest(norms.residuals[...]),
        to: [norms.a, largest(columnNorms(a)[...])], count: a.rows)
      return ResidualCheck(operation: "inverse", residual: residual, orthogonality: 0)
    }
  }

  /// How well X inverts A; see `startResidual(ofInverse:of:)`.
  public func residual<Element: LinearAlgebraScalar>(
    ofInverse x: SharedMatrix<Element>, of a: SharedMatrix<Element>,
    priority: WorkPriority = .normal
  ) async throws -> ResidualCheck {
    try await startResidual(ofInverse: x, of: a, priority: priority).value
  }

  /// How well X inverts A, blocking; see `startResidual(ofInverse:of:)`.
  @available(*, noasync)
  public func residual<Element: LinearAlgebraScalar>(
    ofInverse x: SharedMatrix<Element>, of a: SharedMatrix<Element>,
    priority: WorkPriority = .normal
  ) throws -> ResidualCheck {
    try startResidual(ofInverse: x, of: a, priority: priority).result()
  }

  /// Starts measuring whether X is the pseudo-inverse of A, and returns the future of the measure: that of the
  /// solutions of least norm for the columns of the identity, which a pseudo-inverse consists of; see
  /// `startResidual(of:fitting:_:)`. It takes memory for three matrices of m × m.
  /// - Parameters:
  ///   - x: n × m, any view.
  ///   - a: m × n, any view; it is not changed.
  ///   - rank: A's, by the tolerance that X was computed with; nil is min(m, n).
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError.noLAPACK`; `KernelError.shapeMismatch` where X has not the shape of A's transpose;
  ///   `PoolError.invalidArgument` for a rank that A cannot have.
  public func startResidual<Element: LinearAlgebraScalar>(
    ofPseudoInverse x: SharedMatrix<Element>, of a: SharedMatrix<Element>, rank: Int? = nil,
    priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    guard x.rows == a.columns, x.columns == a.rows else { throw residualShapes(x, a) }
    let fitting = try startResidual(
      of: x, fitting: a, try identity(of: Element.self, order: a.rows), rank: rank,
      priority: priority)
    return try startSteps {
      let check = try await finished(fitting)
      return ResidualCheck(
        operation: "pseudoInverse", residual: check.residual, orthogonality: check.orthogonality)
    }
  }

  /// Whether X is the pseudo-inverse of A; see `startResidual(ofPseudoInverse:of:)`.
  public func residual<Element: LinearAlgebraScalar>(
    ofPseudoInverse x: SharedMatrix<Element>, of a: SharedMatrix<Element>, rank: Int? = nil,
    priority: WorkPriority = .normal
  ) async throws -> ResidualCheck {
    try await startResidual(ofPseudoInverse: x, of: a, rank: rank, priority: priority).value
  }

  /// Whether X is the pseudo-inverse of A, blocking; see `startResidual(ofPseudoInverse:of:)`.
  @available(*, noasync)
  public func residual<Element: LinearAlgebraScalar>(
    ofPseudoInverse x: SharedMatrix<Element>, of a: SharedMatrix<Element>, rank: Int? = nil,
    priority: WorkPriority = .normal
  ) throws -> ResidualCheck {
    try startResidual(ofPseudoInverse: x, of: a, rank: rank, priority: priority).result()
  }

  /// Ones on the diagonal and zeros elsewhere, for any element type.
  func identity<Element: LinearAlgebraScalar>(
    of _: Element.Type = Element.self, order: Int
  ) throws -> SharedMatrix<Element> {
    let (count, isOver) = order.multipliedReportingOverflow(by: order)
    guard !isOver else { throw ArenaError.invalidSize(bytes: .max) }
    let elements = try array(repeating: 0 as Element, count: count)
    for index in 0..<order { elements[index * (order + 1)] = 1 }
    return SharedMatrix(elements, rows: order, columns: order)
  }
}
