import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo greeks`: how the price of a European option changes.
struct GreeksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greeks",
    abstract: "The Greeks of a European option, next to their formulas.",
    discussion: """
      Delta, gamma, vega, theta (per year) and rho by the derivative of the payoff along the path, or \
      by that of the logarithm of its density (likelihood-ratio). Samples of both are unbiased. Of \
      all other options they are sampled with --greeks, as in montecarlo asian --greeks pathwise.

      EXAMPLES
        echelon montecarlo greeks --strike 100
        echelon montecarlo greeks --put --method likelihood-ratio
        echelon montecarlo greeks --samples 1e8 --save greeks.json
        echelon montecarlo greeks --relative-error 0.001 --error-of gamma
      """)

  @Option(help: ArgumentHelp("How derivatives are sampled.", valueName: "method"))
  var method = GreeksMethodChoice.pathwise
  @OptionGroup var asset: AssetOptions
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var volatility: VolatilityOptions
  @OptionGroup var errorOf: ErrorOfOptions
  @OptionGroup var options: GreeksRunOptions

  private var option: EuropeanOption {
    EuropeanOption(
      asset.contract.kind, spot: asset.spot, strike: strike.strike, rate: asset.contract.rate,
      volatility: volatility.volatility, years: asset.contract.years)
  }

  func validate() throws {
    do { _ = try option.simulation } catch { throw ValidationError("\(error)") }
    for (name, value) in [("volatility", volatility.volatility), ("years", asset.contract.years)]
    where !(value > 0) {
      throw ValidationError("--\(name) must be a number above 0, not \(value)")
    }
    try errorOf.check(options.ends)
  }

  func run() async throws {
    let parameters =
      asset.parameters + [
        ("strike", .number(strike.strike)), ("volatility", .number(volatility.volatility)),
      ]
    try await options.runGreeks(
      "greeks", savedAs: "greeks", parameters: parameters, method: method,
      errorOf: errorOf.greeks, sampler: GreeksSampler(option))
  }
}

/// When Greeks are good enough.
struct GreeksRunOptions: SavedRunOptions {
  private static let defaultCount = 1_000_000
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many samples, 2 to 1e12; 1e6 and 10_000_000 work. 1e6 where no end is given.",
      valueName: "n"))
  var samples: SampleCount?
  @OptionGroup var ends: EndOptions
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions

  func goal(after earlier: Int) -> MonteCarloGoal {
    ends.goal(samples: samples?.count, orElse: max(Self.defaultCount, earlier))
  }
}
