import Echelon
import Foundation
import TestSupport
import Testing

/// The Greeks of American options in Merton's and Heston's models.
@Suite(.timeLimit(.minutes(10)))
struct `The Greeks of American options on prices with jumps, or with a variance that moves` {
  private static func merton(
    _ kind: EuropeanOption.Kind = .put, jumpsPerYear: Double = 1, at market: OptionMarket
  ) -> MertonOption {
    MertonOption(
      kind, spot: market.spot, strike: 104, rate: market.rate, volatility: market.volatility,
      jumpsPerYear: jumpsPerYear, jumpMean: -0.1, jumpDeviation: 0.15, years: market.years)
  }

  /// The volatility is that of the beginning.
  private static func heston(
    _ kind: EuropeanOption.Kind = .put, at market: OptionMarket
  ) -> HestonOption {
    HestonOption(
      kind, spot: market.spot, strike: 104, rate: market.rate,
      variance: market.volatility * market.volatility, longRunVariance: 0.05, meanReversion: 3,
      volatilityOfVariance: 0.4, correlation: -0.6, years: market.years, steps: 16)
  }

  private func expect(
    _ option: ModelAmericanOption, has exact: OptionGreeks, samples: Int = 40_000,
    bias: Double = 0.02, seed: UInt64, location: SourceLocation = #_sourceLocation
  ) throws {
    for method in GreeksMethod.allCases {
      for seed in [7, seed] {
        let found = try pools[1].greeks(
          of: option, method: method, regressionSamples: 20_000, samples: samples, seed: seed)
        // The policy is not the best one.
        expectGreeks(
          found, are: exact, bias: bias, "\(method) of \(option), seed \(seed)", location: location)
      }
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of European ones in Heston's model are the differences of its formula`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let other: [(inout HestonOption) -> Void] = [
      { _ in }, { $0.correlation = 0.5 },
      {
        $0.strike = 140
        $0.years += 2
      },
      {
        ($0.meanReversion, $0.volatilityOfVariance) = (0.5, 1)
        $0.rate -= 0.07
      },
    ]
    for (index, change) in other.enumerated() {
      func option(_ market: OptionMarket) -> HestonOption {
        var option = Self.heston(kind, at: market)
        change(&option)
        return option
      }
      let exact = try #require(option(OptionMarket()).exactGreeks)
      let known = try OptionMarket().differences { try #require(option($0).exactPrice) }
      for (name, greek) in greekNames {
        let error = exact[keyPath: greek] - known[keyPath: greek]
        #expect(
          abs(error) < 1e-4 * max(1, abs(known[keyPath: greek])),
          "\(name) \(exact[keyPath: greek]), \(known[keyPath: greek]), \(index)")
      }
    }
    // Its years and its variance are what they are.
    var bad = Self.heston(kind, at: OptionMarket())
    bad.correlation = 1
    #expect(bad.exactGreeks == nil)
    (bad.correlation, bad.variance) = (0, 0)
    #expect(bad.exactGreeks == nil)
    (bad.variance, bad.years) = (0.04, 0)
    #expect(bad.exactGreeks == nil)
  }

  /// The step is wide enough for the grid's kinks not to show.
  @Test func `with jumps are the differences of a recursion from date to date`() throws {
    let seed = testSeed()
    for kind in EuropeanOption.Kind.allCases {
      var market = OptionMarket()
      // A call is worth exercising where its strike grows.
      market.rate = kind == .put ? 0.06 : -0.06
      let exact = market.differences(step: 0.02) {
        jumpRecursion(Self.merton(kind, at: $0), dates: 4)
      }
      let european = try #require(Self.merton(kind, at: market).exactGreeks)
      #expect(exact.price > 1.01 * european.price && abs(exact.delta - european.delta) > 0.01)
      try expect(
        ModelAmericanOption(dates: 4, in: .merton(Self.merton(kind, at: market))), has: exact,
        seed: seed)
    }
  }

