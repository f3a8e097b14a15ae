import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

// Least squares with LAPACK's own matrix types, in the measures of its own test programs: those of ddrvls (DQRT13,
// DQRT15).

/// Of least-squares problems (ddrvls).
private func leastSquaresTypes(_ precision: Precision) -> [MatrixType] {
  [("", 1.0), (", large", precision.large), (", small", precision.small)].flatMap { name, norm in
    [
      MatrixType(description: "full rank\(name)", structure: .full, norm: norm),
      MatrixType(description: "deficient\(name)", structure: .deficient, norm: norm),
    ]
  }
}

extension `Residuals over LAPACK's matrix types` {
  @Test(arguments: MatrixSource.available)
  func `of least squares are small, and solutions are the shortest ones`(
    _ source: MatrixSource
  ) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool) throws {
      let types = leastSquaresTypes(Element.precision)
      try forEachMatrix(
        of: all ? types : [types[1]], Element.self, source, sizes: sizes, isSquare: false,
        seed: seed
      ) { a, made, type, what in
        let x = try DenseMatrix<Element>.random(rows: a.columns, columns: 3, seed: seed)
        let b = a * x
        var isDeficient = false
        if case .deficient = type.structure { isDeficient = true }
        let count = min(a.rows, a.columns)
        let rank = isDeficient && count > 0 ? MadeMatrix.deficientRank(count) : count
        for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
          let found = try onAllPools([a, b], what) { pool, inputs, digest in
            let found = try pool.leastSquares(inputs[0], inputs[1], method: method)
            digest.add(found.x)
            digest.add(found.singularValues)
            return found
          }
          #expect(found.rank == rank, "\(what), \(method)")
          let solution = DenseMatrix(found.x)
          if rank == a.rows {
            // All of B can be reached.
            let size = max(a.rows, a.columns)
            ratios.expect("solutions", a.ratio(ofSolution: solution, b, count: size), what)
          }
          ratios.expect("least squares", a.ratio(ofLeastSquares: solution, b), what)
          if method == .singularValues, let values = made.values {
            ratios.expect(
              "singular values",
              DenseMatrix<Element>.ratio(ofValues: Array(found.singularValues), values), what)
          }
          // In the space of A's rows (dqrt14), for which those are to be independent.
          if rank == a.rows, a.rows < a.columns, a.rows > 0 {
            var adjoint = DenseMatrix<Element>(rows: a.columns, columns: a.rows)
            let exponent = -Int(a.norm.exponent)
            adjoint.add(1, a.scaled(exponent: exponent), .adjoint, .identity(a.rows))
            let q = DenseMatrix(try pools[0].qr(try adjoint.shared(on: pools[0])).q())
            var projection = DenseMatrix<Element>(rows: a.rows, columns: 3)
            projection.add(1, q, .adjoint, solution)
            var rest = solution
            rest.add(-1, q, projection)
            ratios.expect(
              "row space", Element.ratio(rest.norm, to: [solution.norm], count: a.columns), what)
          }
        }
      }
    }
    try forEachScalar(source) { try check($0, sizes: $1, all: $2) }
    ratios.report("least squares, \(source)")
  }
}
