/// Which of the matrices that a call takes.
public enum MatrixOperand: String, Sendable, Hashable, Codable, CustomStringConvertible {
  /// A: the first one, or the only one.
  case a = "A"
  /// B: the right sides, or the second one of a pair.
  case b = "B"
  /// What `principalComponents` and its results take.
  case observations = "the matrix of observations"

  /// What it is called in an error.
  public var description: String { rawValue }
}

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
  case notSquare(operation: String, operand: MatrixOperand = .a, rows: Int, columns: Int)
  /// An operation that needs at least as many rows as columns was given fewer.
  case tooFewRows(operation: String, rows: Int, columns: Int)
  /// A band has more diagonals than a matrix, or a negative number.
  case invalidBand(lower: Int, upper: Int, size: Int)
  /// What stands beside a matrix, as the right sides of a system do, does not have as many rows as the matrix.
  case rightSideMismatch(
    operation: String = "solve", rows: Int, columns: Int, rightSideRows: Int)
  /// A matrix is exactly singular: this column's pivot, or diagonal element, is 0.
  case singular(column: Int)
  /// A matrix is exactly singular: this eigenvalue, in the order in which they were found, from 0, is 0.
  case zeroEigenvalue(index: Int)
  /// A matrix is exactly singular: this singular value, in descending order from 0, is 0.
  case zeroSingularValue(index: Int)
  /// The eigenvectors of a matrix depend on one another, to the last bit: this one, from 0, on those before it. Such a
  /// matrix is defective, or too near to one, and its eigenvectors solve and reconstruct nothing.
  case dependentEigenvectors(index: Int)
  /// A matrix is not positive definite: elimination stopped at this column.
  case notPositiveDefinite(operand: MatrixOperand = .a, column: Int)
  /// An iteration did not converge; how many values it did not find.
  case noConvergence(operation: String, remaining: Int)
  /// A matrix has an element that is NaN or infinite, here for the first time in row-major order. Rows and columns
  /// count from 0; a vector is a column.
  case notFinite(operand: MatrixOperand = .a, row: Int, column: Int)
  /// A result is further from what it should be than rounding explains: by LAPACK's own measure, 30 and more; see
  /// `ResidualCheck`.
  case largeResidual(operation: String, ratio: Double, limit: Double)
  /// No memory for the work of an operation.
  case outOfMemory(operation: String)
  /// Something on the way to a result exceeds the range of the element type, though all elements are finite.
  case outOfRange(operation: String)
  /// The work memory of an operation has more elements than LAPACK's integers count.
  case workTooLarge(operation: String)
  /// A matrix of a batch has no inverse: among what elimination leaves of a column there is nothing but zeros.
  case singularInBatch(index: Int, column: Int)
  /// A matrix of a batch that was said to be positive definite is not: what elimination leaves on its diagonal in a
  /// column is not above 0.
  case notPositiveDefiniteInBatch(index: Int, column: Int)
  /// A matrix of a batch has an element that is NaN or infinite: the first matrix that has one, and there the first in
  /// row-major order, all counted from 0.
  case notFiniteInBatch(index: Int, operand: MatrixOperand, row: Int, column: Int)
  /// An iteration did not converge for a matrix of a batch; how many values it did not find there.
  case noConvergenceInBatch(index: Int, operation: String, remaining: Int)
  /// A solution, or an inverse, of a batch is further from what it should be than rounding explains; see
  /// `largeResidual`.
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
      "dense linear algebra needs a BLAS, and none is installed; install libopenblas0, or libblas3, which is slow "
        + "(apt-get install libopenblas0)"
    case .noLAPACK:
      "this needs LAPACK 3.9 or newer, and none is installed; install libopenblas0, or liblapack3, which is slow "
        + "(apt-get install libopenblas0); of Double and Float, products of two matrices without a structure, and a "
        + "`SharedMatrixBatch`, need none"
    case .notSquare(let operation, let operand, let rows, let columns):
      "\(operation) needs as many rows as columns, and \(operand) is \(rows) × \(columns); "
        + adviceForNotSquare(operation)
    case .tooFewRows(let operation, let rows, let columns):
      "\(operation) of a \(rows) × \(columns) matrix: it has many solutions, and this needs at least as "
        + "many rows as columns; take `leastSquares` for the shortest one"
    case .invalidBand(let lower, let upper, let size):
      "a band of \(lower) diagonals below and \(upper) above the middle one, of a \(size) × \(size) "
        + "matrix; give each a number from 0 to \(max(0, size - 1))"
    case .rightSideMismatch(let operation, let rows, let columns, let rightSideRows):
      // What stands where A and B do elsewhere.
      switch operation {
      case "applyingQ":
        "applyingQ: Q is \(rows) × \(rows), and C has \(rightSideRows) rows; give it \(rows)"
      case "residual of X":
        "residual: A is \(rows) × \(columns), and X has \(rightSideRows) rows; give it \(columns), one for each column of A"
      default:
        "\(operation): A is \(rows) × \(columns), and B has \(rightSideRows) rows; give it \(rows), one for each row of A"
      }
    case .singular(let column):
      "the matrix is singular: elimination leaves 0 on the diagonal in column \(column) (counted from 0); look for rows "
        + "or columns that depend on others, or take `leastSquares` for a system, `pseudoInverse` for an inverse"
    case .zeroEigenvalue(let index):
      "the matrix is singular: eigenvalue \(index) (counted from 0) is 0; take `leastSquares` for a system, "
        + "`pseudoInverse` for an inverse"
    case .zeroSingularValue(let index):
      "the matrix is singular: singular value \(index) (counted from 0) is 0; take `pseudoInverse`, for a system `solve`, "
        + "which finds the shortest solution"
    case .dependentEigenvectors(let index):
      "eigenvector \(index) (counted from 0) depends on those before it: the matrix is defective, or nearly so; take `lu` or "
        + "`schur`, which need no eigenvectors"
    case .notPositiveDefinite(let operand, let column):
      "\(operand) is not positive definite: the leading block of \(column + 1) rows and columns is not, the ones before "
        + "it are; check that it is symmetric, and that the triangle is set that is read"
        + (operand == .b ? "" : ", or take `lu`, or `solve` without that `structure:`")
    case .noConvergence(let operation, let remaining):
      "\(operation) did not converge: \(remaining) values were not found; scale the matrix, and look "
        + "for elements of very different sizes"
    case .notFinite(let operand, let row, let column):
      "\(operand) has NaN or an infinity in row \(row) and column \(column) (counted from 0), there for the first time in "
        + "row-major order; replace it, or leave its row out where rows are observations"
    case .largeResidual(let operation, let ratio, let limit):
      "the result of \(operation) leaves a residual of \(ratio) times what rounding may do, and less than \(limit) is "
        + "wanted; " + adviceForLargeResidual(operation)
    case .outOfMemory(let operation):
      "no memory for the work of \(operation); give the worker more, or a smaller matrix"
    case .outOfRange(let operation):
      "\(name(of: operation)) of such large numbers exceeds the range of the element type; divide all elements by a power of 2, "
        + "and multiply the results"
    case .workTooLarge(let operation):
      "the work memory of \(operation) would have more elements than the 2147483647 that LAPACK can count; "
        + adviceForLargeWork(operation)
    case .singularInBatch(let index, let column):
      "matrix \(index) of the batch is singular: elimination finds no pivot in column \(column), both counted "
        + "from 0; leave it out, or take `singular: .fillWithNaN`, which marks its result"
    case .notPositiveDefiniteInBatch(let index, let column):
      "matrix \(index) of the batch is not positive definite, as column \(column) shows, both counted "
        + "from 0; leave it out, take `singular: .fillWithNaN`, which marks its result, or solve without "
        + "`assuming: .positiveDefinite`"
    case .notFiniteInBatch(let index, let operand, let row, let column):
      "\(operand) has NaN or an infinity in matrix \(index) of the batch, in row \(row) and column \(column) (all counted "
        + "from 0), there for the first time; replace it, leave the matrix out, or let it pass with "
        + "`checkingFinite: false`, which spoils that matrix's result and no other"
    case .noConvergenceInBatch(let index, let operation, let remaining):
      "\(operation) did not converge for matrix \(index) of the batch (counted from 0): \(remaining) values were not found; "
        + "scale that matrix, and look there for elements of very different sizes, or leave it out"
    case .largeResidualInBatch(let index, let ratio, let limit):
      "the result of matrix \(index) of the batch (counted from 0) leaves a residual of \(ratio) times what "
        + "rounding may do, and less than \(limit) is wanted; look there for NaN and overflow, or solve it with `qr`"
    }
  }
}

