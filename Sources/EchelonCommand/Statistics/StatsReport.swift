import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory

/// Writes the summaries of files to standard output: tables as they come, JSON and CSV at the end.
struct StatsReport {
  let format: OutputFormat
  private(set) var summaries: [FileSummary] = []

  /// Why inputs could not be summarized; each has been reported on standard error.
  private(set) var failures: [any Error] = []

  /// Whether a page is made of the run, too, which does not need that somebody reads standard output to its end.
  private let makesPage: Bool

  /// Whether whoever reads standard output has seen enough.
  private(set) var isUnheard = false

  init(format: OutputFormat, makesPage: Bool) {
    self.format = format
    self.makesPage = makesPage
  }

  private mutating func write(_ text: String) throws {
    guard !isUnheard else { return }
    if makesPage { StandardStream.survivePipesWithoutReaders() }
    do { try Console.write(text) } catch let exit as ExitCode {
      guard makesPage, exit == Exit.brokenPipe else { throw exit }
      isUnheard = true
    }
  }

  mutating func add(_ result: Result<FileSummary, any Error>) throws {
    let summary: FileSummary
    switch result {
    case .success(let value): summary = value
    case .failure(let error):
      failures.append(error)
      Console.report(error)
      return
    }
    let notes = [
      summary.raggedRows.note(path: summary.file),
      DecimalCommaHint.note(summary.decimalCommaColumns, path: summary.file), summary.leftOutNote,
    ].compactMap(\.self)
    for note in notes + summary.roundedNotes + OddWords.notes(summary.oddWords) {
      Console.writeError("echelon: \(note)")
    }
    if format == .table {
      try write((summaries.isEmpty ? "" : "\n") + Self.table(summary))
    }
    summaries.append(summary)
  }

  mutating func finish() throws {
    switch format {
    case .table: break
    case .json:
      try write(JSONValue.array(summaries.map(\.json)).text() + "\n")
    case .csv:
      try write(CSVWriter.text(Self.dataTable(summaries, withFileNames: true)))
    }
  }

  private static func table(_ summary: FileSummary) -> String {
    var table = TextTable(columns: [
      .init("Column", isElastic: true), .init("Count", .right), .init("Missing", .right),
      .init("Mean", .decimal), .init("SD", .decimal, hidingRank: 2),
      .init("Min", .decimal, hidingRank: 3),
      .init("Q1", .decimal, hidingRank: 0), .init("Median", .decimal, hidingRank: 1),
      .init("Q3", .decimal, hidingRank: 0), .init("Max", .decimal, hidingRank: 3),
    ])
    for column in summary.columns {
      let values: [TextTable.Cell]
      switch column.kind {
      case .text:
        values = [.text("text")] + ColumnSummary.statistics.dropFirst().map { _ in .text("") }
      case .number:
        values = ColumnSummary.statistics.map { statistic in
          let value = column.numbers.map(statistic.value)
          return .number(value?.isNaN == true ? nil : value)
        }
      }
      table.rows.append(
        [.text(column.name), .integer(column.count), .integer(column.missing)] + values)
    }
    let size =
      "\(NumberText.count(summary.rowCount, "row")), "
      + NumberText.count(summary.columns.count, "column")
    return "\(Console.bold(summary.file.visible()))  \(size)\n" + table.text(width: Console.width)
  }

  /// The summaries as a table with a row for each column: `column, kind, count, missing, mean, …`.
  static func dataTable(_ summaries: [FileSummary], withFileNames: Bool) -> DataTable {
    let rows = summaries.flatMap { summary in summary.columns.map { (summary.file, $0) } }
    var columns: [Column] = []
    if withFileNames { columns.append(Column(name: "file", text: rows.map(\.0))) }
    columns += [
      Column(name: "column", text: rows.map(\.1.name)),
      Column(name: "kind", text: rows.map(\.1.kind.rawValue)),
      Column(name: "count", numbers: rows.map { Double($0.1.count) }),
      Column(name: "missing", numbers: rows.map { Double($0.1.missing) }),
    ]
    columns += ColumnSummary.statistics.map { statistic in
      Column(
        name: statistic.key, numbers: rows.map { $0.1.numbers.map(statistic.value) ?? .nan })
    }
    return DataTable(columns: columns)
  }
}

extension FileSummary {
  /// The summary as a JSON object; statistics that do not exist are left out or `null`.
  var json: JSONValue {
    .object(
      [("file", .string(file)), ("rows", .integer(rowCount))] + raggedRows.json
        + [("columns", .array(columns.map(\.json)))])
  }
}

extension ColumnSummary {
  fileprivate var json: JSONValue {
    let head: [(name: String, value: JSONValue)] = [
      ("name", .string(name)), ("kind", .string(kind.rawValue)), ("count", .integer(count)),
      ("missing", .integer(missing)),
    ]
    guard let numbers else { return .object(head) }
    return .object(
      head + Self.statistics.map { ($0.key, .number($0.value(numbers))) })
  }
}
