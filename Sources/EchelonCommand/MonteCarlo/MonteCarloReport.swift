import Echelon
import EchelonFiles

/// The outcome of a Monte Carlo run, beside the true value where that is known.
struct MonteCarloReport {
  let name: String
  let parameters: [(name: String, value: JSONValue)]
  let estimate: MonteCarloEstimate
  /// Where it is known.
  let exact: Double?
  /// What the standard error does not say.
  let note: String?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private static let level = 0.95

  private var interval: ClosedRange<Double> { estimate.confidenceInterval(Self.level) }
  /// The error in standard errors: beyond ±2 for one seed in twenty.
  private var deviation: Double? { error.map { $0 / estimate.standardError } }
  private var error: Double? { exact.map { estimate.mean - $0 } }
  private var rate: Double { Double(estimate.sampleCount) / seconds }

  func write(_ format: OutputFormat) throws {
    switch format {
    case .table: try Console.write(table)
    case .json: try Console.write(JSONValue.object(members).text() + "\n")
    case .csv:
      let columns = members.map { name, value in
        switch value {
        case .number(let number): Column(name: name, numbers: [number])
        case .integer(let number): Column(name: name, numbers: [Double(number)])
        case .string(let text): Column(name: name, text: [text])
        case .array(let values): Column(name: name, text: [Self.words(values)])
        default: Column(name: name, text: [nil])
        }
      }
      try Console.write(CSVWriter.text(DataTable(columns: columns)))
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

  /// Numbers as they are written on the command line.
  private static func words(_ values: [JSONValue]) -> String {
    values.map { $0.text().filter { !$0.isWhitespace } }.joined(separator: ",")
  }

  private func optional(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }

  private var members: [(name: String, value: JSONValue)] {
    [("run", .string(name))] + parameters + [
      ("samples", .integer(estimate.sampleCount)),
      ("seed", Int(exactly: seed).map { .integer($0) } ?? .string(String(seed))),
      ("estimate", .number(estimate.mean)), ("standard_error", .number(estimate.standardError)),
      ("interval_low", .number(interval.lowerBound)),
      ("interval_high", .number(interval.upperBound)), ("exact", optional(exact)),
      ("error", optional(error)), ("error_in_standard_errors", optional(deviation)),
      ("seconds", .number(seconds)),
      ("samples_per_second", .number(rate)), ("workers", .integer(workerCount)),
    ] + (note.map { [("note", .string($0))] } ?? [])
  }

  private var table: String {
    // As many digits as the standard error gives a meaning, and two more to see it.
    func digits(_ value: Double) -> String {
      let size = max(abs(estimate.mean), .leastNormalMagnitude)
      var significant = 3
      var unit = size
      while unit > estimate.standardError, significant < 16 {
        unit /= 10
        significant += 1
      }
      return value.rounded(significantDigits: significant)
    }
    var table = TextTable(columns: [.init(""), .init("", isElastic: true)])
    table.hasHeader = false
    let title = Self.title(name, parameters)
    func add(_ label: String, _ value: String) { table.rows.append([.text(label), .text(value)]) }
    add("Estimate", digits(estimate.mean))
    add("Standard error", estimate.standardError.rounded(significantDigits: 3))
    add("95 % interval", "\(digits(interval.lowerBound)) to \(digits(interval.upperBound))")
    if let exact, let error, let deviation {
      add("True value", digits(exact))
      add(
        "Error",
        "\(error.rounded(significantDigits: 3)), "
          + "\(deviation.rounded(significantDigits: 2)) standard errors")
    }
    if let note { add("Note", note) }
    add("Samples", "\(NumberText.grouped(estimate.sampleCount)), seed \(seed)")
    add(
      "Time",
      "\(NumberText.time(seconds: seconds)), \(NumberText.rate(rate, unit: " samples")), "
        + NumberText.count(workerCount, "worker"))
    return Console.bold(title) + "\n" + table.text(width: Console.width)
  }
}
