/// Writes tables as delimited text that `CSVFile` reads back to the same bits.
///
/// Numbers are the shortest decimals that do so, `inf` and `-inf` among them; a missing value is an
/// empty field. Words are quoted when they contain the delimiter, a quote, a line end or outer
/// blanks, and when without quotes they would read as missing or as a comment.
///
/// CSV has no types, so one thing does not come back as it was: a text column in which every word
/// is a number or a spelling of "missing" is read as numbers.
public enum CSVWriter {
  /// Writes `table` to `path`, replacing the file in one step.
  public static func write(
    _ table: DataTable, to path: String, dialect: CSVDialect = .commaSeparated
  ) throws(FileError) {
    var writer = try AtomicFileWriter(path: path)
    let encoder = CSVEncoder(dialect: dialect, columnCount: table.columns.count)
    if dialect.hasHeader {
      try writer.write(encoder.line(of: table.columns.map { encoder.quoted($0.name) }))
    }
    for row in 0..<table.rowCount {
      try writer.write(encoder.line(of: table.columns.map { encoder.field($0, row: row) }))
    }
    try writer.commit()
  }

  /// The table as text.
  public static func text(_ table: DataTable, dialect: CSVDialect = .commaSeparated) -> String {
    let encoder = CSVEncoder(dialect: dialect, columnCount: table.columns.count)
    var text =
      dialect.hasHeader ? encoder.line(of: table.columns.map { encoder.quoted($0.name) }) : ""
    for row in 0..<table.rowCount {
      text += encoder.line(of: table.columns.map { encoder.field($0, row: row) })
    }
    return text
  }
}

/// The fields and lines of a CSV file.
struct CSVEncoder {
  let delimiter: Unicode.Scalar
  private let comment: Unicode.Scalar?
  private let hasDecimalComma: Bool
  let missing: String
  private let missingSpellings: Set<String>

  init(dialect: CSVDialect, columnCount: Int) {
    precondition(dialect.problem == nil, dialect.problem ?? "")
    delimiter = Unicode.Scalar(dialect.delimiter)
    comment = dialect.comment.map { Unicode.Scalar($0) }
    hasDecimalComma = dialect.hasDecimalComma
    let plain = MissingSpellings.plain(dialect.missingSpellings)
    missingSpellings = Set(plain)
    // With a single column an empty field is a blank line, which readers skip.
    let spellings = plain.filter { columnCount > 1 || !$0.isEmpty }
    missing = ["", "NA"].first(where: spellings.contains) ?? spellings.first ?? "NA"
  }

  func line(of fields: [String]) -> String {
    fields.joined(separator: String(delimiter)) + "\n"
  }

  func field(_ column: Column, row: Int) -> String {
    switch column.values {
    case .numbers(let values):
      if let digits = column.integers?.text(row) {
        digits
      } else {
        values[row].isNaN
          ? missing
          : hasDecimalComma
            ? values[row].shortestText.replacing(".", with: ",") : values[row].shortestText
      }
    case .text(let values):
      values[row].map(quoted) ?? missing
    }
  }

  /// The word, in quotes when it would not come back as it is.
  func quoted(_ word: String) -> String {
    let special: Set<Unicode.Scalar> = ["\"", "\n", "\r", delimiter]
    let scalars = word.unicodeScalars
    let blanks: Set<Unicode.Scalar> = [" ", "\t", "\u{FEFF}"]
    let hasOuterBlank =
      scalars.first.map(blanks.contains) ?? false
      || scalars.last.map(blanks.contains) ?? false
    guard
      hasOuterBlank || (comment != nil && scalars.first == comment)
        || missingSpellings.contains(word) || scalars.contains(where: special.contains)
    else { return word }
    // By scalars: as a Character, a quote followed by a combining mark is no quote.
    var result = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in scalars {
      if scalar == "\"" { result.append(scalar) }
      result.append(scalar)
    }
    result.append("\"")
    return String(result)
  }
}

extension Double {
  /// The shortest decimal that reads back as this number, without a trailing `.0`.
  var shortestText: String {
    let text = description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
