/// Reads the text of a Matrix Market file, front to back.
struct MatrixMarketParser {
  private(set) var layout = MatrixMarketFile.Layout.array
  private(set) var field = MatrixMarketFile.Field.real
  private(set) var symmetry = MatrixMarketFile.Symmetry.general
  private(set) var entryCount = 0

  /// The dense columns; two for each of a complex matrix.
  private(set) var columns: [[Double]] = []

  /// What became of numbers that no `Double` is.
  private(set) var lostNumbers = LostNumbers()

  private let limit: Int
  private var position = 0
  private var line = 0..<0
  private var rowCount = 0
  private var columnCount = 0

  /// Which elements a coordinate file has given, a bit for each.
  private var given: [UInt64] = []

  /// - Parameter limit: the most numbers of the dense table.
  init(limit: Int) { self.limit = limit }

  mutating func parse(_ bytes: Span<UInt8>) throws(TextFault) {
    try parseBanner(bytes)
    try parseSizes(bytes)
    switch layout {
    case .array: try parseArray(bytes)
    case .coordinate: try parseCoordinates(bytes)
    }
    if nextLine(in: bytes) {
      throw TextFault(
        offset: line.lowerBound,
        what: "more than the \(entryCount) entries that the size line promises; correct one of them"
      )
    }
  }

  // MARK: Header

  private mutating func parseBanner(_ bytes: Span<UInt8>) throws(TextFault) {
    guard MatrixMarketFile.isPresent(in: bytes), nextLine(in: bytes) else {
      throw TextFault(
        offset: 0,
        what: "expected %%MatrixMarket; only files that begin with it are Matrix Market's")
    }
    var cursor = 0
    let banner = word(in: bytes, from: &cursor)
    guard banner.count == 14 else {
      throw TextFault(offset: 14, what: "expected a blank after %%MatrixMarket")
    }
    _ = try keyword(["matrix"], in: bytes, from: &cursor)
    layout = try keyword(
      MatrixMarketFile.Layout.allCases.map { ($0.rawValue, $0) }, in: bytes, from: &cursor)
    var fields = MatrixMarketFile.Field.allCases.map { ($0.rawValue, $0) }
    fields += [("double", .real), ("unsigned-integer", .integer)]
    let fieldOffset = wordStart(in: bytes, from: cursor)
    field = try keyword(fields, in: bytes, from: &cursor)
    let symmetryOffset = wordStart(in: bytes, from: cursor)
    symmetry = try keyword(
      MatrixMarketFile.Symmetry.allCases.map { ($0.rawValue, $0) }, in: bytes, from: &cursor)
    try expectEnd(of: bytes, from: cursor)
    if field == .pattern, layout == .array {
      throw TextFault(
        offset: fieldOffset, what: "an array has values, a pattern has none; write coordinates")
    }
    if symmetry == .hermitian, field != .complex {
      throw TextFault(
        offset: symmetryOffset, what: "only complex matrices are hermitian; write symmetric")
    }
    if symmetry == .skewSymmetric, field == .pattern {
      throw TextFault(
        offset: symmetryOffset, what: "a pattern has no signs, so it cannot be skew-symmetric")
    }
  }

  private func keyword(
    _ words: [String], in bytes: Span<UInt8>, from cursor: inout Int
  ) throws(TextFault) -> String {
    try keyword(words.map { ($0, $0) }, in: bytes, from: &cursor)
  }

  private func keyword<Value>(
    _ words: [(String, Value)], in bytes: Span<UInt8>, from cursor: inout Int
  ) throws(TextFault) -> Value {
    let range = word(in: bytes, from: &cursor)
    for (word, value) in words where bytes.matchesWord(word, range) { return value }
    throw TextFault(
      offset: range.lowerBound,
      what: "expected \(words.map(\.0).joined(separator: ", ")), found \(bytes.quoted(range))")
  }

