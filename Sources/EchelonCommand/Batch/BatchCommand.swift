import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon batch`: the same operations on many files.
struct BatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "The same operations on many files, one task for each file.",
    discussion: """
      Every file is read, the operations are applied in the order given, and the result is written to \
      the output folder under the name of the input, with the new extension added if it has another \
      one. Without a to-… at the end, the result is written as CSV. Files appear there complete or \
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
        echelon batch --do drop-missing,to-npy a.csv b.csv --output out --workers 8
        echelon batch --do 'filter alcohol > 13' 'map ratio = hue / ash' stats data/wine.csv --output out
      """)

  @Option(
    name: .customLong("do"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Operations, separated by blanks or commas; files may follow.", valueName: "op"))
  var words: [String]

  @Argument(help: ArgumentHelp("CSV, TSV or NPY files, or folders.", valueName: "file"))
  var files: [String] = []

  @Option(
    help: ArgumentHelp("The folder for the results; it is made if missing.", valueName: "dir"))
  var output: String

  @OptionGroup var format: FormatOptions
  @OptionGroup var workers: WorkerOptions

  func run() async throws {
    let plan = try BatchPlan(words: words, files: files, outputFolder: output)
    try await plan.run(into: output, workers: workers.count, showing: format.format)
  }
}

extension BatchPlan {
  /// Carries the plan out.
  /// - Parameter format: how what became of each file is shown on standard output; nil shows nothing there.
  func run(into folder: String, workers: Int, showing format: OutputFormat? = nil) async throws {
    do throws(FileSystemError) { try Folder.create(folder) } catch {
      throw FileError(error, path: folder)
    }
    let count = min(workers, tasks.count)
    let (run, seconds) = try await timed {
      try await withProcessPool(workers: count) { pool in try await BatchRun(self, in: pool) }
    }
    if let format { try run.writeResults(format) }
    Console.writeError(
      run.summary(folder: folder) + " in \(NumberText.time(seconds: seconds)) with "
        + NumberText.count(count, "worker"))
    if run.wasInterrupted { throw Exit.interrupted }
    if run.failureCount > 0 { throw Exit.someInputFailed }
  }
}
