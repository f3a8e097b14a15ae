import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Any m × n with orthonormal columns, m ≥ n.
private func orthonormal<Element: TestedScalar>(
  rows: Int, columns: Int, seed: UInt64
) throws -> DenseMatrix<Element> {
  try LAPACK.require()
  var q = try DenseMatrix<Element>.random(rows: rows, columns: columns, seed: seed)
  var tau = [Element](repeating: 0, count: columns)
  let shape = q.shape
  var span = q.elements.mutableSpan
  var tauSpan = tau.mutableSpan
  try LAPACK.geqrf(&span, shape, tau: &tauSpan)
  try LAPACK.orgqr(&span, shape, tau: tauSpan.span)
  return q
}

/// How a small matrix becomes a tall one of the same rank.
private enum Stretching: CaseIterable {
  /// Multiplied by orthonormal columns.
  case full
  /// As the first rows, and zeros below.
  case first
  /// As the last rows, and zeros above.
  case last

  func callAsFunction<Element: TestedScalar>(
    _ a: DenseMatrix<Element>, rows: Int, seed: UInt64
  ) throws -> DenseMatrix<Element> {
    if self == .full {
      return try orthonormal(rows: rows, columns: a.columns, seed: seed) * a
    }
    var result = DenseMatrix<Element>(rows: rows, columns: a.columns)
    let start = self == .first ? 0 : rows - a.rows
    for j in 0..<a.columns {
      for i in 0..<a.rows { result.elements[start + i + j * rows] = a.elements[i + j * a.rows] }
    }
    return result
  }
}

@Suite struct `QR of a tall matrix` {
  /// At and around the least number of elements, and with fewer; with leaves whose heights differ; and with one, two and
  /// three levels above the leaves.
  static let shapes = [
    (4096, 1), (4097, 1), (4096, 2), (4099, 13), (5003, 50), (4500, 64), (4111, 100), (4096, 256),
    (4113, 255), (65_536, 16),
    (13_007, 50), (600_011, 1), (2_200_003, 2),
  ]

