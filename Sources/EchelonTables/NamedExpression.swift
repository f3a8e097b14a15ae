public import EchelonFiles

/// An expression with what its values are called.
public struct NamedExpression: Sendable {
  /// The name it was given, or else the expression as it was written, a lone column without its backquotes.
  public let name: String
  /// What is computed.
  public let expression: ColumnExpression

  /// Reads `a, b / 2, rate = c * 100`.
  /// - Throws: `ExpressionFault` for what is no expression, at its characters in the part it stands in.
  public static func list(of text: String) throws(ExpressionFault) -> [NamedExpression] {
    let tokens = try ExpressionToken.tokens(of: text)
    let characters = Array(text)
    var list: [NamedExpression] = []
    var (depth, start) = (0, 0)
    for token in tokens {
      switch token.kind {
      case .symbol("("): depth += 1
      case .symbol(")"): depth -= 1
      case .symbol(",") where depth == 0, .end:
        list.append(try NamedExpression(String(characters[start..<token.range.lowerBound])))
        start = token.range.upperBound
      default: break
      }
    }
    return list
  }

  /// Reads one of them.
  public init(_ part: String) throws(ExpressionFault) {
    let tokens = try ExpressionToken.tokens(of: part)
    if tokens.contains(where: { $0.kind == .symbol("=") }) {
      (name, expression) = try ColumnExpression.assignment(part)
      return
    }
    expression = try ColumnExpression(part)
    switch tokens[0].kind {
    case .name(let column) where tokens.count == 2, .quotedName(let column) where tokens.count == 2:
      name = column
    default:
      name = String(
        part.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
  }

  /// The values for every row of a table.
  /// - Throws: `ExpressionFault` for columns that are not there, and words where numbers belong.
  public func values(in table: DataTable) throws(ExpressionFault) -> [Double] {
    try expression.bound(to: table.columns.map(\.description)).values(in: table)
  }
}
