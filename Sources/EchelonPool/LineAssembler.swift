/// Puts lines together from pieces as they come out of a pipe.
struct LineAssembler {
  /// Longer lines are given away in pieces.
  static let longestLine = 64 << 10

  private var bytes: [UInt8] = []
  /// There is no line end before this.
  private var searched = 0

  mutating func append(_ piece: [UInt8]) { bytes += piece }

  /// Takes every line that has its end, and pieces of one that is too long.
  /// - Parameter everything: also what has no end yet.
  mutating func takeLines(everything: Bool) -> [(bytes: [UInt8], isWhole: Bool)] {
    var lines: [(bytes: [UInt8], isWhole: Bool)] = []
    var start = 0
    while true {
      let limit = min(bytes.count, start + Self.longestLine)
      let from = max(start, min(searched, limit))
      if let end = bytes[from..<limit].firstIndex(of: UInt8(ascii: "\n")) {
        lines.append((Array(bytes[start..<end]), true))
        start = end + 1
      } else if limit - start == Self.longestLine {
        // An end right behind it belongs to this line.
        let hasEnd = limit < bytes.count && bytes[limit] == UInt8(ascii: "\n")
        guard hasEnd || limit < bytes.count || everything else { break }
        lines.append((Array(bytes[start..<limit]), hasEnd))
        start = hasEnd ? limit + 1 : limit
      } else {
        break
      }
      searched = start
    }
    if everything, start < bytes.count {
      lines.append((Array(bytes[start...]), false))
      start = bytes.count
    }
    bytes.removeFirst(start)
    searched = bytes.count
    return lines
  }
}

/// The last of what a worker wrote to standard error, for the report of its death.
struct LastWords {
  static let byteLimit = 4096
  static let lineLimit = 20
  /// What is searched for the reason: the runtime prints a stack of many lines after it.
  private static let keptBytes = 32 << 10

  private var bytes: [UInt8] = []
  private var isCut = false

  mutating func append(_ piece: [UInt8]) {
    bytes += piece
    guard bytes.count > 2 * Self.keptBytes else { return }
    isCut = true
    bytes.removeFirst(bytes.count - Self.keptBytes)
  }

  /// At most 20 lines and 4 KiB: the last ones, or those around the last `Fatal error:`.
  var lines: [String] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
      .map { String(decoding: $0, as: UTF8.self) }
    // Without its beginning, the first line says little.
    if isCut, lines.count > 1 { lines.removeFirst() }
    var window = max(0, lines.count - Self.lineLimit)..<lines.count
    if let reason = lines.lastIndex(where: { $0.contains("Fatal error:") }) {
      let start = max(0, min(window.lowerBound, reason - Self.lineLimit / 2))
      window = start..<min(lines.count, start + Self.lineLimit)
    }
    var kept: [String] = []
    var left = Self.byteLimit
    for line in lines[window].reversed() {
      // A single long line keeps its beginning, which says what it is about.
      if kept.isEmpty || line.utf8.count <= left {
        kept.append(String(decoding: line.utf8.prefix(left), as: UTF8.self))
      } else if line.contains("Fatal error:") {
        kept.removeLast()
        kept.append(String(decoding: line.utf8.prefix(left), as: UTF8.self))
      } else {
        break
      }
      left -= line.utf8.count
      if left <= 0 { break }
    }
    return kept.reversed()
  }
}
