import Echelon
import Foundation
import TestSupport
import Testing

private let (spot, strike, rate, volatility) = (100.0, 100.0, 0.05, 0.2)

/// A European call by Euler's steps: the payoff of 2^level of them, less that of half as many with the same noise.
@Sendable private func eulerCall(_ level: Int, _ rng: inout PhiloxGenerator) -> Double {
  let steps = 1 << level
  let step = 1 / Double(steps)
  var (fine, coarse, pending) = (spot, spot, 0.0)
  for index in 0..<steps {
    let noise = step.squareRoot() * rng.normal()
    fine *= 1 + rate * step + volatility * noise
    pending += noise
    if level > 0, index % 2 == 1 {
      coarse *= 1 + rate * 2 * step + volatility * pending
      pending = 0
    }
  }
  func payoff(_ price: Double) -> Double { exp(-rate) * max(0, price - strike) }
  return payoff(fine) - (level > 0 ? payoff(coarse) : 0)
}

@Suite struct `Multilevel Monte Carlo` {
  static let price = EuropeanOption(
    .call, spot: spot, strike: strike, rate: rate, volatility: volatility, years: 1
  ).price

  @Test(arguments: TestedExecutor.allCases)
  func `has the error that is asked for, at a part of the cost`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    for seed in testSeeds(7) {
      let error = 0.05
      let found = try pool.multilevelMonteCarlo(error: error, seed: seed, eulerCall)
      #expect(found.rootMeanSquareError <= 1.02 * error, "\(found), seed \(seed)")
      // Six standard errors, and a bias that is estimated.
      #expect(
        abs(found.mean - Self.price) < 6 * found.standardError + 2 * error, "\(found), seed \(seed)"
      )
      // Samples of fine levels are few.
      let counts = found.levels.map(\.sampleCount)
      #expect(counts[0] > 5 * counts[counts.count - 1], "\(counts), seed \(seed)")
      // All samples of the finest level: as many as its own variance asks for.
      let variance = 14.7 * 14.7
      let single = variance / (error * error / 2) * found.costs.last!
      #expect(found.totalCost < single, "\(found.totalCost) and \(single), seed \(seed)")
    }
  }

  @Test func `has the same bits on all pools, and after deaths`() throws {
    let seed = testSeed()
    var expected: MultilevelEstimate?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try executor.multilevelMonteCarlo(error: 0.2, seed: seed, eulerCall)
      #expect(found == expected ?? found, "seed \(seed)")
      expected = found
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      try pool.multilevelMonteCarlo(error: 0.2, seed: seed, eulerCall)
    }
  }

  /// A run that may have three levels stops where another begins the fourth; those that are left stop anywhere.
  @Test func `goes on from what was saved, to the same bits on any number of workers`()
    async throws
  {
    let (drawn, error) = (testSeed(), 0.05)
    for seed in [7, drawn] {
      let whole = try await pools[0].multilevelMonteCarlo(error: error, seed: seed, eulerCall)
      if seed == 7 { #expect(whole.levels.count > 3) }
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let three = try await executor.multilevelMonteCarlo(
          error: error, levels: 3, seed: seed, eulerCall)
        var found = [three]
        for try await estimate in try executor.multilevelMonteCarloEstimates(
          error: error, seed: seed, eulerCall)
        {
          found.append(estimate)
        }
        #expect(found.last == whole, "seed \(seed)")
        for try await estimate in try executor.multilevelMonteCarloEstimates(
          error: error, seed: seed, eulerCall)
        {
          #expect(estimate.levels.count >= 3 || estimate.bias == .infinity)
          found.append(estimate)
          break
        }
        for estimate in found {
          let saved = try JSONEncoder().encode(try #require(estimate.state))
          let state = try JSONDecoder().decode(MultilevelState.self, from: saved)
          #expect(state == estimate.state)
          let resumed = try await executor.multilevelMonteCarlo(
            error: error, seed: seed, resuming: state, eulerCall)
          #expect(resumed == whole, "\(state), seed \(seed)")
        }
      }
    }
  }

  /// What a run is to draw stands in its state: after half of it something else would be decided.
  @Test func `goes on in the middle of what it was told to draw`() throws {
    let seed = testSeed()
    let whole = try pools[0].multilevelMonteCarlo(error: 0.2, levels: 3, seed: seed, eulerCall)
    // With so large an error none but the first samples are drawn.
    let begun = try pools[0].multilevelMonteCarlo(error: 50, levels: 3, seed: seed, eulerCall)
    #expect(begun.levels.map(\.sampleCount) == [4096, 4096, 4096], "seed \(seed)")
    let counts = MultilevelEstimate.sampleCounts(
      variances: begun.levels.map(\.variance), costs: begun.costs, variance: 0.2 * 0.2 / 2)
    let targets = zip(counts, begun.levels).map { $0 > $1.sampleCount * 101 / 100 ? $0 : 0 }
    #expect(targets[0] > 4096, "seed \(seed)")
    func changed(_ state: MultilevelState?, _ replace: (String) -> String) throws -> MultilevelState
    {
      let text = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
      let other = replace(text)
      #expect(other != text)
      return try JSONDecoder().decode(MultilevelState.self, from: Data(other.utf8))
    }
    let told = try changed(begun.state) {
      $0.replacing("\"targets\":[]", with: "\"targets\":[\(targets[0]),0,0]")
    }
    let half = try pools[0].multilevelMonteCarlo(
      error: 50, levels: 3, seed: seed, resuming: told, eulerCall)
    #expect(half.levels.map(\.sampleCount) == [targets[0], 4096, 4096], "seed \(seed)")
    let middle = try changed(half.state) {
      $0.replacing("\"error\":50", with: "\"error\":0.2")
        .replacing("\"round\":1", with: "\"round\":0")
        .replacing("\"targets\":[]", with: "\"targets\":\(targets)")
    }
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try executor.multilevelMonteCarlo(
        error: 0.2, levels: 3, seed: seed, resuming: middle, eulerCall)
      #expect(found == whole, "seed \(seed)")
    }
  }

  @Test func `refines an answer, the same on any number of workers and after deaths`() throws {
    let seed = testSeed()
    let first = try pools[0].multilevelMonteCarlo(error: 0.3, seed: seed, eulerCall)
    let again = try pools[0].multilevelMonteCarlo(
      error: 0.3, seed: seed, resuming: first.state, eulerCall)
    #expect(again == first)
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      try pool.multilevelMonteCarlo(error: 0.1, seed: seed, resuming: first.state, eulerCall)
    }
    var expected: MultilevelEstimate?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try executor.multilevelMonteCarlo(
        error: 0.1, seed: seed, resuming: first.state, eulerCall)
      #expect(found == expected ?? found, "seed \(seed)")
      #expect(found.rootMeanSquareError <= 1.02 * 0.1, "\(found), seed \(seed)")
      expected = found
    }
    #expect(expected!.sampleCount > first.sampleCount)
    #expect(expected!.confidenceInterval(0.95).contains(expected!.mean))
  }

  @Test func `goes on from no state of another run, nor from nonsense`() throws {
    let pool = pools[0]
    let found = try pool.multilevelMonteCarlo(error: 0.5, seed: 1, eulerCall)
    let state = try #require(found.state)
    func problem(
      refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12, initialSamples: Int = 4096,
      seed: UInt64 = 1
    ) -> String {
      do {
        _ = try pool.multilevelMonteCarlo(
          error: 0.5, refinement: refinement, costGrowth: costGrowth, levels: levels,
          initialSamples: initialSamples, seed: seed, resuming: state, eulerCall)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(problem() == "none")
    #expect(problem(seed: 2).contains("of seed 2 that goes on from one of seed 1"))
    #expect(problem(refinement: 4).contains("refinement 4.0 that goes on from refinement 2.0"))
    #expect(problem(costGrowth: 4).contains("costGrowth 4.0 that goes on from costGrowth 2.0"))
    #expect(problem(initialSamples: 20).contains("initialSamples 20 that goes on from"))
    let many = try pool.multilevelMonteCarlo(error: 0.02, seed: 7, eulerCall)
    #expect(many.levels.count > 3)
    #expect(throws: PoolError.self) {
      try pool.multilevelMonteCarlo(
        error: 0.02, levels: 3, seed: 7, resuming: many.state, eulerCall)
    }
    let text = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
    let damaged = [
      text.replacing("\"error\":0.5", with: "\"error\":-1"),
      text.replacing("\"refinement\":2", with: "\"refinement\":1"),
      text.replacing("\"costGrowth\":2", with: "\"costGrowth\":0"),
      text.replacing("\"initialSamples\":4096", with: "\"initialSamples\":0"),
      text.replacing(#/"round":[0-9]+/#, with: "\"round\":11"),
      text.replacing("\"targets\":[]", with: "\"targets\":[5]"),
      text.replacing("\"targets\":[]", with: "\"targets\":[-5,0,0]"),
      text.replacing(#/"count":[0-9]+/#, with: "\"count\":0.5"),
      text.replacing(#/"count":[0-9]+/#, with: "\"count\":1e300"),
      text.replacing(#/"m2":[-+.0-9e]+/#, with: "\"m2\":-1"),
    ]
    for damaged in damaged {
      #expect(damaged != text)
      #expect(throws: DecodingError.self, "\(damaged)") {
        try JSONDecoder().decode(MultilevelState.self, from: Data(damaged.utf8))
      }
    }
  }

  /// One sample in 20,000 of a level is 100: the first 16 are all 0.
  @Test func `takes equal samples for no error`() throws {
    let seed = testSeed()
    let found = try pools[0].multilevelMonteCarlo(error: 0.05, initialSamples: 16, seed: seed) {
      level, rng in rng.uniform() < 5e-5 / Double(1 << level) ? 100 : 0
    }
    // The mean is the sum of 0.005 · 2^-level over the levels there are.
    let expected = 0.005 * (2 - pow(0.5, Double(found.levels.count - 1)))
    #expect(abs(found.mean - expected) < 6 * 0.05, "\(found), seed \(seed)")
    #expect(found.levels[0].isErrorKnown && found.levels[0].mean > 0, "\(found), seed \(seed)")
    let constant = try pools[0].multilevelMonteCarlo(error: 0.05, seed: seed) { level, _ in
      level == 0 ? 1 : 0
    }
    #expect(constant.mean == 1 && !constant.isErrorKnown)
    #expect(constant.levels.map(\.sampleCount) == [1 << 20, 1 << 19, 1 << 18])
    #expect(throws: PoolError.self) {
      try pools[0].multilevelMonteCarlo(error: 1e-200, seed: 1) { _, rng in rng.uniform() }
    }
  }

  @Test func `divides samples as the least cost asks`() {
    let counts = MultilevelEstimate.sampleCounts(
      variances: [4, 1], costs: [1, 4], variance: 0.1)
    // √(V/C)·Σ√(V·C) / variance: 2·4 / 0.1 and ½·4 / 0.1.
    #expect(counts == [80, 20])
    #expect(4 / Double(counts[0]) + 1 / Double(counts[1]) <= 0.1 + 1e-12)
  }

  @Test func `ends where nothing gets better, and refuses what cannot be`() throws {
    let pool = pools[1]
    let unknown = try pool.multilevelMonteCarlo(error: 0.1, seed: 1) { _, _ in .nan }
    #expect(unknown.mean.isNaN && unknown.levels.count == 3)
    // Differences that do not fall: all levels there may be, and a bias that says so.
    let far = try pool.multilevelMonteCarlo(
      error: 0.1, levels: 4, initialSamples: 16, seed: 1
    ) { level, _ in Double(level) }
    #expect(far.levels.count == 4 && far.bias > 0.1)
    // Squares that overflow in the first samples, and in some later one.
    for rare in [1.1, 1e-5] {
      let large = try pool.multilevelMonteCarlo(error: 1e-3, seed: 1) { level, rng in
        rng.uniform() < rare ? 1e200 * rng.normal() : rng.normal() / Double(1 << level)
      }
      #expect(!large.standardError.isFinite && large.mean.isFinite, "\(large)")
    }
    // An error whose square is hardly a number, of samples that are all the same.
    let same = try pool.multilevelMonteCarlo(error: 1e-150, initialSamples: 16, seed: 1) {
      level, _ in level == 0 ? 1 : 0
    }
    #expect(same.mean == 1 && same.levels.count == 3 && !same.isErrorKnown)
    for error in [0, -1, 1e-200, Double.nan, .infinity] {
      #expect(throws: PoolError.self) {
        try pool.multilevelMonteCarlo(error: error, seed: 1) { _, _ in 0 }
      }
    }
    for (refinement, growth, levels, samples) in [
      (1.5, 2.0, 12, 100), (2, 1, 12, 100), (2, 2, 2, 100), (2, 2, 31, 100), (2, 2, 12, 3),
      (2, 2, 12, .max),
    ] {
      #expect(throws: PoolError.self) {
        try pool.multilevelMonteCarlo(
          error: 1, refinement: refinement, costGrowth: growth, levels: levels,
          initialSamples: samples, seed: 1
        ) { _, _ in 0 }
      }
    }
  }
}
