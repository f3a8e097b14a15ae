import EchelonPlots

/// How costs grow, as curves and tables.
extension ComparisonPage {
  func addGrowths(_ growths: [MeasuredGrowth], to page: inout HTMLPage) {
    guard !growths.isEmpty else { return }
    page.heading("How cost grows")
    page.paragraph(
      "What one task, chunk or byte costs, of few and of many, and what all of some work takes by few and by many workers: "
        + "medians, with the 95 % interval as an area. Both axes are logarithmic. "
        + "Flat means that from a size on, which the table names, the largest cost is at most so many times the least; below "
        + "it are fixed costs, such as a first wake-up, which are to be paid once, and work that is over before a second "
        + "worker is awake.")
    let sizes = Size(width: 560, height: 360)
    page.charts(growths.map { (GrowthChart.chart(of: $0), sizes) })
    page.table(
      [
        ("Growth", false), ("Echelon", false), ("Beside it", false), ("Asked for", false),
        ("Judged by [95 %]", true), ("Verdict", false), ("Least", true), ("Largest", true),
        ("Left out", false),
      ], growths.map(Self.row))
    page.details("Costs of all sizes", isOpen: false) { page in
      page.table(
        [
          ("Growth", false), ("Size", true), ("Echelon [95 %]", true), ("Beside it [95 %]", true),
          ("Ratio [95 %]", true), ("Times", true),
        ], growths.flatMap(Self.rows))
    }
  }

  private static func row(_ growth: MeasuredGrowth) -> [HTMLPage.Cell] {
    let verdict: HTMLPage.Cell =
      switch growth.isMet {
      case true: .text("met")
      case false: .failure("not met")
      case nil: .text("not measured")
      }
    func end(_ point: MeasuredGrowth.Point?) -> HTMLPage.Cell {
      .number(
        point.map {
          "\(ComparisonText.cost($0.cost.median, growth)) at \(ComparisonText.size($0.size, growth))"
        } ?? "")
    }
    return [
      .text(growth.name), .text(growth.title), .text(growth.rivalTitle ?? ""),
      .text(ComparisonText.asked(growth)), .number(ComparisonText.judged(growth)), verdict,
      end(growth.points.min { $0.cost.median < $1.cost.median }),
      end(growth.points.max { $0.cost.median < $1.cost.median }),
      .text(growth.leftOut.joined(separator: "; ")),
    ]
  }

  private static func rows(_ growth: MeasuredGrowth) -> [[HTMLPage.Cell]] {
    growth.points.map { point in
      func cost(_ interval: MedianInterval?) -> HTMLPage.Cell {
        .number(
          interval.map { ComparisonText.interval($0) { ComparisonText.cost($0, growth) } } ?? "")
      }
      return [
        .text(growth.name), .number(ComparisonText.size(point.size, growth)), cost(point.cost),
        cost(point.rivalCost),
        .number(point.ratio.map { ComparisonText.interval($0, ComparisonText.digits) } ?? ""),
        .number("\(point.echelon.count)"),
      ]
    }
  }
}

/// The curves of a growth.
enum GrowthChart {
  static func chart(of growth: MeasuredGrowth) -> Chart {
    let (factor, unit) = scale(of: growth)
    let points = growth.points
    let sizes = points.map { Double($0.size) }
    func scaled(_ intervals: [MedianInterval]) -> (mid: [Double], low: [Double], high: [Double]) {
      (
        intervals.map { $0.median * factor }, intervals.map { $0.low * factor },
        intervals.map { $0.high * factor }
      )
    }
    let echelon = scaled(points.map(\.cost))
    let besideIt = points.filter { $0.rivalCost != nil }
    let rivalSizes = besideIt.map { Double($0.size) }
    let rival = scaled(besideIt.compactMap(\.rivalCost))
    let bound = bound(of: growth, sizes, echelon.mid, rival.mid, factor)
    var marks: [Chart.Mark] = []
    func add(
      _ x: [Double], _ curve: (mid: [Double], low: [Double], high: [Double]), _ series: Int,
      _ name: String
    ) {
      marks += [
        .band(x: x, low: curve.low, high: curve.high, Chart.Style(series)),
        .line(Chart.Points(x: x, y: curve.mid), Chart.Style(series, name: name)),
        .points(Chart.Points(x: x, y: curve.mid), Chart.Style(series)),
      ]
    }
    if !besideIt.isEmpty { add(rivalSizes, rival, 1, rivalName(growth)) }
    add(sizes, echelon, 0, "Echelon")
    if let bound {
      marks.append(
        .line(
          Chart.Points(x: bound.x, y: bound.y),
          Chart.Style(7, name: ComparisonText.asked(growth), isDashed: true)))
    }
    var chart = Chart(
      title: growth.name,
      x: Axis(growth.quantity.axis, scale: .logarithmic, showing: [sizes], margin: 0.03),
      y: Axis(
        unit, scale: .logarithmic,
        showing: [
          echelon.low, echelon.high, rival.low, rival.high, bound?.y ?? [],
          // Room enough that what is almost flat looks so.
          [(echelon.mid.min() ?? 1) / 2, (echelon.mid.max() ?? 1) * 2],
        ], margin: 0.04), marks: marks)
    chart.notes = [growth.title] + growth.leftOut.map { "left out: \($0)" }
    return chart
  }

  private static func rivalName(_ growth: MeasuredGrowth) -> String {
    let title = growth.rivalTitle ?? "beside it"
    return title.count > 60 ? "beside it" : title
  }

  /// The cost that is not to be passed, where that is one number over the sizes that it holds for.
  private static func bound(
    of growth: MeasuredGrowth, _ sizes: [Double], _ echelon: [Double], _ rival: [Double],
    _ factor: Double
  ) -> (x: [Double], y: [Double])? {
    func line(_ from: Int, _ y: Double?) -> (x: [Double], y: [Double])? {
      let x = sizes.filter { $0 >= Double(from) }
      guard let y, x.count > 1 else { return nil }
      return (x, x.map { _ in y })
    }
    switch growth.rule {
    case .flat(let within, let from, _):
      let least = zip(sizes, echelon).filter { $0.0 >= Double(from) }.map(\.1).min()
      return line(from, least.map { $0 * within })
    case .cost(let most, let from): return line(from, most * factor)
    case .ratio: return nil
    }
  }

  /// What numbers are multiplied with, so that they have few zeros, and the label of their axis.
  private static func scale(of growth: MeasuredGrowth) -> (factor: Double, label: String) {
    let each = growth.quantity.each
    guard growth.unit == .seconds else { return (1, "Bytes\(each)") }
    let largest = growth.points.map(\.cost.median).max() ?? 1
    return switch largest {
    case 1...: (1, "Time\(each) (s)")
    case 1e-3...: (1e3, "Time\(each) (ms)")
    case 1e-6...: (1e6, "Time\(each) (µs)")
    default: (1e9, "Time\(each) (ns)")
    }
  }
}

extension MeasuredGrowth.Quantity {
  fileprivate var axis: String {
    switch self {
    case .tasks: "Tasks"
    case .chunks: "Chunks"
    case .bytes: "Bytes"
    case .workers: "Workers"
    }
  }

  fileprivate var each: String {
    switch self {
    case .tasks: " of a task"
    case .chunks: " of a chunk"
    case .bytes: " of a byte"
    case .workers: ""
    }
  }
}
