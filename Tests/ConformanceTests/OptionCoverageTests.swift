import Echelon
import Foundation
import TestSupport
import Testing

/// Intervals of options and of their Greeks that `CoverageTests` has not.
@Suite(.timeLimit(.minutes(10)))
struct `Intervals of more options contain the truth 93 to 97 % of the time` {
  private let pool = pools[1]

  @Test(arguments: [
    (BarrierOption.Effect.upAndOut, 130.0), (.upAndIn, 115), (.downAndOut, 85), (.downAndIn, 95),
  ])
  func `of barriers, from above and from below`(
    _ effect: BarrierOption.Effect, _ barrier: Double
  ) throws {
    for kind in EuropeanOption.Kind.allCases {
      let option = BarrierOption(
        kind, effect, barrier: barrier, spot: 100, strike: 100, rate: 0.05, volatility: 0.25,
        years: 1)
      let exact = try #require(option.exactPrice)
      try expectCoverage("of a \(kind), \(effect)", of: exact) {
        try pool.startPrice(of: option, seed: $0, until: .samples(2000))
      }
    }
  }

  @Test func `of extremes that are compared with a strike`() throws {
    for (kind, strike) in [(EuropeanOption.Kind.call, 110.0), (.put, 95)] {
      let option = LookbackOption(
        kind, strike: .fixed(strike), spot: 100, rate: 0.05, volatility: 0.25, years: 1)
      let exact = try #require(option.exactPrice)
      try expectCoverage("of a \(kind) on an extreme", of: exact) {
        try pool.startPrice(of: option, seed: $0, until: .samples(1000))
      }
    }
  }

  /// There is no formula for prices at dates: a run of a million samples stands for it, whose error is a thirtieth of that
  /// of a run. Debug builds take too long for it.
  @Test(.enabled(if: isReleaseBuild, "a million paths of each option"))
  func `of barriers and extremes at dates, with jumps and without`() throws {
    let merton = MertonOption(
      .call, spot: 100, strike: 100, rate: 0.05, volatility: 0.2, jumpsPerYear: 1, jumpMean: -0.1,
      jumpDeviation: 0.15, years: 1)
    func check(_ what: String, _ option: some SimulatedOption) throws {
      let truth = try pool.price(of: option, seed: 1, until: .samples(1 << 20)).mean
      try expectCoverage(what, of: truth) {
        try pool.startPrice(of: option, seed: $0, until: .samples(1000))
      }
    }
    try check(
      "of a barrier at dates",
      BarrierOption(
        .call, .downAndOut, barrier: 90, monitoring: .dates(6), spot: 100, strike: 100, rate: 0.05,
        volatility: 0.25, years: 1))
    try check(
      "of an extreme at dates",
      LookbackOption(
        .put, monitoring: .dates(6), spot: 100, rate: 0.05, volatility: 0.25, years: 1))
    for (what, payoff) in [
      ("an average", ModelPathOption.Payoff.average(.arithmetic)),
      ("a barrier", .barrier(.upAndOut, at: 140)), ("an extreme", .lookback(.floating)),
    ] {
      try check(
        "of \(what) with jumps", ModelPathOption(payoff, dates: 6, in: .merton(merton)))
    }
  }

  @Test(arguments: [(GreeksMethod.pathwise, 1500), (.likelihoodRatio, 6000)])
  func `of Greeks with jumps, and of extremes`(_ method: GreeksMethod, _ samples: Int) throws {
    let merton = MertonOption(
      .put, spot: 100, strike: 104, rate: 0.05, volatility: 0.25, jumpsPerYear: 1.5,
      jumpMean: -0.1, jumpDeviation: 0.15, years: 0.8)
    func lookback(_ market: OptionMarket) -> LookbackOption {
      LookbackOption(
        .put, spot: market.spot, rate: market.rate, volatility: market.volatility,
        years: market.years)
    }
    func check(
      _ what: String, _ option: some OptionWithGreeks, _ exact: OptionGreeks,
      of greeks: [Greek] = greekNames
    ) throws {
      try expectCoverage("of Greeks \(what), \(method)") {
        try pool.startGreeks(of: option, method: method, samples: samples, seed: $0)
      } contains: { found in
        greeks.map {
          found.confidenceInterval(of: $0.path, 0.95).contains(exact[keyPath: $0.path])
        }
      }
    }
    try check("with jumps", merton, try #require(merton.exactGreeks))
    // What is paid without a strike is a multiple of the spot, and gamma is 0.
    try check(
      "of extremes", lookback(OptionMarket()),
      try OptionMarket().differences { try #require(lookback($0).exactPrice) },
      of: greekNames.filter { $0.path != \.gamma })
  }

  /// Of few past periods losses have few values, of which an interval has one or more whole ones: it contains the quantile
  /// more often.
  @Test func `of a portfolio's value at risk from periods of the past`() throws {
    let (level, periods) = (0.9, (0..<40).map { 0.01 * Double($0 * 7 % 40) - 0.2 })
    let past = try pool.matrix(rows: periods.count, columns: 1) { row, _ in periods[row] }
    let losses = periods.map { -$0 }.sorted()
    // Between two steps of the distribution function the quantile is one of them.
    let truth = losses[Int((level - 0.0125) * 40)]
    try expectCoverage("of historical risk", most: 1000) {
      try pool.startPortfolioRisk(
        returns: past, weights: [1], level: level - 0.0125, samples: 1500, seed: $0)
    } contains: { found in
      [
        found.valueAtRiskInterval.lowerBound <= truth + 1e-12
          && found.valueAtRiskInterval.upperBound >= truth - 1e-12
      ]
    }
  }
}
