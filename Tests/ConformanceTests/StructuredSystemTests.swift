import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `A system of known structure` {
  /// The elements that a structure takes in, and NaN for the others: they are not read.
  private func masked<Element: TestedScalar>(
    _ a: Reference<Element>, _ isKept: (Int, Int) -> Bool
  ) -> (given: Reference<Element>, meant: Reference<Element>) {
    let none = Element(real: .nan)
    return (
      Reference(rows: a.rows, columns: a.columns) { isKept($0, $1) ? a[$0, $1] : none },
      Reference(rows: a.rows, columns: a.columns) { isKept($0, $1) ? a[$0, $1] : 0 }
    )
  }

  private func check<Element: TestedScalar>(
    _ given: Reference<Element>, _ meant: Reference<Element>, _ structure: MatrixStructure,
    on executor: any WorkExecutor, seed: UInt64
  ) throws {
    let b = Reference<Element>(rows: meant.rows, columns: 3, seed: seed)
    for layout in TestedLayout.allCases {
      let a = try given.shared(on: executor, layout)
      let x = Reference(
        try executor.solve(a, try b.shared(on: executor, layout), structure: structure))
      #expect(
        ratio(meant * x - b, to: meant.norm * x.norm, count: meant.rows) < 30,
        "n = \(meant.rows), \(structure), \(layout), \(Element.self)")
    }
  }

  private func checkAll<Element: TestedScalar>(
    _ type: Element.Type, on executor: any WorkExecutor
  ) throws {
    let seed = testSeed()
    for size in [0, 1, 2, 3, 5, 10, 50] {
      var a = Reference<Element>(rows: size, columns: size, seed: seed)
      for index in 0..<size { a[index, index] = a[index, index] + Element(real: 4) }
      let upper = masked(a) { $0 <= $1 }
      try check(upper.given, upper.meant, .upperTriangular, on: executor, seed: seed)
      let lower = masked(a) { $0 >= $1 }
      try check(lower.given, lower.meant, .lowerTriangular, on: executor, seed: seed)
      for (below, above) in [(0, 0), (1, 1), (2, 0), (1, 4)] where max(below, above) < size {
        let band = masked(a) { $0 - $1 <= below && $1 - $0 <= above }
        try check(
          band.given, band.meant, .banded(lower: below, upper: above), on: executor, seed: seed)
        if (below, above) == (1, 1) {
          try check(band.given, band.meant, .tridiagonal, on: executor, seed: seed)
        }
      }
      if size == 1 { try check(a, a, .tridiagonal, on: executor, seed: seed) }
      let full = a * a.adjoint
      let whole = masked(full) { $0 >= $1 }
      try check(whole.given, full, .positiveDefinite, on: executor, seed: seed)
      // Strong on the diagonal, so that it is positive definite.
      for width in [0, 2] where width < size {
        let symmetric = Reference<Element>(rows: size, columns: size) { i, j in
          i == j ? Element(real: 8) : abs(i - j) > width ? 0 : i > j ? a[i, j] : a[j, i].conjugate
        }
        let half = masked(symmetric) { $0 >= $1 && $0 - $1 <= width }
        try check(
          half.given, symmetric, .positiveDefiniteBanded(width: width), on: executor, seed: seed)
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is solved without a look at what the structure leaves out`(_ kind: TestedExecutor) throws {
    try checkAll(Double.self, on: kind.shared)
    try checkAll(Float.self, on: kind.shared)
    try checkAll(ComplexElement<Double>.self, on: kind.shared)
    try checkAll(ComplexElement<Float>.self, on: kind.shared)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `that cannot be solved says where`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let a = try pool.matrix(rows: 4, columns: 4) { $0 == $1 && $0 != 2 ? 1.0 : 0 }
    let b = try pool.array(repeating: 1.0, count: 4)
    let all: [MatrixStructure] = [
      .general, .upperTriangular, .lowerTriangular, .banded(lower: 1, upper: 1), .tridiagonal,
    ]
    for structure in all {
      #expect(throws: LinearAlgebraError.singular(column: 2), "\(structure)") {
        try pool.solve(a, b, structure: structure)
      }
    }
    for structure in [MatrixStructure.positiveDefinite, .positiveDefiniteBanded(width: 1)] {
      #expect(throws: LinearAlgebraError.notPositiveDefinite(column: 2), "\(structure)") {
        try pool.solve(a, b, structure: structure)
      }
    }
    #expect(throws: LinearAlgebraError.invalidBand(lower: 4, upper: 0, size: 4)) {
      try pool.solve(a, b, structure: .banded(lower: 4, upper: 0))
    }
    a[2, 1] = .nan
    a[3, 2] = .nan
    #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1)) {
      try pool.solve(a, b, structure: .banded(lower: 1, upper: 0))
    }
  }
}

@Suite struct `Numbers of a matrix` {
  @Test(arguments: TestedExecutor.allCases)
  func `are those of its factors`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let a = Reference<ComplexElement<Double>>(rows: 30, columns: 30, seed: testSeed())
    let shared = try a.shared(on: pool, .gaps)
    let lu = try pool.lu(shared)
    #expect(try pool.determinant(shared) == lu.determinant)
    #expect(try pool.logDeterminant(shared) == lu.logDeterminant)
    #expect(try pool.conditionNumber(shared, norm: .one) == 1 / lu.reciprocalCondition())
    #expect(
      try pool.conditionNumber(shared, norm: .infinity) == 1 / lu.reciprocalCondition(.infinity))
    #expect(Reference(try pool.inverse(shared)) == Reference(try lu.inverse()))
    let zero = try pool.matrix(repeating: 0.0, rows: 2, columns: 2)
    #expect(try pool.conditionNumber(zero, norm: .one) == .infinity)
    #expect(throws: LinearAlgebraError.singular(column: 0)) { try pool.inverse(zero) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are its norms`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    func norms<Element: TestedScalar>(_ matrix: SharedMatrix<Element>) throws -> [Double] {
      try [MatrixNorm.one, .infinity, .frobenius, .maximum].map { try pool.matrixNorm(matrix, $0) }
    }
    let a = Reference<Double>(rows: 2, columns: 3) { [[3.0, -4, 0], [0, 0, 12]][$0][$1] }
    for layout in TestedLayout.allCases {
      #expect(try norms(a.shared(on: pool, layout)) == [12, 12, 13, 12])
    }
    let complex = Reference<ComplexElement<Float>>(rows: 2, columns: 1) { row, _ in
      row == 0 ? ComplexElement(3, -4) : ComplexElement(0, 12)
    }
    #expect(try norms(complex.shared(on: pool)) == [17, 12, 13, 12])
    #expect(try norms(pool.matrix(repeating: 0.0, rows: 0, columns: 4)) == [0, 0, 0, 0])
    // Squares that overflow, and NaN and infinities, which are no error.
    let large = try norms(pool.matrix(repeating: 1e200, rows: 2, columns: 2))
    #expect(large[2] == 2e200)
    #expect(try norms(pool.array([1, Double.nan]).asRow).allSatisfy(\.isNaN))
    #expect(try norms(pool.array([1, -Double.infinity]).asRow).allSatisfy { $0 == .infinity })
  }

  @Test(arguments: [
    MatrixStructure.positiveDefinite, .lowerTriangular, .upperTriangular,
    .banded(lower: 3, upper: 1), .positiveDefiniteBanded(width: 2), .tridiagonal,
  ])
  func `has solutions of the same bits on every pool and in every layout`(
    _ structure: MatrixStructure
  ) throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for size in [1, 2, 5, 50, 200] {
        if case .banded(let lower, _) = structure, lower >= size { continue }
        if case .positiveDefiniteBanded(let width) = structure, width >= size { continue }
        // With large diagonals it has an inverse whatever part of it is read.
        var a = try DenseMatrix<Element>.random(rows: size, columns: size, seed: seed)
        for index in 0..<size {
          a.elements[index * (size + 1)] = Element(real: Element.Real(2 * size))
        }
        let b = try DenseMatrix<Element>.random(rows: size, columns: 3, seed: seed &+ 1)
        let what = "n = \(size), \(structure), \(Element.self)"
        let found = try onAllPools([a, b], what) { pool, inputs, digest in
          let x = try pool.solve(
            inputs[0], inputs[1], structure: structure, checkingResidual: true)
          let check = try pool.residual(
            of: x, solving: inputs[0], inputs[1], structure: structure)
          digest.add(x)
          digest.add(try pool.array([check.residual]))
          return check
        }
        #expect(found.isSmall, "\(what): \(found)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }
}
