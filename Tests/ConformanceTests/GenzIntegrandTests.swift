import Echelon
import Foundation
import TestSupport
import Testing

@Suite struct `Genz's integrands` {
  @Test(arguments: GenzIntegrand.Family.allCases, [1, 2, 3])
  func `have the integrals that the midpoint rule finds`(
    _ family: GenzIntegrand.Family, _ dimensions: Int
  ) throws {
    let seed = testSeed()
    let integrand = try GenzIntegrand(
      family, dimensions: dimensions, difficulty: 2 * Double(dimensions), seed: seed)
    let points = [1: 100_000, 2: 600, 3: 80][dimensions]!
    var (sum, x) = (0.0, [Double](repeating: 0, count: dimensions))
    let total = (0..<dimensions).reduce(1) { product, _ in product * points }
    for index in 0..<total {
      var rest = index
      for dimension in 0..<dimensions {
        x[dimension] = (Double(rest % points) + 0.5) / Double(points)
        rest /= points
      }
      sum += integrand(x.span)
    }
    let found = sum / Double(total)
    // A jump is missed by as much as half of a cell, on two sides at most; anything else by its square or so.
    let isJump = family == .discontinuous
    let size = isJump ? exp(2 * Double(dimensions)) : abs(integrand.integral) + 0.1
    let bound = isJump ? size / Double(points) : 5 * size / Double(points * points) * 4
    #expect(
      abs(found - integrand.integral) < bound,
      "\(found), not \(integrand.integral), seed \(seed)")
  }

  /// Genz's own formula: 1 / (n! Π a) Σ (-1)^|S| / (1 + Σ aᵢ over S), over all sets S of directions.
  @Test func `have the corner peak of the formula with all corners`() throws {
    for difficulties in [[0.7], [1, 2], [0.5, 3, 1.5], [0.9, 2, 1.1, 4], [3, 2, 5, 4, 6, 1]] {
      let n = difficulties.count
      var sum = 0.0
      for corner in 0..<1 << n {
        let chosen = (0..<n).filter { corner >> $0 & 1 == 1 }
        let distance = 1 + chosen.reduce(0) { $0 + difficulties[$1] }
        sum += (chosen.count % 2 == 0 ? 1 : -1) / distance
      }
      let expected = sum / (1...n).reduce(1) { $0 * Double($1) } / difficulties.reduce(1, *)
      let integrand = try GenzIntegrand(
        .cornerPeak, difficulties: difficulties, places: difficulties.map { _ in 0.5 })
      #expect(abs(integrand.integral / expected - 1) < 1e-10, "\(difficulties)")
    }
  }

  /// Where all aᵢ are a, that sum is 1 / Π (1 + ka), k from 1 to n.
  @Test(arguments: [1, 5, 60], [1e-9, 1e-3, 1, 1e3, 1e12])
  func `have corner peaks of equal difficulties, however large`(_ n: Int, _ a: Double) throws {
    let expected = (1...n).reduce(1) { $0 / (1 + Double($1) * a) }
    let integrand = try GenzIntegrand(
      .cornerPeak, difficulties: Array(repeating: a, count: n),
      places: Array(repeating: 0.5, count: n))
    if expected > 1e-300 {
      #expect(abs(integrand.integral / expected - 1) < 4e-15 * Double(n + 2), "\(expected)")
    } else {
      #expect(integrand.integral < 2e-300)
    }
  }

  @Test(arguments: [20, 1000])
  func `have corner peaks in many dimensions between what they must be`(_ n: Int) throws {
    let integrand = try GenzIntegrand(.cornerPeak, dimensions: n, difficulty: 1e-3, seed: 3)
    // By Jensen's inequality above the value at the mean, and little above, as Σ aᵢxᵢ hardly varies.
    let middle = pow(1 + 0.5e-3, -Double(n + 1))
    #expect(integrand.integral > middle * (1 - 1e-10))
    #expect(integrand.integral < middle * (1 + 1e-3))
  }

  @Test(arguments: GenzIntegrand.Family.allCases)
  func `are integrated with the same bits on all pools`(_ family: GenzIntegrand.Family) throws {
    let seed = testSeed()
    let integrand = try GenzIntegrand(family, dimensions: 3, seed: seed)
    var expected: MonteCarloEstimate?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try executor.startIntegrate(
        integrand, method: .vegas(iterations: 2, samples: 2000, bins: 20), seed: seed,
        until: .samples(70_000)
      ).result()
      #expect(found == expected ?? found, "seed \(seed)")
      #expect(
        abs(found.mean - integrand.integral) < 6 * found.standardError, "\(found), seed \(seed)")
      expected = found
    }
  }

  @Test
  func
    `are the same from the same seed, also after they have travelled, and refuse what they cannot be`()
    throws
  {
    let integrand = try GenzIntegrand(.gaussian, dimensions: 4, seed: 5)
    #expect(try GenzIntegrand(.gaussian, dimensions: 4, seed: 5) == integrand)
    #expect(try GenzIntegrand(.gaussian, dimensions: 4, seed: 6) != integrand)
    #expect(abs(integrand.difficulties.reduce(0, +) - 7.03) < 1e-12)
    for (difficulties, places) in [
      ([], []), ([1.0], []), ([0.0], [0.5]), ([.nan], [0.5]), ([1], [1.5]), ([1], [.nan]),
    ] as [([Double], [Double])] {
      #expect(throws: PoolError.self) {
        try GenzIntegrand(.continuous, difficulties: difficulties, places: places)
      }
    }
    for dimensions in [Int.min, 0, 1001, .max] {
      #expect(throws: PoolError.self) {
        try GenzIntegrand(.gaussian, dimensions: dimensions, seed: 1)
      }
    }
    let coded = try JSONDecoder().decode(
      GenzIntegrand.self, from: try JSONEncoder().encode(integrand))
    #expect(coded == integrand)
    let damaged = Data(#"{"family":"gaussian","difficulties":[1,2],"places":[0.5]}"#.utf8)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(GenzIntegrand.self, from: damaged)
    }
  }
}
