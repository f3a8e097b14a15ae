/// What the beginning of delimited text says: how it is written, and the names of its columns.
struct CSVHead: Sendable, Equatable {
  /// How the text is written, its delimiter found.
  let dialect: CSVDialect
  let names: [String]
  /// Where the first record begins, or blank lines before it.
  let dataStart: Int

  /// Reads the header; nil for text that holds no data.
  init?(_ bytes: Span<UInt8>, tokenizer: CSVTokenizer, dialect: CSVDialect) throws(CSVFault) {
    let textStart = bytes.matches("\u{FEFF}", at: 0) ? 3 : 0
    let headerStart = tokenizer.recordStart(in: bytes, from: textStart)
    guard headerStart < bytes.count else { return nil }

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
    self.dialect = dialect
    self.names = names
    dataStart = position
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
      let text = try tokenizer.text(of: field, in: bytes)
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
    // By name, the next number to try: one that was taken stays so, and is not asked about again.
    var nextCopy: [String: Int] = [:]
    return names.map { wanted in
      var name = wanted
      while !taken.insert(name).inserted {
        let copy = nextCopy[wanted, default: 2]
        name = "\(wanted).\(copy)"
        nextCopy[wanted] = copy + 1
      }
      return name
    }
  }
}
