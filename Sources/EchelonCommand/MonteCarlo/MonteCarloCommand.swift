import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo`: ready-made simulations, many of which have an answer that is known, so that the error can be seen.
struct MonteCarloCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "montecarlo",
    abstract: "Estimates by random sampling.",
    discussion: """
      Sample i draws from a generator of its own (Philox 4x32-10, keyed by seed and i), so the same \
      seed gives the same digits with any number of workers.

      Samples of estimates end at a number (--samples), at an error (--error, --relative-error) or \
      after a time (--seconds), whatever comes first. What --save wrote, --resume goes on from.

      EXAMPLES
        echelon montecarlo pi --samples 1e9 --seed 42
        echelon montecarlo call --strike 110 --volatility 0.3 --format json
        echelon montecarlo pi --error 1e-5 --seconds 60 --save pi.json
        echelon montecarlo pi --error 5e-6 --resume pi.json
        echelon montecarlo asian --strike 100 --dates 52
        echelon montecarlo american --put --spot 36 --strike 40 --rate 0.06
        echelon montecarlo var data/stocks.csv --level 0.99
        echelon montecarlo bootstrap data/longley.csv --column GNP
      """,
    subcommands: [
      MonteCarloPi.self, MonteCarloCall.self, MonteCarloPut.self, AsianCommand.self,
      BarrierCommand.self, LookbackCommand.self, BasketCommand.self, AmericanCommand.self,
      HestonCommand.self,
      MertonCommand.self, GreeksCommand.self, ValueAtRiskCommand.self, IntegralCommand.self,
      MultilevelCommand.self, BootstrapCommand.self, PermutationCommand.self, IsingCommand.self,
    ])
}

/// How a run is made, and written.
struct MonteCarloRunOptions: ParsableArguments {
  @Option(
    name: .customLong("seed"),
    parsing: .unconditional,
    help: ArgumentHelp("The key of the random numbers. (default: 42)", valueName: "s"))
  var givenSeed: UInt64?

  @OptionGroup var output: FormatOptions
  @OptionGroup var workers: WorkerOptions

  var seed: UInt64 { givenSeed ?? 42 }

  /// Runs `body` in a pool whose workers have started.
  func inPool(_ body: (ProcessPool, Interruption) async throws -> Void) async throws {
    let interruption = Interruption()
    try await interruption.exitingIfCut {
      try await withProcessPool(workers: workers.count) { pool in
        try await pool.warmUp()
        try await body(pool, interruption)
      }
    }
  }
}

/// π as four times the share of random points of the unit square that lie in the quarter circle.
struct MonteCarloPi: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pi", abstract: "π, from points thrown at a quarter circle.")

  @OptionGroup var options: PointOptions

  func run() async throws {
    try await options.run("pi", exact: .pi, sampler: .pi)
  }
}

/// The price of a European call option under geometric Brownian motion.
struct MonteCarloCall: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "A European call option, next to the formula of Black and Scholes.")

  @OptionGroup var european: EuropeanOptions
  @OptionGroup var options: MonteCarloOptions
  @Flag(help: .private) var put = false

  func validate() throws {
    if put {
      throw ValidationError("--put: 'montecarlo call' prices a call; 'montecarlo put' prices a put")
    }
  }

  func run() async throws { try await options.run("call", of: european.option(.call)) }
}

/// That of a put option.
struct MonteCarloPut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put",
    abstract: "A European put option, next to the formula of Black and Scholes.")

  @OptionGroup var european: EuropeanOptions
  @OptionGroup var options: MonteCarloOptions
  // As other commands spell it: no contradiction.
  @Flag(help: .private) var put = false

  func run() async throws { try await options.run("put", of: european.option(.put)) }
}

/// What a European option is made of.
struct EuropeanOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The price of the underlying today.", valueName: "price"))
  var spot = 100.0
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The price it can be bought or sold for at expiry.", valueName: "price"))
  var strike = 105.0
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The riskless rate per year, continuous: 0.05 is 5 %.", valueName: "r"))
  var rate = 0.05
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The volatility per square root of a year.", valueName: "σ"))
  var volatility = 0.2
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The time to expiry.", valueName: "t"))
  var years = 1.0

  func validate() throws {
    for (name, value) in [
      ("spot", spot), ("strike", strike), ("volatility", volatility), ("years", years),
    ] where !(value > 0 && value.isFinite) {
      throw ValidationError("--\(name) must be a number above 0, not \(value)")
    }
    guard rate.isFinite else { throw ValidationError("--rate must be a number, not \(rate)") }
  }

  func option(_ kind: EuropeanOption.Kind) -> EuropeanOption {
    EuropeanOption(
      kind, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years)
  }
}

extension MonteCarloOptions {
  fileprivate func run(_ name: String, of option: EuropeanOption) async throws {
    let parameters = [
      ("spot", option.spot), ("strike", option.strike), ("rate", option.rate),
      ("volatility", option.volatility), ("years", option.years),
    ].map { (name: $0, value: JSONValue.number($1)) }
    try await run(name, exact: option.price, parameters: parameters, sampler: .price(of: option))
  }
}
