import EchelonMemory
import EchelonRandom
import Foundation

/// The right to the difference of the average of the underlying's price and the strike; the price is a geometric
/// Brownian motion.
///
/// Samples are exact: the price is drawn at each date, from its distribution. Of an arithmetic average a sample is its
/// payoff less that of the geometric average of the same path, plus the exact price of that (a control variate), so its
/// minimum and maximum are not those of payoffs.
/// - Source: A. G. Z. Kemna, A. C. F. Vorst, *A pricing method for options based on average asset values*, Journal of
///   Banking & Finance 14 (1990).
public struct AsianOption: SimulatedOption, Hashable, BitwiseCopyable, Codable {
  /// What is taken of the prices.
  public enum Average: String, Sendable, Hashable, BitwiseCopyable, Codable, CaseIterable {
    /// Their sum through their number.
    case arithmetic
    /// The root of their product.
    case geometric
  }

  /// A call, on average - strike, or a put, on strike - average.
  public var kind: EuropeanOption.Kind
  /// What is taken of the prices at the dates.
  public var average: Average
  /// The price of the underlying today, in any currency, above 0; the option's price is in the same.
  public var spot: Double
  /// What the average is compared with, above 0.
  public var strike: Double
  /// The riskless rate, continuous, per year.
  public var rate: Double
  /// Per square root of a year, 0 or more.
  public var volatility: Double
  /// To expiry, 0 or more.
  public var years: Double
  /// The number of prices, 1 or more, at equal distances: the first after years / dates, the last at expiry.
  public var dates: Int

  /// An option with these numbers.
  public init(
    _ kind: EuropeanOption.Kind, average: Average = .arithmetic, spot: Double, strike: Double,
    rate: Double, volatility: Double, years: Double, dates: Int
  ) {
    self.kind = kind
    self.average = average
    self.spot = spot
    self.strike = strike
    self.rate = rate
    self.volatility = volatility
    self.years = years
    self.dates = dates
  }

  /// That of a geometric average, whose distribution is log-normal; nil of an arithmetic one.
  public var exactPrice: Double? { average == .geometric ? geometricPrice : nil }

  /// An option on the price at expiry with the same numbers.
  var european: EuropeanOption {
    EuropeanOption(
      kind, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years)
  }

  /// The price of the option on the geometric average.
  private var geometricPrice: Double {
    let n = Double(dates)
    let mean = (rate - volatility * volatility / 2) * years * (n + 1) / (2 * n)
    let variance = volatility * volatility * years * (n + 1) * (2 * n + 1) / (6 * n * n)
    return kind.logNormalValue(
      asset: spot * exp(mean + variance / 2 - rate * years), strike: strike * exp(-rate * years),
      deviation: variance.squareRoot())
  }

  /// See `SimulatedOption`.
  public var simulation: OptionSimulation {
    get throws {
      try OptionProblem.refuse(european.problem ?? OptionProblem.dates(dates))
      let step = years / Double(dates)
      return AsianPath(
        logSpot: log(spot), drift: (rate - volatility * volatility / 2) * step,
        deviation: volatility * step.squareRoot(), dates: dates, strike: strike,
        scale: exp(-rate * years) * kind.sign, isArithmetic: average == .arithmetic,
        control: geometricPrice
      ).simulation
    }
  }
}

private struct AsianPath: BitwiseCopyable, Sendable {
  let logSpot: Double
  /// Of the logarithm from date to date, as its deviation.
  let drift: Double
  let deviation: Double
  let dates: Int
  let strike: Double
  /// The discount factor, below 0 for a put.
  let scale: Double
  let isArithmetic: Bool
  /// The price of the geometric average.
  let control: Double

  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulateOrKeep { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    var (logarithm, sum, logarithms) = (logSpot, 0.0, 0.0)
    for _ in 0..<dates {
      logarithm += drift + deviation * generator.normal()
      logarithms += logarithm
      if isArithmetic { sum += exp(logarithm) }
    }
    let geometric = max(0, scale * (exp(logarithms / Double(dates)) - strike))
    guard isArithmetic else { return geometric }
    return max(0, scale * (sum / Double(dates) - strike)) - geometric + control
  }
}
