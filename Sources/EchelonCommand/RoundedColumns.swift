import EchelonFiles

/// Numbers of a file that are not what they were: a `Double` has 53 bits, an identifier of 19 digits needs more, and two of them
/// may become one; and nothing beyond 1.8e308 is one.
struct RoundedColumns {
  /// What the numbers were, on which it depends what can be done about them.
  enum Source {
    /// Words of delimited text.
    case words
    /// Words of JSON and of Matrix Market.
    case literals
    /// Integers of 64 bits of an array or a dataset.
    case integers
  }

  private let reader: DataFileReader
  private var found: Set<Int> = []
  /// Those of delimited text of which a table had no integers beside the numbers.
  private var lost: Set<Int> = []
  private var tooLarge: Set<Int> = []

  init(in reader: DataFileReader) { self.reader = reader }

  /// The columns with whole numbers that were rounded, in the order of the file.
  var names: [String] { found.sorted().map { reader.columns[$0].name } }

  /// The columns with numbers that became infinite.
  var infiniteNames: [String] { tooLarge.sorted().map { reader.columns[$0].name } }

  /// What the numbers were.
  var source: Source {
    switch reader.format {
    case .csv: .words
    case .jsonLines, .longJSONLines, .matrixMarket: .literals
    case .npy, .npz, .hdf5: .integers
    }
  }

  /// Looks for such numbers; words are read again only where numbers are large enough.
  /// - Parameters:
  ///   - table: what `reader` gave, with the integers that it keeps, if the result is to have them.
  ///   - piece: of which rows; nil for all.
  mutating func look(
    at table: DataTable, of piece: DataFileReader.Piece? = nil
  ) throws(FileError) {
    if takesLost() { return }
    for (index, column) in table.columns.enumerated() {
      if let integers = column.integers {
        if !found.contains(index), integers.isRounded { found.insert(index) }
        continue
      }
      // What is known of a column need not be found again.
      let isFound = found.contains(index) && (source != .words || lost.contains(index))
      let isTooLarge = tooLarge.contains(index)
      guard
        let numbers = column.numbers,
        numbers.contains(where: {
          abs($0) >= 0x1p53 && !($0.isInfinite ? isTooLarge : isFound)
        })
      else { continue }
      if case .csv(let file) = reader.format {
        let words =
          if let piece { try reader.text(column: index, of: piece) ?? [] } else {
            try file.readText(column: index)
          }
        look(at: words, numbers, column: index)
      } else if try reader.hasRoundedIntegers(
        column: index, rows: piece?.rows ?? 0..<reader.rowCount)
      {
        found.insert(index)
      }
    }
  }

  private mutating func look(at words: [String?], _ numbers: [Double], column: Int) {
    for (word, number) in zip(words, numbers) where abs(number) >= 0x1p53 {
      guard let word else { continue }
      if LostNumbers.isRounded(word, as: number) {
        found.insert(column)
        lost.insert(column)
      }
      if LostNumbers.isTooLarge(word, as: number) { tooLarge.insert(column) }
    }
  }

  /// What the reader has found out itself, if it has.
  private mutating func takesLost() -> Bool {
    guard let lost = reader.lostNumbers else { return false }
    (found, tooLarge) = (lost.rounded, lost.tooLarge)
    return true
  }

