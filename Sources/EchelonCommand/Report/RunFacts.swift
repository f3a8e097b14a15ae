import Echelon
import EchelonMemory
import EchelonPlots
import Foundation

/// What the pages of all commands have: how the command was called, when, and what became of it.
struct RunFacts {
  let start = Date()
  let began = ContinuousClock.now

  /// - Parameters:
  ///   - workerCount: 0 where no worker was needed.
  ///   - outcome: a sentence.
  func facts(workerCount: Int, outcome: String) -> [(name: String, value: String)] {
    let seconds = (ContinuousClock.now - began).seconds
    return [
      ("Command", (["echelon"] + CommandLine.arguments.dropFirst()).shellLine),
      ("Folder", FileManager.default.currentDirectoryPath),
      ("Begun", start.formatted(.iso8601)),
      ("Took", NumberText.time(seconds: seconds)),
      ("Workers", workerCount == 0 ? "none were needed" : "\(workerCount)"),
      ("Outcome", outcome),
      ("Version", "echelon \(EchelonCommand.release)"),
    ]
  }
}

/// What each process did when.
enum TimeLine {
  /// - Parameter work: spans, and whether what was done then failed.
  /// - Returns: nil where nothing was measured.
  static func chart(
    _ work: [(span: WorkSpan, hasFailed: Bool)], from start: ContinuousClock.Instant
  ) -> (chart: Chart, size: Size)? {
    guard !work.isEmpty else { return nil }
    let sorted = work.sorted { $0.span.start < $1.span.start }
    var lanes: [Int32: Int] = [:]
    var names: [String] = []
    for (span, _) in sorted where lanes[span.processID] == nil {
      lanes[span.processID] = names.count
      names.append(
        span.processID == ProcessInfo.processInfo.processIdentifier
          ? "this process" : "worker \(span.processID)")
    }
    func spans(_ failed: Bool) -> [Chart.Span] {
      sorted.filter { $0.hasFailed == failed }.map { span, _ in
        Chart.Span(
          lane: lanes[span.processID] ?? 0, start: (span.start - start).seconds,
          end: (span.end - start).seconds)
      }
    }
    let chart = Chart.timeLine(lanes: names, done: spans(false), failed: spans(true))
    return (chart, Size(width: 1100, height: 120 + 26 * Double(min(60, names.count))))
  }
}