  private mutating func parseSizes(_ bytes: Span<UInt8>) throws(TextFault) {
    repeat {
      guard nextLine(in: bytes) else {
        throw TextFault(offset: bytes.count, what: "expected a line with the sizes of the matrix")
      }
    } while bytes[line.lowerBound] == UInt8(ascii: "%")
    var cursor = line.lowerBound
    let start = cursor
    rowCount = try integer(in: bytes, from: &cursor, what: "the number of rows")
    columnCount = try integer(in: bytes, from: &cursor, what: "the number of columns")
    if layout == .coordinate {
      entryCount = try integer(in: bytes, from: &cursor, what: "the number of entries")
    }
    try expectEnd(of: bytes, from: cursor)

    guard symmetry == .general || rowCount == columnCount else {
      throw TextFault(
        offset: start,
        what: "a \(symmetry.rawValue) matrix is square, this one has \(rowCount) rows and "
          + "\(columnCount) columns")
    }
    let parts = field == .complex ? 2 : 1
    guard columnCount <= DataFileReader.maximumColumnCount / parts else {
      throw TextFault(
        offset: start,
        what: "\(columnCount) columns are more than the "
          + "\(DataFileReader.maximumColumnCount / parts) that a table may have; transpose, or take a part"
      )
    }
    let (numberCount, overflow) = (columnCount * parts).multipliedReportingOverflow(by: rowCount)
    guard !overflow, numberCount <= limit else {
      throw TextFault(
        offset: start,
        what:
          "\(rowCount) × \(columnCount) elements are more than the \(limit / parts) of a dense table; "
          + "take a part of the matrix")
    }
    if layout == .array {
      entryCount =
        switch symmetry {
        case .general: rowCount * columnCount
        case .symmetric, .hermitian: rowCount * (rowCount + 1) / 2
        case .skewSymmetric: rowCount * max(rowCount - 1, 0) / 2
        }
    }
    // An entry takes two bytes at least: what cannot be there needs no memory.
    guard entryCount / 2 <= bytes.count - position else {
      throw cutShort(bytes, after: "fewer")
    }
    // A column of a matrix without any would be as long as a header says, whatever the file is.
    columns =
      columnCount == 0
      ? [] : Array(repeating: [Double](repeating: 0, count: rowCount), count: columnCount * parts)
  }

  // MARK: Entries

  private mutating func parseArray(_ bytes: Span<UInt8>) throws(TextFault) {
    var count = 0
    for column in 0..<columnCount {
      let first =
        switch symmetry {
        case .general: 0
        case .symmetric, .hermitian: column
        case .skewSymmetric: column + 1
        }
      guard first < rowCount else { continue }
      for row in first..<rowCount {
        guard nextLine(in: bytes) else { throw cutShort(bytes, after: "\(count)") }
        var cursor = line.lowerBound
        try storeValue(bytes, from: &cursor, row: row, column: column)
        count += 1
      }
    }
  }

  private mutating func parseCoordinates(_ bytes: Span<UInt8>) throws(TextFault) {
    given = Array(repeating: 0, count: (rowCount * columnCount + 63) / 64)
    for count in 0..<entryCount {
      guard nextLine(in: bytes) else { throw cutShort(bytes, after: "\(count)") }
      var cursor = line.lowerBound
      let row = try index(in: bytes, from: &cursor, what: "row", count: rowCount)
      let column = try index(in: bytes, from: &cursor, what: "column", count: columnCount)
      if symmetry != .general, row < column {
        throw TextFault(
          offset: line.lowerBound,
          what: "an element above the diagonal of a \(symmetry.rawValue) matrix; "
            + "give row \(column + 1), column \(row + 1)")
      }
      if symmetry == .skewSymmetric, row == column {
        throw TextFault(
          offset: line.lowerBound,
          what: "the diagonal of a skew-symmetric matrix is 0; leave it out")
      }
      let element = column * rowCount + row
      guard given[element >> 6] >> UInt64(element & 63) & 1 == 0 else {
        throw TextFault(
          offset: line.lowerBound,
          what: "row \(row + 1), column \(column + 1) is given twice; leave one out, or add them up"
        )
      }
      given[element >> 6] |= 1 << UInt64(element & 63)
      try storeValue(bytes, from: &cursor, row: row, column: column)
    }
  }

  /// Reads the rest of the line, and stores it in its place and in the one that follows from it.
  private mutating func storeValue(
    _ bytes: Span<UInt8>, from cursor: inout Int, row: Int, column: Int
  ) throws(TextFault) {
    let isMirrored = symmetry != .general && row != column
    switch field {
    case .pattern:
      columns[column][row] = 1
      if isMirrored { columns[row][column] = 1 }
    case .real, .integer:
      let value = try number(
        in: bytes, from: &cursor, of: column, isMirrored ? row : column, places: (row, column))
      columns[column][row] = value
      if isMirrored { columns[row][column] = symmetry == .symmetric ? value : -value }
    case .complex:
      let mirrored = isMirrored ? row : column
      let real = try number(in: bytes, from: &cursor, of: 2 * column, 2 * mirrored)
      let place = wordStart(in: bytes, from: cursor)
      let imaginary = try number(in: bytes, from: &cursor, of: 2 * column + 1, 2 * mirrored + 1)
      if symmetry == .hermitian, row == column, imaginary != 0 {
        throw TextFault(
          offset: place,
          what: "the diagonal of a hermitian matrix is real; write 0 for its imaginary part")
      }
      columns[2 * column][row] = real
      columns[2 * column + 1][row] = imaginary
      if isMirrored {
        columns[2 * row][column] = symmetry == .skewSymmetric ? -real : real
        columns[2 * row + 1][column] = symmetry == .symmetric ? imaginary : -imaginary
      }
    }
    try expectEnd(of: bytes, from: cursor)
  }