  /// Looks for such numbers in columns whose numbers are elsewhere, and no further than is needed.
  /// - Parameters:
  ///   - columns: those with numbers from 2^53 on.
  ///   - infinite: those with infinite ones.
  mutating func look(inColumns columns: [Int], infinite: [Int]) throws(FileError) {
    if columns.isEmpty || takesLost() { return }
    guard case .words = source else {
      for column in columns
      where try reader.hasRoundedIntegers(column: column, rows: 0..<reader.rowCount) {
        found.insert(column)
      }
      return
    }
    var undecided = Set(columns)
    var unexplained = Set(infinite)
    for piece in reader.pieces() where !undecided.isEmpty || !unexplained.isEmpty {
      let table = try reader.table(of: piece)
      for index in undecided
      where try !isUndecided(index, table.columns[index].numbers ?? [], of: piece) {
        undecided.remove(index)
      }
      for index in unexplained {
        let numbers = table.columns[index].numbers ?? []
        guard numbers.contains(where: \.isInfinite) else { continue }
        let words = try reader.text(column: index, of: piece) ?? []
        let isTooLarge = zip(words, numbers).contains { word, number in
          word.map { LostNumbers.isTooLarge($0, as: number) } ?? false
        }
        if isTooLarge {
          tooLarge.insert(index)
          unexplained.remove(index)
        }
      }
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
    if large.contains(where: { word, number in
      word.map { LostNumbers.isRounded($0, as: number) } ?? false
    }) {
      found.insert(index)
      return false
    }
    return large.allSatisfy { word, _ in word.map { LostNumbers.digits(of: $0) != nil } ?? true }
  }

  /// What to do about them; none where there is nothing to say.
  var notes: [String] {
    [
      Self.note(names, source, path: reader.path),
      Self.infiniteNote(infiniteNames, path: reader.path),
    ].compactMap(\.self)
  }

  static func note(_ names: [String], _ source: Source, path: String) -> String? {
    guard let first = names.first else { return nil }
    let columns = columns(names)
    return switch source {
    case .integers:
      "\(path): integers of 64 bits are rounded in \(columns); where they are identifiers, make a .csv by "
        + "'echelon convert', which keeps all digits, and read that with --types '\(first)=text'"
    case .words:
      "\(path): whole numbers with more than 15 digits are rounded in \(columns); "
        + "where they are identifiers, read them as text: --types '\(first)=text'"
    case .literals:
      "\(path): whole numbers with more than 15 digits are rounded in \(columns); "
        + "where they are identifiers, write them as words: in quotes in JSON, "
        + "or in a .csv that is read with --types '\(first)=text'"
    }
  }

  static func infiniteNote(_ names: [String], path: String) -> String? {
    guard !names.isEmpty else { return nil }
    return
      "\(path): numbers beyond 1.8e308, the largest there is here, are infinite in \(columns(names)); "
      + "write them in another unit"
  }

  private static func columns(_ names: [String]) -> String {
    "'\(names[0])'"
      + (names.count > 1 ? " and \(NumberText.count(names.count - 1, "other column"))" : "")
  }
}

extension RoundedColumns {
  /// Takes columns for those that they were, as all their digits are written.
  mutating func keep(_ columns: some Sequence<Int>) { found.subtract(columns) }

  /// The same of all that tables have with all their digits.
  /// - Parameter taken: the names of columns that are computed or compared with all the same; nil of all.
  mutating func keep(allBut taken: Set<String>?) {
    guard let taken else { return }
    found = found.filter { !hasIntegers($0) || taken.contains(reader.columns[$0].name) }
  }

  /// Whether tables have the integers of 64 bits of a column with rounded ones beside its numbers.
  private func hasIntegers(_ column: Int) -> Bool {
    switch source {
    case .integers: true
    case .literals: reader.lostNumbers?.kept.contains(column) ?? false
    case .words: !lost.contains(column)
    }
  }

  /// Refuses a copy of integers as numbers that are none, where nobody has asked for them.
  /// - Parameter type: that was asked for.
  func refuse(as suffix: String, _ type: StoredType?) throws {
    guard source == .integers, type == nil, ["npy", "npz", "h5", "bin"].contains(suffix),
      !names.isEmpty
    else { return }
    throw CommandError(
      "integers of 64 bits in \(Self.columns(names)) have more digits than f8, as which .\(suffix) is written; "
        + "keep all of them by 'echelon convert' with --type i8 or u8, or round them with --type f8"
    )
  }
}

extension DataFileReader {
  /// All digits of columns of delimited text that have nothing but whole numbers, of which some may be no `Double` and not all
  /// are integers of 64 bits, by their indices.
  /// - Parameter table: all rows, with the integers that the reader keeps.
  func integers(in table: DataTable) throws(FileError) -> [Int: [String]] {
    var integers: [Int: [String]] = [:]
    for (index, column) in table.columns.enumerated() {
      guard let numbers = column.numbers, numbers.contains(where: { abs($0) >= 0x1p53 }) else {
        continue
      }
      guard column.integers == nil, case .csv(let file) = format else { continue }
      let words = try file.readText(column: index).compactMap { word in
        word.flatMap { LostNumbers.digits(of: $0) == nil ? nil : $0 }
      }
      if words.count == rowCount { integers[index] = words }
    }
    return integers
  }
}
