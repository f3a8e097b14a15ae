/// An expression as it was understood, each part with the characters that it stands in.
struct ExpressionTree: Equatable, Sendable {
  indirect enum Content: Equatable, Sendable {
    case number(Double)
    case text(String)
    case column(String)
    /// A function or an operator, by its name.
    case call(String, [ExpressionTree])
  }
  let content: Content
  let range: Range<Int>
  /// How many trees lie within each other, which whoever goes through them needs stack for.
  let height: Int

  init(content: Content, range: Range<Int>) {
    self.content = content
    self.range = range
    if case .call(_, let operands) = content {
      height = 1 + (operands.map(\.height).max() ?? 0)
    } else {
      height = 1
    }
  }
}

/// Reads expressions: one method for each level of precedence, the loosest first.
struct ExpressionParser {
  private let text: String
  private let tokens: [ExpressionToken]
  private var place = 0
  /// Brackets and signs within each other, which a thread's stack has to hold.
  private var depth = 0
  private static let depthLimit = 200
  /// Of trees, also those that a long sum makes: some 2 KiB of stack for each in a debug build, of the 512 KiB that a thread of
  /// Swift's has.
  private static let heightLimit = 160

  /// What stands where an operator could be: often the second word of a name.
  private var faultAfterExpression: ExpressionFault {
    let isName = if case .name = next.kind { true } else { false }
    if next.kind == .symbol(",") {
      return fault(
        "commas stand between the values of a function; compute one column after the other, or several by "
          + "'echelon batch --do' with a step for each")
    }
    return fault(
      "expected an operator or the end of the expression"
        + (isName || next.kind == .symbol("(")
          ? "; names with blanks or signs stand in backquotes, as in `petal length (cm)`" : ""))
  }

  /// The expression that a text is.
  static func tree(of text: String) throws(ExpressionFault) -> ExpressionTree {
    var parser = try ExpressionParser(text)
    let tree = try parser.conditional()
    guard parser.next.kind == .end else {
      throw parser.faultAfterExpression
    }
    return tree
  }

  /// What stands before the first `=` that is an assignment's, and the expression behind it.
  static func assignment(
    of text: String
  ) throws(ExpressionFault) -> (name: String, tree: ExpressionTree) {
    var parser = try ExpressionParser(text)
    let name = try parser.name()
    guard parser.take("=") != nil else {
      throw parser.fault("expected = and an expression for the column '\(name)'")
    }
    let tree = try parser.conditional()
    guard parser.next.kind == .end else {
      throw parser.faultAfterExpression
    }
    return (name, tree)
  }

  /// `mean(x), name = max(y) by key, …`.
  static func groups(
    of text: String
  ) throws(ExpressionFault) -> (values: [(name: String?, tree: ExpressionTree)], keys: [String]) {
    var parser = try ExpressionParser(text)
    var values: [(name: String?, tree: ExpressionTree)] = []
    repeat {
      var name: String?
      if parser.place + 1 < parser.tokens.count,
        parser.tokens[parser.place + 1].kind == .symbol("=")
      {
        name = try parser.name()
        parser.place += 1
      }
      values.append((name, try parser.conditional()))
    } while parser.take(",") != nil
    guard parser.take("by") != nil else {
      throw parser.fault("expected a comma, or by and the columns that make the groups")
    }
    var keys: [String] = []
    repeat { keys.append(try parser.name()) } while parser.take(",") != nil
    guard parser.next.kind == .end else { throw parser.fault("expected a comma or the end") }
    return (values, keys)
  }

  /// The name of a column that stands here.
  private mutating func name() throws(ExpressionFault) -> String {
    switch next.kind {
    case .name(let name), .quotedName(let name):
      place += 1
      return name
    default: throw fault("expected the name of a column")
    }
  }

  private init(_ text: String) throws(ExpressionFault) {
    self.text = text
    tokens = try ExpressionToken.tokens(of: text)
  }

  private var next: ExpressionToken { tokens[place] }

  private func fault(_ problem: String) -> ExpressionFault {
    if case .symbol("=") = next.kind {
      return ExpressionFault("to compare, write ==", at: next.range, of: text)
    }
    return ExpressionFault(problem, at: next.range, of: text)
  }

  /// Goes on behind one of some symbols or words, if one stands here.
  private mutating func take(_ wanted: String...) -> String? {
    let word: String
    switch next.kind {
    case .symbol(let symbol): word = symbol
    case .name(let name): word = name
    default: return nil
    }
    guard wanted.contains(word) else { return nil }
    place += 1
    return word
  }