/// That of an operation, which may have its routine's behind it.
private func name(of operation: String) -> Substring { operation.prefix { $0 != " " } }

/// What else there is for a matrix that is not square.
private func adviceForNotSquare(_ operation: String) -> String {
  switch name(of: operation) {
  case "solve": "take `leastSquares`, or `qr` where there are more rows than columns"
  case "inverse": "take `pseudoInverse`"
  case "conditionNumber", "reciprocalCondition": "take `conditionNumber` without `norm:`"
  case "determinant", "logDeterminant", "matrixExponential": "others have none"
  case "cholesky": "take `lu` or `qr`"
  case "eigen", "eigenvalues", "schur", "symmetricEigen", "symmetricEigenvalues": "take `svd`"
  case "multiply": "multiply without `structure:`"
  default: "check that it is the matrix that is meant"
  }
}

/// What takes less work memory.
private func adviceForLargeWork(_ operation: String) -> String {
  switch name(of: operation) {
  case "svd": "take `singularValues`, or fewer of the rows or columns"
  case "symmetricEigen": "take `symmetricEigenvalues`, or fewer rows and columns"
  case "leastSquares": "give it fewer right sides at a time, or take `qr`"
  default: "give it a smaller matrix"
  }
}

/// What to do about a result that is too far from what it should be.
private func adviceForLargeResidual(_ operation: String) -> String {
  switch operation {
  case "solve":
    "look for NaN and overflow, and that A and B are as they were; if they are, solve with `qr`"
  case "leastSquares":
    "look for NaN and overflow, and that A and B are as they were; if they are, take a smaller `tolerance` or "
      + "`method: .singularValues`"
  case "ridge": "look for NaN and overflow, and that A and B are as they were"
  case "inverse":
    "look for NaN and overflow, and that the matrix is as it was; if it is, invert it by `qr`, or solve systems with it"
  case "pseudoInverse":
    "look for NaN and overflow, and that the matrix is as it was; if it is, take a smaller `tolerance`"
  case "principalComponents":
    "look for NaN and overflow, and that the observations are those whose components they are"
  default: "look for NaN and overflow, and that the matrix is as it was when it was decomposed"
  }
}
