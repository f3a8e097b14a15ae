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
  private(set) var raggedRows = RaggedRowCounts()
  /// Where the first of them breaks.
  private(set) var firstRaggedOffset: Int?

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
    if let given = dialect.columnNames {
      guard given.count == names.count else {
        throw CSVFault(
          offset: headerStart,
          problem: .unusable(
            "\(given.count) names are given for \(names.count) columns; name every column"))
      }
      names = Self.distinct(given)
    }
    for name in dialect.kinds.keys.sorted() where !names.contains(name) {
      throw CSVFault(
        offset: headerStart,
        problem: .unusable(
          "there is no column '\(name)' to give a type; the columns are "
            + names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")))
    }

    var kinds = CSVKinds(names: names, given: dialect.kinds)
    let keepsKinds = dialect.raggedRows == .skip
    var chunkStart = position
    var chunkFirstRow = 0
    while true {
      let recordStart = tokenizer.recordStart(in: bytes, from: position)
      guard recordStart < bytes.count else { break }
      if recordStart - chunkStart >= chunkByteCount, rowCount > chunkFirstRow {
        chunks.append(CSVChunk(byteRange: chunkStart..<recordStart, rows: chunkFirstRow..<rowCount))
        chunkStart = recordStart
        chunkFirstRow = rowCount
      }
      let before = keepsKinds ? kinds : nil
      let (end, isWhole) = try Self.scanRecord(
        bytes, at: recordStart, tokenizer: tokenizer, missing: missing, kinds: &kinds)
      var isRow = true
      if isWhole {
        position = end
      } else {
        (isRow, position) = try settle(
          bytes, at: recordStart, breakingAt: end, tokenizer, dialect.raggedRows,
          expected: names.count)
        if !isRow, let before { kinds = before }
      }
      if let fault = kinds.fault { throw fault }
      if isRow { rowCount += 1 }
    }
    if rowCount > chunkFirstRow {
      chunks.append(CSVChunk(byteRange: chunkStart..<bytes.count, rows: chunkFirstRow..<rowCount))
    }
    columns = zip(names, kinds.isText).map {
      ColumnDescription(name: $0, kind: $1 ? .text : .number)
    }
  }

  /// Checks one record and notes which columns are not numbers.
  ///
  /// Returns the start of the next line; of a record that is not whole, where it ends too early or
  /// does not end.
  @inline(__always)
  private static func scanRecord(
    _ bytes: Span<UInt8>, at start: Int, tokenizer: CSVTokenizer, missing: MissingSpellings,
    kinds: inout CSVKinds
  ) throws(CSVFault) -> (end: Int, isWhole: Bool) {
    var position = start
    let last = kinds.isText.count &- 1
    for column in 0...last {
      let end: Int
      if !kinds.isText[column], let literal = tokenizer.decimal(in: bytes, at: position) {
        end = literal.end
      } else {
        let field = try tokenizer.field(in: bytes, at: position)
        end = field.end
        if !kinds.isText[column] {
          switch NumberSyntax(
            field.contents, in: bytes, missing: missing, point: tokenizer.point)
          {
          case .number, .missing: break
          case .text: kinds.meetText(column, field, in: bytes)
          }
        }
      }
      let endsLine = end == bytes.count || tokenizer.isLineEnd(bytes[end])
      if endsLine != (column == last) { return (end, false) }
      position = end &+ 1
    }
    return (tokenizer.nextLine(in: bytes, after: position &- 1), true)
  }

  /// Decides about a row with too few or too many fields: whether it stays a row, and where it ends.
  private mutating func settle(
    _ bytes: Span<UInt8>, at start: Int, breakingAt offset: Int, _ tokenizer: CSVTokenizer,
    _ policy: RaggedRowPolicy, expected: Int
  ) throws(CSVFault) -> (isRow: Bool, next: Int) {
    let (found, end) = try tokenizer.fields(in: bytes, from: start)
    switch policy {
    case .fill where found < expected, .cut where found < expected: raggedRows.filled += 1
    case .cut: raggedRows.cut += 1
    case .skip: raggedRows.skipped += 1
    case .refuse, .fill:
      throw CSVFault(offset: offset, problem: .ragged(expected: expected, found: found))
    }
    firstRaggedOffset = firstRaggedOffset ?? offset
    return (policy != .skip, tokenizer.nextLine(in: bytes, after: end))
  }

  /// The names in the header at `start`, and the offset of the line after it.
  ///
  /// A name that is missing becomes `colN`, N from 0; one that came before gets `.2`, `.3`, …, so
  /// that every column can be asked for by name.
  private static func header(
    _ bytes: Span<UInt8>, at start: Int, tokenizer: CSVTokenizer, limit: Int
  ) throws(CSVFault) -> (names: [String], next: Int) {
    var names: [String] = []
    var position = start
    while true {
      let field = try tokenizer.field(in: bytes, at: position)
      guard names.count < limit else {
        throw CSVFault(offset: position, problem: .tooManyColumns(limit: limit))
      }
      let text = tokenizer.text(of: field, in: bytes)
      names.append(text.isEmpty ? "col\(names.count)" : text)
      guard field.end < bytes.count, !tokenizer.isLineEnd(bytes[field.end]) else {
        return (distinct(names), tokenizer.nextLine(in: bytes, after: field.end))
      }
      position = field.end + 1
    }
  }

  /// The names, each that came before with a number after it.
  private static func distinct(_ names: [String]) -> [String] {
    var taken: Set<String> = []
    return names.map { wanted in
      var name = wanted
      var copy = 2
      while !taken.insert(name).inserted {
        name = "\(wanted).\(copy)"
        copy += 1
      }
      return name
    }
  }
}

/// What is known of the kinds of columns while a file is scanned.
private struct CSVKinds {
  /// For each column, whether a value was met that is no number, or the caller said so.
  private(set) var isText: [Bool]
  /// The first value that is no number in a column that was given as numbers.
  private(set) var fault: CSVFault?
  private let names: [String]
  private let given: [String: ColumnKind]

  init(names: [String], given: [String: ColumnKind]) {
    self.names = names
    self.given = given
    isText = names.map { given[$0] == .text }
  }

  /// The column has a field that is no number.
  @inline(never)
  mutating func meetText(_ column: Int, _ field: CSVField, in bytes: Span<UInt8>) {
    guard given[names[column]] == .number else {
      isText[column] = true
      return
    }
    // Kept, not thrown: the row may yet turn out to be one that is left out.
    fault =
      fault
      ?? CSVFault(
        offset: field.contents.lowerBound,
        problem: .notANumber(column: names[column], byteCount: field.contents.count))
  }
}
