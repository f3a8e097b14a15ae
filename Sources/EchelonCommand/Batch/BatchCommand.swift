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

      EXAMPLES
        echelon batch --do standardize data/*.csv --output out
        echelon batch --do log difference correlation to-json data --output out
        echelon batch --do drop-missing,to-npy a.csv b.csv --output out --workers 8
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
    do throws(FileSystemError) { try Folder.create(output) } catch {
      throw FileError(error, path: output)
    }
    let (run, seconds) = try await timed {
      try await withProcessPool(workers: min(workers.count, plan.tasks.count)) { pool in
        try await BatchRun(plan, in: pool)
      }
    }
    try run.writeResults(format.format)
    Console.writeError(
      run.summary(folder: output)
        + " in \(NumberText.time(seconds: seconds)) with "
        + NumberText.count(min(workers.count, plan.tasks.count), "worker"))
    if run.wasInterrupted { throw Exit.interrupted }
    if run.failureCount > 0 { throw Exit.someInputFailed }
  }
}
