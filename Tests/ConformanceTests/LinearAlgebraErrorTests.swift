import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// The text of what a call throws.
private func text<Result>(
  _ call: () throws -> Result, sourceLocation: SourceLocation = #_sourceLocation
) -> String {
  do {
    _ = try call()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return ""
  } catch {
    return "\(error)"
  }
}

/// Expects a text to have all of some words.
private func expect(
  _ text: String, has words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  for word in words {
    #expect(text.contains(word), "\(word)", sourceLocation: sourceLocation)
  }
}

@Suite struct `What an error of linear algebra says` {
  private let pool = pools[1]

  /// A matrix that is positive definite.
  private func matrix(_ size: Int, columns: Int? = nil) throws -> SharedMatrix<Double> {
    try pool.matrix(rows: size, columns: columns ?? size) { row, column in
      row == column ? 4 : 1 / Double(2 + row + column)
    }
  }

  @Test func `is which matrix is not finite, and where`() throws {
    // Of 300 rows all workers factor it.
    for size in [6, 300] {
      for structure in [
        MatrixStructure.general, .positiveDefinite, .lowerTriangular, .banded(lower: 2, upper: 2),
        .positiveDefiniteBanded(width: 2), .tridiagonal,
      ] {
        let (a, b) = (try matrix(size), try matrix(size, columns: 3))
        a[4, 3] = .nan
        #expect(throws: LinearAlgebraError.notFinite(operand: .a, row: 4, column: 3)) {
          try pool.solve(a, b, structure: structure)
        }
        a[4, 3] = 0.1
        (b[5, 0], b[4, 2]) = (.infinity, .nan)
        #expect(throws: LinearAlgebraError.notFinite(operand: .b, row: 4, column: 2)) {
          try pool.solve(a, b, structure: structure)
        }
      }
      let (a, b) = (try matrix(size), try matrix(size, columns: 3))
      let factors: [any LinearSolver<Double>] = [
        try pool.lu(a), try pool.cholesky(a), try pool.qr(a), try pool.svd(a),
      ]
      b[4, 2] = -.infinity
      let error = LinearAlgebraError.notFinite(operand: .b, row: 4, column: 2)
      for factor in factors { #expect(throws: error) { try factor.solve(b) } }
      for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
        #expect(throws: error) { try pool.leastSquares(a, b, method: method) }
      }
      #expect(throws: error) { try pool.ridge(a, b, lambda: 1) }
      let vector = try pool.array(repeating: 1.0, count: size)
      vector[3] = .nan
      let found = text { try pool.solve(a, vector) }
      expect(found, has: "B has NaN or an infinity in row 3 and column 0 (counted from 0)")
      let other = try matrix(size)
      other[2, 1] = .nan
      #expect(throws: LinearAlgebraError.notFinite(operand: .b, row: 2, column: 1)) {
        try pool.symmetricEigen(a, other)
      }
      a[2, 1] = .nan
      for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
        #expect(throws: LinearAlgebraError.notFinite(operand: .a, row: 2, column: 1)) {
          try pool.leastSquares(a, b, method: method)
        }
      }
      expect(text { try pool.lu(a) }, has: "A has NaN or an infinity in row 2 and column 1")
      expect(text { try pool.ridge(a, b, lambda: 1) }, has: "A has NaN", "row 2 and column 1")
      expect(
        text { try pool.principalComponents(a) }, has: "the matrix of observations has NaN",
        "row 2 and column 1", "leave its row out")
    }
  }

  @Test func `is which shape does not fit, and what does`() throws {
    let (a, wide) = (try matrix(3), try matrix(2, columns: 3))
    let one = try pool.array(repeating: 1.0, count: 2)
    expect(text { try pool.solve(a, one) }, has: "solve: A is 3 × 3, and B has 2 rows; give it 3")
    expect(
      text { try pool.leastSquares(wide, matrix(3)) },
      has: "leastSquares: A is 2 × 3, and B has 3 rows; give it 2")
    expect(text { try pool.ridge(a, one, lambda: 1) }, has: "ridge: A is 3 × 3, and B has 2 rows")
    expect(text { try pool.lu(a).solve(one) }, has: "solve: A is 3 × 3, and B has 2 rows")
    expect(
      text { try pool.qr(a).applyingQ(to: wide) },
      has: "applyingQ: Q is 3 × 3, and C has 2 rows; give it 3")
    expect(
      text { try pool.residual(of: one, solving: a, pool.array(repeating: 1.0, count: 3)) },
      has: "residual: A is 3 × 3, and X has 2 rows; give it 3")
    expect(
      text { try pool.symmetricEigen(a, matrix(2)) },
      has: "symmetricEigen", "A is 3 × 3, and B has 2 rows")
    expect(
      text { try pool.multiply(wide, wide) }, has: "2 × 3, 2 × 3",
      "the first needs as many columns as the second has rows")
    expect(
      text { try pool.multiply(a, wide, structure: .symmetric(.lower)) }, has: "3 × 3, 2 × 3",
      "the first needs as many columns as the second has rows")
    expect(text { try pool.multiply(a, a, into: a) }, has: "shares memory with input 0")
    expect(text { try pool.multiply(matrix(3), a, into: a) }, has: "shares memory with input 1")
    expect(
      text { try pool.solve(a, a, structure: .banded(lower: 3, upper: 0)) },
      has: "3 diagonals below and 0 above", "3 × 3", "from 0 to 2")
  }

  @Test func `is what else there is for a matrix that is not square`() throws {
    let (wide, square) = (try matrix(2, columns: 3), try matrix(2))
    for (found, advice) in [
      (text { try pool.solve(wide, square) }, "`leastSquares`"),
      (text { try pool.lu(wide).solve(square) }, "`leastSquares`"),
      (text { try pool.inverse(wide) }, "`pseudoInverse`"),
      (text { try pool.determinant(wide) }, "others have none"),
      (text { try pool.logDeterminant(wide) }, "others have none"),
      (text { try pool.matrixExponential(wide) }, "others have none"),
      (text { try pool.conditionNumber(wide, norm: .one) }, "`conditionNumber` without `norm:`"),
      (text { try pool.cholesky(wide) }, "take `lu` or `qr`"),
      (text { try pool.eigen(wide) }, "take `svd`"),
      (text { try pool.eigenvalues(wide) }, "take `svd`"),
      (text { try pool.schur(wide) }, "take `svd`"),
      (text { try pool.symmetricEigen(wide) }, "take `svd`"),
      (
        text { try pool.multiply(wide, square, structure: .symmetric(.lower)) },
        "without `structure:`"
      ),
    ] {
      expect(found, has: "needs as many rows as columns, and A is 2 × 3", advice)
    }
    expect(text { try pool.symmetricEigen(square, wide) }, has: "B is 2 × 3")
    expect(text { try pool.qr(wide).solve(square) }, has: "2 × 3", "`leastSquares`")
  }

  @Test func `is what elimination has met`() throws {
    let singular = try pool.matrix(rows: 3, columns: 3) { row, column in
      Double(column == 1 ? 0 : row == column ? 2 : 1)
    }
    for call in [
      { try self.pool.solve(singular, singular).storage },
      { try self.pool.inverse(singular).storage },
      { try self.pool.lu(singular).solve(singular).storage },
      { try self.pool.solve(singular, singular, structure: .upperTriangular).storage },
    ] as [() throws -> SharedArray<Double>] {
      expect(
        text(call), has: "singular", "column 1 (counted from 0)", "`leastSquares`",
        "`pseudoInverse`")
    }
    let indefinite = try pool.matrix(rows: 3, columns: 3) { $0 != $1 ? 0.0 : $0 == 1 ? -1 : 1 }
    expect(
      text { try pool.cholesky(indefinite) }, has: "A is not positive definite",
      "2 rows and columns", "`lu`")
    let one = try pool.identityMatrix(of: Double.self, size: 3)
    let ofPair = text { try pool.symmetricEigen(one, indefinite) }
    expect(ofPair, has: "B is not positive definite", "2 rows and columns")
    #expect(!ofPair.contains("`lu`"))
    // A batch: which of its matrices.
    let batch = try pool.matrixBatch(count: 4, rows: 3, columns: 3) { index, row, column in
      index == 2 ? singular[row, column] : row == column ? -2 : 0
    }
    expect(
      text { try pool.solve(batch, batch) }, has: "matrix 2 of the batch is singular", "column 1",
      ".fillWithNaN")
    expect(
      text { try pool.solve(batch, batch, assuming: .positiveDefinite) },
      has: "matrix 0 of the batch is not positive definite", "column 0", "assuming")
  }

  @Test func `is how large a residual is, and what to do`() throws {
    let a = try matrix(5)
    let b = try pool.array([1.0, 0.3, 0.7, 0.9, 0.11])
    expect(
      text { try pool.solve(a, b, checkingResidual: 0) }, has: "result of solve", "less than 0.0",
      "solve with `qr`")
    expect(
      text { try pool.leastSquares(a, b, checkingResidual: 0) }, has: "result of leastSquares",
      "`tolerance`")
    let lu = text { try pool.lu(a).residual(of: a).check(limit: 0) }
    expect(lu, has: "result of lu", "when it was decomposed")
    #expect(!lu.contains("qr"))
    let batch = SharedMatrixBatch(repeating: a, count: 3)
    expect(
      text { try pool.solve(batch, batch, checkingResidual: 1e-30) },
      has: "matrix 0 of the batch", "less than 1e-30")
  }

  @Test func `of more rows or columns than LAPACK can count is said`() throws {
    let count = 3_000_000_000
    let wide = try pool.matrix(repeating: 0.0, rows: 0, columns: 1)
    let none = SharedMatrix(wide.storage, rows: 0, columns: count)
    let sides = try pool.matrix(repeating: 0.0, rows: 0, columns: 1)
    for message in [
      text { try pool.svd(none) }, text { try pool.qr(none) }, text { try pool.lu(none) },
      text { try pool.leastSquares(none, sides) },
    ] {
      expect(message, has: "0 × 3000000000", "exceeds the 2147483647")
    }
  }

  @Test func `is what to install`() {
    expect("\(LinearAlgebraError.noBLAS)", has: "needs a BLAS", "apt-get install libopenblas0")
    expect(
      "\(LinearAlgebraError.noLAPACK)", has: "needs LAPACK", "apt-get install libopenblas0",
      "`SharedMatrixBatch`")
  }
}
