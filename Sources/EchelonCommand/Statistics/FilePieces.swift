import EchelonFiles

/// The numbers of a file in pieces of whole rows, each of which any process can read without the others.
struct FilePieces: Codable, Sendable {
  private enum Content: Codable {
    case array(path: String, location: String?, RawFormat?, rowCount: Int, rowsPerPiece: Int)
    case text(CSVOutline)
  }

  private let content: Content

  /// An array in pieces of so many rows.
  init(_ array: MappedNPY, raw: RawFormat?, rowsPerPiece: Int) throws(FileError) {
    precondition(rowsPerPiece > 0, "pieces of \(rowsPerPiece) rows")
    content = .array(
      path: array.path, location: array.location, raw, rowCount: try array.tableShape().rowCount,
      rowsPerPiece: rowsPerPiece)
  }

  /// Delimited text, a chunk a piece.
  init(_ outline: CSVOutline) { content = .text(outline) }

  var path: String {
    switch content {
    case .array(let path, _, _, _, _): path
    case .text(let outline): outline.path
    }
  }

  var pieceCount: Int {
    switch content {
    case .array(_, _, _, let rowCount, let size): (rowCount + size - 1) / size
    case .text(let outline): outline.chunks.count
    }
  }

  var rowCount: Int {
    switch content {
    case .array(_, _, _, let rowCount, _): rowCount
    case .text(let outline): outline.rowCount
    }
  }

  /// The rows of some pieces, of one at least.
  func rows(of pieces: Range<Int>) -> Range<Int> {
    switch content {
    case .array(_, _, _, let rowCount, let size):
      return pieces.lowerBound * size..<min(rowCount, pieces.upperBound * size)
    case .text(let outline):
      let chunks = outline.chunks[pieces]
      return (chunks.first?.rows.lowerBound ?? 0)..<(chunks.last?.rows.upperBound ?? 0)
    }
  }

  /// Opens the file in this process.
  func open() throws(FileError) -> Reader {
    switch content {
    case .array(let path, let location, let raw, let rowCount, _):
      let array =
        if let raw {
          try MappedNPY(path: path, contentsAt: location, raw: raw)
        } else {
          try MappedNPY(path: path, contentsAt: location)
        }
      guard try array.tableShape().rowCount == rowCount else { throw .changed(path: path) }
      return Reader(pieces: self, file: .array(array))
    case .text(let outline): return Reader(pieces: self, file: .text(try CSVFile(outline)))
    }
  }

  /// The open file.
  struct Reader {
    fileprivate enum File {
      case array(MappedNPY)
      case text(CSVFile)
    }

    fileprivate let pieces: FilePieces
    fileprivate let file: File

    /// The values of columns of numbers in a piece, NaN where one is missing.
    func numbers(of columns: [Int], in piece: Int) throws(FileError) -> [[Double]] {
      let count = pieces.rows(of: piece..<piece + 1).count
      switch file {
      case .array(let array):
        let rows = pieces.rows(of: piece..<piece + 1)
        return try columns.map { column throws(FileError) in
          var values = [Double](repeating: 0, count: count)
          var span = values.mutableSpan
          try array.readColumn(column, rows: rows, into: &span)
          return values
        }
      case .text(let file):
        let values = try file.readNumbers(of: file.chunks[piece])
        let numberColumns = file.numberColumns
        return columns.map { column in
          // Only columns of numbers are asked for.
          let slot = numberColumns.firstIndex(of: column)!
          return Array(values[slot * count..<(slot + 1) * count])
        }
      }
    }
  }
}
