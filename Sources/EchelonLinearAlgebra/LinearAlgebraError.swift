/// Why a linear algebra operation could not be done.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// The shapes of a product do not fit together.
  case shapeMismatch(left: MatrixView, right: MatrixView, result: MatrixView)
  /// A view reaches past the end of its span.
  case outOfBounds(view: MatrixView, count: Int)
  /// Two elements of a result share an address.
  case overlappingElements(view: MatrixView)
  /// A dimension or stride exceeds what the BLAS interface can count.
  case tooLarge(view: MatrixView)
  /// No BLAS is installed.
  case noBLAS

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .shapeMismatch(let left, let right, let result):
      "cannot multiply \(left.shape) by \(right.shape) into \(result.shape); "
        + "the inner dimensions and the result's shape must match"
    case .outOfBounds(let view, let count):
      "a \(view.shape) view with strides \(view.strides) needs \(view.extent) elements, "
        + "the memory has \(count); check the strides"
    case .overlappingElements(let view):
      "a \(view.shape) result with strides \(view.strides) has elements that share an address; "
        + "write into a dense matrix"
    case .tooLarge(let view):
      "a \(view.shape) matrix with strides \(view.strides) exceeds the 2147483647 that BLAS can "
        + "count; split it into blocks"
    case .noBLAS:
      "matrix products need a BLAS, and none is installed; install libblas3, or libopenblas0 for speed "
        + "(apt-get install libopenblas0)"
    }
  }
}
