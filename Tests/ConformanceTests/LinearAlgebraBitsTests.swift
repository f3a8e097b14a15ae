import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// The bits of what linear algebra makes of a matrix.
private func answers<Element: TestedScalar>(
  _ pool: ProcessPool, _ a: Reference<Element>
) throws -> [[Element]] {
  let shared = try a.shared(on: pool, .gaps)
  let lu = try pool.lu(shared)
  let qr = try pool.qr(shared, pivoting: .columns)
  let product = a.adjoint * a
  // Far from singular, whatever A is.
  let gram = Reference<Element>(rows: a.columns, columns: a.columns) {
    product[$0, $1] + ($0 == $1 ? 1 : 0)
  }
  let cholesky = try pool.cholesky(try gram.shared(on: pool, .columns))
  let vector = try pool.array(a.elements.prefix(a.rows))
  return try [
    lu.factors, lu.solve(shared), lu.inverse(), lu.reconstruct(), qr.factors, qr.q(),
    qr.solve(shared), cholesky.lower, cholesky.solve(shared), pool.solve(shared, shared),
    pool.multiply(shared, shared, structure: .symmetric(.lower)), pool.outer(vector, vector),
  ].map { Reference($0).elements } + [Array(pool.multiply(shared, vector)), [lu.determinant]]
}

/// Equal bits, which for numbers that are equal only zeros of two signs have not.
private func same<Element: TestedScalar>(_ a: [[Element]], _ b: [[Element]]) -> Bool {
  "\(a)" == "\(b)"
}

