import ArgumentParser
import EchelonFiles

/// How delimited text is written, where it is not as its name and first line suggest.
struct TextOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What separates fields: a character, or comma, tab, semicolon, pipe; by default what the name and \
      the first line of each file suggest.
      """, valueName: "char"),
    completion: .list(["comma", "tab", "semicolon", "pipe"]))
  var delimiter: String?

  @Flag(help: "The first line is data; columns are col0, col1, ….")
  var noHeader = false

  @Option(
    help: ArgumentHelp(
      "Names of all columns, in place of those in the header.", valueName: "name,…"))
  var names: String?

  @Option(
    help: ArgumentHelp("Lines that begin with this character are left out.", valueName: "char"))
  var comment: String?

  @Flag(help: "Numbers have a comma before the fraction: 3,14.")
  var decimalComma = false

  @Flag(
    help:
      "Blanks around words do not belong to them: ' a ' is a. Those in quotes do, and those around numbers never."
  )
  var trim = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Spellings of missing values, as '-,?', in place of those of pandas: NA, N/A, n/a, #NA, #N/A, <NA>, NaN, nan, NULL, null, \
      None and some more; empty fields are missing, too.
      """,
      valueName: "word,…"))
  var missing: String?

  @Option(
    help: ArgumentHelp(
      """
      What becomes of rows that have more or fewer fields than the header: refuse the file; fill short \
      ones with missing values; the same and cut long ones; skip both. How many there were is said.
      """, valueName: "policy"))
  var ragged = Named(RaggedRowPolicy.refuse)

  @Option(
    help: ArgumentHelp(
      "Columns that are text or number whatever they look like: zip=text,price=number.",
      valueName: "name=type,…"))
  var types: [String] = []

  func validate() throws { _ = try makeDialect() }

  /// What was asked for.
  var dialect: CSVDialect {
    get throws { try makeDialect() }
  }

  private static let delimiterNames: [String: UInt8] = [
    "comma": 0x2C, "tab": 0x09, "\\t": 0x09, "semicolon": 0x3B, "pipe": 0x7C,
  ]

  private func makeDialect() throws -> CSVDialect {
    var dialect = CSVDialect.detecting
    if let delimiter {
      dialect.delimiter = try Self.delimiterNames[delimiter] ?? Self.byte(delimiter, "--delimiter")
      dialect.detectsDelimiter = false
    }
    dialect.hasHeader = !noHeader
    dialect.columnNames = names.map(Self.words)
    dialect.comment = try comment.map { try Self.byte($0, "--comment") }
    dialect.hasDecimalComma = decimalComma
    dialect.trimsWords = trim
    if let missing { dialect.missingSpellings = [""] + Self.words(missing) }
    dialect.raggedRows = ragged.value
    dialect.kinds = try kinds()
    // The delimiter of a file that is looked for is none that is asked for already.
    if dialect.detectsDelimiter {
      var other = dialect
      other.delimiter = 0x7C
      if dialect.comment != 0x7C, let problem = other.problem { throw ValidationError(problem) }
    } else if let problem = dialect.problem {
      throw ValidationError(problem)
    }
    return dialect
  }

  private static func words(_ list: String) -> [String] {
    list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  private static func byte(_ text: String, _ option: String) throws -> UInt8 {
    guard text.utf8.count == 1, let byte = text.utf8.first else {
      throw ValidationError("\(option) takes a single ASCII character, not '\(text)'")
    }
    return byte
  }

  /// The columns of `--types` by name. A name may have commas and equals signs in it.
  private func kinds() throws -> [String: ColumnKind] {
    var kinds: [String: ColumnKind] = [:]
    for list in types {
      var name = ""
      for word in Self.words(list) {
        name += word
        guard let equals = name.lastIndex(of: "=") else {
          name += ","
          continue
        }
        let type = String(name[name.index(after: equals)...])
        guard let kind = ColumnKind(rawValue: type) else {
          throw ValidationError("--types: a column is text or number, not '\(type)'")
        }
        kinds[String(name[..<equals])] = kind
        name = ""
      }
      guard name.isEmpty else {
        throw ValidationError("--types takes name=text or name=number, not '\(list)'")
      }
    }
    return kinds
  }
}

extension RaggedRowCounts {
  /// The counts that are not 0, as members of an object.
  var json: [(name: String, value: JSONValue)] {
    [("filled_rows", filled), ("cut_rows", cut), ("skipped_rows", skipped)]
      .filter { $0.1 > 0 }.map { ($0.0, .integer($0.1)) }
  }

  /// What was done to rows of a file, for standard error; nil when nothing was.
  func note(path: String) -> String? {
    guard total > 0 else { return nil }
    let parts = [
      (filled, "filled with missing values"), (cut, "cut"), (skipped, "left out"),
    ].filter { $0.0 > 0 }.map { "\(NumberText.count($0.0, "row")) \($0.1)" }
    return "\(path): " + parts.joined(separator: ", ")
      + (firstLine.map { "; the first of them is line \($0)" } ?? "")
  }
}
