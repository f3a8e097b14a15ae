import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// A·Aᴴ + I, which is positive definite.
private func positiveDefinite<Element: TestedScalar>(_ a: Reference<Element>) -> Reference<Element>
{
  var product = a * a.adjoint
  for index in 0..<a.rows { product[index, index] = product[index, index] + 1 }
  return product
}

@Suite struct `A Cholesky factorization` {
  @Test(arguments: TestedExecutor.allCases)
  func `multiplied out is the matrix, whatever lies above the diagonal`(_ kind: TestedExecutor)
    throws
  {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      try forEachMatrix(of: type, seed: seed, on: kind.shared) { random, _ in
        let a = positiveDefinite(random)
        var given = a
        for i in 0..<a.rows {
          for j in i + 1..<max(i + 1, a.rows) { given[i, j] = Element(real: .nan) }
        }
        for layout in TestedLayout.allCases {
          let cholesky = try kind.shared.cholesky(try given.shared(on: kind.shared, layout))
          let product = Reference(try cholesky.reconstruct())
          #expect(ratio(product - a, to: a.norm, count: a.rows) < 30, "n = \(a.rows), \(layout)")
          let lower = Reference(cholesky.lower)
          let isTriangle = (0..<a.rows).allSatisfy { j in (0..<j).allSatisfy { lower[$0, j] == 0 } }
          #expect(isTriangle, "n = \(a.rows)")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `solves, inverts and says how well`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      try forEachMatrix(of: type, seed: seed, on: kind.shared) { random, _ in
        let a = positiveDefinite(random)
        let cholesky = try kind.shared.cholesky(try a.shared(on: kind.shared))
        let b = Reference<Element>(rows: a.rows, columns: 2, seed: seed)
        let x = Reference(try cholesky.solve(try b.shared(on: kind.shared, .gaps)))
        #expect(ratio(a * x - b, to: a.norm * x.norm, count: a.rows) < 30, "n = \(a.rows)")
        let inverse = Reference(try cholesky.inverse())
        let unit = Reference<Element>(rows: a.rows, columns: a.rows) { $0 == $1 ? 1 : 0 }
        let scale = a.norm * inverse.norm
        #expect(ratio(a * inverse - unit, to: scale, count: a.rows) < 30, "n = \(a.rows)")
        let condition = try cholesky.reciprocalCondition()
        if a.rows > 0 { #expect(condition * scale > 0.9 && condition * scale < 10) }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of an indefinite matrix says at which column it ended`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      for column in [0, 3, 19] {
        let a = Reference<Element>(rows: 20, columns: 20) { row, other in
          row != other ? 0 : row == column ? -1 : 2
        }
        let shared = try a.shared(on: kind.shared, .gaps)
        #expect(throws: LinearAlgebraError.notPositiveDefinite(column: column)) {
          try kind.shared.cholesky(shared)
        }
        #expect(throws: LinearAlgebraError.notPositiveDefinite(column: column)) {
          try kind.shared.solve(shared, shared, structure: .positiveDefinite)
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `gives determinants, and refuses what it cannot read`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let a = try pool.array([4.0, 7, 2, 5]).reshaped(rows: 2, columns: 2)  // reads 2 for the 7
    let cholesky = try pool.cholesky(a)
    #expect(abs(cholesky.determinant - 16) < 1e-14)
    #expect(abs(cholesky.logDeterminant - 2.772588722239781) < 1e-14)
    #expect(throws: LinearAlgebraError.notSquare(operation: "cholesky", rows: 1, columns: 2)) {
      try pool.cholesky(a[0..<1, 0..<2])
    }
    a[1, 0] = .nan
    #expect(throws: LinearAlgebraError.notFinite(row: 1, column: 0)) { try pool.cholesky(a) }
  }
}
