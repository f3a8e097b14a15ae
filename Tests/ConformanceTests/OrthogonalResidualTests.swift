import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

// QR factorizations of LAPACK's own matrix types, in the measures of its own test programs: those of dchkqr and dchkq3
// (DLATB4).

extension `Residuals over LAPACK's matrix types` {
  @Test(arguments: MatrixSource.available)
  func `of QR and its solutions are small`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool) throws {
      let general = generalTypes(Element.precision)
      try forEachMatrix(
        of: all ? Array(general[..<4] + general[7...]) : [general[3]], Element.self, source,
        sizes: sizes, isSquare: false, seed: seed
      ) { a, _, type, what in
        let x = try DenseMatrix<Element>.random(rows: a.columns, columns: 3, seed: seed)
        var b = a * x
        if a.rows > a.columns {
          // Something that lies outside of A's range.
          let other = try DenseMatrix<Element>.random(rows: a.rows, columns: 3, seed: seed &+ 1)
          let scale = DenseMatrix(
            diagonal: [Element](repeating: Element(real: Element.Real(a.norm)), count: 3))
          b.add(1, other, scale)
        }
        let (r, q, solution) = try onAllPools([a, b], what) { pool, inputs, digest in
          let qr = try pool.qr(inputs[0])
          let q = try qr.q()
          digest.add(qr.factors)
          digest.add(q)
          let x = try a.rows >= a.columns ? qr.solve(inputs[1]) : nil
          if let x { digest.add(x) }
          return (try qr.r, q, x)
        }
        ratios.expect(
          "factors", a.ratio(ofProduct: DenseMatrix(q), DenseMatrix(r), count: a.rows), what)
        ratios.expect("Q", DenseMatrix(q).orthogonalityRatio, what)
        guard let solution else { return }
        let found = DenseMatrix(solution)
        if a.rows == a.columns {
          ratios.expect("solutions", a.ratio(ofSolution: found, b), what)
        } else {
          let ratio = a.ratio(ofLeastSquares: found, b, isIllConditioned: type.condition > 2)
          ratios.expect("least squares", ratio, what)
        }
      }
    }
    try forEachScalar(source, inSteps: true) { try check($0, sizes: $1, all: $2) }
    ratios.report("QR, \(source)")
  }

  @Test(arguments: MatrixSource.available)
  func `of QR with column pivoting are small, and R shows the singular values`(
    _ source: MatrixSource
  ) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool) throws {
      let types = rankTypes(Element.precision)
      try forEachMatrix(
        of: all ? types : [types[3]], Element.self, source, sizes: sizes, isSquare: false,
        seed: seed
      ) { a, made, _, what in
        let (qr, q) = try onAllPools([a], what) { pool, inputs, digest in
          let qr = try pool.qr(inputs[0], pivoting: .columns)
          let q = try qr.q()
          digest.add(qr.factors)
          digest.add(q)
          digest.add(qr.permutation)
          return (qr, q)
        }
        let r = try qr.r
        let exchanged = a.picking(columns: qr.permutation)
        ratios.expect(
          "factors", exchanged.ratio(ofProduct: DenseMatrix(q), DenseMatrix(r), count: a.rows), what
        )
        ratios.expect("Q", DenseMatrix(q).orthogonalityRatio, what)
        if let values = made.values {
          let found = Array(try pools[0].singularValues(r))
          ratios.expect("values of R", DenseMatrix<Element>.ratio(ofValues: found, values), what)
        }
      }
    }
    try forEachScalar(source) { try check($0, sizes: $1, all: $2) }
    ratios.report("QR with column pivoting, \(source)")
  }
}
