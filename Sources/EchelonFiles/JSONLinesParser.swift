/// Reads JSON lines: checks all of the text, notes where the values are, then makes columns of them.
///
/// Values are noted, and not made at once, since what a column is depends on all of its values.
struct JSONLinesParser {
  /// What a value is; `null` is none.
  enum Kind: UInt8 { case number, boolean, string }

  struct Cell {
    let row: Int
    let kind: Kind
    /// The text of the value, of a string without its quotes.
    let range: Range<Int>
  }

  struct Column {
    let name: [UInt8]
    var lastRow = -1
    var cells: [Cell] = []
  }

  var columns: [Column] = []
  /// Known with the columns.
  var lostNumbers = LostNumbers()
  /// By the bytes of the names: as Strings, two spellings of é would be one key.
  var indices: [[UInt8]: Int] = [:]
  var rowCount = 0
  /// Whether rows are arrays; nil before the first.
  var isArrays: Bool?
  var position = 0
  /// Whether the text may be one value.
  var takesDocuments = true
  /// Whether the text is one value, in which the end of a line is a blank like others.
  var isDocument = false

  // MARK: Lines

  mutating func parse(_ bytes: Span<UInt8>) throws(TextFault) {
    begin(bytes)
    if takesDocuments, try parseDocument(bytes) { return }
    try parseLines(bytes, to: bytes.count)
  }

  /// Goes to the beginning of the text.
  mutating func begin(_ bytes: Span<UInt8>) {
    position = bytes.matches("\u{FEFF}", at: 0) ? 3 : 0
  }

  /// Reads the rows that begin before `end`, and goes to where the next one does.
  mutating func parseLines(_ bytes: Span<UInt8>, to end: Int) throws(TextFault) {
    while true {
      while position < bytes.count, bytes[position] == 0x0A || Self.isBlank(bytes[position]) {
        position += 1
      }
      guard position < end else { return }
      try parseRow(bytes)
      skipBlanks(bytes)
      guard position == bytes.count || bytes[position] == 0x0A else {
        throw fault(
          "expected the end of the line, found \(found(bytes)); put one value on each line")
      }
      rowCount += 1
    }
  }

  mutating func parseRow(_ bytes: Span<UInt8>) throws(TextFault) {
    switch peek(bytes) {
    case UInt8(ascii: "{")? where isArrays != true: try parseObject(bytes)
    case UInt8(ascii: "[")? where isArrays != false: try parseArray(bytes)
    default:
      let expected =
        switch isArrays {
        case nil: "an object or an array"
        case true?: "an array, as in the first row"
        case false?: "an object, as in the first row"
        }
      throw fault("expected \(expected), found \(found(bytes))")
    }
  }

  mutating func parseObject(_ bytes: Span<UInt8>) throws(TextFault) {
    isArrays = false
    position += 1
    var guess = 0
    skipBlanks(bytes)
    if take("}", bytes) { return }
    while true {
      skipBlanks(bytes)
      let start = position
      guard peek(bytes) == UInt8(ascii: "\"") else {
        throw fault("expected a key in double quotes, found \(found(bytes))")
      }
      let column = try column(named: string(bytes), guess: guess, at: start, bytes)
      guess = column + 1
      guard columns[column].lastRow < rowCount else {
        throw TextFault(
          offset: start,
          what: "the key \(bytes.quoted(start + 1..<position - 1)) appears twice in this object; "
            + "leave one out")
      }
      columns[column].lastRow = rowCount
      skipBlanks(bytes)
      guard take(":", bytes) else { throw fault("expected ':', found \(found(bytes))") }
      try parseValue(bytes, into: column)
      skipBlanks(bytes)
      if take("}", bytes) { return }
      guard take(",", bytes) else { throw fault("expected ',' or '}', found \(found(bytes))") }
    }
  }

  mutating func parseArray(_ bytes: Span<UInt8>) throws(TextFault) {
    let start = position
    let isFirst = isArrays == nil
    isArrays = true
    position += 1
    var count = 0
    skipBlanks(bytes)
    if !take("]", bytes) {
      while true {
        skipBlanks(bytes)
        if isFirst {
          try checkColumnCount(at: position)
          columns.append(Column(name: Array("col\(count)".utf8)))
        }
        guard count < columns.count else {
          throw fault(
            "more values than the \(columns.count) of the first row; write null for those it lacks"
          )
        }
        try parseValue(bytes, into: count)
        count += 1
        skipBlanks(bytes)
        if take("]", bytes) { break }
        guard take(",", bytes) else { throw fault("expected ',' or ']', found \(found(bytes))") }
      }
    }
    guard count == columns.count else {
      throw TextFault(
        offset: start,
        what:
          "the first row has \(columns.count) values, this one \(count); write null for those it lacks"
      )
    }
  }

  mutating func column(
    named range: Range<Int>, guess: Int, at offset: Int, _ bytes: Span<UInt8>
  ) throws(TextFault) -> Int {
    // Most lines have the keys of the line before, in the same order.
    if guess < columns.count, columns[guess].name.count == range.count,
      zip(columns[guess].name, range).allSatisfy({ $0 == bytes[$1] && $0 != UInt8(ascii: "\\") })
    {
      return guess
    }
    let name = Self.decoded(range, bytes)
    if let known = indices[name] { return known }
    try checkColumnCount(at: offset)
    indices[name] = columns.count
    columns.append(Column(name: name))
    return columns.count - 1
  }

  private func checkColumnCount(at offset: Int) throws(TextFault) {
    guard columns.count < DataFileReader.maximumColumnCount else {
      throw TextFault(
        offset: offset,
        what: "more than \(DataFileReader.maximumColumnCount) columns; keys are names, not data")
    }
  }

  // MARK: Values

