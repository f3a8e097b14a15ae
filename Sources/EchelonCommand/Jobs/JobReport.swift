import Echelon
import EchelonFiles
import EchelonMemory
import Foundation

/// What a worker is to say about a file for the journal.
struct JournalOrder: Codable, Sendable {
  /// The folder of the journal and of all results.
  let folder: String
  /// The hash of what is done with the file.
  let job: String
  /// The last time that it was done, when that may stand.
  var previous: JournalEntry?
}

/// What a worker says about a file.
struct JobReport: Codable, Sendable {
  enum Ending: Codable, Sendable {
    case done(BatchResult)
    /// What was done before still stands.
    case unchanged(BatchResult)
    case failed(InputFailure)
  }

  var ending: Ending
  /// For the journal; nil when there is none.
  var entry: JournalEntry?
  /// The result as text, if it goes to standard output with others.
  var text: String?
  /// When it began, in seconds since 1970.
  let start: Double
  /// When a worker was at it, by the clock of all processes.
  let span: WorkSpan
  /// The seat of the worker, from 0.
  let worker: Int

  /// How long it took.
  var seconds: Double { span.seconds }
}

/// Does what a task asks, unless that was done before and still stands; runs in a worker.
@Sendable func runJob(_ task: BatchTask) -> JobReport {
  let clock = ContinuousClock.now
  let start = Date().timeIntervalSince1970
  let worker = Terminal.environment("ECHELON_WORKER_INDEX").flatMap { Int($0) } ?? 0
  var text: String?
  let (ending, entry) = task.givesText ? textEnding(of: task, &text) : endingAndEntry(of: task)
  return JobReport(
    ending: ending, entry: entry, text: text, start: start, span: WorkSpan(since: clock),
    worker: worker)
}

/// Writes the only result to memory, so that it comes out whole or not at all.
private func textEnding(
  of task: BatchTask, _ text: inout String?
) -> (JobReport.Ending, JournalEntry?) {
  do {
    let file = try AnonymousFile()
    var task = task
    task.redirectResult(to: file)
    let result = try runBatchTask(task)
    text = try MappedFile(path: file.path).withBytes { bytes in
      String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
    return (.done(result), nil)
  } catch {
    return (.failed(InputFailure(error, path: task.path)), nil)
  }
}

private func endingAndEntry(of task: BatchTask) -> (JobReport.Ending, JournalEntry?) {
  // Before the file is read: a change of it meanwhile is seen when a run is resumed.
  let input = task.order == nil ? nil : task.input.contentHash
  if let previous = task.order?.validPrevious(input), let result = previous.result {
    return (.unchanged(result), task.order?.entry(for: task, standing: previous))
  }
  do {
    let result = try runBatchTask(task)
    return (.done(result), task.order?.entry(for: task, input: input, result))
  } catch {
    let failure = InputFailure(error, path: task.path)
    return (.failed(failure), task.order?.entry(for: task, failed: failure))
  }
}

extension JournalOrder {
  /// What was done before, if it was done with the same bytes, and the results are as it left them.
  func validPrevious(_ input: String?) -> JournalEntry? {
    guard let previous, let input, previous.input == input, previous.isIntact(in: folder) else {
      return nil
    }
    return previous
  }

  /// Nil when the results, or the input, are gone already.
  fileprivate func entry(
    for task: BatchTask, input: String?, _ result: BatchResult
  ) -> JournalEntry? {
    let names = task.outputs.map { InputFiles.name($0) }
    let outputs = names.compactMap { JournalEntry.Output($0, in: folder) }
    guard let input, outputs.count == names.count else { return nil }
    return JournalEntry(
      index: task.index, path: task.path, job: job, input: input, outputs: outputs, result: result)
  }

  /// What was done before and still stands, of a file that may have another path now, or another place among the files.
  fileprivate func entry(for task: BatchTask, standing previous: JournalEntry) -> JournalEntry {
    JournalEntry(
      index: task.index, path: task.path, job: job, input: previous.input,
      outputs: previous.outputs, result: previous.result)
  }

  /// A failure.
  func entry(for task: BatchTask, failed failure: InputFailure) -> JournalEntry {
    JournalEntry(
      index: task.index, path: task.path, job: job, input: nil, failure: failure.description)
  }
}

extension InputFile {
  /// The hash of the bytes of the file, as they lie there; nil when they cannot be read.
  var contentHash: String? {
    var file = location ?? path
    // `run.npz:x` is an array of an archive.
    if Folder.entry(at: file) == .unknown, let whole = DataFileReader.container(of: file) {
      file = whole
    }
    return (try? MappedFile(path: file)).map { ContentHash(contentsOf: $0).description }
  }
}