  private func cutShort(_ bytes: Span<UInt8>, after count: String) -> TextFault {
    TextFault(
      offset: bytes.count,
      what: "the file ends after \(count) of \(entryCount) entries; copy it again, it was cut short"
    )
  }

  // MARK: Words

  /// Moves to the next line that is not blank: `line` is what it holds, without outer blanks.
  private mutating func nextLine(in bytes: Span<UInt8>) -> Bool {
    while position < bytes.count, Self.isBlank(bytes[position]) || Self.isLineEnd(bytes[position]) {
      position += 1
    }
    let start = position
    while position < bytes.count, !Self.isLineEnd(bytes[position]) { position += 1 }
    line = start..<position
    return start < position
  }

  /// The next word of the line, empty at its end.
  private func word(in bytes: Span<UInt8>, from cursor: inout Int) -> Range<Int> {
    while cursor < line.upperBound, Self.isBlank(bytes[cursor]) { cursor += 1 }
    let start = cursor
    while cursor < line.upperBound, !Self.isBlank(bytes[cursor]) { cursor += 1 }
    return start..<cursor
  }

  private func wordStart(in bytes: Span<UInt8>, from cursor: Int) -> Int {
    var cursor = cursor
    return word(in: bytes, from: &cursor).lowerBound
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private func expectEnd(of bytes: Span<UInt8>, from cursor: Int) throws(TextFault) {
    var cursor = cursor
    let surplus = word(in: bytes, from: &cursor)
    guard surplus.isEmpty else {
      throw TextFault(
        offset: surplus.lowerBound,
        what: "expected the end of the line, found \(bytes.quoted(surplus))")
    }
  }

  private func integer(
    in bytes: Span<UInt8>, from cursor: inout Int, what: String
  ) throws(TextFault) -> Int {
    let range = word(in: bytes, from: &cursor)
    var value = 0
    var isWrong = range.isEmpty
    for offset in range {
      let digit = bytes[offset] &- UInt8(ascii: "0")
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(digit))
      isWrong = isWrong || digit > 9 || overflow || carry
      value = isWrong ? 0 : sum
    }
    guard !isWrong else {
      throw TextFault(
        offset: range.lowerBound,
        what: "expected \(what), below 2^63, found "
          + (range.isEmpty ? "the end of the line" : bytes.quoted(range)))
    }
    return value
  }

  /// A row or a column, from 0.
  private func index(
    in bytes: Span<UInt8>, from cursor: inout Int, what: String, count: Int
  ) throws(TextFault) -> Int {
    let start = wordStart(in: bytes, from: cursor)
    let value = try integer(in: bytes, from: &cursor, what: "a \(what)")
    guard value >= 1, value <= count else {
      throw TextFault(
        offset: start,
        what: "\(what) \(value) of a matrix with \(count); they are counted from 1")
    }
    return value - 1
  }

  /// The number that comes next, of two columns of the table, which may be one.
  /// - Parameter places: the rows of the two, where there are whole numbers.
  private mutating func number(
    in bytes: Span<UInt8>, from cursor: inout Int, of column: Int, _ mirrored: Int,
    places: (row: Int, mirrored: Int)? = nil
  ) throws(TextFault) -> Double {
    let range = word(in: bytes, from: &cursor)
    if field == .integer, !range.isEmpty {
      let isSigned = [UInt8(ascii: "-"), UInt8(ascii: "+")].contains(bytes[range.lowerBound])
      for offset in range.dropFirst(isSigned ? 1 : 0) where bytes[offset] &- UInt8(ascii: "0") > 9 {
        throw TextFault(
          offset: range.lowerBound,
          what:
            "expected a whole number, found \(bytes.quoted(range)); write real in the first line")
      }
    }
    switch range.isEmpty
      ? .text : NumberSyntax(range, in: bytes, missing: Self.missing, point: UInt8(ascii: "."))
    {
    case .number(let value):
      // Numbers of other files are real ones, however many digits they are given.
      let places = field == .integer ? places : nil
      lostNumbers.look(at: range, in: bytes, column: column, row: places?.row, value: value)
      if mirrored != column {
        lostNumbers.look(
          at: range, in: bytes, column: mirrored, row: places?.mirrored,
          isNegated: symmetry == .skewSymmetric, value: value)
      }
      return value
    case .missing: return .nan
    case .text:
      throw TextFault(
        offset: range.lowerBound,
        what: "expected a number, found "
          + (range.isEmpty ? "the end of the line" : bytes.quoted(range)))
    }
  }

  private static let missing = MissingSpellings(["nan", "NaN", "NAN", "-nan", "-NaN", "+nan"])
}

extension Span where Element == UInt8 {
  /// Whether the bytes of `range` are `word`, which is in lower case, in any case.
  func matchesWord(_ word: String, _ range: Range<Int>) -> Bool {
    word.utf8.count == range.count
      && zip(word.utf8, range).allSatisfy { $0 == self[$1] || $0 == self[$1] | 0x20 && $0 >= 0x61 }
  }
}
