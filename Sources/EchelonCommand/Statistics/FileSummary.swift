import Echelon
import EchelonFiles

/// What `echelon stats` says about a file.
struct FileSummary: Codable, Sendable {
  let file: String
  let rowCount: Int
  let columns: [ColumnSummary]

  /// Puts parts together that were found elsewhere.
  init(file: String, rowCount: Int, columns: [ColumnSummary]) {
    self.file = file
    self.rowCount = rowCount
    self.columns = columns
  }

  /// Reads the file at `path` and summarizes it, here and now.
  init(path: String) throws {
    let reader = try DataFileReader.open(path)
    let rowCount = reader.rowCount
    var storage = [Double](repeating: 0, count: reader.numberColumns.count * rowCount)
    var span = storage.mutableSpan
    try reader.readNumbers(into: &span)

    var missing = [Int](repeating: 0, count: reader.columns.count)
    if reader.numberColumns.count < reader.columns.count, case .csv(let file) = reader.format {
      for chunk in file.chunks {
        for (column, count) in try file.missingCounts(of: chunk).enumerated() {
          missing[column] += count
        }
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
    self.init(file: path, rowCount: rowCount, columns: columns)
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
@Sendable func summarizeFile(_ path: String) throws -> FileSummary {
  do { return try FileSummary(path: path) } catch { throw InputFailure(error, path: path) }
}
