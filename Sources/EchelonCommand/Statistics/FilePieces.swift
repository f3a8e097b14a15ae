import EchelonFiles

/// A file in pieces of whole rows, each of which any process can read without the others.
struct FilePieces: Codable, Sendable {
  let path: String
  private let location: String?
  private let raw: RawFormat?
  private let rowCount: Int
  private let rowsPerPiece: Int

  /// An array in pieces of so many rows.
  init(_ array: MappedNPY, raw: RawFormat?, rowsPerPiece: Int) throws(FileError) {
    precondition(rowsPerPiece > 0, "pieces of \(rowsPerPiece) rows")
    path = array.path
    location = array.location
    self.raw = raw
    rowCount = try array.tableShape().rowCount
    self.rowsPerPiece = rowsPerPiece
  }

  var pieceCount: Int { (rowCount + rowsPerPiece - 1) / rowsPerPiece }

  /// The rows of some pieces.
  func rows(of pieces: Range<Int>) -> Range<Int> {
    min(
      rowCount, pieces.lowerBound * rowsPerPiece)..<min(
        rowCount, pieces.upperBound * rowsPerPiece)
  }

  /// Opens the file in this process.
  func open() throws(FileError) -> Reader {
    let array =
      if let raw {
        try MappedNPY(path: path, contentsAt: location, raw: raw)
      } else {
        try MappedNPY(path: path, contentsAt: location)
      }
    guard try array.tableShape().rowCount == rowCount else { throw .changed(path: path) }
    return Reader(pieces: self, array: array)
  }

  /// The open file.
  struct Reader {
    fileprivate let pieces: FilePieces
    fileprivate let array: MappedNPY

    /// The values of columns in a piece, NaN where one is missing.
    func numbers(of columns: [Int], in piece: Int) throws(FileError) -> [[Double]] {
      let rows = pieces.rows(of: piece..<piece + 1)
      return try columns.map { column throws(FileError) in
        var values = [Double](repeating: 0, count: rows.count)
        var span = values.mutableSpan
        try array.readColumn(column, rows: rows, into: &span)
        return values
      }
    }
  }
}
