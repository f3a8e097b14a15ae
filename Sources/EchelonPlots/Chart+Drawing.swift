import Glibc

extension Chart {
  /// The chart as an SVG document.
  /// - Parameter isInPage: whether colours are variables of the page around it (`--ink`, `--muted`, `--grid`, `--page`,
  ///   `--series-0` to `--series-7`) where that has them.
  package func svg(_ size: Size, isInPage: Bool = false) -> String {
    var canvas = SVGCanvas(size: size, isInPage: isInPage)
    draw(on: &canvas)
    return canvas.document(title: title)
  }

  /// The chart as the bytes of a PNG file, with two pixels for each of CSS.
  package func png(_ size: Size) throws(PlotError) -> [UInt8] {
    var canvas = try PNGCanvas(size: size)
    draw(on: &canvas)
    return try canvas.png()
  }

  func draw(on canvas: inout some Canvas) {
    canvas.fill(
      Rectangle(x: 0, y: 0, width: canvas.size.width, height: canvas.size.height),
      Paint(.background))
    let frame = ChartFrame(self, canvas.size)
    frame.drawHead(on: &canvas)
    if cells == nil { frame.drawGrid(on: &canvas) }
    canvas.clip(to: frame.plot)
    for mark in marks { frame.draw(mark, on: &canvas) }
    canvas.clip(to: nil)
    frame.drawAxes(on: &canvas)
  }
}

extension ChartFrame {
  func draw(_ mark: Chart.Mark, on canvas: inout some Canvas) {
    switch mark {
    case .bars(let edges, let heights): drawBars(edges, heights, on: &canvas)
    case .line(let points, let style):
      for run in runs(of: points) {
        if run.count == 1 {
          canvas.dot(at: run[0], radius: 2, Paint(.series(style.series)))
        } else {
          canvas.stroke(
            run, Paint(.series(style.series)), width: run.count > 500 ? 1.2 : 1.8,
            isDashed: style.isDashed)
        }
      }
    case .points(let points, let style):
      // The more there are, the more they cover each other.
      let places = distinctPlaces(of: points)
      guard places.count <= Self.dotLimit else {
        return drawDensity(points, style, on: &canvas)
      }
      let (radius, opacity) =
        places.count < 300 ? (3.5, 0.7) : places.count < 3000 ? (2.5, 0.5) : (1.5, 0.35)
      for place in places {
        canvas.dot(at: place, radius: radius, Paint(.series(style.series), opacity: opacity))
      }
    case .band(let x, let low, let high, let style):
      let upper = runs(of: Chart.Points(x: x, y: high))
      let lower = runs(of: Chart.Points(x: x, y: low))
      for (upper, lower) in zip(upper, lower) {
        canvas.fill(
          upper + lower.reversed(), Paint(.series(style.series), opacity: Self.bandOpacity))
      }
    case .rule(let y, let style):
      guard let y = self.y(y) else { return }
      canvas.stroke(
        [Point(x: plot.x, y: y), Point(x: plot.x + plot.width, y: y)],
        Paint(.series(style.series)), width: 1.2, isDashed: style.isDashed)
    case .spans(let spans, let style): drawSpans(spans, style, on: &canvas)
    case .cells(let rows): drawCells(rows, on: &canvas)
    }
  }

  static let bandOpacity = 0.22
  /// More dots cover each other, and make large files.
  private static let dotLimit = 20_000

  /// How many points are in each square of some pixels, as the strength of its colour.
  private func drawDensity(
    _ points: Chart.Points, _ style: Chart.Style, on canvas: inout some Canvas
  ) {
    let side = 3.0
    let columns = Int(plot.width / side) + 1
    var counts: [Int: Int] = [:]
    for index in points.x.indices {
      guard let place = place(points.x[index], points.y[index]) else { continue }
      let (column, row) = (Int((place.x - plot.x) / side), Int((place.y - plot.y) / side))
      guard 0..<columns ~= column, row >= 0 else { continue }
      counts[row * columns + column, default: 0] += 1
    }
    let most = log(Double(counts.values.max() ?? 1) + 1)
    for (cell, count) in counts.sorted(by: { $0.key < $1.key }) {
      // A logarithm, so that single points are seen beside crowds.
      let strength = 0.15 + 0.85 * log(Double(count) + 1) / most
      canvas.fill(
        Rectangle(
          x: plot.x + Double(cell % columns) * side, y: plot.y + Double(cell / columns) * side,
          width: side, height: side),
        Paint(.series(style.series), opacity: (strength * 100).rounded() / 100))
    }
  }

