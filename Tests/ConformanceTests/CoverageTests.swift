import Echelon
import Foundation
import TestSupport
import Testing

/// In standard deviations: what chance exceeds less than once in 10¹⁰ times.
private let farAway = 6.5

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

  /// Expects intervals of runs that end at an error to contain the truth, too. Goals are the errors that the third of the
  /// boundaries has, so that chance decides whether a run ends there or goes on, and with it the mean, of which the
  /// samples that decide it say much or all.
  /// - Parameter deviation: of a sample.
  private func expectCoverageAtError(
    _ what: String, of truth: Double, deviation: Double,
    _ start: (_ seed: UInt64, MonteCarloGoal) throws -> Future<MonteCarloEstimate>
  ) throws {
    let boundaries = (0..<4).reduce(into: [0]) { found, _ in
      found.append(MonteCarloGoal.boundary(after: found.last!))
    }
    let error = deviation / Double(boundaries[3]).squareRoot()
    for (kind, goal) in [
      ("an error", MonteCarloGoal.standardError(error)),
      ("a part", .relativeError(error / truth)),
    ] {
      var ends: [Int: Int] = [:]
      try expectCoverage("of \(what) to \(kind)") { seed in
        try start(seed, goal)
      } contains: { found in
        ends[found.sampleCount, default: 0] += 1
        return [found.confidenceInterval(0.95).contains(truth)]
      }
      // At the third boundary and the fourth alone.
      #expect(Set(ends.keys) == Set(boundaries[3...4]), "\(what): \(ends)")
      // Half of all runs each; what is not quite normal moves it a little.
      let total = ends.values.reduce(0, +)
      for (_, count) in ends {
        #expect((total * 35 / 100...total * 65 / 100) ~= count, "\(what): \(ends)")
      }
    }
  }

  @Test func `of runs that end at an error, absolute and relative`() throws {
    try expectCoverageAtError(
      "π", of: .pi, deviation: (.pi * (4 - Double.pi)).squareRoot()
    ) { try pool.startPi(seed: $0, until: $1) }
  }

  /// Larger samples come with larger errors, so that runs of few of them end sooner, and have low means.
  @Test func `of a closure whose runs end at an error`() throws {
    let (mean, square) = (exp(0.125), exp(0.5))
    try expectCoverageAtError(
      "a closure", of: mean, deviation: (square - mean * mean).squareRoot()
    ) { seed, goal in
      try pool.startMonteCarlo(seed: seed, until: goal) { exp($0.normal() / 2) }
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of options whose runs end at an error`(_ kind: EuropeanOption.Kind) throws {
    let option = EuropeanOption(
      kind, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)
    // The square of what is paid, by the density of the price at expiry.
    let square = normalMean(points: 4001) { z in
      let last = 100 * exp(0.01 + 0.2 * z)
      let paid = exp(-0.03) * max(0, kind == .call ? last - 105 : 105 - last)
      return paid * paid
    }
    try expectCoverageAtError(
      "a \(kind)", of: option.price,
      deviation: (square - option.price * option.price).squareRoot()
    ) { try pool.startPrice(of: option, seed: $0, until: $1) }
  }

  /// A time ends a run at a number of samples that they do not decide: here one that is drawn, without a clock.
  @Test func `of runs that end where a time would`() throws {
    let mean = exp(0.125)
    try expectCoverage("of a number of samples that is drawn", of: mean) { seed in
      var rng = PhiloxGenerator(seed: seed, index: 0, stream: 1)
      let parts = 1 + Int(rng.uniform() * 8)
      return try pool.startMonteCarlo(samples: parts * MonteCarloState.partLength, seed: seed) {
        exp($0.normal() / 2)
      }
    }
    let option = EuropeanOption(
      .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)
    let seed = testSeed()
    for goal in [MonteCarloGoal.time(.nanoseconds(1)), .time(.milliseconds(3))] {
      let timed = try pool.price(of: option, seed: seed, until: goal)
      #expect(timed.sampleCount >= 4096 && timed.sampleCount % MonteCarloState.partLength == 0)
      let same = try pools[2].price(of: option, seed: seed, until: .samples(timed.sampleCount))
      #expect(timed == same, "seed \(seed)")
    }
  }

  /// What the comment of `MonteCarloGoal` says of events that are rare: runs whose numbers of events are drawn themselves.
  @Test(arguments: [
    (10, 0.80, 0.94, -0.16, 0.12), (30, 0.91, 0.94, -0.06, 0.04), (100, 0.93, 0.945, -0.02, 0.02),
    (1000, 0.945, 0.945, -0.004, 0.004),
  ])
  func `less often of rare events, as the goals say`(
    _ events: Int, _ share: Double, _ relativeShare: Double, _ low: Double, _ high: Double
  ) throws {
    let seed = testSeed()
    let runs = 20_000
    // Events in a chunk, so that some 64 chunks are needed.
    let mean = Double(events) / 64
    let probability = mean / Double(MonteCarloState.chunkLength)
    let error = Double(events).squareRoot() / 64 / Double(MonteCarloState.chunkLength)
    for (goal, share) in [
      (MonteCarloGoal.standardError(error), share),
      (.relativeError(1 / Double(events).squareRoot()), relativeShare),
    ] {
      var (hits, sum) = (0, 0.0)
      for run in 0..<runs {
        var rng = PhiloxGenerator(seed: seed, index: UInt64(run))
        var (count, found) = (0, 0)
        var estimate = MonteCarloEstimate(SampleSums())
        repeat {
          let next = MonteCarloGoal.boundary(after: count)
          let more = try PoissonDistribution(mean: Double(next - count) * probability)
          found += more.sample(using: &rng)
          count = next
          estimate = MonteCarloEstimate(
            SampleSums(hits: UInt64(found), of: UInt64(count), value: 1))
        } while !goal.isReached(by: estimate)
        hits += estimate.confidenceInterval(0.95).contains(probability) ? 1 : 0
        sum += estimate.mean / probability - 1
      }
      let found = Double(hits) / Double(runs)
      let bound = farAway * (share * (1 - share) / Double(runs)).squareRoot()
      #expect(found > share - bound, "\(goal): \(found), seed \(seed)")
      let bias = sum / Double(runs)
      let spread = farAway / Double(events * runs).squareRoot()
      #expect(bias > low - spread && bias < high + spread, "\(goal): \(bias), seed \(seed)")
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
