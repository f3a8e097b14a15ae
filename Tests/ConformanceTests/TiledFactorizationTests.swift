import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// A matrix as rows of numbers.
private typealias Rows = [[Double]]

private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Rows {
  var random = TestRandom(seed: seed)
  return (0..<rows).map { _ in (0..<columns).map { _ in Double.random(in: -1...1, using: &random) }
  }
}

/// By BLAS, whose own tests are elsewhere: loops take minutes in debug builds.
private func product(_ a: Rows, _ b: Rows) throws -> Rows {
  guard let width = b.first?.count, !a.isEmpty else { return a.map { _ in [] } }
  let x = try matrix(a, columns: b.count, .rowMajor, pools[0], of: Double.self)
  let y = try matrix(b, columns: width, .rowMajor, pools[0], of: Double.self)
  return rows(try pools[0].multiply(x, y))
}

private func transpose(_ a: Rows) -> Rows {
  guard let first = a.first else { return [] }
  return first.indices.map { j in a.map { $0[j] } }
}

/// Largest sum of a row.
private func norm(_ a: Rows) -> Double { a.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 0 }

private func difference(_ a: Rows, _ b: Rows) -> Rows {
  zip(a, b).map { zip($0, $1).map { $0 - $1 } }
}

/// The memory of a matrix, whose columns may have gaps between them.
private func rows<Element: KernelElement & Sendable>(_ a: SharedMatrix<Element>) -> Rows {
  a.storage.withSpan { x in
    (0..<a.rows).map { i in
      (0..<a.columns).map { j in Double(x[i * a.rowStride + j * a.columnStride]) }
    }
  }
}

private func bits<Element: KernelElement & Sendable>(_ a: SharedMatrix<Element>) -> [UInt64] {
  rows(a).flatMap { $0.map(\.bitPattern) }
}

/// How a matrix lies in memory.
private enum Layout: CaseIterable { case rowMajor, transposed, strided }

private func matrix<Element: KernelElement & Sendable>(
  _ a: Rows, columns: Int, _ layout: Layout, _ pool: ProcessPool, of type: Element.Type
) throws -> SharedMatrix<Element> {
  let m: SharedMatrix<Element> =
    switch layout {
    case .rowMajor: try pool.matrix(repeating: 0, rows: a.count, columns: columns)
    case .transposed: try pool.matrix(repeating: 0, rows: columns, columns: a.count).transposed
    case .strided:
      SharedMatrix(
        try pool.array(repeating: Element(0.5), count: max(1, a.count * (2 * columns + 3) * 2)),
        rows: a.count, columns: columns, rowStride: 2 * columns + 3, columnStride: 2)
    }
  m.storage.withMutableSpan { elements in
    for (i, row) in a.enumerated() {
      for (j, x) in row.enumerated() {
        elements[i * m.rowStride + j * m.columnStride] = Element(x)
      }
    }
  }
  return m
}

@Suite struct `Factorizations by tiles` {
  static let shapes = [
    (0, 0), (1, 1), (2, 2), (3, 2), (2, 5), (50, 50), (129, 129), (257, 300), (300, 257),
    (130, 520), (520, 130),
  ]

  @Test(arguments: [0, 1, 2, 3, 5, 10, 50, 256, 257, 391])
  func `of Cholesky reproduce the matrix`(_ n: Int) throws {
    try cholesky(n, of: Double.self)
    try cholesky(n, of: Float.self)
  }

