import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Conditional samples of options` {
  private let heston: HestonOption
  private let merton: MertonOption

  init() {
    var (heston, merton) = (OptionSamples().heston, OptionSamples().merton)
    (heston.sampling, merton.sampling) = (.conditional, .conditional)
    (self.heston, self.merton) = (heston, merton)
  }

  /// Standard errors of both kinds of samples, as many of each.
  private func ratio(_ conditional: HestonOption, seed: UInt64) throws -> Double {
    var path = conditional
    path.sampling = .path
    let with = try pools[1].price(of: conditional, seed: seed, until: .samples(10_000))
    let without = try pools[1].price(of: path, seed: seed &+ 1, until: .samples(10_000))
    // The same expectation, bias and all.
    let error = (with.variance + without.variance).squareRoot() / 100
    #expect(abs(with.mean - without.mean) < 6 * error, "\(conditional), seed \(seed)")
    return with.standardError / without.standardError
  }

  @Test func `given a path of the variance have the mean of payoffs, and vary far less`() throws {
    for seed in testSeeds(7) {
      for kind in EuropeanOption.Kind.allCases {
        // Of a put payoffs vary less, most with the variance, which rises as the price falls.
        for (correlation, most) in kind == .call
          ? [(-0.7, 0.65), (-0.3, 0.2), (0, 0.25), (0.6, 0.75)]
          : [(-0.7, 0.85), (-0.3, 0.55), (0, 0.25), (0.6, 0.75)]
        {
          var option = heston
          (option.kind, option.correlation) = (kind, correlation)
          let found = try ratio(option, seed: seed)
          #expect(found < most, "\(kind), \(correlation), seed \(seed): \(found)")
        }
      }
    }
  }

  /// With samples that vary so little the bias of the scheme can be seen: it falls with the number of steps.
  @Test func `given a path of the variance show the bias of few steps`() throws {
    for seed in testSeeds(7) {
      for strike in [90.0, 100, 110] {
        for (steps, bias) in [(2, 0.14), (4, 0.06), (8, 0.03), (16, 0.02)] {
          var option = heston
          (option.steps, option.strike) = (steps, strike)
          let exact = try #require(option.exactPrice)
          let found = try pools[1].price(of: option, seed: seed, until: .samples(320_000 / steps))
          let error = found.mean - exact
          #expect(
            abs(error) < bias + 6 * found.standardError,
            "\(steps) steps, \(strike), seed \(seed): \(error) ± \(found.standardError)")
          // -0.0965 ± 0.0017 with 640,000 samples.
          if steps == 2, strike == 110 {
            #expect(error < -0.07 && found.standardError < 0.004, "seed \(seed): \(error)")
          }
        }
      }
    }
  }

  @Test func `given a path of the variance have discounted prices that are martingales`() throws {
    let seed = testSeed()
    for correlation in [-1, -0.7, 0, 0.6, 1] {
      for steps in [1, 8] {
        var option = heston
        (option.correlation, option.steps, option.strike) = (correlation, steps, 1e-6)
        let found = try pools[1].price(of: option, seed: seed, until: .samples(20_000))
        let expected = option.spot - 1e-6 * exp(-option.rate)
        #expect(
          abs(found.mean - expected) < 6 * found.standardError + 1e-11,
          "\(correlation), \(steps), seed \(seed): \(found)")
      }
    }
  }

  @Test func `given the number of jumps have the exact price as their mean, and vary far less`()
    throws
  {
    for seed in testSeeds(7) {
      for kind in EuropeanOption.Kind.allCases {
        for (jumps, mean, deviation, most) in [
          (1.2, -0.1, 0.2, kind == .call ? 0.15 : 0.55), (25, 0.02, 0.05, 0.45), (0, 0, 0, 1e-9),
        ] {
          var option = merton
          (option.kind, option.jumpsPerYear) = (kind, jumps)
          (option.jumpMean, option.jumpDeviation) = (mean, deviation)
          let exact = try #require(option.exactPrice)
          let with = try pools[1].price(of: option, seed: seed, until: .samples(10_000))
          option.sampling = .path
          let without = try pools[1].price(of: option, seed: seed, until: .samples(10_000))
          #expect(
            abs(with.mean - exact) < 6 * with.standardError + 1e-11,
            "\(kind), \(jumps), seed \(seed): \(with) and \(exact)")
          #expect(
            with.standardError < most * without.standardError,
            "\(kind), \(jumps), seed \(seed): \(with) and \(without)")
        }
      }
    }
    // Without any chance.
    var certain = merton
    (certain.volatility, certain.jumpsPerYear) = (0, 0)
    let found = try pools[1].price(of: certain, seed: 1, until: .samples(10))
    #expect(abs(found.mean - (try #require(certain.exactPrice))) < 1e-12)
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, after deaths, and gone on from`() throws
  {
    let seed = testSeed()
    var short = heston
    short.steps = 2
    let (heston, merton) = (short, merton)
    @Sendable func prices(on executor: some WorkExecutor) throws -> [MonteCarloEstimate] {
      [
        try executor.price(of: heston, seed: seed, until: .samples(70_001)),
        try executor.price(of: merton, seed: seed, until: .samples(70_001)),
      ]
    }
    var first: [MonteCarloEstimate]?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try prices(on: executor)
      #expect(found == first ?? found, "seed \(seed)")
      first = found
    }
    let part = try pools[2].price(of: heston, seed: seed, until: .samples(66_000))
    let rest = try pools[2].price(
      of: heston, seed: seed, until: .samples(70_001), resuming: part.state)
    #expect(rest == first?[0])
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { try prices(on: $0) }
  }
}
