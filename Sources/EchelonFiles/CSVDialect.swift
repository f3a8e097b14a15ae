import EchelonMemory

/// What becomes of a row that has more or fewer fields than the header.
public enum RaggedRowPolicy: String, Sendable, Equatable, Codable, CaseIterable {
  /// The file is refused at the place where the row breaks.
  case refuse
  /// A short row is filled with missing values; a long one is refused.
  case fill
  /// A short row is filled with missing values; a long one loses what it has too many.
  case cut
  /// The row is left out.
  case skip
}

/// The rows that a `RaggedRowPolicy` changed, for telling whoever asked for it.
public struct RaggedRowCounts: Sendable, Equatable, Codable {
  /// Short rows that were filled with missing values.
  public internal(set) var filled = 0

  /// Long rows of which the last fields were cut off.
  public internal(set) var cut = 0

  /// Rows that were left out.
  public internal(set) var skipped = 0

  /// The line, from 1, on which the first of them breaks; nil when there is none.
  public internal(set) var firstLine: Int?

  /// None.
  public init() {}

  /// All of them.
  public var total: Int { filled + cut + skipped }
}

/// How a delimited text file is written.
public struct CSVDialect: Sendable, Equatable, Codable {
  /// The byte between two fields: a comma, a tab, a semicolon.
  public var delimiter: UInt8

  /// Whether the name and the first line of a file decide the delimiter; `delimiter` is then what a
  /// file has that says nothing.
  public var detectsDelimiter = false

  /// Whether the first line names the columns; without one they are `col0`, `col1`, ….
  public var hasHeader: Bool

  /// Names of all columns, in place of those in the header or of `col0`, `col1`, ….
  public var columnNames: [String]?

  /// The byte that begins a comment: a line with it in front, blanks aside, is no row. Nil: none.
  ///
  /// Elsewhere in a line, or in quotes, it is a character like others.
  public var comment: UInt8?

  /// Whether numbers have a comma before the fraction, `3,14`; the delimiter must be another byte.
  ///
  /// Never guessed: `1,234` is a different number in each of the two.
  public var hasDecimalComma = false

  /// Whether blanks around a word do not belong to it, as they do not to a number; those in quotes do.
  public var trimsWords: Bool {
    get { isTrimming ?? false }
    set { isTrimming = newValue ? true : nil }
  }

  /// Nil where they belong, so that a dialect in a journal is the one that it was before there was a choice.
  private var isTrimming: Bool?

  /// What becomes of rows that have more or fewer fields than the header.
  public var raggedRows = RaggedRowPolicy.refuse

  /// Columns by name that are numbers or text whatever their values look like.
  ///
  /// A value that is not a number in a column of numbers is then an error, and codes such as 00217
  /// in a column of text keep their zeros.
  public var kinds: [String: ColumnKind] = [:]

  /// What stands for a missing value, exactly as spelled.
  ///
  /// Blanks around it do not count in a column of numbers; among words ` NA` is another word, as for pandas, unless words are
  /// trimmed. Those around a spelling here mean nothing.
  ///
  /// The same in a column of numbers and of text, with one difference: quotes make it text.
  /// `"NA"` is missing among numbers and the word NA among words. A number can be one: `-999`.
  public var missingSpellings: [String]

  /// The most columns a header may have before it is refused as a misreading.
  public var maximumColumnCount = 65_536

  /// Those of pandas, which are R's and those of databases and spreadsheets, too.
  ///
  /// Marks of printed tables, as - and ?, are words: the strand of a gene is + or -.
  public static let usualMissingSpellings = [
    "", "NA", "N/A", "n/a", "#NA", "#N/A", "#N/A N/A", "<NA>", "NaN", "nan", "-NaN", "-nan",
    "null", "NULL", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN",
  ]

  /// A dialect; by default comma-separated with a header, as RFC 4180 has it.
  public init(
    delimiter: UInt8 = UInt8(ascii: ","), hasHeader: Bool = true,
    missingSpellings: [String] = usualMissingSpellings
  ) {
    precondition(
      Self.canSeparate(delimiter),
      "byte \(delimiter) cannot separate fields: it has another meaning in the file")
    self.delimiter = delimiter
    self.hasHeader = hasHeader
    self.missingSpellings = missingSpellings
  }

  /// Comma-separated values.
  public static let commaSeparated = CSVDialect()

  /// Tab-separated values.
  public static let tabSeparated = CSVDialect(delimiter: UInt8(ascii: "\t"))

  /// Whatever delimiter the file suggests: tabs for `.tsv` and `.tab`; else a semicolon or tab if the
  /// first line has one and no comma outside quotes; else a comma.
  public static let detecting = {
    var dialect = CSVDialect()
    dialect.detectsDelimiter = true
    return dialect
  }()

