import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

// Factorizations of LAPACK's own matrix types, in the measures of its own test programs. The types and their order are
// those of dchkge, dchkpo, dchkqr, dchkq3 and ddrvls (DLATB4, DQRT13, DQRT15).

/// Types of general matrices (dchkge): types 5 to 7 are singular.
func generalTypes(_ precision: Precision) -> [MatrixType] {
  [
    MatrixType(description: "diagonal", structure: .diagonal),
    MatrixType(description: "upper triangular", structure: .upper),
    MatrixType(description: "lower triangular", structure: .lower),
    MatrixType(description: "random, condition 2", structure: .full),
    MatrixType(
      description: "first column zero", structure: .zeroColumns(first: { _ in 0 }, isLast: false)),
    MatrixType(
      description: "last column zero", structure: .zeroColumns(first: { $0 - 1 }, isLast: false)),
    MatrixType(
      description: "last n/2 columns zero", structure: .zeroColumns(first: { $0 / 2 }, isLast: true)
    ),
    MatrixType(
      description: "condition √(0.1/ε)", structure: .full, condition: precision.badCondition),
    MatrixType(
      description: "condition 0.1/ε", structure: .full, condition: precision.worstCondition),
    MatrixType(description: "near underflow", structure: .full, norm: precision.small),
    MatrixType(description: "near overflow", structure: .full, norm: precision.large),
  ]
}

/// Of symmetric ones (dchkpo); 3 to 5 are not positive definite.
private func positiveDefiniteTypes(_ precision: Precision) -> [MatrixType] {
  let general = generalTypes(precision)
  return [general[0], general[3], general[4], general[5]] + [
    MatrixType(
      description: "middle row and column zero",
      structure: .zeroColumns(first: { $0 / 2 }, isLast: false))
  ] + general[7...]
}

/// Of matrices for QR with column pivoting (dchkq3).
private func rankTypes(_ precision: Precision) -> [MatrixType] {
  [
    MatrixType(description: "zero", structure: .zero),
    MatrixType(
      description: "one small singular value", structure: .full, spread: .oneSmall,
      condition: 1 / precision.ulp),
    MatrixType(
      description: "one large singular value", structure: .full, spread: .oneLarge,
      condition: 1 / precision.ulp),
    MatrixType(
      description: "geometric singular values", structure: .full, condition: 1 / precision.ulp),
  ]
}

/// Of least-squares problems (ddrvls).
private func leastSquaresTypes(_ precision: Precision) -> [MatrixType] {
  [("", 1.0), (", large", precision.large), (", small", precision.small)].flatMap { name, norm in
    [
      MatrixType(description: "full rank\(name)", structure: .full, norm: norm),
      MatrixType(description: "deficient\(name)", structure: .deficient, norm: norm),
    ]
  }
}

/// The shapes of a size: square, and more or fewer rows.
private func shapes(_ size: Int) -> [(rows: Int, columns: Int)] {
  switch size {
  case 0: [(0, 0), (0, 3), (3, 0)]
  case ...3: [(size, size)]
  case ...50: [(size, size), (size, size / 2), (size / 2, size)]
  default: [(size, size), (size, size / 4), (size / 4, size)]
  }
}

/// Calls a test with every matrix of some types.
func forEachMatrix<Element: TestedScalar>(
  of types: [MatrixType], _: Element.Type, _ source: MatrixSource, sizes: [Int]? = nil,
  isHermitian: Bool = false, isIndefinite: Bool = false, isSquare: Bool = true, seed: UInt64,
  _ body: (DenseMatrix<Element>, MadeMatrix, MatrixType, String) throws -> Void
) throws {
  for size in sizes ?? source.sizes {
    for (rows, columns) in isSquare ? [(size, size)] : shapes(size) {
      for (number, type) in types.enumerated() {
        // Of large matrices each element type takes some of the types, which together are all.
        let place = Int(Element.scalarType.rawValue)
        if rows * columns > 2500, sizes == nil, number % 4 != place, Element.self != Double.self {
          continue
        }
        let made = MadeMatrix(
          type, rows: rows, columns: columns, isComplex: Element.isComplex,
          isHermitian: isHermitian, isIndefinite: isIndefinite, source: source,
          seed: seed &+ UInt64(1000 * size + number))
        let a = try DenseMatrix<Element>(made, type.structure, source)
        try body(a, made, type, "\(type), \(rows) × \(columns) \(Element.self), \(source)")
      }
    }
  }
}

