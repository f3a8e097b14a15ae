import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `Principal components` {
  @Test(arguments: TestedExecutor.allCases)
  func `are the eigenvectors of the covariance matrix`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let pool = kind.shared
      let seed = testSeed()
      for (n, p) in [(2, 1), (50, 6), (6, 50), (200, 20)] {
        // Variables of different variance and far from 0.
        let random = Reference<Element>(rows: n, columns: p, seed: seed)
        let x = Reference<Element>(rows: n, columns: p) {
          random[$0, $1].scaled(by: Element.Real($1 + 1)) + 3
        }
        let shared = try x.shared(on: pool, .gaps)
        let found = try pool.principalComponents(shared)
        let components = Reference(found.components)
        expectOrthonormal(components.adjoint, "\(n) × \(p)")
        let means = Array(found.means)
        let centred = Reference<Element>(rows: n, columns: p) { x[$0, $1] - means[$1] }
        let factor = 1 / Element.Real(n - 1)
        let product = centred.adjoint * centred
        let covariance = Reference<Element>(rows: p, columns: p) {
          product[$0, $1].scaled(by: factor)
        }
        let directions = components.adjoint
        let variances = found.explainedVariance
        #expect(variances == variances.sorted(by: >) && variances.count == min(n, p))
        let stretched = Reference<Element>(rows: p, columns: min(n, p)) {
          directions[$0, $1].scaled(by: Element.Real(variances[$1]))
        }
        #expect(
          ratio(covariance * directions - stretched, to: covariance.norm, count: n) < 30,
          "\(n) × \(p)")
        #expect(abs(found.explainedVarianceRatio.reduce(0, +) - 1) < 1e-6)
        for i in 0..<min(n, p) {
          let row = (0..<p).map { components[i, $0] }
          let largest = row.max { $0.modulus < $1.modulus }!
          let distance = (largest - Element(real: largest.modulus)).modulus
          #expect(Double(distance) < 4 * Element.epsilon, "the sign is not fixed")
        }
        // All of them describe the observations, and a few their best approximation.
        let scores = try found.transform(shared)
        let back = Reference(try found.inverseTransform(scores))
        #expect(ratio(back - x, to: x.norm, count: n + p) < 30)
        let few = try pool.principalComponents(shared, count: 1)
        #expect(few.components.rows == 1)
        #expect(few.explainedVariance == [variances[0]])
        #expect(few.explainedVarianceRatio == [found.explainedVarianceRatio[0]])
        let one = Reference(try few.transform(shared))
        #expect(one.columns == 1)
        let column = Reference<Element>(rows: n, columns: 1) { scores[$0, $1] }
        #expect(ratio(one - column, to: x.norm, count: n + p) < 30)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of scaled variables do not depend on their units`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = Reference<Double>(rows: 40, columns: 5, seed: testSeed())
    // Powers of 2: exact.
    let other = Reference<Double>(rows: 40, columns: 5) {
      x[$0, $1] * Double(1 << (3 * $1))
    }
    let first = try pool.principalComponents(try x.shared(on: pool), scaled: true)
    let second = try pool.principalComponents(try other.shared(on: pool), scaled: true)
    #expect(Reference(first.components) == Reference(second.components))
    #expect(first.explainedVariance == second.explainedVariance)
    #expect(abs(first.explainedVariance.reduce(0, +) - 5) < 1e-13)
    let back = try second.inverseTransform(second.transform(try other.shared(on: pool)))
    #expect(ratio(Reference(back) - other, to: other.norm, count: 40) < 30)
    // A variable that does not vary stays as it is.
    let constant = try pool.matrix(rows: 10, columns: 2) { $1 == 0 ? 0.1 : Double($0) }
    let found = try pool.principalComponents(constant, scaled: true)
    #expect(found.scales[0] == 1 && abs(found.explainedVariance[0] - 1) < 1e-14)
    #expect(found.explainedVariance[1] < 1e-28)
    #expect(abs(found.components[0, 1] - 1) < 1e-15)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuse what does not fit`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let row = try pool.matrix(repeating: 1.0, rows: 1, columns: 3)
    #expect(throws: PoolError.self) { try pool.principalComponents(row) }
    let x = try pool.matrix(rows: 4, columns: 3) { Double($0 * $1) }
    #expect(throws: PoolError.self) { try pool.principalComponents(x, count: 4) }
    #expect(throws: PoolError.self) { try pool.principalComponents(x, count: -1) }
    let found = try pool.principalComponents(x, count: 2)
    #expect(throws: PoolError.self) { try found.transform(x.transposed) }
    #expect(throws: PoolError.self) { try found.inverseTransform(x) }
    x[2, 1] = .nan
    #expect(throws: LinearAlgebraError.notFinite(operand: .observations, row: 2, column: 1)) {
      try pool.principalComponents(x)
    }
    #expect(throws: LinearAlgebraError.notFinite(operand: .observations, row: 2, column: 1)) {
      try found.transform(x)
    }
    let same = try pool.matrix(repeating: 0.1, rows: 5, columns: 2)
    let none = try pool.principalComponents(same)
    #expect(none.explainedVariance.allSatisfy { $0 < 1e-30 })
    let empty = try pool.principalComponents(
      try pool.matrix(repeating: 0.0, rows: 5, columns: 0))
    #expect(empty.explainedVariance.isEmpty && empty.components.rows == 0)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `have the same bits with any number of workers`(_ kind: TestedExecutor) throws {
    let x = Reference<Double>(rows: 120, columns: 30, seed: testSeed())
    var first: [[String]]?
    for workers in [1, 2, 3, 7] {
      let pool = try kind.make(workers)
      let shared = try x.shared(on: pool, .columns)
      let components = try pool.principalComponents(shared, count: 4, scaled: true)
      let found = [bits(components.components), bits(try components.transform(shared))]
      #expect(found == first ?? found, "\(workers) workers")
      first = found
      pool.shutdown()
    }
  }

  @Test func `are there for async functions`() async throws {
    let pool = TestedExecutor.spawn.shared
    let x = try pool.matrix(rows: 4, columns: 2) { $1 == 0 ? Double($0) : 7 }
    let found = try await pool.principalComponents(x, count: 1)
    #expect(Array(found.components.storage) == [1, 0])
    let scores = try await found.transform(x)
    #expect(Array(scores.storage) == [-1.5, -0.5, 0.5, 1.5])
    #expect(Reference(try await found.inverseTransform(scores)) == Reference(x))
  }
}
