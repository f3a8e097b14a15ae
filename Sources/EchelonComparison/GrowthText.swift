/// Numbers of growths as people read them.
extension ComparisonText {
  static func cost(_ value: Double, _ growth: MeasuredGrowth) -> String {
    growth.unit == .seconds ? time(value) : "\(digits(value)) bytes"
  }

  /// `1,000`, or `4 KiB` where sizes are bytes.
  static func size(_ size: Int, _ growth: MeasuredGrowth) -> String {
    guard growth.quantity == .bytes else { return grouped(size) }
    var (value, unit) = (size, 0)
    while value >= 1024, value.isMultiple(of: 1024), unit < 3 {
      value /= 1024
      unit += 1
    }
    return "\(value) \(["bytes", "KiB", "MiB", "GiB"][unit])"
  }

  /// With a comma before every three digits.
  static func grouped(_ value: Int) -> String {
    let digits = String(value)
    return digits.enumerated().map { index, digit in
      index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
    }.joined()
  }

  static func asked(_ growth: MeasuredGrowth) -> String {
    switch growth.rule {
    case .flat(let bound, let from, _):
      "flat within \(plain(bound)) from \(size(from, growth)) on"
    case .cost(let bound, let from):
      "≤ \(cost(bound, growth)) from \(size(from, growth)) on"
    case .ratio(let bound, let at): "ratio ≤ \(plain(bound)) at \(size(at, growth))"
    }
  }

  static func judged(_ growth: MeasuredGrowth) -> String {
    let finding = growth.judged
    guard finding.size > 0 else { return "" }
    let format: (Double) -> String =
      if case .cost = growth.rule { { cost($0, growth) } } else { plain }
    return "\(format(finding.median)) [\(format(finding.low)), \(format(finding.high))] at "
      + size(finding.size, growth)
  }
}

/// The Markdown table of growths.
public enum GrowthTable {
  /// The lines above the rows.
  public static let head = """
    | how cost grows | beside it | asked for | judged by: median [95 %] | costs by size (beside it) | verdict |
    | --- | --- | --- | --- | --- | --- |
    """

  /// The line of a growth.
  public static func row(_ growth: MeasuredGrowth) -> String {
    let costs = growth.points.map { point in
      let rival = point.rivalCost.map { " (\(ComparisonText.cost($0.median, growth)))" } ?? ""
      return "\(ComparisonText.size(point.size, growth)): "
        + "\(ComparisonText.cost(point.cost.median, growth))\(rival)"
    }
    let cells = [
      "\(growth.name): \(growth.title)", growth.rivalTitle ?? "", ComparisonText.asked(growth),
      ComparisonText.judged(growth),
      (costs + growth.leftOut.map { "left out: \($0)" }).joined(separator: "; "),
      growth.isMet.map { $0 ? "met" : "**not met**" } ?? "not measured",
    ]
    return "| \(cells.joined(separator: " | ")) |"
  }
}