  mutating func parseValue(_ bytes: Span<UInt8>, into column: Int) throws(TextFault) {
    skipBlanks(bytes)
    let start = position
    let kind: Kind
    var range: Range<Int>?
    switch peek(bytes) {
    case UInt8(ascii: "\"")?:
      kind = .string
      range = try string(bytes)
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
      kind = .number
      try skipNumber(bytes)
    case UInt8(ascii: "n")? where takeWord("null", bytes):
      return
    case UInt8(ascii: "t")? where takeWord("true", bytes),
      UInt8(ascii: "f")? where takeWord("false", bytes):
      kind = .boolean
    case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
      throw fault(
        "an array or object inside of a row is no value of a table; give its parts keys of their own"
      )
    case UInt8(ascii: "N")?, UInt8(ascii: "I")?:
      throw fault(
        "expected a value, found \(found(bytes)); JSON has no NaN and no infinity, write null")
    default:
      throw fault("expected a value, found \(found(bytes))")
    }
    columns[column].cells.append(Cell(row: rowCount, kind: kind, range: range ?? start..<position))
  }

  /// `-`, digits without a leading zero, a fraction, an exponent.
  private mutating func skipNumber(_ bytes: Span<UInt8>) throws(TextFault) {
    _ = take("-", bytes)
    let start = position
    try skipDigits(bytes)
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      throw TextFault(offset: start, what: "a number does not begin with 0; leave that out")
    }
    if take(".", bytes) { try skipDigits(bytes) }
    if take("e", bytes) || take("E", bytes) {
      if !take("+", bytes) { _ = take("-", bytes) }
      try skipDigits(bytes)
    }
  }

  private mutating func skipDigits(_ bytes: Span<UInt8>) throws(TextFault) {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
    guard position > start else { throw fault("expected a digit, found \(found(bytes))") }
  }

  /// Checks the string at the current place, and returns what is between its quotes.
  mutating func string(_ bytes: Span<UInt8>) throws(TextFault) -> Range<Int> {
    let start = position + 1
    position = start
    var isASCII = true
    while true {
      guard position < bytes.count, bytes[position] != 0x0A else {
        throw TextFault(
          offset: start - 1, what: "the string that opens here is not closed on its line")
      }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let range = start..<position
        position += 1
        if !isASCII { try checkUTF8(range, bytes) }
        return range
      case UInt8(ascii: "\\"): try skipEscape(bytes)
      case 0..<0x20:
        throw fault("a control character in a string; write it as \\u and four digits")
      case let byte:
        isASCII = isASCII && byte < 0x80
        position += 1
      }
    }
  }

  private func checkUTF8(_ range: Range<Int>, _ bytes: Span<UInt8>) throws(TextFault) {
    do { _ = try UTF8Span(validating: bytes.extracting(range)) } catch {
      throw TextFault(
        offset: range.lowerBound + error.byteOffsets.lowerBound,
        what: "bytes that are not UTF-8; convert the file")
    }
  }

  private mutating func skipEscape(_ bytes: Span<UInt8>) throws(TextFault) {
    let start = position
    position += 2
    guard start + 1 < bytes.count else { return }  // no closing quote follows, either
    if "\"\\/bfnrt".utf8.contains(bytes[start + 1]) { return }
    guard bytes[start + 1] == UInt8(ascii: "u"), let unit = Self.codeUnit(at: start + 2, bytes)
    else {
      throw TextFault(offset: start, what: "an escape that JSON does not have")
    }
    position = start + 6
    guard 0xD800...0xDFFF ~= unit else { return }
    // Half of a pair, which has no meaning without the other.
    guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u"),
      let second = Self.codeUnit(at: position + 2, bytes), 0xDC00...0xDFFF ~= second
    else { throw TextFault(offset: start, what: "half of a surrogate pair; give both halves") }
    position += 6
  }

  /// The number of four hexadecimal digits, or nil.
  private static func codeUnit(at offset: Int, _ bytes: Span<UInt8>) -> UInt16? {
    guard offset + 4 <= bytes.count else { return nil }
    var unit: UInt16 = 0
    for index in offset..<offset + 4 {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue, bytes[index] < 0x80
      else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// The bytes that a checked string stands for.
  static func decoded(_ range: Range<Int>, _ bytes: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = bytes[position]
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      let escape = bytes[position]
      position += 1
      switch escape {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        var units = [codeUnit(at: position, bytes) ?? 0]
        position += 4
        if UTF16.isLeadSurrogate(units[0]) {
          units.append(codeUnit(at: position + 2, bytes) ?? 0)
          position += 6
        }
        result.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
      default: result.append(escape)
      }
    }
    return result
  }

  // MARK: Characters

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
  }

  mutating func skipBlanks(_ bytes: Span<UInt8>) {
    while position < bytes.count,
      Self.isBlank(bytes[position]) || isDocument && bytes[position] == 0x0A
    {
      position += 1
    }
  }

  func peek(_ bytes: Span<UInt8>) -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  mutating func take(_ character: Unicode.Scalar, _ bytes: Span<UInt8>) -> Bool {
    guard peek(bytes) == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: StaticString, _ bytes: Span<UInt8>) -> Bool {
    guard bytes.matches(word, at: position) else { return false }
    position += word.utf8CodeUnitCount
    return true
  }

  func found(_ bytes: Span<UInt8>) -> String {
    guard position < bytes.count, bytes[position] != 0x0A else { return "the end of the line" }
    var end = position + 1
    while end < bytes.count, end - position < 25, bytes[end] > 0x20,
      !",]}".utf8.contains(bytes[end])
    {
      end += 1
    }
    return bytes.quoted(position..<end)
  }

  func fault(_ what: String) -> TextFault { TextFault(offset: position, what: what) }
}
