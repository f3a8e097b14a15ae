import EchelonMemory

/// A chart in characters, for a window of some size.
///
/// Points and lines are dots of braille, two beside and four below each other in a character; bars are blocks, an
/// eighth of a character exact; heat maps are numbers on colours.
package struct TerminalChart {
  private let chart: Chart
  private let columns, rows: Int
  private let isColored: Bool

  /// - Parameters:
  ///   - columns: of the window, at least 20.
  ///   - rows: for all of the chart, at least 8.
  ///   - isColored: without colours, series are told apart by their characters.
  package init(_ chart: Chart, columns: Int, rows: Int, isColored: Bool) {
    self.chart = chart
    self.columns = max(20, columns)
    self.rows = max(8, rows)
    self.isColored = isColored
  }

  /// The chart as lines, none of them wider than the window.
  package var text: String {
    var lines = [styled(cut(chart.title), "1")]
    lines += chart.notes.map { styled(cut($0), "2") }
    if let cells = chart.cells { return (lines + map(cells)).map { $0 + "\n" }.joined() }
    lines += legendLines
    return (lines + plot(rows: max(4, rows - lines.count - 3))).map { $0 + "\n" }.joined()
  }

  // MARK: Axes

  private func plot(rows: Int) -> [String] {
    let yTicks = chart.y.ticks(atMost: max(2, rows / 3))
    let width = min(columns / 3, yTicks.map(\.text.count).max() ?? 0)
    let room = max(8, columns - width - 2)
    var grid = CharacterGrid(columns: room, rows: rows)
    for mark in chart.marks { draw(mark, on: &grid) }

    var labels = [String](repeating: "", count: rows)
    for tick in yTicks {
      guard let position = chart.y.position(tick.value), -0.01...1.01 ~= position else { continue }
      labels[min(rows - 1, max(0, Int((1 - position) * Double(rows))))] = plain(tick.text)
    }
    var lines = (0..<rows).map { row in
      padded(labels[row], width) + (labels[row].isEmpty ? " │" : " ┤")
        + line(grid.cells[row])
    }
    lines += xAxis(indent: width + 1, room: room)
    if !chart.y.label.isEmpty, chart.y.label != chart.title {
      lines.insert(styled(cut(chart.y.label), "2"), at: 0)
    }
    return lines
  }

  private func xAxis(indent: Int, room: Int) -> [String] {
    var ticks: [Axis.Tick] = []
    for limit in stride(from: 8, through: 2, by: -1) {
      ticks = chart.x.ticks(atMost: limit)
      if (ticks.map(\.text.count).max() ?? 0) + 3 <= room / max(1, ticks.count) { break }
    }
    var rule = [Character](repeating: "─", count: room)
    var words = [Character](repeating: " ", count: indent + 1 + room)
    var end = 0
    for tick in ticks {
      guard let position = chart.x.position(tick.value), -0.01...1.01 ~= position else { continue }
      let place = min(room - 1, max(0, Int(position * Double(room))))
      rule[place] = "┬"
      let text = Array(plain(tick.text))
      let start = max(end, min(words.count - text.count, indent + 1 + place - text.count / 2))
      guard start + text.count <= words.count, start >= 0 else { continue }
      words.replaceSubrange(start..<start + text.count, with: text)
      end = start + text.count + 1
    }
    let label = cut(chart.x.label)
    let centred = max(0, min(indent + 1 + (room - label.count) / 2, columns - label.count))
    return [
      String(repeating: " ", count: indent) + "└" + String(rule), trimmed(String(words)),
    ] + (label.isEmpty ? [] : [styled(String(repeating: " ", count: centred) + label, "2")])
  }

  // MARK: Marks

  private func draw(_ mark: Chart.Mark, on grid: inout CharacterGrid) {
    func place(_ x: Double, _ y: Double) -> (x: Double, y: Double)? {
      guard let x = chart.x.position(x), let y = chart.y.position(y) else { return nil }
      return (max(-2, min(3, x)), max(-2, min(3, y)))
    }
    switch mark {
    case .bars(let edges, let heights):
      for (index, height) in heights.enumerated() {
        guard let left = chart.x.position(edges[index]),
          let right = chart.x.position(edges[index + 1]), let top = chart.y.position(height)
        else { continue }
        grid.fill(from: left, to: right, height: top, series: 0)
      }
    case .line(let points, let style):
      var last: (x: Double, y: Double)?
      for index in points.x.indices {
        let next = place(points.x[index], points.y[index])
        if let next { grid.line(from: last ?? next, to: next, series: style.series) }
        last = next
      }
    case .points(let points, let style):
      for index in points.x.indices {
        guard let point = place(points.x[index], points.y[index]) else { continue }
        grid.dot(at: point, series: style.series)
      }
    case .band(let x, let low, let high, let style):
      for edge in [low, high] {
        draw(.line(Chart.Points(x: x, y: edge), Chart.Style(style.series + 4)), on: &grid)
      }
    case .rule(let y, let style):
      guard let y = chart.y.position(y) else { return }
      grid.line(from: (0, y), to: (1, y), series: style.series)
    case .spans, .cells: break
    }
  }

  private func line(_ cells: [CharacterGrid.Cell]) -> String {
    var text = ""
    var current = -1
    // Without colours a series of several has a character of its own.
    let hasSymbols = !isColored && chart.legend.count > 1
    for cell in cells {
      if isColored, cell.series != current, cell.character != " " {
        text += "\u{1B}[\(Self.color(cell.series))m"
        current = cell.series
      }
      text.append(
        hasSymbols && cell.character != " "
          ? Self.symbols[cell.series % Self.symbols.count] : cell.character)
    }
    return current >= 0 ? trimmed(text) + "\u{1B}[39m" : trimmed(text)
  }

  private static let symbols: [Character] = ["•", "+", "o", "x", "·", "#", "%", "@"]

  /// The colour of a series among the 256 that terminals know.
  private static func color(_ series: Int) -> String {
    "38;5;\([32, 208, 36, 175, 214, 74, 137, 245][series % 8])"
  }

  private var legendLines: [String] {
    var lines: [String] = []
    var width = 0
    for style in chart.legend {
      let series = chart.isBand(style) ? style.series + 4 : style.series
      let name = String(plain(style.name ?? "").prefix(max(4, columns - 4)))
      let key =
        isColored
        ? "\u{1B}[\(Self.color(series))m━━\u{1B}[39m"
        : "\(Self.symbols[series % Self.symbols.count])\(Self.symbols[series % Self.symbols.count])"
      let needed = name.count + 5
      if lines.isEmpty || width + needed > columns {
        lines.append("")
        width = 0
      }
      lines[lines.count - 1] += (width > 0 ? "  " : "") + "\(key) \(name)"
      width += needed
    }
    return lines
  }

  // MARK: Heat maps

  private func map(_ cells: [[Double]]) -> [String] {
    guard case .categories(let names) = chart.y.scale, !names.isEmpty else { return [] }
    // Numbers where there is room for them, or else colours alone, or what stands for them.
    let longest = names.map(\.count).max() ?? 0
    let numberWidth = 6
    let hasNumbers = columns >= names.count * numberWidth + 8
    let cellWidth = hasNumbers ? numberWidth : columns >= names.count * 3 + 12 ? 3 : 2
    let width = max(4, min(longest, columns - names.count * cellWidth - 4))
    let room = max(1, (columns - width - 4) / cellWidth)
    let shown = min(names.count, room)
    var lines: [String] = []
    for (row, values) in cells.enumerated() {
      let number = padded("\(row + 1)", 3)
      lines.append(
        padded(String(plain(names[row]).prefix(width)), width) + number + " "
          + values.prefix(shown).map { cell($0, hasNumbers, cellWidth) }.joined())
    }
    let numbers = (1...shown).map { number in
      hasNumbers ? padded("\(number) ", cellWidth) : padded("\(number % 100)", cellWidth)
    }
    lines.append(String(repeating: " ", count: width + 4) + numbers.joined())
    if shown < names.count {
      lines.append(
        cut("\(names.count - shown) more columns: widen the window, or take some by --columns"))
    } else if !hasNumbers, !isColored {
      lines.append(cut("## above 0.75, ++ above 0.25, -- below −0.25, == below −0.75"))
    }
    return lines
  }

  private func cell(_ value: Double, _ hasNumber: Bool, _ width: Int) -> String {
    let sign =
      value > 0.75
      ? "##" : value > 0.25 ? "++" : value < -0.75 ? "==" : value < -0.25 ? "--" : ""
    let text =
      hasNumber
      ? padded((value.isFinite ? Chart.hundredths(value) : "–") + " ", width)
      : padded(isColored ? "" : sign, width)
    guard isColored, value.isFinite else { return text }
    let (back, front) = (
      Palette.color(of: .diverging(value)), Palette.color(of: .onDiverging(value))
    )
    return "\u{1B}[48;2;\(back.red);\(back.green);\(back.blue)m"
      + "\u{1B}[38;2;\(front.red);\(front.green);\(front.blue)m\(text)\u{1B}[0m"
  }

  // MARK: Text

  /// Without what would move the cursor.
  private func plain(_ text: String) -> String {
    text.allSatisfy { $0.isASCII && $0 >= " " && $0 != "\u{7F}" }
      ? text
      : String(
        String.UnicodeScalarView(
          text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }

  private func cut(_ text: String) -> String {
    let text = plain(text)
    return text.count > columns ? text.prefix(columns - 1) + "…" : text
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text.prefix(width)
  }

  private func trimmed(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
  }

  private func styled(_ text: String, _ code: String) -> String {
    isColored ? "\u{1B}[\(code)m\(text)\u{1B}[22m" : text
  }
}

extension Chart {
  fileprivate func isBand(_ style: Style) -> Bool {
    marks.contains { if case .band(_, _, _, style) = $0 { true } else { false } }
  }
}
