/// What stands around the marks of a chart, and where that leaves room for them.
///
///     title
///     notes, legend
///     label │ plot
///           └───────── ticks, label
struct ChartFrame {
  let chart: Chart
  let size: Size
  /// Where the marks are.
  let plot: Rectangle
  private let legendRows: [[Chart.Style]]
  private let xTicks, yTicks: [Axis.Tick]
  /// Whether words below the plot stand upright, because they are too wide.
  private let hasUprightTicks: Bool

  private static let margin = 16.0
  private static let title = TextStyle(size: 15, isBold: true)
  private static let note = TextStyle(size: 12)
  private static let tick = TextStyle(size: 11.5)
  private static let label = TextStyle(size: 12.5, anchor: .middle)
  private static let legendKey = 26.0

  init(_ chart: Chart, _ size: Size) {
    (self.chart, self.size) = (chart, size)
    let room = size.width - 2 * Self.margin
    legendRows = Self.rows(of: chart.legend, width: room)
    let top =
      Self.margin + 18 + Double(chart.notes.count) * 17 + Double(legendRows.count) * 18 + 10
    let isMap = chart.cells != nil
    // The height decides the ticks of y, those the width that is left, and that the ticks of x.
    let longest = size.width * 0.3
    let guess = max(40, size.height - top - 60)
    yTicks = chart.y.ticks(atMost: min(12, max(3, Int(guess / 42))))
    let yWidth = yTicks.map { min(longest, Self.tick.width(of: $0.text)) }.max() ?? 0
    let left = Self.margin + (chart.y.label.isEmpty ? 0 : 22) + yWidth + 8
    let width = max(20, size.width - left - Self.margin - (isMap ? 64 : 6))
    var ticks = chart.x.ticks(atMost: 10)
    func widest(_ ticks: [Axis.Tick]) -> Double {
      ticks.map { Self.tick.width(of: $0.text) }.max() ?? 0
    }
    if !isMap {
      for limit in stride(from: 10, through: 2, by: -1) {
        ticks = chart.x.ticks(atMost: limit)
        if widest(ticks) * 1.25 * Double(ticks.count) <= width { break }
      }
    }
    xTicks = ticks
    hasUprightTicks = isMap && widest(ticks) + 6 > width / Double(max(1, ticks.count))
    let below = hasUprightTicks ? min(size.height * 0.3, widest(ticks)) + 10 : 20
    let bottom = below + (chart.x.label.isEmpty ? 0 : 22) + Self.margin - 4
    plot = Rectangle(
      x: left, y: top, width: width, height: max(20, size.height - top - bottom))
  }

  // MARK: Places

  func x(_ value: Double) -> Double? {
    chart.x.position(value).map { plot.x + $0 * plot.width }
  }

  /// Upwards, but for the rows of a heat map.
  func y(_ value: Double) -> Double? {
    chart.y.position(value).map { position in
      if case .categories = chart.y.scale { return plot.y + position * plot.height }
      return plot.y + (1 - position) * plot.height
    }
  }

  /// Nil is a gap. What is far outside is not far away: some canvases do not know such numbers.
  func place(_ x: Double, _ y: Double) -> Point? {
    guard let x = self.x(x), let y = self.y(y) else { return nil }
    return Point(x: max(-1e4, min(2e4, x)), y: max(-1e4, min(2e4, y)))
  }

  // MARK: Drawing

  func drawHead(on canvas: inout some Canvas) {
    let room = size.width - 2 * Self.margin
    var y = Self.margin + 12
    canvas.text(
      Self.title.fitted(chart.title, to: room), at: Point(x: Self.margin, y: y), Self.title,
      Paint(.ink))
    y += 2
    for note in chart.notes {
      y += 17
      canvas.text(
        Self.note.fitted(note, to: room), at: Point(x: Self.margin, y: y), Self.note,
        Paint(.muted))
    }
    for row in legendRows {
      y += 18
      var x = Self.margin
      for style in row {
        drawKey(style, at: Point(x: x, y: y - 4), on: &canvas)
        let name = Self.legendText(style, room)
        canvas.text(
          name, at: Point(x: x + Self.legendKey, y: y), Self.note, Paint(.ink))
        x += Self.legendWidth(style, room)
      }
    }
  }

  private func drawKey(_ style: Chart.Style, at point: Point, on canvas: inout some Canvas) {
    let paint = Paint(.series(style.series))
    let (end, middle) = (
      Point(x: point.x + 20, y: point.y), Point(x: point.x + 10, y: point.y)
    )
    for mark in chart.marks {
      switch mark {
      case .points(_, style): canvas.dot(at: middle, radius: 4, paint)
      case .band(_, _, _, style), .spans(_, style):
        let isBand = if case .band = mark { true } else { false }
        canvas.fill(
          Rectangle(x: point.x, y: point.y - 5, width: 20, height: 10),
          Paint(.series(style.series), opacity: isBand ? Self.bandOpacity : 1))
      case .line(_, style), .rule(_, style):
        canvas.stroke([point, end], paint, width: 2, isDashed: style.isDashed)
      default: continue
      }
      return
    }
  }

