import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `Factorizations of complex matrices in steps` {
  /// The second with a block column to the right of the last diagonal block, the third with rows below it.
  static let shapes = [(257, 257), (300, 391), (391, 300), (700, 290)]

  @Test(arguments: shapes)
  func `give what multiplied out is the matrix, with the same bits on all pools`(
    _ m: Int, _ n: Int
  ) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let a = try DenseMatrix<Element>.random(rows: m, columns: n, seed: seed)
      let what = "\(m) × \(n) \(Element.self), seed \(seed)"
      for operation in [DenseOperation.lu(rows: m, columns: n), .qr(rows: m, columns: n)] {
        #expect(pools[0].explain(operation, of: Element.self).way != .oneCall)
      }
      let lu = try onAllPools([a], "LU of \(what)") { pool, inputs, digest in
        let lu = try pool.lu(inputs[0])
        digest.add(lu.factors)
        digest.add(lu.permutation)
        if m == n { digest.add(try pool.array([try lu.reciprocalCondition()])) }
        return lu
      }
      let product = DenseMatrix(try lu.lower) * DenseMatrix(try lu.upper)
      var difference = a.picking(rows: lu.permutation)
      difference.add(-1, product, .identity(n))
      ratios.expect("LU", Element.ratio(difference.norm, to: [a.norm], count: n), what)

      let qr = try onAllPools([a], "QR of \(what)") { pool, inputs, digest in
        let qr = try pool.qr(inputs[0])
        digest.add(qr.factors)
        digest.add(try qr.q())
        return qr
      }
      let q = DenseMatrix(try qr.q())
      ratios.expect("QR", a.ratio(ofProduct: q, DenseMatrix(try qr.r), count: m), what)
      ratios.expect("Q", q.orthogonalityRatio, what)
    }
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    ratios.report("complex steps")
  }

  @Test(arguments: [257, 391])
  func `give L of a positive definite matrix, of which only the lower triangle is read`(
    _ n: Int
  ) throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let x = try DenseMatrix<Element>.random(rows: n, columns: n, seed: seed)
      var a = DenseMatrix<Element>.identity(n)
      a.add(1, x, .plain, x, .adjoint)
      var input = a
      for j in 0..<n { for i in 0..<j { input.elements[i + j * n] = Element(real: .nan) } }
      let what = "\(n) × \(n) \(Element.self), seed \(seed)"
      let factor = try onAllPools([input], what) { pool, inputs, digest in
        let factor = try pool.cholesky(inputs[0])
        digest.add(factor.lower)
        return factor
      }
      let l = DenseMatrix(factor.lower)
      for j in 0..<n { for i in 0..<j { #expect(l.elements[i + j * n] == 0) } }
      let ratio = a.ratio(ofProduct: l, l, .adjoint)
      #expect(ratio < 30, "\(what)")

      // On the diagonal only the real parts count, however large the others are.
      for size in [1.0, 1e20] {
        var imaginary = input
        for i in 0..<n {
          let large = Element.random(&random)
          imaginary.elements[i * (n + 1)] =
            input.elements[i * (n + 1)]
            + (large - large.conjugate).scaled(by: Element.Real(size))
        }
        let other = try pools[1].cholesky(try imaginary.shared(on: pools[1], .rows))
        #expect(DenseMatrix(other.lower).elements == l.elements, "\(what)")
        #expect(try other.reciprocalCondition() == factor.reciprocalCondition(), "\(what)")
        let some = Element.random(&random)
        imaginary.elements[5 * (n + 1)] =
          input.elements[5 * (n + 1)] + (some - some.conjugate).scaled(by: .infinity)
        let unfinished = try imaginary.shared(on: pools[1])
        #expect(throws: LinearAlgebraError.notFinite(row: 5, column: 5), "\(what)") {
          try pools[1].cholesky(unfinished)
        }
      }

      let column = n - 3
      input.elements[column * (n + 1)] = -1
      let indefinite = try input.shared(on: pools[1])
      #expect(throws: LinearAlgebraError.notPositiveDefinite(column: column), "\(what)") {
        try pools[1].cholesky(indefinite)
      }
      input.elements[n - 1 + 7 * n] = Element(real: .nan)
      let unfinished = try input.shared(on: pools[1])
      #expect(throws: LinearAlgebraError.notFinite(row: n - 1, column: 7), "\(what)") {
        try pools[1].cholesky(unfinished)
      }
    }
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `solve, find what is singular, and refuse what is not finite`(_ kind: TestedExecutor) throws
  {
    let executor = kind.shared
    let n = 290
    typealias Element = ComplexElement<Double>
    let seed = testSeed()
    let dense = try DenseMatrix<Element>.random(rows: n, columns: n, seed: seed)
    let a = try dense.shared(on: executor)
    let x = try executor.array(count: n) { Element(Double($0 % 7) - 3, Double($0 % 3)) }
    let b = try executor.multiply(a, x)
    for solution in [
      try executor.solve(a, b), try executor.qr(a).solve(b), try executor.lu(a).solve(b),
    ] {
      #expect(try executor.residual(of: solution, solving: a, b).ratio < 30, "seed \(seed)")
    }
    #expect(try executor.lu(a).residual(of: a).ratio < 30)
    #expect(try executor.qr(a).residual(of: a).ratio < 30)

    // Column 200 twice: without rounding in what is exactly equal, the second is 0 below the diagonal.
    for i in 0..<n {
      for j in 0..<n {
        let isTwice = j == 200 || j == 201
        a[i, j] = i == j && !isTwice ? Element(0, 2) : isTwice && i == 200 ? Element(1, 1) : 0
      }
    }
    #expect(throws: LinearAlgebraError.singular(column: 201)) { try executor.solve(a, b) }
    a[288, 7] = Element(0, .infinity)
    a[123, 45] = Element(0, .nan)
    #expect(throws: LinearAlgebraError.notFinite(row: 123, column: 45)) { try executor.lu(a) }
    #expect(throws: LinearAlgebraError.notFinite(row: 7, column: 288)) {
      try executor.qr(a.transposed)
    }
  }
}
