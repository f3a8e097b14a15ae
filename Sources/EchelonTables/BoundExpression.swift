public import EchelonFiles
import EchelonKernels
import EchelonLinearAlgebra

/// An expression for tables with certain columns, ready to be computed.
public struct BoundExpression: Sendable {
  /// What an expression gives.
  public enum Kind: Sendable, Equatable {
    /// A number for each row.
    case number
    /// Whether something holds for each row.
    case condition
  }

  /// What the expression gives.
  public let kind: Kind
  let compiled: CompiledExpression<ColumnLeaf>

  /// - Parameter noun: what its users call a column.
  init(
    _ expression: ColumnExpression, _ columns: [ColumnDescription], noun: String = "column"
  ) throws(ExpressionFault) {
    let binder = ExpressionBinder(text: expression.text, columns: columns, noun: noun)
    let value = try binder.value(of: expression.tree)
    guard let node = value.node else {
      throw binder.fault("words can only be compared, as by ==", at: expression.tree)
    }
    kind = value.isCondition ? .condition : .number
    do {
      compiled = try CompiledExpression(node)
    } catch {
      throw binder.fault("\(error); by map a part is a column of its own", at: expression.tree)
    }
  }

  /// The indices of the columns that it reads, in ascending order.
  public var columns: [Int] {
    Set(compiled.leaves.flatMap(\.columns)).sorted()
  }

  /// The value of every row of a table; of a condition 1 where it holds, and 0 where it does not.
  /// - Parameters:
  ///   - table: has the columns that the expression was bound to.
  ///   - rowsBefore: how many rows of a larger table, which `row()` counts, too, stand before it.
  public func values(in table: DataTable, rowsBefore: Int = 0) -> [Double] {
    var values = [Double](repeating: 0, count: table.rowCount)
    var span = values.mutableSpan
    compiled.program.run(into: &span, inputs: LeafValues(compiled.leaves, of: table, rowsBefore))
    return values
  }
}

/// What an expression reads of a table, an array of numbers each.
enum ColumnLeaf: Hashable, Sendable {
  /// A column of numbers.
  case numbers(Int)
  /// 1 where a column of words has one of these, 0 elsewhere.
  case isOneOf(Int, Set<String>)
  /// 1 where a column of words has none, 0 elsewhere.
  case isMissing(Int)
  /// 1 where the words of a column have their place before a word, 0 elsewhere.
  case isBefore(Int, String, WordOrder)
  /// 1 where the words of a column have their place behind a word, 0 elsewhere.
  case isBehind(Int, String, WordOrder)
  /// 1 where the words of a column have their place before those of another, 0 elsewhere.
  case areBefore(Int, Int, WordOrder)
  /// The numbers of the rows, from 1.
  case row

  /// The indices of the columns that it reads.
  var columns: [Int] {
    switch self {
    case .numbers(let column), .isOneOf(let column, _), .isMissing(let column),
      .isBefore(let column, _, _), .isBehind(let column, _, _):
      [column]
    case .areBefore(let column, let other, _): [column, other]
    case .row: []
    }
  }

  /// The values of all rows.
  func values(in table: DataTable, rowsBefore: Int) -> [Double] {
    switch self {
    case .numbers(let index): table.columns[index].numbers ?? []
    case .isOneOf(let index, let words):
      (table.columns[index].text ?? []).map { $0.map(words.contains) == true ? 1 : 0 }
    case .isMissing(let index): (table.columns[index].text ?? []).map { $0 == nil ? 1 : 0 }
    case .isBefore(let index, let word, let order):
      (table.columns[index].text ?? []).map { order.holds($0, word) ? 1 : 0 }
    case .isBehind(let index, let word, let order):
      (table.columns[index].text ?? []).map { order.holds(word, $0) ? 1 : 0 }
    case .areBefore(let index, let other, let order):
      zip(table.columns[index].text ?? [], table.columns[other].text ?? [])
        .map { order.holds($0, $1) ? 1 : 0 }
    case .row: (0..<table.rowCount).map { Double(rowsBefore + $0 + 1) }
    }
  }
}

/// How two words stand to each other.
enum WordOrder: Hashable, Sendable {
  case before
  case beforeOrEqual
  case equal

  /// Whether two words stand so; none does to one that is missing.
  ///
  /// The order is that of the bytes of UTF-8, which puts dates as 2024-01-31 in order of time, and is the same everywhere.
  func holds(_ word: String?, _ other: String?) -> Bool {
    guard let word, let other else { return false }
    return switch self {
    case .before: word.utf8.lexicographicallyPrecedes(other.utf8)
    case .beforeOrEqual: !other.utf8.lexicographicallyPrecedes(word.utf8)
    case .equal: word == other
    }
  }
}

/// The inputs of a program.
private struct LeafValues: VectorInputs {
  private let arrays: [[Double]]

  init(_ leaves: [ColumnLeaf], of table: DataTable, _ rowsBefore: Int) {
    arrays = leaves.map { $0.values(in: table, rowsBefore: rowsBefore) }
  }

