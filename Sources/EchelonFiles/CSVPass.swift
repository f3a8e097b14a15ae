import EchelonMemory

/// Reads record after record of delimited text: checks them, notes what its columns are, and puts
/// numbers where the caller wants them.
struct CSVPass: Sendable {
  let tokenizer: CSVTokenizer
  let missing: MissingSpellings
  let raggedRows: RaggedRowPolicy
  private(set) var kinds: CSVKinds
  /// The rows so far.
  private(set) var rowCount = 0
  private(set) var raggedCounts = RaggedRowCounts()
  /// Where the first of them breaks.
  private(set) var firstRaggedOffset: Int?

  init(
    tokenizer: CSVTokenizer, missing: MissingSpellings, raggedRows: RaggedRowPolicy, kinds: CSVKinds
  ) {
    self.tokenizer = tokenizer
    self.missing = missing
    self.raggedRows = raggedRows
    self.kinds = kinds
  }

  /// Where numbers go: row r of this pass and column c to element `slots[c]` · `stride` +
  /// `firstRow` + r.
  struct Room {
    var stride = 0
    var firstRow = 0
    var rowCount = 0
    /// By column: 0, 1, … for those that are numbers as far as is known, -1 for the others.
    var slots: [Int] = []
  }

  /// Checks the records that begin before `limit`, and leaves `position` at the first of the others.
  mutating func scan(
    _ bytes: Span<UInt8>, from position: inout Int, upTo limit: Int
  ) throws(CSVFault) {
    var nothing: [Double] = []
    var storage = nothing.mutableSpan
    let looksAtSpelling = missing.includesNumbers
    while let start = nextRecord(in: bytes, from: &position, limit) {
      try record(
        bytes, &position, start, 0, looksAtSpelling: looksAtSpelling, &storage, Room(),
        stores: false)
    }
  }

  /// The same, and puts numbers into `storage`; what is there for columns of text, and for rows that
  /// are left out, is of no account.
  /// - Throws: `CSVFault.Problem.changed` for more rows than there is room for.
  mutating func read(
    _ bytes: Span<UInt8>, from position: inout Int, upTo limit: Int,
    into storage: inout MutableSpan<Double>, _ room: Room
  ) throws(CSVFault) {
    // A number that stands for a missing value is met only by looking at how it is spelled.
    let looksAtSpelling = missing.includesNumbers
    var rows = NumberRows(
      delimiter: tokenizer.delimiter, point: tokenizer.point, columnCount: kinds.isText.count,
      numberCount: kinds.leadingNumberCount, stride: room.stride,
      rowLimit: room.firstRow + room.rowCount, limit: min(limit, bytes.count))
    let powers = PowersOfFive.shared.entries
    let isVectorized = NumberRows.isAvailable && !looksAtSpelling
    while true {
      var start: Int
      rows.column = 0
      rows.numberCount = kinds.leadingNumberCount
      if isVectorized, rows.numberCount > 0 {
        rows.row = room.firstRow &+ rowCount
        rows.position = position
        rows.read(bytes, into: &storage, powers: powers.span)
        rowCount = rows.row &- room.firstRow
        position = rows.position
      }
      if rows.column > 0 {
        start = rows.recordStart
      } else {
        guard let next = nextRecord(in: bytes, from: &position, limit) else { return }
        start = next
        if rowCount >= room.rowCount { throw CSVFault(offset: start, problem: .changed) }
      }
      try record(
        bytes, &position, start, rows.column, looksAtSpelling: looksAtSpelling, &storage, room,
        stores: true)
    }
  }

  @inline(__always)
  private func nextRecord(
    in bytes: Span<UInt8>, from position: inout Int, _ limit: Int
  ) -> Int? {
    position = tokenizer.recordStart(in: bytes, from: position)
    return position < limit && position < bytes.count ? position : nil
  }

