import Echelon

/// A table for a terminal: columns aligned, numbers to six digits, never wider than the window.
///
/// When the window is too narrow, in this order: the elastic columns are cut short, numbers lose
/// digits down to four, their points need not stand below each other, and columns that may be hidden
/// are, which a line below the table says.
struct TextTable {
  enum Alignment {
    case left, right
    /// Numbers with their points in one line.
    case decimal
  }

  struct Column {
    let title: String
    let alignment: Alignment
    /// Whether long texts may be cut short with an ellipsis.
    var isElastic = false
    /// Hidden first where this is lowest; nil is never hidden.
    var hidingRank: Int?

    init(
      _ title: String, _ alignment: Alignment = .left, isElastic: Bool = false,
      hidingRank: Int? = nil
    ) {
      self.title = title.visible()
      self.alignment = alignment
      self.isElastic = isElastic
      self.hidingRank = hidingRank
    }
  }

  enum Cell {
    case text(String)
    case integer(Int)
    /// Nil is a number that does not exist.
    case number(Double?)
  }

  var columns: [Column]
  var rows: [[Cell]] = []
  /// Whether the titles are shown.
  var hasHeader = true

  private static let gap = 2
  private static let narrowestElastic = 12

  /// The table as lines.
  /// - Parameter width: of the window; nil is unlimited.
  func text(width: Int?) -> String {
    let ranks = [-1] + Set(columns.compactMap(\.hidingRank)).sorted()
    for rank in ranks {
      let hidden = columns.indices.filter { (columns[$0].hidingRank ?? .max) <= rank }
      let shown = columns.indices.filter { !hidden.contains($0) }
      // Where titles alone take too much, there is no need to look at the rows, which may be many.
      let least = shown.reduce(Self.gap * (shown.count - 1)) { sum, index in
        let title = hasHeader ? columns[index].title.count : 0
        return sum + (columns[index].isElastic ? min(title, Self.narrowestElastic) : title)
      }
      if let width, least > width, rank != ranks.last { continue }
      let styles = [(6, true), (5, true), (4, true), (4, false)]
      for (digits, isAligned) in rank < 0 ? styles : styles.suffix(2) {
        var layout = Layout(self, columns: shown, digits: digits, isAligned: isAligned)
        let isLast = rank == ranks.last && !isAligned
        guard layout.fit(into: width, atAnyCost: isLast) else { continue }
        return layout.text(width: width) + Self.note(hidden.map { columns[$0].title }, width: width)
      }
    }
    return ""  // not reached: the last layout is taken at any cost
  }

  private static func note(_ hidden: [String], width: Int?) -> String {
    if hidden.isEmpty { return "" }
    let names = hidden.count > 6 ? "\(hidden.count) columns" : hidden.joined(separator: ", ")
    let note = "(\(names) left out: widen the window or use --format csv)"
    return Console.dim(cut(note, to: width)) + "\n"
  }

  /// A line of a terminal is not to be continued on the next. Text is cut first and styled then: what
  /// styles it takes no columns.
  static func cut(_ text: String, to width: Int?) -> String {
    guard let width, text.count > width else { return text }
    return text.prefix(max(0, width - 1)) + "…"
  }

  /// The texts of the cells at some number of digits, and the widths they need.
  private struct Layout {
    let columns: [Column]
    let hasHeader: Bool
    var cells: [[String]]  // by column
    var widths: [Int]

    init(_ table: TextTable, columns shown: [Int], digits: Int, isAligned: Bool) {
      columns = shown.map { table.columns[$0] }
      hasHeader = table.hasHeader
      cells = shown.map { index in
        let texts = table.rows.map { Self.text($0[index], digits: digits) }
        return isAligned && table.columns[index].alignment == .decimal
          ? Self.alignedAtPoint(texts) : texts
      }
      widths = zip(columns, cells).map { [hasHeader] column, cells in
        max(hasHeader ? column.title.count : 0, cells.map(\.count).max() ?? 0)
      }
    }

    private static func text(_ cell: Cell, digits: Int) -> String {
      switch cell {
      case .text(let text): text.visible()
      case .integer(let value): String(value)
      case .number(nil): "–"
      case .number(let value?): Self.text(value, digits: digits)
      }
    }

    /// Numbers of up to seven digits before the point keep them all: 13420, not 1.342e4.
    private static func text(_ value: Double, digits: Int) -> String {
      let rounded = value.rounded()
      let isLong = abs(rounded) >= [1e4, 1e5, 1e6][max(0, min(2, digits - 4))]
      return isLong && abs(rounded) < 1e7
        ? String(Int(rounded)) : value.rounded(significantDigits: digits)
    }

    /// Pads on the right, so that points stand below each other in a right-aligned column.
    private static func alignedAtPoint(_ texts: [String]) -> [String] {
      func tail(_ text: String) -> Int {
        text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) } ?? 0
      }
      let longest = texts.map(tail).max() ?? 0
      return texts.map { $0 + String(repeating: " ", count: longest - tail($0)) }
    }

    private var total: Int { widths.reduce(0, +) + gap * max(0, widths.count - 1) }

    /// Cuts elastic columns; false when that is not enough.
    mutating func fit(into width: Int?, atAnyCost: Bool) -> Bool {
      guard let width else { return true }
      while total > width {
        let elastic = columns.indices.filter {
          columns[$0].isElastic && widths[$0] > narrowestElastic
        }
        guard let widest = elastic.max(by: { widths[$0] < widths[$1] }) else { return atAnyCost }
        widths[widest] -= min(total - width, widths[widest] - narrowestElastic)
      }
      return true
    }

    func text(width: Int?) -> String {
      var lines: [String] = []
      func cut(_ line: String) -> String { TextTable.cut(line, to: width) }
      if hasHeader {
        lines.append(Console.bold(cut(line(columns.map(\.title)))))
        lines.append(cut(String(repeating: "─", count: total)))
      }
      for row in 0..<(cells.first?.count ?? 0) { lines.append(cut(line(cells.map { $0[row] }))) }
      return lines.map { $0 + "\n" }.joined()
    }

    private func line(_ texts: [String]) -> String {
      let padded = texts.indices.map { index in
        let text = TextTable.cut(texts[index], to: widths[index])
        let padding = String(repeating: " ", count: widths[index] - text.count)
        return columns[index].alignment == .left ? text + padding : padding + text
      }
      let line = padded.joined(separator: String(repeating: " ", count: gap))
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
