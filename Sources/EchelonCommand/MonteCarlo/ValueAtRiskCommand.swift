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
      --by and --date. Dates at which an asset has no price are left out.

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
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many courses, 100 to 1e9; 1e6 and 10_000_000 work.", valueName: "n"))
  var samples = SampleCount(1_000_000)
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The key of the random numbers.", valueName: "s"))
  var seed: UInt64 = 42
  @OptionGroup var output: FormatOptions
  @OptionGroup var workers: WorkerOptions

  func validate() throws {
    guard level > 0, level < 1 else {
      throw ValidationError("--level must lie between 0 and 1, not be \(level)")
    }
    guard 1...10_000 ~= horizon else {
      throw ValidationError("--horizon must be 1 to 10000, not \(horizon)")
    }
    guard 100...1_000_000_000 ~= samples.count else {
      throw ValidationError("--samples must be 100 to 1e9, not \(samples.count)")
    }
  }

  func run() async throws {
    let table = try PriceTable.reported(
      DataFileReader.open(file).toldTable(), path: file,
      columns: PriceColumns(price: price, by: by, date: date))
    for note in table.notes { Console.writeError("echelon: \(file): \(note)") }
    let parts = try weights?.parts(of: table.assets) ?? equalParts(table.assets.count)
    if model == .normal { try table.requireNormalReturns(path: file) }
    let interruption = Interruption()
    try await interruption.exitingIfCut {
      try await withProcessPool(workers: workers.count) { pool in
        try await pool.warmUp()
        let returns = table.returns
        let matrix = try pool.matrix(rows: returns.count, columns: table.assets.count) {
          returns[$0][$1]
        }
        let (risk, seconds) = try await timed {
          let future = try pool.startPortfolioRisk(
            returns: matrix, weights: parts, level: level, horizon: horizon, model: model.model,
            samples: samples.count, seed: seed)
          return try await interruption.value(of: future, "value at risk", in: pool)
        }
        let report = ValueAtRiskReport(
          risk: risk, table: table, weights: parts, horizon: horizon, model: model.model,
          seed: seed,
          seconds: seconds, workerCount: workers.count)
        try report.write(output.format)
      }
    }
  }

  private func equalParts(_ count: Int) -> [Double] {
    [Double](repeating: 1 / Double(count), count: count)
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

  /// In the order of the assets; 0 for those that are not named.
  func parts(of assets: [String]) throws -> [Double] {
    var found = [Double](repeating: 0, count: assets.count)
    var seen: Set<String> = []
    for (asset, part) in parts {
      guard let place = assets.firstIndex(of: asset) else {
        throw CommandError(
          "--weights names '\(asset)'; there are prices of " + assets.joined(separator: ", "))
      }
      guard seen.insert(asset).inserted else {
        throw CommandError("--weights names '\(asset)' twice")
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
    let rate = Double(risk.sampleCount) / seconds
    add(
      "Time",
      "\(NumberText.time(seconds: seconds)), \(NumberText.rate(rate, unit: " courses")), "
        + NumberText.count(workerCount, "worker"))
    return Self.table("What the portfolio may lose in \(period)", rows)
  }
}
