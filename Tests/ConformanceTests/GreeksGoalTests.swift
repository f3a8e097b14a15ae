import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Greeks until they are good enough` {
  private let european = EuropeanOption(
    .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)
  private let basket = BasketOption(
    .call, spots: [100, 50], weights: [0.5, 1], strike: 105, rate: 0.03, volatilities: [0.2, 0.5],
    correlation: 0.4, years: 1)
  private let put = AmericanOption(
    .put, spot: 100, strike: 105, rate: 0.05, volatility: 0.3, years: 1, dates: 3)

  private func largest(_ found: [GreeksEstimate], _ greek: OptionGreek) -> Double {
    found.map { $0.standardErrors[keyPath: greek.path] }.max()!
  }

  /// Runs that end at the first boundary where the error is what is asked for, with the bits of so many samples.
  private func check(
    _ what: String, _ greek: OptionGreek, _ error: Double, seed: UInt64,
    until: (any WorkExecutor) throws -> [GreeksEstimate],
    samples: (any WorkExecutor, Int) throws -> [GreeksEstimate]
  ) throws {
    let found = try until(pools[1])
    let count = found[0].sampleCount
    #expect(MonteCarloGoal.isBoundary(count) && count > 4096, "\(what): \(count), seed \(seed)")
    #expect(largest(found, greek) <= error, "\(what), seed \(seed)")
    #expect(largest(try samples(pools[0], count / 2), greek) > error, "\(what), seed \(seed)")
    #expect(try samples(pools[0], count) == found, "\(what), seed \(seed)")
    for executor in [pools[0], pools[2], pools[3]] as [any WorkExecutor] + [
      TestedExecutor.inProcess.shared
    ] {
      #expect(try until(executor) == found, "\(what), seed \(seed)")
    }
  }

  @Test func `end where that one has the error that counts, at a boundary`() throws {
    let seed = testSeed()
    // Errors that take the price 4,096 samples, or some 40,000.
    for (greek, error) in [
      (OptionGreek.delta, 0.003), (.gamma, 1e-4), (.vega, 0.35), (.theta, 0.04), (.rho, 0.25),
      (.price, 0.08),
    ] {
      try check("\(greek)", greek, error, seed: seed) {
        [
          try $0.greeks(
            of: european, seed: seed, until: .standardError(error), errorOf: [greek])
        ]
      } samples: {
        [try $0.greeks(of: european, samples: $1, seed: seed)]
      }
    }
    // The price, where nothing is said.
    #expect(
      try pools[1].greeks(of: european, seed: seed, until: .standardError(0.08))
        == pools[1].greeks(
          of: european, seed: seed, until: .standardError(0.08), errorOf: [.price]))
  }

  @Test func `end where all of several have it, and those of all assets of a basket`() throws {
    let seed = testSeed()
    let both = try pools[1].greeks(
      of: european, seed: seed, until: .relativeError(0.01), errorOf: [.delta, .gamma])
    let counts = try [OptionGreek.delta, .gamma].map {
      try pools[1].greeks(
        of: european, seed: seed, until: .relativeError(0.01), errorOf: [$0]
      ).sampleCount
    }
    #expect(both.sampleCount == counts.max() && counts[0] != counts[1], "\(counts), seed \(seed)")
    for path in [\OptionGreeks.delta, \.gamma] {
      #expect(both.standardErrors[keyPath: path] <= 0.01 * both.means[keyPath: path])
    }
    // The second asset varies more, and its vega with it.
    try check("basket", .vega, 0.25, seed: seed) {
      try $0.greeks(of: basket, seed: seed, until: .standardError(0.25), errorOf: [.vega])
    } samples: {
      try $0.greeks(of: basket, samples: $1, seed: seed)
    }
    try check("American", .delta, 0.0003, seed: seed) {
      [
        try $0.greeks(
          of: put, method: .likelihoodRatio, regressionSamples: 1000, seed: seed,
          until: .standardError(0.0003), errorOf: [.delta])
      ]
    } samples: {
      [
        try $0.greeks(
          of: put, method: .likelihoodRatio, regressionSamples: 1000, samples: $1, seed: seed)
      ]
    }
  }

  @Test func `go on to a smaller error with the bits of one run`() async throws {
    let seed = testSeed()
    let goal = MonteCarloGoal.standardError(0.002)
    let whole = try await pools[1].greeks(of: european, seed: seed, until: goal, errorOf: [.delta])
    let first = try await pools[2].greeks(
      of: european, seed: seed, until: .standardError(0.008), errorOf: [.delta])
    #expect(first.sampleCount < whole.sampleCount, "seed \(seed)")
    let saved = try JSONEncoder().encode(first.state)
    let state = try JSONDecoder().decode(GreeksState.self, from: saved)
    let second = try await pools[0].greeks(
      of: european, seed: seed, until: goal, errorOf: [.delta], resuming: state)
    #expect(second == whole, "seed \(seed)")
    // Where it is good enough already nothing is drawn, also for an error of something else.
    let again = try await pools[0].greeks(
      of: european, seed: seed, until: .standardError(1), resuming: second.state)
    #expect(again == whole)
    // On the way at each look, and at last the same.
    var counts: [Int] = []
    var last: GreeksEstimate?
    for try await found in try pools[1].greeksEstimates(
      of: european, seed: seed, until: goal, errorOf: [.delta])
    {
      counts.append(found.sampleCount)
      last = found
    }
    #expect(last == whole && counts == counts.sorted(), "seed \(seed)")
    #expect(counts.allSatisfy { MonteCarloGoal.isBoundary($0) })
    let assets = try await pools[1].greeks(
      of: basket, seed: seed, until: .standardError(0.2), errorOf: [.price])
    let more = try await pools[0].greeks(
      of: basket, seed: seed, until: .standardError(0.1), errorOf: [.price],
      resuming: assets.map { $0.state! })
    #expect(
      try await pools[2].greeks(
        of: basket, seed: seed, until: .standardError(0.1), errorOf: [.price]) == more)
  }

  /// However long it takes.
  @Test func `that end by time have the bits of as many samples`() throws {
    let seed = testSeed()
    let goal = MonteCarloGoal.time(.milliseconds(1))
    let found = try pools[1].greeks(of: european, seed: seed, until: goal)
    #expect(found.sampleCount >= 4096)
    #expect(
      try pools[2].greeks(of: european, samples: found.sampleCount, seed: seed) == found,
      "seed \(seed)")
    let assets = try pools[1].greeks(of: basket, seed: seed, until: goal)
    #expect(
      try pools[2].greeks(of: basket, samples: assets[0].sampleCount, seed: seed) == assets,
      "seed \(seed)")
  }

  @Test func `have the same bits while workers are killed`() throws {
    let seed = testSeed()
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) {
      try $0.greeks(
        of: european, method: .likelihoodRatio, seed: seed, until: .standardError(0.05),
        errorOf: [.rho, .theta])
    }
  }

  @Test func `refuse what cannot be`() throws {
    let pool = pools[0]
    func refused(_ words: String, _ body: () throws -> some Sendable) {
      let error = #expect(throws: PoolError.self) { _ = try body() }
      #expect("\(error!)".contains(words), "\(error!)")
    }
    refused("name one or more") {
      try pool.startGreeks(of: european, seed: 1, until: .samples(10), errorOf: [])
    }
    refused("a standard error of 0.0") {
      try pool.startGreeks(of: european, seed: 1, until: .standardError(0), errorOf: [.delta])
    }
    refused("-1 samples") { try pool.startGreeks(of: basket, seed: 1, until: .samples(-1)) }
    refused("name one or more") {
      try pool.startGreeks(of: put, seed: 1, until: .samples(10), errorOf: [])
    }
    let state = try pool.greeks(of: european, samples: 5000, seed: 1).state!
    refused("of seed 2 that goes on from one of seed 1") {
      try pool.startGreeks(of: european, seed: 2, until: .standardError(1), resuming: state)
    }
    refused("of 100 samples that goes on from 4608") {
      try pool.startGreeks(of: european, seed: 1, until: .samples(100), resuming: state)
    }
    refused("Greeks of 2 assets that go on from those of 1") {
      try pool.startGreeks(of: basket, seed: 1, until: .standardError(1), resuming: [state])
    }
  }
}
