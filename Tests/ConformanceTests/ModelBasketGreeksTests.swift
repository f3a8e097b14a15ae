import Echelon
import Foundation
import TestSupport
import Testing

/// Of baskets in Heston's and Merton's models. All limits are those of `GreeksComparison`.
@Suite(.timeLimit(.minutes(10))) struct `The Greeks of baskets in other models` {
  /// What a basket is made of, where one of its assets has other numbers.
  private static func basket(
    _ option: ModelBasketOption, asset: Int, at market: OptionMarket
  ) -> ModelBasketOption {
    var moved = option
    (moved.rate, moved.years) = (market.rate, market.years)
    switch option.assets[asset] {
    case .heston(var held):
      (held.spot, held.variance) = (market.spot, market.volatility * market.volatility)
      moved.assets[asset] = .heston(held)
    case .merton(var held):
      (held.spot, held.volatility) = (market.spot, market.volatility)
      moved.assets[asset] = .merton(held)
    }
    return moved
  }

  /// The numbers of an asset.
  private static func market(_ option: ModelBasketOption, asset: Int) -> OptionMarket {
    let volatility =
      switch option.assets[asset] {
      case .heston(let held): held.variance.squareRoot()
      case .merton(let held): held.volatility
      }
    return OptionMarket(
      spot: ModelBaskets.spot(option.assets[asset]), volatility: volatility, rate: option.rate,
      years: option.years)
  }

  /// Compares with the differences of a price, for each asset.
  private func expectDifferences(
    _ option: ModelBasketOption, samples: Int = 20_000, bias: Double, seed: UInt64,
    of price: (ModelBasketOption) throws -> Double, location: SourceLocation = #_sourceLocation
  ) throws {
    let exact = try option.assets.indices.map { asset in
      try Self.market(option, asset: asset).differences {
        try price(Self.basket(option, asset: asset, at: $0))
      }
    }
    for method in GreeksMethod.allCases {
      for seed in [7, seed] {
        let found = try pools[1].greeks(of: option, method: method, samples: samples, seed: seed)
        #expect(found.count == option.assets.count, sourceLocation: location)
        for (asset, found) in found.enumerated() {
          expectGreeks(
            found, are: exact[asset], bias: bias,
            "\(method), asset \(asset) of \(option), seed \(seed)", location: location)
        }
        for same in [\OptionGreeks.price, \.theta, \.rho] {
          #expect(
            Set(found.map { $0.means[keyPath: same] }).count == 1, sourceLocation: location)
        }
      }
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of one asset are those of that model's European option`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    let baskets = ModelBaskets(kind: kind)
    for (asset, bias) in [(baskets.jumping, 1e-3), (baskets.varying, 0.01)] {
      let option = ModelBasketOption(
        kind, on: [asset], weights: [2], strike: 205, rate: 0.03, correlations: [[1]], years: 1,
        steps: 24)
      try expectDifferences(option, bias: bias, seed: seed) { try #require($0.exactPrice) }
    }
    // Beside the formula, to all digits that errors leave.
    guard case .merton(let asset) = baskets.jumping else { return }
    let exact = try #require(
      MertonOption(
        kind, spot: 100, strike: 104, rate: 0.03, volatility: asset.volatility,
        jumpsPerYear: asset.jumpsPerYear, jumpMean: asset.jumpMean,
        jumpDeviation: asset.jumpDeviation, years: 1
      ).exactGreeks)
    for method in GreeksMethod.allCases {
      let one = ModelBasketOption(
        kind, on: [baskets.jumping], weights: [1], strike: 104, rate: 0.03, correlations: [[1]],
        years: 1)
      let found = try pools[1].greeks(of: one, method: method, samples: 20_000, seed: seed)
      expectGreeks(found[0], are: exact, bias: 1e-9, "\(method), seed \(seed)")
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `tend to those of Black and Scholes`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    func heston(_ spot: Double, _ volatility: Double, own: Double) -> ModelBasketOption.Asset {
      .heston(
        HestonAsset(
          spot: spot, variance: volatility * volatility, longRunVariance: 0.05,
          meanReversion: 1e-6, volatilityOfVariance: 1e-6, correlation: own))
    }
    func merton(_ spot: Double, _ volatility: Double, jumps: Double) -> ModelBasketOption.Asset {
      .merton(
        MertonAsset(
          spot: spot, volatility: volatility, jumpsPerYear: jumps, jumpMean: 0, jumpDeviation: 0))
    }
    for assets in [
      [heston(100, 0.25, own: -0.6), heston(90, 0.35, own: 0.5)],
      [merton(100, 0.25, jumps: 0), merton(90, 0.35, jumps: 1.5)],
      [merton(100, 0.25, jumps: 1), heston(90, 0.35, own: 0.8)],
    ] {
      for (weights, strike) in [([0.5, 0.6], 105.0), ([-1.1, 1.2], 2)] {
        let option = ModelBasketOption(
          kind, on: assets, weights: weights, strike: strike, rate: 0.05, correlation: 0.4,
          years: 0.8, steps: 2)
        // The reference has a kink, where the other asset alone is worth the strike.
        try expectDifferences(option, bias: 2e-3, seed: seed) { moved in
          let markets = moved.assets.indices.map { Self.market(moved, asset: $0) }
          return basketOfTwo(
            BasketOption(
              kind, spots: markets.map(\.spot), weights: weights, strike: strike,
              rate: moved.rate, volatilities: markets.map(\.volatility), correlation: 0.4,
              years: moved.years))
        }
      }
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `with jumps are the differences of the series of integrals`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    let baskets = ModelBaskets(kind: kind)
    let option = baskets.option(on: [baskets.jumping, baskets.seldomJumping], strike: 104)
    try expectDifferences(option, samples: 40_000, bias: 1e-3, seed: seed) {
      try mertonBasketOfTwo($0)
    }
  }

  /// Prices of the same random numbers, of which each sample has its difference, and the differences an error.
  @Test(arguments: EuropeanOption.Kind.allCases)
  func `are the differences of prices of the same random numbers`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    let samples = 10_000
    let steps: [(Greek, WritableKeyPath<OptionMarket, Double>, Double)] = [
      (("delta", \.delta), \.spot, 1), (("vega", \.vega), \.volatility, 0.0125),
      (("theta", \.theta), \.years, -0.04), (("rho", \.rho), \.rate, 0.005),
    ]
    let size = OptionGreeks(price: 10, delta: 0.5, gamma: 0.02, vega: 30, theta: 6, rho: 30)
    for (name, assets) in ModelBaskets(kind: kind).all {
      let option = ModelBaskets(kind: kind).option(on: assets, strike: 95, steps: 6)
      let found = try GreeksMethod.allCases.map {
        try pools[1].greeks(of: option, method: $0, samples: samples, seed: seed)
      }
      let price = try pools[1].price(of: option, seed: seed, until: .samples(samples))
      for asset in assets.indices {
        let market = Self.market(option, asset: asset)
        func paid(_ market: OptionMarket) throws -> SharedArray<Double> {
          try pools[1].priceSamples(
            of: Self.basket(option, asset: asset, at: market), count: samples, seed: seed)
        }
        for (greek, member, step) in steps {
          var (above, below) = (market, market)
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
            let unit = found[asset].standardErrors[keyPath: greek.path]
            #expect(
              abs(found[asset].means[keyPath: greek.path] - mean) <= greeksFarAway
                * (unit * unit + error).squareRoot() + 0.01 * size[keyPath: greek.path],
              "\(greek.name) of \(name), asset \(asset): \(found[asset]), \(mean), seed \(seed)")
            #expect(unit > 0)
          }
          // Along the path they are of the same samples, and much nearer.
          guard greek.name == "delta" || greek.name == "rho" else { continue }
          let along = found[0][asset].means[keyPath: greek.path]
          #expect(
            abs(along - mean) <= 0.5 * found[0][asset].standardErrors[keyPath: greek.path]
              + 0.005 * size[keyPath: greek.path],
            "\(greek.name) of \(name), asset \(asset): \(along), \(mean), seed \(seed)")
        }
        let unit = (found[0][asset].standardErrors.gamma, found[1][asset].standardErrors.gamma)
        #expect(
          abs(found[0][asset].means.gamma - found[1][asset].means.gamma)
            <= greeksFarAway * (unit.0 + unit.1), "\(name), asset \(asset): \(found), seed \(seed)")
        for found in found {
          // Of the same samples as the price.
          #expect(abs(found[asset].means.price - price.mean) <= 1e-11 * price.mean)
        }
        // The same differences, or derivatives along the path, by both methods.
        #expect(found[0][asset].means.vega == found[1][asset].means.vega)
        #expect(found[0][asset].means.theta == found[1][asset].means.theta)
      }
    }
  }

  @Test func `are numbers at the ends of what is allowed`() throws {
    let seed = testSeed()
    let baskets = ModelBaskets(kind: .call)
    let hestons: [(inout HestonAsset) -> Void] = [
      { $0.variance = 1e-12 }, { $0.variance = 10 }, { $0.correlation = 0.999_999 },
      { $0.correlation = -0.999_999 }, { ($0.correlation, $0.volatilityOfVariance) = (0.9, 3) },
      { ($0.correlation, $0.volatilityOfVariance) = (-0.9, 5) }, { $0.meanReversion = 1000 },
      { $0.longRunVariance = 1e-12 }, { $0.spot = 1e-3 }, { $0.spot = 1e5 },
    ]
    let mertons: [(inout MertonAsset) -> Void] = [
      { $0.volatility = 1e-6 }, { $0.volatility = 5 }, { $0.jumpsPerYear = 0 },
      { $0.jumpsPerYear = 1000 }, { $0.jumpDeviation = 3 }, { $0.jumpMean = -20 },
    ]
    let wholes: [(inout ModelBasketOption) -> Void] = [
      { $0.years = 1e-9 }, { $0.years = 30 }, { $0.strike = -50 }, { $0.strike = 1e6 },
      { $0.rate = -0.1 }, { $0.correlations = [[1, 0.999_999], [0.999_999, 1]] },
      { $0.correlations = [[1, -0.999_999], [-0.999_999, 1]] }, { $0.weights = [0, 1] },
      { $0.weights = [-1, -1] }, { $0.steps = 1 },
    ]
    for (name, assets) in baskets.all where assets.count == 2 {
      var options: [ModelBasketOption] = []
      let option = baskets.option(on: assets, strike: 100, steps: 6)
      for change in wholes {
        options.append(option)
        change(&options[options.count - 1])
      }
      for (place, asset) in assets.enumerated() {
        switch asset {
        case .heston(let held):
          for change in hestons {
            var moved = held
            change(&moved)
            options.append(option)
            options[options.count - 1].assets[place] = .heston(moved)
          }
        case .merton(let held):
          for change in mertons {
            var moved = held
            change(&moved)
            options.append(option)
            options[options.count - 1].assets[place] = .merton(moved)
          }
        }
      }
      for option in options {
        for kind in EuropeanOption.Kind.allCases {
          var option = option
          option.kind = kind
          for method in GreeksMethod.allCases {
            for found in try pools[1].greeks(of: option, method: method, samples: 200, seed: seed) {
              for (greek, path) in greekNames {
                #expect(
                  found.means[keyPath: path].isFinite
                    && found.standardErrors[keyPath: path].isFinite,
                  "\(greek) of \(name), \(option), \(method): \(found), seed \(seed)")
              }
            }
          }
        }
      }
    }
  }

  private static func greeks(
    on executor: some WorkExecutor, _ samples: Int, seed: UInt64
  ) throws -> [GreeksEstimate] {
    try ModelBaskets(kind: .put).all.flatMap { _, assets in
      try GreeksMethod.allCases.flatMap { method in
        try executor.greeks(
          of: ModelBaskets(kind: .put).option(on: assets, strike: 104, steps: 2), method: method,
          samples: samples, seed: seed)
      }
    }
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

  @Test func `go on from saved states, and end at an error, with the bits of one run`() async throws
  {
    let seed = testSeed()
    for (_, assets) in ModelBaskets(kind: .call).all {
      let option = ModelBaskets(kind: .call).option(on: assets, strike: 104, steps: 2)
      let whole = try await pools[1].greeks(of: option, samples: 9001, seed: seed)
      for count in [600, 5000] {
        let first = try await pools[0].greeks(of: option, samples: count, seed: seed)
        let saved = try JSONEncoder().encode(first.map { try #require($0.state) })
        let states = try JSONDecoder().decode([GreeksState].self, from: saved)
        let second = try await pools[2].greeks(
          of: option, samples: 9001, seed: seed, resuming: states)
        #expect(second == whole && first != whole, "seed \(seed)")
      }
      let goal = MonteCarloGoal.standardError(0.1)
      let found = try await pools[1].greeks(
        of: option, seed: seed, until: goal, errorOf: [.delta, .price])
      #expect(
        found.allSatisfy { $0.standardErrors.delta <= 0.1 && $0.standardErrors.price <= 0.1 })
      #expect(Set(found.map(\.sampleCount)).count == 1 && found[0].sampleCount > 9001)
      var last: [GreeksEstimate] = []
      for try await next in try pools[3].greeksEstimates(
        of: option, seed: seed, until: goal, errorOf: [.delta, .price])
      {
        #expect(next[0].sampleCount > last.first?.sampleCount ?? 0)
        last = next
      }
      #expect(last == found, "seed \(seed)")
    }
  }

  @Test func `are refused where there are none`() throws {
    let baskets = ModelBaskets(kind: .call)
    func refused(_ assets: [ModelBasketOption.Asset], _ words: String, years: Double = 1) {
      var option = baskets.option(on: assets, strike: 104)
      option.years = years
      for method in GreeksMethod.allCases {
        let error = #expect(throws: PoolError.self) {
          try pools[1].startGreeks(of: option, method: method, samples: 10, seed: 1)
        }
        #expect("\(error!)".contains("an option with \(words)"), "\(error!)")
      }
    }
    guard case .heston(var held) = baskets.varying, case .merton(var jumping) = baskets.jumping
    else { return }
    held.variance = 0
    refused([.heston(held), baskets.jumping], "an asset 0 with a variance of 0.0; it is above 0")
    refused([.heston(held)], "a variance of 0.0; it is above 0")
    (held.variance, held.correlation) = (0.04, -1)
    refused([baskets.jumping, .heston(held)], "an asset 1 with a correlation of -1.0; between")
    jumping.volatility = 0
    refused([.merton(jumping), baskets.varying], "an asset 0 with a volatility of 0.0")
    refused([], "no assets")
    refused([baskets.jumping], "a time of 0.0 years", years: 0)
    // A price they have.
    let option = baskets.option(on: [.merton(jumping), .heston(held)], strike: 104)
    #expect(try pools[1].price(of: option, seed: 1, until: .samples(1000)).mean > 1)
    var same = baskets.option(on: [baskets.varying, baskets.jumping], strike: 104)
    same.correlations = [[1, 1], [1, 1]]
    #expect(throws: DistributionError.self) {
      try pools[1].startGreeks(of: same, samples: 10, seed: 1)
    }
    let states = try pools[1].greeks(
      of: baskets.option(on: [baskets.jumping], strike: 104), samples: 1000, seed: 1
    ).compactMap(\.state)
    let error = #expect(throws: PoolError.self) {
      try pools[1].startGreeks(
        of: baskets.option(on: [baskets.jumping, baskets.varying], strike: 104), samples: 2000,
        seed: 1, resuming: states)
    }
    #expect("\(error!)".contains("of 2 assets that go on from those of 1"))
  }
}