  private func cholesky<Element: KernelElement & LinearAlgebraScalar>(
    _ n: Int, of type: Element.Type
  ) throws {
    let x = random(n, n, seed: 31)
    var a = try product(x, transpose(x))
    for i in 0..<n { a[i][i] += 1 }
    // What lies elsewhere is the same numbers, and so is what comes of them.
    var expected: [UInt64]?
    for layout in Layout.allCases {
      for pool in layout == .rowMajor ? pools : [pools[1]] {
        let input = try matrix(a, columns: n, layout, pool, of: type)
        // Above the diagonal nothing is read.
        for i in 0..<n { for j in i + 1..<max(i + 1, n) { input[i, j] = .nan } }
        let factor = try pool.startTiledCholesky(input).result()
        #expect(factor.failedColumn == nil)
        let found = bits(factor.lower)
        if expected == nil {
          expected = found
          let l = rows(factor.lower)
          for i in 0..<n { for j in i + 1..<max(i + 1, n) { #expect(l[i][j] == 0) } }
          let residual = norm(difference(try product(l, transpose(l)), a))
          let scale = norm(a) * Double(n) * Double(Element.ulpOfOne)
          #expect(residual <= 30 * scale, "\(n), \(layout)")
        }
        // Compared outside: what differs would be printed.
        let isSame = found == expected
        #expect(isSame, "\(n), \(layout), \(pool.workerCount) workers")
      }
    }
  }

  @Test(arguments: [0, 1, 130, 255, 256, 299])
  func `of Cholesky tell the column at which a matrix is not positive definite`(_ column: Int)
    throws
  {
    let n = 300
    var a: Rows = (0..<n).map { i in
      (0..<n).map { (j: Int) -> Double in i == j ? 4 : 1 / Double(1 + abs(i - j)) }
    }
    a[column][column] = -1
    for pool in pools {
      let input = try matrix(a, columns: n, .rowMajor, pool, of: Double.self)
      #expect(try pool.startTiledCholesky(input).result().failedColumn == column)
    }
  }

  /// Workers whose instruction set has no products of packed factors have the BLAS multiply, whatever memory there is.
  @Test func `of Cholesky and LU reproduce the matrix where a BLAS multiplies`() throws {
    var options = PoolOptions()
    options.environment["ECHELON_ISA"] = InstructionSet.available[0].name
    let pool = try ProcessPool(workers: 2, options: options)
    defer { pool.shutdown() }
    let n = 300
    let x = random(n, n, seed: 33)
    var a = try product(x, transpose(x))
    for i in 0..<n { a[i][i] += 1 }
    let scale = norm(a) * Double(n) * Double.ulpOfOne
    let input = try matrix(a, columns: n, .rowMajor, pool, of: Double.self)
    let l = rows(try pool.startTiledCholesky(input).result().lower)
    #expect(norm(difference(try product(l, transpose(l)), a)) <= 30 * scale)
    let found = try pool.startTiledLU(input).result()
    #expect(try residual(of: found, input) <= 30 * scale)
  }

  @Test(arguments: shapes)
  func `of LU reproduce the matrix with its rows exchanged`(_ m: Int, _ n: Int) throws {
    try lu(m, n, of: Double.self)
    try lu(m, n, of: Float.self)
  }

  private func lu<Element: KernelElement & LinearAlgebraScalar>(
    _ m: Int, _ n: Int, of type: Element.Type
  ) throws {
    let a = random(m, n, seed: 32)
    let count = min(m, n)
    // What lies elsewhere is the same numbers, and so is what comes of them.
    var expected: [UInt64]?
    for layout in Layout.allCases {
      for pool in layout == .rowMajor ? pools : [pools[1]] {
        let input = try matrix(a, columns: n, layout, pool, of: type)
        let lu = try pool.startTiledLU(input).result()
        let found = bits(lu.factors) + lu.exchanges.map(UInt64.init)
        if expected == nil {
          expected = found
          let residual = try residual(of: lu, input)
          let scale = norm(a) * Double(max(m, n)) * Double(Element.ulpOfOne)
          #expect(residual <= 30 * scale, "\(m) × \(n), \(layout)")
        }
        // Compared outside: what differs would be printed.
        let isSame = found == expected
        #expect(isSame, "\(m) × \(n), \(layout), \(pool.workerCount) workers")
      }
    }
  }

  /// Of L·U from A with its rows exchanged.
  private func residual<Element: KernelElement & LinearAlgebraScalar>(
    of lu: TiledLUFactors<Element>, _ a: SharedMatrix<Element>
  ) throws -> Double {
    let f = rows(lu.factors)
    let count = min(a.rows, a.columns)
    let lower = (0..<a.rows).map { i in
      (0..<count).map { (j: Int) -> Double in i == j ? 1 : i > j ? f[i][j] : 0 }
    }
    let upper = (0..<count).map { i in
      (0..<a.columns).map { (j: Int) -> Double in i <= j ? f[i][j] : 0 }
    }
    var exchanged = rows(a)
    for (i, other) in lu.exchanges.enumerated() { exchanged.swapAt(i, other) }
    #expect(lower.joined().allSatisfy { abs($0) <= 1 }, "pivots are the largest")
    return norm(difference(try product(lower, upper), exchanged))
  }

  /// Which pivots there are then is the LAPACK's affair, but for that they are rows of the matrix.
  @Test func `of LU of what is not finite exchange rows that there are`() throws {
    let n = 300
    for (count, value) in [
      (1, Double.nan), (n, .nan), (n * n, .nan), (n, .infinity), (n * n, .infinity),
    ] {
      var places = TestRandom(seed: testSeed("TiledFactorizationTests.notFinite"))
      var a = random(n, n, seed: 34)
      for index in (0..<n * n).shuffled(using: &places).prefix(count) {
        a[index / n][index % n] = value
      }
      let input = try matrix(a, columns: n, .rowMajor, pools[1], of: Double.self)
      let found = try pools[1].startTiledLU(input).result()
      #expect(found.exchanges.enumerated().allSatisfy { $0 <= $1 && $1 < n }, "\(count) × \(value)")
    }
  }

  @Test(arguments: shapes)
  func `of QR reproduce the matrix`(_ m: Int, _ n: Int) throws {
    try qr(m, n, of: Double.self)
    try qr(m, n, of: Float.self)
  }

  private func qr<Element: KernelElement & LinearAlgebraScalar>(
    _ m: Int, _ n: Int, of type: Element.Type
  ) throws {
    let a = random(m, n, seed: 33)
    let count = min(m, n)
    // What lies elsewhere is the same numbers, and so is what comes of them.
    var expected: [UInt64]?
    for layout in Layout.allCases {
      for pool in layout == .rowMajor ? pools : [pools[1]] {
        let input = try matrix(a, columns: n, layout, pool, of: type)
        let qr = try pool.startTiledQR(input).result()
        let found = bits(qr.factors) + qr.scalarFactors.map { Double($0).bitPattern }
        if expected == nil {
          expected = found
          let f = rows(qr.factors)
          // Q·R, one reflector after the other.
          var x: Rows = (0..<m).map { i in
            (0..<n).map { (j: Int) -> Double in i <= j && i < count ? f[i][j] : 0 }
          }
          for k in (0..<count).reversed() {
            let v = (0..<m).map { (i: Int) -> Double in i < k ? 0 : i == k ? 1 : f[i][k] }
            let tau = Double(qr.scalarFactors[k])
            for j in 0..<n {
              let dot = (k..<m).reduce(0) { $0 + v[$1] * x[$1][j] }
              for i in k..<m { x[i][j] -= tau * v[i] * dot }
            }
          }
          let residual = norm(difference(x, rows(input)))
          let scale = norm(a) * Double(max(m, n)) * Double(Element.ulpOfOne)
          #expect(residual <= 30 * scale, "\(m) × \(n), \(layout)")
        }
        // Compared outside: what differs would be printed.
        let isSame = found == expected
        #expect(isSame, "\(m) × \(n), \(layout), \(pool.workerCount) workers")
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of LU solve, find what is singular, and refuse what is not finite`(
    _ kind: TestedExecutor
  ) throws {
    let executor = kind.shared
    let n = 300
    #expect(executor.explain(.lu(rows: n, columns: n), of: Double.self).way != .oneCall)
    let values = random(n, n, seed: 34)
    let a = try executor.matrix(rows: n, columns: n) { values[$0][$1] }
    let ones = try executor.array(repeating: 1.0, count: n)
    let b = try executor.array((0..<n).map { row in values[row].reduce(0, +) })
    let lu = try executor.lu(a)
    let x = try lu.solve(b)
    let condition = 1 / (try lu.reciprocalCondition())
    for i in 0..<n { #expect(abs(x[i] - ones[i]) < condition * 1e-15 * 30) }
    #expect(condition > 1 && condition < 1e7)

    // Column 200 twice: without rounding in what is exactly equal, the second is 0 below the diagonal.
    let singular = try executor.matrix(rows: n, columns: n) { i, j in
      i == j && j != 200 && j != 201 ? 2.0 : (j == 200 || j == 201) && i == 200 ? 1 : 0
    }
    #expect(try executor.lu(singular).singularColumn == 201)
    #expect(throws: LinearAlgebraError.singular(column: 201)) {
      try executor.lu(singular).solve(b)
    }

    a[299, 7] = .infinity
    a[123, 45] = .nan
    #expect(throws: LinearAlgebraError.notFinite(row: 123, column: 45)) { try executor.lu(a) }
    #expect(throws: LinearAlgebraError.notFinite(row: 7, column: 299)) {
      try executor.lu(a.transposed)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are what users of Cholesky, QR and solve get for large matrices`(
    _ kind: TestedExecutor
  ) throws {
    let executor = kind.shared
    let n = 290
    let values = random(n, n, seed: 35)
    let a = try executor.matrix(rows: n, columns: n) { i, j in
      (values[i][j] + values[j][i]) / 2 + (i == j ? 30 : 0)
    }
    let x = try executor.array((0..<n).map { Double($0 % 7) - 3 })
    let b = try executor.multiply(a, x)
    func check(_ found: SharedArray<Double>) {
      for i in 0..<n { #expect(abs(found[i] - x[i]) < 1e-10) }
    }
    let factor = try executor.cholesky(a)
    check(try factor.solve(b))
    check(try executor.qr(a).solve(b))
    check(try executor.solve(a, b))
    check(try executor.solve(a, b, structure: .positiveDefinite))
    // Both are estimates, of the same number.
    let quotient = try factor.reciprocalCondition() / executor.lu(a).reciprocalCondition()
    #expect(quotient > 0.5 && quotient < 2)
    a[77, 77] = -1
    #expect(throws: LinearAlgebraError.notPositiveDefinite(column: 77)) { try executor.cholesky(a) }
    a[77, 78] = .nan  // above the diagonal, where nothing is read
    #expect(throws: LinearAlgebraError.notPositiveDefinite(column: 77)) { try executor.cholesky(a) }
    #expect(throws: LinearAlgebraError.notFinite(row: 77, column: 78)) { try executor.qr(a) }
    a[200, 3] = .infinity
    #expect(throws: LinearAlgebraError.notFinite(row: 200, column: 3)) { try executor.cholesky(a) }
  }

  @Test func `are explained`() throws {
    let pool = pools[0]
    let plan = pool.explain(.cholesky(order: 4096), of: Double.self)
    #expect(plan.way == .steps(93, rows: 1152, columns: 192))
    #expect(
      plan.description
        == "Cholesky of 4096 × 4096 Double: 93 steps on up to 1152 × 192 elements each, shared by all workers, "
        + "one thread in each")
    #expect(pool.explain(.lu(rows: 100, columns: 100), of: Float.self).way == .oneCall)
    #expect(
      pool.explain(.qr(rows: 1000, columns: 1000), of: ComplexElement<Double>.self).way
        == pool.explain(.qr(rows: 1000, columns: 1000), of: Double.self).way)
    #expect(
      pool.explain(.other(name: "SVD", rows: 3, columns: 2), of: Float.self).description
        == "SVD of 3 × 2 Float: one call in one worker, with one thread; nothing is known of it that "
        + "falls into steps")
    // The plan is the same whoever runs it.
    for other in pools {
      #expect(
        other.explain(.lu(rows: 999, columns: 500), of: Float.self)
          == pool.explain(.lu(rows: 999, columns: 500), of: Float.self))
    }
  }

  @Test
  func `count as many steps as their plans say, in an order that never waits for a later one`() {
    for (rows, columns) in [(1, 1), (300, 300), (1000, 300), (300, 1000)] {
      let layout = OperandLayout(
        matrixOf: .float64, rows: rows, columns: columns, rowStride: 1, columnStride: rows)
      let (count, width) = KernelFamily.luSteps(rows: rows, columns: columns)
      let blocks = (columns + width - 1) / width
      let factors = (min(rows, columns) + width - 1) / width
      // A factor per block on the diagonal, an update per pair, and the rows of all factors but the last.
      let pairs = (0..<factors).reduce(0) { $0 + blocks - 1 - $1 }
      #expect(count == factors + pairs + factors - 1, "\(layout)")
    }
  }
}
