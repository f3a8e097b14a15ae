import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// m × n of a rank, with singular values from 1 down to 1 / `condition`, times `scale`.
private func matrix<Element: TestedScalar>(
  _ rows: Int, _ columns: Int, rank: Int, condition: Double = 10, scale: Double = 1, seed: UInt64
) throws -> DenseMatrix<Element> {
  guard rank > 0 else { return DenseMatrix(rows: rows, columns: columns) }
  try LAPACK.require()
  var left = try DenseMatrix<Element>.random(rows: rows, columns: rank, seed: seed)
  let right = try DenseMatrix<Element>.random(rows: rank, columns: columns, seed: seed &+ 1)
  for column in 0..<rank {
    let power = rank > 1 ? Double(column) / Double(rank - 1) : 0
    let factor = Element.Real(
      scale * Double.power(condition, -power) / Double(rows * columns).squareRoot())
    for row in 0..<rows {
      left.elements[row + column * rows] = left.elements[row + column * rows].scaled(by: factor)
    }
  }
  return left * right
}

extension Double {
  /// base^exponent for what tests need: by halves.
  fileprivate static func power(_ base: Double, _ exponent: Double) -> Double {
    var (result, root, rest) = (1.0, base, abs(exponent))
    while rest >= 1 { (result, rest) = (result * base, rest - 1) }
    for _ in 0..<30 {
      (root, rest) = (root.squareRoot(), rest * 2)
      if rest >= 1 { (result, rest) = (result * root, rest - 1) }
    }
    return exponent < 0 ? 1 / result : result
  }
}

@Suite struct `The residual of a solution by least squares` {
  private let pool = pools[1]