  func drawGrid(on canvas: inout some Canvas) {
    for tick in yTicks {
      guard let y = y(tick.value) else { continue }
      canvas.stroke(
        [Point(x: plot.x, y: y), Point(x: plot.x + plot.width, y: y)], Paint(.grid), width: 1,
        isDashed: false)
    }
    for tick in xTicks {
      guard let x = x(tick.value) else { continue }
      canvas.stroke(
        [Point(x: x, y: plot.y), Point(x: x, y: plot.y + plot.height)], Paint(.grid), width: 1,
        isDashed: false)
    }
  }

  func drawAxes(on canvas: inout some Canvas) {
    let bottom = plot.y + plot.height
    if chart.cells == nil {
      canvas.stroke(
        [Point(x: plot.x, y: bottom), Point(x: plot.x + plot.width, y: bottom)], Paint(.muted),
        width: 1, isDashed: false)
    }
    for tick in yTicks where isRoomFor(tick, in: yTicks, length: plot.height) {
      guard let y = y(tick.value) else { continue }
      var style = Self.tick
      style.anchor = .end
      canvas.text(
        style.fitted(tick.text, to: size.width * 0.3), at: Point(x: plot.x - 7, y: y + 4), style,
        Paint(.muted))
    }
    for tick in xTicks where isRoomFor(tick, in: xTicks, length: plot.width) {
      guard let x = x(tick.value) else { continue }
      var style = Self.tick
      if hasUprightTicks {
        (style.anchor, style.turn) = (.end, -90)
        canvas.text(
          style.fitted(tick.text, to: size.height * 0.3), at: Point(x: x + 4, y: bottom + 7),
          style, Paint(.muted))
      } else {
        style.anchor = .middle
        // A word at the end of the axis stays inside of the picture.
        let half = style.width(of: tick.text) / 2
        let middle = max(half + 2, min(size.width - half - 2, x))
        canvas.text(tick.text, at: Point(x: middle, y: bottom + 17), style, Paint(.muted))
      }
    }
    var label = Self.label
    canvas.text(
      label.fitted(chart.x.label, to: plot.width),
      at: Point(x: plot.x + plot.width / 2, y: size.height - Self.margin + 2), label, Paint(.ink))
    label.turn = -90
    canvas.text(
      label.fitted(chart.y.label, to: plot.height),
      at: Point(x: Self.margin + 8, y: plot.y + plot.height / 2), label, Paint(.ink))
    if chart.cells != nil { drawColorBar(on: &canvas) }
  }

  /// Of very many cells not all can be named.
  private func isRoomFor(_ tick: Axis.Tick, in ticks: [Axis.Tick], length: Double) -> Bool {
    guard case .categories = chart.y.scale else { return true }
    guard ticks == yTicks || chart.cells != nil else { return true }
    let step = max(1, Int((Double(ticks.count) * 13 / length).rounded(.up)))
    return Int(tick.value) % step == 0
  }

  private func drawColorBar(on canvas: inout some Canvas) {
    let (left, steps) = (plot.x + plot.width + 14, 40)
    let height = plot.height / Double(steps)
    for step in 0..<steps {
      canvas.fill(
        Rectangle(x: left, y: plot.y + Double(step) * height, width: 14, height: height + 0.5),
        Paint(.diverging(1 - 2 * (Double(step) + 0.5) / Double(steps))))
    }
    for (text, part) in [("1", 0.0), ("0.5", 0.25), ("0", 0.5), ("−0.5", 0.75), ("−1", 1)] {
      canvas.text(
        text, at: Point(x: left + 19, y: plot.y + part * plot.height + 4), Self.tick,
        Paint(.muted))
    }
  }

  // MARK: Legend

  private static func legendText(_ style: Chart.Style, _ room: Double) -> String {
    note.fitted(style.name ?? "", to: room - legendKey)
  }

  private static func legendWidth(_ style: Chart.Style, _ room: Double) -> Double {
    legendKey + note.width(of: legendText(style, room)) + 14
  }

  private static func rows(of legend: [Chart.Style], width: Double) -> [[Chart.Style]] {
    var rows: [[Chart.Style]] = []
    var left = 0.0
    for style in legend {
      let needed = legendWidth(style, width)
      if rows.isEmpty || left < needed {
        rows.append([])
        left = width
      }
      rows[rows.count - 1].append(style)
      left -= needed
    }
    return rows
  }
}
