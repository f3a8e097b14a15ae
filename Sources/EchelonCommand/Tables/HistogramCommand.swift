import ArgumentParser
import EchelonFiles
import EchelonMemory
import EchelonTables

/// `echelon histogram`: how the values of a column are spread.
struct HistogramCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "histogram",
    abstract: "How the values of a column, or of an expression, are spread.",
    usage: "echelon histogram [<options>] <expression> <file> ...",
    discussion: """
      Bins of equal width from the smallest to the largest value, as bars in the terminal or as numbers (--format). Without \
      --bins there are as many as NumPy's auto takes, but no more than 40 bars in the terminal. Columns whose names have blanks or signs stand in backquotes; see \
      'echelon map --help' for expressions.

      Text, JSON lines and arrays are read in pieces, a few times, so that a file may be larger than memory.

      EXAMPLES
        echelon histogram '`petal length (cm)`' data/iris.csv
        echelon histogram 'log10(pop)' data/gapminder.csv --bins 12
        echelon histogram temp_max data/seattle-weather.csv --format csv
        echelon histogram x days/*.csv --output counts    counts of each
        echelon batch --do 'histogram x bins 20' days --output counts
      """)

  @Argument(help: "A column, or an expression over some.")
  var expression: String

  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file for the numbers, ending in .csv, .npy, .json or the like, or a folder for those of several.",
      valueName: "path"), completion: .file())
  var output: String?

  @Option(help: ArgumentHelp("The number of bins, 1 to 100,000.", valueName: "n"))
  var bins: Int?

  /// The file is read in pieces of about this size; for tests, which have none so large.
  @Option(name: .customLong("piece-bytes"), help: .hidden)
  var pieceByteCount = TextOptions.pieceByteCount

  @OptionGroup var format: FormatOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  mutating func validate() throws {
    files = FoldedWords.unfolded(files)
    if files.isEmpty {
      throw ValidationError(
        ColumnHint.text(
          expression, example: { ["echelon", "histogram", ColumnHint.inExpression($0.number)] })
          ?? "no file is named")
    }
    if files.count == 1,
      let hint = ColumnHint.swapped([expression] + files, command: ["echelon", "histogram"])
    {
      throw ValidationError(hint)
    }
    if let bins, !(1...ColumnHistogram.binLimit ~= bins) {
      throw ValidationError(
        "--bins must be 1 to \(NumberText.grouped(ColumnHistogram.binLimit)), not \(bins)")
    }
  }

  func run() async throws {
    let expression: ColumnExpression
    do { expression = try ColumnExpression(self.expression) } catch {
      throw WrongUse("histogram: \(error)", command: "histogram")
    }
    let paths = try InputFiles.expand(files, areNumbers: raw.rawFormat != nil)
    let target = try Target(output, "histogram")
    if case .folder(let folder) = target {
      let step = self.expression + (bins.map { " bins \($0)" } ?? "")
      let plan = try BatchPlan(
        steps: [.table(TableOperation("histogram", step)), .named(.toCSV)], paths: paths,
        outputFolder: folder, dialect: text.dialect, raw: raw.rawFormat, command: "histogram")
      return try await plan.run(into: folder, workers: workers.count)
    }
    try InputFiles.requireOne(paths, "histogram")
    try target.check(keeping: paths, command: "histogram")
    // Bars for people have to be seen at once.
    let hasBars = format.format == .table && output == nil
    let histogram = try text.passes(
      at: paths[0], raw, byteCount: pieceByteCount, command: "histogram"
    ) { passes in
      let bound = try expression.bound(to: passes.columns)
      return try ColumnHistogram(
        valueCount: passes.rowCount, bins: bins,
        mostBins: hasBars ? 40 : ColumnHistogram.binLimit
      ) { take in
        var rowsBefore = 0
        try passes.pass { piece in
          take(bound.values(in: piece, rowsBefore: rowsBefore))
          rowsBefore += piece.rowCount
        }
      }
    }
    if case .file = target {
      try target.write(histogram.table, as: .csv)
    } else {
      try show(histogram)
    }
    if histogram.leftOut > 0 {
      Console.writeError(
        "\(NumberText.count(histogram.leftOut, "missing or infinite value")) left out")
    }
  }

  private func show(_ histogram: ColumnHistogram) throws {
    switch format.format {
    case .table: try Console.write(histogram.bars(width: Console.width ?? 80))
    case .csv: try Console.write(CSVWriter.text(histogram.table))
    case .json: try Console.write(JSONValue(histogram.table).text() + "\n")
    }
  }
}

extension ColumnHistogram {
  /// A line for each bin, with a bar.
  /// - Parameter width: of the window.
  fileprivate func bars(width: Int) -> String {
    guard let most = counts.max() else { return "no values\n" }
    let froms = edges.dropLast().map { Self.text($0) }
    let tos = edges.dropFirst().map { Self.text($0) }
    let numbers = counts.map(NumberText.grouped)
    func longest(_ texts: [String]) -> Int { texts.map(\.count).max() ?? 0 }
    let widths = (longest(froms), longest(tos), longest(numbers))
    let room = max(8, width - widths.0 - widths.1 - widths.2 - 6)
    return counts.indices.map { bin in
      let bar = ColumnBar.text(Double(counts[bin]) / Double(most), width: room)
      return "\(froms[bin].padded(widths.0)) – \(tos[bin].padded(widths.1)) "
        + "\(numbers[bin].padded(widths.2)) \(bar)\n"
    }.joined()
  }

  private static func text(_ edge: Double) -> String {
    edge.rounded(significantDigits: 5)
  }
}

extension String {
  /// With blanks before it.
  fileprivate func padded(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
