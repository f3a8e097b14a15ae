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
      by that of the logarithm of its density (likelihood-ratio). Samples of both are unbiased.

      EXAMPLES
        echelon montecarlo greeks --strike 100
        echelon montecarlo greeks --put --method likelihood-ratio
      """)

  /// How derivatives are sampled.
  enum MethodChoice: String, CaseIterable, ExpressibleByArgument {
    case pathwise
    case likelihoodRatio = "likelihood-ratio"
    var method: GreeksMethod { self == .pathwise ? .pathwise : .likelihoodRatio }
  }

  @Option(help: ArgumentHelp("How derivatives are sampled.", valueName: "method"))
  var method = MethodChoice.pathwise
  @OptionGroup var asset: AssetOptions
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var volatility: VolatilityOptions
  @Option(
    help: ArgumentHelp("How many samples, 2 to 1e12; 1e6 and 10_000_000 work.", valueName: "n"))
  var samples = SampleCount(1_000_000)
  @OptionGroup var options: MonteCarloRunOptions

  private var option: EuropeanOption {
    EuropeanOption(
      asset.contract.kind, spot: asset.spot, strike: strike.strike, rate: asset.contract.rate,
      volatility: volatility.volatility, years: asset.contract.years)
  }

  func validate() throws {
    do { _ = try option.simulation } catch { throw ValidationError("\(error)") }
    guard volatility.volatility > 0, asset.contract.years > 0 else {
      throw ValidationError("--volatility and --years must be positive numbers")
    }
  }

  func run() async throws {
    try await options.inPool { pool, interruption in
      let (found, seconds) = try await timed {
        let future = try pool.startGreeks(
          of: option, method: method.method, samples: samples.count, seed: options.seed)
        interruption.watch([future])
        return try await future.value
      }
      let parameters =
        [("method", JSONValue.string(method.rawValue))] + asset.parameters + [
          ("strike", .number(strike.strike)), ("volatility", .number(volatility.volatility)),
        ]
      let report = GreeksReport(
        parameters: parameters, found: found, exact: option.greeks, seed: options.seed,
        seconds: seconds, workerCount: options.workers.count)
      try report.write(options.output.format)
    }
  }
}

/// The outcome of such a run.
struct GreeksReport {
  let parameters: [(name: String, value: JSONValue)]
  let found: GreeksEstimate
  let exact: OptionGreeks
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private var rows: [(name: String, mean: Double, error: Double, exact: Double)] {
    let greeks: [(String, KeyPath<OptionGreeks, Double>)] = [
      ("price", \.price), ("delta", \.delta), ("gamma", \.gamma), ("vega", \.vega),
      ("theta", \.theta), ("rho", \.rho),
    ]
    return greeks.map {
      ($0, found.means[keyPath: $1], found.standardErrors[keyPath: $1], exact[keyPath: $1])
    }
  }

  func write(_ format: OutputFormat) throws {
    switch format {
    case .table: try Console.write(table)
    case .json:
      let greeks = rows.map { row in
        let members: [(name: String, value: JSONValue)] = [
          ("name", .string(row.name)), ("estimate", .number(row.mean)),
          ("standard_error", .number(row.error)), ("exact", .number(row.exact)),
        ]
        return JSONValue.object(members)
      }
      let members: [(name: String, value: JSONValue)] =
        [("run", .string("greeks"))] + parameters + [
          ("samples", .integer(found.sampleCount)),
          ("seed", .seed(seed)),
          ("greeks", .array(greeks)), ("seconds", .number(seconds)),
          ("workers", .integer(workerCount)),
        ]
      try Console.write(JSONValue.object(members).text() + "\n")
    case .csv:
      let rows = rows
      try Console.write(
        CSVWriter.text(
          DataTable(columns: [
            Column(name: "name", text: rows.map(\.name)),
            Column(name: "estimate", numbers: rows.map(\.mean)),
            Column(name: "standard_error", numbers: rows.map(\.error)),
            Column(name: "exact", numbers: rows.map(\.exact)),
          ])))
    }
  }

  private var table: String {
    var table = TextTable(columns: [
      .init("Greek"), .init("Estimate", .decimal), .init("Standard error", .decimal),
      .init("True value", .decimal), .init("Error in SE", .decimal),
    ])
    for row in rows {
      table.rows.append([
        .text(row.name), .text(row.mean.rounded(significantDigits: 6)),
        .text(row.error.rounded(significantDigits: 2)),
        .text(row.exact.rounded(significantDigits: 6)),
        .text(((row.mean - row.exact) / row.error).rounded(significantDigits: 2)),
      ])
    }
    let title = MonteCarloReport.title("greeks", parameters)
    return Console.bold(title) + "\n" + table.text(width: Console.width)
      + "\(NumberText.grouped(found.sampleCount)) samples, seed \(seed), "
      + "\(NumberText.time(seconds: seconds)), \(NumberText.count(workerCount, "worker"))\n"
  }
}
