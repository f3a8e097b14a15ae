import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `An LU factorization` {
  @Test(arguments: TestedExecutor.allCases)
  func `multiplied out is the matrix`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      try forEachMatrix(of: type, seed: seed, on: kind.shared) { a, shared in
        let lu = try kind.shared.lu(shared)
        let product = Reference(try lu.reconstruct())
        #expect(ratio(product - a, to: a.norm, count: a.rows) < 30, "n = \(a.rows)")
        let order = lu.permutation
        let rows = Reference<Element>(rows: a.rows, columns: a.rows) { a[order[$0], $1] }
        let (lower, upper) = (Reference(try lu.lower), Reference(try lu.upper))
        #expect(ratio(lower * upper - rows, to: a.norm, count: a.rows) < 30, "n = \(a.rows)")
        let areTriangles = (0..<a.rows).allSatisfy { i in
          lower[i, i] == 1 && (0..<i).allSatisfy { upper[i, $0] == 0 && lower[$0, i] == 0 }
        }
        #expect(areTriangles, "n = \(a.rows)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `solves systems, transposed and adjoint ones`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      try forEachMatrix(of: type, seed: seed, on: kind.shared) { a, shared in
        let lu = try kind.shared.lu(shared)
        let b = Reference<Element>(rows: a.rows, columns: 3, seed: seed)
        for (form, matrix) in [
          (MatrixForm.plain, a), (.transposed, a.transposed), (.adjoint, a.adjoint),
        ] {
          let x = Reference(try lu.solve(try b.shared(on: kind.shared, .gaps), form))
          let scale = matrix.norm * x.norm
          #expect(ratio(matrix * x - b, to: scale, count: a.rows) < 30, "n = \(a.rows), \(form)")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of more rows than columns, or fewer, multiplies out`(_ kind: TestedExecutor) throws {
    let seed = testSeed()
    for (rows, columns) in [(0, 3), (3, 0), (1, 7), (7, 1), (40, 13), (13, 40)] {
      let a = Reference<Double>(rows: rows, columns: columns, seed: seed)
      let lu = try kind.shared.lu(try a.shared(on: kind.shared))
      #expect(ratio(Reference(try lu.reconstruct()) - a, to: a.norm, count: rows) < 30)
      #expect(
        throws: LinearAlgebraError.notSquare(
          operation: "determinant", rows: rows, columns: columns)
      ) { try lu.determinant }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `inverts, and says how well`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      try forEachMatrix(of: type, seed: testSeed(), on: kind.shared) { a, shared in
        let lu = try kind.shared.lu(shared)
        let inverse = Reference(try lu.inverse())
        let unit = Reference<Element>(rows: a.rows, columns: a.rows) { $0 == $1 ? 1 : 0 }
        let scale = a.norm * inverse.norm
        #expect(ratio(a * inverse - unit, to: scale, count: a.rows) < 30, "n = \(a.rows)")
        // LAPACK's estimate is never too small, but for rounding, and seldom far too large.
        let condition = try lu.reciprocalCondition()
        if a.rows > 0 {
          #expect(condition * scale > 0.99 && condition * scale < 10, "n = \(a.rows)")
        } else {
          #expect(condition == 1)
        }
        let columnsAsRows = try lu.reciprocalCondition(.infinity)
        if a.rows > 0 {
          let rows = a.transposed.norm * inverse.transposed.norm
          #expect(columnsAsRows * rows > 0.99 && columnsAsRows * rows < 10, "n = \(a.rows)")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `gives determinants, also those that are no numbers`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let small = try pool.array([2.0, 1, 1, 4, 3, 3, 8, 7, 9]).reshaped(rows: 3, columns: 3)
    let lu = try pool.lu(small)
    #expect(abs(try lu.determinant - 4) < 1e-14)
    #expect(try lu.logDeterminant.sign == 1)
    #expect(abs(try lu.logDeterminant.logMagnitude - 1.3862943611198906) < 1e-14)
    let exchanged = try pool.lu(try pool.matrix(rows: 2, columns: 2) { $0 == $1 ? 0.0 : 1 })
    #expect(try exchanged.determinant == -1)
    #expect(try exchanged.logDeterminant == pool.lu(exchanged.reconstruct()).logDeterminant)
    // 1e-300 and 1e300 a hundred times each, in an order in which naive products overflow.
    let scaled = try pool.lu(
      try pool.matrix(rows: 200, columns: 200) { $0 == $1 ? ($0 < 100 ? 1e-300 : 1e300) : 0.0 })
    #expect(abs(try scaled.determinant - 1) < 1e-12)
    let large = try pool.lu(try pool.matrix(rows: 200, columns: 200) { $0 == $1 ? 1e300 : 0.0 })
    #expect(try large.determinant == .infinity)
    #expect(abs(try large.logDeterminant.logMagnitude - 138155.10557964274) < 1e-6)
    #expect(try pool.lu(try pool.matrix(repeating: 0.0, rows: 0, columns: 0)).determinant == 1)
    // The inverse of 49 is rounded, and 49 times that is not 1.
    let rounded = try pool.matrix(rows: 31, columns: 31) { $0 == $1 ? ($0 < 3 ? -49.0 : 49) : 0 }
    #expect(try pool.lu(rounded).logDeterminant.sign == -1)
    let i = try pool.matrix(rows: 1, columns: 1) { _, _ in ComplexElement<Double>(0, 2) }
    #expect(try pool.lu(i).logDeterminant.sign == ComplexElement(0, 1))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of a singular matrix says in which column`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    // Column 2 is the sum of the ones before it, exactly.
    let a = try pool.array([1.0, 2, 3, 0, 4, 5, 9, 1, 2, 2, 4, 1, 8, 0, 8, 5]).reshaped(
      rows: 4, columns: 4)
    let lu = try pool.lu(a)
    #expect(lu.singularColumn == 2)
    let b = try pool.matrix(repeating: 1.0, rows: 4, columns: 1)
    #expect(throws: LinearAlgebraError.singular(column: 2)) { try lu.solve(b) }
    #expect(throws: LinearAlgebraError.singular(column: 2)) { try lu.inverse() }
    #expect(throws: LinearAlgebraError.singular(column: 2)) { try pool.solve(a, b) }
    #expect(try lu.determinant == 0)
    #expect(try lu.logDeterminant.logMagnitude == -.infinity)
    #expect(try lu.reciprocalCondition() == 0)
    #expect(ratio(Reference(try lu.reconstruct()) - Reference(a), to: 10, count: 4) < 30)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of a matrix with NaN or infinity says where the first is`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ bad: Element) throws {
      for layout in TestedLayout.allCases {
        var a = Reference<Element>(rows: 70, columns: 70, seed: 5)
        a[41, 3] = bad
        a[17, 60] = bad
        let shared = try a.shared(on: kind.shared, layout)
        #expect(throws: LinearAlgebraError.notFinite(row: 17, column: 60)) {
          try kind.shared.lu(shared)
        }
      }
    }
    try check(Double.nan)
    try check(-Float.infinity)
    try check(ComplexElement<Double>(0, .nan))
    try check(ComplexElement<Float>(.infinity, 0))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses what does not fit`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let wide = try pool.matrix(repeating: 1.0, rows: 2, columns: 3)
    let square = try pool.identityMatrix(of: Double.self, size: 2)
    #expect(throws: LinearAlgebraError.notSquare(operation: "solve", rows: 2, columns: 3)) {
      try pool.solve(wide, square)
    }
    #expect(
      throws: LinearAlgebraError.rightSideMismatch(rows: 2, columns: 2, rightSideRows: 3)
    ) { try pool.solve(square, wide.transposed) }
  }
}

@Suite struct `Solving a system` {
  @Test(arguments: TestedExecutor.allCases)
  func `of all element types and layouts leaves small residuals`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      try forEachMatrix(of: type, seed: seed, on: kind.shared) { a, shared in
        let b = Reference<Element>(rows: a.rows, columns: 4, seed: seed)
        let x = Reference(try kind.shared.solve(shared, try b.shared(on: kind.shared, .columns)))
        #expect(ratio(a * x - b, to: a.norm * x.norm, count: a.rows) < 30, "n = \(a.rows)")
        let column = try kind.shared.array(b.transposed.elements.prefix(a.rows))
        let vector = Array(try kind.shared.solve(shared, column))
        let one = Reference<Element>(rows: a.rows, columns: 1) { row, _ in vector[row] }
        let right = Reference<Element>(rows: a.rows, columns: 1) { row, _ in b[row, 0] }
        #expect(ratio(a * one - right, to: a.norm * one.norm, count: a.rows) < 30)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `is there for async functions`() async throws {
    let pool = TestedExecutor.spawn.shared
    let a = try pool.identityMatrix(of: Double.self, size: 3)
    let x = try await pool.solve(a, try pool.array([1.0, 2, 3]))
    #expect(Array(x) == [1, 2, 3])
    let lu = try await pool.lu(a)
    #expect(Reference(try await lu.inverse()) == Reference(a))
    #expect(Array(try await lu.solve(x)) == [1, 2, 3])
  }
}
