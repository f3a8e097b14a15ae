import Echelon
import EchelonFiles
import EchelonLinearAlgebra
import EchelonMemory
import Glibc

/// What is shown of a run, and where.
struct RunShowing {
  /// How what became of each file is shown on standard output; nil shows nothing there.
  var format: OutputFormat?
  /// Where the page of the run goes; nil makes none.
  var report: String?
  /// How it is told how far the run is.
  var progress = ProgressLine.Style.auto
}

extension BatchPlan {
  /// Carries the plan out.
  /// - Parameter output: a folder, or `-`.
  func run(
    into output: String, workers: Int, showing: RunShowing = RunShowing(),
    _ settings: JobSettings = JobSettings()
  ) async throws {
    let facts = RunFacts()
    var plan = self
    let result = try plan.prepareOutput(output)
    let standardInput = try plan.readStandardInput()
    defer { withExtendedLifetime((standardInput, result)) {} }
    let journal = settings.hasJournal ? try plan.openJournal(in: output, settings) : nil
    if let shard = settings.shard { plan.take(shard) }
    var records = RunRecords(
      journal: journal,
      log: try settings.jobLog.map { try JobLog($0, continues: settings.resumes) },
      command: plan.commandForOneFile(output, settings.otherWords),
      tagging: plan.givesText ? plan.tasks : nil)
    if let niceness = settings.niceness { _ = nice(Int32(niceness)) }

    let count = max(1, min(workers, plan.tasks.count))
    var options = PoolOptions()
    options.initializer = try CommandLineTool.workerInitializer(
      memoryLimit: settings.memoryLimit)
    // Every worker reads them; what there is to say of them is said once. An input has its own notes.
    let paths = Set(plan.tasks.map { InputName($0.path).path })
    for path in plan.otherFiles where !paths.contains(InputName(path).path) {
      DataFileReader.tellOfReading(besides: path)
    }
    let settled = plan
    let (run, seconds) = try await timed {
      try await withProcessPool(workers: count, options: options) { pool in
        try await BatchRun(
          settled, in: pool, workers: count, settings, progress: showing.progress,
          records: &records)
      }
    }
    try records.finish()
    if showing.report != nil { StandardStream.survivePipesWithoutReaders() }
    let told = Result<Void, any Error> {
      if let result {
        if run.failureCount == 0, !run.wasInterrupted { try Console.write(result) }
      } else if let format = showing.format, !writesToStandardOutput {
        try run.writeResults(format)
      }
    }
    // The page of the run does not need that somebody reads standard output to its end.
    if showing.report == nil { try told.get() }
    if run.wasHalted { Console.writeError("echelon: ended early, as --halt \(settings.halt) says") }
    let summary = run.summary(folder: writesToStandardOutput ? "standard output" : output)
    let page = Result {
      try showing.report.map {
        try run.page(facts, workerCount: count, outcome: summary).write(to: $0)
      }
    }
    Console.writeError(
      summary + " in \(NumberText.time(seconds: seconds)) with "
        + NumberText.count(count, "worker")
        + ((try? page.get()) == nil ? "" : showing.report.map { "; see \($0)" } ?? ""))
    _ = try page.get()
    try told.get()
    if run.wasInterrupted { throw Exit.interrupted }
    if run.failureCount > 0 { throw Exit.someInputFailed }
  }

  /// Whether several results go to standard output.
  private var givesText: Bool { tasks.first?.givesText ?? false }

  /// Makes the folder; for a single result on standard output, a file in memory that is written by the
  /// worker, so that it comes out whole or not at all.
  private mutating func prepareOutput(_ output: String) throws -> AnonymousFile? {
    do throws(FileSystemError) {
      guard writesToStandardOutput else {
        try Folder.create(output)
        return nil
      }
      if givesText { return nil }
      let file = try AnonymousFile()
      redirectResult(to: file)
      return file
    } catch {
      throw FileError(error, path: output)
    }
  }

  /// Takes the journal of the output folder, and tells the tasks what was done before.
  private mutating func openJournal(in output: String, _ settings: JobSettings) throws -> JobJournal
  {
    if InstructionSet.requestIsUnavailable {
      throw CommandError(
        "\(InstructionSet.environmentVariable) names an instruction set that this machine does not have; "
          + "one of \(InstructionSet.available.map(\.name).joined(separator: ", "))")
    }
    let basis = ResultBasis.current
    let journal = try JobJournal(folder: output)
    try order(for: output, basis, resuming: settings.resumes ? journal.contents : nil)
    // Of all shards: their files are no others.
    if settings.resumes,
      let note = journal.contents.noteOfAbandonedResults(besides: tasks, in: output)
    {
      Console.writeError("echelon: \(output): \(note)")
    }
    try journal.begin(try header(basis, shard: settings.shard))
    return journal
  }

  /// The words of a command that does the same with the file that is written behind them.
  private func commandForOneFile(_ output: String, _ options: [String]) -> [String] {
    let steps = tasks.first?.steps.map { "\($0)" } ?? []
    return ["echelon", "batch", "--output", output] + options + ["--do"] + steps
  }
}
