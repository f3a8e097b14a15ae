/// The right to buy, or to sell, at the strike at any of several dates; the underlying's price is a geometric Brownian
/// motion.
public struct AmericanOption: Sendable, Hashable, BitwiseCopyable, Codable {
  /// A call or a put.
  public var kind: EuropeanOption.Kind
  /// The price of the underlying today, in any currency, above 0; the option's price is in the same.
  public var spot: Double
  /// The price at which it may be bought or sold, above 0.
  public var strike: Double
  /// The riskless rate, continuous, per year.
  public var rate: Double
  /// Per square root of a year, above 0.
  public var volatility: Double
  /// To expiry, above 0.
  public var years: Double
  /// At which it may be exercised, besides today: 1 or more, at equal distances, of which the last is the expiry.
  public var dates: Int

  /// An option with these numbers.
  public init(
    _ kind: EuropeanOption.Kind, spot: Double, strike: Double, rate: Double, volatility: Double,
    years: Double, dates: Int = 50
  ) {
    self.kind = kind
    self.spot = spot
    self.strike = strike
    self.rate = rate
    self.volatility = volatility
    self.years = years
    self.dates = dates
  }

  /// The same option, to be exercised at expiry only.
  var european: EuropeanOption {
    EuropeanOption(
      kind, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years)
  }

  /// What is wrong with it, as the end of a sentence; nil for an option that has a price.
  package var problem: String? {
    european.problem ?? OptionProblem.positive("volatility", volatility)
      ?? OptionProblem.positive("time in years", years)
      // Each is a stream of random numbers, and a job.
      ?? (1...10_000 ~= dates ? nil : "\(dates) dates; take 1 to 10,000")
  }
}
