public import EchelonKernels
import EchelonRandom
import Foundation

/// The price of an option, and how it changes with what it depends on.
public struct OptionGreeks: Sendable, Hashable, Codable {
  /// In the currency of the underlying, like all others.
  public var price: Double
  /// ∂price/∂spot.
  public var delta: Double
  /// ∂²price/∂spot².
  public var gamma: Double
  /// ∂price/∂volatility, for a volatility that is 1 higher; in Heston's model that of today, the root of the variance.
  public var vega: Double
  /// ∂price/∂t as time goes by, -∂price/∂years, per year.
  public var theta: Double
  /// ∂price/∂rate, for a rate that is 1 higher.
  public var rho: Double

  /// The price, and how it changes.
  public init(
    price: Double, delta: Double, gamma: Double, vega: Double, theta: Double, rho: Double
  ) {
    self.price = price
    self.delta = delta
    self.gamma = gamma
    self.vega = vega
    self.theta = theta
    self.rho = rho
  }

  /// In the order of the components of samples.
  init(_ values: [Double]) {
    self.init(
      price: values[0], delta: values[1], gamma: values[2], vega: values[3], theta: values[4],
      rho: values[5])
  }

  /// As a sample has them.
  var components: InlineArray<6, Double> { [price, delta, gamma, vega, theta, rho] }

  /// Each as many times.
  func scaled(by factor: Double) -> OptionGreeks {
    OptionGreeks(
      price: price * factor, delta: delta * factor, gamma: gamma * factor, vega: vega * factor,
      theta: theta * factor, rho: rho * factor)
  }

  static func + (left: OptionGreeks, right: OptionGreeks) -> OptionGreeks {
    OptionGreeks(
      price: left.price + right.price, delta: left.delta + right.delta,
      gamma: left.gamma + right.gamma, vega: left.vega + right.vega,
      theta: left.theta + right.theta, rho: left.rho + right.rho)
  }
}

/// A price, or how it changes: what the error of a run may be asked of.
public enum OptionGreek: String, Sendable, Hashable, Codable, CaseIterable {
  /// See `OptionGreeks`, as of all others. In the order of the components of samples.
  case price, delta, gamma, vega, theta, rho

  /// Where it is.
  public var path: any WritableKeyPath<OptionGreeks, Double> & Sendable {
    switch self {
    case .price: \.price
    case .delta: \.delta
    case .gamma: \.gamma
    case .vega: \.vega
    case .theta: \.theta
    case .rho: \.rho
    }
  }

  var component: Int { Self.allCases.firstIndex(of: self)! }
}

/// How derivatives of a price are sampled.
public enum GreeksMethod: String, Sendable, Hashable, Codable, CaseIterable {
  /// The derivative of the payoff along the path, for payoffs without jumps. Gamma, for which they are not smooth enough,
  /// is that of delta by the likelihood ratio.
  case pathwise
  /// The payoff times the derivative of the logarithm of its density: for any payoff, with larger errors, the more so
  /// the shorter the time is to the first date at which the price counts, and for vega and theta the more dates there are.
  case likelihoodRatio
}

/// How far a run that samples Greeks has come: what a later one goes on from.
public typealias GreeksState = VectorMonteCarloState<6>

/// The Greeks of an option by simulation, all from the same samples.
public struct GreeksEstimate: Sendable, Hashable, CustomStringConvertible {
  /// The number of samples.
  public let sampleCount: Int
  /// The estimates; NaN of no samples.
  public let means: OptionGreeks
  /// The standard error of each; NaN of fewer than two samples.
  public let standardErrors: OptionGreeks
  /// What a later run can go on from; nil of an estimate that no run has made. It takes no part in comparisons.
  public let state: GreeksState?

  /// How long the run has taken by the clock; see `MonteCarloEstimate.elapsedTime`.
  public var elapsedTime: Duration { state?.elapsedTime ?? .zero }

  /// The same means and errors of as many samples.
  public static func == (left: GreeksEstimate, right: GreeksEstimate) -> Bool {
    left.sampleCount == right.sampleCount && left.means == right.means
      && left.standardErrors == right.standardErrors
  }

  /// As `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(sampleCount)
    hasher.combine(means)
    hasher.combine(standardErrors)
  }

  init(_ estimate: VectorEstimate<6>) {
    state = estimate.state
    sampleCount = estimate.sampleCount
    means = OptionGreeks(estimate.means)
    standardErrors = OptionGreeks(estimate.standardErrors)
  }

  /// The interval that contains the true value with probability `level`; see `MonteCarloEstimate.confidenceInterval`.
  /// - Parameter greek: `\.delta` and so on.
  public func confidenceInterval(
    of greek: KeyPath<OptionGreeks, Double>, _ level: Double
  ) -> ClosedRange<Double> {
    precondition(level > 0 && level < 1, "a confidence level lies between 0 and 1, not \(level)")
    let (mean, error) = (means[keyPath: greek], standardErrors[keyPath: greek])
    let half = -normalQuantile((1 - level) / 2) * error
    guard half.isFinite, mean.isFinite else { return -.infinity ... .infinity }
    return (mean - half)...(mean + half)
  }

  /// Each mean ± its standard error, and the number of samples.
  public var description: String {
    let names: [(String, KeyPath<OptionGreeks, Double>)] = [
      ("price", \.price), ("delta", \.delta), ("gamma", \.gamma), ("vega", \.vega),
      ("theta", \.theta), ("rho", \.rho),
    ]
    let parts = names.map { name, path in
      "\(name) \(means[keyPath: path]) ± \(standardErrors[keyPath: path])"
    }
    return "\(parts.joined(separator: ", ")) (\(sampleCount) samples)"
  }
}

extension EuropeanOption {
  /// The exact price and its derivatives, for a volatility and a time above 0.
  /// - Source: J. C. Hull, *Options, Futures, and Other Derivatives*, the chapter on the Greek letters.
  public var greeks: OptionGreeks {
    let (sign, root) = (kind.sign, years.squareRoot())
    let deviation = volatility * root
    let discounted = strike * exp(-rate * years)
    let d1 = log(spot / discounted) / deviation + deviation / 2
    let d2 = d1 - deviation
    let density = exp(-d1 * d1 / 2) / (2 * Double.pi).squareRoot()
    let sold = sign * discounted * normalProbability(sign * d2)
    return OptionGreeks(
      price: price, delta: sign * normalProbability(sign * d1),
      gamma: density / (spot * deviation), vega: spot * density * root,
      theta: -spot * density * volatility / (2 * root) - rate * sold, rho: years * sold)
  }
}
