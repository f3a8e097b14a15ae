import EchelonMemory

/// What scanning a delimited text file found out: enough for another process to read its values
/// without scanning it again.
public struct CSVOutline: Sendable, Equatable, Codable {
  /// The path as it was given.
  public let path: String

  /// The columns, in the order of the file.
  public let columns: [ColumnDescription]

  /// The number of records.
  public let rowCount: Int

  /// The runs of records that can be read on their own.
  public internal(set) var chunks: [CSVChunk]

  /// The rows that the dialect's policy changed.
  public let raggedRows: RaggedRowCounts

  /// Where the bytes are; nil for those that only this process has.
  let location: String?
  let dialect: CSVDialect
  let byteCount: Int

  /// The same outline with some of the chunks only: what one of several readers needs.
  public func selecting(_ range: Range<Int>) -> CSVOutline {
    var part = self
    part.chunks = Array(chunks[range])
    return part
  }
}

extension CSVFile {
  /// What the scan found out.
  public var outline: CSVOutline {
    CSVOutline(
      path: path, columns: columns, rowCount: rowCount, chunks: chunks,
      raggedRows: raggedRows, location: source.location, dialect: dialect,
      byteCount: source.byteCount)
  }

  /// Maps a file again that was scanned before, perhaps by another process.
  /// - Throws: `FileError.changed` when it no longer has the same size.
  public init(_ outline: CSVOutline) throws(FileError) {
    let source = try ByteSource(path: outline.path, contentsAt: outline.location)
    guard source.byteCount == outline.byteCount else { throw .changed(path: outline.path) }
    self.init(outline, source: source)
  }

  /// For each column, how many of the records of `chunk` have no value; without reading any.
  public func missingCounts(of chunk: CSVChunk) throws(FileError) -> [Int] {
    var counts = [Int](repeating: 0, count: columns.count)
    try read { (bytes) throws(CSVFault) in
      var position = chunk.byteRange.lowerBound
      var fields: [CSVField] = []
      for _ in chunk.rows {
        try readRow(of: bytes, at: &position, into: &fields)
        for column in columns.indices {
          guard column < fields.count else {
            counts[column] += 1
            continue
          }
          let canBeMissing = !fields[column].isQuoted || columns[column].kind == .number
          if canBeMissing
            && missing.contains(spelling(of: fields[column], column: column), in: bytes)
          {
            counts[column] += 1
          }
        }
      }
    }
    return counts
  }
}
