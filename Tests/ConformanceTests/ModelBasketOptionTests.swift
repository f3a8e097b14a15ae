import Echelon
import Foundation
import TestSupport
import Testing

/// Baskets in Heston's and Merton's models. All limits are those of `optionErrorLimit`.
@Suite(.timeLimit(.minutes(10))) struct `Options on baskets in other models` {
  private let limit = optionErrorLimit

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of one asset cost what that model's European option costs`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    let basket = ModelBaskets(kind: kind)
    for (asset, bias) in [(basket.jumping, 0), (basket.varying, 0.02), (basket.wild, 0.06)] {
      let one = ModelBasketOption(
        kind, on: [asset], weights: [2], strike: 205, rate: 0.03, correlations: [[1]], years: 1)
      let exact = try #require(one.exactPrice)
      #expect(abs(exact - basket.european(asset, spot: 200, strike: 205)) < 1e-9)
      try expect(one, costs: exact, samples: 20_000, bias: 2 * bias, seed: seed)
      var two = one
      (two.assets, two.weights, two.correlations) = ([asset, asset], [1, 1], [[1, 0], [0, 1]])
      #expect(two.exactPrice == nil)
    }
    // A strike that nothing is below.
    var sure = ModelBasketOption(
      kind, on: [basket.jumping], weights: [2], strike: -1, rate: 0.03, correlations: [[1]],
      years: 1)
    let value = kind == .call ? 200 + exp(-0.03) : 0
    #expect(abs(try #require(sure.exactPrice) - value) < 1e-11)
    try expect(sure, costs: value, samples: 1000, seed: seed)
    sure.weights = [-2]
    #expect(sure.exactPrice == nil)
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `tend to those of Black and Scholes`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    for correlation in [0.4, -0.7, 0.95] {
      for (weights, strike) in [([0.5, 0.6], 105.0), ([-1.1, 1.2], 2)] {
        let known = basketOfTwo(
          BasketOption(
            kind, spots: [100, 90], weights: weights, strike: strike, rate: 0.04,
            volatilities: [0.2, 0.35], correlation: correlation, years: 1.5))
        func still(_ spot: Double, _ volatility: Double, _ own: Double)
          -> ModelBasketOption.Asset
        {
          let variance = volatility * volatility
          return .heston(
            HestonAsset(
              spot: spot, variance: variance, longRunVariance: variance, meanReversion: 1,
              volatilityOfVariance: 1e-6, correlation: own))
        }
        func calm(_ spot: Double, _ volatility: Double, jumpsPerYear: Double)
          -> ModelBasketOption.Asset
        {
          .merton(
            MertonAsset(
              spot: spot, volatility: volatility, jumpsPerYear: jumpsPerYear, jumpMean: 0,
              jumpDeviation: jumpsPerYear == 0 ? 0.2 : 0))
        }
        // A variance that stays, no jumps, and jumps that lead nowhere.
        for assets in [
          [still(100, 0.2, -0.7), still(90, 0.35, 0.4)],
          [calm(100, 0.2, jumpsPerYear: 0), calm(90, 0.35, jumpsPerYear: 2)],
          [calm(100, 0.2, jumpsPerYear: 1), still(90, 0.35, -1)],
        ] {
          try expect(
            ModelBasketOption(
              kind, on: assets, weights: weights, strike: strike, rate: 0.04,
              correlation: correlation, years: 1.5, steps: 3), costs: known, samples: 10_000,
            bias: 1e-4, seed: seed)
        }
      }
    }
  }

  /// With the price of the basket itself, which no model changes.
  @Test func `have the parity of calls and puts`() throws {
    let seed = testSeed()
    for (name, assets) in ModelBaskets(kind: .call).all {
      func mean(_ kind: EuropeanOption.Kind, strike: Double) throws -> MonteCarloEstimate {
        let option = ModelBaskets(kind: kind).option(on: assets, strike: strike)
        return try pools[1].price(of: option, seed: seed, until: .samples(8000))
      }
      let held = zip(assets, ModelBaskets.weights).reduce(0) { $0 + $1.1 * ModelBaskets.spot($1.0) }
      let discount = exp(-0.03)
      for strike in [95.0, 120] {
        let (call, put) = try (mean(.call, strike: strike), mean(.put, strike: strike))
        let parity = call.mean - put.mean
        // The payoff of a strike far below is the price of the basket and cash.
        let forward = try mean(.call, strike: strike - 1000)
        #expect(
          abs(parity - (forward.mean - 1000 * discount)) < 1e-9, "\(name), seed \(seed)")
        #expect(
          abs(parity - (held - strike * discount)) < limit * forward.standardError + 1e-9,
          "\(name): \(call), \(put), seed \(seed)")
        #expect(call.mean > 0.1 && put.mean > 0.1)
      }
    }
  }

  /// The mean over how often both jump, given which the prices are log-normal.
  @Test(arguments: EuropeanOption.Kind.allCases)
  func `with jumps agree with the series of integrals`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    for (weights, strike) in [([0.5, 0.6], 104.0), ([-1.1, 1.2], 3)] {
      for correlation in [-0.6, 0, 0.8] {
        var option = ModelBaskets(kind: kind).option(
          on: [ModelBaskets(kind: kind).jumping, ModelBaskets(kind: kind).seldomJumping],
          strike: strike, correlation: correlation)
        option.weights = weights
        try expect(option, costs: try mertonBasketOfTwo(option), samples: 20_000, seed: seed)
      }
    }
  }

  /// With independent assets the price is the mean of one asset's European option over the other's price.
  @Test(arguments: EuropeanOption.Kind.allCases)
  func `on independent assets agree with the mean over one of the other's price`(
    _ kind: EuropeanOption.Kind
  ) throws {
    let seed = testSeed()
    let baskets = ModelBaskets(kind: kind)
    for second in [baskets.seldomJumping, baskets.wild] {
      let option = baskets.option(on: [baskets.varying, second], strike: 104, correlation: 0)
      let known = meanOverSecond(option)
      try expect(option, costs: known, samples: 20_000, bias: 0.04, seed: seed)
    }
  }

  /// Where the second variance is independent of all else the covariance of the logarithms has a formula.
  @Test func `have prices as correlated as the model's`() throws {
    let seed = testSeed()
    let baskets = ModelBaskets(kind: .call)
    let count = 40_000
    for second in [baskets.alone, baskets.seldomJumping] {
      for correlation in [-0.5, 0, 0.5, 0.9] {
        let option = baskets.option(
          on: [baskets.varying, second], strike: -1e6, correlation: correlation, steps: 16)
        // The same random numbers make the same prices whatever the weights are.
        let logarithms = try [[1.0, 0], [0, 1]].map { weights in
          var one = option
          one.weights = weights
          let paid = try pools[1].priceSamples(of: one, count: count, seed: seed)
          return (0..<count).map { log(paid[$0] * exp(0.03) - 1e6) }
        }
        let means = logarithms.map { $0.reduce(0, +) / Double(count) }
        let products = (0..<count).map {
          (logarithms[0][$0] - means[0]) * (logarithms[1][$0] - means[1])
        }
        let found = products.reduce(0, +) / Double(count)
        let error =
          (products.reduce(0) { $0 + ($1 - found) * ($1 - found) }).squareRoot() / Double(count)
        let known = covarianceOfLogarithms(option)
        #expect(
          abs(found - known) < limit * error + 0.01 * abs(known),
          "\(found) ± \(error), \(known); \(correlation), seed \(seed)")
        #expect(error < 6e-4, "\(error)")
      }
    }
  }

  @Test func `give their samples one by one, with the bits of the estimate`() throws {
    let seed = testSeed()
    for (name, assets) in ModelBaskets(kind: .put).all {
      let option = ModelBaskets(kind: .put).option(on: assets, strike: 105, steps: 2)
      for executor in [pools[1], pools[2]] {
        let samples = try executor.priceSamples(of: option, count: 5000, seed: seed)
        let found = try executor.price(of: option, seed: seed, until: .samples(5000))
        let sum = (0..<5000).reduce(0.0) { $0 + samples[$1] }
        #expect(abs(sum / 5000 - found.mean) < 1e-10, "\(name), seed \(seed)")
        #expect(Array(samples).contains(0) && found.mean > 1)
      }
    }
  }

  private static func prices(
    on executor: some WorkExecutor, _ samples: Int, seed: UInt64
  ) throws -> [MonteCarloEstimate] {
    try ModelBaskets(kind: .call).all.map { _, assets in
      try executor.price(
        of: ModelBaskets(kind: .call).option(on: assets, strike: 104, steps: 2), seed: seed,
        until: .samples(samples))
    }
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, after deaths, and gone on from`() throws
  {
    let seed = testSeed()
    let expected = try Self.prices(on: pools[0], 70_001, seed: seed)
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      #expect(try Self.prices(on: executor, 70_001, seed: seed) == expected, "seed \(seed)")
    }
    for ((_, assets), whole) in zip(ModelBaskets(kind: .call).all, expected) {
      let option = ModelBaskets(kind: .call).option(on: assets, strike: 104, steps: 2)
      let part = try pools[2].price(of: option, seed: seed, until: .samples(66_000))
      let saved = try JSONEncoder().encode(part.state)
      let state = try JSONDecoder().decode(MonteCarloState.self, from: saved)
      let rest = try pools[0].price(
        of: option, seed: seed, until: .samples(70_001), resuming: state)
      #expect(rest == whole && part != whole, "seed \(seed)")
      // At an error the number of samples is the same for all workers, too.
      let goal = MonteCarloGoal.relativeError(0.02)
      let one = try pools[0].price(of: option, seed: seed, until: goal)
      #expect(one.standardError <= 0.02 * one.mean && one.sampleCount < 70_001)
      #expect(try pools[3].price(of: option, seed: seed, until: goal) == one, "seed \(seed)")
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) {
      try Self.prices(on: $0, 20_000, seed: seed)
    }
  }

  @Test func `refuse what has no price`() throws {
    let baskets = ModelBaskets(kind: .call)
    func refused(
      _ words: String, location: SourceLocation = #_sourceLocation,
      _ change: (inout ModelBasketOption) -> Void
    ) {
      var bad = baskets.option(on: [baskets.varying, baskets.jumping], strike: 104)
      change(&bad)
      let error = #expect(throws: PoolError.self, sourceLocation: location) {
        try pools[1].startPrice(of: bad, seed: 1, until: .samples(10))
      }
      #expect(
        "\(error!)".contains("an option with \(words)"), "\(error!)", sourceLocation: location)
    }
    func heston(_ change: (inout HestonAsset) -> Void) -> ModelBasketOption.Asset {
      guard case .heston(var asset) = baskets.varying else { return baskets.varying }
      change(&asset)
      return .heston(asset)
    }
    func merton(_ change: (inout MertonAsset) -> Void) -> ModelBasketOption.Asset {
      guard case .merton(var asset) = baskets.jumping else { return baskets.jumping }
      change(&asset)
      return .merton(asset)
    }
    refused("no assets; take 1 or more") { $0.assets = [] }
    refused("2 assets and 1 weights; give as many") { $0.weights = [1] }
    refused("2 assets and 1 rows of correlations; give as many") { $0.correlations.removeLast() }
    refused("2 assets and 1 correlations in row 1; give as many") { $0.correlations[1] = [1] }
    refused("2 assets and 0 correlations in row 1; give as many") { $0.correlations[1] = [] }
    refused("a correlation of asset 1 with itself of 0.9; it is 1") { $0.correlations[1][1] = 0.9 }
    refused("correlations of assets 0 and 1 of 0.1 and 0.4; they are the same") {
      $0.correlations[0][1] = 0.1
    }
    refused("a correlation of 2.0; it is -1.0 to 1.0") { $0.correlations = [[1, 2], [2, 1]] }
    refused("a weight of nan") { $0.weights[1] = .nan }
    refused("a strike of inf") { $0.strike = .infinity }
    refused("a rate of nan") { $0.rate = .nan }
    refused("a time of 0.0 years; it is above 0") { $0.years = 0 }
    refused("an asset 0 with 0 steps; take 1 to 100,000") { $0.steps = 0 }
    for (asset, words) in [
      (heston { $0.spot = 0 }, "a spot of 0.0"),
      (heston { $0.variance = -1 }, "a variance of -1.0"),
      (heston { $0.longRunVariance = 0 }, "a long-run variance of 0.0"),
      (heston { $0.meanReversion = .nan }, "a mean reversion of nan"),
      (heston { $0.volatilityOfVariance = 0 }, "a volatility of the variance of 0.0"),
      (heston { $0.correlation = -1.5 }, "a correlation of -1.5; it is -1.0 to 1.0"),
      (merton { $0.spot = -1 }, "a spot of -1.0"),
      (merton { $0.volatility = -1 }, "a volatility of"),
      (merton { $0.jumpsPerYear = -1 }, "a number of jumps per year of -1.0"),
      (merton { $0.jumpsPerYear = 1e6 }, "1000000.0 expected jumps"),
      (merton { $0.jumpMean = .infinity }, "a mean of jumps of inf"),
      (merton { $0.jumpDeviation = -0.1 }, "a deviation of jumps of -0.1"),
    ] {
      for place in 0...1 { refused("an asset \(place) with \(words)") { $0.assets[place] = asset } }
      refused(words) { ($0.assets, $0.weights, $0.correlations) = ([asset], [1], [[1]]) }
    }
    for bad in [[[1, 1], [1, 1]], [[1, -1], [-1, 1]]] as [[[Double]]] {
      var same = baskets.option(on: [baskets.varying, baskets.jumping], strike: 104)
      same.correlations = bad
      #expect(throws: DistributionError.self) {
        try pools[1].startPrice(of: same, seed: 1, until: .samples(10))
      }
    }
  }
}