  /// Whether a byte can be a delimiter, and with that nothing else in the file.
  public static func canSeparate(_ byte: UInt8) -> Bool {
    let scalar = Unicode.Scalar(byte)
    return byte < 0x80 && !scalar.properties.isAlphabetic && !(0x30...0x39 ~= byte)
      && !"\0\n\r \".+-".unicodeScalars.contains(scalar)
  }

  /// What keeps the dialect from being read, as a sentence; nil when it can be.
  public var problem: String? {
    func shown(_ byte: UInt8) -> String { "'\(Character(Unicode.Scalar(byte)))'" }
    if !Self.canSeparate(delimiter) {
      return "byte \(delimiter) cannot separate fields; take a comma, semicolon, tab, | or the like"
    }
    if let comment, !Self.canSeparate(comment) || comment <= 0x20 || comment == delimiter {
      return comment == delimiter
        ? "\(shown(comment)) cannot both separate fields and begin comments; choose another one"
        : "byte \(comment) cannot begin comments; take #, % or another mark"
    }
    if hasDecimalComma && comment == UInt8(ascii: ",") {
      return "a comma cannot both begin comments and come before fractions; choose another mark"
    }
    if hasDecimalComma && delimiter == UInt8(ascii: ",") {
      return "a comma cannot both separate fields and come before fractions; name another delimiter"
    }
    return nil
  }

  /// The dialect with the delimiter that the file suggests, if it is to be found.
  ///
  /// Where commas are part of numbers, they suggest nothing, and a semicolon stands for no delimiter.
  func resolved(path: String, in bytes: Span<UInt8>) -> CSVDialect {
    guard detectsDelimiter else { return self }
    var dialect = self
    dialect.detectsDelimiter = false
    if hasDecimalComma && delimiter == UInt8(ascii: ",") { dialect.delimiter = UInt8(ascii: ";") }
    let name = CompressionFormat(path: path).map { String(path.dropLast($0.suffix.count)) } ?? path
    if [".tsv", ".tab"].contains(where: { name.hasEnding($0) }) {
      dialect.delimiter = UInt8(ascii: "\t")
      return dialect
    }
    let start = bytes.matches("\u{FEFF}", at: 0) ? 3 : 0
    var isQuoted = false
    var candidate: UInt8?
    var index = CSVTokenizer(dialect).recordStart(in: bytes, from: start)
    line: while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case _ where isQuoted: break
      case 0x0A, 0x0D: break line
      case UInt8(ascii: ",") where !hasDecimalComma:
        dialect.delimiter = UInt8(ascii: ",")
        return dialect
      case let byte where byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\t"):
        if byte != comment { candidate = candidate ?? byte }
      default: break
      }
      index += 1
    }
    if let candidate { dialect.delimiter = candidate }
    return dialect
  }
}

/// The missing-value spellings of a dialect, arranged for being asked about every word.
struct MissingSpellings: Sendable {
  private let byLength: [[[UInt8]]]
  /// Whether one of them begins with the byte: most words are told from all of them by their first.
  private let beginsOne: [Bool]
  /// Whether one of them looks like a number, so that numbers have to be compared with them.
  let includesNumbers: Bool

  /// Spellings without blanks around them, which would mean something else among numbers than among words.
  static func plain(_ spellings: [String]) -> [String] {
    spellings.compactMap { spelling in
      let blanks: Set<Unicode.Scalar> = [" ", "\t"]
      var plain = spelling.unicodeScalars[...]
      while let last = plain.last, blanks.contains(last) { plain.removeLast() }
      plain = plain.drop(while: blanks.contains)
      return plain.isEmpty && !spelling.isEmpty ? nil : String(plain)
    }
  }

  init(_ spellings: [String]) {
    let encoded = Self.plain(spellings).map { Array($0.utf8) }
    includesNumbers = encoded.contains { spelling in
      [UInt8(ascii: "."), UInt8(ascii: ",")].contains { point in
        let literal = DecimalLiteral(in: spelling.span, at: 0, point: point)
        return literal?.end == spelling.count
      }
    }
    var beginsOne = [Bool](repeating: false, count: 256)
    for case let first? in encoded.map(\.first) { beginsOne[Int(first)] = true }
    self.beginsOne = beginsOne
    byLength = (0...(encoded.map(\.count).max() ?? 0)).map { length in
      encoded.filter { $0.count == length }
    }
  }

  /// Whether the bytes of `range` spell a missing value.
  func contains(_ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    guard range.count < byLength.count else { return false }
    if !range.isEmpty, !beginsOne[Int(bytes[range.lowerBound])] { return false }
    return byLength[range.count].contains { spelling in
      spelling.indices.allSatisfy { spelling[$0] == bytes[range.lowerBound + $0] }
    }
  }
}
