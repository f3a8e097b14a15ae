import Echelon
import Foundation

/// Baskets of two assets in Heston's and Merton's models, for tests, and what they cost by other ways than simulation.
struct ModelBaskets {
  let kind: EuropeanOption.Kind

  static let weights = [0.5, 0.6, -0.2]

  static func spot(_ asset: ModelBasketOption.Asset) -> Double {
    switch asset {
    case .heston(let asset): asset.spot
    case .merton(let asset): asset.spot
    }
  }

  let jumping = ModelBasketOption.Asset.merton(
    MertonAsset(
      spot: 100, volatility: 0.2, jumpsPerYear: 1.5, jumpMean: -0.1, jumpDeviation: 0.15))
  let seldomJumping = ModelBasketOption.Asset.merton(
    MertonAsset(
      spot: 90, volatility: 0.3, jumpsPerYear: 0.4, jumpMean: 0.2, jumpDeviation: 0.1))
  let varying = ModelBasketOption.Asset.heston(
    HestonAsset(
      spot: 100, variance: 0.05, longRunVariance: 0.04, meanReversion: 2,
      volatilityOfVariance: 0.3, correlation: -0.6))
  /// Its variance is often near 0.
  let wild = ModelBasketOption.Asset.heston(
    HestonAsset(
      spot: 100, variance: 0.03, longRunVariance: 0.05, meanReversion: 2,
      volatilityOfVariance: 0.7, correlation: 0.3))
  /// Its variance has nothing to do with its price.
  let alone = ModelBasketOption.Asset.heston(
    HestonAsset(
      spot: 90, variance: 0.09, longRunVariance: 0.06, meanReversion: 1.5,
      volatilityOfVariance: 0.4, correlation: 0))

  /// Pairs of each kind.
  var all: [(name: String, assets: [ModelBasketOption.Asset])] {
    [
      ("jumps", [jumping, seldomJumping]), ("variances that move", [varying, wild]),
      ("three", [varying, seldomJumping, alone]),
    ]
  }

  func option(
    on assets: [ModelBasketOption.Asset], strike: Double, correlation: Double = 0.4,
    steps: Int = 32
  ) -> ModelBasketOption {
    ModelBasketOption(
      kind, on: assets, weights: Array(Self.weights[..<assets.count]), strike: strike, rate: 0.03,
      correlation: correlation, years: 1, steps: steps)
  }

  /// By its formula.
  func european(
    _ asset: ModelBasketOption.Asset, spot: Double, strike: Double
  ) -> Double {
    guard strike > 0 else { return max(0, kind == .call ? spot - strike * exp(-0.03) : 0) }
    switch asset {
    case .heston(let asset):
      return HestonOption(
        kind, spot: spot, strike: strike, rate: 0.03, variance: asset.variance,
        longRunVariance: asset.longRunVariance, meanReversion: asset.meanReversion,
        volatilityOfVariance: asset.volatilityOfVariance, correlation: asset.correlation,
        years: 1, steps: 1
      ).exactPrice!
    case .merton(let asset):
      return MertonOption(
        kind, spot: spot, strike: strike, rate: 0.03, volatility: asset.volatility,
        jumpsPerYear: asset.jumpsPerYear, jumpMean: asset.jumpMean,
        jumpDeviation: asset.jumpDeviation, years: 1
      ).exactPrice!
    }
  }
}

/// Poisson's probability.
private func probability(of count: Int, mean: Double) -> Double {
  mean > 0 ? exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1)) : count == 0 ? 1 : 0
}

