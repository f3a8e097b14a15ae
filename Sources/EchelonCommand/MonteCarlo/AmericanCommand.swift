import ArgumentParser
import Echelon
import EchelonFiles

/// An American option by least squares.
struct AmericanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "american",
    abstract: "An American option, by Longstaff and Schwartz' least squares.",
    discussion: """
      A first set of paths says when to exercise, by regressions; the price is what that brings on \
      other paths. No policy is better than the best one, so the mean is too low: of the first example \
      by 0.06 % with 50 dates in the mean of six seeds, by 0.1 % with 250, and by 0.7 % with 1,000 paths \
      of the regressions, each beside a binomial tree for the same dates. The underlying's price is a geometric Brownian \
      motion without dividends; other prices have montecarlo heston and merton with --payoff american.

      Greeks by pathwise leave out what crossing the boundary of the policy wins or loses, which depends \
      on the regressions: of american --put over nine seeds delta was -0.519 to -0.527 with 10 dates and \
      -0.517 to -0.532 with 50, where trees have -0.527 and -0.530. By likelihood-ratio it was -0.526 to \
      -0.528 and -0.528 to -0.530, with errors three to six times as large, which say all of it.

      EXAMPLES
        echelon montecarlo american --put --spot 36 --strike 40 --rate 0.06
        echelon montecarlo american --put --dates 250 --samples 1e7 --format json
        echelon montecarlo american --put --greeks pathwise
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "At how many dates it may be exercised besides today, at equal distances up to expiry.",
      valueName: "n"))
  var dates = 50
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Paths of the regressions, 100 to 1e9.", valueName: "n"))
  var regressionSamples = SampleCount(65_536)
  @OptionGroup var asset: AssetOptions
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var volatility: VolatilityOptions
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var options: PolicyOptions

  private var option: AmericanOption {
    AmericanOption(
      asset.contract.kind, spot: asset.spot, strike: strike.strike, rate: asset.contract.rate,
      volatility: volatility.volatility, years: asset.contract.years, dates: dates)
  }

  func validate() throws {
    guard 100...1_000_000_000 ~= regressionSamples.count else {
      throw ValidationError(
        "--regression-samples must be 100 to 1e9, not \(regressionSamples.count)")
    }
    if let problem = option.problem { throw ValidationError("an option with \(problem)") }
    try greeks.check(options)
  }

  private static let greeksNote =
    "of a policy that is worse than the best, which the standard errors do not say: delta by pathwise was up to 2.5 % "
    + "off with 50 dates and 1.6 % with 10, by likelihood-ratio within its error"

  func run() async throws {
    let parameters =
      asset.parameters + [
        ("strike", .number(strike.strike)), ("volatility", .number(volatility.volatility)),
        ("dates", .integer(dates)), ("regression_samples", .integer(regressionSamples.count)),
      ]
    let (option, paths) = (option, regressionSamples.count)
    if let method = greeks.greeks {
      return try await options.runGreeks(
        "american", savedAs: "american --greeks \(method.rawValue)", parameters: parameters,
        note: Self.greeksNote, method: method, errorOf: greeks.errorOf.greeks,
        sampler: GreeksSampler(option, regressionSamples: paths))
    }
    var sampler = Sampler {
      try $0.priceEstimates(
        of: option, regressionSamples: paths, seed: $1.seed, until: $1.goal, resuming: $1.state)
    } _: { pool, course in
      try pool.startPrice(
        of: option, regressionSamples: paths, seed: course.seed, until: course.goal,
        resuming: course.state)
    }
    sampler.preparation = .regressions(option.regressionChunks(paths: paths))
    try await options.run(
      "american", exact: nil, parameters: parameters,
      note:
        "too low, which the standard error does not say: no policy is better than the best. Of a put by 0.06 % with 50 dates "
        + "and 0.1 % with 250, by 0.7 % with 1,000 paths of the regressions",
      sampler: sampler)
  }
}
