import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo`: examples whose answer is known, so that the error can be seen, and what a portfolio may lose.
struct MonteCarloCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "montecarlo",
    abstract: "Estimates by random sampling.",
    discussion: """
      Sample i draws from a generator of its own (Philox 4x32-10, keyed by seed and i), so the same \
      seed gives the same digits with any number of workers.

      EXAMPLES
        echelon montecarlo pi --samples 1e9 --seed 42
        echelon montecarlo call --strike 110 --volatility 0.3 --format json
        echelon montecarlo asian --strike 100 --dates 52
        echelon montecarlo american --put --spot 36 --strike 40 --rate 0.06
        echelon montecarlo var data/stocks.csv --level 0.99
      """,
    subcommands: [
      MonteCarloPi.self, MonteCarloCall.self, AsianCommand.self, BarrierCommand.self,
      LookbackCommand.self, BasketCommand.self, AmericanCommand.self, HestonCommand.self,
      GreeksCommand.self,
      MertonCommand.self, ValueAtRiskCommand.self,
    ])
}

/// What every run of plain samples needs to know.
struct MonteCarloOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How many samples, 2 to 1e12; 1e8 and 10_000_000 work.", valueName: "n"))
  var samples = SampleCount(100_000_000)
  @OptionGroup var run: MonteCarloRunOptions
}

/// What every run of paths needs to know, a sample of which costs more.
struct PathOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How many samples, 2 to 1e12; 1e6 and 10_000_000 work.", valueName: "n"))
  var samples = SampleCount(1_000_000)
  @OptionGroup var run: MonteCarloRunOptions
}

/// How a run is made, and written.
struct MonteCarloRunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The key of the random numbers.", valueName: "s"))
  var seed: UInt64 = 42

  @OptionGroup var output: FormatOptions
  @OptionGroup var workers: WorkerOptions

  /// Runs `estimate` in a pool whose workers have started, and writes the report.
  /// - Parameters:
  ///   - exact: the true value, where it is known.
  ///   - note: what the standard error does not say.
  func callAsFunction(
    _ name: String, exact: Double?, parameters: [(name: String, value: JSONValue)] = [],
    note: String? = nil,
    _ estimate: (ProcessPool, Interruption) async throws -> MonteCarloEstimate
  ) async throws {
    try await inPool { pool, interruption in
      let (found, seconds) = try await timed { try await estimate(pool, interruption) }
      let report = MonteCarloReport(
        name: name, parameters: parameters, estimate: found, exact: exact, note: note, seed: seed,
        seconds: seconds, workerCount: workers.count)
      try report.write(output.format)
    }
  }

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

  @OptionGroup var options: MonteCarloOptions

  func run() async throws {
    try await options.run("pi", exact: .pi) { pool, interruption in
      try await Self.estimate(
        samples: options.samples.count, seed: options.run.seed, in: pool, interruption)
    }
  }

  static func estimate(
    samples: Int, seed: UInt64, in pool: ProcessPool, _ interruption: Interruption
  ) async throws -> MonteCarloEstimate {
    let future = try pool.startPi(seed: seed, until: .samples(samples))
    interruption.watch([future])
    return try await future.value
  }
}

/// The price of a European call option under geometric Brownian motion.
struct MonteCarloCall: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "A European call option, next to the formula of Black and Scholes.")

  @Option(help: ArgumentHelp("The price of the underlying today.", valueName: "price"))
  var spot = 100.0
  @Option(help: ArgumentHelp("The price it can be bought for at expiry.", valueName: "price"))
  var strike = 105.0
  @Option(
    help: ArgumentHelp("The riskless rate per year, continuous: 0.05 is 5 %.", valueName: "r"))
  var rate = 0.05
  @Option(help: ArgumentHelp("The volatility per square root of a year.", valueName: "σ"))
  var volatility = 0.2
  @Option(help: ArgumentHelp("The time to expiry.", valueName: "t"))
  var years = 1.0
  @OptionGroup var options: MonteCarloOptions

  func validate() throws {
    guard spot > 0, strike > 0, volatility > 0, years > 0,
      [spot, strike, rate, volatility, years].allSatisfy(\.isFinite)
    else {
      throw ValidationError("--spot, --strike, --volatility and --years must be positive numbers")
    }
  }

  func run() async throws {
    let option = EuropeanOption(
      .call, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years)
    let parameters = [
      ("spot", spot), ("strike", strike), ("rate", rate), ("volatility", volatility),
      ("years", years),
    ].map { (name: $0, value: JSONValue.number($1)) }
    try await options.run("call", exact: option.price, parameters: parameters) {
      pool, interruption in
      let future = try pool.startPrice(
        of: option, seed: options.run.seed, until: .samples(options.samples.count))
      interruption.watch([future])
      return try await future.value
    }
  }
}
