import EchelonMemory
import EchelonRandom
import Foundation

/// An option on the highest or lowest price of the underlying until expiry, today's among them; the price is a
/// geometric Brownian motion.
///
/// Samples are exact. Monitored at dates the price is drawn at each of them. Monitored at every moment the price at
/// expiry is drawn, and then the extreme of the path that leads to it (a Brownian bridge).
/// - Source: P. Glasserman, *Monte Carlo Methods in Financial Engineering*, §6.4.
public struct LookbackOption: SimulatedOption, Hashable, BitwiseCopyable, Codable {
  /// What is compared with the extreme.
  public enum Strike: Sendable, Hashable, BitwiseCopyable, Codable {
    /// A number above 0: a call pays highest price - strike, a put strike - lowest price.
    case fixed(Double)
    /// The price at expiry: a call pays it less the lowest price, a put the highest price less it.
    case floating
  }

  /// A call or a put.
  public var kind: EuropeanOption.Kind
  /// What is compared with the extreme.
  public var strike: Strike
  /// When the price counts.
  public var monitoring: OptionMonitoring
  /// The price of the underlying today, in any currency, above 0; the option's price is in the same.
  public var spot: Double
  /// The riskless rate, continuous, per year.
  public var rate: Double
  /// Per square root of a year, 0 or more.
  public var volatility: Double
  /// To expiry, 0 or more.
  public var years: Double

  /// An option with these numbers.
  public init(
    _ kind: EuropeanOption.Kind, strike: Strike = .floating,
    monitoring: OptionMonitoring = .continuous, spot: Double, rate: Double, volatility: Double,
    years: Double
  ) {
    self.kind = kind
    self.strike = strike
    self.monitoring = monitoring
    self.spot = spot
    self.rate = rate
    self.volatility = volatility
    self.years = years
  }

  /// That of one which is monitored at every moment; nil of one that is monitored at dates.
  /// - Source: M. B. Goldman, H. B. Sosin, M. A. Gatto, *Path dependent options: "buy at the low, sell at the high"*,
  ///   Journal of Finance 34 (1979); A. Conze, Viswanathan, *Path dependent options: the case of lookback options*,
  ///   Journal of Finance 46 (1991).
  public var exactPrice: Double? {
    guard monitoring == .continuous else { return nil }
    let discount = exp(-rate * years)
    switch (kind, strike) {
    case (.call, .floating): return spot - discount * spot * (1 - excess(-1, beyond: 0))
    case (.put, .floating): return discount * spot * (1 + excess(1, beyond: 0)) - spot
    case (_, .fixed(let strike)):
      let sign = kind.sign
      let distance = sign * log(strike / spot)
      let sure = max(0, sign * (spot - strike))
      return discount * (sure + spot * excess(sign, beyond: max(0, distance)))
    }
  }

  /// The expectation of what the extreme of price / spot has beyond e^(sign·a), a ≥ 0.
  /// - Parameter sign: 1 for the highest, -1 for the lowest price.
  private func excess(_ sign: Double, beyond a: Double) -> Double {
    let deviation = volatility * years.squareRoot()
    let drift = sign * (rate * years - deviation * deviation / 2)
    guard deviation > 0 else { return max(0, sign * (exp(sign * max(drift, 0)) - exp(sign * a))) }
    // ∫ e^(sign·m)·P(extreme ≥ m) dm from a on, where
    // P(extreme ≥ m) = Φ((drift - m)/s) + e^(2·drift·m/s²)·Φ((-drift - m)/s).
    let power = sign + 2 * drift / (deviation * deviation)
    return exponentialTail(sign, drift, deviation, from: a)
      + exponentialTail(power, -drift, deviation, from: a)
  }

  /// An option on the price at expiry with the same numbers, at the spot where there is no strike.
  var european: EuropeanOption {
    var european = EuropeanOption(
      kind, spot: spot, strike: spot, rate: rate, volatility: volatility, years: years)
    if case .fixed(let strike) = strike { european.strike = strike }
    return european
  }

  /// 1 where the highest price counts, -1 where the lowest: floating calls and fixed puts look at that.
  var direction: Double { strike == .floating ? -kind.sign : kind.sign }

  /// See `SimulatedOption`.
  public var simulation: OptionSimulation {
    get throws {
      let european = european
      try OptionProblem.refuse(european.problem ?? monitoring.problem)
      let steps = max(1, monitoring.dateCount)
      let step = years / Double(steps)
      let isFloating = strike == .floating
      return LookbackPath(
        logSpot: log(spot), drift: (rate - volatility * volatility / 2) * step,
        deviation: volatility * step.squareRoot(), steps: steps,
        isContinuous: monitoring == .continuous, isFloating: isFloating, strike: european.strike,
        direction: direction, discount: exp(-rate * years)
      ).simulation
    }
  }
}

/// ∫ e^(c·m)·Φ((d - m)/s) dm from a to ∞.
private func exponentialTail(
  _ c: Double, _ d: Double, _ s: Double, from a: Double
) -> Double {
  let z = (d - a) / s
  let scale = max(s, abs(d), a)
  guard abs(c) * scale < 1e-4 else {
    // By parts.
    return
      (exp(c * d + c * c * s * s / 2) * normalProbability(z + c * s)
      - exp(c * a) * normalProbability(z)) / c
  }
  // Where c is nearly 0 the difference has no digits left: the first terms in powers of it.
  let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
  let probability = normalProbability(z)
  let first = (d - a) * probability + s * density
  let second = ((d * d + s * s) - a * a) * probability + s * (d + a) * density
  return first + c / 2 * second
}

private struct LookbackPath: BitwiseCopyable, Sendable {
  let logSpot: Double
  /// Of the logarithm from date to date, as its deviation.
  let drift: Double
  let deviation: Double
  let steps: Int
  let isContinuous: Bool
  let isFloating: Bool
  let strike: Double
  /// 1 where the highest price counts, -1 where the lowest.
  let direction: Double
  let discount: Double

  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulateOrKeep { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    var (change, extreme) = (0.0, 0.0)
    for _ in 0..<steps {
      change += drift + deviation * generator.normal()
      extreme = max(extreme, direction * change)
    }
    if isContinuous {
      // The distribution of a bridge's maximum, inverted.
      let end = direction * change
      let spread = -2 * deviation * deviation * log(generator.uniformOpen())
      extreme = max(extreme, (end + (end * end + spread).squareRoot()) / 2)
    }
    let (last, found) = (exp(logSpot + change), exp(logSpot + direction * extreme))
    let gain = direction * (found - (isFloating ? last : strike))
    return discount * max(0, gain)
  }
}