  func withInput<Element: VectorProgramScalar>(
    _ index: Int, of _: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    guard let array = arrays[index] as? [Element] else {
      preconditionFailure("expressions over columns are of Double")
    }
    body(array.span)
  }
}

/// Turns expressions into graphs of operations.
struct ExpressionBinder {
  typealias Node = ExpressionNode<ColumnLeaf>

  /// What a part of an expression stands for.
  enum Value {
    case number(Node)
    case condition(Node)
    /// A word in quotes.
    case word(String)
    /// A column of words.
    case words(Int)

    /// As a number, if it is one; a condition is 1 or 0.
    var node: Node? {
      switch self {
      case .number(let node), .condition(let node): node
      case .word, .words: nil
      }
    }

    var isCondition: Bool { if case .condition = self { true } else { false } }
  }

  let text: String
  let columns: [ColumnDescription]
  var noun = "column"

  func fault(_ problem: String, at tree: ExpressionTree) -> ExpressionFault {
    ExpressionFault(problem, at: tree.range, of: text)
  }

  func value(of tree: ExpressionTree) throws(ExpressionFault) -> Value {
    switch tree.content {
    case .number(let value): return .number(Node(.constant(value.constantBits)))
    case .text(let word): return .word(word)
    case .column(let name): return try column(name, at: tree)
    case .call(let name, let operands): return try call(name, operands, at: tree)
    }
  }

  private func column(_ name: String, at tree: ExpressionTree) throws(ExpressionFault) -> Value {
    guard let index = columns.firstIndex(where: { $0.name == name }) else {
      if let value = ExpressionFunction.constants[name] {
        return .number(Node(.constant(value.constantBits)))
      }
      throw fault("there is no \(noun) '\(name)'" + suggestion(for: name), at: tree)
    }
    return columns[index].kind == .number ? .number(Node(.leaf(.numbers(index)))) : .words(index)
  }

  /// The columns that could be meant.
  func suggestion(for name: String) -> String {
    let names = columns.map(\.name)
    if names.isEmpty { return "" }
    let similar = names.filter {
      $0.lowercased().contains(name.lowercased()) || name.lowercased().contains($0.lowercased())
    }
    func quoted(_ name: String) -> String {
      let isWord = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
      return isWord ? name : "`\(name)`"
    }
    let listed = (similar.isEmpty ? names : similar).prefix(8).map(quoted)
    return "; there " + (listed.count == 1 ? "is " : "are ") + listed.joined(separator: ", ")
      + (similar.isEmpty && names.count > 8 ? " and others" : "")
  }

  // MARK: Calls

  private func call(
    _ name: String, _ operands: [ExpressionTree], at tree: ExpressionTree
  ) throws(ExpressionFault) -> Value {
    // A name in front of a parenthesis may be that of an operator.
    if ["<", "<=", ">", ">=", "==", "!=", "and", "or"].contains(name) {
      try expect(2, operands, of: name, at: tree)
    }
    switch name {
    case "<", "<=", ">", ">=": return .condition(try order(name, operands, at: tree))
    case "==", "!=": return .condition(try equality(operands, isEqual: name == "==", at: tree))
    case "and", "or":
      let (left, right) = (try condition(operands[0]), try condition(operands[1]))
      return .condition(name == "and" ? operation(.and, [left, right]) : disjunction(left, right))
    case "not":
      try expect(1, operands, of: name, at: tree)
      return .condition(operation(.not, [try condition(operands[0])]))
    case "if":
      try expect(3, operands, of: "if", at: tree)
      return try choice(operands)
    case "min", "max": return .number(try extreme(name, operands, at: tree))
    case "clamp":
      try expect(3, operands, of: name, at: tree)
      let (x, low, high) = (
        try number(operands[0]), try number(operands[1]), try number(operands[2])
      )
      return .number(operation(.minimum, [operation(.maximum, [x, low]), high]))
    case "is_missing":
      try expect(1, operands, of: name, at: tree)
      return .condition(try isMissing(operands[0]))
    case "coalesce":
      guard let last = operands.last else {
        throw fault("coalesce takes one value or more", at: tree)
      }
      var result = try number(last)
      for operand in operands.dropLast().reversed() {
        let x = try number(operand)
        result = operation(.select, [operation(.equal, [x, x]), x, result])
      }
      return .number(result)
    case "row":
      try expect(0, operands, of: name, at: tree)
      return .number(Node(.leaf(.row)))
    default:
      guard let found = ExpressionFunction.operation(name) else {
        throw fault(
          "there is no function '\(name)'; see 'echelon map --help' for those there are", at: tree)
      }
      try expect(found.operandCount, operands, of: name, at: tree)
      return .number(
        operation(found, try operands.map { o throws(ExpressionFault) in try number(o) }))
    }
  }

