/// The right to buy, or to sell, at the strike at any of several dates, in Heston's or Merton's model.
///
///     let model = MertonOption(
///       .put, spot: 100, strike: 105, rate: 0.05, volatility: 0.2, jumpsPerYear: 1, jumpMean: -0.1,
///       jumpDeviation: 0.15, years: 1)
///     let option = ModelAmericanOption(dates: 50, in: .merton(model))
///     let price = try await pool.price(of: option, seed: 42, until: .relativeError(1e-3))
///
/// Merton's prices are drawn at each date from their distribution. Heston's paths are discretised, in as many steps from date
/// to date as his option has in all through the number of dates, rounded up.
public struct ModelAmericanOption: Sendable, Hashable, BitwiseCopyable, Codable {
  /// How the price moves, as for a `ModelPathOption`; of Merton's model with a volatility and a time above 0.
  public var model: ModelPathOption.Model
  /// At which it may be exercised, besides today: 1 to 10,000, at equal distances, of which the last is the expiry.
  public var dates: Int

  /// An option with these numbers.
  public init(dates: Int = 50, in model: ModelPathOption.Model) {
    self.model = model
    self.dates = dates
  }

  private var european: any SimulatedOption {
    switch model {
    case .heston(let option): option
    case .merton(let option): option
    }
  }

  /// Whether there are prices at which exercising before expiry can be best: of a call it costs interest on the strike, and
  /// of a put it brings that.
  var mayBeEarly: Bool {
    switch model {
    case .heston(let option): option.kind.sign * option.rate < 0
    case .merton(let option): option.kind.sign * option.rate < 0
    }
  }

  /// That of the European option where exercising before expiry is never best: of a call at a rate of 0 or more, of a put at 0
  /// or less. Nil of all others.
  public var exactPrice: Double? { mayBeEarly ? nil : european.exactPrice }

  /// Throws for an option that has no price.
  package func check() throws {
    _ = try european.simulation
    if case .merton(let option) = model {
      try OptionProblem.refuse(
        OptionProblem.positive("volatility", option.volatility)
          ?? OptionProblem.positive("time in years", option.years))
    }
    // Each is a job.
    try OptionProblem.refuse(1...10_000 ~= dates ? nil : "\(dates) dates; take 1 to 10,000")
  }
}
