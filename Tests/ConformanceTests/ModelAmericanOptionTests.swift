import Echelon
import Foundation
import TestSupport
import Testing

/// American options in Merton's and Heston's models.
@Suite(.timeLimit(.minutes(10)))
struct `American options on prices with jumps, or with a variance that moves` {
  private let merton = MertonOption(
    .put, spot: 100, strike: 105, rate: 0.05, volatility: 0.2, jumpsPerYear: 1, jumpMean: -0.1,
    jumpDeviation: 0.15, years: 1)
  private let heston = HestonOption(
    .put, spot: 100, strike: 105, rate: 0.05, variance: 0.04, longRunVariance: 0.06,
    meanReversion: 2, volatilityOfVariance: 0.5, correlation: -0.7, years: 1, steps: 10)

  /// Below what is best, since no policy is better, by no more than 1 % with so few paths.
  private func expect(
    _ option: ModelAmericanOption, costs exact: Double, slack: Double = 2e-3, samples: Int = 8192,
    _ comment: String = ""
  ) throws {
    for seed in [7, testSeed()] {
      let found = try pools[1].price(
        of: option, regressionSamples: 8192, seed: seed, until: .samples(samples))
      let limit = 6 * found.standardError + slack * exact
      #expect(found.mean < exact + limit, "\(found), \(exact), seed \(seed) \(comment)")
      #expect(found.mean > exact - limit - 0.01 * exact, "\(found), seed \(seed) \(comment)")
    }
  }

  @Test func `cost what a recursion from date to date says, with jumps and without`() throws {
    var still = merton
    (still.jumpsPerYear, still.spot, still.strike, still.rate) = (0, 36, 40, 0.06)
    var rare = merton
    (rare.volatility, rare.jumpsPerYear, rare.jumpMean, rare.jumpDeviation) = (
      0.15, 0.1, -0.9, 0.45
    )
    (rare.strike, rare.years) = (100, 0.25)
    // A call that is worth exercising, since its strike grows.
    var call = merton
    (call.kind, call.rate) = (.call, -0.06)
    for option in [merton, still, rare, call] {
      let exact = jumpRecursion(option, dates: 10)
      let european = try #require(option.exactPrice)
      #expect(exact > 1.005 * european, "early exercise counts: \(option)")
      let sign = option.kind == .call ? 1.0 : -1
      let once = max(european, sign * (option.spot - option.strike))
      #expect(abs(jumpRecursion(option, dates: 1) - once) < 1e-3 * once)
      try expect(ModelAmericanOption(dates: 10, in: .merton(option)), costs: exact, "\(option)")
    }
    // A binomial tree for 50 dates has this one, and Longstaff and Schwartz 4.478.
    #expect(abs(jumpRecursion(still, dates: 50) - 4.4778) < 1e-3)
  }

  /// Y. d'Halluin, P. A. Forsyth, G. Labahn, *A penalty method for American options with jump diffusion processes*,
  /// Numerische Mathematik 97 (2004): 3.2412435 for any moment; by a recursion 3.2386 for 50 dates.
  @Test func `with jumps agree with a published price`() throws {
    let option = MertonOption(
      .put, spot: 100, strike: 100, rate: 0.05, volatility: 0.15, jumpsPerYear: 0.1,
      jumpMean: -0.9, jumpDeviation: 0.45, years: 0.25)
    try expect(ModelAmericanOption(dates: 50, in: .merton(option)), costs: 3.2412435, samples: 4096)
  }

  /// S. Ikonen, J. Toivanen, *Efficient numerical methods for pricing American options under stochastic volatility*, Numerical
  /// Methods for Partial Differential Equations 24 (2008); for 50 dates finite differences have 1.1066, 0.5194, 0.2133 and
  /// 0.0819.
  @Test(arguments: [(8.0, 2.0), (9, 1.10763), (10, 0.520038), (11, 0.213681), (12, 0.082046)])
  func `with a variance that moves agree with published prices`(
    _ spot: Double, _ price: Double
  ) throws {
    let option = HestonOption(
      .put, spot: spot, strike: 10, rate: 0.1, variance: 0.0625, longRunVariance: 0.16,
      meanReversion: 5, volatilityOfVariance: 0.9, correlation: 0.1, years: 0.25, steps: 50)
    try expect(
      ModelAmericanOption(dates: 50, in: .heston(option)), costs: price,
      slack: spot == 8 ? 1e-9 : 2e-3,
      samples: 4096)
    let european = try #require(option.exactPrice)
    #expect(price > 1.015 * european, "early exercise counts: \(european)")
  }

  @Test func `tend to those of Black and Scholes where the variance does not move`() throws {
    var calm = heston
    (calm.longRunVariance, calm.volatilityOfVariance) = (0.04, 1e-4)
    var still = merton
    still.jumpsPerYear = 0
    try expect(
      ModelAmericanOption(dates: 10, in: .heston(calm)), costs: jumpRecursion(still, dates: 10))
  }

