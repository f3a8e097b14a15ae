import EchelonFiles

/// Columns of delimited text that are words only because their numbers have a comma before the fraction, as 3,14.
enum DecimalCommaHint {
  /// Columns that are looked at.
  private static let mostColumns = 64

  /// Their names; none of a file whose fields are separated by commas, or of which it was said how numbers are written.
  static func columns(of reader: DataFileReader) throws(FileError) -> [String] {
    guard case .csv(let file) = reader.format, !file.dialect.hasDecimalComma,
      file.dialect.delimiter != UInt8(ascii: ","), let piece = reader.pieces().first
    else { return [] }
    var names: [String] = []
    for (index, column) in reader.columns.enumerated().filter({ $1.kind == .text })
      .prefix(mostColumns) where file.dialect.kinds[column.name] != .text
    {
      // The beginning says enough: it is a hint.
      let words = (try reader.text(column: index, of: piece) ?? []).lazy.compactMap(\.self)
        .prefix(1000)
      if words.allSatisfy({ isNumber($0) }), words.contains(where: { $0.utf8.contains(comma) }) {
        names.append(column.name)
      }
    }
    return names
  }

  /// What is to be said of a file; nil where there are no such columns.
  static func note(_ names: [String], path: String) -> String? {
    guard let first = names.first else { return nil }
    let others = names.count - 1
    return "\(path): column '\(first)'"
      + (others > 0 ? " and \(NumberText.count(others, "other"))" : "")
      + (others > 0 ? " have" : " has")
      + " numbers with a comma before the fraction, which are taken for words; --decimal-comma reads them"
  }

  private static let comma = UInt8(ascii: ",")

  /// Digits with at most one comma, a sign before and an exponent behind them.
  private static func isNumber(_ word: String) -> Bool {
    var text = Substring(word).utf8
    if let sign = text.first, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign) {
      text.removeFirst()
    }
    var (digits, commas) = (0, 0)
    while let byte = text.first {
      if 0x30...0x39 ~= byte {
        digits += 1
      } else if byte == comma, commas == 0 {
        commas = 1
      } else {
        break
      }
      text.removeFirst()
    }
    guard digits > 0, let letter = text.popFirst() else { return digits > 0 }
    guard letter | 0x20 == UInt8(ascii: "e") else { return false }
    return Int(String(Substring(text))) != nil
  }
}

extension DataFileReader {
  /// The columns that are text for a few words among numbers, but for those of which a decimal comma is said.
  func oddWords(but columns: [String]) throws(FileError) -> [OddWords] {
    try oddWords().filter { !columns.contains($0.column) }
  }
}
