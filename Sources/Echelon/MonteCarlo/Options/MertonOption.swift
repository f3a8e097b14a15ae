import EchelonMemory
import EchelonRandom
import Foundation

/// A European option on a price that is a geometric Brownian motion with jumps: Merton's jump diffusion.
///
/// Samples are exact: the number of jumps is drawn, and then the price at expiry, unless `sampling` is conditional.
/// - Source: R. C. Merton, *Option pricing when underlying stock returns are discontinuous*, Journal of Financial
///   Economics 3 (1976).
public struct MertonOption: SimulatedOption, Hashable, BitwiseCopyable, Codable {
  /// A call or a put.
  public var kind: EuropeanOption.Kind
  /// The price of the underlying today, in any currency, above 0; the option's price is in the same.
  public var spot: Double
  /// The price at which it may be bought or sold, above 0.
  public var strike: Double
  /// The riskless rate, continuous, per year.
  public var rate: Double
  /// Between jumps, per square root of a year, 0 or more.
  public var volatility: Double
  /// Expected jumps per year, 0 or more, and no more than 10,000 until expiry.
  public var jumpsPerYear: Double
  /// The mean of a jump of the price's logarithm, which is normal.
  public var jumpMean: Double
  /// The standard deviation of a jump of the price's logarithm, 0 or more.
  public var jumpDeviation: Double
  /// To expiry, 0 or more.
  public var years: Double
  /// Conditional samples are Black and Scholes' prices given the number of jumps, without bias either.
  public var sampling: OptionSampling

  /// An option with these numbers.
  public init(
    _ kind: EuropeanOption.Kind, spot: Double, strike: Double, rate: Double, volatility: Double,
    jumpsPerYear: Double, jumpMean: Double, jumpDeviation: Double, years: Double,
    sampling: OptionSampling = .path
  ) {
    self.kind = kind
    self.spot = spot
    self.strike = strike
    self.rate = rate
    self.volatility = volatility
    self.jumpsPerYear = jumpsPerYear
    self.jumpMean = jumpMean
    self.jumpDeviation = jumpDeviation
    self.years = years
    self.sampling = sampling
  }

  /// The logarithm of the factor by which the price grows in the mean of a jump.
  var logGrowth: Double { jumpMean + jumpDeviation * jumpDeviation / 2 }
  /// No more jumps than these are expected.
  private static let jumpLimit = 10_000.0
  var expectedJumps: Double { jumpsPerYear * years }

  /// The number of jumps beyond which none count; nil of an option that has too many.
  var lastJump: Int? {
    let most = expectedJumps * max(1, exp(logGrowth))
    guard most >= 0, most <= Self.jumpLimit else { return nil }
    return Int(most + 40 * most.squareRoot() + 60)
  }

  /// The mean of Black and Scholes' prices over the number of jumps.
  public var exactPrice: Double? {
    guard let last = lastJump else { return nil }
    // Under the measure of the asset itself, jumps are as many times as frequent as they let it grow.
    let grown = expectedJumps * exp(logGrowth)
    var sum = 0.0
    for jumps in 0...last {
      let n = Double(jumps)
      func probability(_ mean: Double) -> Double {
        mean > 0 ? exp(n * log(mean) - mean - lgamma(n + 1)) : jumps == 0 ? 1 : 0
      }
      let variance = volatility * volatility * years + n * jumpDeviation * jumpDeviation
      sum += kind.logNormalValue(
        asset: spot * probability(grown),
        strike: strike * exp(-rate * years) * probability(expectedJumps),
        deviation: variance.squareRoot())
    }
    return sum
  }

  /// The same option without jumps.
  var european: EuropeanOption {
    EuropeanOption(
      kind, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years)
  }

  var problem: String? {
    let bad =
      european.problem ?? OptionProblem.notNegative("number of jumps per year", jumpsPerYear)
      ?? OptionProblem.finite("mean of jumps", jumpMean)
      ?? OptionProblem.notNegative("deviation of jumps", jumpDeviation)
    if let bad { return bad }
    let most = expectedJumps * max(1, exp(logGrowth))
    return most <= Self.jumpLimit
      ? nil : "\(most) expected jumps, or as many times their growth; it is no more than 10,000"
  }

  /// See `SimulatedOption`.
  public var simulation: OptionSimulation {
    get throws {
      try OptionProblem.refuse(problem)
      let drift = rate - volatility * volatility / 2 - jumpsPerYear * expm1(logGrowth)
      return MertonPath(
        jumps: try PoissonDistribution(mean: expectedJumps), mean: log(spot) + drift * years,
        variance: volatility * volatility * years, jumpMean: jumpMean,
        jumpVariance: jumpDeviation * jumpDeviation, strike: strike, kind: kind,
        discount: exp(-rate * years), sampling: sampling
      ).simulation
    }
  }
}

private struct MertonPath: BitwiseCopyable, Sendable {
  let jumps: PoissonDistribution
  /// Of the logarithm of the price at expiry without jumps, as its variance.
  let mean: Double
  let variance: Double
  let jumpMean: Double
  let jumpVariance: Double
  let strike: Double
  let kind: EuropeanOption.Kind
  let discount: Double
  let sampling: OptionSampling

  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulateOrKeep { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    // What all jumps add up to is normal.
    let count = Double(jumps.sample(using: &generator))
    let spread = variance + count * jumpVariance
    let middle = mean + count * jumpMean
    if sampling == .conditional {
      return kind.logNormalValue(
        asset: discount * exp(middle + spread / 2), strike: discount * strike,
        deviation: spread.squareRoot())
    }
    let logarithm = middle + spread.squareRoot() * generator.normal()
    return max(0, kind.sign * discount * (exp(logarithm) - strike))
  }
}
