import Echelon
import EchelonFiles

/// What `echelon stats` says about a file.
struct FileSummary: Codable, Sendable {
  let file: String
  let rowCount: Int
  let columns: [ColumnSummary]
  /// Rows of text that had more or fewer fields than the header.
  private(set) var raggedRows = RaggedRowCounts()
  /// What is to be said of numbers that were rounded.
  private(set) var roundedNotes: [String] = []
  /// Columns that are text for a few words among numbers.
  var oddWords: [OddWords] = []
  /// What is to be said of arrays that were left out; nil where there are none.
  private(set) var leftOutNote: String?
  /// Columns that may be numbers with a decimal comma.
  var decimalCommaColumns: [String] = []
  /// When a process was at it, where that is of interest.
  var span: WorkSpan?

  /// Puts parts together that were found elsewhere.
  init(
    file: String, rowCount: Int, columns: [ColumnSummary],
    raggedRows: RaggedRowCounts = RaggedRowCounts()
  ) {
    self.raggedRows = raggedRows
    self.file = file
    self.rowCount = rowCount
    self.columns = columns
  }

  /// Reads a file and summarizes it, here and now.
  init(_ input: InputFile) throws { try self.init(input.open()) }

  /// Summarizes a file, here and now.
  init(_ reader: DataFileReader) throws {
    switch reader.format {
    // In memory already, where there need be no second copy.
    case .hdf5, .jsonLines, .matrixMarket: try self.init(file: reader.path, reader.table())
    case .csv, .npy, .npz, .longJSONLines: try self.init(numbersOf: reader)
    }
    decimalCommaColumns = try DecimalCommaHint.columns(of: reader)
    oddWords = try reader.oddWords(but: decimalCommaColumns)
    leftOutNote = reader.leftOutNote
    try noteRounded { reader }
  }

  private init(numbersOf reader: DataFileReader) throws {
    let rowCount = reader.rowCount
    var storage = [Double](repeating: 0, count: reader.numberColumns.count * rowCount)
    var span = storage.mutableSpan
    try reader.readNumbers(into: &span)

    var missing = [Int](repeating: 0, count: reader.columns.count)
    if reader.numberColumns.count < reader.columns.count {
      if case .csv(let file) = reader.format {
        for chunk in file.chunks {
          for (column, count) in try file.missingCounts(of: chunk).enumerated() {
            missing[column] += count
          }
        }
      } else if case .longJSONLines(let file) = reader.format {
        missing = file.outline.missingCounts
      } else {
        missing = try reader.table().columns.map(\.missingCount)
      }
    }
    var slot = 0
    var columns: [ColumnSummary] = []
    for (index, column) in reader.columns.enumerated() {
      switch column.kind {
      case .text:
        columns.append(
          ColumnSummary(
            text: column.name, count: rowCount - missing[index], missing: missing[index]))
      case .number:
        let values = storage.span.extracting(slot * rowCount..<(slot + 1) * rowCount)
        columns.append(try ColumnSummary(name: column.name, values: values))
        slot += 1
      }
    }
    self.init(
      file: reader.path, rowCount: rowCount, columns: columns, raggedRows: reader.raggedRows)
  }

  /// Looks for whole numbers that were rounded, in a file that is opened only where numbers are large enough.
  mutating func noteRounded(_ open: () throws -> DataFileReader) throws {
    let large = columns.indices.filter { index in
      columns[index].numbers.map { max(-$0.minimum, $0.maximum) >= 0x1p53 } ?? false
    }
    guard !large.isEmpty else { return }
    let infinite = large.filter { index in
      columns[index].numbers.map { max(-$0.minimum, $0.maximum).isInfinite } ?? false
    }
    var rounded = RoundedColumns(in: try open())
    try rounded.look(inColumns: large, infinite: infinite)
    roundedNotes = rounded.notes
  }
}

extension FileSummary {
  /// Summarizes a table in memory.
  init(file: String, _ table: DataTable) throws(KernelError) {
    var columns: [ColumnSummary] = []
    for column in table.columns {
      if let numbers = column.numbers {
        columns.append(try ColumnSummary(name: column.name, values: numbers.span))
      } else {
        let missing = column.missingCount
        columns.append(
          ColumnSummary(text: column.name, count: column.count - missing, missing: missing))
      }
    }
    self.init(file: file, rowCount: table.rowCount, columns: columns)
  }
}

/// The same in a worker.
@Sendable func summarizeFile(_ input: InputFile) throws -> FileSummary {
  let start = ContinuousClock.now
  do {
    var summary = try FileSummary(input)
    summary.span = WorkSpan(since: start)
    return summary
  } catch {
    throw InputFailure(error, path: input.path, span: WorkSpan(since: start))
  }
}
