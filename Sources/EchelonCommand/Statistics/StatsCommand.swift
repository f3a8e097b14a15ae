import ArgumentParser
import Echelon

/// `echelon stats`: the columns of files in numbers.
struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Count, mean, deviation and quartiles of every column.",
    discussion: """
      Reads CSV and TSV files with a header, and NPY arrays with one or two axes; for a folder, the \
      data files in it. Missing values (empty, NA, NaN, …) are counted and left out. SD has the \
      divisor n − 1; quartiles are exact, with linear interpolation, as numpy has them.

      Small inputs are read here; larger ones go to worker processes, one task for each file, and \
      files of more than 16 MiB are divided among them.

      EXAMPLES
        echelon stats data/iris.csv
        echelon stats data/*.csv --format json
        echelon stats big.csv --workers 8 --format csv > big-stats.csv
      """)

  @Argument(help: ArgumentHelp("CSV, TSV or NPY files, or folders.", valueName: "file"))
  var files: [String]

  @OptionGroup var output: FormatOptions
  @OptionGroup var workers: WorkerOptions

  /// Files of this size are divided; for tests, which have none so large.
  @Option(help: .hidden)
  var divideFrom = LargeFileSummary.smallestByteCount

  /// Below this, starting a worker takes longer than reading the files.
  private static let smallestByteCountForPool = 2 << 20

  func run() async throws {
    let paths = try InputFiles.expand(files)
    var report = StatsReport(format: output.format)
    let total = paths.reduce(0) { $0 + InputFiles.byteCount($1) }
    var wasInterrupted = false
    if workers.workers == nil, total < Self.smallestByteCountForPool {
      for path in paths { try report.add(Result { try FileSummary(path: path) }) }
    } else {
      wasInterrupted = try await summarizeInPool(paths, report: &report)
    }
    try report.finish()
    if wasInterrupted { throw Exit.interrupted }
    if report.failureCount > 0 { throw Exit.someInputFailed }
  }

  /// - Returns: whether Ctrl-C was pressed.
  private func summarizeInPool(_ paths: [String], report: inout StatsReport) async throws -> Bool {
    try await withProcessPool(workers: workers.count) { pool in
      let interruption = Interruption()
      let tasks = try paths.map { path in
        let isLarge = InputFiles.byteCount(path) >= divideFrom
        return isLarge ? nil : try pool.submit(retries: 2, summarizeFile, path)
      }
      interruption.watch(tasks.compactMap { $0 })
      for (path, task) in zip(paths, tasks) {
        if task == nil, interruption.hasHappened { continue }
        do {
          let summary =
            if let task { try await task.value } else {
              try await LargeFileSummary(pool: pool)(path)
            }
          try report.add(.success(summary))
        } catch is CancellationError {
          continue  // taken back before it began
        } catch let exit as ExitCode {
          throw exit
        } catch {
          try report.add(.failure(InputFailure(error, path: path)))
        }
      }
      return interruption.hasHappened
    }
  }
}
