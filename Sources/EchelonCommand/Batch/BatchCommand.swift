import ArgumentParser

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
      stop the others, unless --halt says so.

      A run that ended in whatever way goes on with --resume: files whose results are there and still valid \
      are left out, also when operations or inputs were changed in between; the folder has a journal for that, \
      .echelon-journal.jsonl. One run at a time writes to a folder.

      Text and arrays are read and written in pieces, and may be larger than memory, when all operations are of abs, log, sqrt, \
      drop-missing, filter, map, select, drop, rename, head, to-csv, to-tsv and to-jsonl. With any other one a table is in memory.

      Operations stand in words of their own or several in one: --do log difference, --do 'log difference' and \
      --do log,difference are the same. What an operation works on stands behind it in one word, 'filter x > 1', or is the \
      next word; a comma and another operation may follow, 'filter x > 1, standardize', but not where commas belong to a \
      list: 'select a, b' is the last in its word.

      OPERATIONS
      \(BatchOperation.list)

      OPERATIONS ON WHAT FOLLOWS THEM
      \(BatchStep.list)
      See 'echelon map --help' for what expressions and conditions are.

      EXAMPLES
        echelon batch --do standardize data/*.csv --output out
        echelon batch --do log difference correlation to-json data --output out
        echelon batch --do standardize data --output out --report report.html
        echelon batch --do standardize data/*.txt --output out --delimiter ';' \\
          --decimal-comma
        zcat prices.csv.gz | echelon batch --do log difference - --output - \\
          > returns.csv
        echelon batch --do drop-missing,to-npy a.csv b.csv --output out --workers 8
        echelon batch --do standardize data --output out --resume --timeout 200% --joblog out.log
        echelon batch --do 'filter hue > 1' 'map r = hue / ash' data/wine.csv \\
          --output out
        echelon batch --do 'filter hue > 1, standardize' data/wine.csv --output out
        echelon batch --do 'plot scatter hue ash --by class' data/wine.csv --output pictures
      """)

  @Option(
    name: .customLong("do"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Operations, separated by blanks or commas, also in one word; files may follow.",
      valueName: "op"), completion: .list(BatchStep.names))
  var words: [String]

  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The folder for the results, made if missing; - writes a single result to standard output.",
      valueName: "dir"), completion: .directory)
  var output: String

  @OptionGroup var report: ReportOptions
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup(title: "Options for long runs") var job: JobOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  mutating func validate() {
    words = FoldedWords.unfolded(words)
    files = FoldedWords.unfolded(files)
  }

  func run() async throws {
    let plan = try BatchPlan(
      words: words, files: files, outputFolder: output, dialect: text.dialect,
      raw: raw.rawFormat, isTagged: job.tag)
    try await plan.carryOut(
      job, text.words + raw.words, into: output, workers: workers.count,
      showing: RunShowing(format: format.format, report: report.path, progress: progress.style),
      command: "batch")
  }
}

extension BatchPlan {
  /// Carries the plan out, or says what would be done if that was asked for.
  /// - Parameters:
  ///   - otherWords: the options on how files are written, for the log.
  ///   - jobFile: where the plan is written down, if it is.
  ///   - command: whose help says more when something is wrong.
  func carryOut(
    _ job: JobOptions, _ otherWords: [String], into output: String, workers: Int,
    showing: RunShowing, jobFile: String? = nil, command: String
  ) async throws {
    for (path, option) in [(job.jobLog, "--joblog"), (showing.report, "--report")] {
      try protectFiles(from: path, option, [jobFile].compactMap(\.self))
    }
    var settings = try job.settings(output: output, command: command)
    settings.otherWords = otherWords
    guard !job.dryRun, !job.explain else {
      let outlook = try BatchOutlook(self, into: output, workers: workers, settings)
      return try Console.write(job.dryRun ? outlook.list : outlook.explanation)
    }
    try await run(into: output, workers: workers, showing: showing, settings)
  }
}
