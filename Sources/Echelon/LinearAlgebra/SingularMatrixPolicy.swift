/// What becomes of a batch in which a matrix has no inverse.
public enum SingularMatrixPolicy: Sendable, Hashable {
  /// It fails when all are done, and the error names the first.
  case fail
  /// Its results are NaN, and the batch does not fail.
  case fillWithNaN
}
