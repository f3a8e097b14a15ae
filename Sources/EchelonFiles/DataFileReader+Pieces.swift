extension DataFileReader {
  /// Rows that can be read without those before and behind them.
  public struct Piece: Sendable {
    /// The rows, counted from 0.
    public let rows: Range<Int>
    let chunk: CSVChunk?
  }

  /// All rows in their order, in one piece or more.
  ///
  /// Delimited text and long JSON lines come in the chunks that they were opened with, arrays in pieces that take about `byteCount` bytes of
  /// memory. Files of other formats are in memory as a whole, and are one piece.
  public func pieces(byteCount: Int = 1 << 20) -> [Piece] {
    precondition(byteCount > 0, "pieces of \(byteCount) bytes")
    let whole = [Piece(rows: 0..<rowCount, chunk: nil)]
    switch format {
    case .csv(let file):
      return file.chunks.isEmpty ? whole : file.chunks.map { Piece(rows: $0.rows, chunk: $0) }
    case .longJSONLines(let file):
      let chunks = file.outline.chunks
      return chunks.isEmpty ? whole : chunks.map { Piece(rows: $0.rows, chunk: $0) }
    case .npy where rowCount > 0 && !columns.isEmpty:
      let size = max(1, byteCount / (columns.count * MemoryLayout<Double>.stride))
      return stride(from: 0, to: rowCount, by: size).map { first in
        Piece(rows: first..<min(rowCount, first + size), chunk: nil)
      }
    case .npy, .npz, .hdf5, .matrixMarket, .jsonLines: return whole
    }
  }

  /// The rows of a piece, in memory; its columns are of the kinds that they have in the whole file.
  /// - Throws: `FileError.malformedText` for a word that is not UTF-8, with its place; `FileError.changed` for a file
  ///   that is another one by now.
  public func table(of piece: Piece) throws(FileError) -> DataTable {
    switch format {
    case .csv(let file):
      guard let chunk = piece.chunk else { return try table() }
      return try file.table(of: chunk)
    case .longJSONLines(let file):
      guard let chunk = piece.chunk else { return try table() }
      return try file.table(of: chunk)
    case .npy(let array) where piece.rows.count < rowCount:
      var result: [Column] = []
      for (index, column) in columns.enumerated() {
        var values = [Double](repeating: 0, count: piece.rows.count)
        var storage = values.mutableSpan
        try array.readColumn(index, rows: piece.rows, into: &storage)
        result.append(Column(name: column.name, numbers: values))
      }
      return DataTable(columns: result)
    case .npy, .npz, .hdf5, .matrixMarket, .jsonLines: return try table()
    }
  }

  /// A column of a piece as text, whatever its kind, of a file of delimited text; nil for other files.
  public func text(column index: Int, of piece: Piece) throws(FileError) -> [String?]? {
    guard case .csv(let file) = format else { return nil }
    guard let chunk = piece.chunk else { return try file.readText(column: index) }
    return try file.readText(columns: [index], of: chunk)[0]
  }
}
