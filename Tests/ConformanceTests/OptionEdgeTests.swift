import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Options at their limits`: PricesOptions {
  @Test func `refuse what has no price`() async throws {
    func refused<Option: SimulatedOption>(
      _ option: Option, _ changes: [(inout Option) -> Void],
      location: SourceLocation = #_sourceLocation
    ) throws {
      for (index, change) in changes.enumerated() {
        var bad = option
        change(&bad)
        let error = #expect(throws: PoolError.self, "\(index)", sourceLocation: location) {
          try pools[1].startPrice(of: bad, seed: 1, until: .samples(10))
        }
        #expect("\(error!)".contains("an option with "))
      }
    }
    try refused(
      asian,
      [
        { $0.spot = 0 }, { $0.strike = .nan }, { $0.rate = .infinity }, { $0.volatility = -1 },
        { $0.years = -1 }, { $0.dates = 0 }, { $0.dates = .max },
      ])
    try refused(
      barrier,
      [
        { $0.barrier = 100 }, { $0.barrier = 101 }, { $0.barrier = 0 }, { $0.barrier = .nan },
        { $0.effect = .upAndIn }, { $0.monitoring = .dates(0) }, { $0.spot = -1 },
      ])
    try refused(
      lookback,
      [
        { $0.strike = .fixed(0) }, { $0.strike = .fixed(.nan) }, { $0.monitoring = .dates(-1) },
        { $0.spot = .infinity }, { $0.years = .nan },
      ])
    try refused(
      basket,
      [
        { $0.spots = [] }, { $0.spots[1] = 0 }, { $0.weights = [1] }, { $0.weights[0] = .nan },
        { $0.volatilities[0] = 0 }, { $0.volatilities.append(1) }, { $0.correlations.removeLast() },
        { $0.correlations[0] = [1] }, { $0.correlations[1] = [] }, { $0.correlations[0][0] = 0.9 },
        { $0.correlations[0][1] = 0.1 }, { $0.correlations = [[1, 2], [2, 1]] },
        { $0.strike = .nan }, { $0.rate = .nan }, { $0.years = 0 },
      ])
    var same = basket
    same.correlations = [[1, 1], [1, 1]]
    #expect(throws: DistributionError.self) {
      try pools[1].startPrice(of: same, seed: 1, until: .samples(10))
    }
    try refused(
      merton,
      [
        { $0.spot = 0 }, { $0.jumpsPerYear = -1 }, { $0.jumpsPerYear = 1e6 },
        { $0.jumpMean = .nan }, { $0.jumpMean = 100 }, { $0.jumpDeviation = -0.1 },
      ])
    try refused(
      heston,
      [
        { $0.strike = 0 }, { $0.variance = -1 }, { $0.longRunVariance = 0 },
        { $0.meanReversion = 0 }, { $0.volatilityOfVariance = 0 }, { $0.correlation = 1.1 },
        { $0.correlation = .nan }, { $0.years = 0 }, { $0.steps = 0 },
      ])
    let found = try await pools[1].price(of: merton, seed: 1, until: .samples(1000))
    #expect(found.mean > 0)
  }

  @Test func `without chance pay what is sure`() throws {
    var (asian, barrier, lookback, merton) = (asian, barrier, lookback, merton)
    (asian.volatility, barrier.volatility, lookback.volatility) = (0, 0, 0)
    (merton.volatility, merton.jumpDeviation, merton.jumpsPerYear) = (0, 0, 0)
    var average = 0.0
    for month in 1...12 { average += 100 * exp(0.0075 * Double(month)) / 12 }
    try expect(asian, costs: (average - 100) * exp(-0.09), samples: 100, seed: 1)
    for effect in [BarrierOption.Effect.upAndOut, .upAndIn] {
      for level in [103.0, 106] {
        (barrier.effect, barrier.barrier) = (effect, level)
        let lives = (effect == .upAndOut) == (level == 106)
        let price = lives ? 100 - 100 * exp(-0.05) : 0
        #expect(abs(try #require(barrier.exactPrice) - price) < 1e-12)
        try expect(barrier, costs: price, samples: 100, seed: 1)
      }
    }
    let growth = exp(0.025)
    let cases: [(EuropeanOption.Kind, LookbackOption.Strike, Double)] = [
      (.call, .floating, 50 - 50 / growth), (.put, .floating, 0),
      (.call, .fixed(51), 50 - 51 / growth), (.put, .fixed(52), 2 / growth),
    ]
    for (kind, strike, price) in cases {
      (lookback.kind, lookback.strike) = (kind, strike)
      #expect(abs(try #require(lookback.exactPrice) - price) < 1e-12, "\(kind), \(strike)")
      try expect(lookback, costs: price, samples: 100, seed: 1)
    }
    let gain = max(0, 100 - 105 * exp(-0.05 * 0.75))
    #expect(abs(try #require(merton.exactPrice) - gain) < 1e-12)
    try expect(merton, costs: gain, samples: 100, seed: 1)
  }
}
