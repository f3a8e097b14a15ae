import EchelonFiles

/// What is explained, and by what: `y ~ x1 + log(x2)`.
struct RegressionFormula: Sendable {
  /// A part of the formula, and its name: the characters that it stands in.
  struct Term: Sendable {
    let name: String
    let range: Range<Int>
    let expression: ColumnExpression
  }

  let text: String
  let response: Term
  /// Nil for `.`, which is all columns of numbers but the response.
  let terms: [Term]?
  let hasIntercept: Bool

  init(_ text: String) throws(ExpressionFault) {
    self.text = text
    let characters = Array(text)
    guard let tilde = Self.tilde(in: characters) else {
      throw ExpressionFault(
        "expected ~ between what is explained and what explains it: y ~ x1 + x2",
        at: characters.count..<characters.count, of: text)
    }
    response = Self.term(try Self.tree(0..<tilde, of: characters, text), characters, text)
    let right = tilde + 1..<characters.count
    if String(characters[right]).trimmed == "." {
      (terms, hasIntercept) = (nil, true)
      return
    }
    var (terms, hasIntercept): ([Term], Bool) = ([], true)
    for (tree, isSubtracted) in Self.summands(try Self.tree(right, of: characters, text)) {
      switch tree.content {
      case .number(1): hasIntercept = !isSubtracted
      case .number(0) where !isSubtracted: hasIntercept = false
      case .number:
        throw ExpressionFault(
          "of numbers 1 means the intercept and 0 none; give others no place here",
          at: tree.range, of: text)
      default:
        guard !isSubtracted else {
          throw ExpressionFault(
            "only 1, the intercept, can be left out by a minus; for a difference make a column by map",
            at: tree.range, of: text)
        }
        let term = Self.term(tree, characters, text)
        guard !terms.contains(where: { $0.name == term.name }) else {
          throw ExpressionFault("'\(term.name)' is there twice", at: tree.range, of: text)
        }
        terms.append(term)
      }
    }
    guard !terms.isEmpty || hasIntercept else {
      throw ExpressionFault("there is nothing to explain it by", at: right, of: text)
    }
    (self.terms, self.hasIntercept) = (terms, hasIntercept)
  }

  /// The first ~ that is in no quotes.
  private static func tilde(in characters: [Character]) -> Int? {
    var quote: Character?
    for (place, character) in characters.enumerated() {
      if let open = quote {
        if character == open { quote = nil }
      } else if ["`", "\"", "'"].contains(character) {
        quote = character
      } else if character == "~" {
        return place
      }
    }
    return nil
  }

  /// The expression that some of the characters are, at the places that they have in the whole.
  private static func tree(
    _ range: Range<Int>, of characters: [Character], _ text: String
  ) throws(ExpressionFault) -> ExpressionTree {
    let blanks = String(repeating: " ", count: range.lowerBound)
    do { return try ExpressionParser.tree(of: blanks + String(characters[range])) } catch {
      throw ExpressionFault(error.problem, at: error.range, of: text)
    }
  }

  private static func term(
    _ tree: ExpressionTree, _ characters: [Character], _ text: String
  ) -> Term {
    var name = String(characters[tree.range])
    if case .column(let column) = tree.content { name = column }
    return Term(name: name, range: tree.range, expression: ColumnExpression(text, tree))
  }

  /// What sums and differences are of.
  private static func summands(
    _ tree: ExpressionTree
  ) -> [(tree: ExpressionTree, isSubtracted: Bool)] {
    switch tree.content {
    case .call("+", let operands) where operands.count == 2:
      return summands(operands[0]) + summands(operands[1])
    case .call("-", let operands) where operands.count == 2:
      return summands(operands[0]) + [(operands[1], true)]
    default: return [(tree, false)]
    }
  }
}
