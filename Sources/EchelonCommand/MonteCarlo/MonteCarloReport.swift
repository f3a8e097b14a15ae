import Echelon
import EchelonFiles

/// The outcome of a Monte Carlo run, beside the true value where that is known.
struct MonteCarloReport<Estimate: RunEstimate>: RunReport {
  let name: String
  let parameters: [(name: String, value: JSONValue)]
  let estimate: Estimate
  /// Where it is known.
  let exact: Double?
  /// What the standard error does not say.
  let note: String?
  /// Where they were asked for.
  let quantiles: SampleQuantiles?
  /// How far an earlier run had come, where there was one.
  let resumed: Estimate.State?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private static var level: Double { 0.95 }
  /// Of fewer samples an interval by the normal distribution is too short.
  private static var fewSamples: Int { 200 }

  /// What the figures do not say; replicates have an interval for few of them.
  private var allNotes: String? {
    let isShort = estimate.spread != nil && estimate.sampleCount < Self.fewSamples
    let few =
      isShort
      ? "few samples: the interval contains the true value less often than it says; take some hundreds and more"
      : nil
    let notes = [note, few].compactMap { $0 }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }

  private var interval: ClosedRange<Double> { estimate.confidenceInterval(Self.level) }
  /// The error in standard errors: beyond ±2 for one seed in twenty.
  private var deviation: Double? {
    estimate.isErrorKnown ? error.map { $0 / estimate.standardError } : nil
  }
  private var error: Double? { exact.map { estimate.mean - $0 } }
  private var rate: Double { Double(estimate.sampleCount - (resumed?.sampleCount ?? 0)) / seconds }

  /// The whole line has no ends.
  private func bound(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
  private func optional(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }

  /// One member for each, so that a row of a table has them, too.
  private var quantileMembers: [(name: String, value: JSONValue)] {
    guard let quantiles else { return [] }
    return zip(quantiles.probabilities, quantiles.values).map {
      ("quantile_\($0)", .number($1))
    } + [("quantile_samples", .integer(quantiles.sampleCount))]
  }

  var members: [(name: String, value: JSONValue)] {
    [("run", .string(name))] + parameters + [
      ("samples", .integer(estimate.sampleCount)),
      ("seed", .seed(seed)),
      ("estimate", .number(estimate.mean)), ("standard_error", .number(estimate.standardError)),
      ("error_known", .bool(estimate.isErrorKnown)),
      ("interval_low", bound(interval.lowerBound)), ("interval_high", bound(interval.upperBound)),
      ("exact", optional(exact)),
      ("error", optional(error)), ("error_in_standard_errors", optional(deviation)),
    ] + (estimate.spread?.members ?? []) + quantileMembers + [
      ("seconds", .number(seconds)),
      ("samples_per_second", .number(rate)), ("workers", .integer(workerCount)),
    ]
      + (resumed.map {
        [
          ("resumed_samples", .integer($0.sampleCount)),
          ("resumed_seconds", .number($0.elapsedTime.seconds)),
        ]
      } ?? [])
      + (allNotes.map { [("note", .string($0))] } ?? [])
  }

  /// Why the error is not known.
  private static func unknownError(_ estimate: Estimate) -> String {
    guard estimate.mean.isFinite, !(estimate.standardError > 0) else {
      return "samples, or their squares, are not finite"
    }
    return estimate.spread == nil
      ? "all replicates were equal"
      : "all samples were equal, and what happens rarely may not have happened yet"
  }

  var text: String {
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
    var rows: [(String, String)] = []
    func add(_ label: String, _ value: String) { rows.append((label, value)) }
    add("Estimate", digits(estimate.mean))
    if estimate.isErrorKnown {
      add("Standard error", estimate.standardError.rounded(significantDigits: 3))
      add("95 % interval", "\(digits(interval.lowerBound)) to \(digits(interval.upperBound))")
    } else {
      add("Standard error", "not known: " + Self.unknownError(estimate))
    }
    if let exact, let error {
      add("True value", digits(exact))
      add(
        "Error",
        error.rounded(significantDigits: 3)
          + (deviation.map { ", \($0.rounded(significantDigits: 2)) standard errors" } ?? ""))
    }
    if let spread = estimate.spread {
      func short(_ value: Double) -> String { value.rounded(significantDigits: 4) }
      add(
        "A sample",
        "\(short(spread.minimum)) to \(short(spread.maximum)), variance \(short(spread.variance))"
          + (spread.skewness.isNaN ? "" : ", skewness \(short(spread.skewness))"))
    }
    if let quantiles {
      let all = zip(quantiles.probabilities, quantiles.values).map {
        "\(($0 * 100).rounded(significantDigits: 6)) %: \($1.rounded(significantDigits: 6))"
      }
      let part =
        quantiles.sampleCount < estimate.sampleCount
        ? ", of the first \(NumberText.grouped(quantiles.sampleCount)) samples" : ""
      add("Quantiles", all.joined(separator: ", ") + part)
    }
    if let allNotes { add("Note", allNotes) }
    add("Samples", "\(NumberText.grouped(estimate.sampleCount)), seed \(seed)")
    if let resumed {
      add(
        "Before",
        "\(NumberText.grouped(resumed.sampleCount)) of them in the run that was saved, in "
          + NumberText.time(seconds: resumed.elapsedTime.seconds))
    }
    add(
      "Time",
      "\(NumberText.time(seconds: seconds)), \(NumberText.rate(rate, unit: " samples")), "
        + NumberText.count(workerCount, "worker"))
    return Self.table(Self.title(name, parameters), rows)
  }
}
