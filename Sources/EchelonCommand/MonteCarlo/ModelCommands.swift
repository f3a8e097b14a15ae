import ArgumentParser
import Echelon
import EchelonFiles

/// A command that prices options in a model whose European ones have a formula.
protocol ModelCommand: OptionCommand where Priced: OptionWithGreeks {
  /// With all that is not of the payoff.
  var model: ModelPathOption.Model { get }
  var payoff: ModelPayoffOptions { get }
  var conditioning: ConditioningOptions { get }
  var asset: AssetOptions { get }
}

extension ModelCommand {
  static var payoffDiscussion: String {
    "With --payoff asian, barrier or lookback the price counts at dates, as montecarlo asian, barrier and "
      + "lookback do where the price is a geometric Brownian motion. With --payoff american it may be exercised at dates, "
      + "and least squares say when, as in montecarlo american. Samples are the exact European price and what early exercise "
      + "brings more, and the mean is too low, since no policy is better than the best one:"
  }

  var priceSampler: PriceSampler { payoff.sampler(in: model) ?? PriceSampler(option) }
  var greeksSampler: GreeksSampler { payoff.greeksSampler(in: model) ?? GreeksSampler(option) }
  var runName: String { Self._commandName + payoff.runName }
  func checkPayoff() throws { try payoff.check(greeks, conditioning, spot: asset.spot) }

  /// What dates or a policy make of the option.
  /// - Parameter bias: how far policies were off in the model.
  func note(bias: String) -> String? {
    // What is known has none.
    payoff.payoff == .american && priceSampler.exact != nil ? nil : payoff.note(bias: bias)
  }

  /// The same of the Greeks.
  /// - Parameter bias: how far those of policies were off in the model.
  func greeksNote(bias: String) -> String? {
    guard payoff.payoff == .american else { return note }
    if greeksSampler.exact != nil { return nil }
    return
      "of a policy that is worse than the best, which the standard errors do not say: of a put \(bias)"
  }

  /// Of a European option, which alone has several ways.
  var samplingParameters: [(name: String, value: JSONValue)] {
    payoff.payoff == .european ? conditioning.parameters : []
  }
}

