import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

// LU and Cholesky factorizations of LAPACK's own matrix types, in the measures of its own test programs: those of
// dchkge and dchkpo (DLATB4).

/// Of symmetric ones (dchkpo); 3 to 5 are not positive definite.
private func positiveDefiniteTypes(_ precision: Precision) -> [MatrixType] {
  let general = generalTypes(precision)
  return [general[0], general[3], general[4], general[5]] + [
    MatrixType(
      description: "middle row and column zero",
      structure: .zeroColumns(first: { $0 / 2 }, isLast: false))
  ] + general[7...]
}

extension `Residuals over LAPACK's matrix types` {
  @Test(arguments: MatrixSource.available)
  func `of LU, its solutions and its inverse are small`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool) throws {
      let types = generalTypes(Element.precision)
      try forEachMatrix(
        of: all ? types : [types[3]], Element.self, source, sizes: sizes, isSquare: false,
        seed: seed
      ) { a, _, type, what in
        let lu = try onAllPools([a], what) { pool, inputs, digest in
          let lu = try pool.lu(inputs[0])
          digest.add(lu.factors)
          digest.add(lu.permutation)
          return lu
        }
        ratios.expect(
          "factors",
          a.picking(rows: lu.permutation).ratio(
            ofProduct: DenseMatrix(try lu.lower), DenseMatrix(try lu.upper)), what)
        let zeroColumn = type.zeroColumn(min(a.rows, a.columns))
        let upper = try lu.upper
        let firstZero = (0..<min(a.rows, a.columns)).first { upper[$0, $0] == 0 }
        #expect(lu.singularColumn == firstZero, "\(what)")
        // Where the condition is near 1/ε rounding may make a pivot 0.
        #expect(firstZero == zeroColumn || type.condition > 1e5, "\(what)")
        guard a.rows == a.columns, firstZero == nil else { return }
        let x = try DenseMatrix<Element>.random(rows: a.rows, columns: 3, seed: seed)
        for form in [MatrixForm.plain, .transposed, .adjoint] {
          var b = DenseMatrix<Element>(rows: a.rows, columns: 3)
          b.add(1, a, form, x)
          let found = try onAllPools([a, b], what) { pool, inputs, digest in
            let x =
              try form == .plain
              ? pool.solve(inputs[0], inputs[1]) : pool.lu(inputs[0]).solve(inputs[1], form)
            digest.add(x)
            return x
          }
          ratios.expect("solutions", a.ratio(ofSolution: DenseMatrix(found), b, form), what)
        }
        let inverse = try onAllPools([a], what) { pool, inputs, digest in
          let inverse = try pool.inverse(inputs[0])
          digest.add(inverse)
          return inverse
        }
        ratios.expect("inverse", a.ratio(ofInverse: DenseMatrix(inverse)), what)
      }
    }
    try forEachScalar(source, inSteps: true) { try check($0, sizes: $1, all: $2) }
    ratios.report("LU, \(source)")
  }

  @Test(arguments: MatrixSource.available)
  func `of Cholesky, its solutions and its inverse are small`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool) throws {
      let types = positiveDefiniteTypes(Element.precision)
      try forEachMatrix(
        of: all ? types : [types[1]], Element.self, source, sizes: sizes, isHermitian: true,
        seed: seed
      ) { a, _, type, what in
        if let column = type.zeroColumn(a.rows) {
          for layout in TestedLayout.allCases {
            let shared = try a.shared(on: pools[2], layout)
            #expect(throws: LinearAlgebraError.notPositiveDefinite(column: column), "\(what)") {
              try pools[2].cholesky(shared)
            }
          }
          return
        }
        let x = try DenseMatrix<Element>.random(rows: a.rows, columns: 3, seed: seed)
        let b = a * x
        let (factor, found, inverse) = try onAllPools([a, b], what) { pool, inputs, digest in
          let factor = try pool.cholesky(inputs[0])
          let x = try factor.solve(inputs[1])
          let inverse = try factor.inverse()
          digest.add(factor.lower)
          digest.add(x)
          digest.add(inverse)
          return (factor, x, inverse)
        }
        let lower = DenseMatrix(factor.lower)
        ratios.expect("factor", a.ratio(ofProduct: lower, lower, .adjoint), what)
        ratios.expect("solutions", a.ratio(ofSolution: DenseMatrix(found), b), what)
        ratios.expect("inverse", a.ratio(ofInverse: DenseMatrix(inverse)), what)
        let solved = try pools[1].solve(
          try a.shared(on: pools[1]), try b.shared(on: pools[1]), structure: .positiveDefinite)
        ratios.expect("solve", a.ratio(ofSolution: DenseMatrix(solved), b), what)
      }
    }
    try forEachScalar(source, inSteps: true) { try check($0, sizes: $1, all: $2) }
    ratios.report("Cholesky, \(source)")
  }

  @Test(arguments: MatrixSource.available)
  func `of systems and inverses in batches are small`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, isDefinite: Bool) throws {
      let types =
        isDefinite ? positiveDefiniteTypes(Element.precision) : generalTypes(Element.precision)
      try forEachMatrix(
        of: types, Element.self, source, isHermitian: isDefinite, seed: seed
      ) { a, _, type, what in
        let b = a * (try DenseMatrix<Element>.random(rows: a.rows, columns: 3, seed: seed))
        func batch(_ matrix: SharedMatrix<Element>) -> SharedMatrixBatch<Element> {
          SharedMatrixBatch(repeating: matrix, count: 3)
        }
        if let column = type.zeroColumn(a.rows) {
          let shared = try a.shared(on: pools[1])
          let error =
            isDefinite
            ? LinearAlgebraError.notPositiveDefiniteInBatch(index: 0, column: column)
            : .singularInBatch(index: 0, column: column)
          #expect(throws: error, "\(what)") {
            try pools[1].solve(
              batch(shared), batch(shared), assuming: isDefinite ? .positiveDefinite : .general)
          }
          return
        }
        let (x, inverse) = try onAllPools([a, b], what) { pool, inputs, digest in
          let x = try pool.solve(
            batch(inputs[0]), batch(inputs[1]),
            assuming: isDefinite ? .positiveDefinite : .general)[2]
          let inverse = try pool.inverse(batch(inputs[0]))[1]
          digest.add(x)
          digest.add(inverse)
          return (x, inverse)
        }
        ratios.expect("solutions", a.ratio(ofSolution: DenseMatrix(x), b), what)
        let identity = DenseMatrix<Element>.identity(a.rows)
        ratios.expect("inverses", a.ratio(ofSolution: DenseMatrix(inverse), identity), what)
      }
    }
    for scalar in testedScalars {
      for isDefinite in [false, true] { try check(scalar, isDefinite: isDefinite) }
    }
    ratios.report("batches, \(source)")
  }
}
