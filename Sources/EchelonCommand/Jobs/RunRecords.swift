import Echelon
import EchelonFiles
import Foundation

/// What a run writes down while it goes on: journal, log, and results for standard output.
struct RunRecords {
  private let journal: JobJournal?
  private let log: JobLog?
  /// The command that does one file, without it.
  private let command: [String]
  private var lines: TaggedLines?

  init(journal: JobJournal?, log: JobLog?, command: [String], tagging tasks: [BatchTask]?) {
    (self.journal, self.log, self.command) = (journal, log, command)
    lines = tasks.map { TaggedLines($0) }
  }

  /// One file has ended.
  /// - Returns: whether earlier results stand.
  mutating func note(_ ending: JobDispatch.Ending, of task: BatchTask) throws -> Bool {
    switch ending {
    case .stopped: return false
    case .report(let report):
      if case .unchanged = report.ending {
        // Said again only where whoever reads the journal looks for it.
        if let entry = report.entry, journal?.contents.entriesOfPlan[task.index] != entry {
          try journal?.add(entry)
        }
        return true
      }
      if let entry = report.entry { try journal?.add(entry) }
      var status = JobStatus()
      if case .failed(let failure) = report.ending {
        status = JobStatus(failure, failure.description)
      }
      try write(task, status, start: report.start, seconds: report.seconds)
      try lines?.add(report.text, of: task)
    case .failed(let error, let start):
      let failure = InputFailure(error, path: task.path)
      if let order = task.order { try journal?.add(order.entry(for: task, failed: failure)) }
      let seconds = (ContinuousClock.now - start).seconds
      try write(
        task, JobStatus(error, failure.description), start: Date().timeIntervalSince1970 - seconds,
        seconds: seconds)
      try lines?.add(nil, of: task)
    }
    return false
  }

  private func write(
    _ task: BatchTask, _ status: JobStatus, start: Double, seconds: Double
  ) throws {
    guard let log else { return }
    let received =
      status.error == nil ? task.outputs.reduce(0) { $0 + InputFiles.byteCount($1) } : 0
    try log.add(
      task, start: start, seconds: seconds, received: received, status: status,
      command: (command + [task.path]).shellLine)
  }

  /// The run is over.
  func finish() throws {
    try journal?.synchronize()
    try log?.synchronize()
  }
}

/// Results of several files for standard output, in the order of the files, as soon as that is known.
struct TaggedLines {
  private let tasks: [BatchTask]
  private var next = 0
  private var waiting: [Int: String] = [:]

  init(_ tasks: [BatchTask]) { self.tasks = tasks }

  /// - Parameter text: nil for a file that failed, which has no lines.
  mutating func add(_ text: String?, of task: BatchTask) throws {
    waiting[task.index] = Self.tagged(text ?? "", task.path)
    while next < tasks.count, let text = waiting.removeValue(forKey: tasks[next].index) {
      if !text.isEmpty { try Console.write(text) }
      next += 1
    }
  }

  private static func tagged(_ text: String, _ tag: String) -> String {
    // By scalars: a line feed behind a carriage return is a part of a Character. What is in quotes may have empty lines.
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    // A name of several lines would be several tags.
    let tag = tag.visible()
    return lines.map { "\(tag)\t\(String($0))\n" }.joined()
  }
}
