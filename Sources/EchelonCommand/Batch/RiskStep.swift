import Echelon
import EchelonFiles
import EchelonTables

/// `var …` as a step of a batch: a row with what `echelon var` finds.
///
/// It travels as its text, which is read again where it is applied.
struct RiskStep: Codable, Sendable, CustomStringConvertible {
  static var guide: (name: String, argument: String, help: String) { RiskWords.guide }

  /// As it is written behind `var`.
  private let argument: String
  private let words: RiskWords

  /// - Throws: `ExpressionFault`, whose text is the argument.
  init(_ argument: String) throws(ExpressionFault) {
    self.argument = argument
    words = try RiskWords(argument)
  }

  var description: String { argument.isEmpty ? "var" : "var \(argument)" }

  /// - Parameter file: whose prices they are, for errors.
  func apply(to table: DataTable, file: String) throws -> DataTable {
    let weights = words.weights.map { Weights($0) }
    let prices = try PriceTable.reported(
      table, path: file,
      columns: PriceColumns(
        price: words.price, by: words.by, date: words.date, assets: weights?.assets))
    if words.isNormal { try prices.requireNormalReturns(path: file) }
    let count = prices.assets.count
    let parts =
      try weights?.parts(of: prices.assets)
      ?? [Double](repeating: 1 / Double(count), count: count)
    // This worker is one of several, each with a file of its own.
    let executor = try InProcessExecutor(threads: 1)
    defer { executor.shutdown() }
    let returns = prices.returns
    let matrix = try executor.matrix(rows: returns.count, columns: count) { returns[$0][$1] }
    let risk = try executor.portfolioRisk(
      returns: matrix, weights: parts, level: words.level, horizon: words.horizon,
      model: words.isNormal ? .normal : .historical, samples: words.samples, seed: words.seed)
    let report = ValueAtRiskReport(
      risk: risk, table: prices, weights: parts, horizon: words.horizon,
      model: words.isNormal ? .normal : .historical, resumed: nil, seed: words.seed, seconds: 0,
      workerCount: 1)
    // Not what another run on another machine would have otherwise: results are compared by their bytes.
    return DataTable(columns: report.columns { !["run", "seconds", "workers"].contains($0) })
  }

  init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(argument)
  }
}
