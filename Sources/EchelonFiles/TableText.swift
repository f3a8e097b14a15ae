/// The text of a table that comes in pieces: what `CSVWriter` and `JSONLinesWriter` write of the whole.
///
///     var text = TableText(.delimited(.commaSeparated), path: "result.csv")
///     for piece in … { try writer.write(text.next(piece)) }
public struct TableText: Sendable {
  /// How a table is written, row after row.
  public enum Format: Sendable {
    /// Delimited text.
    case delimited(CSVDialect)
    /// An object on every line.
    case jsonLines
  }

  private let format: Format
  private let path: String
  private var encoder: CSVEncoder?
  private var keys: [String] = []
  private var isFirst = true

  /// - Parameter path: where the text goes, which errors show.
  public init(_ format: Format, path: String) {
    self.format = format
    self.path = path
  }

  /// The text of the next rows; the header stands before the first ones, of which there may be none.
  /// - Throws: `FileError.unwritable` for JSON lines when two columns have one name.
  public mutating func next(_ piece: DataTable) throws(FileError) -> String {
    defer { isFirst = false }
    var text = ""
    switch format {
    case .jsonLines:
      if isFirst { keys = try JSONLinesWriter.keys(of: piece, path: path) }
      for row in 0..<piece.rowCount {
        text += JSONLinesWriter.line(of: piece, row: row, keys: keys)
      }
    case .delimited(let dialect):
      let encoder = encoder ?? CSVEncoder(dialect: dialect, columnCount: piece.columns.count)
      self.encoder = encoder
      if isFirst, dialect.hasHeader {
        text = encoder.line(of: piece.columns.map { encoder.quoted($0.name) })
      }
      for row in 0..<piece.rowCount {
        text += encoder.line(of: piece.columns.map { encoder.field($0, row: row) })
      }
    }
    return text
  }
}
