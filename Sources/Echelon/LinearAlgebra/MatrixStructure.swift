public import EchelonLinearAlgebra

/// Whether a matrix, its transpose or its adjoint stands in an equation or a product.
public typealias MatrixForm = LAPACK.Form
/// Which norm a condition number is of.
public typealias ConditionNorm = LAPACK.ConditionNorm
/// Which triangle of a matrix counts.
public typealias MatrixTriangle = LAPACK.Triangle

/// - Throws: `LinearAlgebraError.rightSideMismatch`.
func checkRightSides(
  _ rightSideRows: Int, of system: (rows: Int, columns: Int)
) throws(LinearAlgebraError) {
  guard rightSideRows == system.rows else {
    throw .rightSideMismatch(
      rows: system.rows, columns: system.columns, rightSideRows: rightSideRows)
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
