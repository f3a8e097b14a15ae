import EchelonFiles

/// The numbers of a file in pieces of whole rows, each of which any process can read without the others.
struct FilePieces: Codable, Sendable {
  private enum Content: Codable {
    case array(path: String, location: String?, RawFormat?, rowCount: Int, rowsPerPiece: Int)
    case text(CSVOutline)
    case lines(JSONLinesOutline)

    /// Where the rows of text lie; nil of an array.
    var chunks: [CSVChunk]? {
      switch self {
      case .array: nil
      case .text(let outline): outline.chunks
      case .lines(let outline): outline.chunks
      }
    }
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

  /// JSON lines, a chunk a piece.
  init(_ outline: JSONLinesOutline) { content = .lines(outline) }

  var path: String {
    switch content {
    case .array(let path, _, _, _, _): path
    case .text(let outline): outline.path
    case .lines(let outline): outline.path
    }
  }

  var pieceCount: Int {
    switch content {
    case .array(_, _, _, let rowCount, let size): (rowCount + size - 1) / size
    case .text, .lines: content.chunks?.count ?? 0
    }
  }

  var rowCount: Int {
    switch content {
    case .array(_, _, _, let rowCount, _): rowCount
    case .text, .lines: content.chunks?.last?.rows.upperBound ?? 0
    }
  }

  /// The rows of some pieces, of one at least.
  func rows(of pieces: Range<Int>) -> Range<Int> {
    switch content {
    case .array(_, _, _, let rowCount, let size):
      return pieces.lowerBound * size..<min(rowCount, pieces.upperBound * size)
    case .text, .lines:
      let chunks = content.chunks?[pieces]
      return (chunks?.first?.rows.lowerBound ?? 0)..<(chunks?.last?.rows.upperBound ?? 0)
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
    case .lines(let outline): return Reader(pieces: self, file: .lines(try LongJSONLines(outline)))
    }
  }

  /// The open file.
  struct Reader {
    fileprivate enum File {
      case array(MappedNPY)
      case text(CSVFile)
      case lines(LongJSONLines)
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
      case .lines(let file):
        let table = try file.table(of: file.outline.chunks[piece])
        return columns.map { table.columns[$0].numbers ?? [] }
      }
    }
  }
}
