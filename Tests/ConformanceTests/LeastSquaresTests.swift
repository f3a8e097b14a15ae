import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `Least squares` {
  @Test(arguments: TestedExecutor.allCases)
  func `of full rank leave a residual that is orthogonal to all columns`(
    _ kind: TestedExecutor
  ) throws {
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let seed = testSeed()
      for (rows, columns) in [
        (1, 1), (2, 1), (3, 2), (5, 5), (10, 3), (3, 10), (50, 20), (20, 50), (200, 60),
      ] {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let b = Reference<Element>(rows: rows, columns: 3, seed: seed &+ 1)
        let (sharedA, sharedB) = (
          try a.shared(on: kind.shared, .gaps), try b.shared(on: kind.shared, .columns)
        )
        for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
          let solution = try kind.shared.leastSquares(sharedA, sharedB, method: method)
          #expect(solution.rank == min(rows, columns))
          let x = Reference(solution.x)
          let residual = b - a * x
          let scale = a.norm * x.norm + b.norm
          let count = max(rows, columns)
          if rows <= columns {
            #expect(ratio(residual, to: scale, count: count) < 30, "\(rows) × \(columns)")
          } else {
            let gradient = a.adjoint * residual
            #expect(
              ratio(gradient, to: a.adjoint.norm * scale, count: count) < 30, "\(rows) × \(columns)"
            )
          }
          for column in 0..<3 {
            let squares = (0..<rows).reduce(0.0) {
              let modulus = Double(residual[$1, column].modulus)
              return $0 + modulus * modulus
            }
            let error = abs(solution.residualNorms[column] - squares.squareRoot())
            #expect(error <= 30 * Element.epsilon * Double(count) * scale)
          }
          #expect(
            solution.singularValues.count == (method == .singularValues ? min(rows, columns) : 0))
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `that lack rank have the solution of least norm`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let pool = kind.shared
      let seed = testSeed()
      for (rows, columns, rank) in [(30, 20, 7), (20, 30, 3), (6, 6, 5), (4, 4, 0)] {
        let a =
          Reference<Element>(rows: rows, columns: rank, seed: seed)
          * Reference<Element>(rows: rank, columns: columns, seed: seed &+ 1)
        let b = Reference<Element>(rows: rows, columns: 2, seed: seed &+ 2)
        let (sharedA, sharedB) = (try a.shared(on: pool), try b.shared(on: pool))
        let inverse = Reference(try pool.pseudoInverse(sharedA, tolerance: 1e-4))
        let expected = inverse * b
        for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
          let solution = try pool.leastSquares(
            sharedA, sharedB, method: method, tolerance: 1e-4)
          #expect(solution.rank == rank, "\(method)")
          let scale = a.norm * inverse.norm * inverse.norm * b.norm
          let difference = Reference(solution.x) - expected
          #expect(
            ratio(difference, to: scale, count: max(rows, columns)) < 30, "\(method), \(rank)")
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of no rows, columns or right sides are solved, too`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    for (rows, columns, sides) in [(0, 3, 2), (3, 0, 2), (0, 0, 1), (4, 3, 0), (3, 4, 0)] {
      let a = try Reference<Double>(rows: rows, columns: columns, seed: 3).shared(on: pool)
      let b = try pool.matrix(repeating: 2.0, rows: rows, columns: sides)
      for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
        let solution = try pool.leastSquares(a, b, method: method)
        #expect(Array(solution.x.storage) == [Double](repeating: 0, count: columns * sides))
        let norm = (4 * Double(rows)).squareRoot()
        #expect(solution.residualNorms == [Double](repeating: norm, count: sides))
        #expect(solution.rank == min(rows, columns))
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `fit a line`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = [0.0, 1, 2, 3]
    let a = try pool.matrix(rows: 4, columns: 2) { $1 == 0 ? 1 : x[$0] }
    let solution = try pool.leastSquares(a, try pool.array([-1, 0.2, 0.9, 2.1]))
    // NumPy's example: slope 1, intercept -0.95.
    #expect(abs(solution.x[0, 0] + 0.95) < 1e-14 && abs(solution.x[1, 0] - 1) < 1e-14)
    #expect(abs(solution.residualNorms[0] - 0.05.squareRoot()) < 1e-14)
    #expect(
      throws: LinearAlgebraError.rightSideMismatch(
        operation: "leastSquares", rows: 4, columns: 2, rightSideRows: 3)
    ) { try pool.leastSquares(a, try pool.array([1.0, 2, 3])) }
    let bad = try pool.array([1.0, 2, .nan, 4])
    #expect(throws: LinearAlgebraError.notFinite(operand: .b, row: 2, column: 0)) {
      try pool.leastSquares(a, bad)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `with a penalty satisfy the normal equations`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let pool = kind.shared
      let seed = testSeed()
      for (rows, columns) in [(1, 1), (20, 8), (8, 20), (50, 50)] {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let b = Reference<Element>(rows: rows, columns: 2, seed: seed &+ 1)
        let (sharedA, sharedB) = (
          try a.shared(on: pool, .gaps), try b.shared(on: pool, .columns)
        )
        let svd = try pool.svd(sharedA)
        for lambda in [0.01, 1, 100] {
          let x = Reference(try pool.ridge(sharedA, sharedB, lambda: lambda))
          #expect(x == Reference(try svd.ridge(sharedB, lambda: lambda)))
          let penalty = Reference<Element>(rows: columns, columns: 2) {
            x[$0, $1].scaled(by: Element.Real(lambda))
          }
          let rest = a.adjoint * (b - a * x) - penalty
          let scale = a.adjoint.norm * (a.norm * x.norm + b.norm) + lambda * x.norm
          #expect(ratio(rest, to: scale, count: max(rows, columns)) < 30, "λ = \(lambda)")
        }
        let none = Reference(try pool.ridge(sharedA, sharedB, lambda: 0))
        #expect(none == Reference(try svd.solve(sharedB)))
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    let one = try kind.shared.identityMatrix(of: Double.self, size: 2)
    for lambda in [-1, Double.nan, .infinity] {
      #expect(throws: PoolError.self) { try kind.shared.ridge(one, one, lambda: lambda) }
    }
    #expect(
      Array(try kind.shared.ridge(one, try kind.shared.array([2.0, 4]), lambda: 1)) == [1, 2])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `have the same bits with any number of workers`(_ kind: TestedExecutor) throws {
    let seed = testSeed()
    let a = Reference<Float>(rows: 90, columns: 40, seed: seed)
    let b = Reference<Float>(rows: 90, columns: 3, seed: seed &+ 1)
    var first: [[String]]?
    for workers in [1, 2, 3, 7] {
      let pool = try kind.make(workers)
      let (a, b) = (try a.shared(on: pool), try b.shared(on: pool))
      let found = [
        bits(try pool.leastSquares(a, b).x),
        bits(try pool.leastSquares(a, b, method: .completeOrthogonal).x),
        bits(try pool.ridge(a, b, lambda: 0.5)),
      ]
      #expect(found == first ?? found, "\(workers) workers")
      first = found
      pool.shutdown()
    }
  }

  @Test func `are there for async functions`() async throws {
    let pool = TestedExecutor.spawn.shared
    let a = try pool.identityMatrix(of: Double.self, size: 2)
    let b = try pool.array([1.0, 2])
    #expect(Array(try await pool.leastSquares(a, b).x.storage) == [1, 2])
    #expect(Array(try await pool.leastSquares(a, b.asColumn).x.storage) == [1, 2])
    #expect(Array(try await pool.ridge(a, b, lambda: 1)) == [0.5, 1])
  }
}
