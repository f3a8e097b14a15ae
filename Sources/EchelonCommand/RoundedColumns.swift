import EchelonFiles

/// Whole numbers of a text file that are not what they were: a `Double` has 53 bits, an identifier of 19
/// digits needs more, and two of them may become one.
enum RoundedColumns {
  /// The columns with such numbers. Words are read again only where numbers are large enough.
  /// - Parameter table: what `reader` gave.
  static func names(in table: DataTable, of reader: DataFileReader) throws(FileError) -> [String] {
    guard case .csv(let file) = reader.format else { return [] }
    var names: [String] = []
    for (index, column) in table.columns.enumerated() {
      guard let numbers = column.numbers, numbers.contains(where: { abs($0) >= 0x1p53 }) else {
        continue
      }
      let words = try file.readText(column: index)
      if zip(words, numbers).contains(where: isRounded) { names.append(column.name) }
    }
    return names
  }

  /// The columns of a piece with such numbers, of which `table` has the values.
  static func names(
    in table: DataTable, of piece: DataFileReader.Piece, _ reader: DataFileReader
  ) throws(FileError) -> Set<String> {
    var names: Set<String> = []
    for (index, column) in table.columns.enumerated() {
      guard let numbers = column.numbers, numbers.contains(where: { abs($0) >= 0x1p53 }),
        let words = try reader.text(column: index, of: piece)
      else { continue }
      if zip(words, numbers).contains(where: isRounded) { names.insert(column.name) }
    }
    return names
  }

  /// What to do about them; nil where there are none.
  static func note(_ names: [String], path: String) -> String? {
    guard let first = names.first else { return nil }
    let others = names.count > 1 ? " and \(NumberText.count(names.count - 1, "other column"))" : ""
    return "\(path): whole numbers with more than 15 digits are rounded in '\(first)'\(others); "
      + "where they are identifiers, read them as text: --types '\(first)=text'"
  }

  private static func isRounded(_ word: String?, _ number: Double) -> Bool {
    guard let word, abs(number) >= 0x1p53, number.isFinite else { return false }
    let digits = word.drop { $0 == "-" || $0 == "+" }.drop { $0 == "0" }
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    guard let exact = Int128(digits), let rounded = Int128(exactly: abs(number)) else {
      return true
    }
    return exact != rounded
  }
}
