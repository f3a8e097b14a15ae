import EchelonComparison
import Foundation

/// How far a run is, on standard error: a line that changes on a terminal, and in a log a line per figure.
final class Progress {
  private let count: Int
  private let start = ContinuousClock.now
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastIndex = -1
  private var isShown = false

  init(count: Int) { self.count = count }

  /// - Parameter pairs: that the figure at `index` has so far.
  func show(_ index: Int, _ name: String, pairs: Int) {
    guard isTerminal || index != lastIndex else { return }
    lastIndex = index
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let line = ComparisonProgress.line(
      index, of: count, name: name, pairs: isTerminal ? pairs : nil, elapsed: elapsed)
    write(isTerminal ? "\r\u{1B}[K\(line)" : "\(line)\n")
    isShown = true
  }

  /// Takes the line away, so that something else can be written there.
  func clear() {
    if isTerminal, isShown { write("\r\u{1B}[K") }
    isShown = false
  }

  private func write(_ text: String) {
    // Who no longer reads it misses nothing else.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
