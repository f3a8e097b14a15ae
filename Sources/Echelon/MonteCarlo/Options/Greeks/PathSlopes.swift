import EchelonMemory
import Foundation

/// How a payoff, before it is discounted, changes with the numbers that a geometric Brownian motion is made of: at the
/// time t the logarithm of the price is log spot + drift·t/years + deviation·W(t/years), W a standard Brownian motion.
///
/// Of the path alone, or in expectation: a sample of each is enough, and all Greeks follow by the chain rule.
/// - Source: P. Glasserman, *Monte Carlo Methods in Financial Engineering* (2003), ch. 7.
struct PathSlopes: BitwiseCopyable, Sendable {
  /// The payoff.
  var value = 0.0
  /// ∂/∂ log spot.
  var spot = 0.0
  /// spot²·∂²/∂spot².
  var curvature = 0.0
  /// ∂/∂ drift.
  var drift = 0.0
  /// ∂/∂ deviation.
  var deviation = 0.0

  static func + (left: PathSlopes, right: PathSlopes) -> PathSlopes {
    PathSlopes(
      value: left.value + right.value, spot: left.spot + right.spot,
      curvature: left.curvature + right.curvature, drift: left.drift + right.drift,
      deviation: left.deviation + right.deviation)
  }

  static prefix func - (slopes: PathSlopes) -> PathSlopes {
    PathSlopes(
      value: -slopes.value, spot: -slopes.spot, curvature: -slopes.curvature,
      drift: -slopes.drift, deviation: -slopes.deviation)
  }
}

/// What a geometric Brownian motion is made of.
struct GreeksFrame: BitwiseCopyable, Sendable {
  let spot: Double
  let rate: Double
  let volatility: Double
  let years: Double
  /// Of the logarithm of the price until expiry, as its deviation.
  let drift: Double
  let deviation: Double
  let discount: Double

  init(_ option: EuropeanOption) {
    spot = option.spot
    rate = option.rate
    volatility = option.volatility
    years = option.years
    drift = (option.rate - option.volatility * option.volatility / 2) * option.years
    deviation = option.volatility * option.years.squareRoot()
    discount = exp(-option.rate * option.years)
  }

  /// The Greeks of a payoff that is not discounted.
  func undiscounted(_ slopes: PathSlopes) -> OptionGreeks {
    OptionGreeks(
      price: slopes.value, delta: slopes.spot / spot, gamma: slopes.curvature / (spot * spot),
      vega: years.squareRoot() * slopes.deviation - volatility * years * slopes.drift,
      theta: -(drift * slopes.drift + deviation / 2 * slopes.deviation) / years,
      rho: years * slopes.drift)
  }

  /// The Greeks of a payoff at expiry.
  func greeks(_ slopes: PathSlopes) -> OptionGreeks {
    var greeks = undiscounted(slopes)
    greeks.theta += rate * slopes.value
    greeks.rho -= years * slopes.value
    return greeks.scaled(by: discount)
  }
}

/// The noise of a path of steps of one length, and with it the derivatives of the logarithm of its density.
struct PathScores: BitwiseCopyable {
  let steps: Int
  private let root: Double
  private var first = 0.0
  private var sum = 0.0
  /// Of the squares of the steps, less 1 each.
  private var squares = 0.0
  private(set) var count = 0

  init(steps: Int) {
    self.steps = steps
    root = Double(steps).squareRoot()
  }

  mutating func add(_ normal: Double) {
    if count == 0 { first = normal }
    count += 1
    sum += normal
    squares += normal * normal - 1
  }

  /// What part of the time has gone by.
  var share: Double { Double(count) / Double(steps) }
  /// W so far: standard normal at expiry.
  var noise: Double { sum / root }

  /// ∂/∂ log spot, which moves the first step alone.
  func spot(_ deviation: Double) -> Double { first * root / deviation }

  /// The likelihood ratio's derivatives of the expectation of a payoff that depends on the prices after the first.
  func slopes(of value: Double, deviation: Double) -> PathSlopes {
    let spot = spot(deviation)
    let second = (first * first - 1) * Double(steps) / (deviation * deviation)
    return PathSlopes(
      value: value, spot: value * spot, curvature: value * (second - spot),
      drift: value * noise / deviation, deviation: value * squares / deviation)
  }
}

/// The payoff of a European option on a log-normal price.
struct LogNormalPayoff: BitwiseCopyable, Sendable {
  let sign: Double
  let strike: Double

  init(_ kind: EuropeanOption.Kind, strike: Double) {
    sign = kind.sign
    self.strike = strike
  }

  /// Of one price at expiry, whose logarithm is `noise` deviations away from its mean. `drift` is the slope by that
  /// mean.
  func slopes(at last: Double, noise: Double, deviation: Double, isPathwise: Bool) -> PathSlopes {
    let value = sign * (last - strike)
    // All that lies out of the money has no value, and no derivative.
    guard value > 0 else { return PathSlopes() }
    let score = noise / deviation
    guard isPathwise else {
      let second = (noise * noise - 1) / deviation
      return PathSlopes(
        value: value, spot: value * score, curvature: value * (second / deviation - score),
        drift: value * score, deviation: value * second)
    }
    // Gamma is the derivative along the path of delta by the likelihood ratio.
    return PathSlopes(
      value: value, spot: sign * last, curvature: sign * strike * score, drift: sign * last,
      deviation: sign * last * noise)
  }

  /// The expectations over all prices with this mean.
  func expected(mean: Double, deviation: Double) -> PathSlopes {
    let d1 = log(mean / strike) / deviation + deviation / 2
    let density = mean * exp(-d1 * d1 / 2) / (2 * Double.pi).squareRoot()
    let held = sign * mean * normalProbability(sign * d1)
    return PathSlopes(
      value: held - sign * strike * normalProbability(sign * (d1 - deviation)), spot: held,
      curvature: density / deviation, drift: held, deviation: held * deviation + density)
  }
}
