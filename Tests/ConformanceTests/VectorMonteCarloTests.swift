import Echelon
import RealModule
import TestSupport
import Testing

/// A European call of price 100 today, strike 105, rate 3 %, volatility 20 %, one year: payoff, discounted, and the
/// price itself, discounted, whose expectation is 100.
@inline(__always)
private func call(_ rng: inout PhiloxGenerator) -> InlineArray<2, Double> {
  let price = 100 * Double.exp(-0.02 + 0.2 * rng.normal())
  return [max(0, price - 105 * Double.exp(-0.03)), price]
}

/// By Black and Scholes' formula.
private let exactCall = 7.1280646692617395

private func same<let n: Int>(_ a: VectorEstimate<n>, _ b: VectorEstimate<n>) -> Bool {
  // Of no samples the means are no numbers.
  a.sampleCount == b.sampleCount
    && (0..<n).allSatisfy { i in
      a.sums.means[i] == b.sums.means[i]
        && (0..<n).allSatisfy { a.sums.comoments[i][$0] == b.sums.comoments[i][$0] }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Samples of several values` {
  @Test(arguments: TestedExecutor.allCases)
  func `have the means and covariances that they should`(_ kind: TestedExecutor) throws {
    let (pool, seed) = (kind.shared, testSeed())
    let found = try pool.monteCarloVectors(samples: 300_000, seed: seed) {
      rng -> InlineArray<3, Double> in
      let (x, y) = (rng.normal(), rng.normal())
      return [1 + x, x + 2 * y, 7]
    }
    #expect(found.sampleCount == 300_000)
    for (component, mean) in [1.0, 0, 7].enumerated() {
      #expect(abs(found.means[component] - mean) <= 5.5 * found.standardErrors[component])
    }
    let expected = [[1.0, 1, 0], [1, 5, 0], [0, 0, 0]]
    for i in 0..<3 {
      for j in 0..<3 {
        #expect(abs(found.covariance(i, j) - expected[i][j]) < 0.1, "\(i), \(j), seed \(seed)")
        #expect(found.covariance(i, j) == found.covariance(j, i))
      }
    }
    #expect(abs(found.correlation(0, 1) - 1 / 5.squareRoot()) < 0.01)
    #expect(found.correlation(0, 2).isNaN)
    #expect(found.confidenceInterval(of: 0, 0.999_999_9).contains(1))
    // Component 0 is what a run of one value gives, but for the order of sums.
    let single = try pool.monteCarlo(samples: 300_000, seed: seed) { 1 + $0.normal() }
    #expect(abs(found.means[0] - single.mean) < 1e-13)
    #expect(abs(found.covariance(0, 0) / single.variance - 1) < 1e-12)
  }

  @Test func `are the same on 1, 2, 3 and 7 workers, and after deaths`() throws {
    let seed = testSeed()
    for count in [0, 1, 65_535, 65_536, 200_001] {
      var first: VectorEstimate<2>?
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try executor.monteCarloVectors(samples: count, seed: seed) { call(&$0) }
        let isSame = first.map { same(found, $0) } ?? true
        #expect(isSame, "\(count) samples, seed \(seed)")
        #expect(found.sampleCount == count && found.means[0].isNaN == (count == 0))
        first = found
      }
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: same) { pool in
      try pool.monteCarloVectors(samples: 150_000, seed: seed) { call(&$0) }
    }
  }

  @Test func `control each other: the mean is right, and varies less`() throws {
    let (pool, seed) = (pools[1], testSeed())
    let found = try pool.monteCarloVectors(samples: 400_000, seed: seed) { call(&$0) }
    let controlled = try found.controlled(byExpectations: [100])
    #expect(abs(controlled.mean - exactCall) < 5.5 * controlled.standardError, "seed \(seed)")
    #expect(abs(found.means[0] - exactCall) < 5.5 * found.standardErrors[0], "seed \(seed)")
    // The correlation of a call near the money with its underlying is about 0.92.
    #expect((4...12) ~= controlled.varianceReduction, "\(controlled.varianceReduction)")
    #expect(
      abs(
        controlled.standardError / found.standardErrors[0]
          - (1 - found.correlation(0, 1) * found.correlation(0, 1)).squareRoot()) < 1e-4)
    #expect(controlled.confidenceInterval(0.999_999_9).contains(exactCall))
    // Two controls, of which the second alone explains what is left.
    let both = try pool.monteCarloVectors(samples: 50_000, seed: seed) {
      rng -> InlineArray<3, Double> in
      let (x, y) = (rng.uniform(), rng.uniform())
      return [3 + 2 * x - 4 * y, x, y]
    }
    let exact = try both.controlled(byExpectations: [0.5, 0.5])
    #expect(abs(exact.mean - 2) < 1e-12 && exact.standardError < 1e-9)
    #expect(abs(exact.coefficients[0] - 2) < 1e-10 && abs(exact.coefficients[1] + 4) < 1e-10)
  }

  @Test func `with a control cover the truth as often as they say`() throws {
    let (pool, seed) = (pools[1], testSeed())
    // Runs of 2,000 samples, at fixed seeds from the drawn one on; 95 % of 1,000 are 950, with a deviation of 6.9.
    var hits = 0
    for run in 0..<1000 {
      let found = try pool.monteCarloVectors(samples: 2000, seed: seed &+ UInt64(run)) { call(&$0) }
      let controlled = try found.controlled(byExpectations: [100])
      if controlled.confidenceInterval(0.95).contains(exactCall) { hits += 1 }
    }
    #expect((915...982) ~= hits, "\(hits) of 1000, seed \(seed)")
  }

  @Test func `refuse controls that say nothing`() throws {
    let pool = pools[1]
    let found = try pool.monteCarloVectors(samples: 100, seed: 3) { rng -> InlineArray<3, Double> in
      let x = rng.uniform()
      return [x, 2 * x, 1 - x]
    }
    #expect(throws: ControlError.dependent(control: 1)) {
      try found.controlled(byExpectations: [1, 0.5])
    }
    #expect(throws: ControlError.wrongCount(1, controls: 2)) {
      try found.controlled(byExpectations: [1])
    }
    let constant = try pool.monteCarloVectors(samples: 70_001, seed: 3) { [$0.uniform(), 0.1] }
    #expect(constant.covariance(1, 1) == 0)
    #expect(throws: ControlError.dependent(control: 0)) {
      try constant.controlled(byExpectations: [0.1])
    }
    // What is not finite has no error that is known.
    let infinite = try pool.monteCarloVectors(samples: 100, seed: 3) {
      rng -> InlineArray<2, Double> in
      let u = rng.uniform()
      return [u < 0.5 ? .nan : u, u]
    }
    let spoilt = try infinite.controlled(byExpectations: [0.5])
    #expect(
      spoilt.standardError.isNaN && spoilt.confidenceInterval(0.9) == -.infinity ... .infinity)
    let few = try pool.monteCarloVectors(samples: 3, seed: 3) { call(&$0) }
    #expect(throws: ControlError.tooFewSamples(3, needed: 4)) {
      try few.controlled(byExpectations: [100])
    }
    let alone = try pool.monteCarloVectors(samples: 30, seed: 3) { [$0.uniform()] }
    #expect(throws: ControlError.wrongCount(0, controls: 0)) {
      try alone.controlled(byExpectations: [])
    }
    #expect(throws: PoolError.self) {
      try pool.monteCarloVectors(samples: -1, seed: 3) { call(&$0) }
    }
  }

  @Test func `are there for async functions, and say what they are`() async throws {
    let found = try await pools[1].monteCarloVectors(samples: 1000, seed: 3) { call(&$0) }
    #expect("\(found)".hasSuffix("] (1000 samples)"))
    #expect("\(try found.controlled(byExpectations: [100]))".hasSuffix(" (1000 samples)"))
  }
}
