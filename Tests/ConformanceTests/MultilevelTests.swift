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
