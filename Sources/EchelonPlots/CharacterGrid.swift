import Glibc

/// Characters with finer places in them: 2 × 4 dots of braille, or 8 heights of a block.
struct CharacterGrid {
  struct Cell: Equatable {
    var character: Character = " "
    var series = 0
    /// Which dots are set.
    fileprivate var dots: UInt8 = 0
  }

  let columns, rows: Int
  private(set) var cells: [[Cell]]

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    cells = Array(repeating: Array(repeating: Cell(), count: columns), count: rows)
  }

  /// Sets a dot; places are parts of the whole, y upwards, and those outside are left out.
  mutating func dot(at place: (x: Double, y: Double), series: Int) {
    set(Int((place.x * Double(2 * columns - 1)).rounded()), height(of: place.y), series)
  }

  /// Sets the dots between two places.
  mutating func line(from: (x: Double, y: Double), to: (x: Double, y: Double), series: Int) {
    let start = (x: (from.x * Double(2 * columns - 1)).rounded(), y: Double(height(of: from.y)))
    let end = (x: (to.x * Double(2 * columns - 1)).rounded(), y: Double(height(of: to.y)))
    let steps = max(1, max(abs(end.x - start.x), abs(end.y - start.y)))
    for step in 0...Int(steps) {
      let part = Double(step) / steps
      set(
        Int((start.x + part * (end.x - start.x)).rounded()),
        Int((start.y + part * (end.y - start.y)).rounded()), series)
    }
  }

  private func height(of y: Double) -> Int { Int((y * Double(4 * rows - 1)).rounded()) }

  private mutating func set(_ x: Int, _ y: Int, _ series: Int) {
    guard 0..<2 * columns ~= x, 0..<4 * rows ~= y else { return }
    let (row, column) = (rows - 1 - y / 4, x / 2)
    // Unicode counts the dots of braille down the left side, down the right side, then the lowest two.
    let bit = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]][x % 2][y % 4]
    var cell = cells[row][column]
    cell.dots |= UInt8(bit)
    cell.character = Character(Unicode.Scalar(0x2800 + UInt32(cell.dots))!)  // inside the block of braille
    cell.series = series
    cells[row][column] = cell
  }

  /// Fills the columns between two places up to a height. Where several bars share a column, the highest is seen.
  mutating func fill(from left: Double, to right: Double, height: Double, series: Int) {
    guard height > 0 else { return }
    let first = max(0, min(columns - 1, Int((left * Double(columns)).rounded())))
    let last = max(first, min(columns - 1, Int((right * Double(columns)).rounded()) - 1))
    // What is there at all is seen.
    let eighths = max(1, Int((min(1, height) * Double(8 * rows)).rounded()))
    for column in first...last {
      for row in 0..<rows {
        let part = min(8, eighths - 8 * row)
        guard part > 0 else { break }
        let block = Character(Unicode.Scalar(0x2580 + UInt32(part))!)  // ▁ to █
        let old = cells[rows - 1 - row][column].character
        if old < block || old == " " {
          cells[rows - 1 - row][column] = Cell(character: block, series: series)
        }
      }
    }
  }
}
