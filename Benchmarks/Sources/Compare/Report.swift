/// The Markdown table for the README.
enum Report {
  static let head = """
    | Echelon | beside it | asked for | judged by: median [95 %] | ratio of times [95 %] | verdict |
    | --- | --- | --- | --- | --- | --- |
    """

  static func row(_ measured: PairedMeasurement) -> String {
    let figure = measured.figure
    let cells = [
      "\(figure.title): \(time(measured.echelon.median))",
      "\(figure.rivalTitle): \(time(measured.rival.median))",
      asked(figure.requirement),
      judged(figure.requirement, measured.judged),
      interval(measured.ratio) { plain($0) },
      measured.isMet.map { $0 ? "met" : "**not met**" } ?? "",
    ]
    return "| \(cells.joined(separator: " | ")) |"
  }

  private static func asked(_ requirement: Requirement) -> String {
    switch requirement {
    case .time(let bound): "≤ \(time(bound))"
    case .rate(let bound): "≥ \(rate(bound))"
    case .ratio(let bound): "ratio ≤ \(plain(bound))"
    case .difference(let bound): "difference ≤ \(time(bound))"
    case .none: "for comparison"
    }
  }

  private static func judged(_ requirement: Requirement, _ value: MedianInterval) -> String {
    switch requirement {
    case .time, .difference: interval(value, time)
    case .rate: interval(value, rate)
    case .ratio: interval(value, plain)
    case .none: ""
    }
  }

  private static func interval(
    _ value: MedianInterval, _ format: (Double) -> String
  ) -> String {
    "\(format(value.median)) [\(format(value.low)), \(format(value.high))]"
  }

  private static func rate(_ value: Double) -> String {
    value >= 1e6 ? "\(digits(value / 1e6)) M/s" : "\(digits(value / 1e3)) k/s"
  }

  private static func time(_ seconds: Double) -> String {
    switch abs(seconds) {
    case 1...: "\(digits(seconds)) s"
    case 1e-3...: "\(digits(seconds * 1e3)) ms"
    case 1e-6...: "\(digits(seconds * 1e6)) µs"
    default: "\(digits(seconds * 1e9)) ns"
    }
  }

  private static func plain(_ value: Double) -> String {
    "\((value * 1000).rounded() / 1000)"
  }

  /// Three digits that count.
  private static func digits(_ value: Double) -> String {
    switch abs(value) {
    case 100...: "\(Int(value.rounded()))"
    case 10...: "\((value * 10).rounded() / 10)"
    default: "\((value * 100).rounded() / 100)"
    }
  }
}
