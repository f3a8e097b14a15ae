/// What is known of the matrices of systems of equations before they are looked at.
public enum MatrixAssumption: Sendable, Hashable {
  /// Nothing: pivots are chosen.
  case general
  /// Symmetric, with positive eigenvalues. What lies right of the diagonal is read, and nothing below it.
  case positiveDefinite
}