  /// Reads the rest of the record at `start`, from `column` on, which begins at `position`.
  @inline(__always)
  private mutating func record(
    _ bytes: Span<UInt8>, _ position: inout Int, _ start: Int, _ firstColumn: Int,
    looksAtSpelling: Bool, _ storage: inout MutableSpan<Double>, _ room: Room, stores: Bool
  ) throws(CSVFault) {
    let last = kinds.isText.count &- 1
    let before = raggedRows == .skip ? kinds : nil
    let row = room.firstRow &+ rowCount
    var breaking: (column: Int, offset: Int)?
    for column in firstColumn...last {
      let end: Int
      if !looksAtSpelling, !kinds.isText[column],
        let literal = tokenizer.decimal(in: bytes, at: position)
      {
        if stores { storage[room.slots[column] &* room.stride &+ row] = literal.value(in: bytes) }
        end = literal.end
      } else {
        let value: Double
        (value, end) = try field(in: bytes, at: position, column)
        if stores, room.slots[column] >= 0 {
          storage[room.slots[column] &* room.stride &+ row] = value
        }
      }
      let endsLine = end == bytes.count || tokenizer.isLineEnd(bytes[end])
      if endsLine != (column == last) {
        breaking = (column, end)
        break
      }
      position = end &+ 1
    }
    guard let breaking else {
      position = tokenizer.nextLine(in: bytes, after: position &- 1)
      if let fault = kinds.fault { throw fault }
      rowCount &+= 1
      return
    }
    let isRow: Bool
    (isRow, position) = try settle(bytes, at: start, breakingAt: breaking.offset)
    if isRow {
      for column in breaking.column + 1..<last + 1 {
        kinds.meetMissing(column)
        if stores, room.slots[column] >= 0 {
          storage[room.slots[column] &* room.stride &+ row] = .nan
        }
      }
      rowCount &+= 1
    } else if let before {
      kinds = before
    }
    if let fault = kinds.fault { throw fault }
  }

  /// A field that is not plainly a number: its value if it is one in another way, and where it ends.
  @inline(never)
  private mutating func field(
    in bytes: Span<UInt8>, at start: Int, _ column: Int
  ) throws(CSVFault) -> (value: Double, end: Int) {
    let field = try tokenizer.field(in: bytes, at: start)
    if kinds.isText[column] {
      if !field.isQuoted, missing.contains(field.word, in: bytes) { kinds.meetMissing(column) }
      return (.nan, field.end)
    }
    switch NumberSyntax(field.contents, in: bytes, missing: missing, point: tokenizer.point) {
    case .number(let value): return (value, field.end)
    case .missing:
      // Among words, where the column may yet turn out to belong, blanks make another word of it.
      if !field.isQuoted, missing.contains(field.word, in: bytes) { kinds.meetMissing(column) }
    case .text: kinds.meetText(column, field, in: bytes)
    }
    return (.nan, field.end)
  }

  /// Decides about a row with too few or too many fields: whether it stays a row, and where it ends.
  private mutating func settle(
    _ bytes: Span<UInt8>, at start: Int, breakingAt offset: Int
  ) throws(CSVFault) -> (isRow: Bool, next: Int) {
    let (found, end) = try tokenizer.fields(in: bytes, from: start)
    let expected = kinds.isText.count
    switch raggedRows {
    case .fill where found < expected, .cut where found < expected: raggedCounts.filled += 1
    case .cut: raggedCounts.cut += 1
    case .skip: raggedCounts.skipped += 1
    case .refuse, .fill:
      throw CSVFault(offset: offset, problem: .ragged(expected: expected, found: found))
    }
    firstRaggedOffset = firstRaggedOffset ?? offset
    return (raggedRows != .skip, tokenizer.nextLine(in: bytes, after: end))
  }
}

/// What is known of the kinds of columns while a file is read.
struct CSVKinds: Sendable {
  /// For each column, whether a value was met that is no number, or the caller said so.
  private(set) var isText: [Bool]
  /// How many of the first columns are numbers so far.
  private(set) var leadingNumberCount: Int
  /// For each column, how many fields are missing values and not in quotes: those that are missing
  /// in a column of text.
  private(set) var missingCounts: [Int]
  /// The first value that is no number in a column that was given as numbers.
  private(set) var fault: CSVFault?
  private let names: [String]
  private let given: [String: ColumnKind]

  init(names: [String], given: [String: ColumnKind]) {
    self.names = names
    self.given = given
    isText = names.map { given[$0] == .text }
    leadingNumberCount = isText.firstIndex(of: true) ?? isText.count
    missingCounts = names.map { _ in 0 }
  }

  /// Of columns without names, which can all turn out to be text.
  init(isText: [Bool]) {
    self.isText = isText
    leadingNumberCount = isText.firstIndex(of: true) ?? isText.count
    missingCounts = isText.map { _ in 0 }
    names = []
    given = [:]
  }

  mutating func meetMissing(_ column: Int) { missingCounts[column] += 1 }

  /// The column has a field that is no number.
  mutating func meetText(_ column: Int, _ field: CSVField, in bytes: Span<UInt8>) {
    guard !given.isEmpty, given[names[column]] == .number else {
      isText[column] = true
      leadingNumberCount = min(leadingNumberCount, column)
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
