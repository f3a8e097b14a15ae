import Echelon
import EchelonFiles

/// The outcome of a Monte Carlo run, beside the true value.
struct MonteCarloReport {
  let name: String
  let parameters: [(name: String, value: Double)]
  let estimate: MonteCarloEstimate
  let exact: Double
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private static let level = 0.95

  private var interval: ClosedRange<Double> { estimate.confidenceInterval(Self.level) }
  /// The error in standard errors: beyond ±2 for one seed in twenty.
  private var deviation: Double { (estimate.mean - exact) / estimate.standardError }
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
        default: Column(name: name, text: [nil])
        }
      }
      try Console.write(CSVWriter.text(DataTable(columns: columns)))
    }
  }

  private var members: [(name: String, value: JSONValue)] {
    [("run", .string(name))] + parameters.map { ($0.name, .number($0.value)) } + [
      ("samples", .integer(estimate.sampleCount)),
      ("seed", Int(exactly: seed).map { .integer($0) } ?? .string(String(seed))),
      ("estimate", .number(estimate.mean)), ("standard_error", .number(estimate.standardError)),
      ("interval_low", .number(interval.lowerBound)),
      ("interval_high", .number(interval.upperBound)), ("exact", .number(exact)),
      ("error", .number(estimate.mean - exact)),
      ("error_in_standard_errors", .number(deviation)), ("seconds", .number(seconds)),
      ("samples_per_second", .number(rate)), ("workers", .integer(workerCount)),
    ]
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
    let title =
      (["Monte Carlo: \(name)"]
      + parameters.map {
        "\($0.name) \($0.value.rounded(significantDigits: 6))"
      })
      .joined(separator: ", ")
    func add(_ label: String, _ value: String) { table.rows.append([.text(label), .text(value)]) }
    add("Estimate", digits(estimate.mean))
    add("Standard error", estimate.standardError.rounded(significantDigits: 3))
    add("95 % interval", "\(digits(interval.lowerBound)) to \(digits(interval.upperBound))")
    add("True value", digits(exact))
    add(
      "Error",
      "\((estimate.mean - exact).rounded(significantDigits: 3)), "
        + "\(deviation.rounded(significantDigits: 2)) standard errors")
    add("Samples", "\(NumberText.grouped(estimate.sampleCount)), seed \(seed)")
    add(
      "Time",
      "\(NumberText.time(seconds: seconds)), \(NumberText.rate(rate, unit: " samples")), "
        + NumberText.count(workerCount, "worker"))
    return Console.bold(title) + "\n" + table.text(width: Console.width)
  }
}