extension MatrixType {
  /// The first column that is 0 in a matrix of `count` columns.
  func zeroColumn(_ count: Int) -> Int? {
    guard case .zeroColumns(let first, _) = structure, count > 0 else { return nil }
    return first(count)
  }
}

#if DEBUG
  /// Size 1000 is for release builds: its products take the reference BLAS long enough, without loops in debug builds.
  private let largeSizes: [Int] = []
#else
  private let largeSizes = [1000]
#endif

/// Matrices of these sizes are factored by all workers, in steps.
private let sharedSizes = [300]

@Suite struct `Residuals over LAPACK's matrix types` {
  @Test(arguments: MatrixSource.allCases)
  func `are made of matrices that have the singular values they promise`(
    _ source: MatrixSource
  ) throws {
    guard source.isAvailable else { return }
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let types = generalTypes(Element.precision) + rankTypes(Element.precision)
      for isHermitian in [false, true] {
        try forEachMatrix(
          of: types, Element.self, source, sizes: [0, 1, 2, 5, 33], isHermitian: isHermitian,
          isSquare: isHermitian, seed: seed
        ) { a, made, type, what in
          guard let values = made.values else { return }
          let found = Array(try pools[1].singularValues(try a.shared(on: pools[1])))
          let ratio = DenseMatrix<Element>.ratio(ofValues: found, values.map(abs))
          #expect(ratio < 30, "\(what)")
          // And they are no diagonals, where they are to be full.
          if case .full = type.structure, a.columns > 1, a.rows > 1 {
            #expect(a.elements.allSatisfy { $0 != 0 }, "\(what)")
          }
          let differs =
            !isHermitian || a.columns == 0
            ? false : a.transposed.elements.map(\.conjugate) != a.elements
          if case .full = type.structure { #expect(!differs, "\(what)") }
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: MatrixSource.allCases)
  func `of LU, its solutions and its inverse are small`(_ source: MatrixSource) throws {
    guard source.isAvailable else { return }
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]? = nil, all: Bool = true)
      throws
    {
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
        #expect(lu.singularColumn == zeroColumn, "\(what)")
        guard a.rows == a.columns, zeroColumn == nil else { return }
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
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    if source == .own {
      try check(Double.self, sizes: sharedSizes)
      try check(Float.self, sizes: sharedSizes)
      try check(Double.self, sizes: largeSizes, all: false)
      try check(Float.self, sizes: largeSizes, all: false)
    }
    ratios.report("LU, \(source)")
  }

  @Test(arguments: MatrixSource.allCases)
  func `of Cholesky, its solutions and its inverse are small`(_ source: MatrixSource) throws {
    guard source.isAvailable else { return }
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]? = nil, all: Bool = true)
      throws
    {
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
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    if source == .own {
      try check(Double.self, sizes: sharedSizes)
      try check(Float.self, sizes: sharedSizes)
      try check(Double.self, sizes: largeSizes, all: false)
      try check(Float.self, sizes: largeSizes, all: false)
    }
    ratios.report("Cholesky, \(source)")
  }

  @Test(arguments: MatrixSource.allCases)
  func `of QR and its solutions are small`(_ source: MatrixSource) throws {
    guard source.isAvailable else { return }
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]? = nil, all: Bool = true)
      throws
    {
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
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    if source == .own {
      try check(Double.self, sizes: sharedSizes)
      try check(Float.self, sizes: sharedSizes)
      try check(Double.self, sizes: largeSizes, all: false)
      try check(Float.self, sizes: largeSizes, all: false)
    }
    ratios.report("QR, \(source)")
  }

  @Test(arguments: MatrixSource.allCases)
  func `of QR with column pivoting are small, and R shows the singular values`(
    _ source: MatrixSource
  ) throws {
    guard source.isAvailable else { return }
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      try forEachMatrix(
        of: rankTypes(Element.precision), Element.self, source, isSquare: false, seed: seed
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
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    ratios.report("QR with column pivoting, \(source)")
  }

  @Test(arguments: MatrixSource.allCases)
  func `of least squares are small, and solutions are the shortest ones`(
    _ source: MatrixSource
  ) throws {
    guard source.isAvailable else { return }
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      try forEachMatrix(
        of: leastSquaresTypes(Element.precision), Element.self, source, isSquare: false, seed: seed
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
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    ratios.report("least squares, \(source)")
  }
}
