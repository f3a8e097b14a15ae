/// What is known of the matrices of systems of equations before they are looked at.
public enum MatrixAssumption: Sendable, Hashable {
  /// Nothing: pivots are chosen.
  case general
  /// Symmetric, or Hermitian, with positive eigenvalues. As for `MatrixStructure.positiveDefinite`, the diagonal and what
  /// lies below it is read, and nothing right of it.
  case positiveDefinite
}
