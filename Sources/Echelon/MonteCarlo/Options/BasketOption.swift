import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

/// A European option on the weighted sum of several prices, which are correlated geometric Brownian motions.
///
/// Samples are exact: the prices at expiry are drawn from their distribution. With weights of 0 or more a sample is the
/// payoff less that on the weighted geometric mean of the same prices, plus the exact price of that (a control
/// variate), so its minimum and maximum are not those of payoffs.
public struct BasketOption: SimulatedOption, Hashable, Codable {
  /// A call or a put.
  public var kind: EuropeanOption.Kind
  /// The price of each asset today, in one currency, above 0; the option's price is in the same.
  public var spots: [Double]
  /// How many of each asset the basket holds; below 0 for what it owes, as in the option on a difference of two prices.
  public var weights: [Double]
  /// The price at which the basket may be bought or sold; any number.
  public var strike: Double
  /// The riskless rate, continuous, per year.
  public var rate: Double
  /// Of each asset, per square root of a year, above 0.
  public var volatilities: [Double]
  /// Of the logarithms of the prices, row by row: 1 on the diagonal, the same in both orders.
  public var correlations: [[Double]]
  /// To expiry, above 0.
  public var years: Double

  /// An option with these numbers.
  public init(
    _ kind: EuropeanOption.Kind, spots: [Double], weights: [Double], strike: Double, rate: Double,
    volatilities: [Double], correlations: [[Double]], years: Double
  ) {
    self.kind = kind
    self.spots = spots
    self.weights = weights
    self.strike = strike
    self.rate = rate
    self.volatilities = volatilities
    self.correlations = correlations
    self.years = years
  }

  /// An option on assets of which each two have the same correlation.
  public init(
    _ kind: EuropeanOption.Kind, spots: [Double], weights: [Double], strike: Double, rate: Double,
    volatilities: [Double], correlation: Double, years: Double
  ) {
    self.init(
      kind, spots: spots, weights: weights, strike: strike, rate: rate, volatilities: volatilities,
      correlations: spots.indices.map { i in spots.indices.map { $0 == i ? 1 : correlation } },
      years: years)
  }

  /// That of one asset; nil of several.
  public var exactPrice: Double? {
    guard problem == nil, spots.count == 1, weights[0] > 0 else { return nil }
    return kind.logNormalValue(
      asset: weights[0] * spots[0], strike: strike * exp(-rate * years),
      deviation: volatilities[0] * years.squareRoot())
  }

  var problem: String? {
    let count = spots.count
    if count == 0 { return "no assets; take 1 or more" }
    for (name, found) in [
      ("weights", weights.count), ("volatilities", volatilities.count),
    ] where found != count {
      return "\(count) assets and \(found) \(name); give as many"
    }
    for value in spots { if let bad = OptionProblem.positive("spot", value) { return bad } }
    for value in weights { if let bad = OptionProblem.finite("weight", value) { return bad } }
    for value in volatilities {
      if let bad = OptionProblem.positive("volatility", value) { return bad }
    }
    if let bad = OptionProblem.correlations(correlations, of: count) { return bad }
    return OptionProblem.finite("strike", strike) ?? OptionProblem.finite("rate", rate)
      ?? (years > 0 && years.isFinite ? nil : "a time of \(years) years; it is above 0")
  }

  /// See `SimulatedOption`; also throws `DistributionError.notPositiveDefinite` for correlations that no assets have,
  /// or where an asset follows from others.
  public var simulation: OptionSimulation {
    get throws {
      try OptionProblem.refuse(problem)
      let drifts = volatilities.map { (rate - $0 * $0 / 2) * years }
      let covariances = spots.indices.map { i in
        spots.indices.map { j in
          volatilities[i] * volatilities[j] * correlations[i][j] * years
        }
      }
      let law = try MultivariateNormalDistribution(mean: drifts, covariance: covariances)
      let amounts = zip(weights, spots).map { $0 * $1 }
      let total = amounts.reduce(0, +)
      var path = BasketPath(
        law: law, amounts: amounts, parts: [], total: total, strike: strike,
        scale: exp(-rate * years) * kind.sign, control: 0)
      if strike > 0, total > 0, weights.allSatisfy({ $0 >= 0 }) {
        path.parts = amounts.map { $0 / total }
        let mean = zip(path.parts, drifts).reduce(0) { $0 + $1.0 * $1.1 }
        var variance = 0.0
        for i in spots.indices {
          for j in spots.indices { variance += path.parts[i] * path.parts[j] * covariances[i][j] }
        }
        path.control = kind.logNormalValue(
          asset: total * exp(mean + variance / 2 - rate * years),
          strike: strike * exp(-rate * years), deviation: variance.squareRoot())
      }
      return path.simulation
    }
  }
}

private struct BasketPath: Sendable {
  /// Of the logarithms of price / spot.
  let law: MultivariateNormalDistribution
  /// weight·spot of each asset.
  let amounts: [Double]
  /// What part of the basket each is; none where there is no control variate.
  var parts: [Double]
  let total: Double
  let strike: Double
  /// The discount factor, below 0 for a put.
  let scale: Double
  /// The price of the option on the geometric mean.
  var control: Double

  var simulation: OptionSimulation {
    OptionSimulation(
      ChunkFunction { chunk in
        var growth = [Double](repeating: 0, count: amounts.count)
        chunk.accumulateOrKeep { sample(&$0, &growth) }
      }
    ) { generator in
      var growth = [Double](repeating: 0, count: amounts.count)
      return sample(&generator, &growth)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator, _ growth: inout [Double]) -> Double {
    var span = growth.mutableSpan
    law.sample(into: &span, using: &generator)
    var (sum, logarithm) = (0.0, 0.0)
    for asset in amounts.indices { sum += amounts[asset] * exp(growth[asset]) }
    let payoff = max(0, scale * (sum - strike))
    guard !parts.isEmpty else { return payoff }
    for asset in parts.indices { logarithm += parts[asset] * growth[asset] }
    return payoff - max(0, scale * (total * exp(logarithm) - strike)) + control
  }
}

extension OptionProblem {
  /// - Parameter count: of the assets.
  static func correlations(_ correlations: [[Double]], of count: Int) -> String? {
    if correlations.count != count {
      return "\(count) assets and \(correlations.count) rows of correlations; give as many"
    }
    for (i, row) in correlations.enumerated() where row.count != count {
      return "\(count) assets and \(row.count) correlations in row \(i); give as many"
    }
    for (i, row) in correlations.enumerated() {
      guard row[i] == 1 else {
        return "a correlation of asset \(i) with itself of \(row[i]); it is 1"
      }
      for (j, value) in row.enumerated() {
        if let bad = OptionProblem.within("correlation", value, -1...1) { return bad }
        if value != correlations[j][i] {
          return
            "correlations of assets \(i) and \(j) of \(value) and \(correlations[j][i]); they are the same"
        }
      }
    }
    return nil
  }
}
