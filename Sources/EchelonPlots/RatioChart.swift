/// Ratios as bars from 1 on a logarithmic axis, one below the other in groups, each with its interval: what is below 1,
/// what is above and what is neither differ in colour and in direction.
package struct RatioChart: Sendable {
  /// A bar.
  package struct Row: Sendable {
    let title, subtitle: String
    let value, low, high: Double
    let text: String

    /// - Parameters:
    ///   - subtitle: stands below the title, smaller.
    ///   - value: above 0, as are the ends of its interval.
    ///   - text: the numbers, as they stand at the right.
    package init(
      title: String, subtitle: String, value: Double, low: Double, high: Double, text: String
    ) {
      (self.title, self.subtitle, self.text) = (title, subtitle, text)
      (self.value, self.low, self.high) = (value, low, high)
    }

    /// Nil where the interval has 1 in it.
    fileprivate var isBelow: Bool? { high < 1 ? true : low > 1 ? false : nil }
  }

  /// Rows under a heading.
  package struct Group: Sendable {
    let title: String
    let rows: [Row]

    package init(title: String, rows: [Row]) { (self.title, self.rows) = (title, rows) }
  }

  private let title: String
  private let low, high, even: String
  private let groups: [Group]
  private let axis: Axis

  /// - Parameters:
  ///   - low: what it means that a whole interval lies below 1.
  ///   - high: what it means that a whole interval lies above 1.
  ///   - even: what it means that neither is so.
  package init(title: String, low: String, high: String, even: String, groups: [Group]) {
    (self.title, self.groups) = (title, groups)
    (self.low, self.high, self.even) = (low, high, even)
    let values = groups.flatMap(\.rows).flatMap { [$0.value, $0.low, $0.high] }
    axis = Axis("", scale: .logarithmic, showing: [values, [0.5, 2]], margin: 0.03)
  }

  private static let width = 1100.0
  private static let plot = (left: 430.0, right: 920.0)
  private static let (top, rowHeight, groupHeight, bottom) = (84.0, 31.0, 30.0, 30.0)

  /// The chart as an SVG document, as high as its rows need.
  package func svg(isInPage: Bool = false) -> String {
    let rowCount = groups.reduce(0) { $0 + $1.rows.count }
    let end =
      Self.top + Double(rowCount) * Self.rowHeight + Double(groups.count) * Self.groupHeight
    let size = Size(width: Self.width, height: end + Self.bottom)
    var canvas = SVGCanvas(size: size, isInPage: isInPage)
    canvas.fill(
      Rectangle(x: 0, y: 0, width: size.width, height: size.height), Paint(.background))
    canvas.text(title, at: Point(x: 0, y: 18), TextStyle(size: 15, isBold: true), Paint(.ink))
    drawLegend(on: &canvas)
    drawGrid(from: Self.top - 4, to: end + 4, on: &canvas)
    var y = Self.top
    for group in groups {
      canvas.text(
        group.title, at: Point(x: 0, y: y + 20), TextStyle(size: 13, isBold: true), Paint(.ink))
      y += Self.groupHeight
      for row in group.rows {
        draw(row, at: y, on: &canvas)
        y += Self.rowHeight
      }
    }
    return canvas.document(title: title)
  }

  private static func paint(_ isBelow: Bool?) -> Paint {
    switch isBelow {
    case true: Paint(.series(0), opacity: 0.85)
    case false: Paint(.series(1), opacity: 0.85)
    case nil: Paint(.muted, opacity: 0.55)
    }
  }

  private func drawLegend(on canvas: inout SVGCanvas) {
    var x = 0.0
    for (words, isBelow) in [(low, true), (high, false), (even, nil)] as [(String, Bool?)] {
      canvas.fill(Rectangle(x: x, y: 33, width: 12, height: 12), Self.paint(isBelow))
      canvas.text(words, at: Point(x: x + 18, y: 43), TextStyle(), Paint(.ink))
      x += 18 + TextStyle().width(of: words) + 22
    }
  }

  private func x(_ value: Double) -> Double {
    let place = min(1, max(0, axis.position(value) ?? 0))
    return Self.plot.left + place * (Self.plot.right - Self.plot.left)
  }

  private func drawGrid(from top: Double, to bottom: Double, on canvas: inout SVGCanvas) {
    let style = TextStyle(size: 11, anchor: .middle)
    for tick in axis.ticks(atMost: 9) {
      let x = x(tick.value)
      canvas.stroke(
        [Point(x: x, y: top), Point(x: x, y: bottom)], Paint(.grid), width: 1, isDashed: false)
      canvas.text(tick.text, at: Point(x: x, y: top - 6), style, Paint(.muted))
      canvas.text(tick.text, at: Point(x: x, y: bottom + 15), style, Paint(.muted))
    }
    canvas.stroke(
      [Point(x: x(1), y: top), Point(x: x(1), y: bottom)], Paint(.ink), width: 1.2, isDashed: false)
  }

  private func draw(_ row: Row, at y: Double, on canvas: inout SVGCanvas) {
    let room = Self.plot.left - 16
    let (large, small) = (TextStyle(size: 12), TextStyle(size: 10.5))
    canvas.text(large.fitted(row.title, to: room), at: Point(x: 0, y: y + 12), large, Paint(.ink))
    canvas.text(
      small.fitted(row.subtitle, to: room), at: Point(x: 0, y: y + 25), small, Paint(.muted))
    let (one, end) = (x(1), x(row.value))
    canvas.fill(
      Rectangle(x: min(one, end), y: y + 6, width: max(1.5, abs(end - one)), height: 14),
      Self.paint(row.isBelow))
    let (from, to) = (x(row.low), x(row.high))
    canvas.stroke(
      [Point(x: from, y: y + 13), Point(x: to, y: y + 13)], Paint(.ink), width: 1.5, isDashed: false
    )
    for end in [from, to] {
      canvas.stroke(
        [Point(x: end, y: y + 9), Point(x: end, y: y + 17)], Paint(.ink), width: 1.5,
        isDashed: false)
    }
    canvas.text(row.text, at: Point(x: Self.plot.right + 14, y: y + 17), large, Paint(.ink))
  }
}
