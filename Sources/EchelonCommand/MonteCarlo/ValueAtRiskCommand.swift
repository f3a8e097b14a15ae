import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo var`: what a portfolio may lose, from a file of prices.
struct ValueAtRiskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "var",
    abstract: "Value at risk and expected shortfall of a portfolio, from a file of prices.",
    discussion: """
      The file has a price in each row, with a column that names the asset and one for the date; or a \
      column of prices for each asset. What is what is found from the columns, or said with --price, \
      --by and --date. Dates at which an asset has no price are left out; of assets that have no part in \
      the portfolio none is asked for.

      Dates are put in order of time, whatever the order of the rows: as 2004-08-01, 20040801 or \
      2004/8/1, with or without a time, Aug 1 2004 or 1-Aug-2004, months as 2004-08 or Aug 2004, and \
      years; as 1/8/2004 if some row of the file tells the day from the month. With any other labels \
      rows must be in that order, and a note says so.

      A simulated period is one of the past, drawn by chance (historical), or has normal returns with \
      the means and covariances of the past ones (normal). Losses are parts of the portfolio's value.

      EXAMPLES
        echelon var data/stocks.csv
        echelon var data/stocks.csv --weights MSFT=0.5,IBM=0.5 --level 0.99
        echelon var data/stocks.csv --horizon 12 --model normal --format json
        echelon var data/stocks.csv --samples 1e7 --save stocks.json
        echelon var data/stocks.csv --samples 1e8 --resume stocks.json --level 0.99
      """)

  @Argument(help: ArgumentHelp("A data file of prices.", valueName: "file"), completion: .file())
  var file: String
  @Option(help: ArgumentHelp("The column of prices.", valueName: "column"))
  var price: String?
  @Option(help: ArgumentHelp("The column that names the asset.", valueName: "column"))
  var by: String?
  @Option(help: ArgumentHelp("The column of dates.", valueName: "column"))
  var date: String?
  @Option(
    help: ArgumentHelp(
      "The part of the value in each asset, as A=0.6,B=0.4; the same in all by default. What is "
        + "missing to 1 is cash.", valueName: "parts"))
  var weights: Weights?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The probability that no more is lost, between 0 and 1.", valueName: "p"))
  var level = 0.95
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many periods it is held, 1 to 10,000.", valueName: "n"))
  var horizon = 1
  @Option(help: ArgumentHelp("Where returns come from.", valueName: "model"))
  var model: ReturnModelChoice = .historical
  @OptionGroup var options: ValueAtRiskOptions

  func validate() throws {
    guard level > 0, level < 1 else {
      throw ValidationError("--level must lie between 0 and 1, not be \(level)")
    }
    guard 1...10_000 ~= horizon else {
      throw ValidationError("--horizon must be 1 to 10000, not \(horizon)")
    }
  }

  func run() async throws {
    try options.checkPlace(keeping: file, command: "montecarlo var")
    let table = try PriceTable.reported(
      DataFileReader.open(file).toldTable(), path: file,
      columns: PriceColumns(price: price, by: by, date: date, assets: weights?.assets))
    for note in table.notes { Console.writeError("echelon: \(file): \(note)") }
    let parts = try weights?.parts(of: table.assets) ?? equalParts(table.assets.count)
    if model == .normal { try table.requireNormalReturns(path: file) }
    let (level, horizon, model, run) = (level, horizon, model.model, options.run)
    let returns = table.returns
    let sampler = Sampler<RiskRun> { pool, course in
      var iterator = try pool.portfolioRiskEstimates(
        returns: try Self.matrix(of: returns, in: pool), weights: parts, level: level,
        horizon: horizon, model: model, samples: course.count, seed: course.seed,
        resuming: course.state
      ).makeAsyncIterator()
      return AsyncThrowingStream { try await iterator.next().map { RiskRun(found: $0) } }
    } found: { pool, course, interruption in
      let future = try pool.startPortfolioRisk(
        returns: try Self.matrix(of: returns, in: pool), weights: parts, level: level,
        horizon: horizon, model: model, samples: course.count, seed: course.seed,
        resuming: course.state)
      return RiskRun(found: try await interruption.value(of: future, "value at risk", in: pool))
    } make: {
      $0
    }
    // What says which run it is: not the level, which is a question to the losses.
    let parameters: [(name: String, value: JSONValue)] = [
      ("model", .string(model.rawValue)), ("horizon", .integer(horizon)),
      ("weights", .object(zip(table.assets, parts).map { ($0, .number($1)) })),
      ("returns", .string(SavedNumbers.fingerprint(of: returns.flatMap { $0 }))),
    ]
    // A terminal shows how its chunks get on, unless there are estimates to be saved.
    try await options.sample("var", parameters: parameters, isWatched: false, sampler: sampler) {
      outcome, _, _ in
      try ValueAtRiskReport(
        risk: outcome.estimate.found, table: table, weights: parts, horizon: horizon, model: model,
        resumed: outcome.course.state, seed: outcome.course.seed, seconds: outcome.seconds,
        workerCount: run.workers.count
      ).write(run.output.format)
    }
  }

  private static func matrix(of returns: [[Double]], in pool: ProcessPool) throws
    -> SharedMatrix<Double>
  {
    try pool.matrix(rows: returns.count, columns: returns.first?.count ?? 0) { returns[$0][$1] }
  }

  private func equalParts(_ count: Int) -> [Double] {
    [Double](repeating: 1 / Double(count), count: count)
  }
}

/// How many courses there are, and what is kept of them.
struct ValueAtRiskOptions: SavedRunOptions {
  private static let defaultCount = 1_000_000
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many courses, 100 to 1e9; 1e6 and 10_000_000 work. (default: 1e6, or as many as --resume has)",
      valueName: "n"))
  var samples: SampleCount?
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions

  func validate() throws {
    if let samples, !(100...1_000_000_000 ~= samples.count) {
      throw ValidationError("--samples must be 100 to 1e9, not \(samples.count)")
    }
  }

  func goal(after earlier: Int) -> MonteCarloGoal {
    .samples(samples?.count ?? max(Self.defaultCount, earlier))
  }
}

extension Course<PortfolioRiskState> {
  /// How many courses there are to be.
  fileprivate var count: Int { goal.sampleLimit ?? 0 }
}

extension PortfolioRiskState: RunState {}

/// What a simulation of a portfolio has found so far: its value at risk is shown on the way.
private struct RiskRun: RunEstimate {
  let found: PortfolioRisk

  var mean: Double { found.valueAtRisk }
  /// As if the interval were that of a normal number, which it is nearly of many courses.
  var standardError: Double {
    (found.valueAtRiskInterval.upperBound - found.valueAtRiskInterval.lowerBound) / 2 / 1.96
  }
  var sampleCount: Int { found.sampleCount }
  var state: PortfolioRiskState? { found.state }
  var isErrorKnown: Bool { standardError > 0 && standardError.isFinite }
  var spread: SampleSpread? { nil }

  func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    let half = -normalQuantile((1 - level) / 2) * standardError
    return mean - half...mean + half
  }
}

/// Where returns come from, as it is written on the command line.
enum ReturnModelChoice: String, CaseIterable, ExpressibleByArgument {
  case historical, normal

  var model: ReturnModel {
    switch self {
    case .historical: .historical
    case .normal: .normal
    }
  }
}

/// Parts of a portfolio's value, as they are written on the command line.
struct Weights: ExpressibleByArgument {
  private let parts: [(asset: String, part: Double)]

  init?(argument: String) {
    var parts: [(String, Double)] = []
    for item in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let sign = item.lastIndex(of: "="), sign > item.startIndex,
        let part = Double(item[item.index(after: sign)...]), part.isFinite
      else { return nil }
      parts.append((String(item[..<sign]), part))
    }
    self.parts = parts
  }

  init(_ parts: [(asset: String, part: Double)]) { self.parts = parts }

  /// Those that have a part; nil if none has.
  var assets: [String]? {
    let held = parts.filter { $0.part != 0 }.map(\.asset)
    return held.isEmpty ? nil : held
  }

  /// In the order of the assets; 0 for those that are not named.
  func parts(of assets: [String]) throws -> [Double] {
    var found = [Double](repeating: 0, count: assets.count)
    var seen: Set<String> = []
    for (asset, part) in parts {
      guard seen.insert(asset).inserted else {
        throw CommandError("--weights names '\(asset)' twice")
      }
      guard let place = assets.firstIndex(of: asset) else {
        // Those of no part need not be there.
        if part == 0, self.assets != nil { continue }
        throw CommandError(
          "--weights names '\(asset)'; there are prices of " + assets.joined(separator: ", "))
      }
      found[place] = part
    }
    return found
  }
}

/// The outcome of such a run.
struct ValueAtRiskReport: RunReport {
  let risk: PortfolioRisk
  let table: PriceTable
  let weights: [Double]
  let horizon: Int
  let model: ReturnModel
  /// How far an earlier run had come, where there was one.
  let resumed: PortfolioRiskState?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private static let shownParts = 8

  var members: [(name: String, value: JSONValue)] {
    let parts = zip(table.assets, weights).map { ($0, JSONValue.number($1)) }
    return [
      ("run", .string("var")), ("model", .string(model.rawValue)), ("level", .number(risk.level)),
      ("horizon", .integer(horizon)), ("periods", .integer(table.dates.count - 1)),
      ("first_date", .string(table.dates.first ?? "")),
      ("last_date", .string(table.dates.last ?? "")), ("samples", .integer(risk.sampleCount)),
      ("seed", .seed(seed)),
      ("value_at_risk", .number(risk.valueAtRisk)),
      ("value_at_risk_low", .number(risk.valueAtRiskInterval.lowerBound)),
      ("value_at_risk_high", .number(risk.valueAtRiskInterval.upperBound)),
      ("expected_shortfall", .number(risk.expectedShortfall)),
      ("expected_shortfall_error", .number(risk.expectedShortfallError)),
      ("mean_loss", .number(risk.meanLoss)),
      ("standard_deviation", .number(risk.standardDeviation)), ("seconds", .number(seconds)),
      ("workers", .integer(workerCount)), ("weights", .object(parts)),
    ]
      + (resumed.map {
        [
          ("resumed_samples", .integer($0.sampleCount)),
          ("resumed_seconds", .number($0.elapsedTime.seconds)),
        ]
      } ?? [])
  }

  var text: String {
    func percent(_ value: Double) -> String {
      "\((value * 100).rounded(significantDigits: 5)) %"
    }
    var rows: [(String, String)] = []
    func add(_ label: String, _ value: String) { rows.append((label, value)) }
    let period = NumberText.count(horizon, "period")
    let level = percent(risk.level)
    add(
      "Value at risk",
      risk.valueAtRisk >= 0
        ? "\(percent(risk.valueAtRisk)) of the value: with a probability of \(level) no more is lost in \(period)"
        : "none: with a probability of \(level) \(percent(-risk.valueAtRisk)) or more is gained in \(period)"
    )
    let interval = risk.valueAtRiskInterval
    add(
      "95 % interval", "\(percent(interval.lowerBound)) to \(percent(interval.upperBound))")
    add(
      "Expected shortfall",
      "\(percent(risk.expectedShortfall)) ± \(percent(risk.expectedShortfallError)), the mean loss in the worst "
        + "\(((1 - risk.level) * 100).rounded(significantDigits: 5)) % of cases"
    )
    add("Mean", "\(percent(-risk.meanLoss)) gained")
    add("Deviation", percent(risk.standardDeviation))
    let parts = zip(table.assets, weights).filter { $0.1 != 0 }.map { "\($0.0) \(percent($0.1))" }
    let rest = parts.count > Self.shownParts ? ", and \(parts.count - Self.shownParts) more" : ""
    add("Portfolio", parts.prefix(Self.shownParts).joined(separator: ", ") + rest)
    let lack = table.dates.count < table.allDateCount ? "; the others lack a price" : ""
    add(
      "Prices",
      "\(table.dates.count) of \(table.allDateCount) dates, \(table.dates.first ?? "") to \(table.dates.last ?? "")"
        + lack)
    add("Courses", "\(NumberText.grouped(risk.sampleCount)), \(model.rawValue), seed \(seed)")
    if let resumed {
      add(
        "Before",
        "\(NumberText.grouped(resumed.sampleCount)) of the courses in the run that was saved, in "
          + NumberText.time(seconds: resumed.elapsedTime.seconds))
    }
    let rate = Double(risk.sampleCount - (resumed?.sampleCount ?? 0)) / seconds
    add(
      "Time",
      "\(NumberText.time(seconds: seconds)), \(NumberText.rate(rate, unit: " courses")), "
        + NumberText.count(workerCount, "worker"))
    return Self.table("What the portfolio may lose in \(period)", rows)
  }
}
