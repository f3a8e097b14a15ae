import Echelon

/// One line on a terminal that is drawn over and over; nothing anywhere else.
struct StatusLine {
  private let isShown = Terminal.isTerminal(.error)
  private var lastDrawn: ContinuousClock.Instant?

  /// Whether the line is to be drawn anew now: ten times a second is as much as anyone can read.
  mutating func isDue() -> Bool {
    guard isShown else { return false }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return false }
    lastDrawn = now
    return true
  }

  /// Draws the line, as much of it as the window has room for.
  mutating func draw(_ text: String) {
    guard isShown else { return }
    lastDrawn = .now
    let width = (Terminal.size(of: .error)?.columns ?? 80) - 1
    try? Terminal.write("\r\(text.prefix(width))\u{1B}[K", to: .error)
  }

  /// Takes the line away, before something else is written or at the end.
  func clear() {
    guard isShown, lastDrawn != nil else { return }
    try? Terminal.write("\r\u{1B}[K", to: .error)
  }
}