  @Test func `with a variance that moves are the differences of a grid`() throws {
    let seed = testSeed()
    var market = OptionMarket()
    market.rate = 0.06
    let exact = market.differences(step: 0.02) {
      HestonGrid.american(Self.heston(at: $0), dates: 4)
    }
    let european = try #require(Self.heston(at: market).exactGreeks)
    #expect(exact.price > 1.01 * european.price && abs(exact.delta - european.delta) > 0.01)
    try expect(
      ModelAmericanOption(dates: 4, in: .heston(Self.heston(at: market))), has: exact, bias: 0.025,
      seed: seed)
  }

  @Test func `tend to those of Black and Scholes`() throws {
    let (seed, market) = (testSeed(), OptionMarket())
    var calm = Self.heston(at: market)
    // A variance that stays where it begins.
    (calm.volatilityOfVariance, calm.meanReversion, calm.correlation) = (1e-4, 1e-4, 0)
    let still = Self.merton(jumpsPerYear: 0, at: market)
    for method in GreeksMethod.allCases {
      let known = try pools[1].greeks(
        of: AmericanOption(
          .put, spot: market.spot, strike: 104, rate: market.rate, volatility: market.volatility,
          years: market.years, dates: 5), method: method, regressionSamples: 20_000,
        samples: 100_000, seed: seed)
      for model in [ModelPathOption.Model.heston(calm), .merton(still)] {
        let found = try pools[1].greeks(
          of: ModelAmericanOption(dates: 5, in: model), method: method, regressionSamples: 20_000,
          samples: 100_000, seed: seed)
        // Each has a policy of its own, which is not the best one.
        for (name, greek) in greekNames {
          let (value, other) = (found.means[keyPath: greek], known.means[keyPath: greek])
          let unit = hypot(
            found.standardErrors[keyPath: greek], known.standardErrors[keyPath: greek])
          #expect(
            abs(value - other) < greeksFarAway * unit + 0.07 * abs(other),
            "\(method), \(name) \(value), \(other) ± \(unit), seed \(seed), \(model)")
        }
      }
    }
  }

  @Test(arguments: GreeksMethod.allCases)
  func `that are never exercised early, or today, are known`(_ method: GreeksMethod) throws {
    let (seed, market) = (testSeed(), OptionMarket())
    for kind in EuropeanOption.Kind.allCases {
      let (merton, heston) = (Self.merton(kind, at: market), Self.heston(kind, at: market))
      for (model, european) in [
        (ModelPathOption.Model.merton(merton), merton.exactGreeks),
        (.heston(heston), heston.exactGreeks),
      ] {
        let european = try #require(european)
        // With one date, as a European option, and of a call.
        for dates in kind == .call ? [1, 6] : [1] {
          let option = ModelAmericanOption(dates: dates, in: model)
          let found = try pools[1].greeks(
            of: option, method: method, regressionSamples: 1000, samples: 2000, seed: seed)
          expectGreeks(found, are: european, bias: 1e-12, "\(method), seed \(seed)")
          #expect(option.exactGreeks == (kind == .call ? european : nil))
          #expect(found.standardErrors.delta < 1e-12)
        }
      }
    }
    var low = market
    low.spot = 40
    for model in [
      ModelPathOption.Model.merton(Self.merton(at: low)), .heston(Self.heston(at: low)),
    ] {
      let found = try pools[1].greeks(
        of: ModelAmericanOption(dates: 6, in: model), method: method, regressionSamples: 2000,
        samples: 2000, seed: seed)
      let now = OptionGreeks(price: 64, delta: -1, gamma: 0, vega: 0, theta: 0, rho: 0)
      expectGreeks(found, are: now, bias: 1e-12, "\(method), seed \(seed)")
    }
  }

  @Test(arguments: GreeksMethod.allCases)
  func `have the same bits for 1, 2, 3 and 7 workers, and go on`(
    _ method: GreeksMethod
  ) async throws {
    let (seed, market) = (testSeed(), OptionMarket())
    for model in [
      ModelPathOption.Model.merton(Self.merton(at: market)), .heston(Self.heston(at: market)),
    ] {
      let option = ModelAmericanOption(dates: 5, in: model)
      func greeks(
        _ executor: any WorkExecutor, _ samples: Int, resuming state: GreeksState? = nil
      ) async throws -> GreeksEstimate {
        try await executor.greeks(
          of: option, method: method, regressionSamples: 9000, samples: samples, seed: seed,
          resuming: state)
      }
      let whole = try await greeks(pools[0], 30_001)
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        #expect(try await greeks(executor, 30_001) == whole, "seed \(seed)")
      }
      let part = try await greeks(pools[2], 9000)
      let state = try #require(part.state)
      #expect(try await greeks(pools[3], 30_001, resuming: state) == whole && part != whole)
      var last: GreeksEstimate?
      for try await found in try pools[1].greeksEstimates(
        of: option, method: method, regressionSamples: 9000, samples: 30_001, seed: seed)
      {
        last = found
      }
      #expect(last == whole, "seed \(seed)")
      let price = try await pools[1].price(
        of: option, regressionSamples: 9000, seed: seed, until: .samples(30_001))
      let unit = hypot(price.standardError, whole.standardErrors.price)
      #expect(abs(price.mean - whole.means.price) < 6 * unit && unit > 0, "seed \(seed)")
      for (name, greek) in greekNames {
        #expect(whole.standardErrors[keyPath: greek] > 0, "\(name)")
      }
      // To an error.
      let until = try await pools[1].greeks(
        of: option, method: method, regressionSamples: 9000, seed: seed,
        until: .standardError(0.01), errorOf: [.delta])
      #expect(until.standardErrors.delta <= 0.01 && until.sampleCount >= 4096, "\(until)")
    }
  }

  @Test func `have the same bits while workers are killed`() throws {
    let (seed, market) = (testSeed(), OptionMarket())
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      try [
        ModelPathOption.Model.merton(Self.merton(at: market)), .heston(Self.heston(at: market)),
      ].flatMap { model in
        try GreeksMethod.allCases.map {
          try pool.greeks(
            of: ModelAmericanOption(dates: 3, in: model), method: $0, regressionSamples: 3000,
            samples: 5000, seed: seed)
        }
      }
    }
  }

  @Test func `are refused without a price or a density`() throws {
    let market = OptionMarket()
    func refused(
      _ model: ModelPathOption.Model, dates: Int = 5, paths: Int = 1000, samples: Int = 10,
      _ words: String, location: SourceLocation = #_sourceLocation
    ) {
      let option = ModelAmericanOption(dates: dates, in: model)
      for method in GreeksMethod.allCases {
        let error = #expect(throws: PoolError.self, sourceLocation: location) {
          try pools[1].startGreeks(
            of: option, method: method, regressionSamples: paths, samples: samples, seed: 1)
        }
        #expect("\(error!)".contains(words), "\(error!)", sourceLocation: location)
        #expect(throws: PoolError.self, sourceLocation: location) {
          _ = try pools[1].greeksEstimates(
            of: option, method: method, regressionSamples: paths, samples: samples, seed: 1)
        }
      }
    }
    let merton = Self.merton(at: market)
    for bad in [
      OptionMarket(volatility: 0), OptionMarket(years: 0), OptionMarket(spot: 0),
      OptionMarket(rate: .nan),
    ] {
      refused(.merton(Self.merton(at: bad)), "an option with a ")
      refused(.heston(Self.heston(at: bad)), "an option with a ")
    }
    refused(.merton(Self.merton(jumpsPerYear: 1e6, at: market)), "expected jumps")
    var tied = Self.heston(at: market)
    tied.correlation = -1
    refused(.heston(tied), "a correlation of -1")
    refused(.merton(merton), dates: 0, "0 dates")
    refused(.merton(merton), dates: 10_001, "10001 dates")
    refused(.merton(merton), paths: 99, "a regression of 99 paths")
    refused(.merton(merton), samples: -1, "-1")
    #expect(throws: PoolError.self) {
      try pools[1].startGreeks(
        of: ModelAmericanOption(in: .merton(merton)), seed: 1, until: .samples(10), errorOf: [])
    }
  }
}
