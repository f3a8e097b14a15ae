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
  /// A BLAS is installed, and no LAPACK.
  case noLAPACK
  /// An operation that needs as many rows as columns was given others.
  case notSquare(operation: String, rows: Int, columns: Int)
  /// An operation that needs at least as many rows as columns was given fewer.
  case tooFewRows(operation: String, rows: Int, columns: Int)
  /// A band has more diagonals than a matrix, or a negative number.
  case invalidBand(lower: Int, upper: Int, size: Int)
  /// The right sides of a system do not have as many rows as its matrix.
  case rightSideMismatch(rows: Int, columns: Int, rightSideRows: Int)
  /// A matrix is exactly singular: this column's pivot, or diagonal element, is 0.
  case singular(column: Int)
  /// A matrix is not positive definite: elimination stopped at this column.
  case notPositiveDefinite(column: Int)
  /// An iteration did not converge; how many values it did not find.
  case noConvergence(operation: String, remaining: Int)
  /// A matrix has an element that is NaN or infinite, here for the first time in row-major order.
  case notFinite(row: Int, column: Int)
  /// A result is further from what it should be than rounding explains: by LAPACK's own measure, 30 and more; see
  /// `ResidualCheck`.
  case largeResidual(operation: String, ratio: Double, limit: Double)
  /// No memory for the work of an operation.
  case outOfMemory(operation: String)
  /// A matrix of a batch has no inverse: among what elimination leaves of a column there is nothing but zeros.
  case singularInBatch(index: Int, column: Int)
  /// A matrix of a batch that was said to be positive definite is not: what elimination leaves on its diagonal in a
  /// column is not above 0.
  case notPositiveDefiniteInBatch(index: Int, column: Int)
  /// A solution of a batch is further from what it should be than rounding explains; see `largeResidual`.
  case largeResidualInBatch(index: Int, ratio: Double, limit: Double)

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
    case .noLAPACK:
      "linear systems and decompositions need LAPACK, and none is installed; install liblapack3, or "
        + "libopenblas0 for speed (apt-get install libopenblas0)"
    case .notSquare(let operation, let rows, let columns):
      "\(operation) of a \(rows) × \(columns) matrix: it needs as many rows as columns; "
        + "for systems with others, take `qr` or `leastSquares`"
    case .tooFewRows(let operation, let rows, let columns):
      "\(operation) of a \(rows) × \(columns) matrix: it has many solutions, and this needs at least as "
        + "many rows as columns; take `leastSquares` for the shortest one"
    case .invalidBand(let lower, let upper, let size):
      "a band of \(lower) diagonals below and \(upper) above the middle one, of a \(size) × \(size) "
        + "matrix; give each a number from 0 to \(max(0, size - 1))"
    case .rightSideMismatch(let rows, let columns, let rightSideRows):
      "a \(rows) × \(columns) system has right sides of \(rightSideRows) rows; give them \(rows)"
    case .singular(let column):
      "the matrix is singular: the pivot in column \(column) (counted from 0) is exactly 0; look for "
        + "rows or columns that depend on others, or take `qr` with column pivoting or `leastSquares`"
    case .notPositiveDefinite(let column):
      "the matrix is not positive definite: the leading block of \(column + 1) rows and columns is not, "
        + "the ones before it are; check that it is symmetric and whole, or take `lu`"
    case .noConvergence(let operation, let remaining):
      "\(operation) did not converge: \(remaining) values were not found; scale the matrix, and look "
        + "for elements of very different sizes"
    case .notFinite(let row, let column):
      "the element in row \(row) and column \(column) (counted from 0) is NaN or infinite, as the first in "
        + "row-major order; replace it, or leave its row out"
    case .largeResidual(let operation, let ratio, let limit):
      "the result of \(operation) leaves a residual of \(ratio) times what rounding may do, and less than \(limit) is "
        + "wanted; solve with `qr`, or look for NaN, overflow and a matrix that was changed meanwhile"
    case .outOfMemory(let operation):
      "no memory for the work of \(operation); give the worker more, or a smaller matrix"
    case .singularInBatch(let index, let column):
      "matrix \(index) of the batch is singular: elimination finds no pivot in column \(column); leave it out, "
        + "or solve with `singular: .fillWithNaN`"
    case .notPositiveDefiniteInBatch(let index, let column):
      "matrix \(index) of the batch is not positive definite, as column \(column) shows; solve without "
        + "`assuming: .positiveDefinite`"
    case .largeResidualInBatch(let index, let ratio, let limit):
      "the solution of matrix \(index) of the batch leaves a residual of \(ratio) times what rounding may do, and less "
        + "than \(limit) is wanted; look there for NaN and overflow, or solve it by itself with `qr`"
    }
  }
}