  /// Many words that one column may have are one array to read, however many they are.
  private func disjunction(_ left: Node, _ right: Node) -> Node {
    if case .leaf(.isOneOf(let column, let words)) = left.content,
      case .leaf(.isOneOf(column, let others)) = right.content
    {
      return Node(.leaf(.isOneOf(column, words.union(others))))
    }
    return operation(.or, [left, right])
  }

  private func expect(
    _ count: Int, _ operands: [ExpressionTree], of name: String, at tree: ExpressionTree
  ) throws(ExpressionFault) {
    guard operands.count != count else { return }
    let values = count == 1 ? "1 value" : "\(count) values"
    throw fault("\(name) takes \(values), here are \(operands.count)", at: tree)
  }

  private func operation(_ operation: VectorOperation, _ operands: [Node]) -> Node {
    Node(.operation(operation, operands))
  }

  private func number(_ tree: ExpressionTree) throws(ExpressionFault) -> Node {
    guard let node = try value(of: tree).node else {
      throw fault("words where a number belongs; they can only be compared, as by ==", at: tree)
    }
    return node
  }

  private func condition(_ tree: ExpressionTree) throws(ExpressionFault) -> Node {
    guard case .condition(let node) = try value(of: tree) else {
      throw fault("this is no condition; compare it with something, such as > 0", at: tree)
    }
    return node
  }

  /// Comparisons with NaN do not hold, as IEEE 754 has it.
  private func order(
    _ name: String, _ operands: [ExpressionTree], at tree: ExpressionTree
  ) throws(ExpressionFault) -> Node {
    // What is to be the smaller one first.
    let ordered = name.hasPrefix("<") ? operands : operands.reversed()
    let order = name.hasSuffix("=") ? WordOrder.beforeOrEqual : .before
    switch (try value(of: ordered[0]), try value(of: ordered[1])) {
    case (.words(let column), .word(let word)):
      return Node(.leaf(.isBefore(column, word, order)))
    case (.word(let word), .words(let column)):
      return Node(.leaf(.isBehind(column, word, order)))
    case (.words(let column), .words(let other)):
      return Node(.leaf(.areBefore(column, other, order)))
    case (let left, let right):
      guard let x = left.node, let y = right.node else { throw unlike(at: tree) }
      return operation(order == .before ? .less : .lessOrEqual, [x, y])
    }
  }

  private func unlike(at tree: ExpressionTree) -> ExpressionFault {
    fault(
      "columns of words can be compared with words in quotes only, and with each other; numbers with numbers",
      at: tree)
  }

  private func equality(
    _ operands: [ExpressionTree], isEqual: Bool, at tree: ExpressionTree
  ) throws(ExpressionFault) -> Node {
    switch (try value(of: operands[0]), try value(of: operands[1])) {
    case (.words(let column), .word(let word)), (.word(let word), .words(let column)):
      let isThere = Node(.leaf(.isOneOf(column, [word])))
      if isEqual { return isThere }
      return operation(.not, [operation(.or, [isThere, Node(.leaf(.isMissing(column)))])])
    case (.words(let column), .words(let other)):
      let areEqual = Node(.leaf(.areBefore(column, other, .equal)))
      if isEqual { return areEqual }
      let isAnyMissing = operation(
        .or, [Node(.leaf(.isMissing(column))), Node(.leaf(.isMissing(other)))])
      return operation(.not, [operation(.or, [areEqual, isAnyMissing])])
    case (let left, let right):
      guard let x = left.node, let y = right.node else { throw unlike(at: tree) }
      if isEqual { return operation(.equal, [x, y]) }
      // `notEqual` of IEEE 754 holds for what is missing.
      return operation(.or, [operation(.less, [x, y]), operation(.less, [y, x])])
    }
  }

  private func choice(_ operands: [ExpressionTree]) throws(ExpressionFault) -> Value {
    let condition = try condition(operands[0])
    let (x, y) = (try value(of: operands[1]), try value(of: operands[2]))
    guard let left = x.node, let right = y.node else {
      let words = x.node == nil ? operands[1] : operands[2]
      throw fault(
        "words where a number belongs; they can only be compared, as by ==", at: words)
    }
    let node = operation(.select, [condition, left, right])
    return x.isCondition && y.isCondition ? .condition(node) : .number(node)
  }

  private func extreme(
    _ name: String, _ operands: [ExpressionTree], at tree: ExpressionTree
  ) throws(ExpressionFault) -> Node {
    guard let first = operands.first else {
      throw fault("\(name) takes one value or more", at: tree)
    }
    var result = try number(first)
    for operand in operands.dropFirst() {
      result = operation(name == "min" ? .minimum : .maximum, [result, try number(operand)])
    }
    return result
  }

  private func isMissing(_ tree: ExpressionTree) throws(ExpressionFault) -> Node {
    if case .words(let column) = try value(of: tree) { return Node(.leaf(.isMissing(column))) }
    let x = try number(tree)
    return operation(.notEqual, [x, x])
  }
}
