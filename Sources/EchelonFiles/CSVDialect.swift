/// How a delimited text file is written.
public struct CSVDialect: Sendable, Equatable, Codable {
  /// The byte between two fields: a comma, a tab, a semicolon.
  public var delimiter: UInt8

  /// Whether the first line names the columns; without one they are `col0`, `col1`, ….
  public var hasHeader: Bool

  /// What stands for a missing value, exactly as spelled; blanks around it do not count.
  ///
  /// The same in a column of numbers and of text, with one difference: quotes make it text.
  /// `"NA"` is missing among numbers and the word NA among words.
  public var missingSpellings: [String]

  /// The most columns a header may have before it is refused as a misreading.
  public var maximumColumnCount = 65_536

  /// The spellings that pandas and R write, and the usual marks of printed tables.
  public static let usualMissingSpellings = [
    "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "-NaN", "-nan", "+nan",
    "null", "NULL", "Null", "None", "none", "-", "?",
  ]

  /// A dialect; by default comma-separated with a header, as RFC 4180 has it.
  public init(
    delimiter: UInt8 = UInt8(ascii: ","), hasHeader: Bool = true,
    missingSpellings: [String] = usualMissingSpellings
  ) {
    let character = Character(Unicode.Scalar(delimiter))
    precondition(
      character.isASCII && !character.isLetter && !character.isNumber
        && !"\0\n\r \".+-".unicodeScalars.contains(Unicode.Scalar(delimiter)),
      "byte \(delimiter) cannot separate fields: it has another meaning in the file")
    self.delimiter = delimiter
    self.hasHeader = hasHeader
    self.missingSpellings = missingSpellings
  }

  /// Comma-separated values.
  public static let commaSeparated = CSVDialect()

  /// Tab-separated values.
  public static let tabSeparated = CSVDialect(delimiter: UInt8(ascii: "\t"))

  /// The dialect that a file's name and first line suggest: tabs for `.tsv` and `.tab`; else a
  /// semicolon or tab if the first line has one and no comma outside quotes; else a comma.
  static func detect(path: String, in bytes: Span<UInt8>) -> CSVDialect {
    if path.hasSuffix(".tsv") || path.hasSuffix(".tab") { return .tabSeparated }
    var isQuoted = false
    var candidate: UInt8?
    line: for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case _ where isQuoted: continue
      case 0x0A, 0x0D: break line
      case UInt8(ascii: ","): return .commaSeparated
      case let byte where byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\t"):
        candidate = candidate ?? byte
      default: continue
      }
    }
    return CSVDialect(delimiter: candidate ?? UInt8(ascii: ","))
  }
}

/// The missing-value spellings of a dialect, arranged for being asked about every word.
struct MissingSpellings: Sendable {
  private let byLength: [[[UInt8]]]

  init(_ spellings: [String]) {
    let encoded = spellings.map { Array($0.utf8) }
    byLength = (0...(encoded.map(\.count).max() ?? 0)).map { length in
      encoded.filter { $0.count == length }
    }
  }

  /// Whether the bytes of `range` spell a missing value.
  func contains(_ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    guard range.count < byLength.count else { return false }
    return byLength[range.count].contains { spelling in
      spelling.indices.allSatisfy { spelling[$0] == bytes[range.lowerBound + $0] }
    }
  }
}