  @Test func `is small, with the same bits on every pool and in every layout`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let large = Double(Element.Real.greatestFiniteMagnitude).squareRoot()
      let ill = 0.01 / (Element.epsilon * 70)
      for (rows, columns, rank, condition, scale) in [
        (1, 1, 1, 1, 1), (70, 30, 30, 10, 1), (30, 70, 30, 10, 1), (40, 40, 40, 10, 1),
        (70, 30, 11, 10, 1), (30, 70, 11, 10, 1), (70, 30, 30, ill, 1), (30, 70, 30, ill, 1),
        (70, 30, 30, 10, large), (30, 70, 30, 10, 1 / large), (5, 3, 0, 1, 1), (3, 5, 0, 1, 1),
      ] {
        let a: DenseMatrix<Element> = try matrix(
          rows, columns, rank: rank, condition: condition, scale: scale, seed: seed)
        let b = try DenseMatrix<Element>.random(rows: rows, columns: 3, seed: seed &+ 2)
        for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
          let what =
            "\(rows) × \(columns), rank \(rank), \(condition), \(scale), \(method), \(Element.self)"
          var first: ResidualCheck?
          for (index, layout) in [(0, TestedLayout.columns), (1, .rows), (3, .gaps)] {
            let (a, b) = (
              try a.shared(on: pools[index], layout), try b.shared(on: pools[index], layout)
            )
            let solution = try pools[index].leastSquares(
              a, b, method: method, checkingResidual: true)
            // Less where a random factor is ill-conditioned by itself.
            #expect(solution.rank <= rank, "\(what)")
            let found = try pools[index].residual(
              of: solution.x, fitting: a, b, rank: solution.rank)
            #expect(found.isSmall && found == first ?? found, "\(what): \(found)")
            first = found
          }
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `is the measure of LAPACK's test programs`() throws {
    let seed = testSeed()
    for (rows, columns) in [(90, 40), (40, 40), (40, 90)] {
      let a: DenseMatrix<Double> = try matrix(rows, columns, rank: 40, seed: seed)
      let b = try DenseMatrix<Double>.random(rows: rows, columns: 2, seed: seed &+ 2)
      let (sharedA, sharedB) = (try a.shared(on: pool), try b.shared(on: pool))
      let x = try pool.leastSquares(sharedA, sharedB).x
      // Away from the solution no rounding counts: the ratios are the same, but for a few units of 10⁻¹⁶.
      for index in 0..<x.storage.count { x.storage[index] *= 1 + 0.001 * Double(index % 7) }
      let found = try pool.residual(of: x, fitting: sharedA, sharedB).residual
      let expected =
        rows > columns
        ? a.ratio(ofLeastSquares: DenseMatrix(x), b, isIllConditioned: true)
        : a.ratio(ofSolution: DenseMatrix(x), b, count: columns)
      #expect(rows < columns ? found >= expected * 0.999 : abs(found / expected - 1) < 1e-6)
    }
  }

  @Test func `is large where a solution is changed, or not the shortest`() throws {
    let seed = testSeed()
    for (rows, columns, rank) in [
      (50, 20, 20), (20, 20, 20), (20, 50, 20), (50, 20, 7), (20, 50, 7),
    ] {
      let a = try (matrix(rows, columns, rank: rank, seed: seed) as DenseMatrix<Double>).shared(
        on: pool)
      let b = try DenseMatrix<Double>.random(rows: rows, columns: 2, seed: seed).shared(on: pool)
      let x = try pool.leastSquares(a, b).x
      x.storage[3] += 0.01
      #expect(
        try !pool.residual(of: x, fitting: a, b, rank: rank).isSmall,
        "\(rows) × \(columns), \(rank)")
    }
    // x₂ changes nothing of what is left.
    let a = try pool.array([3.0, 4]).asColumn.transposed
    let wide = try pool.matrix(rows: 1, columns: 3) { $1 < 2 ? a[0, $1] : 0 }
    let b = try pool.array([25.0])
    let found = try pool.residual(of: try pool.array([3.0, 4, 1]), fitting: wide, b)
    #expect(found.ratio > 1e12)
    #expect(try pool.residual(of: try pool.array([3.0, 4, 0]), fitting: wide, b).isSmall)
    #expect(
      try pool.residual(of: try pool.array([.nan, 4.0, 0]), fitting: wide, b).ratio == .infinity)
  }

  @Test func `is refused from the limit on that is given`() throws {
    let a = try (matrix(50, 20, rank: 20, seed: 3) as DenseMatrix<Double>).shared(on: pool)
    let b = try DenseMatrix<Double>.random(rows: 50, columns: 1, seed: 4).shared(on: pool)
    for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
      let x = try pool.leastSquares(a, b, method: method).x
      let ratio = try pool.residual(of: x, fitting: a, b).ratio
      for limit in [0, 1e-30] {
        #expect(
          throws: LinearAlgebraError.largeResidual(
            operation: "leastSquares", ratio: ratio, limit: limit)
        ) { try pool.leastSquares(a, b, method: method, checkingResidual: ResidualLimit(limit)) }
      }
      #expect(throws: Never.self) {
        try pool.leastSquares(a, b, method: method, checkingResidual: false)
      }
      // Half of the singular values left out is another problem.
      #expect(throws: LinearAlgebraError.self) {
        try pool.leastSquares(a, b, method: method, tolerance: 0.5, checkingResidual: true)
      }
    }
  }

  @Test func `of ridge regression is that of the problem with a penalty`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for (rows, columns, rank) in [(70, 30, 30), (30, 70, 30), (40, 40, 11)] {
        let a: DenseMatrix<Element> = try matrix(rows, columns, rank: rank, seed: seed)
        let b = try DenseMatrix<Element>.random(rows: rows, columns: 3, seed: seed &+ 2)
        for lambda in [0, 1e-3, 1, 1e6] {
          let what = "\(rows) × \(columns), λ = \(lambda), \(Element.self), seed \(seed)"
          let (a, b) = (try a.shared(on: pool, .gaps), try b.shared(on: pool))
          let x = try pool.ridge(a, b, lambda: lambda, checkingResidual: true)
          let error = #expect(throws: LinearAlgebraError.self, "\(what)") {
            try pool.ridge(a, b, lambda: lambda, checkingResidual: 1e-30)
          }
          let operation = lambda > 0 ? "ridge" : "leastSquares"
          guard case .largeResidual(operation, _, 1e-30) = error else {
            Issue.record("\(what): \(String(describing: error))")
            continue
          }
          // Of a problem with another penalty it is no solution, where that counts as much as A.
          guard lambda == 1 else { continue }
          let other = try pool.residual(of: x, fitting: a, b, lambda: 2 * lambda)
          #expect(other.ratio > 30, "\(what): \(other)")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
    let one = try pool.identityMatrix(of: Double.self, size: 2)
    #expect(throws: PoolError.self) { try pool.residual(of: one, fitting: one, one, lambda: -1) }
    for rank in [-1, 3] {
      #expect(throws: PoolError.self) { try pool.residual(of: one, fitting: one, one, rank: rank) }
      #expect(throws: PoolError.self) {
        try pool.residual(ofPseudoInverse: one, of: one, rank: rank)
      }
    }
  }

  @Test func `is there for factorizations, which do not keep their matrix`() async throws {
    let a = try (matrix(50, 20, rank: 20, seed: 5) as DenseMatrix<Double>).shared(on: pool)
    let b = try pool.array((0..<50).map { Double($0 % 7) })
    let byQR = try await pool.qr(a).solve(b)
    try await pool.residual(of: byQR, fitting: a, b).check()
    let bySVD = try await pool.svd(a).solve(b)
    try await pool.residual(of: bySVD, fitting: a, b).check()
    let solution = try await pool.leastSquares(a, b, checkingResidual: 30)
    #expect(solution.rank == 20)
    await #expect(throws: LinearAlgebraError.self) {
      try await pool.leastSquares(a, b, checkingResidual: 0)
    }
  }
}

