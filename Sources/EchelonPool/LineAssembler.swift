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

/// The last of what a worker wrote to standard error, for the report of its death: what its tasks wrote,
/// and the lines in which the Swift runtime says why it ends. The stack, the registers and the images
/// that the runtime prints after them would leave no room for anything else, and are passed over here.
struct LastWords {
  static let byteLimit = 4096
  static let lineLimit = 20
  /// Bytes are looked at when so many have come, or when someone asks.
  private static let lookedAtOnce = 32 << 10
  /// A backtrace that has no end by then is not one.
  private static let longestBacktrace = 1 << 20

  private enum Part {
    case words
    /// What swift-backtrace prints: how many bytes of it have come.
    case backtrace(byteCount: Int)
    /// What the runtime prints by itself when swift-backtrace is off.
    case stackTrace
  }

  private var bytes: [UInt8] = []
  private var part = Part.words
  private var kept = Queue<String>()

  mutating func append(_ piece: [UInt8]) {
    bytes += piece
    guard bytes.count > Self.lookedAtOnce else { return }
    takeLines(everything: false)
    // Of a line this long the beginning is enough.
    if bytes.count > Self.byteLimit { bytes.removeLast(bytes.count - Self.byteLimit) }
  }

  private mutating func takeLines(everything: Bool) {
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      take(bytes[start..<end])
      start = end + 1
    }
    bytes.removeFirst(start)
    guard everything else { return }
    take(bytes[...])
    bytes = []
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>) {
    guard !bytes.isEmpty else { return }
    // A long line keeps its beginning, which says what it is about.
    let line = String(decoding: bytes.prefix(Self.byteLimit), as: UTF8.self)
    switch part {
    case .backtrace(let byteCount):
      let isOver = line.hasPrefix("Backtrace took") || byteCount > Self.longestBacktrace
      part = isOver ? .words : .backtrace(byteCount: byteCount + bytes.count)
      return
    case .stackTrace:
      if Self.isFrame(line) { return }
      part = .words
    case .words: break
    }
    if line.hasPrefix("*** Signal "), line.hasSuffix("done ***") { return }
    if line == "Current stack trace:" {
      part = .stackTrace
      return
    }
    if line.hasPrefix("*** Program crashed:") || line.hasPrefix("💣 ") {
      part = .backtrace(byteCount: 0)
    }
    kept.append(line)
    if kept.count > Self.lineLimit { _ = kept.popFirst() }
  }

  /// Whether a line is one of the stack that the runtime prints by itself: a number, an image, an
  /// address, a name.
  private static func isFrame(_ line: String) -> Bool {
    let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
    return fields.count >= 3 && fields[0].allSatisfy(\.isNumber) && line.contains(" 0x")
  }

  /// At most 20 lines and 4 KiB.
  var lines: [String] {
    var words = self
    words.takeLines(everything: true)
    var lines: [String] = []
    var left = Self.byteLimit
    for line in words.kept.removeAll().reversed() {
      if lines.isEmpty || line.utf8.count <= left {
        lines.append(line)
      } else if line.contains("Fatal error:") {
        // The reason is worth more than what lies between it and the end.
        lines = lines.prefix(1).filter { $0.utf8.count <= Self.byteLimit / 2 }
        left = Self.byteLimit - (lines.first?.utf8.count ?? 0)
        lines.append(String(decoding: line.utf8.prefix(left), as: UTF8.self))
        break
      } else {
        break
      }
      left -= line.utf8.count
      if left <= 0 { break }
    }
    return lines.reversed()
  }
}
