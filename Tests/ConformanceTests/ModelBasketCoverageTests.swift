import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct `Intervals of baskets in other models contain the truth 93 to 97 % of the time` {
  private let pool = pools[1]
  private let jumps = ModelBaskets(kind: .put).option(
    on: [ModelBaskets(kind: .put).jumping, ModelBaskets(kind: .put).seldomJumping], strike: 108)

  @Test func `of prices that jump`() throws {
    let exact = try mertonBasketOfTwo(jumps)
    try expectCoverage("of a basket with jumps", of: exact) {
      try pool.startPrice(of: jumps, seed: $0, until: .samples(1500))
    }
  }

  @Test(arguments: [(GreeksMethod.pathwise, 1500), (.likelihoodRatio, 4000)])
  func `of the Greeks of prices that jump`(_ method: GreeksMethod, _ samples: Int) throws {
    // Of each asset what is its own, and of the first what is the same of both.
    let own: [Greek] = [("delta", \.delta), ("gamma", \.gamma), ("vega", \.vega)]
    let exact = try jumps.assets.indices.map { asset in
      guard case .merton(let held) = jumps.assets[asset] else { throw CancellationError() }
      let market = OptionMarket(
        spot: held.spot, volatility: held.volatility, rate: jumps.rate, years: jumps.years)
      return try market.differences { moved in
        var option = jumps
        var asset = held
        (asset.spot, asset.volatility) = (moved.spot, moved.volatility)
        option.assets = option.assets.map { $0 == .merton(held) ? .merton(asset) : $0 }
        (option.rate, option.years) = (moved.rate, moved.years)
        return try mertonBasketOfTwo(option)
      }
    }
    try expectCoverage("of Greeks of a basket with jumps, \(method)") {
      try pool.startGreeks(of: jumps, method: method, samples: samples, seed: $0)
    } contains: { found in
      found.indices.flatMap { asset in
        (asset == 0 ? greekNames : own).map {
          found[asset].confidenceInterval(of: $0.path, 0.95).contains(
            exact[asset][keyPath: $0.path])
        }
      }
    }
  }

  /// There is no formula for them, and paths in few steps have a bias: a run of half a million samples in as many steps stands
  /// for what their mean is, whose error is less than a twentieth of that of a run.
  @Test func `of the mean of prices in steps`() throws {
    let baskets = ModelBaskets(kind: .call)
    for second in [baskets.wild, baskets.seldomJumping] {
      let option = baskets.option(on: [baskets.varying, second], strike: 95, steps: 2)
      let truth = try pool.price(of: option, seed: 1, until: .samples(1 << 19)).mean
      try expectCoverage("of a basket in steps", of: truth) {
        try pool.startPrice(of: option, seed: $0, until: .samples(1000))
      }
    }
  }

  @Test(arguments: [(GreeksMethod.pathwise, 1500), (.likelihoodRatio, 2500)])
  func `of the mean of Greeks in steps`(_ method: GreeksMethod, _ samples: Int) throws {
    let baskets = ModelBaskets(kind: .call)
    let option = baskets.option(
      on: [baskets.varying, baskets.seldomJumping], strike: 95, steps: 2)
    let truth = try pool.greeks(of: option, method: method, samples: 1 << 20, seed: 1)
    try expectCoverage("of Greeks of a basket in steps, \(method)") {
      try pool.startGreeks(of: option, method: method, samples: samples, seed: $0)
    } contains: { found in
      found.indices.flatMap { asset in
        greekNames.map {
          found[asset].confidenceInterval(of: $0.path, 0.95).contains(
            truth[asset].means[keyPath: $0.path])
        }
      }
    }
  }
}
