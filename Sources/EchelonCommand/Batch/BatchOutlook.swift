import Echelon
import EchelonFiles
import EchelonMemory

/// What a batch would do, found out without writing anything.
struct BatchOutlook {
  /// Why a file is done, or is not.
  private enum State: Equatable {
    case anew, unchanged
    case inputChanged, jobChanged, resultMissing
    /// Cannot be read.
    case unreadable

    var text: String {
      switch self {
      case .anew: "not done yet"
      case .unchanged: "left as it is: input, operations and results are unchanged"
      case .inputChanged: "done again: the input has changed"
      case .jobChanged: "done again: operations or options have changed"
      case .resultMissing: "done again: a result is missing or was changed"
      case .unreadable: "will fail: the input cannot be read"
      }
    }
  }

  private let plan: BatchPlan
  private let states: [State]
  private let output: String
  private let workers: Int
  private let settings: JobSettings
  private let total: Int
  /// What is to be said of results of files that are gone.
  private let abandoned: String?

  init(_ plan: BatchPlan, into output: String, workers: Int, _ settings: JobSettings) throws {
    var plan = plan
    total = plan.tasks.count
    let contents = try settings.resumes ? JournalContents(folder: output) : nil
    abandoned = contents?.noteOfAbandonedResults(besides: plan.tasks, in: output)
    if settings.hasJournal {
      try plan.order(for: output, .current, resuming: contents)
    }
    if let shard = settings.shard { plan.take(shard) }
    self.plan = plan
    (self.output, self.settings) = (output, settings)
    self.workers = max(1, min(workers, plan.tasks.count))
    states = plan.tasks.map { Self.state(of: $0, contents) }
  }

  private static func state(of task: BatchTask, _ contents: JournalContents?) -> State {
    if task.input.comesOnce { return .anew }
    guard let input = task.input.contentHash else { return .unreadable }
    guard let contents else { return .anew }
    guard let previous = task.order?.previous else {
      return contents.entry(ofPath: task.path) == nil ? .anew : .jobChanged
    }
    if previous.input != input { return .inputChanged }
    return task.order?.validPrevious(input) == nil ? .resultMissing : .unchanged
  }

  /// One line for each file.
  var list: String {
    zip(plan.tasks, states).map { task, state in
      "\(task.path) → \(task.outputs.joined(separator: " ")): \(state.text)\n"
    }.joined() + (abandoned.map { "\(output): \($0)\n" } ?? "")
  }

  /// What runs, and why.
  var explanation: String {
    let bytes = plan.tasks.reduce(0) { $0 + $1.input.byteCount }
    var text =
      "\(NumberText.count(plan.tasks.count, "file")), \(ByteCount(bytes)), to \(output)\n"
    if let shard = settings.shard {
      text += "Shard \(shard) of \(NumberText.count(total, "file"))\n"
    }
    text += "\nSteps, in one pass over each file\n"
    for (number, step) in (plan.tasks.first?.steps ?? []).enumerated() {
      text += "  \(number + 1). \(step)" + (step.help.map { ": \($0)" } ?? "") + "\n"
    }
    text += "\nRun\n"
    text +=
      "  \(NumberText.count(workers, "worker")), a file each at a time, in the order of the files\n"
    text += "  \(retryText)\n  \(limitText)\n  \(haltText)\n"
    text += "\nFiles\n"
    for state in [
      State.anew, .unchanged, .inputChanged, .jobChanged, .resultMissing, .unreadable,
    ] {
      let paths = zip(plan.tasks, states).filter { $0.1 == state }.map(\.0.path)
      guard !paths.isEmpty else { continue }
      let examples = paths.prefix(3).joined(separator: ", ") + (paths.count > 3 ? ", …" : "")
      text += "  \(NumberText.grouped(paths.count)) \(state.text) (\(examples))\n"
    }
    if let abandoned { text += "  \(abandoned)\n" }
    let basis = ResultBasis.current
    text += "\nResults as of\n  Echelon \(basis.echelon), \(basis.level), \(basis.blas)\n"
    return text
  }

  private var retryText: String {
    settings.retries == 0
      ? "a file is tried once"
      : "a file is tried \(NumberText.count(settings.retries, "time")) more when its worker dies"
  }

  private var limitText: String {
    var parts: [String] = []
    switch settings.timeLimit {
    case .absolute(let time)?: parts.append("\(NumberText.time(seconds: time.seconds)) for a file")
    case .ofMedian(let factor)?:
      parts.append(
        "\((100 * factor).rounded(significantDigits: 6))% of the median time for a file")
    case nil: parts.append("no limit of time")
    }
    if let limit = settings.memoryLimit {
      parts.append("\(ByteCount(limit)) of memory for a worker")
    }
    if settings.delay > .zero {
      parts.append("\(NumberText.time(seconds: settings.delay.seconds)) between two starts")
    }
    if let niceness = settings.niceness { parts.append("niceness \(niceness)") }
    return parts.joined(separator: ", ")
  }

  private var haltText: String {
    settings.halt == .never
      ? "all files are tried, whatever fails" : "ends early by --halt \(settings.halt)"
  }
}