/// Two assets with jumps: the mean over their numbers of jumps, given which the prices are log-normal.
func mertonBasketOfTwo(_ option: ModelBasketOption) throws -> Double {
  let assets = option.assets.compactMap { asset -> MertonAsset? in
    if case .merton(let asset) = asset { asset } else { nil }
  }
  let correlation = option.correlations[0][1]
  var sum = 0.0
  let counts = assets.map { asset in
    // All but what is less likely than 10⁻⁸.
    (0...60).filter { probability(of: $0, mean: asset.jumpsPerYear * option.years) > 1e-8 }
  }
  for first in counts[0] {
    for second in counts[1] {
      var (spots, volatilities) = ([0.0, 0], [0.0, 0])
      var likely = 1.0
      for (index, count) in [first, second].enumerated() {
        let asset = assets[index]
        let growth = asset.jumpMean + asset.jumpDeviation * asset.jumpDeviation / 2
        likely *= probability(of: count, mean: asset.jumpsPerYear * option.years)
        spots[index] =
          asset.spot
          * exp(Double(count) * growth - asset.jumpsPerYear * expm1(growth) * option.years)
        volatilities[index] =
          (asset.volatility * asset.volatility
          + Double(count) * asset.jumpDeviation * asset.jumpDeviation / option.years).squareRoot()
      }
      let together =
        correlation * assets[0].volatility * assets[1].volatility
        / (volatilities[0] * volatilities[1])
      sum +=
        likely
        * basketOfTwo(
          BasketOption(
            option.kind, spots: spots, weights: option.weights, strike: option.strike,
            rate: option.rate, volatilities: volatilities, correlation: together,
            years: option.years))
    }
  }
  return sum
}

/// Two independent assets with weights above 0 in a year at 3 %: the first's European option over the price of the second,
/// whose probabilities are second differences of its own European options at whole strikes.
func meanOverSecond(_ option: ModelBasketOption) -> Double {
  let baskets = ModelBaskets(kind: option.kind)
  let (first, second) = (option.assets[0], option.assets[1])
  let calls = ModelBaskets(kind: .call)
  let spot = ModelBaskets.spot(second)
  let values = (0...402).map { calls.european(second, spot: spot, strike: Double($0)) }
  var sum = 0.0
  for strike in 1...401 {
    // Today's value of what pays 1 at this price and falls to 0 on the way to the next.
    let weight = values[strike - 1] - 2 * values[strike] + values[strike + 1]
    guard weight > 1e-9 else { continue }
    sum +=
      weight * exp(option.rate * option.years)
      * baskets.european(
        first, spot: option.weights[0] * ModelBaskets.spot(first),
        strike: option.strike - option.weights[1] * Double(strike))
  }
  return sum
}

/// The covariance of the logarithms of the prices of a first asset in Heston's model and of a second whose volatility is
/// independent of all Brownian motions of the prices, as that of an asset with jumps is.
///
/// By Itô: ∫ c·E√V₁·E√V₂ (1 - ρσ/2·(1 - e^(-κ(T - s)))/κ) ds, ρ, σ and κ of the first; the two roots are independent.
func covarianceOfLogarithms(_ option: ModelBasketOption) -> Double {
  guard case .heston(let first) = option.assets[0] else { return .nan }
  func root(_ asset: ModelBasketOption.Asset, _ time: Double) -> Double {
    switch asset {
    case .heston(let asset): meanRoot(asset, time)
    case .merton(let asset): asset.volatility
    }
  }
  let count = 100
  var sum = 0.0
  for point in 0..<count {
    let time = (Double(point) + 0.5) / Double(count) * option.years
    let gone = -expm1(-first.meanReversion * (option.years - time)) / first.meanReversion
    sum +=
      root(option.assets[0], time) * root(option.assets[1], time)
      * (1 - first.correlation * first.volatilityOfVariance / 2 * gone)
  }
  return option.correlations[0][1] * sum * option.years / Double(count)
}

/// E√V: V is a multiple of a non-central chi-squared number, a mixture of central ones.
private func meanRoot(_ asset: HestonAsset, _ time: Double) -> Double {
  let (kappa, sigma) = (asset.meanReversion, asset.volatilityOfVariance)
  let scale = sigma * sigma * -expm1(-kappa * time) / (4 * kappa)
  let half = 2 * kappa * asset.longRunVariance / (sigma * sigma)
  let mean = asset.variance * exp(-kappa * time) / scale / 2
  let last = Int(mean + 12 * mean.squareRoot() + 40)
  return (0...last).reduce(0) { sum, count in
    let place = half + Double(count)
    return sum + probability(of: count, mean: mean)
      * (2 * scale).squareRoot() * exp(lgamma(place + 0.5) - lgamma(place))
  }
}
