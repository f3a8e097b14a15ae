import Echelon

/// One line on a terminal that says how far a batch is; nothing anywhere else.
struct ProgressLine {
  private let total: Int
  private let start = ContinuousClock.now
  private var line = StatusLine()
  private(set) var done = 0
  private(set) var failed = 0

  init(total: Int) { self.total = total }

  /// A file has ended.
  mutating func advance(hasFailed: Bool) {
    done += 1
    if hasFailed { failed += 1 }
    if line.isDue() { line.draw(text) }
  }

  /// Takes the line away, before something else is written or at the end.
  func clear() { line.clear() }

  private var text: String {
    let elapsed = (ContinuousClock.now - start).seconds
    let rate = Double(done) / max(elapsed, 1e-3)
    let left = Double(total - done) / rate
    var line = "\(NumberText.grouped(done)) of \(NumberText.count(total, "file"))"
    if failed > 0 { line += ", \(NumberText.grouped(failed)) failed" }
    line += ", \(rate.rounded(significantDigits: 3)) files/s"
    if done < total { line += ", \(NumberText.time(seconds: left)) left" }
    return line
  }
}