@Suite struct `The residual of a system` {
  @Test(arguments: [
    MatrixStructure.general, .positiveDefinite, .lowerTriangular, .upperTriangular,
    .banded(lower: 2, upper: 1), .positiveDefiniteBanded(width: 2), .tridiagonal,
  ])
  func `is refused from the limit on that is given`(_ structure: MatrixStructure) throws {
    let pool = pools[1]
    for size in [20, 300] {
      let a = try pool.matrix(rows: size, columns: size) { row, column in
        row == column ? 3.7 : 1 / Double(2 + row + 3 * column)
      }
      let b = try pool.array((0..<size).map { 1 / Double(3 + $0) })
      let x = try pool.solve(a, b, structure: structure, checkingResidual: true)
      let ratio = try pool.residual(of: x, solving: a, b, structure: structure).ratio
      #expect(
        throws: LinearAlgebraError.largeResidual(operation: "solve", ratio: ratio, limit: 1e-30)
      ) { try pool.solve(a, b, structure: structure, checkingResidual: 1e-30) }
      #expect(throws: LinearAlgebraError.self) {
        try pool.solve(a, b, structure: structure, checkingResidual: 0)
      }
    }
  }
}

@Suite struct `The residuals of a batch` {
  /// Wilkinson's matrix, whose elements double at each step of an elimination that exchanges rows.
  private static func isOfGrowing(_ row: Int, _ column: Int, _ size: Int) -> Double {
    column == size - 1 || row == column ? 1 : row > column ? -1 : 0
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are small, and the first that is not is named`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let size = 90
    func number() -> Double { Double.random(in: -1...1, using: &random) }
    let a = try pool.matrixBatch(count: 12, rows: size, columns: size) { index, row, column in
      if index == 7 || index == 9 { return Self.isOfGrowing(row, column, size) }
      return number() + (row == column ? 20 : 0)
    }
    let b = try pool.matrixBatch(count: 12, rows: size, columns: 2) { _, _, _ in number() }
    let x = try pool.solve(a, b)
    let ratios = Array(try pool.residuals(of: x, solving: a, b))
    #expect((0..<12).filter { !(ratios[$0] < 30) } == [7, 9], "seed \(seed)")
    #expect(
      throws: LinearAlgebraError.largeResidualInBatch(index: 7, ratio: ratios[7], limit: 30)
    ) { try pool.solve(a, b, checkingResidual: true) }
    #expect(
      throws: LinearAlgebraError.largeResidualInBatch(index: 0, ratio: ratios[0], limit: 1e-30)
    ) { try pool.solve(a, b, checkingResidual: 1e-30) }
    #expect(try pool.solve(a[0..<7], b[0..<7], checkingResidual: true).count == 7)
    // The measure is that of one system.
    for index in [0, 7] {
      let one = try pool.residual(of: x[index], solving: a[index], b[index]).ratio
      #expect((0.2...5) ~= ratios[index] / one)
    }
    // A matrix without an inverse has no solution that could be measured.
    for row in 0..<size { a[2][row, 5] = 0 }
    #expect(throws: LinearAlgebraError.singularInBatch(index: 2, column: 5)) {
      try pool.solve(a, b, checkingResidual: true)
    }
    #expect(
      throws: LinearAlgebraError.largeResidualInBatch(index: 7, ratio: ratios[7], limit: 30)
    ) { try pool.solve(a, b, singular: .fillWithNaN, checkingResidual: true) }
    b[4][3, 1] = .nan
    #expect(
      throws: LinearAlgebraError.largeResidualInBatch(index: 4, ratio: .infinity, limit: 30)
    ) { try pool.solve(a, b, singular: .fillWithNaN, checkingResidual: true) }
    #expect(throws: KernelError.self) { try pool.residuals(of: x[0..<3], solving: a, b) }
  }

  @Test func `of complex systems are those of one`() throws {
    let pool = pools[1]
    let a = try pool.matrixBatch(count: 5, rows: 8, columns: 8) { index, row, column in
      ComplexElement<Float>(
        row == column ? 9.3 : Float(1 + row) / Float(2 + column + index), Float(row - column) / 3)
    }
    let b = try pool.matrixBatch(count: 5, rows: 8, columns: 3) {
      ComplexElement<Float>(Float($0 + $1) / Float(3 + $2), Float($2))
    }
    let x = try pool.solve(a, b, checkingResidual: true)
    x[3][1, 1] = ComplexElement(x[3][1, 1].real, x[3][1, 1].imaginary + 0.01)
    let ratios = Array(try pool.residuals(of: x, solving: a, b))
    #expect((0..<5).filter { !(ratios[$0] < 30) } == [3])
    for index in [0, 3] {
      let one = try pool.residual(of: x[index], solving: a[index], b[index]).ratio
      #expect((0.2...5) ~= ratios[index] / one)
    }
  }

  @Test func `read what is left of the diagonal of positive definite matrices`() throws {
    let pool = pools[1]
    let a = try pool.matrixBatch(count: 5, rows: 8, columns: 8) { _, row, column in
      row < column ? Float.nan : row == column ? 9.3 : 1 / Float(1 + row + column)
    }
    let b = try pool.matrixBatch(count: 5, rows: 8, columns: 3) { Float($0 + $1) / Float(3 + $2) }
    let x = try pool.solve(a, b, assuming: .positiveDefinite, checkingResidual: true)
    x[3][1, 1] += 0.01
    let ratios = Array(try pool.residuals(of: x, solving: a, b, assuming: .positiveDefinite))
    #expect((0..<5).filter { !(ratios[$0] < 30) } == [3])
  }

  @Test func `have the same bits in every layout and with any number of workers`() async throws {
    let seed = testSeed()
    var first: [Double]?
    for pool in pools {
      for isTransposed in [false, true] {
        var random = TestRandom(seed: seed)
        let numbers = (0..<60 * 81).map { _ in Double.random(&random) }
        let plain = try pool.matrixBatch(count: 60, rows: 9, columns: 9) { index, row, column in
          let (row, column) = isTransposed ? (column, row) : (row, column)
          return numbers[index * 81 + row * 9 + column]
        }
        let a = isTransposed ? plain.transposed : plain
        let x = try await pool.solve(a, a, checkingResidual: 1e9)
        let ratios = Array(try await pool.residuals(of: x, solving: a, a))
        #expect(ratios == first ?? ratios, "\(pool.workerCount) workers, seed \(seed)")
        first = ratios
      }
    }
  }
}
