import EchelonMemory

/// A run of whole records of a CSV file, which can be read on its own: the unit of parallel reading.
public struct CSVChunk: Sendable, Equatable, Codable {
  /// Where its records begin and end, in bytes from the start of the file.
  public let byteRange: Range<Int>

  /// The rows it holds, counted from 0 without the header.
  public let rows: Range<Int>
}

/// A pass over a whole CSV file: names, kinds, row count and where chunks can begin.
///
/// It checks everything that can be wrong with the text, so that who reads values afterwards meets
/// only what was accepted here. The numbers of a short file are kept on the way; those of a long one
/// are left to a second pass, into storage that is then made once, at its final size and wherever the
/// caller likes (in shared memory, say).
struct CSVScan: Sendable, Equatable {
  private(set) var columns: [ColumnDescription] = []
  private(set) var rowCount = 0
  private(set) var chunks: [CSVChunk] = []
  private(set) var raggedRows = RaggedRowCounts()
  /// Where the first of them breaks.
  private(set) var firstRaggedOffset: Int?
  /// The number columns, one after the other, if they were kept.
  private(set) var numbers: [Double]?

  /// Numbers of longer files are not kept by the scan.
  static let largestByteCountToKeep = 64 << 20

  /// Scans the whole text.
  init(
    _ bytes: Span<UInt8>, tokenizer: CSVTokenizer, dialect: CSVDialect,
    missing: MissingSpellings, chunkByteCount: Int
  ) throws(CSVFault) {
    guard let head = try CSVHead(bytes, tokenizer: tokenizer, dialect: dialect) else {
      return  // `columns` stays empty: no data
    }
    let columnCount = head.names.count
    let rowLimit = Self.rowLimit(bytes, from: head.dataStart, columnCount: columnCount)
    var pass = CSVPass(
      tokenizer: tokenizer, missing: missing, raggedRows: dialect.raggedRows,
      kinds: CSVKinds(names: head.names, given: dialect.kinds))
    var kept = [Double](repeating: 0, count: columnCount * (rowLimit ?? 0))
    var storage = kept.mutableSpan
    var position = head.dataStart
    while position < bytes.count {
      let (start, firstRow) = (position, pass.rowCount)
      repeat {
        let end = start.addingReportingOverflow(chunkByteCount)
        let next = end.overflow ? bytes.count : max(end.partialValue, position + 1)
        if let rowLimit {
          try pass.read(
            bytes, from: &position, upTo: next, into: &storage,
            CSVPass.Room(
              stride: rowLimit, firstRow: 0, rowCount: rowLimit, slots: Array(0..<columnCount)))
        } else {
          try pass.scan(bytes, from: &position, upTo: next)
        }
      } while pass.rowCount == firstRow && position < bytes.count
      if pass.rowCount > firstRow {
        chunks.append(CSVChunk(byteRange: start..<position, rows: firstRow..<pass.rowCount))
      }
    }
    rowCount = pass.rowCount
    raggedRows = pass.raggedCounts
    firstRaggedOffset = pass.firstRaggedOffset
    columns = zip(head.names, pass.kinds.isText).map {
      ColumnDescription(name: $0, kind: $1 ? .text : .number)
    }
    if let rowLimit {
      Self.close(&kept, columns: columns, rowCount: rowCount, stride: rowLimit)
      numbers = kept
    }
  }

  /// The most rows that the text can have, if its numbers are worth keeping; else nil.
  ///
  /// Every row ends a line. Every field takes a byte at least: more elements than bytes are room for
  /// lines that are no rows, of which a wide file can have more than there is memory for.
  private static func rowLimit(
    _ bytes: Span<UInt8>, from start: Int, columnCount: Int
  ) -> Int? {
    guard bytes.count <= largestByteCountToKeep else { return nil }
    var lineCount = 1
    for ending: UInt8 in [0x0A, 0x0D] {
      var position = start
      while let end = bytes.firstIndex(of: ending, in: position..<bytes.count) {
        // The pair CR LF is one end.
        if ending == 0x0A || end + 1 == bytes.count || bytes[end + 1] != 0x0A { lineCount += 1 }
        position = end + 1
      }
    }
    let (elementCount, overflow) = lineCount.multipliedReportingOverflow(by: columnCount)
    return overflow || elementCount > bytes.count + columnCount ? nil : lineCount
  }

  /// Brings the columns of numbers together, each of which has `stride` elements to begin with.
  private static func close(
    _ numbers: inout [Double], columns: [ColumnDescription], rowCount: Int, stride: Int
  ) {
    var next = 0
    for (index, column) in columns.enumerated() where column.kind == .number {
      let first = index * stride
      if first != next { for row in 0..<rowCount { numbers[next + row] = numbers[first + row] } }
      next += rowCount
    }
    numbers.removeLast(numbers.count - next)
  }
}
