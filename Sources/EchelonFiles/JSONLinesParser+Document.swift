/// Tables that are one JSON value, over as many lines as it likes.
///
///     [{"a": 1}, {"a": 2}]    rows that are objects
///     [[1, 2], [3, 4]]        rows that are arrays
///     {"a": [1, 2]}           columns
///
/// None of them is a line of JSON lines: a row there has no arrays or objects inside.
extension JSONLinesParser {
  /// Reads a table that is one value; false, and nothing is read, if the text is none.
  mutating func parseDocument(_ bytes: Span<UInt8>) throws(TextFault) -> Bool {
    guard isDocument(bytes) else { return false }
    isDocument = true
    skipBlanks(bytes)
    if take("[", bytes) {
      skipBlanks(bytes)
      try parseRows(bytes)
    } else {
      try parseColumns(bytes)
    }
    return true
  }

  /// Whether the text, of which nothing has been read, is one value.
  func isDocument(_ bytes: Span<UInt8>) -> Bool {
    var parser = self
    parser.isDocument = true
    parser.skipBlanks(bytes)
    if parser.take("[", bytes) {
      parser.skipBlanks(bytes)
      return [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(parser.peek(bytes))
    }
    return parser.isObjectOfColumns(bytes)
  }

  /// Whether the first value of an object is an array; the object is read again then.
  private mutating func isObjectOfColumns(_ bytes: Span<UInt8>) -> Bool {
    let start = position
    defer { position = start }
    guard take("{", bytes) else { return false }
    skipBlanks(bytes)
    guard peek(bytes) == UInt8(ascii: "\""), (try? string(bytes)) != nil else { return false }
    skipBlanks(bytes)
    guard take(":", bytes) else { return false }
    skipBlanks(bytes)
    return peek(bytes) == UInt8(ascii: "[")
  }

  /// The rest of an array of rows.
  private mutating func parseRows(_ bytes: Span<UInt8>) throws(TextFault) {
    while true {
      skipBlanks(bytes)
      try parseRow(bytes)
      rowCount += 1
      skipBlanks(bytes)
      if take("]", bytes) { break }
      guard take(",", bytes) else { throw fault("expected ',' or ']', found \(found(bytes))") }
    }
    try checkEnd(bytes)
  }

  private mutating func parseColumns(_ bytes: Span<UInt8>) throws(TextFault) {
    _ = take("{", bytes)
    var length: Int?
    while true {
      skipBlanks(bytes)
      let start = position
      guard peek(bytes) == UInt8(ascii: "\"") else {
        throw fault("expected a key in double quotes, found \(found(bytes))")
      }
      let key = try string(bytes)
      let count = columns.count
      let column = try column(named: key, guess: count, at: start, bytes)
      guard column == count else {
        throw TextFault(
          offset: start, what: "the key \(bytes.quoted(key)) appears twice; leave one out")
      }
      skipBlanks(bytes)
      guard take(":", bytes) else { throw fault("expected ':', found \(found(bytes))") }
      skipBlanks(bytes)
      guard take("[", bytes) else {
        throw fault("expected an array, as the first column is one, found \(found(bytes))")
      }
      let found = try parseValues(of: column, bytes)
      guard found == length ?? found else {
        throw TextFault(
          offset: start,
          what:
            "the first column has \(length ?? 0) values, this one \(found); write null for those it lacks"
        )
      }
      length = found
      skipBlanks(bytes)
      if take("}", bytes) { break }
      guard take(",", bytes) else {
        throw fault("expected ',' or '}', found \(self.found(bytes))")
      }
    }
    rowCount = length ?? 0
    try checkEnd(bytes)
  }

  /// The values of a column, behind the bracket that opens its array.
  /// - Returns: how many.
  private mutating func parseValues(
    of column: Int, _ bytes: Span<UInt8>
  ) throws(TextFault) -> Int {
    rowCount = 0
    skipBlanks(bytes)
    if take("]", bytes) { return 0 }
    while true {
      try parseValue(bytes, into: column)
      rowCount += 1
      skipBlanks(bytes)
      if take("]", bytes) { return rowCount }
      guard take(",", bytes) else { throw fault("expected ',' or ']', found \(found(bytes))") }
    }
  }

  private mutating func checkEnd(_ bytes: Span<UInt8>) throws(TextFault) {
    skipBlanks(bytes)
    guard position == bytes.count else {
      throw fault("expected the end of the file behind the table, found \(found(bytes))")
    }
  }
}
