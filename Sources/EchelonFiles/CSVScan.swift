/// A run of whole records of a CSV file, which can be read on its own: the unit of parallel reading.
public struct CSVChunk: Sendable, Equatable, Codable {
  /// Where its records begin and end, in bytes from the start of the file.
  public let byteRange: Range<Int>

  /// The rows it holds, counted from 0 without the header.
  public let rows: Range<Int>
}

/// The first of two passes over a CSV file: names, kinds, row count and where chunks can begin.
///
/// Storage can then be made once, at its final size and wherever the caller likes (in shared
/// memory, say), and the second pass fills it in place. The pass checks everything that can be
/// wrong with the text, so the second one meets only what this one accepted.
struct CSVScan: Sendable, Equatable {
  private(set) var columns: [ColumnDescription] = []
  private(set) var rowCount = 0
  private(set) var chunks: [CSVChunk] = []

  /// Scans the whole text.
  init(
    _ bytes: Span<UInt8>, tokenizer: CSVTokenizer, dialect: CSVDialect,
    missing: MissingSpellings, chunkByteCount: Int
  ) throws(CSVFault) {
    let textStart = bytes.matches("\u{FEFF}", at: 0) ? 3 : 0
    let headerStart = tokenizer.recordStart(in: bytes, from: textStart)
    guard headerStart < bytes.count else { return }  // `columns` stays empty: no data

    var (names, position) = try Self.header(
      bytes, at: headerStart, tokenizer: tokenizer, limit: dialect.maximumColumnCount)
    if !dialect.hasHeader {
      names = names.indices.map { "col\($0)" }
      position = headerStart
    }

    var isText = [Bool](repeating: false, count: names.count)
    var chunkStart = position
    var chunkFirstRow = 0
    while true {
      let recordStart = tokenizer.recordStart(in: bytes, from: position)
      guard recordStart < bytes.count else { break }
      if recordStart - chunkStart >= chunkByteCount {
        chunks.append(CSVChunk(byteRange: chunkStart..<recordStart, rows: chunkFirstRow..<rowCount))
        chunkStart = recordStart
        chunkFirstRow = rowCount
      }
      position = try Self.scanRecord(
        bytes, at: recordStart, tokenizer: tokenizer, missing: missing, isText: &isText)
      rowCount += 1
    }
    if rowCount > chunkFirstRow {
      chunks.append(CSVChunk(byteRange: chunkStart..<bytes.count, rows: chunkFirstRow..<rowCount))
    }
    columns = zip(names, isText).map { ColumnDescription(name: $0, kind: $1 ? .text : .number) }
  }

  /// Checks one record, notes which columns are not numbers, and returns the start of the next line.
  @inline(__always)
  private static func scanRecord(
    _ bytes: Span<UInt8>, at start: Int, tokenizer: CSVTokenizer, missing: MissingSpellings,
    isText: inout [Bool]
  ) throws(CSVFault) -> Int {
    var position = start
    let last = isText.count &- 1
    for column in 0...last {
      let end: Int
      if !isText[column], let literal = tokenizer.decimal(in: bytes, at: position) {
        end = literal.end
      } else {
        let field = try tokenizer.field(in: bytes, at: position)
        end = field.end
        if !isText[column] {
          switch NumberSyntax(field.contents, in: bytes, missing: missing) {
          case .number, .missing: break
          case .text: isText[column] = true
          }
        }
      }
      let endsLine = end == bytes.count || tokenizer.isLineEnd(bytes[end])
      if endsLine != (column == last) {
        throw try raggedRow(bytes, at: start, breakingAt: end, tokenizer, expected: last &+ 1)
      }
      position = end &+ 1
    }
    return tokenizer.nextLine(in: bytes, after: position &- 1)
  }

  /// The fault of a row with too few or too many fields: counts all of them, for the message.
  private static func raggedRow(
    _ bytes: Span<UInt8>, at start: Int, breakingAt offset: Int, _ tokenizer: CSVTokenizer,
    expected: Int
  ) throws(CSVFault) -> CSVFault {
    var found = 0
    var position = start
    while true {
      let field = try tokenizer.field(in: bytes, at: position)
      found += 1
      if field.end == bytes.count || tokenizer.isLineEnd(bytes[field.end]) { break }
      position = field.end + 1
    }
    return CSVFault(offset: offset, problem: .ragged(expected: expected, found: found))
  }

  /// The names in the header at `start`, and the offset of the line after it.
  ///
  /// A name that is missing becomes `colN`, N from 0; one that came before gets `.2`, `.3`, …, so
  /// that every column can be asked for by name.
  private static func header(
    _ bytes: Span<UInt8>, at start: Int, tokenizer: CSVTokenizer, limit: Int
  ) throws(CSVFault) -> (names: [String], next: Int) {
    var names: [String] = []
    var taken: Set<String> = []
    var position = start
    while true {
      let field = try tokenizer.field(in: bytes, at: position)
      guard names.count < limit else {
        throw CSVFault(offset: position, problem: .tooManyColumns(limit: limit))
      }
      let text = tokenizer.text(of: field, in: bytes)
      let wanted = text.isEmpty ? "col\(names.count)" : text
      var name = wanted
      var copy = 2
      while !taken.insert(name).inserted {
        name = "\(wanted).\(copy)"
        copy += 1
      }
      names.append(name)
      guard field.end < bytes.count, !tokenizer.isLineEnd(bytes[field.end]) else {
        return (names, tokenizer.nextLine(in: bytes, after: field.end))
      }
      position = field.end + 1
    }
  }
}
