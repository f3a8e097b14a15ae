import Echelon
import Foundation
import TestSupport
import Testing

/// Averages, extremes and barriers, with jumps and with a variance that moves. All limits are those of `GreeksComparison`.
@Suite(.timeLimit(.minutes(10))) struct `The Greeks of options on paths in other models` {
  private static let dates = 3

  private static func merton(
    _ kind: EuropeanOption.Kind, jumpsPerYear: Double = 1.5, jumpMean: Double = -0.1,
    jumpDeviation: Double = 0.15, at market: OptionMarket
  ) -> MertonOption {
    MertonOption(
      kind, spot: market.spot, strike: 102, rate: market.rate, volatility: market.volatility,
      jumpsPerYear: jumpsPerYear, jumpMean: jumpMean, jumpDeviation: jumpDeviation,
      years: market.years)
  }

  /// The volatility is that of the beginning.
  private static func heston(
    _ kind: EuropeanOption.Kind, meanReversion: Double = 3, volatilityOfVariance: Double = 0.4,
    correlation: Double = -0.6, steps: Int = 6, at market: OptionMarket
  ) -> HestonOption {
    HestonOption(
      kind, spot: market.spot, strike: 102, rate: market.rate,
      variance: market.volatility * market.volatility, longRunVariance: 0.05,
      meanReversion: meanReversion, volatilityOfVariance: volatilityOfVariance,
      correlation: correlation, years: market.years, steps: steps)
  }

  typealias Model = @Sendable (EuropeanOption.Kind, OptionMarket) -> ModelPathOption.Model
  private static let models: [(name: String, make: Model)] = [
    ("jumps", { .merton(merton($0, at: $1)) }),
    ("a variance that moves", { .heston(heston($0, at: $1)) }),
  ]
  /// Those of Black and Scholes: no jumps, jumps that lead nowhere, and a variance that stays.
  private static let limits: [Model] = [
    { .merton(merton($0, jumpsPerYear: 0, at: $1)) },
    { .merton(merton($0, jumpMean: 0, jumpDeviation: 0, at: $1)) },
    {
      .heston(
        heston($0, meanReversion: 1e-6, volatilityOfVariance: 1e-6, correlation: -0.5, at: $1))
    },
  ]
  private static let smooth: [ModelPathOption.Payoff] = [
    .average(.arithmetic), .average(.geometric), .lookback(.floating), .lookback(.fixed(108)),
    .lookback(.fixed(95)),
  ]
  private static let barriers: [ModelPathOption.Payoff] = [
    .barrier(.downAndOut, at: 90), .barrier(.downAndIn, at: 96), .barrier(.upAndOut, at: 125),
    .barrier(.upAndIn, at: 108),
  ]
  private static func methods(_ payoff: ModelPathOption.Payoff) -> [GreeksMethod] {
    if case .barrier = payoff { return [.likelihoodRatio] }
    return GreeksMethod.allCases
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on averages tend to those of Black and Scholes`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    func asian(_ average: AsianOption.Average, _ dates: Int, _ market: OptionMarket) -> AsianOption
    {
      AsianOption(
        kind, average: average, spot: market.spot, strike: 102, rate: market.rate,
        volatility: market.volatility, years: market.years, dates: dates)
    }
    let arithmetic = OptionMarket().differences(step: 5e-3) {
      arithmeticAsian(asian(.arithmetic, Self.dates, $0))
    }
    for limit in Self.limits {
      let model = limit(kind, OptionMarket())
      for dates in [1, 6] {
        try expectGreeks(
          ModelPathOption(.average(.geometric), dates: dates, in: model),
          has: try #require(asian(.geometric, dates, OptionMarket()).exactGreeks), bias: 2e-3,
          seed: seed)
      }
      try expectGreeks(
        ModelPathOption(.average(.arithmetic), dates: Self.dates, in: model), has: arithmetic,
        bias: 3e-3, seed: seed)
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on extremes tend to those of Black and Scholes`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    func lookback(_ strike: LookbackOption.Strike, _ market: OptionMarket) -> LookbackOption {
      LookbackOption(
        kind, strike: strike, monitoring: .dates(Self.dates), spot: market.spot,
        rate: market.rate, volatility: market.volatility, years: market.years)
    }
    let floating = OptionMarket().differences {
      floatingLookback(lookback(.floating, $0), dates: Self.dates)
    }
    for limit in Self.limits {
      let model = limit(kind, OptionMarket())
      try expectGreeks(
        ModelPathOption(.lookback(.floating), dates: Self.dates, in: model), has: floating,
        bias: 2e-3, seed: seed)
      // Of a fixed strike there is nothing else to compare with than samples of the other model.
      for strike in [95.0, 108] {
        let other = try pools[1].greeks(
          of: lookback(.fixed(strike), OptionMarket()), samples: 40_000, seed: seed &+ 1)
        for method in GreeksMethod.allCases {
          let option = ModelPathOption(.lookback(.fixed(strike)), dates: Self.dates, in: model)
          let found = try pools[1].greeks(of: option, method: method, samples: 20_000, seed: seed)
          for (name, greek) in greekNames {
            let error = found.means[keyPath: greek] - other.means[keyPath: greek]
            let unit = found.standardErrors[keyPath: greek] + other.standardErrors[keyPath: greek]
            #expect(
              abs(error) <= greeksFarAway * unit + 2e-3 * abs(other.means[keyPath: greek]),
              "\(name), \(method) of \(option): \(found), \(other), seed \(seed)")
          }
        }
      }
    }
  }

  @Test(arguments: BarrierOption.Effect.allCases)
  func `with barriers tend to those of Black and Scholes`(_ effect: BarrierOption.Effect) throws {
    let seed = testSeed()
    let isOut = effect == .upAndOut || effect == .downAndOut
    let level = effect == .upAndOut || effect == .upAndIn ? 115.0 : 92
    for kind in EuropeanOption.Kind.allCases {
      let known = OptionMarket().differences(step: 2e-3) { market in
        let option = BarrierOption(
          kind, effect, barrier: level, monitoring: .dates(Self.dates), spot: market.spot,
          strike: 102, rate: market.rate, volatility: market.volatility, years: market.years)
        let out = knockOut(option, dates: Self.dates)
        guard !isOut else { return out }
        return EuropeanOption(
          kind, spot: market.spot, strike: 102, rate: market.rate, volatility: market.volatility,
          years: market.years
        ).price - out
      }
      for limit in Self.limits {
        // What knocks in seldom pays: see `PathGreeksTests`.
        try expectGreeks(
          ModelPathOption(
            .barrier(effect, at: level), dates: Self.dates, in: limit(kind, OptionMarket())),
          has: known, by: [.likelihoodRatio], samples: 40_000, bias: 3e-3, seed: isOut ? seed : 7)
      }
    }
  }

  /// A barrier that no path meets, and the average of one price: European options, of which the Greeks are known.
  @Test(arguments: EuropeanOption.Kind.allCases)
  func `are those of European options where they look at the last price alone`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    let jumps = try #require(Self.merton(kind, at: OptionMarket()).exactGreeks)
    let varying = OptionMarket().differences {
      Self.heston(kind, steps: 24, at: $0).exactPrice!
    }
    let cases: [(ModelPathOption.Model, OptionGreeks, Double)] = [
      (.merton(Self.merton(kind, at: OptionMarket())), jumps, 2e-4),
      (.heston(Self.heston(kind, steps: 24, at: OptionMarket())), varying, 0.01),
    ]
    for (model, known, bias) in cases {
      try expectGreeks(
        ModelPathOption(.barrier(.downAndOut, at: 1), dates: 4, in: model), has: known,
        by: [.likelihoodRatio], samples: 10_000, bias: bias, seed: seed)
      try expectGreeks(
        ModelPathOption(.average(.arithmetic), dates: 1, in: model), has: known, samples: 10_000,
        bias: bias, seed: seed)
      // What a barrier ends and what it begins are one, and each has its own samples.
      let (out, into) = try (
        pools[1].greeks(
          of: ModelPathOption(.barrier(.downAndOut, at: 92), dates: 4, in: model),
          method: .likelihoodRatio, samples: 20_000, seed: seed),
        pools[1].greeks(
          of: ModelPathOption(.barrier(.downAndIn, at: 92), dates: 4, in: model),
          method: .likelihoodRatio, samples: 20_000, seed: seed &+ 1)
      )
      for (name, greek) in greekNames {
        let error =
          out.means[keyPath: greek] + into.means[keyPath: greek] - known[keyPath: greek]
        let unit = out.standardErrors[keyPath: greek] + into.standardErrors[keyPath: greek]
        #expect(
          abs(error) <= greeksFarAway * unit + bias * abs(known[keyPath: greek]),
          "\(name) in \(model): \(out), \(into), \(known), seed \(seed)")
      }
    }
    let one = ModelPathOption(.average(.geometric), dates: 1, in: cases[0].0)
    #expect(one.exactGreeks == jumps)
    let two = ModelPathOption(.average(.geometric), dates: 2, in: cases[0].0)
    #expect(two.exactGreeks == nil)
    #expect(ModelPathOption(.average(.geometric), dates: 1, in: cases[1].0).exactGreeks == nil)
  }

  /// Prices of the same random numbers, of which each sample has its difference, and the differences an error.
  @Test(arguments: [(0, EuropeanOption.Kind.call), (0, .put), (1, .call), (1, .put)])
  func `are the differences of prices`(_ model: Int, _ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    let (samples, make) = (20_000, Self.models[model].make)
    let steps: [(Greek, WritableKeyPath<OptionMarket, Double>, Double)] = [
      (("delta", \.delta), \.spot, 1), (("vega", \.vega), \.volatility, 0.0125),
      (("theta", \.theta), \.years, -0.04), (("rho", \.rho), \.rate, 0.005),
    ]
    let size = OptionGreeks(price: 10, delta: 0.5, gamma: 0.02, vega: 30, theta: 6, rho: 30)
    for payoff in Self.smooth + Self.barriers {
      func paid(_ market: OptionMarket) throws -> SharedArray<Double> {
        try pools[1].startPriceSamples(
          of: ModelPathOption(payoff, dates: Self.dates, in: make(kind, market)), count: samples,
          seed: seed
        ).result()
      }
      let found = try Self.methods(payoff).map { method in
        try pools[1].greeks(
          of: ModelPathOption(payoff, dates: Self.dates, in: make(kind, OptionMarket())),
          method: method, samples: samples, seed: seed)
      }
      for (greek, member, step) in steps {
        var (above, below) = (OptionMarket(), OptionMarket())
        above[keyPath: member] += step
        below[keyPath: member] -= step
        let (high, low) = try (paid(above), paid(below))
        var (sum, squares) = (0.0, 0.0)
        for index in 0..<samples {
          let slope = (high[index] - low[index]) / (2 * abs(step))
          sum += slope
          squares += slope * slope
        }
        let mean = sum / Double(samples)
        let error = (squares / Double(samples) - mean * mean) / Double(samples)
        for found in found {
          let unit = found.standardErrors[keyPath: greek.path]
          #expect(
            abs(found.means[keyPath: greek.path] - mean) <= greeksFarAway
              * (unit * unit + error).squareRoot() + 0.01 * size[keyPath: greek.path],
            "\(greek.name) of \(payoff), \(Self.models[model].name): \(found), \(mean), seed \(seed)"
          )
          #expect(unit > 0)
        }
      }
      // Of the same samples as the price.
      let price = try pools[1].price(
        of: ModelPathOption(payoff, dates: Self.dates, in: make(kind, OptionMarket())), seed: seed,
        until: .samples(samples))
      for found in found {
        #expect(abs(found.means.price - price.mean) <= 1e-11 * price.mean, "seed \(seed)")
      }
      guard found.count == 2 else { continue }
      let unit = found[0].standardErrors.gamma + found[1].standardErrors.gamma
      #expect(
        abs(found[0].means.gamma - found[1].means.gamma) <= greeksFarAway * unit + 1e-12,
        "\(payoff): \(found), seed \(seed)")
    }
    for payoff in Self.smooth {
      let skipped = model == 0 ? ["theta"] : ["theta", "vega"]
      try expectDerivatives(except: skipped, seed: seed) {
        ModelPathOption(payoff, dates: Self.dates, in: make(kind, $0))
      }
    }
  }

  /// By integration by parts along the whole path, where that of the first step's score gets worse.
  @Test func `on averages at many dates have small gammas' errors along the path`() throws {
    let seed = testSeed()
    for (_, make) in Self.models {
      func error(_ method: GreeksMethod, dates: Int) throws -> Double {
        let option = ModelPathOption(
          .average(.arithmetic), dates: dates, in: make(.call, OptionMarket()))
        return try pools[1].greeks(of: option, method: method, samples: 5000, seed: seed)
          .standardErrors.gamma
      }
      let few = try error(.pathwise, dates: 6)
      let many = try error(.pathwise, dates: 60)
      #expect(many < 1.5 * few, "seed \(seed)")
      #expect(try error(.likelihoodRatio, dates: 60) > 4 * many, "seed \(seed)")
    }
  }

  /// Where V often is 0 for a while the scores of the dates have no variance; differences have.
  @Test func `are numbers at the ends of what is allowed`() throws {
    let seed = testSeed()
    let changes: [(inout HestonOption) -> Void] = [
      { $0.variance = 1e-12 }, { $0.variance = 10 }, { $0.correlation = 0.999_999 },
      { $0.correlation = -0.999_999 }, { ($0.correlation, $0.volatilityOfVariance) = (0.9, 3) },
      { ($0.correlation, $0.volatilityOfVariance) = (-0.9, 5) }, { $0.years = 1e-9 },
      { $0.years = 30 }, { $0.meanReversion = 1000 }, { $0.longRunVariance = 1e-12 },
      { $0.strike = 1e-3 }, { $0.strike = 1e4 }, { $0.rate = -0.1 },
      { ($0.meanReversion, $0.volatilityOfVariance, $0.steps) = (0.5, 2, 12) },
    ]
    for (place, change) in changes.enumerated() {
      for kind in EuropeanOption.Kind.allCases {
        for payoff in Self.smooth + Self.barriers {
          var model = Self.heston(kind, at: OptionMarket())
          change(&model)
          let option = ModelPathOption(payoff, dates: 6, in: .heston(model))
          for method in Self.methods(payoff) {
            let found = try pools[1].greeks(of: option, method: method, samples: 200, seed: seed)
            for (name, greek) in greekNames {
              #expect(
                found.means[keyPath: greek].isFinite
                  && found.standardErrors[keyPath: greek].isFinite,
                "\(name) of \(payoff), change \(place), \(kind), \(method): \(found), seed \(seed)")
            }
          }
        }
      }
    }
  }

  private static func greeks(
    on executor: some WorkExecutor, _ samples: Int, seed: UInt64
  ) throws -> [GreeksEstimate] {
    var found: [GreeksEstimate] = []
    for (_, make) in models {
      for payoff in [smooth[0], smooth[3], barriers[0], barriers[3]] {
        for method in methods(payoff) {
          let option = ModelPathOption(payoff, dates: 2, in: make(.put, OptionMarket()))
          found.append(
            try executor.greeks(of: option, method: method, samples: samples, seed: seed))
        }
      }
    }
    return found
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, and after deaths`() throws {
    let seed = testSeed()
    let expected = try Self.greeks(on: pools[0], 9001, seed: seed)
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      #expect(try Self.greeks(on: executor, 9001, seed: seed) == expected, "seed \(seed)")
    }
    // No number is unequal to itself by being none.
    let numbers = expected.flatMap { estimate in
      greekNames.map { estimate.means[keyPath: $0.path] }
    }
    #expect(numbers.allSatisfy { $0.isFinite })
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) {
      try Self.greeks(on: $0, 5000, seed: seed)
    }
  }

  @Test func `go on from a saved state with the bits of one run`() throws {
    let seed = testSeed()
    for (_, make) in Self.models {
      for payoff in [Self.smooth[0], Self.barriers[1]] {
        let option = ModelPathOption(payoff, dates: 2, in: make(.call, OptionMarket()))
        let whole = try pools[1].greeks(
          of: option, method: .likelihoodRatio, samples: 9001, seed: seed)
        for count in [600, 5000] {
          let first = try pools[0].greeks(
            of: option, method: .likelihoodRatio, samples: count, seed: seed)
          let saved = try JSONEncoder().encode(first.state)
          let state = try JSONDecoder().decode(GreeksState.self, from: saved)
          let second = try pools[2].greeks(
            of: option, method: .likelihoodRatio, samples: 9001, seed: seed, resuming: state)
          #expect(second == whole && first != whole, "\(option), seed \(seed)")
        }
      }
    }
  }

  @Test func `are refused where there are none`() throws {
    func refused(
      _ payoff: ModelPathOption.Payoff, _ model: ModelPathOption.Model,
      by method: GreeksMethod = .likelihoodRatio, dates: Int = 3, _ words: String,
      location: SourceLocation = #_sourceLocation
    ) {
      let error = #expect(throws: PoolError.self, sourceLocation: location) {
        try pools[1].startGreeks(
          of: ModelPathOption(payoff, dates: dates, in: model), method: method, samples: 10,
          seed: 1)
      }
      #expect("\(error!)".contains(words), "\(error!)", sourceLocation: location)
    }
    for (_, make) in Self.models {
      let model = make(.call, OptionMarket())
      refused(Self.barriers[0], model, by: .pathwise, "take the likelihood ratio")
      for bad in [
        OptionMarket(volatility: 0), OptionMarket(years: 0), OptionMarket(spot: 0),
        OptionMarket(rate: .nan),
      ] {
        for payoff in [Self.smooth[0], Self.smooth[2], Self.barriers[0]] {
          refused(payoff, make(.call, bad), "an option with a ")
        }
      }
      refused(Self.smooth[0], model, dates: 0, "dates")
      refused(.barrier(.upAndOut, at: 90), model, "a barrier of")
    }
    let tied = Self.heston(.call, correlation: 1, at: OptionMarket())
    refused(Self.smooth[0], .heston(tied), "a correlation of 1")
    refused(Self.barriers[0], .heston(tied), "a correlation of 1")
  }
}
