public import EchelonLinearAlgebra

/// Whether a matrix, its transpose or its adjoint stands in an equation or a product.
public typealias MatrixForm = LAPACK.Form
/// Which norm a condition number is of.
public typealias ConditionNorm = LAPACK.ConditionNorm
/// Which triangle of a matrix counts.
public typealias MatrixTriangle = LAPACK.Triangle

/// What is known of the matrix of a system. What the structure does not take in is not read, and taken for what it says.
public enum MatrixStructure: Sendable, Hashable, Codable {
  /// Nothing: LU with partial pivoting.
  case general
  /// Symmetric, or Hermitian, and positive definite: Cholesky, from the diagonal and what is below.
  case positiveDefinite
  /// Zeros above the diagonal.
  case lowerTriangular
  /// Zeros below the diagonal.
  case upperTriangular
  /// Zeros but for so many diagonals below and above the middle one: LU with partial pivoting in the band.
  case banded(lower: Int, upper: Int)
  /// Positive definite, with zeros but for so many diagonals below and above the middle one: Cholesky in the band, from
  /// the diagonal and what is below.
  case positiveDefiniteBanded(width: Int)
  /// Zeros but for the diagonal and its two neighbours: Gaussian elimination with partial pivoting.
  case tridiagonal

  /// - Throws: `LinearAlgebraError.invalidBand`.
  func check(size: Int) throws(LinearAlgebraError) {
    let (lower, upper) = band
    let limits = 0...max(0, size - 1)
    guard limits ~= lower, limits ~= upper else {
      throw .invalidBand(lower: lower, upper: upper, size: size)
    }
  }

  /// Diagonals besides the middle one, of the structures in which their number is the caller's.
  private var band: (lower: Int, upper: Int) {
    switch self {
    case .banded(let lower, let upper): (lower, upper)
    case .positiveDefiniteBanded(let width): (width, width)
    default: (0, 0)
    }
  }
}

/// - Throws: `LinearAlgebraError.notSquare`.
func checkSquare<Element>(
  _ matrix: SharedMatrix<Element>, _ operation: String, _ operand: MatrixOperand = .a
) throws(LinearAlgebraError) {
  guard matrix.rows == matrix.columns else {
    throw .notSquare(
      operation: operation, operand: operand, rows: matrix.rows, columns: matrix.columns)
  }
}

/// - Throws: `LinearAlgebraError.rightSideMismatch`.
func checkRightSides(
  _ rightSideRows: Int, of system: (rows: Int, columns: Int), _ operation: String
) throws(LinearAlgebraError) {
  guard rightSideRows == system.rows else {
    throw .rightSideMismatch(
      operation: operation, rows: system.rows, columns: system.columns,
      rightSideRows: rightSideRows)
  }
}

extension WorkExecutor {
  /// A triangle of a column-major matrix as a new one, copied here: it takes no longer than reading it.
  func triangle<Element: LinearAlgebraScalar>(
    _ triangle: MatrixTriangle, hasUnitDiagonal: Bool = false, of matrix: SharedMatrix<Element>,
    rows: Int, columns: Int
  ) throws -> SharedMatrix<Element> {
    let result = try columnMajorMatrix(of: Element.self, rows: rows, columns: columns)
    matrix.storage.withSpan { from in
      result.storage.withMutableSpan { to in
        copyTriangle(
          triangle, hasUnitDiagonal: hasUnitDiagonal, from, MatrixBytes(matrix).columnMajor,
          into: &to, MatrixBytes(result).columnMajor)
      }
    }
    return result
  }
}
