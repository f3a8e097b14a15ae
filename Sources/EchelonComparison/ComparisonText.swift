import Foundation

/// Numbers of figures as people read them, three digits each.
enum ComparisonText {
  static func asked(_ requirement: Requirement) -> String {
    switch requirement {
    case .time(let bound): "≤ \(time(bound))"
    case .rate(let bound): "≥ \(rate(bound))"
    case .ratio(let bound): "ratio ≤ \(plain(bound))"
    case .difference(let bound): "difference ≤ \(time(bound))"
    case .none: "for comparison"
    }
  }

  static func judged(_ requirement: Requirement, _ value: MedianInterval) -> String {
    switch requirement {
    case .time, .difference: interval(value, time)
    case .rate: interval(value, rate)
    case .ratio: interval(value, plain)
    case .none: ""
    }
  }

  static func interval(_ value: MedianInterval, _ format: (Double) -> String) -> String {
    "\(format(value.median)) [\(format(value.low)), \(format(value.high))]"
  }

  static func rate(_ value: Double) -> String {
    value >= 1e6 ? "\(digits(value / 1e6)) M/s" : "\(digits(value / 1e3)) k/s"
  }

  static func time(_ seconds: Double) -> String {
    switch abs(seconds) {
    case 1...: "\(digits(seconds)) s"
    case 1e-3...: "\(digits(seconds * 1e3)) ms"
    case 1e-6...: "\(digits(seconds * 1e6)) µs"
    default: "\(digits(seconds * 1e9)) ns"
    }
  }

  /// Three digits behind the point; below 0.01, where they would not be three that count, three that do.
  static func plain(_ value: Double) -> String {
    let steps =
      0 < abs(value) && abs(value) < 0.01 ? pow(10, 2 - log10(abs(value)).rounded(.down)) : 1000
    return "\((value * steps).rounded() / steps)"
  }

  /// `3 figures`, `1 figure`.
  static func count(_ value: Int, _ noun: String) -> String {
    "\(value) \(noun)\(value == 1 ? "" : "s")"
  }

  /// Three digits that count.
  static func digits(_ value: Double) -> String {
    switch abs(value) {
    case 100...: "\(Int(value.rounded()))"
    case 10...: "\((value * 10).rounded() / 10)"
    case 0.1...: "\((value * 100).rounded() / 100)"
    default: "\((value * 1000).rounded() / 1000)"
    }
  }
}

/// The Markdown table for the README.
public enum ComparisonTable {
  /// The lines above the rows.
  public static let head = """
    | Echelon | beside it | asked for | judged by: median [95 %] | ratio of times [95 %] | verdict |
    | --- | --- | --- | --- | --- | --- |
    """

  /// The line of a figure.
  public static func row(_ figure: MeasuredFigure) -> String {
    let cells = [
      "\(figure.title): \(ComparisonText.time(figure.echelon.median))",
      "\(figure.rivalTitle): \(ComparisonText.time(figure.rival.median))",
      ComparisonText.asked(figure.requirement),
      ComparisonText.judged(figure.requirement, figure.judged),
      ComparisonText.interval(figure.ratio, ComparisonText.plain),
      figure.isMet.map { $0 ? "met" : "**not met**" } ?? "",
    ]
    return "| \(cells.joined(separator: " | ")) |"
  }
}
