import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Every decomposition of a square matrix, and its check.
private func checks<Element: TestedEigenScalar>(
  _ a: DenseMatrix<Element>, _ hermitian: DenseMatrix<Element>, _ layout: TestedLayout,
  on pool: ProcessPool
) throws -> [ResidualCheck] {
  let (a, h) = (try a.shared(on: pool, layout), try hermitian.shared(on: pool, layout))
  return [
    try pool.lu(a).residual(of: a),
    try pool.qr(a).residual(of: a),
    try pool.qr(a, pivoting: .columns).residual(of: a),
    try pool.svd(a).residual(of: a),
    try pool.svd(a, vectors: .full).residual(of: a),
    try pool.schur(a).residual(of: a),
    try pool.eigen(a, leftVectors: true).residual(of: a),
    try pool.cholesky(h).residual(of: h),
    try pool.symmetricEigen(h).residual(of: h),
    try pool.symmetricEigen(h, triangle: .upper).residual(of: h),
    try pool.symmetricEigen(h, h).residual(of: h, and: h),
    try pool.symmetricEigen(h, h, triangle: .upper).residual(of: h, and: h),
    try pool.residual(of: try pool.solve(a, h), solving: a, h),
  ]
}

/// Wilkinson's matrix, whose elements double at each step of an elimination that exchanges rows.
private func growing(_ count: Int, on pool: ProcessPool) throws -> SharedMatrix<Double> {
  try pool.matrix(rows: count, columns: count) { row, column in
    column == count - 1 || row == column ? 1 : row > column ? -1 : 0
  }
}

@Suite struct `A residual check` {
  private let pool = pools[1]