  @Test func `that are never exercised early are European`() throws {
    let seed = testSeed()
    for rate in [0.05, 0, -0.05] {
      for kind in [EuropeanOption.Kind.call, .put] where rate == 0 || (kind == .call) == (rate > 0)
      {
        var (merton, heston) = (merton, heston)
        (merton.kind, merton.rate, heston.kind, heston.rate) = (kind, rate, kind, rate)
        // Merton's is deep in the money, where a policy by chance would exercise it.
        merton.spot = kind == .call ? 180 : 50
        for (model, exact) in [
          (ModelPathOption.Model.merton(merton), merton.exactPrice),
          (.heston(heston), heston.exactPrice),
        ] {
          let option = ModelAmericanOption(dates: 10, in: model)
          let found = try pools[1].price(
            of: option, regressionSamples: 1000, seed: seed, until: .samples(2000))
          let exact = try #require(exact)
          #expect(option.exactPrice == exact)
          #expect(abs(found.mean - exact) < 1e-11 && found.standardError < 1e-12, "\(model)")
        }
      }
    }
    // With one date, and of a put.
    for (model, exact) in [
      (ModelPathOption.Model.merton(merton), merton.exactPrice),
      (.heston(heston), heston.exactPrice),
    ] {
      let once = try pools[1].price(
        of: ModelAmericanOption(dates: 1, in: model), regressionSamples: 1000, seed: seed,
        until: .samples(2000))
      #expect(abs(once.mean - (try #require(exact))) < 1e-11)
      let option = ModelAmericanOption(dates: 10, in: model)
      #expect(option.exactPrice == nil)
      let often = try pools[1].price(
        of: option, regressionSamples: 8192, seed: seed, until: .samples(8192))
      #expect(often.mean > 1.01 * once.mean, "\(often), seed \(seed)")
    }
  }

  @Test func `that are best exercised today are worth their payoff`() throws {
    var (merton, heston) = (merton, heston)
    (merton.spot, heston.spot) = (40, 40)
    for model in [ModelPathOption.Model.merton(merton), .heston(heston)] {
      for dates in [1, 10] {
        let found = try pools[1].price(
          of: ModelAmericanOption(dates: dates, in: model), regressionSamples: 2000,
          seed: testSeed(), until: .samples(1000))
        #expect(abs(found.mean - 65) < 1e-12 && found.standardError < 1e-12, "\(found)")
      }
    }
  }

  @Test func `have the same bits on all pools, and after a stop`() async throws {
    let seed = testSeed()
    for model in [ModelPathOption.Model.merton(merton), .heston(heston)] {
      let option = ModelAmericanOption(dates: 6, in: model)
      func price(
        _ executor: any WorkExecutor, _ samples: Int, resuming state: MonteCarloState? = nil
      ) async throws -> MonteCarloEstimate {
        try await executor.price(
          of: option, regressionSamples: 9000, seed: seed, until: .samples(samples),
          resuming: state)
      }
      let whole = try await price(pools[0], 50_000)
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try await price(executor, 50_000)
        #expect(found == whole, "seed \(seed)")
      }
      let half = try await price(pools[2], 20_000)
      let state = try #require(half.state)
      #expect(try await price(pools[3], 50_000, resuming: state) == whole && half != whole)
      var last: MonteCarloEstimate?
      for try await found in try pools[1].priceEstimates(
        of: option, regressionSamples: 9000, seed: seed, until: .samples(50_000))
      {
        last = found
      }
      #expect(last == whole, "seed \(seed)")
      #expect(whole.standardError > 0 && whole.standardDeviation < 4, "\(whole)")
    }
  }

  @Test func `are refused without a price`() throws {
    for change in [
      { $0.spot = 0 }, { $0.strike = .nan }, { $0.volatility = 0 }, { $0.years = 0 },
      { $0.rate = .infinity }, { $0.jumpsPerYear = -1 }, { $0.jumpsPerYear = 1e5 },
    ] as [(inout MertonOption) -> Void] {
      var option = merton
      change(&option)
      #expect(throws: PoolError.self, "\(option)") {
        try pools[1].startPrice(
          of: ModelAmericanOption(dates: 10, in: .merton(option)), seed: 1, until: .samples(10))
      }
    }
    for change in [
      { $0.steps = 0 }, { $0.variance = -1 }, { $0.years = 0 }, { $0.correlation = 2 },
    ] as [(inout HestonOption) -> Void] {
      var option = heston
      change(&option)
      #expect(throws: PoolError.self, "\(option)") {
        try pools[1].startPrice(
          of: ModelAmericanOption(dates: 10, in: .heston(option)), seed: 1, until: .samples(10))
      }
    }
    for (dates, paths) in [(0, 1000), (10_001, 1000), (10, 99), (10, 1 << 31)] {
      #expect(throws: PoolError.self) {
        try pools[1].startPrice(
          of: ModelAmericanOption(dates: dates, in: .merton(merton)), regressionSamples: paths,
          seed: 1, until: .samples(10))
      }
    }
    #expect(throws: PoolError.self) {
      try pools[1].priceEstimates(
        of: ModelAmericanOption(dates: 0, in: .heston(heston)), seed: 1, until: .samples(10))
    }
  }
}
