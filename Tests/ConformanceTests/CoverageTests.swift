import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Intervals of 95 % contain the truth 93 to 97 % of the time`
{
  private let pool = pools[1]
  private let call = EuropeanOption(
    .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)

  @Test func `of a closure, plain and over vectors of samples`() throws {
    try expectCoverage("of a closure", of: 1) {
      try pool.startMonteCarlo(samples: 400, seed: $0) { rng in rng.uniform() + rng.uniform() }
    }
    try expectCoverage("of vectors", of: 1) {
      try pool.startMonteCarloSIMD(seed: $0, until: .samples(400)) { rng in
        rng.uniform() + rng.uniform()
      }
    }
  }

  @Test func `of several values, each, with one control and with two`() throws {
    let (e, m) = (exp(0.125), exp(0.02))
    try expectCoverage("of several values") {
      try pool.startMonteCarloVectors(samples: 2000, seed: $0) { rng -> InlineArray<3, Double> in
        let z = rng.normal()
        return [exp(0.5 * z), z, z * z]
      }
    } contains: { found in
      let (mean, error) = (found.means, found.standardErrors)
      let direct = zip([e, 0, 1], 0...).map { truth, place in
        abs(mean[place] - truth) <= 1.959964 * error[place]
      }
      let controlled = try? found.controlled(byExpectations: [0, 1])
      return direct + [
        found.confidenceInterval(of: 0, 0.95).contains(e),
        controlled?.confidenceInterval(0.95).contains(e) ?? false,
      ]
    }
    try expectCoverage("with one control") {
      try pool.startMonteCarloVectors(samples: 2000, seed: $0) { rng -> InlineArray<2, Double> in
        let z = rng.normal()
        return [exp(0.2 * z), z]
      }
    } contains: {
      [(try? $0.controlled(byExpectations: [0]))?.confidenceInterval(0.95).contains(m) ?? false]
    }
  }

  @Test func `with antithetic variates, strata, weights and common random numbers`() throws {
    try expectCoverage("with antithetic variates", of: exp(0.125)) {
      try pool.startMonteCarlo(samples: 400, seed: $0) { rng in
        var mirror = rng.mirrored
        return (exp(rng.normal() / 2) + exp(mirror.normal() / 2)) / 2
      }
    }
    try expectCoverage("with strata", of: exp(1) - 1) {
      try pool.startMonteCarlo(samples: 200, seed: $0) { rng in
        rng.stratifiedMean(strata: 8) { u, _ in exp(u) }
      }
    }
    // The probability of a normal number above 3.
    try expectCoverage("by importance", of: 0.0013498980316300933) {
      try pool.startMonteCarlo(samples: 1000, seed: $0) { rng in
        let (z, weight) = rng.shiftedNormal(by: 3)
        return z > 3 ? weight : 0
      }
    }
    try expectCoverage("with common random numbers", of: exp(0.02205) - exp(0.02)) {
      try pool.startMonteCarlo(samples: 1000, seed: $0) { rng in
        var same = rng
        return exp(0.21 * rng.normal()) - exp(0.2 * same.normal())
      }
    }
  }

  @Test func `of quasi-random points, whose replicates are few`() throws {
    try expectCoverage("of quasi-random points") {
      try pool.startQuasiMonteCarlo(dimension: 2, points: 16, replicates: 8, seed: $0) { point in
        (0.5 + point[0]) * (0.75 + point[1] / 2)
      }
    } contains: {
      [$0.confidenceInterval(0.95).contains(1)]
    }
  }

  @Test func `of integrals, from all of the box and by VEGAS`() throws {
    let truth = 2 * sin(1.0)
    try expectCoverage("of integrals", of: truth) {
      try pool.startIntegrate(over: [-1...1, 0...2], seed: $0, until: .samples(400)) { x in
        cos(x[0]) * x[1] / 2
      }
    }
    // The iterations that adapt bins do not count, so nothing is biased.
    try expectCoverage("of integrals by VEGAS", of: truth) {
      try pool.startIntegrate(
        over: [-1...1, 0...2], method: .vegas(iterations: 2, samples: 300, bins: 10), seed: $0,
        until: .samples(400)
      ) { x in cos(x[0]) * x[1] / 2 }
    }
  }

  /// Half of the square of the error that is asked for is bias, which an interval has to have room for: then it contains
  /// the limit more often. That of the last level it contains as often as it should.
  @Test func `of several levels, whose number and samples depend on what is found`() throws {
    func start(_ seed: UInt64) throws -> Future<MultilevelEstimate> {
      try pool.startMultilevelMonteCarlo(error: 0.15, levels: 8, initialSamples: 64, seed: seed) {
        level, rng in
        let scale = 1 / Double(1 << level)
        return scale * (1 + rng.normal())
      }
    }
    try expectCoverage("of the last level", start) { found in
      let truth = 2 - 1 / Double(1 << (found.levels.count - 1))
      return [abs(found.mean - truth) <= 1.959964 * found.standardError]
    }
    try expectCoverage("of the limit", most: 1000, start) { found in
      [abs(found.mean - 2) <= 1.959964 * found.standardError + found.bias]
    }
  }

  /// The shortfall is taken beyond a quantile of the same courses, which makes it too low by a part of its error that falls
  /// as 1/√n.
  @Test func `of a portfolio's value at risk and expected shortfall`() throws {
    let (level, periods) = (0.9, [0.03, -0.02, 0.01, 0.05, -0.04, 0.02, -0.01, 0.0])
    let past = try pool.matrix(rows: periods.count, columns: 1) { row, _ in periods[row] }
    let mean = -periods.reduce(0, +) / 8
    let deviation = (periods.reduce(0) { $0 + ($1 + mean) * ($1 + mean) } / 7).squareRoot()
    let quantile = normalQuantile(level)
    let density = exp(-quantile * quantile / 2) / (2 * Double.pi).squareRoot()
    try expectCoverage("of a portfolio's risk") {
      try pool.startPortfolioRisk(
        returns: past, weights: [1], level: level, model: .normal, samples: 1500, seed: $0)
    } contains: { found in
      let shortfall = mean + deviation * density / (1 - level) - found.expectedShortfall
      return [
        found.valueAtRiskInterval.contains(mean + quantile * deviation),
        abs(shortfall) <= 1.959964 * found.expectedShortfallError,
      ]
    }
  }

  @Test func `of π and of European options`() throws {
    try expectCoverage("of π", of: .pi) { try pool.startPi(seed: $0, until: .samples(2000)) }
    for kind in EuropeanOption.Kind.allCases {
      var option = call
      option.kind = kind
      try expectCoverage("of a \(kind)", of: option.price) {
        try pool.startPrice(of: option, seed: $0, until: .samples(2000))
      }
    }
  }

  /// Scores have long tails, for whose means more samples are needed to be normal.
  @Test(arguments: [(GreeksMethod.pathwise, 800), (.likelihoodRatio, 3000)])
  func `of Greeks`(_ method: GreeksMethod, _ samples: Int) throws {
    var put = call
    put.kind = .put
    let exact = put.greeks
    let greeks: [KeyPath<OptionGreeks, Double>] = [
      \.price, \.delta, \.gamma, \.vega, \.theta, \.rho,
    ]
    try expectCoverage("of Greeks, \(method)") {
      try pool.startGreeks(of: put, method: method, samples: samples, seed: $0)
    } contains: { found in
      greeks.map { found.confidenceInterval(of: $0, 0.95).contains(exact[keyPath: $0]) }
    }
  }

  /// On averages at dates, with a barrier that is watched at every moment, and on a basket, by each of its assets. The
  /// likelihood ratio's scores of a call have longer tails where a barrier ends the paths below: of 4,000 samples of one
  /// that ends at 85 gamma, vega and theta were covered 926, 925 and 927 times.
  @Test(arguments: [(GreeksMethod.pathwise, 1000), (.likelihoodRatio, 4000)])
  func `of Greeks of averages, barriers and baskets`(
    _ method: GreeksMethod, _ samples: Int
  ) throws {
    let asian = AsianOption(
      .call, average: .geometric, spot: 100, strike: 102, rate: 0.05, volatility: 0.25, years: 0.8,
      dates: 4)
    func barrier(_ market: OptionMarket) -> BarrierOption {
      BarrierOption(
        .put, .upAndOut, barrier: 125, spot: market.spot, strike: 102, rate: market.rate,
        volatility: market.volatility, years: market.years)
    }
    func check(_ what: String, _ option: some OptionWithGreeks, _ exact: OptionGreeks) throws {
      try expectCoverage("of Greeks \(what), \(method)") {
        try pool.startGreeks(of: option, method: method, samples: samples, seed: $0)
      } contains: { found in
        greekNames.map {
          found.confidenceInterval(of: $0.path, 0.95).contains(exact[keyPath: $0.path])
        }
      }
    }
    try check("on averages", asian, try #require(asian.exactGreeks))
    try check(
      "with barriers", barrier(OptionMarket()),
      try OptionMarket().differences { try #require(barrier($0).exactPrice) })
    let basket = BasketOption(
      .call, spots: [100, 90], weights: [0.5, 0.6], strike: 105, rate: 0.05,
      volatilities: [0.25, 0.35], correlation: 0.4, years: 0.8)
    let exact = basket.spots.indices.map { asset in
      OptionMarket(spot: basket.spots[asset], volatility: basket.volatilities[asset]).differences {
        market in
        var moved = basket
        (moved.spots[asset], moved.volatilities[asset]) = (market.spot, market.volatility)
        (moved.rate, moved.years) = (market.rate, market.years)
        return basketOfTwo(moved)
      }
    }
    try expectCoverage("of Greeks on baskets, \(method)") {
      try pool.startGreeks(of: basket, method: method, samples: samples, seed: $0)
    } contains: { found in
      zip(found, exact).flatMap { found, exact in
        greekNames.map {
          found.confidenceInterval(of: $0.path, 0.95).contains(exact[keyPath: $0.path])
        }
      }
    }
  }

  /// In few steps, and all the same with a bias far below the error of so few samples. Feller's condition holds in the first
  /// case, and does not in the second, where a put is moved in place of the call.
  @Test(arguments: [(110.0, 0.4, 3.0, -0.6, 8), (102, 0.6, 2, 0.3, 12)])
  func `of vega and theta in Heston's model`(
    _ strike: Double, _ volatilityOfVariance: Double, _ meanReversion: Double,
    _ correlation: Double, _ steps: Int
  ) throws {
    let option = HestonOption(
      .call, spot: 100, strike: strike, rate: 0.05, variance: 0.0625, longRunVariance: 0.05,
      meanReversion: meanReversion, volatilityOfVariance: volatilityOfVariance,
      correlation: correlation, years: 0.6, steps: steps)
    let exact = try OptionMarket(years: option.years).differences { market in
      var moved = option
      (moved.variance, moved.years) = (market.volatility * market.volatility, market.years)
      return try #require(moved.exactPrice)
    }
    let greeks: [KeyPath<OptionGreeks, Double>] = [\.vega, \.theta]
    try expectCoverage("of vega and theta in Heston's model, \(correlation)") {
      try pool.startGreeks(of: option, samples: 800, seed: $0)
    } contains: { found in
      greeks.map { found.confidenceInterval(of: $0, 0.95).contains(exact[keyPath: $0]) }
    }
  }

  @Test func `of options with exact samples, plain, conditional and with control variates`() throws
  {
    func check(
      _ what: String, _ option: some SimulatedOption, _ price: Double?, samples: Int = 500
    ) throws {
      try expectCoverage(what, of: try #require(price)) {
        try pool.startPrice(of: option, seed: $0, until: .samples(samples))
      }
    }
    var asian = AsianOption(
      .put, spot: 100, strike: 100, rate: 0.09, volatility: 0.2, years: 1, dates: 4)
    try check("of arithmetic averages", asian, arithmeticAsian(asian), samples: 1000)
    asian.average = .geometric
    try check("of geometric averages", asian, asian.exactPrice)
    let barrier = BarrierOption(
      .put, .downAndIn, barrier: 90, spot: 100, strike: 105, rate: 0.05, volatility: 0.25, years: 1)
    try check("with barriers", barrier, barrier.exactPrice)
    let lookback = LookbackOption(.put, spot: 50, rate: 0.1, volatility: 0.4, years: 0.25)
    try check("on extremes", lookback, lookback.exactPrice)
    let basket = BasketOption(
      .call, spots: [100, 90], weights: [0.5, 0.6], strike: 100, rate: 0.04,
      volatilities: [0.2, 0.35], correlation: 0.4, years: 1.5)
    try check("on baskets", basket, basketOfTwo(basket), samples: 2000)
    for sampling in OptionSampling.allCases {
      let merton = MertonOption(
        .put, spot: 100, strike: 105, rate: 0.05, volatility: 0.15, jumpsPerYear: 1.2,
        jumpMean: -0.1, jumpDeviation: 0.2, years: 0.75, sampling: sampling)
      try check("on prices that jump, \(sampling)", merton, merton.exactPrice, samples: 1000)
    }
  }
}
