import EchelonFiles

/// Whole numbers of a file that are not what they were: a `Double` has 53 bits, an identifier of 19 digits needs more, and two
/// of them may become one.
struct RoundedColumns {
  private let reader: DataFileReader
  private var found: Set<Int> = []

  init(in reader: DataFileReader) { self.reader = reader }

  /// The columns with such numbers, in the order of the file.
  var names: [String] { found.sorted().map { reader.columns[$0].name } }

  /// Whether they are integers of an array or a dataset, and no words.
  var areIntegers: Bool { if case .csv = reader.format { false } else { true } }

  /// Looks for such numbers; words are read again only where numbers are large enough.
  /// - Parameters:
  ///   - table: what `reader` gave.
  ///   - piece: of which rows; nil for all.
  mutating func look(
    at table: DataTable, of piece: DataFileReader.Piece? = nil
  ) throws(FileError) {
    for (index, column) in table.columns.enumerated() where !found.contains(index) {
      guard let numbers = column.numbers, numbers.contains(where: { abs($0) >= 0x1p53 }) else {
        continue
      }
      let isRounded: Bool
      if case .csv(let file) = reader.format {
        let words =
          if let piece { try reader.text(column: index, of: piece) ?? [] } else {
            try file.readText(column: index)
          }
        isRounded = zip(words, numbers).contains(where: Self.isRounded)
      } else {
        isRounded = try reader.hasRoundedIntegers(
          column: index, rows: piece?.rows ?? 0..<reader.rowCount)
      }
      if isRounded { found.insert(index) }
    }
  }

  /// Looks for such numbers in columns whose numbers are elsewhere, and no further than is needed.
  /// - Parameter columns: those with numbers from 2^53 on.
  mutating func look(inColumns columns: [Int]) throws(FileError) {
    guard !columns.isEmpty else { return }
    guard areIntegers else {
      var undecided = Set(columns)
      for piece in reader.pieces() where !undecided.isEmpty {
        let table = try reader.table(of: piece)
        for index in undecided
        where try !isUndecided(index, table.columns[index].numbers ?? [], of: piece) {
          undecided.remove(index)
        }
      }
      return
    }
    for column in columns
    where try reader.hasRoundedIntegers(column: column, rows: 0..<reader.rowCount) {
      found.insert(column)
    }
  }

  /// Looks at a piece of a column of text, and says whether more have to be looked at: not where a number was rounded, and not
  /// where one is written with a point or an exponent, since such a column has no identifiers.
  private mutating func isUndecided(
    _ index: Int, _ numbers: [Double], of piece: DataFileReader.Piece
  ) throws(FileError) -> Bool {
    if numbers.contains(where: { $0.isFinite && $0 != $0.rounded() }) { return false }
    guard numbers.contains(where: { abs($0) >= 0x1p53 && $0.isFinite }) else { return true }
    let large = zip(try reader.text(column: index, of: piece) ?? [], numbers)
      .filter { abs($0.1) >= 0x1p53 && $0.1.isFinite }
    if large.contains(where: Self.isRounded) {
      found.insert(index)
      return false
    }
    return large.allSatisfy { word, _ in word.map { Self.digits(of: $0) != nil } ?? true }
  }

  /// What to do about them; nil where there are none.
  var note: String? { Self.note(names, areIntegers: areIntegers, path: reader.path) }

  static func note(_ names: [String], areIntegers: Bool, path: String) -> String? {
    guard let first = names.first else { return nil }
    let others = names.count > 1 ? " and \(NumberText.count(names.count - 1, "other column"))" : ""
    let columns = "'\(first)'\(others)"
    return areIntegers
      ? "\(path): integers of 64 bits are rounded in \(columns); where they are identifiers, make a .csv by "
        + "'echelon convert', which keeps all digits, and read that with --types '\(first)=text'"
      : "\(path): whole numbers with more than 15 digits are rounded in \(columns); "
        + "where they are identifiers, read them as text: --types '\(first)=text'"
  }

  /// The digits of an integer, without zeros in front; nil of anything else.
  private static func digits(of word: String) -> Substring? {
    let digits = word.drop { $0 == "-" || $0 == "+" }.drop { $0 == "0" }
    return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? digits : nil
  }

  private static func isRounded(_ word: String?, _ number: Double) -> Bool {
    guard let word, abs(number) >= 0x1p53, number.isFinite else { return false }
    guard let digits = digits(of: word) else { return false }
    guard let exact = Int128(digits), let rounded = Int128(exactly: abs(number)) else {
      return true
    }
    return exact != rounded
  }
}

extension DataFileReader {
  /// The table with words in place of integers of 64 bits, where a `Double` may not have all digits.
  /// - Parameter table: the rows of the piece.
  func keepingIntegers(of piece: Piece, in table: DataTable) throws(FileError) -> DataTable {
    DataTable(
      columns: try table.columns.enumerated().map { (index, column) throws(FileError) in
        guard let numbers = column.numbers, numbers.contains(where: { abs($0) >= 0x1p53 }),
          let texts = try integerTexts(column: index, rows: piece.rows)
        else { return column }
        return Column(name: column.name, text: texts)
      })
  }
}
