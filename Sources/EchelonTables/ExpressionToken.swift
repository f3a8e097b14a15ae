/// A word of an expression, and where it stands.
struct ExpressionToken: Equatable {
  enum Kind: Equatable {
    case number(Double)
    case name(String)
    /// A name in backquotes, which is a column's whatever it is.
    case quotedName(String)
    case text(String)
    /// An operator, a bracket or a comma.
    case symbol(String)
    case end
  }
  let kind: Kind
  let range: Range<Int>
}

extension ExpressionToken {
  /// The longest ones first.
  private static let symbols = [
    "**", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "%", "^", "<", ">", "=", "!", "?",
    ":", "(", ")", ",",
  ]

  /// Cuts an expression into words; the last one is the end.
  static func tokens(of text: String) throws(ExpressionFault) -> [ExpressionToken] {
    let characters = Array(text)
    var tokens: [ExpressionToken] = []
    var place = 0
    while place < characters.count {
      if characters[place].isWhitespace {
        place += 1
        continue
      }
      let token = try token(in: characters, at: place, of: text)
      tokens.append(token)
      place = token.range.upperBound
    }
    return tokens + [ExpressionToken(kind: .end, range: place..<place)]
  }

  private static func token(
    in characters: [Character], at start: Int, of text: String
  ) throws(ExpressionFault) -> ExpressionToken {
    let first = characters[start]
    if first.isDigit
      || (first == "." && start + 1 < characters.count && characters[start + 1].isDigit)
    {
      return try number(in: characters, at: start, of: text)
    }
    if first.beginsName {
      var end = start + 1
      while end < characters.count,
        characters[end].beginsName || characters[end].isDigit || characters[end] == "."
      {
        end += 1
      }
      return ExpressionToken(kind: .name(String(characters[start..<end])), range: start..<end)
    }
    if first == "`" || first == "\"" || first == "'" {
      guard let end = characters[(start + 1)...].firstIndex(of: first) else {
        throw ExpressionFault(
          "the quote that opens here is never closed", at: start..<start + 1, of: text)
      }
      let contents = String(characters[start + 1..<end])
      return ExpressionToken(
        kind: first == "`" ? .quotedName(contents) : .text(contents), range: start..<end + 1)
    }
    for symbol in symbols {
      let end = start + symbol.count
      if end <= characters.count, characters[start..<end].elementsEqual(symbol) {
        return ExpressionToken(kind: .symbol(symbol), range: start..<end)
      }
    }
    throw ExpressionFault(
      "'\(first)' means nothing here; put column names with such characters in backquotes",
      at: start..<start + 1, of: text)
  }

  /// Digits, a point and an exponent, as Swift reads them.
  private static func number(
    in characters: [Character], at start: Int, of text: String
  ) throws(ExpressionFault) -> ExpressionToken {
    var end = start
    func skipDigits() { while end < characters.count, characters[end].isDigit { end += 1 } }
    skipDigits()
    if end < characters.count, characters[end] == "." {
      end += 1
      skipDigits()
    }
    if end < characters.count, characters[end] == "e" || characters[end] == "E" {
      var digits = end + 1
      if digits < characters.count, characters[digits] == "+" || characters[digits] == "-" {
        digits += 1
      }
      if digits < characters.count, characters[digits].isDigit {
        end = digits
        skipDigits()
      }
    }
    if end < characters.count, characters[end].beginsName {
      throw ExpressionFault(
        "a name cannot begin with a digit; put it in backquotes, or write * for a product",
        at: start..<end + 1, of: text)
    }
    var digits = String(characters[start..<end])
    if digits.hasPrefix(".") { digits = "0" + digits }
    guard let value = Double(digits.hasSuffix(".") ? digits + "0" : digits) else {
      throw ExpressionFault("this is not a number", at: start..<end, of: text)
    }
    return ExpressionToken(kind: .number(value), range: start..<end)
  }
}

extension Character {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
  fileprivate var beginsName: Bool { self == "_" || isLetter }
}
