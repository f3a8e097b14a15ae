import EchelonMemory
import EchelonRandom
import Foundation

/// A European option that begins, or ends, when the underlying's price is at a barrier or beyond it; the price is a
/// geometric Brownian motion. One that has ended pays nothing.
///
/// Samples are exact. Monitored at dates the price is drawn at each of them. Monitored at every moment only the price
/// at expiry is drawn, and the payoff multiplied by the probability that the path between (a Brownian bridge) has met
/// the barrier, or has not: conditional Monte Carlo, where an indicator of paths in many steps would vary more and have a
/// bias.
/// - Source: P. Glasserman, *Monte Carlo Methods in Financial Engineering*, §6.4.
public struct BarrierOption: SimulatedOption, Hashable, BitwiseCopyable, Codable {
  /// Where the barrier is, and what it does.
  public enum Effect: String, Sendable, Hashable, BitwiseCopyable, Codable, CaseIterable {
    /// It lies above the price today, and ends the option.
    case upAndOut
    /// It lies above the price today, and begins the option.
    case upAndIn
    /// It lies below the price today, and ends the option.
    case downAndOut
    /// It lies below the price today, and begins the option.
    case downAndIn

    /// 1 for a barrier above the price.
    var direction: Double { self == .upAndOut || self == .upAndIn ? 1 : -1 }
    var isOut: Bool { self == .upAndOut || self == .downAndOut }
  }

  /// A call or a put.
  public var kind: EuropeanOption.Kind
  /// Where the barrier is, and what it does.
  public var effect: Effect
  /// In the unit of `spot`, above 0, and on the side of it that `effect` says.
  public var barrier: Double
  /// When it is looked whether the price has met the barrier.
  public var monitoring: OptionMonitoring
  /// The price of the underlying today, in any currency, above 0; the option's price is in the same.
  public var spot: Double
  /// The price at which it may be bought or sold, above 0.
  public var strike: Double
  /// The riskless rate, continuous, per year.
  public var rate: Double
  /// Per square root of a year, 0 or more.
  public var volatility: Double
  /// To expiry, 0 or more.
  public var years: Double

  /// An option with these numbers.
  public init(
    _ kind: EuropeanOption.Kind, _ effect: Effect, barrier: Double,
    monitoring: OptionMonitoring = .continuous, spot: Double, strike: Double, rate: Double,
    volatility: Double, years: Double
  ) {
    self.kind = kind
    self.effect = effect
    self.barrier = barrier
    self.monitoring = monitoring
    self.spot = spot
    self.strike = strike
    self.rate = rate
    self.volatility = volatility
    self.years = years
  }

  /// The same option without a barrier.
  var european: EuropeanOption {
    EuropeanOption(
      kind, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years)
  }

  /// That of one which is monitored at every moment, by reflection at the barrier; nil of one that is monitored at
  /// dates.
  /// - Source: M. Rubinstein, E. Reiner, *Breaking down the barriers*, Risk 4 (1991).
  public var exactPrice: Double? {
    guard monitoring == .continuous else { return nil }
    let out: Double
    if volatility * years.squareRoot() > 0 {
      // As often as a path ends somewhere beyond the barrier, one that met it ends at its reflection.
      let power = 1 - 2 * rate / (volatility * volatility)
      out =
        valueWithinBarrier(from: spot)
        - pow(spot / barrier, power) * valueWithinBarrier(from: barrier / spot * barrier)
    } else {
      out = effect.direction * (barrier - spot * exp(rate * years)) > 0 ? european.price : 0
    }
    return effect.isOut ? out : european.price - out
  }

  /// The value of the payoff where the price at expiry lies on the near side of the barrier.
  private func valueWithinBarrier(from spot: Double) -> Double {
    var (low, high) = kind == .call ? (strike, Double.infinity) : (0, strike)
    if effect.direction > 0 { high = min(high, barrier) } else { low = max(low, barrier) }
    guard low < high else { return 0 }
    let deviation = volatility * years.squareRoot()
    /// The probability that the logarithm of a price ends within both.
    func probability(_ shift: Double) -> Double {
      let middle = log(spot) + rate * years + shift * deviation * deviation
      return normalProbability((log(high) - middle) / deviation)
        - normalProbability((log(low) - middle) / deviation)
    }
    return kind.sign
      * (spot * probability(0.5) - strike * exp(-rate * years) * probability(-0.5))
  }

  var problem: String? {
    if let bad = european.problem ?? OptionProblem.positive("barrier", barrier)
      ?? monitoring.problem
    {
      return bad
    }
    guard effect.direction * (barrier - spot) <= 0 else { return nil }
    let side = effect.direction > 0 ? "above" : "below"
    return
      "a barrier of \(barrier) and a spot of \(spot); that of \(effect) lies \(side) the spot"
  }

  /// See `SimulatedOption`.
  public var simulation: OptionSimulation {
    get throws {
      try OptionProblem.refuse(problem)
      let steps = max(1, monitoring.dateCount)
      let step = years / Double(steps)
      return BarrierPath(
        logSpot: log(spot), drift: (rate - volatility * volatility / 2) * step,
        deviation: volatility * step.squareRoot(), steps: steps,
        isContinuous: monitoring == .continuous, logBarrier: log(barrier),
        direction: effect.direction, isOut: effect.isOut, strike: strike,
        scale: exp(-rate * years) * kind.sign
      ).simulation
    }
  }
}

private struct BarrierPath: BitwiseCopyable, Sendable {
  let logSpot: Double
  /// Of the logarithm from date to date, as its deviation.
  let drift: Double
  let deviation: Double
  let steps: Int
  let isContinuous: Bool
  let logBarrier: Double
  let direction: Double
  let isOut: Bool
  let strike: Double
  /// The discount factor, below 0 for a put.
  let scale: Double

  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulateOrKeep { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    var (logarithm, hasMet) = (logSpot, false)
    for _ in 0..<steps {
      logarithm += drift + deviation * generator.normal()
      if direction * (logarithm - logBarrier) >= 0 {
        hasMet = true
        // What has ended stays so.
        if isOut { return 0 }
      }
    }
    let payoff = max(0, scale * (exp(logarithm) - strike))
    guard isContinuous, !hasMet else { return hasMet == isOut ? 0 : payoff }
    let before = direction * (logBarrier - logSpot)
    let after = direction * (logBarrier - logarithm)
    let met = deviation > 0 ? exp(-2 * before * after / (deviation * deviation)) : 0
    return payoff * (isOut ? 1 - met : met)
  }
}
