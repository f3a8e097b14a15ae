import Echelon
import RealModule
import TestSupport
import Testing

/// An American option that may be exercised at its dates, by a binomial tree.
/// - Parameter stepsPerDate: of the tree, between two dates.
private func binomialTree(_ option: AmericanOption, stepsPerDate: Int) -> Double {
  let count = option.dates * stepsPerDate
  let step = option.years / Double(count)
  let up = Double.exp(option.volatility * step.squareRoot())
  let share = (.exp(option.rate * step) - 1 / up) / (up - 1 / up)
  let discount = Double.exp(-option.rate * step)
  let sign = option.kind == .call ? 1.0 : -1
  func payoff(_ rises: Int, of steps: Int) -> Double {
    max(0, sign * (option.spot * .exp(Double(2 * rises - steps) * .log(up)) - option.strike))
  }
  var values = (0...count).map { payoff($0, of: count) }
  for steps in (0..<count).reversed() {
    let isDate = steps % stepsPerDate == 0
    for rises in 0...steps {
      let held = discount * (share * values[rises + 1] + (1 - share) * values[rises])
      values[rises] = isDate ? max(held, payoff(rises, of: steps)) : held
    }
  }
  return values[0]
}

@Suite(.timeLimit(.minutes(10))) struct `American options` {
  private let put = AmericanOption(
    .put, spot: 36, strike: 40, rate: 0.06, volatility: 0.2, years: 1)

  /// F. A. Longstaff, E. S. Schwartz (2001), table 1: by finite differences, at 50 dates a year.
  private static let published: [(Double, Double, Double, Double)] = [
    (36, 0.2, 1, 4.478), (40, 0.2, 1, 2.314), (40, 0.4, 2, 6.920), (44, 0.2, 2, 1.690),
    (44, 0.4, 1, 3.948),
  ]

  @Test(arguments: published.indices)
  func `cost what binomial trees and published figures say, less the bias of the policy`(
    _ row: Int
  ) throws {
    let drawn = testSeed()
    let (spot, volatility, years, figure) = Self.published[row]
    var option = put
    (option.spot, option.volatility, option.years) = (spot, volatility, years)
    option.dates = Int(50 * years)
    let tree = binomialTree(option, stepsPerDate: 8)
    #expect(abs(tree - figure) < 4e-3, "\(tree)")
    for seed in [7, drawn] {
      let found = try pools[1].price(
        of: option, regressionSamples: 8192, seed: seed, until: .samples(8192))
      // Below, since no policy is better than the best one, by less than 1 % with so few paths.
      #expect(found.mean < tree + 6 * found.standardError + 2e-3, "\(found), seed \(seed)")
      #expect(
        found.mean > tree - 6 * found.standardError - 0.01 * tree, "\(found), seed \(seed)")
      #expect(found.minimum >= option.europeanPrice - 1e-9)
    }
  }

  @Test func `have a sequence of estimates that ends with that of the whole run`() async throws {
    let (seed, goal) = (testSeed(), MonteCarloGoal.samples(1_200_000))
    var option = put
    option.dates = 2
    let whole = try await pools[1].price(
      of: option, regressionSamples: 500, seed: seed, until: goal)
    var counts: [Int] = []
    var last: MonteCarloEstimate?
    for try await found in try pools[2].priceEstimates(
      of: option, regressionSamples: 500, seed: seed, until: goal)
    {
      counts.append(found.sampleCount)
      last = found
    }
    #expect(last == whole && counts == counts.sorted(), "\(counts), seed \(seed)")
    #expect(throws: PoolError.self) {
      try pools[1].priceEstimates(of: option, regressionSamples: 99, seed: 1, until: goal)
    }
  }

  @Test func `have samples that vary less than payoffs`() throws {
    let found = try pools[1].price(
      of: put, regressionSamples: 8192, seed: testSeed(), until: .samples(8192))
    // That of Longstaff and Schwartz' payoffs is about 2.87.
    #expect(found.standardDeviation < 1)
  }

  @Test func `that are never exercised early are European`() throws {
    let seed = testSeed()
    var option = put
    // A call without dividends, and a put where money costs nothing.
    (option.kind, option.dates) = (.call, 10)
    let call = try pools[1].price(
      of: option, regressionSamples: 1000, seed: seed, until: .samples(2000))
    #expect(abs(call.mean - option.europeanPrice) < 1e-12 && call.standardError < 1e-12)
    (option.kind, option.rate) = (.put, 0)
    let put = try pools[1].price(
      of: option, regressionSamples: 1000, seed: seed, until: .samples(2000))
    #expect(abs(put.mean - option.europeanPrice) < 1e-12)
    (option.rate, option.dates) = (0.06, 1)
    option.spot = 50
    let once = try pools[1].price(
      of: option, regressionSamples: 1000, seed: seed, until: .samples(2000))
    #expect(abs(once.mean - option.europeanPrice) < 1e-12)
  }

  @Test func `that are best exercised today are worth their payoff`() throws {
    var option = put
    (option.spot, option.dates) = (20, 10)
    let found = try pools[1].price(
      of: option, regressionSamples: 1000, seed: testSeed(), until: .samples(1000))
    #expect(abs(found.mean - 20) < 1e-12 && found.standardError < 1e-12)
  }

  @Test func `are refused without a price, and there for async functions`() async throws {
    for change in [
      { $0.spot = 0 }, { $0.strike = .nan }, { $0.volatility = 0 }, { $0.years = 0 },
      { $0.dates = 0 }, { $0.dates = 10_001 }, { $0.rate = .infinity },
    ] as [(inout AmericanOption) -> Void] {
      var option = put
      change(&option)
      #expect(throws: PoolError.self) {
        try pools[1].startPrice(of: option, seed: 1, until: .samples(10))
      }
    }
    for paths in [99, -1, .max] {
      #expect(throws: PoolError.self) {
        try pools[1].startPrice(of: put, regressionSamples: paths, seed: 1, until: .samples(10))
      }
    }
    #expect(throws: PoolError.self) {
      try pools[1].startPrice(of: put, seed: 1, until: .samples(-1))
    }
    let found = try await pools[1].price(
      of: put, regressionSamples: 1000, seed: 1, until: .samples(1000))
    #expect(found.sampleCount == 1000 && found.mean > 4)
  }

  @Test func `end when they are cancelled`() throws {
    let endless = try pools[1].startPrice(of: put, seed: 1, until: .standardError(1e-300))
    #expect(endless.cancel())
    #expect(throws: CancellationError.self) { try endless.result() }
  }

  /// With one date before expiry, by integration over the price at that date of what is best there.
  private func priceOfTwoDates(at market: OptionMarket) -> Double {
    let half = market.years / 2
    let deviation = market.volatility * half.squareRoot()
    let drift = (market.rate - market.volatility * market.volatility / 2) * half
    // So many points that the kink, wherever it lies between two, does not show in second differences.
    return .exp(-market.rate * half)
      * normalMean(points: 30_001) { z in
        let left = EuropeanOption(
          .put, spot: market.spot * .exp(drift + deviation * z), strike: 104, rate: market.rate,
          volatility: market.volatility, years: half)
        return max(left.strike - left.spot, left.price)
      }
  }

  @Test func `have Greeks that are the differences of an integral`() throws {
    let seed = testSeed()
    let market = OptionMarket()
    let exact = market.differences { priceOfTwoDates(at: $0) }
    var option = AmericanOption(
      .put, spot: market.spot, strike: 104, rate: market.rate, volatility: market.volatility,
      years: market.years, dates: 2)
    for method in GreeksMethod.allCases {
      for seed in [7, seed] {
        let found = try pools[1].greeks(
          of: option, method: method, regressionSamples: 20_000, samples: 40_000, seed: seed)
        // The policy is not the best one.
        expectGreeks(found, are: exact, bias: 0.01, "\(method), seed \(seed)")
      }
      // A call is never exercised early, so nothing is left to chance.
      option.kind = .call
      let held = try pools[1].greeks(
        of: option, method: method, regressionSamples: 1000, samples: 1000, seed: seed)
      let european = EuropeanOption(
        .call, spot: market.spot, strike: 104, rate: market.rate, volatility: market.volatility,
        years: market.years)
      expectGreeks(held, are: european.greeks, bias: 1e-12, "\(method), seed \(seed)")
      (option.kind, option.spot) = (.put, 50)
      let sold = try pools[1].greeks(
        of: option, method: method, regressionSamples: 1000, samples: 1000, seed: seed)
      let now = OptionGreeks(price: 54, delta: -1, gamma: 0, vega: 0, theta: 0, rho: 0)
      expectGreeks(sold, are: now, bias: 1e-12, "\(method), seed \(seed)")
      option.spot = market.spot
    }
  }

  @Test func `have Greeks with the same bits for 1, 2, 3 and 7 workers, or are refused`() throws {
    let (seed, put) = (testSeed(), put)
    for method in GreeksMethod.allCases {
      var option = put
      (option.spot, option.dates) = (40, 6)
      var first: GreeksEstimate?
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try executor.greeks(
          of: option, method: method, regressionSamples: 9000, samples: 70_001, seed: seed)
        #expect(found == first ?? found, "seed \(seed)")
        #expect(found.means.delta < 0 && found.standardErrors.gamma > 0, "seed \(seed)")
        first = found
      }
      option.volatility = 0
      #expect(throws: PoolError.self) {
        try pools[1].startGreeks(of: option, method: method, samples: 10, seed: 1)
      }
      #expect(throws: PoolError.self) {
        try pools[1].startGreeks(of: put, regressionSamples: 99, samples: 10, seed: 1)
      }
      #expect(throws: PoolError.self) { try pools[1].startGreeks(of: put, samples: -1, seed: 1) }
    }
  }
}

extension AmericanOption {
  /// That of the option which is exercised at expiry only.
  fileprivate var europeanPrice: Double {
    EuropeanOption(
      kind, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years
    ).price
  }
}