  private func drawBars(_ edges: [Double], _ heights: [Double], on canvas: inout some Canvas) {
    guard let base = y(max(chart.y.low, min(chart.y.high, 0))) else { return }
    for (index, height) in heights.enumerated() where height != 0 {
      guard let left = x(edges[index]), let right = x(edges[index + 1]), let top = y(height) else {
        continue
      }
      // A gap that shows where bars meet, if there is room for it.
      let gap = right - left > 4 ? 1.0 : 0
      canvas.fill(
        Rectangle(
          x: left, y: min(top, base), width: max(right - left - gap, 0.5), height: abs(base - top)),
        Paint(.series(0), opacity: 0.85))
    }
  }

  /// Those in one lane that nobody could tell apart are drawn as one.
  private func drawSpans(_ spans: [Chart.Span], _ style: Chart.Style, on canvas: inout some Canvas)
  {
    let height = plot.height / max(1, chart.y.high)
    var drawn: [Int: (left: Double, right: Double)] = [:]
    func draw(_ lane: Int, _ place: (left: Double, right: Double)) {
      canvas.fill(
        Rectangle(
          x: place.left, y: plot.y + (Double(lane) + 0.15) * height,
          width: max(0.6, place.right - place.left), height: 0.7 * height),
        Paint(.series(style.series)))
    }
    for span in spans {
      guard let left = x(span.start), let right = x(span.end) else { continue }
      if let last = drawn[span.lane] {
        // A gap shows where one ends and the next begins.
        if right - last.left < 1.5 {
          drawn[span.lane] = (last.left, max(last.right, right))
          continue
        }
        draw(span.lane, (last.left, last.right - (last.right - last.left > 2 ? 0.7 : 0)))
      }
      drawn[span.lane] = (left, right)
    }
    for (lane, place) in drawn.sorted(by: { $0.key < $1.key }) { draw(lane, place) }
  }

  private func drawCells(_ rows: [[Double]], on canvas: inout some Canvas) {
    let count = (rows: Double(rows.count), columns: Double(rows.first?.count ?? 0))
    let (width, height) = (plot.width / max(1, count.columns), plot.height / max(1, count.rows))
    let style = TextStyle(size: min(12, height * 0.45, width * 0.27), anchor: .middle)
    for (row, values) in rows.enumerated() {
      for (column, value) in values.enumerated() {
        let (left, top) = (plot.x + Double(column) * width, plot.y + Double(row) * height)
        let gap = min(width, height) > 6 ? 1.0 : 0
        canvas.fill(
          Rectangle(x: left, y: top, width: width - gap, height: height - gap),
          Paint(value.isFinite ? .diverging(value) : .grid))
        guard style.size >= 7 else { continue }
        canvas.text(
          value.isFinite ? Chart.hundredths(value) : "–",
          at: Point(x: left + (width - gap) / 2, y: top + (height - gap) / 2 + style.size * 0.35),
          style, Paint(value.isFinite ? .onDiverging(value) : .muted))
      }
    }
  }

  /// The lines between gaps, each without the points that nobody could see.
  private func runs(of points: Chart.Points) -> [[Point]] {
    var runs: [[Point]] = []
    var run: [Point] = []
    for index in points.x.indices {
      if let place = place(points.x[index], points.y[index]) {
        run.append(place)
      } else if !run.isEmpty {
        runs.append(Self.thinned(run))
        run = []
      }
    }
    if !run.isEmpty { runs.append(Self.thinned(run)) }
    return runs
  }

  /// Of the points in one half of a pixel's column, one after the other: the first, the lowest, the highest and the
  /// last, between which the line covers what it covered.
  static func thinned(_ run: [Point]) -> [Point] {
    guard run.count > 2000 else { return run }
    var kept: [Point] = []
    var start = 0
    while start < run.count {
      let column = floor(run[start].x * 2)
      var end = start + 1
      while end < run.count, floor(run[end].x * 2) == column { end += 1 }
      let range = start..<end
      let lowest = range.min { run[$0].y < run[$1].y } ?? start
      let highest = range.max { run[$0].y < run[$1].y } ?? start
      for index in Set([start, lowest, highest, end - 1]).sorted() { kept.append(run[index]) }
      start = end
    }
    return kept
  }

  /// One point for each half of a pixel.
  private func distinctPlaces(of points: Chart.Points) -> [Point] {
    let places = points.x.indices.compactMap { place(points.x[$0], points.y[$0]) }
    guard places.count > 2000 else { return places }
    var seen: Set<SIMD2<Int32>> = []
    return places.filter { seen.insert(SIMD2(Int32($0.x * 2), Int32($0.y * 2))).inserted }
  }
}

extension Chart {
  /// A number between -1 and 1 as charts have it: `0.25`, `−0.50`.
  package static func hundredths(_ value: Double) -> String {
    let whole = Int((abs(value) * 100).rounded())
    let digits = whole % 100 < 10 ? "0\(whole % 100)" : "\(whole % 100)"
    return (value < 0 && whole > 0 ? "−" : "") + "\(whole / 100).\(digits)"
  }
}