/// An option in Merton's model.
struct MertonCommand: ModelCommand {
  static let configuration = CommandConfiguration(
    commandName: "merton",
    abstract: "An option on a price that jumps (Merton's jump diffusion).",
    discussion: """
      Jumps of the logarithm of the price are normal, and as likely at each moment. Samples are \
      exact; the true value of a European option is Merton's series. Its conditional samples draw the jumps \
      alone.

      \(payoffDiscussion) of a put with the numbers below by 0.06 % with 50 dates in the mean of six seeds, and by 0.5 % \
      with 1,000 paths of the regressions, beside a recursion over the same dates. Greeks are those of the policy: over three \
      seeds delta was -0.463 to -0.465 by pathwise and -0.470 by likelihood-ratio, for -0.471, and rho -34.2 to \
      -34.4 and -34.6 to -34.8, for -33.9.

      EXAMPLES
        echelon montecarlo merton --jumps-per-year 2 --jump-mean -0.1 \\
          --jump-deviation 0.15
        echelon montecarlo merton --put --strike 90 --format json
        echelon montecarlo merton --sampling conditional --error 0.001
        echelon montecarlo merton --payoff asian --strike 100 --dates 52
        echelon montecarlo merton --payoff lookback --greeks pathwise
        echelon montecarlo merton --payoff barrier --effect down-and-out \\
          --barrier 90 --error 0.1
        echelon montecarlo merton --payoff american --put --dates 50
        echelon montecarlo merton --payoff american --put --greeks likelihood-ratio
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many jumps are expected in a year.", valueName: "λ"))
  var jumpsPerYear = 1.0
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The mean of a jump of the logarithm.", valueName: "μ"))
  var jumpMean = -0.1
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The standard deviation of such a jump.", valueName: "δ"))
  var jumpDeviation = 0.15
  @OptionGroup var payoff: ModelPayoffOptions
  @OptionGroup var asset: AssetOptions
  @OptionGroup var volatility: VolatilityOptions
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var conditioning: ConditioningOptions
  @OptionGroup var options: PathOptions

  var note: String? {
    note(bias: "0.06 % with 50 dates, by 0.5 % with 1,000 paths of the regressions")
  }

  var greeksNote: String? {
    greeksNote(
      bias:
        "delta by pathwise up to 1.6 % with 50 dates, and by likelihood-ratio vega 2 % and rho 3 %")
  }

  var model: ModelPathOption.Model { .merton(option) }

  var option: MertonOption {
    MertonOption(
      asset.contract.kind, spot: asset.spot, strike: payoff.strikeOrDefault,
      rate: asset.contract.rate,
      volatility: volatility.volatility, jumpsPerYear: jumpsPerYear, jumpMean: jumpMean,
      jumpDeviation: jumpDeviation, years: asset.contract.years,
      sampling: conditioning.sampling.value)
  }

  var parameters: [(name: String, value: JSONValue)] {
    payoff.parameters + asset.parameters + [
      payoff.strikeParameter, ("volatility", .number(volatility.volatility)),
      ("jumps_per_year", .number(jumpsPerYear)), ("jump_mean", .number(jumpMean)),
      ("jump_deviation", .number(jumpDeviation)),
    ] + samplingParameters
  }
}

/// An option in Heston's model.
struct HestonCommand: ModelCommand {
  static let configuration = CommandConfiguration(
    commandName: "heston",
    abstract: "An option on a price of random variance (Heston's model).",
    discussion: """
      The variance V returns to θ at the rate κ: dV = κ(θ - V) dt + σ√V dZ. Paths are simulated in \
      steps (Andersen's quadratic-exponential scheme), so the mean is off, the less the more steps \
      there are: with the numbers below by -0.035 of 7.26 with 2 steps, by \
      0.003 ± 0.002 with 32. The true value of a European option comes from the characteristic function. Its \
      conditional samples draw the path of the variance alone. With --greeks vega is by the volatility of \
      today, √V; vega and theta are differences of paths of the same random numbers, and rho of a barrier, too.

      \(payoffDiscussion) of a put with the numbers below in 50 steps by 0.1 % with 50 dates in the mean of six seeds, and by \
      1 % with 1,000 paths of the regressions, beside finite differences for the same dates. A path has as many \
      steps from each date to the next, and --steps or a few more in all. Greeks are those of the policy: over three seeds \
      delta was -0.445 to -0.448 by pathwise and -0.457 to -0.459 by likelihood-ratio, for -0.460, and rho -25.9 to -26.3 and \
      -26.6 to -26.9, for -25.8.

      EXAMPLES
        echelon montecarlo heston --steps 64 --sampling conditional
        echelon montecarlo heston --greeks pathwise --samples 1e5
        echelon montecarlo heston --variance 0.09 --long-run-variance 0.06 \\
          --correlation -0.3
        echelon montecarlo heston --payoff asian --dates 12
        echelon montecarlo heston --payoff barrier --greeks likelihood-ratio
        echelon montecarlo heston --payoff lookback --put --dates 52 --steps 52
        echelon montecarlo heston --payoff american --put --steps 50
        echelon montecarlo heston --payoff american --put --steps 50 --greeks pathwise
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("V today, the square of a volatility.", valueName: "V"))
  var variance = 0.04
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The variance that it returns to.", valueName: "θ"))
  var longRunVariance = 0.04
  @Option(
    parsing: .unconditional, help: ArgumentHelp("How fast it does, per year.", valueName: "κ"))
  var meanReversion = 2.0
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The volatility of the variance.", valueName: "σ"))
  var volatilityOfVariance = 0.5
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of price and variance, -1 to 1.", valueName: "ρ"))
  var correlation = -0.7
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("In how many steps a path is simulated.", valueName: "n"))
  var steps = 32
  @OptionGroup var payoff: ModelPayoffOptions
  @OptionGroup var asset: AssetOptions
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var conditioning: ConditioningOptions
  @OptionGroup var options: PathOptions

  var note: String? {
    let (paths, dates) = (
      payoff.paths(in: steps),
      note(bias: "0.1 % with 50 dates, by 1 % with 1,000 paths of the regressions")
    )
    let off = "\(paths): the mean is off, which the standard error does not say"
    switch payoff.payoff {
    case .european:
      return
        "\(off); in a year by 0.04 % of the spot with 2 steps, by 0.003 % with 32, where the variance is as the default"
    // The European part of a sample is exact.
    case .american: return dates.map { "\($0); \(paths), leave out more" }
    case .asian, .barrier, .lookback:
      return "\(off), by about as much as that of a European option in as many"
        + (dates.map { "; \($0)" } ?? "")
    }
  }

  var greeksNote: String? {
    greeksNote(bias: "delta by pathwise up to 3.3 % with 50 dates, and by likelihood-ratio rho 4 %")
  }

  var model: ModelPathOption.Model { .heston(option) }

  var option: HestonOption {
    HestonOption(
      asset.contract.kind, spot: asset.spot, strike: payoff.strikeOrDefault,
      rate: asset.contract.rate,
      variance: variance, longRunVariance: longRunVariance, meanReversion: meanReversion,
      volatilityOfVariance: volatilityOfVariance, correlation: correlation,
      years: asset.contract.years, steps: steps, sampling: conditioning.sampling.value)
  }

  var parameters: [(name: String, value: JSONValue)] {
    payoff.parameters + asset.parameters + [
      payoff.strikeParameter, ("variance", .number(variance)),
      ("long_run_variance", .number(longRunVariance)), ("mean_reversion", .number(meanReversion)),
      ("volatility_of_variance", .number(volatilityOfVariance)),
      ("correlation", .number(correlation)), ("steps", .integer(steps)),
    ] + samplingParameters
  }
}
