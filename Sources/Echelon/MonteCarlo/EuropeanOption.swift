import Foundation

/// The right to buy, or to sell, at the strike when the time is over; the underlying's price is a geometric Brownian
/// motion.
public struct EuropeanOption: Sendable, Hashable, BitwiseCopyable, Codable {
  /// What the right is to.
  public enum Kind: String, Sendable, Hashable, BitwiseCopyable, Codable, CaseIterable {
    /// To buy.
    case call
    /// To sell.
    case put
  }

  /// A call or a put.
  public var kind: Kind
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
    _ kind: Kind, spot: Double, strike: Double, rate: Double, volatility: Double, years: Double
  ) {
    self.kind = kind
    self.spot = spot
    self.strike = strike
    self.rate = rate
    self.volatility = volatility
    self.years = years
  }

  /// The exact price.
  /// - Source: F. Black, M. Scholes, *The pricing of options and corporate liabilities*, Journal of Political Economy
  ///   81 (1973).
  public var price: Double {
    kind.logNormalValue(
      asset: spot, strike: strike * exp(-rate * years), deviation: volatility * years.squareRoot())
  }

  /// What is wrong with it, as the end of a sentence; nil for an option that has a price.
  var problem: String? {
    for (name, value) in [("spot", spot), ("strike", strike)] where !(value > 0 && value.isFinite) {
      return "a \(name) of \(value); it is above 0"
    }
    for (name, value) in [("volatility", volatility), ("years", years)]
    where !(value >= 0 && value.isFinite) {
      return
        "a \(name == "years" ? "time of \(value) years" : "\(name) of \(value)"); it is 0 or more"
    }
    return rate.isFinite ? nil : "a rate of \(rate); it is a number"
  }

  /// What is wrong with it, as the end of a sentence; nil for an option that has Greeks.
  var greeksProblem: String? {
    problem ?? OptionProblem.positive("volatility", volatility)
      ?? OptionProblem.positive("time in years", years)
  }
}
