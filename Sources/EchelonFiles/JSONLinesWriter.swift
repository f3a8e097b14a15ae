/// Writes tables as JSON lines, an object for every row, that `JSONLinesFile` reads back to the same bits.
///
/// Missing values are `null`; infinities are 1e999, as `JSONValue` has them.
public enum JSONLinesWriter {
  /// Writes `table` to `path`, replacing the file in one step.
  /// - Throws: `FileError.unwritable` when two columns have one name, or rows no column.
  public static func write(_ table: DataTable, to path: String) throws(FileError) {
    var names: Set<[UInt8]> = []
    for column in table.columns where !names.insert(Array(column.name.utf8)).inserted {
      throw .unwritable(path: path, what: "two columns are called '\(column.name)'; rename one")
    }
    let keys = table.columns.map { JSONValue.string($0.name).text() + ": " }
    var writer = try AtomicFileWriter(path: path)
    for row in 0..<table.rowCount {
      let fields = zip(keys, table.columns).map { key, column in
        key + Self.text(column, row: row)
      }
      try writer.write("{" + fields.joined(separator: ", ") + "}\n")
    }
    try writer.commit()
  }

  private static func text(_ column: Column, row: Int) -> String {
    switch column.values {
    case .numbers(let values):
      return JSONValue.number(values[row]).text()
    case .text(let values):
      return values[row].map { JSONValue.string($0).text() } ?? "null"
    }
  }
}
