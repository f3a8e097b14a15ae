import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `The Greeks of options in other models` {
  private static func merton(
    _ kind: EuropeanOption.Kind, jumpsPerYear: Double = 1.5, jumpDeviation: Double = 0.15,
    _ sampling: OptionSampling = .path, at market: OptionMarket
  ) -> MertonOption {
    MertonOption(
      kind, spot: market.spot, strike: 104, rate: market.rate, volatility: market.volatility,
      jumpsPerYear: jumpsPerYear, jumpMean: -0.1, jumpDeviation: jumpDeviation,
      years: market.years, sampling: sampling)
  }

  /// The volatility is that of the beginning.
  private static func heston(
    _ kind: EuropeanOption.Kind, correlation: Double = -0.6, _ sampling: OptionSampling = .path,
    at market: OptionMarket
  ) -> HestonOption {
    HestonOption(
      kind, spot: market.spot, strike: 104, rate: market.rate,
      variance: market.volatility * market.volatility, longRunVariance: 0.05, meanReversion: 3,
      volatilityOfVariance: 0.4, correlation: correlation, years: market.years, steps: 24,
      sampling: sampling)
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of prices that jump are the differences of Merton's series`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    for (jumps, deviation) in [(1.5, 0.15), (0, 0.2), (12, 0.05), (2, 0)] {
      func option(_ sampling: OptionSampling, _ market: OptionMarket) -> MertonOption {
        Self.merton(kind, jumpsPerYear: jumps, jumpDeviation: deviation, sampling, at: market)
      }
      let known = OptionMarket().differences { option(.path, $0).exactPrice! }
      let exact = try #require(option(.path, OptionMarket()).exactGreeks)
      for (name, greek) in greekNames {
        let error = exact[keyPath: greek] - known[keyPath: greek]
        #expect(
          abs(error) < 1e-4 * max(1, abs(exact[keyPath: greek])), "\(name), \(jumps) jumps")
      }
      try expectGreeks(option(.path, OptionMarket()), has: exact, seed: seed)
      try expectGreeks(
        option(.conditional, OptionMarket()), has: exact, by: [.pathwise], seed: seed)
    }
    // The number of jumps changes with the time, which a path does not tell.
    for sampling in OptionSampling.allCases {
      try expectDerivatives(except: ["theta"], seed: seed) { Self.merton(kind, sampling, at: $0) }
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of prices of random variance are the differences of Heston's formula`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    for correlation in [-0.6, 0, 0.5] {
      let exact = OptionMarket().differences {
        Self.heston(kind, correlation: correlation, at: $0).exactPrice!
      }
      // The bias of the scheme: of prices tests elsewhere bound it by a thousandth of the spot.
      try expectGreeks(
        Self.heston(kind, correlation: correlation, at: OptionMarket()), has: exact,
        samples: 10_000, bias: 0.01, seed: seed)
      try expectGreeks(
        Self.heston(kind, correlation: correlation, .conditional, at: OptionMarket()), has: exact,
        by: [.pathwise], samples: 10_000, bias: 0.01, seed: seed)
    }
    // Vega and theta are differences of other paths: see `HestonGreeksTests`.
    for sampling in OptionSampling.allCases {
      try expectDerivatives(except: ["vega", "theta"], seed: seed) {
        Self.heston(kind, sampling, at: $0)
      }
    }
  }

  @Test func `vary less where one kind of chance is not drawn`() throws {
    let seed = testSeed()
    func errors(_ option: some OptionWithGreeks) throws -> OptionGreeks {
      try pools[1].greeks(of: option, samples: 10_000, seed: seed).standardErrors
    }
    let market = OptionMarket()
    let pairs = [
      (
        try errors(Self.merton(.call, .conditional, at: market)),
        try errors(Self.merton(.call, at: market))
      ),
      (
        try errors(Self.heston(.call, .conditional, at: market)),
        try errors(Self.heston(.call, at: market))
      ),
    ]
    for (conditional, path) in pairs {
      for (name, greek) in greekNames where ["price", "delta", "gamma", "rho"].contains(name) {
        #expect(
          conditional[keyPath: greek] < path[keyPath: greek], "\(name), seed \(seed)")
      }
    }
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, and after deaths`() throws {
    let seed = testSeed()
    let market = OptionMarket()
    @Sendable func greeks(on executor: some WorkExecutor, _ samples: Int) throws
      -> [GreeksEstimate]
    {
      var found: [GreeksEstimate] = []
      for sampling in OptionSampling.allCases {
        var short = Self.heston(.put, sampling, at: market)
        short.steps = 2
        found.append(try executor.greeks(of: short, samples: samples, seed: seed))
        found.append(
          try executor.greeks(
            of: Self.merton(.call, sampling, at: market), samples: samples, seed: seed))
      }
      var short = Self.heston(.call, correlation: 0.5, at: market)
      short.steps = 2
      found.append(
        try executor.greeks(of: short, method: .likelihoodRatio, samples: samples, seed: seed))
      found.append(
        try executor.greeks(
          of: Self.merton(.put, at: market), method: .likelihoodRatio, samples: samples, seed: seed)
      )
      return found
    }
    var first: [GreeksEstimate]?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try greeks(on: executor, 70_001)
      #expect(found == first ?? found, "seed \(seed)")
      first = found
    }
    // No number is unequal to itself by being none.
    let numbers = first!.flatMap { estimate in
      greekNames.flatMap {
        [estimate.means[keyPath: $0.path], estimate.standardErrors[keyPath: $0.path]]
      }
    }
    #expect(numbers.allSatisfy { $0.isFinite })
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
      refused(Self.merton(.call, at: bad), "an option with a ")
      #expect(Self.merton(.call, at: bad).exactGreeks == nil)
      refused(Self.heston(.call, at: bad), "an option with a ")
    }
    refused(Self.merton(.call, jumpsPerYear: 1e6, at: market), "expected jumps")
    refused(Self.heston(.call, correlation: -1, at: market), "a correlation of -1")
    refused(Self.merton(.call, .conditional, at: market), by: .likelihoodRatio, "take .pathwise")
    refused(Self.heston(.call, .conditional, at: market), by: .likelihoodRatio, "take .pathwise")
  }
}