@Suite struct `The bits of linear algebra` {
  @Test func `are the same for 1, 2, 3 and 7 workers`() throws {
    let seed = testSeed()
    let pools = try [1, 2, 3, 7].map { try ProcessPool(workers: $0) }
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      for size in [1, 33, 150] {
        let a = Reference<Element>(rows: size, columns: size, seed: seed)
        let expected = try answers(pools[0], a)
        for pool in pools.dropFirst() {
          #expect(
            same(try answers(pool, a), expected), "n = \(size), \(pool.workerCount) workers")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
    for pool in pools { pool.shutdown() }
  }

  @Test func `of factorizations and decompositions do not depend on workers and views`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_: Element.Type, size: Int) throws {
      let a = try DenseMatrix<Element>.random(rows: size, columns: size, seed: seed)
      let b = try DenseMatrix<Element>.random(rows: size, columns: 2, seed: seed &+ 1)
      var expected: BitDigest?
      // Each number of workers, and each view, on a pool of its own.
      let views: [(Int, TestedLayout)] = [
        (0, .rows), (1, .columns), (2, .gaps), (3, .rows), (3, .columns), (3, .gaps),
      ]
      for (index, layout) in views {
        let pool = pools[index]
        let (a, b) = (try a.shared(on: pool, layout), try b.shared(on: pool, layout))
        var digest = BitDigest()
        let lu = try pool.lu(a)
        digest.add(lu.factors)
        digest.add(try lu.solve(b))
        digest.add(try lu.inverse())
        let qr = try pool.qr(a)
        digest.add(qr.factors)
        digest.add(try qr.q())
        digest.add(try pool.qr(a, pivoting: .columns).factors)
        digest.add(try pool.leastSquares(a, b).x)
        let svd = try pool.svd(a)
        digest.add(svd.u)
        digest.add(svd.singularValues)
        let symmetric = try pool.symmetricEigen(a, triangle: .upper)
        digest.add(symmetric.eigenvectors)
        let eigen = try pool.eigen(a)
        digest.add(eigen.eigenvectors)
        digest.add(try pool.schur(a).q)
        digest.add(try pool.matrixExponential(a))
        let isSame = digest == expected ?? digest
        #expect(
          isSame,
          "\(size) × \(size) \(Element.self), \(pool.workerCount) workers, \(layout), seed \(seed)")
        expected = digest
      }
    }
    try check(Double.self, size: 270)
    try check(Float.self, size: 200)
    try check(ComplexElement<Double>.self, size: 120)
    try check(ComplexElement<Float>.self, size: 60)
  }

  @Test func `are the same when workers are killed on the way`() throws {
    let seed = testSeed()
    let a = Reference<Double>(rows: 150, columns: 150, seed: seed)
    try expectSameWhileWorkersAreKilled(seed: seed, by: same) { try answers($0, a) }
  }

  @Test func `of factorizations in steps, and of their residuals, are so, too`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let a = Reference<Element>(rows: 300, columns: 300, seed: seed)
      let tall = Reference<Element>(rows: 4096, columns: 256, seed: seed)
      try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
        let shared = try a.shared(on: pool, .gaps)
        let (lu, qr) = (try pool.lu(shared), try pool.qr(shared))
        let gram = try pool.multiply(shared, shared, structure: .symmetric(.lower))
        for index in 0..<300 { gram[index, index] = gram[index, index] + 1000 }
        let cholesky = try pool.cholesky(gram)
        var digest = BitDigest()
        digest.add(lu.factors)
        digest.add(qr.factors)
        digest.add(cholesky.lower)
        digest.add(try pool.qr(try tall.shared(on: pool, .columns)).factors)
        let checks = [
          try lu.residual(of: shared), try qr.residual(of: shared), try cholesky.residual(of: gram),
          try pool.residual(ofInverse: try lu.inverse(), of: shared),
        ]
        digest.add(try pool.array(checks.flatMap { [$0.residual, $0.orthogonality] }))
        return digest
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `of batches, structured systems, norms and residuals are so, too`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let size = 270
      let a = Reference<Element>(rows: size, columns: size, seed: seed)
      let sides = Reference<Element>(rows: size, columns: 3, seed: seed &+ 1)
      let structures: [MatrixStructure] = [
        .positiveDefinite, .upperTriangular, .lowerTriangular, .banded(lower: 3, upper: 2),
        .tridiagonal,
      ]
      let norms: [MatrixNorm] = [.one, .infinity, .frobenius, .maximum]
      try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
        var digest = BitDigest()
        let matrix = try a.shared(on: pool, .gaps)
        // Far from singular, whatever of it a structure reads.
        for index in 0..<size { matrix[index, index] = Element(real: 600) }
        let b = try sides.shared(on: pool, .columns)
        for structure in structures {
          let x = try pool.solve(matrix, b, structure: structure, checkingResidual: true)
          digest.add(x)
          let check = try pool.residual(of: x, solving: matrix, b, structure: structure)
          digest.add(try pool.array([check.residual]))
        }
        var numbers = try norms.map { try pool.matrixNorm(matrix, $0) }
        numbers.append(try pool.conditionNumber(matrix))

        let batch = try pool.matrixBatch(count: 120, rows: 30, columns: 30) { index, row, column in
          a[(row + index) % size, (column + 2 * index) % size]
            + (row == column ? Element(real: 60) : 0)
        }
        let right = try pool.matrixBatch(count: 120, rows: 30, columns: 2) { index, row, column in
          sides[(row + index) % size, column]
        }
        let x = try pool.solve(batch, right, checkingFinite: true, checkingResidual: true)
        digest.add(x.storage)
        digest.add(try pool.inverse(batch, checkingFinite: true).storage)
        digest.add(try pool.determinant(batch, checkingFinite: true))
        digest.add(try pool.multiply(batch, right).storage)
        digest.add(try pool.residuals(of: x, solving: batch, right))
        digest.add(try pool.array(numbers))
        return digest
      }
    }
    try check(Double.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `of products, of Q, and of least squares of deficient rank are so, too`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let a = Reference<Element>(rows: 150, columns: 150, seed: seed)
      let sides = Reference<Element>(rows: 150, columns: 12, seed: seed &+ 1)
      // The sum of five products.
      let deficient =
        Reference<Element>(rows: 60, columns: 5, seed: seed)
        * Reference<Element>(rows: 5, columns: 20, seed: seed &+ 2)
      try expectSameWhileWorkersAreKilled(seed: seed, deaths: 5, by: ==) { pool in
        let (matrix, b) = (try a.shared(on: pool, .gaps), try sides.shared(on: pool, .rows))
        let vector = try pool.array(sides.elements.prefix(150))
        var digest = BitDigest()
        for structure in [
          FactorStructure.symmetric(.lower), .symmetric(.upper), .hermitian(.lower),
          .hermitian(.upper), .triangular(.lower), .triangular(.upper), .unitTriangular(.lower),
          .unitTriangular(.upper),
        ] {
          digest.add(try pool.multiply(matrix, b, structure: structure))
          digest.add(try pool.multiply(b.transposed, matrix, structure: structure, of: .right))
        }
        for form in [MatrixForm.plain, .transposed, .adjoint] {
          digest.add(try pool.multiply(matrix, vector, form: form))
        }
        digest.add(try pool.outer(vector, vector, conjugated: true))
        let qr = try pool.qr(matrix[0..<150, 0..<40])
        for adjoint in [false, true] { digest.add(try qr.applyingQ(to: b, adjoint: adjoint)) }
        let (left, right) = (try deficient.shared(on: pool, .columns), b[0..<60, 0..<3])
        for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
          let solution = try pool.leastSquares(left, right, method: method)
          digest.add(solution.x)
          digest.add([solution.rank])
          digest.add(try pool.array(solution.residualNorms))
        }
        digest.add(try pool.qr(left, pivoting: .columns).factors)
        return digest
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }
}
