/// Writes numbers without a header, as `RawFormat` describes them: row after row, nothing between.
public enum RawWriter {
  /// Rows whose bytes are made at a time.
  private static let rowsAtATime = 4096

  /// Writes the columns of `table` to `path`, replacing the file in one step.
  ///
  /// - Parameters:
  ///   - type: of the elements, as in `NPYWriter.write`.
  ///   - integers: as in `NPYWriter.write`.
  /// - Returns: what says how the file is read again.
  /// - Throws: `FileError.unwritable` for a column of text and for numbers that the type does not have.
  @discardableResult
  public static func write(
    _ table: DataTable, as type: NPYElementType = .float64, isBigEndian: Bool = false,
    integers: [Int: [String]] = [:], to path: String
  ) throws(FileError) -> RawFormat {
    let numbers = try StoredNumbers(
      table, as: type, isBigEndian: isBigEndian, integers: integers, path: path)
    guard !numbers.columns.isEmpty else {
      throw .unwritable(path: path, what: "there is no column of numbers")
    }
    var writer = try AtomicFileWriter(path: path)
    for start in stride(from: 0, to: numbers.rowCount, by: rowsAtATime) {
      let rows = start..<min(start + rowsAtATime, numbers.rowCount)
      let bytes = try numbers.bytes(ofRows: rows)
      try writer.write(elements: bytes.span)
    }
    try writer.commit()
    return RawFormat(type, isBigEndian: isBigEndian, columnCount: numbers.columns.count)
  }
}
