import EchelonMemory
import Glibc

extension Chart {
  /// How many values are in each of some ranges.
  /// - Parameters:
  ///   - edges: one more than there are counts, ascending; none without values.
  ///   - name: of the values.
  package static func histogram(edges: [Double], counts: [Int], of name: String) -> Chart {
    let heights = counts.map(Double.init)
    return Chart(
      title: "Distribution of \(name)", x: Axis(name, showing: [edges]),
      y: Axis("Count", showing: [heights], margin: 0.03, includesZero: true).from(0),
      marks: [.bars(edges: edges, heights: heights)])
  }

  /// Lines over a common x.
  /// - Parameter words: of x, where its numbers are places among these.
  package static func series(
    x: [Double], named xName: String, words: [String]? = nil, isLogarithmic: (x: Bool, y: Bool),
    _ lines: [(name: String, x: [Double]?, y: [Double])]
  ) -> Chart {
    let xScale: Axis.Scale = words.map { .labels($0) } ?? (isLogarithmic.x ? .logarithmic : .linear)
    return Chart(
      title: lines.map(\.name).joined(separator: ", "),
      x: Axis(xName, scale: xScale, showing: lines.map { $0.x ?? x }),
      y: Axis(
        lines.count == 1 ? lines[0].name : "",
        scale: isLogarithmic.y ? .logarithmic : .linear, showing: lines.map(\.y), margin: 0.04),
      marks: lines.enumerated().map { index, line in
        .line(Points(x: line.x ?? x, y: line.y), Style(index, name: line.name))
      })
  }

  /// Clouds of points, with the line that fits them.
  package static func scatter(
    x xName: String, y yName: String, isLogarithmic: (x: Bool, y: Bool),
    _ groups: [(name: String?, points: Points)], hasFit: Bool
  ) -> Chart {
    var chart = Chart(
      title: "\(yName) over \(xName)",
      x: Axis(
        xName, scale: isLogarithmic.x ? .logarithmic : .linear, showing: groups.map(\.points.x),
        margin: 0.03),
      y: Axis(
        yName, scale: isLogarithmic.y ? .logarithmic : .linear, showing: groups.map(\.points.y),
        margin: 0.04),
      marks: groups.enumerated().map { index, group in
        .points(group.points, Style(index, name: group.name))
      })
    // Straight on the paper: of the logarithms where an axis has them.
    func shown(_ value: Double, _ isLogarithmic: Bool) -> Double {
      isLogarithmic ? log10(value) : value
    }
    let all = Points(
      x: groups.flatMap { $0.points.x.map { shown($0, isLogarithmic.x) } },
      y: groups.flatMap { $0.points.y.map { shown($0, isLogarithmic.y) } })
    if hasFit, let fit = LinearFit(all) {
      let series = groups.count > 1 ? Palette.series.count - 1 : 1
      let ends = [chart.x.low, chart.x.high]
      let y = ends.map { fit.value(at: shown($0, isLogarithmic.x)) }
      chart.marks.append(
        .line(
          Points(x: ends, y: isLogarithmic.y ? y.map { pow(10, $0) } : y),
          Style(series, name: groups.count > 1 ? "fit" : nil)))
      chart.notes.append(
        fit.equation(x: isLogarithmic.x ? "log10(x)" : "x", y: isLogarithmic.y ? "log10(y)" : "y"))
    }
    return chart
  }

  /// What each of some processes was at when.
  /// - Parameters:
  ///   - lanes: their names.
  ///   - done: in seconds, in the order in which they began.
  package static func timeLine(lanes: [String], done: [Span], failed: [Span]) -> Chart {
    var marks: [Mark] = [.spans(done, Style(0, name: "done"))]
    if !failed.isEmpty { marks.append(.spans(failed, Style(1, name: "failed"))) }
    let ends = (done + failed).map(\.end)
    return Chart(
      title: "What each worker did", x: Axis("Time (s)", showing: [ends], includesZero: true),
      y: Axis("", scale: .categories(lanes), showing: []), marks: marks)
  }

  /// The correlation of every two columns.
  /// - Parameter values: row by row; NaN where there is none.
  package static func correlations(_ values: [[Double]], of names: [String]) -> Chart {
    Chart(
      title: "Correlations", x: Axis("", scale: .categories(names), showing: []),
      y: Axis("", scale: .categories(names), showing: []), marks: [.cells(values)])
  }

  /// How an estimate settles as samples are added, with its interval and the true value where that is known.
  /// - Parameters:
  ///   - counts: how many samples each estimate has.
  ///   - halfWidths: of the intervals; not finite where there is none.
  package static func convergence(
    of name: String, counts: [Double], estimates: [Double], halfWidths: [Double], exact: Double?
  ) -> Chart {
    let low = zip(estimates, halfWidths).map { $0 - $1 }
    let high = zip(estimates, halfWidths).map { $0 + $1 }
    // The first estimates are far off; the later half of the picture is about the others.
    let settled = counts.indices.filter { counts[$0] * 100 >= (counts.last ?? 0) }
    let shown = settled.map { low[$0] } + settled.map { high[$0] } + settled.map { estimates[$0] }
    var marks: [Mark] = [
      .band(x: counts, low: low, high: high, Style(0, name: "95 % interval")),
      .line(Points(x: counts, y: estimates), Style(0, name: "estimate")),
    ]
    if let exact { marks.append(.rule(y: exact, Style(1, name: "true value", isDashed: true))) }
    return Chart(
      title: "Convergence of \(name)",
      x: Axis("Samples", scale: .logarithmic, showing: [counts]),
      y: Axis("Estimate", showing: [shown, exact.map { [$0] } ?? []], margin: 0.25), marks: marks)
  }
}

extension Axis {
  /// The same from a value on that is no higher than all there is.
  fileprivate func from(_ low: Double) -> Axis {
    var axis = Axis(label, scale: scale, showing: [[low, high]])
    axis.label = label
    return axis
  }
}

/// The straight line with the least squares of its vertical distances to some points.
package struct LinearFit: Sendable, Equatable {
  package let slope, intercept: Double
  /// The part of the variance of y that the line explains.
  package let rSquared: Double
  /// How many points there are.
  package let count: Int

  /// Nil for fewer than two different x. Points with something missing are left out.
  package init?(_ points: Chart.Points) {
    let pairs = zip(points.x, points.y).filter { $0.isFinite && $1.isFinite }
    let n = Double(pairs.count)
    let meanX = pairs.reduce(0) { $0 + $1.0 / n }
    let meanY = pairs.reduce(0) { $0 + $1.1 / n }
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for (x, y) in pairs {
      xx += (x - meanX) * (x - meanX)
      xy += (x - meanX) * (y - meanY)
      yy += (y - meanY) * (y - meanY)
    }
    guard pairs.count > 1, xx > 0, (xy / xx).isFinite, yy.isFinite else { return nil }
    slope = xy / xx
    intercept = meanY - slope * meanX
    rSquared = yy > 0 ? min(1, xy / xx * (xy / yy)) : 1
    count = pairs.count
  }

  package func value(at x: Double) -> Double { intercept + slope * x }

  /// `y = 1.2 + 3.4 x, R² = 0.95, n = 100`.
  package func equation(x: String = "x", y: String = "y") -> String {
    let (a, b) = (intercept.rounded(significantDigits: 5), abs(slope).rounded(significantDigits: 5))
    return "\(y) = \(a) \(slope < 0 ? "−" : "+") \(b) \(x),  "
      + "R² = \(rSquared.rounded(significantDigits: 4)),  n = \(count)"
  }
}
