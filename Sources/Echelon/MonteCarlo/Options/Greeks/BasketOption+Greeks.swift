import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension BasketOption: BasketWithGreeks {
  /// See `BasketWithGreeks`.
  public func greeksSimulations(by method: GreeksMethod) throws -> [GreeksSimulation] {
    try OptionProblem.refuse(problem)
    let law = try MultivariateNormalDistribution(
      mean: spots.map { _ in 0 }, covariance: correlations)
    let precision = inverse(ofPositiveDefinite: correlations)
    return spots.indices.map { asset in
      BasketGreeksPath(
        law: law, precision: precision, asset: asset, sign: kind.sign, spots: spots,
        amounts: zip(weights, spots).map { $0 * $1 }, strike: strike, rate: rate,
        volatilities: volatilities, years: years, discount: exp(-rate * years),
        isPathwise: method == .pathwise
      ).simulation
    }
  }
}

/// By Gauss and Jordan, row by row; a matrix that is positive definite needs no exchange of rows.
func inverse(ofPositiveDefinite matrix: [[Double]]) -> [Double] {
  let n = matrix.count
  var (left, right) = (matrix, matrix.indices.map { i in matrix.indices.map { $0 == i ? 1.0 : 0 } })
  for pivot in 0..<n {
    let scale = 1 / left[pivot][pivot]
    for column in 0..<n {
      left[pivot][column] *= scale
      right[pivot][column] *= scale
    }
    for row in 0..<n where row != pivot {
      let factor = left[row][pivot]
      for column in 0..<n {
        left[row][column] -= factor * left[pivot][column]
        right[row][column] -= factor * right[pivot][column]
      }
    }
  }
  return right.flatMap { $0 }
}

private struct BasketGreeksPath: Sendable {
  /// Of the logarithms of the prices, with mean 0 and variance 1.
  let law: MultivariateNormalDistribution
  /// The inverse of the correlations, row by row.
  let precision: [Double]
  /// By which derivatives are taken.
  let asset: Int
  let sign: Double
  let spots: [Double]
  /// weight·spot of each asset.
  let amounts: [Double]
  let strike: Double
  let rate: Double
  let volatilities: [Double]
  let years: Double
  let discount: Double
  let isPathwise: Bool

  var simulation: GreeksSimulation {
    GreeksSimulation(
      ChunkFunction { chunk in
        var noise = [Double](repeating: 0, count: amounts.count)
        chunk.accumulateVectors { sample(&$0, &noise) }
      }
    ) { generator in
      var noise = [Double](repeating: 0, count: amounts.count)
      return sample(&generator, &noise)
    }
  }

  private func sample(
    _ generator: inout PhiloxGenerator, _ noise: inout [Double]
  ) -> InlineArray<6, Double> {
    var span = noise.mutableSpan
    law.sample(into: &span, using: &generator)
    let root = years.squareRoot()
    // ∂/∂rate and ∂/∂years along the paths, of the basket and of the one asset.
    var (sum, longer, held) = (0.0, 0.0, 0.0)
    for index in amounts.indices {
      let volatility = volatilities[index]
      let (drift, shock) = (rate - volatility * volatility / 2, volatility * noise[index])
      let amount = amounts[index] * exp(drift * years + root * shock)
      sum += amount
      longer += amount * (drift + shock / (2 * root))
      if index == asset { held = amount }
    }
    let value = sign * (sum - strike)
    guard value > 0 else { return InlineArray(repeating: 0) }
    let (spot, volatility) = (spots[asset], volatilities[asset])
    // ∂/∂ of the logarithm of the asset's spot.
    let (pull, stiffness) = (pull(asset, noise), precision[asset * amounts.count + asset])
    let score = pull / (volatility * root)
    guard isPathwise else { return byRatio(value, noise, pull: pull, stiffness: stiffness) }
    let greeks = OptionGreeks(
      price: value, delta: sign * held / spot,
      gamma: score * (sign * held - value) / (spot * spot),
      vega: sign * held * (root * noise[asset] - volatility * years),
      theta: rate * value - sign * longer, rho: years * (sign * sum - value))
    return greeks.scaled(by: discount).components
  }

  /// The derivative of noise'·precision·noise / 2 by the noise of an asset.
  private func pull(_ index: Int, _ noise: [Double]) -> Double {
    var sum = 0.0
    for other in noise.indices { sum += precision[index * noise.count + other] * noise[other] }
    return sum
  }

  private func byRatio(
    _ value: Double, _ noise: [Double], pull own: Double, stiffness: Double
  ) -> InlineArray<6, Double> {
    let root = years.squareRoot()
    let (spot, volatility) = (spots[asset], volatilities[asset])
    // By the rate, and by the years.
    var (rho, longer) = (-years, -rate)
    for index in noise.indices {
      let (pull, volatility) = (pull(index, noise), volatilities[index])
      let drift = rate - volatility * volatility / 2
      rho += pull * root / volatility
      longer += (pull * noise[index] - 1) / (2 * years) + pull * drift / (volatility * root)
    }
    let score = own / (volatility * root)
    let second = (own * own - stiffness) / (volatility * volatility * years)
    let greeks = OptionGreeks(
      price: value, delta: value * score / spot, gamma: value * (second - score) / (spot * spot),
      vega: value * ((own * noise[asset] - 1) / volatility - root * own),
      theta: -value * longer, rho: value * rho)
    return greeks.scaled(by: discount).components
  }
}
