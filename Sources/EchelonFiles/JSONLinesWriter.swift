/// Writes tables as JSON lines, an object for every row, that `JSONLinesFile` reads back to the same bits.
///
/// Missing values are `null`; infinities are 1e999, as `JSONValue` has them. Integers of 64 bits have all digits.
public enum JSONLinesWriter {
  /// Writes `table` to `path`, replacing the file in one step.
  /// - Throws: `FileError.unwritable` when two columns have one name, or rows no column.
  public static func write(_ table: DataTable, to path: String) throws(FileError) {
    let keys = try keys(of: table, path: path)
    var writer = try AtomicFileWriter(path: path)
    for row in 0..<table.rowCount { try writer.write(line(of: table, row: row, keys: keys)) }
    try writer.commit()
  }

  /// What stands before the values of a row.
  static func keys(of table: DataTable, path: String) throws(FileError) -> [String] {
    var names: Set<[UInt8]> = []
    for column in table.columns where !names.insert(Array(column.name.utf8)).inserted {
      throw .unwritable(path: path, what: "two columns are called '\(column.name)'; rename one")
    }
    return table.columns.map { JSONValue.string($0.name).text() + ": " }
  }

  /// A row.
  static func line(of table: DataTable, row: Int, keys: [String]) -> String {
    let fields = zip(keys, table.columns).map { key, column in
      key + JSONValue(column, row: row).text()
    }
    return "{" + fields.joined(separator: ", ") + "}\n"
  }
}
