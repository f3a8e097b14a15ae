import Echelon
import Foundation
import TestSupport
import Testing

private let limit = optionErrorLimit

@Suite(.timeLimit(.minutes(10))) struct `Simulated options`: PricesOptions {
  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on averages agree with the formula, and with a recursion`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    for (strike, volatility, dates) in [(100.0, 0.2, 12), (90, 0.4, 5), (110, 0.3, 1)] {
      var option = asian
      (option.kind, option.strike) = (kind, strike)
      (option.volatility, option.dates) = (volatility, dates)
      try expect(option, costs: arithmeticAsian(option), samples: 20_000, seed: seed)
      #expect(option.exactPrice == nil)
      option.average = .geometric
      try expect(option, costs: try #require(option.exactPrice), seed: seed)
    }
    // The control variate: most of what varies is known.
    var (plain, controlled) = (asian, asian)
    (plain.average, plain.kind, controlled.kind) = (.geometric, kind, kind)
    let without = try pools[1].price(of: plain, seed: seed, until: .samples(20_000))
    let with = try pools[1].price(of: controlled, seed: seed, until: .samples(20_000))
    #expect(with.standardError < without.standardError / 15)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `give their samples one by one, with the bits of the estimate`(
    _ kind: TestedExecutor
  ) throws {
    let (pool, seed) = (kind.shared, testSeed())
    func check(_ option: some SimulatedOption) throws {
      let count = 40_000
      let found = try pool.price(of: option, seed: seed, until: .samples(count))
      let samples = Array(try pool.priceSamples(of: option, count: count, seed: seed))
      // As they are added up: by 2,048.
      var sums = SampleSums()
      for start in stride(from: 0, to: count, by: 2048) {
        sums.append(SampleSums(Array(samples[start..<min(count, start + 2048)]).span))
      }
      #expect(sums == found.sums, "\(option), seed \(seed)")
      let rest = try pool.priceSamples(of: option, count: 100, from: 39_900, seed: seed)
      #expect(Array(rest) == Array(samples[39_900...]), "\(option), seed \(seed)")
    }
    try check(
      EuropeanOption(.put, spot: 100, strike: 95, rate: 0.03, volatility: 0.2, years: 1))
    try check(asian)
    try check(barrier)
    try check(
      LookbackOption(.put, monitoring: .dates(3), spot: 100, rate: 0.03, volatility: 0.2, years: 1))
    try check(
      BasketOption(
        .call, spots: [100, 90], weights: [0.5, 0.5], strike: 95, rate: 0.03,
        volatilities: [0.2, 0.3], correlation: 0.3, years: 1))
    #expect(throws: PoolError.self) {
      try pool.priceSamples(of: asian, count: -1, seed: 1)
    }
  }

  /// J. Večeř, *Unified pricing of Asian options*, Risk 15 (2002): for a continuous average of 100, 9 %, 20 %, one
  /// year.
  @Test func `on averages tend to the published price of the continuous average`() throws {
    var option = asian
    var prices: [Double] = []
    for dates in [20, 40] {
      option.dates = dates
      prices.append(arithmeticAsian(option))
    }
    // The difference falls as 1/n.
    #expect(abs(2 * prices[1] - prices[0] - 6.7773481) < 2e-3, "\(prices)")
  }

  @Test(arguments: BarrierOption.Effect.allCases)
  func `with barriers agree with the formula, and with integration from date to date`(
    _ effect: BarrierOption.Effect
  ) throws {
    let seed = testSeed()
    let isUp = effect == .upAndOut || effect == .upAndIn
    for kind in EuropeanOption.Kind.allCases {
      for (level, strike) in isUp ? [(125.0, 100.0), (110, 95)] : [(90, 100), (95, 110)] {
        var option = barrier
        (option.kind, option.effect) = (kind, effect)
        (option.barrier, option.strike) = (level, strike)
        let exact = try #require(option.exactPrice)
        try expect(option, costs: exact, samples: 30_000, seed: seed)
        option.monitoring = .dates(6)
        let european = EuropeanOption(
          kind, spot: option.spot, strike: strike, rate: option.rate,
          volatility: option.volatility, years: option.years
        ).price
        let out = knockOut(option, dates: 6)
        let isOut = effect == .upAndOut || effect == .downAndOut
        try expect(option, costs: isOut ? out : european - out, samples: 30_000, seed: seed)
        #expect(option.exactPrice == nil)
        // Whoever looks seldom meets the barrier less often.
        #expect(isOut ? out > exact : european - out < exact)
      }
    }
  }

  /// M. Broadie, P. Glasserman, S. Kou, *A continuity correction for discrete barrier options*, Mathematical Finance 7
  /// (1997): the barrier of dates is one of every moment that lies 0.5826·σ√dt further away.
  @Test func `with barriers at many dates are those of a barrier further away`() throws {
    var option = barrier
    option.monitoring = .dates(50)
    let found = try pools[1].price(of: option, seed: testSeed(), until: .samples(20_000))
    var shifted = barrier
    shifted.barrier *= exp(-0.5826 * option.volatility * (option.years / 50).squareRoot())
    let expected = try #require(shifted.exactPrice)
    #expect(abs(found.mean - expected) < limit * found.standardError + 0.01)
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on extremes agree with the formula, and with Spitzer's identity`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    for (rate, volatility) in [(0.1, 0.4), (0.0, 0.2), (-0.02, 0.3), (1e-5, 0.25)] {
      for strike in [.floating, .fixed(45), .fixed(56)] as [LookbackOption.Strike] {
        var option = lookback
        (option.kind, option.strike) = (kind, strike)
        (option.rate, option.volatility) = (rate, volatility)
        try expect(option, costs: try #require(option.exactPrice), samples: 20_000, seed: seed)
      }
      var option = lookback
      (option.kind, option.rate, option.volatility) = (kind, rate, volatility)
      option.monitoring = .dates(10)
      let floating = floatingLookback(option, dates: 10)
      try expect(option, costs: floating, samples: 20_000, seed: seed)
      // A fixed strike that the extreme is always beyond.
      option.strike = .fixed(50)
      let discount = exp(-rate * option.years)
      let sign = kind == .call ? 1.0 : -1
      var other = option
      (other.kind, other.strike) = (kind == .call ? .put : .call, .floating)
      let sure = floatingLookback(other, dates: 10) + sign * 50 - sign * 50 * discount
      try expect(option, costs: sure, samples: 20_000, seed: seed)
    }
  }

  /// J. C. Hull, *Options, Futures, and Other Derivatives*: 50, 10 %, 40 %, three months: 8.04 and 7.79.
  @Test func `on extremes cost what a textbook says`() throws {
    var option = lookback
    #expect(abs(try #require(option.exactPrice) - 8.04) < 0.005)
    option.kind = .put
    #expect(abs(try #require(option.exactPrice) - 7.79) < 0.005)
    // Near a rate of 0 the formula has another form, which must go over into it.
    for kind in EuropeanOption.Kind.allCases {
      option.kind = kind
      let prices = [-3e-5, -1e-5, 1e-5, 3e-5].compactMap { rate -> Double? in
        option.rate = rate
        return option.exactPrice
      }
      let curvature = prices[0] - prices[3] - 3 * (prices[1] - prices[2])
      #expect(abs(curvature) < 1e-7, "\(prices)")
    }
  }

  @Test func `on baskets agree with integration, with Margrabe, and with one asset`() throws {
    let seed = testSeed()
    for kind in EuropeanOption.Kind.allCases {
      for (strike, correlation) in [(105.0, 0.4), (90, -0.7), (125, 0.95)] {
        var option = BasketOption(
          kind, spots: basket.spots, weights: basket.weights, strike: strike, rate: basket.rate,
          volatilities: basket.volatilities, correlation: correlation, years: basket.years)
        try expect(option, costs: basketOfTwo(option), samples: 20_000, seed: seed)
        // The right to exchange one asset for the other.
        (option.weights, option.strike) = ([1, -1.1], 0)
        let (a, b) = (option.volatilities[0], option.volatilities[1])
        let deviation =
          ((a * a + b * b - 2 * correlation * a * b) * option.years).squareRoot()
        let exchange = undiscounted(kind, mean: 100, strike: 99, deviation: deviation)
        try expect(option, costs: exchange, samples: 20_000, seed: seed)
      }
      let one = BasketOption(
        kind, spots: [50], weights: [2], strike: 105, rate: 0.03, volatilities: [0.2],
        correlations: [[1]], years: 1)
      let european = EuropeanOption(
        kind, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)
      #expect(abs(try #require(one.exactPrice) - european.price) < 1e-12)
      // The control variate is the payoff itself.
      let found = try pools[1].price(of: one, seed: seed, until: .samples(1000))
      #expect(abs(found.mean - european.price) < 1e-11 && found.standardError < 1e-11)
    }
    // Five assets, the control variate beside the plain payoff, which a weight of nearly 0 from below leaves.
    var many = BasketOption(
      .call, spots: [100, 100, 100, 100, 100], weights: [0.2, 0.2, 0.2, 0.2, 0.2], strike: 100,
      rate: 0.05, volatilities: [0.2, 0.25, 0.3, 0.35, 0.4], correlation: 0.5, years: 1)
    let controlled = try pools[1].price(of: many, seed: seed, until: .samples(20_000))
    many.spots.append(1)
    many.weights.append(-1e-12)
    many.volatilities.append(0.1)
    many.correlations = (0..<6).map { i in (0..<6).map { $0 == i ? 1 : 0.5 } }
    let plain = try pools[1].price(of: many, seed: seed &+ 1, until: .samples(20_000))
    #expect(
      abs(controlled.mean - plain.mean) < limit * (controlled.standardError + plain.standardError))
    #expect(controlled.standardError < plain.standardError / 4)
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on prices that jump agree with Merton's series, and it with Fourier's integral`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    for (jumps, mean, deviation) in [
      (1.2, -0.1, 0.2), (0, 0.3, 0.1), (25, 0.02, 0.05), (3, 0.2, 0),
    ] {
      var option = merton
      (option.kind, option.jumpsPerYear) = (kind, jumps)
      (option.jumpMean, option.jumpDeviation) = (mean, deviation)
      let exact = try #require(option.exactPrice)
      let call = callPrice(
        spot: option.spot, strike: option.strike, rate: option.rate, years: option.years
      ) { mertonCharacteristic(option, $0) }
      let parity =
        kind == .call ? 0 : option.strike * exp(-option.rate * option.years) - option.spot
      #expect(abs(exact - call - parity) < 1e-8, "\(option)")
      try expect(option, costs: exact, seed: seed)
    }
  }

  @Test func `on prices of random variance have a known price`() throws {
    #expect(abs(try #require(heston.exactPrice) - 6.8061) < 5e-5)
    // The same, table 2: 34.9998.
    let other = HestonOption(
      .call, spot: 100, strike: 100, rate: 0.05, variance: 0.09, longRunVariance: 0.09,
      meanReversion: 2, volatilityOfVariance: 1, correlation: -0.3, years: 5, steps: 160)
    #expect(abs(try #require(other.exactPrice) - 34.9998) < 5e-5)
    for option in [heston, other] {
      for strike in [70.0, 100, 140] {
        var option = option
        option.strike = strike
        let call = callPrice(
          spot: option.spot, strike: strike, rate: option.rate, years: option.years
        ) { hestonCharacteristic(option, $0) }
        let exact = try #require(option.exactPrice)
        #expect(abs(exact - call) < 1e-6, "\(option): \(exact) and \(call)")
        option.kind = .put
        let parity = exact - option.spot + strike * exp(-option.rate * option.years)
        #expect(abs(try #require(option.exactPrice) - parity) < 1e-10)
      }
    }
    // A variance that hardly varies is Black and Scholes'.
    var calm = heston
    (calm.variance, calm.longRunVariance) = (0.04, 0.04)
    (calm.volatilityOfVariance, calm.correlation) = (1e-3, 0)
    let european = EuropeanOption(
      .call, spot: 100, strike: 100, rate: 0.0319, volatility: 0.2, years: 1)
    #expect(abs(try #require(calm.exactPrice) - european.price) < 1e-4)
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on prices of random variance are off by less than a thousandth of the spot`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    for strike in [90.0, 100, 110] {
      var option = heston
      (option.kind, option.strike) = (kind, strike)
      try expect(
        option, costs: try #require(option.exactPrice), samples: 15_000, bias: 0.1, seed: seed)
    }
    // Without skew, and with the price and its variance moving together.
    for correlation in [0, 0.6] {
      var option = heston
      (option.kind, option.correlation) = (kind, correlation)
      (option.variance, option.longRunVariance) = (0.09, 0.06)
      try expect(
        option, costs: try #require(option.exactPrice), samples: 15_000, bias: 0.1, seed: seed)
    }
  }

  /// Which the correction of the scheme brings about, in few steps, too: an option that is sure to be exercised has no
  /// bias.
  @Test(arguments: [-0.7, 0, 0.6])
  func `on prices of random variance have discounted prices that are martingales`(
    _ correlation: Double
  ) throws {
    let seed = testSeed()
    for steps in [1, 2, 8] {
      for variance in [0.010201, 0.3] {
        var option = heston
        (option.correlation, option.steps, option.variance) = (correlation, steps, variance)
        option.strike = 1e-6
        try expect(
          option, costs: option.spot - 1e-6 * exp(-option.rate), samples: 20_000, seed: seed)
      }
    }
  }

  @Test func `end where an error is small enough, at a number of samples that has the same bits`()
    throws
  {
    let seed = testSeed()
    let found = try pools[1].price(of: barrier, seed: seed, until: .relativeError(2e-3))
    #expect(found.standardError <= 2e-3 * found.mean)
    let again = try pools[2].price(
      of: barrier, seed: seed, until: .samples(found.sampleCount))
    #expect(again == found, "seed \(seed)")
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, after deaths, and gone on from`() throws
  {
    let seed = testSeed()
    let (barrier, lookback, basket, merton) = (barrier, lookback, basket, merton)
    let american = AmericanOption(
      .put, spot: 36, strike: 40, rate: 0.06, volatility: 0.2, years: 1, dates: 5)
    var (dated, brief, short) = (barrier, asian, heston)
    (dated.monitoring, brief.dates, short.steps) = (.dates(3), 2, 2)
    let (monitored, averaged, coarse) = (dated, brief, short)
    @Sendable func prices(on executor: some WorkExecutor, _ samples: Int) throws
      -> [MonteCarloEstimate]
    {
      let goal = MonteCarloGoal.samples(samples)
      return [
        try executor.price(of: averaged, seed: seed, until: goal),
        try executor.price(of: barrier, seed: seed, until: goal),
        try executor.price(of: monitored, seed: seed, until: goal),
        try executor.price(of: lookback, seed: seed, until: goal),
        try executor.price(of: basket, seed: seed, until: goal),
        try executor.price(of: merton, seed: seed, until: goal),
        try executor.price(of: coarse, seed: seed, until: goal),
        try executor.price(of: american, regressionSamples: 9000, seed: seed, until: goal),
      ]
    }
    var first: [MonteCarloEstimate]?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try prices(on: executor, 70_001)
      #expect(found == first ?? found, "seed \(seed)")
      first = found
    }
    let part = try pools[2].price(of: dated, seed: seed, until: .samples(66_000))
    let rest = try pools[2].price(
      of: dated, seed: seed, until: .samples(70_001), resuming: part.state)
    #expect(rest == first?[2])
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { try prices(on: $0, 30_000) }
  }
}
