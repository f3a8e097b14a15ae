import Echelon
import EchelonFiles

/// The outcome of a run, as one object or one row.
protocol RunReport {
  /// With all digits; one that has members of its own is left out of a row.
  var members: [(name: String, value: JSONValue)] { get }
  /// For people.
  var text: String { get }
}

extension RunReport {
  func write(_ format: OutputFormat) throws {
    switch format {
    case .table: try Console.write(text)
    case .json: try Console.write(JSONValue.object(members).text() + "\n")
    case .csv: try Console.write(CSVWriter.text(DataTable(columns: columns { _ in true })))
    }
  }

  /// A row of the members that a row can have.
  /// - Parameter isWanted: whether one of a name is.
  func columns(_ isWanted: (String) -> Bool) -> [Column] {
    members.filter { isWanted($0.name) }.compactMap { name, value -> Column? in
      switch value {
      case .number(let number): Column(name: name, numbers: [number])
      // As text where a Double has too few bits, as for some seeds.
      case .integer(let number):
        number.magnitude < 1 << 53
          ? Column(name: name, numbers: [Double(number)])
          : Column(name: name, text: [String(number)])
      case .string(let text): Column(name: name, text: [text])
      case .array(let values): Column(name: name, text: [Self.words(values)])
      case .bool(let isSo): Column(name: name, text: [isSo ? "true" : "false"])
      case .object: nil
      default: Column(name: name, text: [nil])
      }
    }
  }

  /// What was run, in words.
  static func title(_ name: String, _ parameters: [(name: String, value: JSONValue)]) -> String {
    let words = parameters.map { name, value in
      let words = name.replacing("_", with: " ")
      return switch value {
      case .number(let number): "\(words) \(number.rounded(significantDigits: 6))"
      case .integer(let number): "\(words) \(number)"
      case .string(let text): text
      case .array(let values): "\(words) \(Self.words(values))"
      default: words
      }
    }
    return (["Monte Carlo: \(name)"] + words).joined(separator: ", ")
  }

  /// A title, and below it what there is to say, each with its name.
  static func table(_ title: String, _ rows: [(label: String, value: String)]) -> String {
    var table = TextTable(columns: [.init(""), .init("", isElastic: true)])
    table.hasHeader = false
    table.rows = rows.map { [.text($0.label), .text($0.value)] }
    return Console.bold(title) + "\n" + table.text(width: Console.width)
  }

  /// Numbers and words as they are written on the command line.
  private static func words(_ values: [JSONValue]) -> String {
    values.map { value in
      if case .string(let text) = value { return text }
      return value.text().filter { !$0.isWhitespace }
    }.joined(separator: ",")
  }
}

extension JSONValue {
  /// A key of random numbers, of which the largest are too large for a number.
  static func seed(_ seed: UInt64) -> JSONValue {
    Int(exactly: seed).map { .integer($0) } ?? .string(String(seed))
  }
}