  @Test(arguments: shapes)
  func `multiplied out is the matrix, and Q is orthonormal`(_ m: Int, _ n: Int) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let a = try DenseMatrix<Element>.random(rows: m, columns: n, seed: seed)
      try measure(a, ratios, "\(m) × \(n) \(Element.self), seed \(seed)")
    }
    try check(Double.self)
    try check(Float.self)
    // Of complex numbers the trees are the same.
    if m * n < 1 << 18 || m == 65_536 {
      try check(ComplexElement<Double>.self)
      try check(ComplexElement<Float>.self)
    }
    ratios.report("tall QR")
  }

  @Test func `is right for LAPACK's matrix types, of any rank`() throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let zero = MatrixType(description: "zero", structure: .zero)
      for type in generalTypes(Element.precision) + [zero] {
        for stretching in Stretching.allCases {
          let (m, n) = (4500, 24)
          let made = MadeMatrix(
            type, rows: n, columns: n, isComplex: Element.isComplex, seed: seed)
          let small = try DenseMatrix<Element>(made, type.structure, .own)
          let a = try stretching(small, rows: m, seed: seed &+ 1)
          let what = "\(type), \(stretching), \(Element.self), seed \(seed)"
          try measure(a, ratios, what, zeroColumn: type.zeroColumn(n))
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    ratios.report("tall QR of LAPACK's types")
  }

  /// - Parameter zeroColumn: the first column that is 0.
  private func measure<Element: TestedScalar>(
    _ a: DenseMatrix<Element>, _ ratios: Ratios, _ what: String, zeroColumn: Int? = nil
  ) throws {
    let (m, n) = (a.rows, a.columns)
    let c = try DenseMatrix<Element>.random(rows: m, columns: 2, seed: 7)
    let (qr, q) = try onAllPools([a], what) { pool, inputs, digest in
      let qr =
        isTree(m, n, Element.self)
        ? try pool.qr(inputs[0]) : try pool.startQRByTree(inputs[0]).result()
      let q = try qr.q()
      digest.add(qr.factors)
      digest.add(q)
      return (qr, q)
    }
    // By the number of columns, where LAPACK's programs divide by that of rows: the error of a tree grows no faster.
    ratios.expect("factors", a.ratio(ofProduct: DenseMatrix(q), DenseMatrix(try qr.r)), what)
    var product = DenseMatrix<Element>.identity(n)
    product.add(-1, DenseMatrix(q), .adjoint, DenseMatrix(q))
    // The sums of this product, of m squares each, have errors of their own, which for few columns count for more.
    ratios.expect("Q", Element.ratio(product.norm, to: [], count: max(n, m / 400)), what)
    // All m × m of Q, which are orthonormal if each reflector is one.
    let there = try qr.applyingQ(to: try c.shared(on: pools[0]), adjoint: true)
    var difference = DenseMatrix(try qr.applyingQ(to: there))
    difference.add(-1, c, .identity(2))
    ratios.expect("all of Q", Element.ratio(difference.norm, to: [c.norm], count: n), what)
    guard let zeroColumn else { return }
    #expect(throws: LinearAlgebraError.singular(column: zeroColumn), "\(what)") {
      try qr.solve(try c.shared(on: pools[0]))
    }
  }

  @Test func `solves least squares as LAPACK does`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let a = try DenseMatrix<Element>.random(rows: 6000, columns: 30, seed: seed)
      let b = try DenseMatrix<Element>.random(rows: 6000, columns: 3, seed: seed &+ 1)
      let x = try onAllPools([a, b], "\(Element.self)") { pool, inputs, digest in
        let x = try pool.startQRByTree(inputs[0]).result().solve(inputs[1])
        digest.add(x)
        return x
      }
      let ratio = a.ratio(ofLeastSquares: DenseMatrix(x), b)
      #expect(ratio < 30, "\(Element.self), seed \(seed)")
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `has the same bits for 1, 2, 3 and 7 workers and all layouts`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for (m, n) in [(5003, 11), (13_007, 50)] {
        let a = try DenseMatrix<Element>.random(rows: m, columns: n, seed: seed)
        var expected: BitDigest?
        for pool in pools {
          for layout in TestedLayout.allCases {
            let qr = try pool.startTallQR(try a.shared(on: pool, layout)).result().qr
            var digest = BitDigest()
            digest.add(qr.factors)
            digest.add(try pool.array(qr.scalarFactors))
            let isSame = digest == expected ?? digest
            #expect(isSame, "\(m) × \(n), \(layout), \(pool.workerCount) workers, seed \(seed)")
            expected = digest
          }
        }
      }
    }
    try check(ComplexElement<Double>.self)
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is refused where it is not finite, unless nobody looks`(_ kind: TestedExecutor) throws {
    let executor = kind.shared
    let a = try executor.matrix(rows: 4100, columns: 5) { Double(($0 * 7 + $1 * $1) % 11) }
    #expect(try executor.startQRByTree(a).result().residual(of: a).ratio < 30)
    a[4099, 4] = .infinity
    a[2050, 3] = .nan
    #expect(throws: LinearAlgebraError.notFinite(row: 2050, column: 3)) {
      try executor.startQRByTree(a).result()
    }
    #expect(throws: LinearAlgebraError.notFinite(row: 3, column: 2050)) {
      try executor.qr(a.transposed)
    }
    let unseen = try executor.startQRByTree(a, checkingFinite: false).result()
    #expect(unseen.factors[4, 4].isNaN)
  }

  private func isTree<Element: LinearAlgebraScalar>(
    _ m: Int, _ n: Int, _ type: Element.Type
  ) -> Bool {
    if case .tree = pools[0].explain(.qr(rows: m, columns: n), of: type).way { true } else { false }
  }

  @Test func `goes by a tree from so many rows on`() throws {
    for (m, n) in [(1 << 20, 1), (65_536, 16), (4096, 256), (1_000_000_000, 200)] {
      #expect(isTree(m, n, Double.self) && isTree(m, n, Float.self), "\(m) × \(n)")
      #expect(isTree(m, n, ComplexElement<Double>.self))
      #expect(!isTree(n, m, Double.self))
    }
    for (m, n) in [
      ((1 << 20) - 1, 1), (65_535, 16), (4095, 256), (100_000, 257), (1 << 20, 0), (0, 0),
    ] {
      #expect(!isTree(m, n, Double.self), "\(m) × \(n)")
    }
    // One row less, by one call of LAPACK.
    let a = try DenseMatrix<Double>.random(rows: 4095, columns: 256, seed: 5).shared(on: pools[1])
    #expect(try pools[1].qr(a).residual(of: a).ratio < 30)
  }

  @Test func `can be of as many rows as columns, which make one block`() throws {
    func check<Element: TestedScalar>(_ m: Int, _ n: Int, _: Element.Type) throws {
      let a = try DenseMatrix<Element>.random(rows: m, columns: n, seed: 6).shared(on: pools[1])
      let qr = try pools[1].startTallQR(a).result().qr
      let factors = DenseMatrix(qr.factors)
      var (q, r) = (factors, DenseMatrix<Element>(rows: n, columns: n))
      do {
        var span = r.elements.mutableSpan
        copyTriangle(
          .upper, factors.elements.span, factors.shape, into: &span,
          ColumnMajorShape(rows: n, columns: n))
        var qSpan = q.elements.mutableSpan
        try LAPACK.orgqr(&qSpan, factors.shape, tau: qr.scalarFactors.span)
      }
      #expect(DenseMatrix(a).ratio(ofProduct: q, r) < 30, "\(m) × \(n) \(Element.self)")
    }
    for (m, n) in [(1, 1), (7, 7), (40, 39), (257, 256)] {
      try check(m, n, Double.self)
      try check(m, n, ComplexElement<Double>.self)
      try check(m, n, ComplexElement<Float>.self)
    }
    #expect(throws: KernelError.self) {
      try pools[1].startTallQR(try pools[1].matrix(repeating: 1.0, rows: 2, columns: 3))
    }
  }
}
