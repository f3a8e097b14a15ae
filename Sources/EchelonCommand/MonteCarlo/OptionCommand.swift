import ArgumentParser
import Echelon
import EchelonFiles

/// A command that prices an option by simulation.
protocol OptionCommand: AsyncParsableCommand {
  associatedtype Priced: SimulatedOption
  /// What is priced, and what has the Greeks.
  var option: Priced { get }
  /// How the price is sampled, which may be that of something else than `option`.
  var priceSampler: PriceSampler { get }
  /// As a saved run is called: by the name of the command, and options that make another run of it.
  var runName: String { get }
  /// As the report names what the option is made of.
  var parameters: [(name: String, value: JSONValue)] { get }
  /// What the standard error does not say.
  var note: String? { get }
  /// The same of the Greeks.
  var greeksNote: String? { get }
  var options: PathOptions { get }
  var greeks: GreeksOptions { get }
  /// How its Greeks are sampled.
  var greeksSampler: GreeksSampler { get }
  /// Throws for options of the command that do not go together.
  func checkPayoff() throws
}

extension OptionCommand where Priced: OptionWithGreeks {
  var greeksSampler: GreeksSampler { GreeksSampler(option) }
}

extension OptionCommand {
  var priceSampler: PriceSampler { PriceSampler(option) }
  var runName: String { Self._commandName }
  var note: String? { nil }
  var greeksNote: String? { note }
  func checkPayoff() throws {}

  func validate() throws {
    try checkPayoff()
    do {
      try priceSampler.check()
      if let method = greeks.greeks?.method { try greeksSampler.check(method) }
    } catch { throw ValidationError("\(error)") }
    try greeks.check(options)
  }

  func run() async throws {
    if let method = greeks.greeks {
      return try await options.runGreeks(
        Self._commandName, savedAs: "\(runName) --greeks \(method.rawValue)",
        parameters: parameters, note: greeksNote, method: method, errorOf: greeks.errorOf.greeks,
        sampler: greeksSampler)
    }
    let price = priceSampler
    try await options.run(
      Self._commandName, savedAs: runName, exact: price.exact, parameters: parameters, note: note,
      sampler: price.sampler)
  }
}

/// How the price of a command is sampled.
struct PriceSampler {
  /// By a formula.
  let exact: Double?
  /// Throws for an option that has no price.
  let check: () throws -> Void
  let sampler: Sampler<MonteCarloEstimate>

  init(_ option: some SimulatedOption) {
    exact = option.exactPrice
    check = { _ = try option.simulation }
    sampler = .price(of: option)
  }

  init(_ option: ModelAmericanOption, regressionSamples: Int) {
    exact = option.exactPrice
    check = { try option.check() }
    var sampler = Sampler {
      try $0.priceEstimates(
        of: option, regressionSamples: regressionSamples, seed: $1.seed, until: $1.goal,
        resuming: $1.state)
    } _: {
      try $0.startPrice(
        of: option, regressionSamples: regressionSamples, seed: $1.seed, until: $1.goal,
        resuming: $1.state)
    }
    let chunkCount = option.regressionChunks(paths: regressionSamples)
    sampler.preparation = chunkCount.map { .regressions($0) }
    self.sampler = sampler
  }
}

/// What every option has.
struct ContractOptions: ParsableArguments {
  @Flag(help: "A put, the right to sell; without it a call.")
  var put = false
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The riskless rate per year, continuous: 0.05 is 5 %.", valueName: "r"))
  var rate = 0.05
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The time to expiry.", valueName: "t"))
  var years = 1.0

  var kind: EuropeanOption.Kind { put ? .put : .call }
  var parameters: [(name: String, value: JSONValue)] {
    [("kind", .string(kind.rawValue)), ("rate", .number(rate)), ("years", .number(years))]
  }
}

/// What every option on one asset has.
struct AssetOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The price of the underlying today.", valueName: "price"))
  var spot = 100.0
  @OptionGroup var contract: ContractOptions

  var parameters: [(name: String, value: JSONValue)] {
    contract.parameters + [("spot", .number(spot))]
  }
}

/// What it may be bought or sold for.
struct StrikeOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The price it can be bought or sold for.", valueName: "price"))
  var strike = 105.0
}

/// How much a price varies.
struct VolatilityOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The volatility per square root of a year.", valueName: "σ"))
  var volatility = 0.2
}

/// How an option is sampled whose price depends on chance of two kinds.
struct ConditioningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "path draws all of a path, and a sample is its payoff; conditional draws a part, and a sample "
        + "is the exact price given that part, which varies less.", valueName: "how"))
  var sampling = Named(OptionSampling.path)

  var parameters: [(name: String, value: JSONValue)] {
    [("sampling", .string(sampling.value.rawValue))]
  }
}

/// When a path is looked at.
struct MonitoringOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "At how many dates the price counts, at equal distances up to expiry; at every moment "
        + "without it.", valueName: "n"))
  var dates: Int?

  var monitoring: OptionMonitoring { dates.map { .dates($0) } ?? .continuous }
  var parameters: [(name: String, value: JSONValue)] {
    dates.map { [("dates", .integer($0))] } ?? [("monitoring", .string("continuous"))]
  }
}