  @Test func `of every decomposition passes, with the same bits on every pool`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_: Element.Type) throws {
      let full = MatrixType(description: "full", structure: .full)
      for size in [0, 1, 2, 5, 70] {
        func made(isHermitian: Bool) throws -> DenseMatrix<Element> {
          try DenseMatrix(
            MadeMatrix(
              full, rows: size, columns: size, isComplex: Element.isComplex,
              isHermitian: isHermitian, seed: seed), .full, .own)
        }
        let (a, hermitian) = (try made(isHermitian: false), try made(isHermitian: true))
        let expected = try checks(a, hermitian, .columns, on: pools[0])
        for check in expected {
          #expect(throws: Never.self, "n = \(size), \(Element.self)") { try check.check() }
        }
        let others = try checks(a, hermitian, .gaps, on: pools[3])
        #expect(others == expected, "n = \(size), \(Element.self)")
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `is the measure of LAPACK's test programs`() throws {
    let seed = testSeed()
    for (rows, columns) in [(70, 70), (90, 40), (40, 90)] {
      let a = try DenseMatrix<Double>.random(rows: rows, columns: columns, seed: seed)
      let shared = try a.shared(on: pool, .rows)
      let lu = try pool.lu(shared)
      // Multiplied out first, as xGET01 does: subtracting term by term would repeat the elimination, without an error.
      let product = DenseMatrix(try lu.lower) * DenseMatrix(try lu.upper)
      let expected = a.picking(rows: lu.permutation).ratio(ofProduct: product, .identity(columns))
      // Sums of the same rounding errors, perhaps made in another order.
      #expect((0.2...5) ~= (try lu.residual(of: shared).residual) / expected)
      let qr = try pool.qr(shared)
      let check = try qr.residual(of: shared)
      #expect((0.2...5) ~= check.orthogonality / DenseMatrix(try qr.q()).orthogonalityRatio)
    }
  }

  @Test func `fails where a factor was changed`() throws {
    let seed = testSeed()
    let a = try DenseMatrix<Double>.random(rows: 70, columns: 70, seed: seed).shared(on: pool)
    let h = try pool.multiply(a.transposed, a)
    let lu = try pool.lu(a)
    let qr = try pool.qr(a)
    let cholesky = try pool.cholesky(h)
    let svd = try pool.svd(a)
    let schur = try pool.schur(a)
    let symmetric = try pool.symmetricEigen(h)
    let eigen = try pool.eigen(a)
    let changed = [
      lu.factors, qr.factors, cholesky.lower, svd.u, schur.q, symmetric.eigenvectors,
    ]
    for matrix in changed { matrix.storage[0] += 0.01 }
    eigen.eigenvectors.storage[0] = ComplexElement(1, 1)
    let checks = [
      try lu.residual(of: a), try qr.residual(of: a), try cholesky.residual(of: h),
      try svd.residual(of: a), try schur.residual(of: a), try symmetric.residual(of: h),
      try eigen.residual(of: a),
    ]
    for check in checks {
      #expect(!check.isSmall && check.residual >= 30, "\(check.operation): \(check)")
      #expect(
        throws: LinearAlgebraError.largeResidual(
          operation: check.operation, ratio: check.ratio, limit: 30)
      ) { try check.check() }
    }
    // A factor of Q that is changed shows there as well.
    #expect(checks[3].orthogonality >= 30 && checks[4].orthogonality >= 30)
  }

  @Test func `of eigenvectors fails when they are too long`() throws {
    func check<Element: TestedEigenScalar>(_: Element.Type) throws {
      let a = try DenseMatrix<Element>.random(rows: 20, columns: 20, seed: 7).shared(on: pool)
      let eigen = try pool.eigen(a, leftVectors: true)
      #expect(try eigen.residual(of: a).isSmall)
      let h = try DenseMatrix<Element>(
        MadeMatrix(
          MatrixType(description: "full", structure: .full), rows: 20, columns: 20,
          isComplex: Element.isComplex, isHermitian: true, seed: 7), .full, .own)
      let (first, second) = (try h.shared(on: pool), try h.shared(on: pool))
      let pair = try pool.symmetricEigen(first, second)
      #expect(try pair.residual(of: first, and: second).isSmall)
      for index in 0..<pair.eigenvectors.storage.count {
        pair.eigenvectors.storage[index] = pair.eigenvectors.storage[index].scaled(by: 2)
      }
      let found = try pair.residual(of: first, and: second)
      #expect(found.residual < 30 && found.orthogonality >= 30, "\(found)")
      for vectors in [eigen.leftEigenvectors!, eigen.eigenvectors] {
        for row in 0..<20 { vectors[row, 3] = vectors[row, 3].scaled(by: 2) }
        let found = try eigen.residual(of: a)
        #expect(found.residual < 30 && found.orthogonality >= 30, "\(found)")
        for row in 0..<20 { vectors[row, 3] = vectors[row, 3].scaled(by: 0.5) }
      }
    }
    for scalar in testedScalars.compactMap({ $0 as? any TestedEigenScalar.Type }) {
      try check(scalar)
    }
  }

  @Test func `of NaN is infinite, and fails`() throws {
    let a = try DenseMatrix<Float>.random(rows: 3, columns: 3, seed: 1).shared(on: pool)
    let lu = try pool.lu(a)
    lu.factors.storage[4] = .nan
    #expect(try lu.residual(of: a).ratio == .infinity)
  }

  @Test func `of solutions refuses what an unstable elimination gives`() throws {
    let seed = testSeed()
    let a = try growing(100, on: pool)
    let b = try DenseMatrix<Double>.random(rows: 100, columns: 3, seed: seed).shared(on: pool)
    let x = try pool.solve(a, b)
    let found = try pool.residual(of: x, solving: a, b)
    #expect(!found.isSmall)
    #expect(
      throws: LinearAlgebraError.largeResidual(operation: "solve", ratio: found.ratio, limit: 30)
    ) { try pool.solve(a, b, checkingResidual: true) }
    let stable = try pool.qr(a).solve(b)
    #expect(try pool.residual(of: stable, solving: a, b).isSmall)
  }

  @Test(arguments: [
    MatrixStructure.general, .positiveDefinite, .lowerTriangular, .upperTriangular,
    .banded(lower: 2, upper: 1), .positiveDefiniteBanded(width: 2), .tridiagonal,
  ])
  func `of solutions reads what the structure says, and nothing else`(
    _ structure: MatrixStructure
  ) throws {
    let seed = testSeed()
    let size = 150
    var random = TestRandom(seed: seed)
    let diagonal = (0..<size).map { _ in 10 + Double.random(&random) }
    // Diagonals that are large, and elements beside them that count only where the structure has them: NaN elsewhere.
    let a = try pool.matrix(rows: size, columns: size) { row, column in
      let isRead =
        switch structure {
        case .general: true
        case .positiveDefinite, .lowerTriangular: row >= column
        case .upperTriangular: row <= column
        case .banded(let lower, let upper): row - column <= lower && column - row <= upper
        case .positiveDefiniteBanded(let width): row >= column && row - column <= width
        case .tridiagonal: abs(row - column) <= 1
        }
      guard isRead else { return Double.nan }
      return row == column ? diagonal[row] : 1 / Double(1 + row + 3 * column)
    }
    let b = try DenseMatrix<Double>.random(rows: size, columns: 2, seed: seed).shared(on: pool)
    let x = try pool.solve(a, b, structure: structure, checkingResidual: true)
    #expect(try pool.residual(of: x, solving: a, b, structure: structure).isSmall)
    x.storage[0] += 0.01
    #expect(try !pool.residual(of: x, solving: a, b, structure: structure).isSmall)
    // A vector, too.
    let vector = try pool.array(repeating: 1.0, count: size)
    let solution = try pool.solve(a, vector, structure: structure, checkingResidual: true)
    #expect(
      try pool.residual(of: solution, solving: a, vector, structure: structure).isSmall)
  }

  @Test func `of a band is that of the whole matrix with zeros beside it`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let (size, lower, upper) = (90, 3, 1)
      let random = Reference<Element>(rows: size, columns: size, seed: seed)
      func kept(_ isKept: (Int, Int) -> Bool) -> Reference<Element> {
        Reference(rows: size, columns: size) { row, column in
          if row == column { return Element(real: 20) }
          return isKept(row, column) ? random[row, column] : 0
        }
      }
      let band = kept { $0 - $1 <= lower && $1 - $0 <= upper }
      let definite = kept { abs($0 - $1) <= 2 }
      let hermitian = Reference<Element>(rows: size, columns: size) {
        $0 >= $1 ? definite[$0, $1] : definite[$1, $0].conjugate
      }
      let x = Reference<Element>(rows: size, columns: 2, seed: seed &+ 1)
      let b = Reference<Element>(rows: size, columns: 2, seed: seed &+ 2)
      for (a, structure) in [
        (band, MatrixStructure.banded(lower: lower, upper: upper)),
        (hermitian, .positiveDefiniteBanded(width: 2)),
      ] {
        var found: [Double] = []
        for (index, layout) in [(0, TestedLayout.rows), (1, .columns), (3, .gaps)] {
          let pool = pools[index]
          let (x, b) = (try x.shared(on: pool, layout), try b.shared(on: pool, layout))
          found.append(
            try pool.residual(
              of: x, solving: try a.shared(on: pool, layout), b, structure: structure
            ).residual)
        }
        #expect(found[0] == found[1] && found[0] == found[2], "\(structure), \(Element.self)")
        let expected = try pool.residual(
          of: try x.shared(on: pool), solving: try a.shared(on: pool), try b.shared(on: pool))
        #expect(abs(found[0] / expected.residual - 1) < 1e-4, "\(structure), \(Element.self)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `is there for async functions`() async throws {
    let a = try pool.matrix(rows: 2, columns: 2) { row, column in row == column ? 2.0 : 1 }
    let lu = try await pool.lu(a)
    try await lu.residual(of: a).check()
    let x = try await pool.solve(a, a, checkingResidual: true)
    #expect(try await pool.residual(of: x, solving: a, a).isSmall)
    #expect(try await pool.eigen(a).residual(of: a).isSmall)
    #expect(try await pool.symmetricEigen(a, a).residual(of: a, and: a).isSmall)
  }

  @Test func `is large for zeros in place of factors of many rows`() throws {
    let pool = pools[1]
    let a = try pool.matrix(rows: 600_000, columns: 1) { row, _ in Float(1 + row % 7) }
    let qr = try pool.qr(a)
    #expect(try qr.residual(of: a).isSmall)
    for row in 0..<600_000 { qr.factors[row, 0] = 0 }
    #expect(throws: LinearAlgebraError.self) { try qr.residual(of: a).check() }
  }

  @Test func `of matrices that do not belong together is an error`() throws {
    let pool = pools[1]
    let (a, other) = (
      try pool.identityMatrix(of: Double.self, size: 3),
      try pool.identityMatrix(of: Double.self, size: 4)
    )
    let narrow = try pool.matrix(repeating: 1.0, rows: 3, columns: 2)
    #expect(throws: KernelError.self) { try pool.lu(a).residual(of: other) }
    #expect(throws: KernelError.self) { try pool.svd(a).residual(of: narrow) }
    #expect(throws: KernelError.self) { try pool.eigen(a).residual(of: other) }
    #expect(throws: KernelError.self) { try pool.symmetricEigen(a, a).residual(of: other, and: a) }
    #expect(throws: KernelError.self) { try pool.residual(of: narrow, solving: a, a) }
    #expect(throws: KernelError.self) { try pool.residual(of: other, fitting: a, a) }
  }
}
