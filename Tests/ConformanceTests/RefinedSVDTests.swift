import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `Singular value decompositions of few values` {
  /// What LAPACK leaves of these is above 15 for one or two in a hundred matrices, and above 30 for one in thousands.
  @Test func `are as exact as rounding allows`() throws {
    let seed = testSeed()
    let pool = pools[1]
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, _ rows: Int, _ columns: Int) throws {
      let type = MatrixType(
        description: "geometric singular values", structure: .full,
        condition: 1 / Element.precision.ulp)
      for number in 0..<60 {
        let made = MadeMatrix(
          type, rows: rows, columns: columns, isComplex: Element.isComplex,
          seed: seed &+ UInt64(number))
        let a = try DenseMatrix<Element>(made, type.structure, .own)
        let what = "\(rows) × \(columns) \(Element.self), number \(number), seed \(seed)"
        for vectors in [SingularVectors.thin, .full] {
          let svd = try pool.svd(try a.shared(on: pool), vectors: vectors)
          let check = try svd.residual(of: try a.shared(on: pool))
          ratios.expect("residual", check.residual, what)
          ratios.expect("orthogonality", check.orthogonality, what)
          let values = Array(svd.singularValues)
          #expect(values == values.sorted(by: >) && values.allSatisfy { $0 >= 0 }, "\(what)")
        }
      }
    }
    for (rows, columns) in [(2, 2), (3, 3), (5, 5), (8, 8), (6, 9), (7, 3), (4, 9), (1, 6)] {
      try check(Double.self, rows, columns)
      try check(ComplexElement<Double>.self, rows, columns)
    }
    try check(Float.self, 3, 3)
    try check(ComplexElement<Float>.self, 3, 5)
    ratios.report("few singular values")
  }

  /// Of so many matrices LAPACK alone would leave 15 or more of one, but for one time in a hundred.
  @Test func `are so for each of many matrices`() throws {
    let seed = testSeed()
    let type = MatrixType(
      description: "geometric singular values", structure: .full,
      condition: 1 / Double.precision.ulp)
    for number in 0..<320 {
      let made = MadeMatrix(
        type, rows: 3, columns: 3, isComplex: false, seed: seed &+ UInt64(number))
      let a = try DenseMatrix<Double>(made, type.structure, .own)
      let svd = try pools[1].svd(try a.shared(on: pools[1]))
      let ratio = try svd.residual(of: try a.shared(on: pools[1])).residual
      #expect(ratio < 15, "number \(number), seed \(seed)")
    }
  }

  /// What bdsqr may leave is put there by hand, and more.
  @Test func `are found again where they are known but roughly`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type, _ m: Int, _ n: Int, lost: Int) throws {
      let k = min(m, n)
      let shape = ColumnMajorShape(rows: m, columns: n)
      let (uShape, vShape) = LAPACK.SingularVectors.full.shapes(rows: m, columns: n)
      var a = try DenseMatrix<Element>.random(rows: m, columns: n, seed: seed)
      // The last columns, or rows, are those before them: as many singular values are 0.
      for column in 0..<n {
        for row in 0..<m {
          let (i, j) = (min(row, m <= n ? k - 1 - lost : m), min(column, n < m ? k - 1 - lost : n))
          a.elements[row + column * m] = a.elements[i + j * m]
        }
      }
      var copy = a.elements
      var values = [Element.Real](repeating: 0, count: k)
      var u = [Element](repeating: 0, count: m * m)
      var v = [Element](repeating: 0, count: n * n)
      do {
        var copySpan = copy.mutableSpan
        var valueSpan = values.mutableSpan
        var uSpan = u.mutableSpan
        var vSpan = v.mutableSpan
        let converged = try LAPACK.gesdd(
          .full, &copySpan, shape, values: &valueSpan, u: &uSpan, vAdjoint: &vSpan)
        #expect(converged)
      }
      let exact = values
      // A rotation of two columns of U by a little, which no value of A has.
      for i in 0..<m where k > 1 {
        let (x, y) = (u[i], u[i + m])
        u[i] = x.scaled(by: 0.8) - y.scaled(by: 0.6)
        u[i + m] = x.scaled(by: 0.6) + y.scaled(by: 0.8)
      }
      values[0] *= 1.01
      do {
        var valueSpan = values.mutableSpan
        var uSpan = u.mutableSpan
        var vSpan = v.mutableSpan
        refineSVD(
          of: a.elements.span, shape, values: &valueSpan, u: &uSpan, uShape, vAdjoint: &vSpan,
          vShape)
      }
      let what = "\(m) × \(n) \(Element.self), \(lost) lost, seed \(seed)"
      #expect(
        DenseMatrix<Element>.ratio(ofValues: values, exact.map { Double($0) }) < 30, "\(what)")
      var (left, right) = (
        DenseMatrix<Element>(rows: m, columns: m), DenseMatrix<Element>(rows: n, columns: n)
      )
      (left.elements, right.elements) = (u, v)
      #expect(left.orthogonalityRatio < 30, "\(what)")
      #expect(right.transposed.orthogonalityRatio < 30, "\(what)")
      var middle = DenseMatrix<Element>(rows: m, columns: n)
      for index in 0..<k { middle.elements[index * (m + 1)] = Element(real: values[index]) }
      #expect(a.ratio(ofProduct: left * middle, right) < 30, "\(what)")
    }
    for (m, n) in [(1, 1), (2, 2), (3, 3), (5, 5), (6, 4), (4, 7), (8, 8)] {
      for lost in 0..<min(m, n) {
        try check(Double.self, m, n, lost: lost)
        try check(ComplexElement<Double>.self, m, n, lost: lost)
        try check(ComplexElement<Float>.self, m, n, lost: lost)
      }
    }
  }
}
