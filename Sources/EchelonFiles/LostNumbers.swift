/// Columns of a text file with numbers that no `Double` is, and that became others.
package struct LostNumbers: Sendable, Equatable {
  /// Those with whole numbers that were rounded, such as identifiers of 19 digits.
  package var rounded: Set<Int> = []

  /// Those of them that have the numbers with all digits beside what they were rounded to.
  package private(set) var kept: Set<Int> = []

  /// Those with numbers beyond the largest `Double`, which became infinite.
  package var tooLarge: Set<Int> = []

  /// Those that were rounded, by column.
  private var long: [Int: LongIntegers] = [:]

  /// None but for columns of which all numbers are kept with their digits.
  init(kept: Set<Int> = []) { self.kept = kept }

  /// Looks at a number, which costs more only where it is large.
  /// - Parameters:
  ///   - row: where it stands, if the column may have its whole numbers with all digits.
  ///   - isNegated: whether there it is the number with the other sign.
  @inline(__always)
  mutating func look(
    at range: Range<Int>, in bytes: Span<UInt8>, column: Int, row: Int?, isNegated: Bool = false,
    value: Double
  ) {
    if abs(value) >= 0x1p53 { add(bytes.text(range), column, row, isNegated, value) }
  }

  @inline(never)
  private mutating func add(
    _ word: String, _ column: Int, _ row: Int?, _ isNegated: Bool, _ value: Double
  ) {
    if Self.isRounded(word, as: value) {
      rounded.insert(column)
      if let row { long[column, default: LongIntegers()].add(word, row: row, isNegated: isNegated) }
    }
    if Self.isTooLarge(word, as: value) { tooLarge.insert(column) }
  }

  /// The numbers of a column with all digits, if some were rounded and all are integers of 64 bits.
  mutating func takeIntegers(of column: Int, among numbers: [Double]) -> StoredIntegers? {
    guard let found = long.removeValue(forKey: column)?.integers(among: numbers) else { return nil }
    kept.insert(column)
    return found
  }

  /// What is known of the whole numbers of a column that were rounded.
  func longIntegers(of column: Int) -> LongIntegers { long[column] ?? LongIntegers() }

  /// The digits of a whole number, without zeros in front; nil of anything else.
  package static func digits(of word: String) -> Substring? {
    let digits = word.drop { $0 == "-" || $0 == "+" }.drop { $0 == "0" }
    return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? digits : nil
  }

  /// Whether a word is a whole number, written as one, and `value` is another.
  package static func isRounded(_ word: String, as value: Double) -> Bool {
    guard abs(value) >= 0x1p53, value.isFinite, let digits = digits(of: word) else { return false }
    guard let exact = Int128(digits), let rounded = Int128(exactly: abs(value)) else {
      return true
    }
    return exact != rounded
  }

  /// Whether a word is a number, and `value` is infinite: `1e400`, but not `inf`.
  package static func isTooLarge(_ word: String, as value: Double) -> Bool {
    value.isInfinite && word.utf8.contains { (0x30...0x39).contains($0) }
  }
}

extension DataFileReader {
  /// What became of numbers of JSON lines or of a matrix; nil of files of other formats.
  package var lostNumbers: LostNumbers? {
    switch format {
    case .jsonLines(let file): file.lostNumbers
    case .longJSONLines(let file): file.lostNumbers
    case .matrixMarket(let file): file.lostNumbers
    case .csv, .npy, .npz, .hdf5: nil
    }
  }
}
