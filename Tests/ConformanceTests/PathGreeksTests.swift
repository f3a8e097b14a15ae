import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `The Greeks of options on paths` {
  private static func asian(
    _ kind: EuropeanOption.Kind, _ average: AsianOption.Average, strike: Double = 104,
    dates: Int = 6, at market: OptionMarket
  ) -> AsianOption {
    AsianOption(
      kind, average: average, spot: market.spot, strike: strike, rate: market.rate,
      volatility: market.volatility, years: market.years, dates: dates)
  }

  private static func lookback(
    _ kind: EuropeanOption.Kind, _ strike: LookbackOption.Strike,
    _ monitoring: OptionMonitoring = .continuous, at market: OptionMarket
  ) -> LookbackOption {
    LookbackOption(
      kind, strike: strike, monitoring: monitoring, spot: market.spot, rate: market.rate,
      volatility: market.volatility, years: market.years)
  }

  private static func barrier(
    _ kind: EuropeanOption.Kind, _ effect: BarrierOption.Effect,
    _ monitoring: OptionMonitoring = .continuous, at market: OptionMarket
  ) -> BarrierOption {
    let isUp = effect == .upAndOut || effect == .upAndIn
    return BarrierOption(
      kind, effect, barrier: isUp ? 125 : 85, monitoring: monitoring, spot: market.spot,
      strike: 102, rate: market.rate, volatility: market.volatility, years: market.years)
  }

  private static func basket(
    _ kind: EuropeanOption.Kind, weights: [Double] = [0.5, 0.6], strike: Double = 105,
    asset: Int = 0, at market: OptionMarket
  ) -> BasketOption {
    var option = BasketOption(
      kind, spots: [100, 90], weights: weights, strike: strike, rate: market.rate,
      volatilities: [0.25, 0.35], correlation: 0.4, years: market.years)
    (option.spots[asset], option.volatilities[asset]) = (market.spot, market.volatility)
    return option
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on averages are the differences of their prices`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    for (strike, dates) in [(104.0, 6), (90, 1), (115, 40)] {
      let market = OptionMarket()
      let geometric = Self.asian(kind, .geometric, strike: strike, dates: dates, at: market)
      let known = market.differences {
        Self.asian(kind, .geometric, strike: strike, dates: dates, at: $0).exactPrice!
      }
      let exact = try #require(geometric.exactGreeks)
      for (name, greek) in greekNames {
        let error = exact[keyPath: greek] - known[keyPath: greek]
        #expect(abs(error) < 1e-4 * max(1, abs(exact[keyPath: greek])), "\(name) of \(geometric)")
      }
      try expectGreeks(geometric, has: exact, seed: seed)
    }
    let option = Self.asian(kind, .arithmetic, at: OptionMarket())
    #expect(option.exactGreeks == nil)
    let known = OptionMarket().differences(step: 5e-3) {
      arithmeticAsian(Self.asian(kind, .arithmetic, at: $0))
    }
    try expectGreeks(option, has: known, bias: 1e-3, seed: seed)
    for average in [AsianOption.Average.arithmetic, .geometric] {
      try expectDerivatives(seed: seed) { Self.asian(kind, average, at: $0) }
    }
  }

  /// Gamma along the path does not get worse with the number of dates; that of the likelihood ratio does.
  @Test func `on averages at many dates have small errors along the path`() throws {
    let seed = testSeed()
    func error(_ method: GreeksMethod, dates: Int) throws -> OptionGreeks {
      let option = Self.asian(.call, .geometric, dates: dates, at: OptionMarket())
      return try pools[1].greeks(of: option, method: method, samples: 10_000, seed: seed)
        .standardErrors
    }
    #expect(
      try error(.pathwise, dates: 200).gamma < 1.5 * error(.pathwise, dates: 5).gamma,
      "seed \(seed)")
    #expect(
      try error(.likelihoodRatio, dates: 200).gamma > 5 * error(.pathwise, dates: 200).gamma,
      "seed \(seed)")
    // The control variate.
    let option = Self.asian(.call, .arithmetic, at: OptionMarket())
    for method in GreeksMethod.allCases {
      let with = try pools[1].greeks(of: option, method: method, samples: 10_000, seed: seed)
        .standardErrors
      let without = try error(method, dates: option.dates)
      for (name, greek) in greekNames {
        #expect(
          with[keyPath: greek] < 0.3 * without[keyPath: greek], "\(name), \(method), seed \(seed)")
      }
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on extremes are the differences of their prices`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    for strike in [.floating, .fixed(92), .fixed(109)] as [LookbackOption.Strike] {
      let exact = OptionMarket().differences { Self.lookback(kind, strike, at: $0).exactPrice! }
      let option = Self.lookback(kind, strike, at: OptionMarket())
      try expectGreeks(option, has: exact, seed: seed)
      try expectDerivatives(seed: seed) { Self.lookback(kind, strike, at: $0) }
      try expectDerivatives(seed: seed) { Self.lookback(kind, strike, .dates(5), at: $0) }
      // At dates, of a fixed strike, there is nothing else to compare with than the other method.
      let dated = Self.lookback(kind, strike, .dates(5), at: OptionMarket())
      let path = try pools[1].greeks(of: dated, samples: 40_000, seed: seed)
      let ratio = try pools[1].greeks(
        of: dated, method: .likelihoodRatio, samples: 40_000, seed: seed &+ 1)
      for (name, greek) in greekNames {
        let error = path.means[keyPath: greek] - ratio.means[keyPath: greek]
        let unit = path.standardErrors[keyPath: greek] + ratio.standardErrors[keyPath: greek]
        #expect(abs(error) <= greeksFarAway * unit + 1e-12, "\(name) of \(dated), seed \(seed)")
      }
      // Where it is sure to pay the price is linear in the spot.
      let isSure: Bool =
        if case .fixed(let level) = strike { (kind == .call) == (level < 100) } else { true }
      #expect((path.means.gamma == 0) == isSure && (ratio.means.gamma == 0) == isSure)
    }
    let floating = OptionMarket().differences {
      floatingLookback(Self.lookback(kind, .floating, .dates(5), at: $0), dates: 5)
    }
    try expectGreeks(
      Self.lookback(kind, .floating, .dates(5), at: OptionMarket()), has: floating, seed: seed)
  }

  @Test(arguments: BarrierOption.Effect.allCases)
  func `with barriers are the differences of their prices`(_ effect: BarrierOption.Effect) throws {
    let seed = testSeed()
    let isOut = effect == .upAndOut || effect == .downAndOut
    for kind in EuropeanOption.Kind.allCases {
      let exact = OptionMarket().differences { Self.barrier(kind, effect, at: $0).exactPrice! }
      try expectGreeks(Self.barrier(kind, effect, at: OptionMarket()), has: exact, seed: seed)
      try expectDerivatives(seed: seed) { Self.barrier(kind, effect, at: $0) }
      let dated = OptionMarket().differences(step: 2e-3) { market in
        let option = Self.barrier(kind, effect, .dates(4), at: market)
        let out = knockOut(option, dates: 4)
        guard !isOut else { return out }
        return EuropeanOption(
          kind, spot: market.spot, strike: option.strike, rate: market.rate,
          volatility: market.volatility, years: market.years
        ).price - out
      }
      // What knocks in seldom pays: its estimates are far from normal, and would fail at one drawn seed in a million.
      try expectGreeks(
        Self.barrier(kind, effect, .dates(4), at: OptionMarket()), has: dated,
        by: [.likelihoodRatio],
        samples: 40_000, bias: 1e-3, seed: isOut ? seed : 7)
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on baskets are the differences of their prices, for each asset`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    for (weights, strike) in [([0.5, 0.6], 105.0), ([-1.1, 1.2], 2)] {
      for method in GreeksMethod.allCases {
        for seed in [7, seed] {
          let option = Self.basket(kind, weights: weights, strike: strike, at: OptionMarket())
          let found = try pools[1].greeks(of: option, method: method, samples: 20_000, seed: seed)
          #expect(found.count == 2)
          for (asset, found) in found.enumerated() {
            let market = OptionMarket(
              spot: option.spots[asset], volatility: option.volatilities[asset])
            let exact = market.differences {
              basketOfTwo(
                Self.basket(kind, weights: weights, strike: strike, asset: asset, at: $0))
            }
            // The reference has a kink, where the other asset alone is worth the strike.
            expectGreeks(
              found, are: exact, bias: 1e-3, "\(method), asset \(asset) of \(option), seed \(seed)")
          }
          for same in [\OptionGreeks.price, \.theta, \.rho] {
            #expect(found[0].means[keyPath: same] == found[1].means[keyPath: same])
          }
        }
      }
    }
    // Of one asset, those of Black and Scholes.
    let one = BasketOption(
      kind, spots: [50], weights: [2], strike: 105, rate: 0.03, volatilities: [0.2],
      correlations: [[1]], years: 1)
    let european = EuropeanOption(
      kind, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1
    ).greeks
    for method in GreeksMethod.allCases {
      let found = try pools[1].greeks(of: one, method: method, samples: 20_000, seed: seed)
      let whole = OptionGreeks(
        price: european.price, delta: 2 * european.delta, gamma: 4 * european.gamma,
        vega: european.vega, theta: european.theta, rho: european.rho)
      expectGreeks(found[0], are: whole, bias: 1e-9, "\(method), seed \(seed)")
    }
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, and after deaths`() throws {
    let seed = testSeed()
    @Sendable func greeks(on executor: some WorkExecutor, _ samples: Int) throws
      -> [GreeksEstimate]
    {
      let market = OptionMarket()
      var found: [GreeksEstimate] = []
      for method in GreeksMethod.allCases {
        func take(_ option: some OptionWithGreeks) throws {
          found.append(
            try executor.greeks(of: option, method: method, samples: samples, seed: seed))
        }
        try take(Self.asian(.call, .arithmetic, dates: 2, at: market))
        try take(Self.lookback(.put, .fixed(95), at: market))
        try take(Self.lookback(.call, .floating, .dates(2), at: market))
        try take(Self.barrier(.put, .downAndIn, at: market))
        found += try executor.greeks(
          of: Self.basket(.call, at: market), method: method, samples: samples, seed: seed)
      }
      found.append(
        try executor.greeks(
          of: Self.barrier(.call, .upAndOut, .dates(2), at: market), method: .likelihoodRatio,
          samples: samples, seed: seed))
      return found
    }
    var first: [GreeksEstimate]?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try greeks(on: executor, 70_001)
      #expect(found == first ?? found, "seed \(seed)")
      first = found
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { try greeks(on: $0, 20_000) }
  }

  @Test func `are refused where there are none`() throws {
    let market = OptionMarket()
    func refused(
      _ option: some OptionWithGreeks, by method: GreeksMethod = .pathwise, _ words: String,
      location: SourceLocation = #_sourceLocation
    ) {
      let error = #expect(throws: PoolError.self, sourceLocation: location) {
        try pools[1].startGreeks(of: option, method: method, samples: 10, seed: 1)
      }
      #expect("\(error!)".contains(words), "\(error!)", sourceLocation: location)
    }
    for bad in [
      OptionMarket(volatility: 0), OptionMarket(years: 0), OptionMarket(spot: 0),
      OptionMarket(rate: .nan),
    ] {
      for method in GreeksMethod.allCases {
        refused(Self.asian(.call, .arithmetic, at: bad), by: method, "an option with a ")
        refused(Self.lookback(.call, .floating, at: bad), by: method, "an option with a ")
        refused(Self.barrier(.call, .upAndOut, at: bad), by: method, "an option with a ")
      }
      #expect(throws: PoolError.self) {
        try pools[1].startGreeks(of: Self.basket(.call, at: bad), samples: 10, seed: 1)
      }
    }
    refused(Self.asian(.call, .geometric, dates: 0, at: market), "dates")
    refused(Self.lookback(.call, .floating, .dates(0), at: market), "dates")
    refused(Self.barrier(.call, .upAndOut, .dates(0), at: market), "dates")
    refused(Self.barrier(.call, .upAndOut, .dates(4), at: market), "take the likelihood ratio")
    refused(Self.barrier(.call, .upAndOut, at: OptionMarket(spot: 130)), "a barrier of")
    #expect(throws: PoolError.self) {
      try pools[1].startGreeks(of: Self.basket(.call, at: market), samples: -1, seed: 1)
    }
  }
}
