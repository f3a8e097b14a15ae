import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory

/// `echelon batch`: the same operations on many files.
struct BatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "The same operations on many files, one task for each file.",
    discussion: """
      Every file is read, the operations are applied in the order given, and the result is written to \
      the output folder under the name of the input, with the new extension added if it has another \
      one; x.csv.gz is written as x.csv.gz, compressed again. Without a to-… at the end, the result is written as CSV. Files appear there complete or \
      not at all.

      A file that cannot be read, or that makes a worker crash three times, is reported and does not \
      stop the others.

      OPERATIONS
      \(BatchOperation.list)

      OPERATIONS ON WHAT FOLLOWS THEM
      \(BatchStep.list)
      See 'echelon map --help' for what expressions and conditions are.

      EXAMPLES
        echelon batch --do standardize data/*.csv --output out
        echelon batch --do log difference correlation to-json data --output out
        echelon batch --do standardize data/*.txt --output out --delimiter ';' --decimal-comma
        zcat prices.csv.gz | echelon batch --do log difference - --output - > returns.csv
        echelon batch --do drop-missing,to-npy a.csv b.csv --output out --workers 8
        echelon batch --do 'filter hue > 1' 'map r = hue / ash' data/wine.csv \\
          --output out
      """)

  @Option(
    name: .customLong("do"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Operations, separated by blanks or commas; files may follow.", valueName: "op"))
  var words: [String]

  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "The folder for the results, made if missing; - writes a single result to standard output.",
      valueName: "dir"), completion: .directory)
  var output: String

  @OptionGroup var report: ReportOptions
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  func run() async throws {
    let plan = try BatchPlan(
      words: words, files: files, outputFolder: output, dialect: text.dialect,
      raw: raw.rawFormat)
    try await plan.run(
      into: output, workers: workers.count, showing: format.format, report: report.path,
      progress: progress.style)
  }
}

extension BatchPlan {
  /// Carries the plan out.
  /// - Parameters:
  ///   - output: a folder, or `-`.
  ///   - format: how what became of each file is shown on standard output; nil shows nothing there.
  ///   - report: where the page of the run goes.
  ///   - progress: how it is told how far the run is.
  func run(
    into output: String, workers: Int, showing format: OutputFormat? = nil, report: String? = nil,
    progress: ProgressLine.Style = .auto
  ) async throws {
    let facts = RunFacts()
    var plan = self
    let result = try plan.prepareOutput(output)
    let standardInput = try plan.readStandardInput()
    defer { withExtendedLifetime((standardInput, result)) {} }
    let count = min(workers, plan.tasks.count)
    let settled = plan
    let (run, seconds) = try await timed {
      try await withProcessPool(
        workers: count, initializer: CommandLineTool.workerInitializer
      ) { pool in
        try await BatchRun(settled, in: pool, progress: progress)
      }
    }
    if let result {
      if run.failureCount == 0, !run.wasInterrupted { try Console.write(result) }
    } else if let format {
      try run.writeResults(format)
    }
    let summary = run.summary(folder: result == nil ? output : "standard output")
    if let report {
      try run.page(facts, workerCount: count, outcome: summary).write(to: report)
    }
    Console.writeError(
      summary + " in \(NumberText.time(seconds: seconds)) with "
        + NumberText.count(count, "worker") + (report.map { "; see \($0)" } ?? ""))
    if run.wasInterrupted { throw Exit.interrupted }
    if run.failureCount > 0 { throw Exit.someInputFailed }
  }

  /// Makes the folder; for standard output, a file in memory that is written by the worker, so that
  /// a result comes out whole or not at all.
  private mutating func prepareOutput(_ output: String) throws -> AnonymousFile? {
    do throws(FileSystemError) {
      guard writesToStandardOutput else {
        try Folder.create(output)
        return nil
      }
      let file = try AnonymousFile()
      redirectResult(to: file.path)
      return file
    } catch {
      throw FileError(error, path: output)
    }
  }
}
