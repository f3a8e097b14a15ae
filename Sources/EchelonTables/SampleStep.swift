import EchelonFiles
import EchelonRandom

/// `sample N|P% [replace] [shuffle] [seed S]`: random rows.
///
/// Draws come from one generator of the seed, so that a table of as many rows gives the same rows wherever it is done.
struct SampleStep: TableStep {
  private enum Size {
    case rows(Int)
    /// Of all rows, rounded to the nearest number.
    case percent(Double)
  }

  private let text: String
  private let size: Size
  private let replaces: Bool
  /// Whether the rows come in the order that they were drawn in, not in that of the table.
  private let shuffles: Bool
  private let seed: UInt64
  private static let limit = 1_000_000_000

  init(_ argument: String) throws(ExpressionFault) {
    text = argument
    var reader = try TokenReader(argument)
    let start = reader
    let number = try reader.number("a number of rows, or a part such as 10%")
    if reader.take("%") {
      size = .percent(number)
    } else if let count = Int(exactly: number) {
      size = .rows(count)
    } else {
      throw start.fault("a number of rows is a whole one; write % behind a part")
    }
    var (replaces, shuffles, seed) = (false, false, 42)
    while true {
      if reader.take(word: "replace") {
        replaces = true
      } else if reader.take(word: "shuffle") {
        shuffles = true
      } else if reader.take(word: "seed") {
        seed = try reader.integer("the seed", in: 0...1 << 53)
      } else {
        break
      }
    }
    try reader.expectEnd(orOneOf: "replace", "shuffle", "seed and a number")
    (self.replaces, self.shuffles, self.seed) = (replaces, shuffles, UInt64(seed))
    if case .percent(let part) = size, part > 100, !replaces {
      throw start.fault("more than 100% takes rows twice; add replace")
    }
  }

  func apply(to table: DataTable) throws -> DataTable {
    let population = table.rowCount
    let count: Int
    switch size {
    case .rows(let rows): count = rows
    case .percent(let part):
      count = Int(min((part / 100 * Double(population)).rounded(), Double(Self.limit) + 1))
    }
    guard count <= Self.limit else {
      throw ExpressionFault("a sample has up to a billion rows", at: 0..<text.count, of: text)
    }
    guard replaces ? population > 0 || count == 0 : count <= population else {
      throw ExpressionFault(
        "the table has \(population) rows\(replaces ? "" : "; take fewer, a part such as 10%, or add replace")",
        at: 0..<text.count, of: text)
    }
    var generator = PhiloxGenerator(seed: seed, index: 0)
    var rows =
      replaces
      ? (0..<count).map { _ in generator.integer(below: population) }
      : generator.sample(count, of: population)
    if !shuffles { rows.sort() }
    return table.rows(rows)
  }
}
