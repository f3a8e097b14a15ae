import Echelon

/// One line on a terminal that says how far a batch is; nothing anywhere else.
struct ProgressLine {
  private let total: Int
  private let start = ContinuousClock.now
  private let isShown = Terminal.isTerminal(.error)
  private var lastDrawn: ContinuousClock.Instant?
  private(set) var done = 0
  private(set) var failed = 0

  init(total: Int) { self.total = total }

  /// A file has ended.
  mutating func advance(hasFailed: Bool) {
    done += 1
    if hasFailed { failed += 1 }
    let now = ContinuousClock.now
    // Ten times a second is as much as anyone can read.
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    draw(elapsed: (now - start).seconds)
  }

  /// Takes the line away, before something else is written or at the end.
  func clear() {
    guard isShown, lastDrawn != nil else { return }
    try? Terminal.write("\r\u{1B}[K", to: .error)
  }

  private func draw(elapsed: Double) {
    guard isShown else { return }
    let rate = Double(done) / max(elapsed, 1e-3)
    let left = Double(total - done) / rate
    var line = "\(NumberText.grouped(done)) of \(NumberText.count(total, "file"))"
    if failed > 0 { line += ", \(NumberText.grouped(failed)) failed" }
    line += ", \(rate.rounded(significantDigits: 3)) files/s"
    if done < total { line += ", \(NumberText.time(seconds: left)) left" }
    let width = (Terminal.size(of: .error)?.columns ?? 80) - 1
    try? Terminal.write("\r\(line.prefix(width))\u{1B}[K", to: .error)
  }
}
