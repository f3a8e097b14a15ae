import ArgumentParser
import Echelon

/// `echelon stats`: the columns of files in numbers.
struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Count, mean, deviation and quartiles of every column.",
    discussion: """
      Reads CSV and TSV files, NPY arrays with one or two axes, NPZ archives of them (FILE.npz:NAME for one of its arrays), HDF5 datasets (FILE.h5:/GROUP/NAME), \
      Matrix Market files (.mtx), JSON lines (.jsonl, .ndjson), JSON that is rows or columns (.json), and with --raw plain numbers; for a folder, the data files in \
      it. Files that are compressed with gzip or zstd are decompressed, in TMPDIR or /var/tmp where they take much of the memory. Missing values (empty, NA, NaN, …) are counted and left out. SD has the \
      divisor n − 1; quartiles are exact, with linear interpolation, as numpy has them.

      Small inputs are read here; larger ones go to worker processes, one task for each file, and \
      files of more than 16 MiB are divided among them. With --all there are also variance, standard error, skewness and excess \
      kurtosis of a sample (as pandas has them), sum and product, the norms l1 and l2, the rows of the extremes, and the number \
      of distinct values; these are found file by file.

      Long columns of arrays, and text with many numbers, are read in pieces, a few times, so that a file may be larger than \
      memory; not with --all or --quantiles.

      EXAMPLES
        echelon stats data/iris.csv
        echelon stats data/*.csv --format json
        echelon stats data --report report.html
        zcat prices.csv.gz | grep 2024 | echelon stats -
        echelon stats prices.txt --delimiter ';' --decimal-comma --comment '#'
        echelon stats codes.csv --types zip=text,price=number --missing -999
        echelon stats data/iris.csv --all --quantiles 0.05,0.95
        echelon stats run.npz:x
        echelon stats samples.bin --raw f4le:2@128
        echelon stats big.csv --workers 8 --format csv > big-stats.csv
      """)

  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String]

  @OptionGroup var page: ReportOptions
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup var output: FormatOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  @Flag(help: "Also sum, variance, skewness, kurtosis, norms, product, distinct values and more.")
  var all = false

  @Option(
    help: ArgumentHelp(
      "The same with quantiles at these levels of 0 to 1.", valueName: "p,…"))
  var quantiles: String?
  @Flag(help: "Say on standard error how long the stages of divided files took.")
  var times = false

  /// Files of this size are divided; for tests, which have none so large.
  @Option(help: .hidden)
  var divideFrom = LargeFileSummary.smallestByteCount

  /// Longer columns of divided files are read in pieces of so many rows; for tests, which have none so long.
  @Option(help: .hidden)
  var pieceRows: Int?

  /// Text of divided files is read in pieces of about this size; for tests.
  @Option(name: .customLong("piece-bytes"), help: .hidden)
  var pieceByteCount: Int?

  /// Below this, starting a worker takes longer than reading the files.
  private static let smallestByteCountForPool = 2 << 20

  mutating func validate() throws {
    files = FoldedWords.unfolded(files)
    guard page.path == nil || (!all && quantiles == nil) else {
      throw ValidationError(
        "--report shows the usual statistics; leave out --all and --quantiles, or --report")
    }
  }

  func run() async throws {
    let paths = try InputFiles.expand(files, areNumbers: raw.rawFormat != nil)
    try InputProtection.checkStandardOutput(paths, command: "stats")
    if all || quantiles != nil { return try describe(paths, quantiles) }
    let facts = RunFacts()
    let dialect = try text.dialect
    if let report = page.path {
      try InputProtection(paths).check(
        report, command: "stats", advice: "name another file by --report")
    }
    var inputs = paths.map {
      InputFile(path: $0, dialect: dialect, raw: raw.rawFormat)
    }
    let standardInput = try StandardInput(for: &inputs, command: "stats")
    defer { withExtendedLifetime(standardInput) {} }
    var report = StatsReport(format: output.format, makesPage: page.path != nil)
    let total = inputs.reduce(0) { $0 + $1.byteCount }
    var wasInterrupted = false
    var workerCount = 0
    if workers.workers == nil, total < Self.smallestByteCountForPool {
      for input in inputs {
        let result = Result { try FileSummary(input) }
        try report.add(result.mapError { InputFailure($0, path: input.path) })
      }
    } else {
      workerCount = workers.count
      wasInterrupted = try await summarizeInPool(inputs, report: &report)
    }
    try report.finish()
    if let path = page.path {
      try report.page(
        facts, inputs: inputs, workerCount: workerCount, wasInterrupted: wasInterrupted
      ).write(to: path)
    }
    if report.isUnheard { throw Exit.brokenPipe }
    if wasInterrupted { throw Exit.interrupted }
    if !report.failures.isEmpty { throw Exit.someInputFailed }
  }

  /// - Returns: whether Ctrl-C was pressed.
  private func summarizeInPool(
    _ inputs: [InputFile], report: inout StatsReport
  ) async throws -> Bool {
    try await withProcessPool(workers: workers.count) { pool in
      let interruption = Interruption()
      let tasks = try inputs.map { input in
        let isLarge = input.byteCount >= divideFrom
        return isLarge ? nil : try pool.submit(retries: 2, summarizeFile, input)
      }
      interruption.watch(tasks.compactMap { $0 })
      let progress = ProgressLine(
        progress.style, total: inputs.count, workerCount: pool.workerCount)
      defer { progress.finish() }
      for (input, task) in zip(inputs, tasks) {
        if task == nil, interruption.hasHappened { continue }
        do {
          let summary =
            if let task { try await task.value } else {
              try await summarizeLarge(input, pool)
            }
          try progress.aside { try report.add(.success(summary)) }
          progress.advance(hasFailed: false)
        } catch is CancellationError {
          continue  // taken back before it began
        } catch let exit as ExitCode {
          throw exit
        } catch {
          try progress.aside { try report.add(.failure(InputFailure(error, path: input.path))) }
          progress.advance(hasFailed: true)
        }
      }
      return interruption.hasHappened
    }
  }

  private func summarizeLarge(
    _ input: InputFile, _ pool: ProcessPool
  ) async throws -> FileSummary {
    var summary = LargeFileSummary(
      pool: pool, rowsPerPiece: pieceRows.map { max(1, $0) },
      bytesPerPiece: pieceByteCount.map { max(1, $0) })
    if times {
      summary.report = { stage, seconds in
        Console.writeError(
          "echelon: \(input.path): \(stage) took \(NumberText.time(seconds: seconds))")
      }
    }
    return try await summary(input)
  }
}
