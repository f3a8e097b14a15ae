/// A JSON document, for results: it is written here, never read; `JSONLinesFile` reads tables.
///
/// JSON has no NaN, which is written as `null`: "no value". It has no infinity either; one is written as
/// 1e999, a number that those who read `Double`s take for it. Members of an object stay in the order given.
public enum JSONValue: Sendable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A whole number, with all its digits.
  case integer(Int)
  /// A whole number that may be beyond every `Int`, with all its digits.
  case unsigned(UInt64)
  /// The shortest decimal that reads back as this number; `null` for NaN.
  case number(Double)
  /// Text; quotes, backslashes and control characters are escaped.
  case string(String)
  /// Values in order.
  case array([JSONValue])
  /// Named values in order.
  case object([(name: String, value: JSONValue)])

  /// The columns of a table: an object with an array for each, missing values `null`.
  public init(_ table: DataTable) {
    self = .object(
      table.columns.map { column in
        (column.name, .array((0..<table.rowCount).map { Self(column, row: $0) }))
      })
  }

  /// The value of a row, with all digits of an integer of 64 bits.
  init(_ column: Column, row: Int) {
    switch column.values {
    case .numbers(let values):
      self = column.integers?[row].map { Self($0) } ?? .number(values[row])
    case .text(let values):
      self = values[row].map { .string($0) } ?? .null
    }
  }

  private init(_ integer: StoredInteger) {
    self =
      integer.isSigned ? .integer(Int(Int64(bitPattern: integer.bits))) : .unsigned(integer.bits)
  }

  /// The document as text.
  ///
  /// - Parameter isIndented: whether nested arrays and objects start lines of their own; arrays of
  ///   plain values stay on one.
  public func text(isIndented: Bool = true) -> String {
    var text = ""
    append(to: &text, indentation: isIndented ? 0 : nil)
    return text
  }

  /// Writes the document to `path` with a final line feed, replacing the file in one step.
  public func write(to path: String, isIndented: Bool = true) throws(FileError) {
    var writer = try AtomicFileWriter(path: path)
    try writer.write(text(isIndented: isIndented) + "\n")
    try writer.commit()
  }

  private static func text(_ value: Double) -> String {
    if value.isNaN { return "null" }
    return value.isFinite ? value.shortestText : value < 0 ? "-1e999" : "1e999"
  }

  private func append(to text: inout String, indentation: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .unsigned(let value): text += String(value)
    case .number(let value): text += Self.text(value)
    case .string(let value): Self.appendQuoted(value, to: &text)
    case .array(let values):
      let isPlain = values.allSatisfy { !$0.isContainer }
      Self.append(
        values, in: ("[", "]"), to: &text, indentation: isPlain ? nil : indentation
      ) { value, text, indentation in value.append(to: &text, indentation: indentation) }
    case .object(let members):
      Self.append(members, in: ("{", "}"), to: &text, indentation: indentation) {
        member, text, indentation in
        Self.appendQuoted(member.name, to: &text)
        text += ": "
        member.value.append(to: &text, indentation: indentation)
      }
    }
  }

  private var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }

  private static func append<Item>(
    _ items: [Item], in brackets: (String, String), to text: inout String, indentation: Int?,
    item append: (Item, inout String, Int?) -> Void
  ) {
    text += brackets.0
    let inner = indentation.map { $0 + 2 }
    for (index, item) in items.enumerated() {
      if index > 0 { text += inner == nil ? ", " : "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      append(item, &text, inner)
    }
    if let indentation, !items.isEmpty {
      text += "\n" + String(repeating: " ", count: indentation)
    }
    text += brackets.1
  }

  private static func appendQuoted(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