  private func call(
    _ name: String, _ operands: [ExpressionTree]
  ) throws(ExpressionFault) -> ExpressionTree {
    guard operands.allSatisfy({ $0.height < Self.heightLimit }) else {
      throw fault(
        "more than \(Self.heightLimit) operators one after another; make a column of a part first")
    }
    return ExpressionTree(
      content: .call(name, operands),
      range: operands[0].range.lowerBound..<operands[operands.count - 1].range.upperBound)
  }

  // MARK: Levels

  /// `c ? x : y`.
  private mutating func conditional() throws(ExpressionFault) -> ExpressionTree {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthLimit else {
      throw fault(
        "more than \(Self.depthLimit) brackets within each other; use another column for a part")
    }
    let condition = try disjunction()
    guard take("?") != nil else { return condition }
    let x = try conditional()
    guard take(":") != nil else { throw fault("expected : and what holds otherwise") }
    return try call("if", [condition, x, try conditional()])
  }

  private mutating func disjunction() throws(ExpressionFault) -> ExpressionTree {
    var left = try conjunction()
    while take("or", "||") != nil { left = try call("or", [left, try conjunction()]) }
    return left
  }

  private mutating func conjunction() throws(ExpressionFault) -> ExpressionTree {
    var left = try negation()
    while take("and", "&&") != nil { left = try call("and", [left, try negation()]) }
    return left
  }

  private mutating func negation() throws(ExpressionFault) -> ExpressionTree {
    let start = next.range.lowerBound
    guard take("not", "!") != nil else { return try comparison() }
    let operand = try nested { parser throws(ExpressionFault) in try parser.negation() }
    return ExpressionTree(content: .call("not", [operand]), range: start..<operand.range.upperBound)
  }

  /// `a < b <= c` means that both hold.
  private mutating func comparison() throws(ExpressionFault) -> ExpressionTree {
    var left = try sum()
    var result: ExpressionTree?
    while let symbol = take("<", "<=", ">", ">=", "==", "!=") {
      let right = try sum()
      let pair = try call(symbol, [left, right])
      if let earlier = result { result = try call("and", [earlier, pair]) } else { result = pair }
      left = right
    }
    return result ?? left
  }

  private mutating func sum() throws(ExpressionFault) -> ExpressionTree {
    var left = try product()
    while let symbol = take("+", "-") { left = try call(symbol, [left, try product()]) }
    return left
  }

  private mutating func product() throws(ExpressionFault) -> ExpressionTree {
    var left = try sign()
    while let symbol = take("*", "/", "%") { left = try call(symbol, [left, try sign()]) }
    return left
  }

  /// A sign binds less than a power: -x^2 is -(x^2).
  private mutating func sign() throws(ExpressionFault) -> ExpressionTree {
    let start = next.range.lowerBound
    guard let symbol = take("-", "+") else { return try power() }
    let operand = try nested { parser throws(ExpressionFault) in try parser.sign() }
    return ExpressionTree(
      content: symbol == "-" ? .call("negate", [operand]) : operand.content,
      range: start..<operand.range.upperBound)
  }

  private mutating func power() throws(ExpressionFault) -> ExpressionTree {
    let base = try primary()
    guard take("^", "**") != nil else { return base }
    return try call("pow", [base, nested { parser throws(ExpressionFault) in try parser.sign() }])
  }

  private mutating func nested(
    _ body: (inout ExpressionParser) throws(ExpressionFault) -> ExpressionTree
  ) throws(ExpressionFault) -> ExpressionTree {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthLimit else {
      throw fault("more than \(Self.depthLimit) signs and powers within each other")
    }
    return try body(&self)
  }

  private mutating func primary() throws(ExpressionFault) -> ExpressionTree {
    let token = next
    switch token.kind {
    case .number(let value):
      place += 1
      return ExpressionTree(content: .number(value), range: token.range)
    case .text(let words):
      place += 1
      return ExpressionTree(content: .text(words), range: token.range)
    case .quotedName(let name):
      place += 1
      return ExpressionTree(content: .column(name), range: token.range)
    case .name(let name):
      place += 1
      guard take("(") != nil else {
        return ExpressionTree(content: .column(name), range: token.range)
      }
      var arguments: [ExpressionTree] = []
      if take(")") == nil {
        repeat { arguments.append(try conditional()) } while take(",") != nil
        guard take(")") != nil else { throw fault("expected , or ) after an argument of \(name)") }
      }
      return ExpressionTree(
        content: .call(name, arguments),
        range: token.range.lowerBound..<tokens[place - 1].range.upperBound)
    case .symbol("("):
      place += 1
      let inner = try conditional()
      guard take(")") != nil else {
        throw fault("expected ) for the bracket at character \(token.range.lowerBound + 1)")
      }
      return ExpressionTree(
        content: inner.content, range: token.range.lowerBound..<tokens[place - 1].range.upperBound)
    case .symbol, .end:
      throw fault("expected a number, a column or a function")
    }
  }
}
