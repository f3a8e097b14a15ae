public import EchelonFiles
import EchelonLinearAlgebra

/// An expression over the columns of a table, as a user writes it.
///
///     let expression = try ColumnExpression("log(`petal length (cm)` / 2) > 1 and class != 'setosa'")
///     let bound = try expression.bound(to: table.columns.map(\.description))
///     let holds = bound.values(in: table)                 // 1 where it holds, 0 elsewhere
///
/// Numbers: `+ - * / %` and `^` (or `**`), the functions of `ExpressionGuide`, `pi`, `e`, `inf`, `nan`. Conditions:
/// `< <= > >= == !=`, which can be chained (`0 < x <= 1`), `and`, `or`, `not` (or `&& || !`); `condition ? x : y`. As a
/// number a condition is 1 or 0. Words, in quotes, are compared with columns of words in the same ways, and such columns with each
/// other: `<` goes by the bytes of UTF-8, so that dates as `2024-01-31` are in order of time, and `B` comes before `a`. Names with
/// blanks or signs stand in backquotes.
///
/// What is computed from a missing value is missing. A comparison with one does not hold, `!=` neither.
///
/// Numbers are computed as `Double`, by vector loops whose errors `VectorOperation` states.
public struct ColumnExpression: Sendable, Equatable {
  /// The expression as it was written.
  public let text: String
  let tree: ExpressionTree

  /// Reads an expression.
  /// - Throws: `ExpressionFault`, which says at which character it cannot be one.
  public init(_ text: String) throws(ExpressionFault) {
    self.init(text, try ExpressionParser.tree(of: text))
  }

  init(_ text: String, _ tree: ExpressionTree) {
    self.text = text
    self.tree = tree
  }

  /// Reads `name = expression`: what a new column is called, and its values.
  /// - Throws: `ExpressionFault`, which says at which character it cannot be one.
  public static func assignment(
    _ text: String
  ) throws(ExpressionFault) -> (name: String, expression: ColumnExpression) {
    let (name, tree) = try ExpressionParser.assignment(of: text)
    return (name, ColumnExpression(text, tree))
  }

  /// Looks up the columns, and makes a program of the expression.
  /// - Throws: `ExpressionFault` for columns that are not there, words where numbers belong and numbers where conditions do.
  public func bound(to columns: [ColumnDescription]) throws(ExpressionFault) -> BoundExpression {
    try BoundExpression(self, columns)
  }
}

extension Column {
  /// What is known of the column without its values.
  public var description: ColumnDescription { ColumnDescription(name: name, kind: kind) }
}

/// What users of the expression language are told of it.
public enum ExpressionGuide {
  /// Every function as it is called, and what it gives.
  public static let functions: [(call: String, help: String)] =
    ExpressionFunction.all.map { function in
      let operands = ["x", "x, y"][function.operation.operandCount - 1]
      return ("\(function.name)(\(function.name == "atan2" ? "y, x" : operands))", function.help)
    } + ExpressionFunction.others.map { (call: $0.0, help: $0.1) }
}
