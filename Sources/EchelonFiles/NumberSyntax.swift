/// What a field means as a number, once its blanks and quotes are off.
enum NumberSyntax {
  case number(Double)
  case missing
  case text

  /// Reads `range` as a decimal, an infinity or a missing value.
  ///
  /// Infinities are `inf` and `infinity` in any case, with or without a sign, as `strtod` takes
  /// them. `nan` is a missing value. Hexadecimal is text.
  init(_ range: Range<Int>, in bytes: Span<UInt8>, missing: MissingSpellings, point: UInt8) {
    if missing.contains(range, in: bytes) {
      self = .missing
    } else if let literal = DecimalLiteral(in: bytes, at: range.lowerBound, point: point),
      literal.end == range.upperBound
    {
      self = .number(literal.value(in: bytes))
    } else if let infinity = Self.infinity(range, in: bytes) {
      self = .number(infinity)
    } else {
      self = .text
    }
  }

  private static func infinity(_ range: Range<Int>, in bytes: Span<UInt8>) -> Double? {
    guard 3...9 ~= range.count else { return nil }
    var start = range.lowerBound
    let isNegative = bytes[start] == UInt8(ascii: "-")
    if isNegative || bytes[start] == UInt8(ascii: "+") { start += 1 }
    for word in ["inf", "infinity"] where word.utf8.count == range.upperBound - start {
      if zip(word.utf8, start...).allSatisfy({ $0 == bytes[$1] | 0x20 }) {
        return isNegative ? -.infinity : .infinity
      }
    }
    return nil
  }
}
