public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// What arithmetic on arrays takes: a `SharedArray`, a view of one, a `SharedMatrix`, or an expression over
/// some.
public protocol ArrayOperand<Element>: Sendable {
  /// The type of the elements.
  associatedtype Element: KernelElement & Sendable
  /// The operand as an expression.
  var expression: ArrayExpression<Element> { get }
}

/// A computation on the elements of arrays that has been written down and not run.
///
///     let r = try await pool.evaluate(sqrt(x * x + y * y))
///
/// Operators and functions on shared arrays make expressions; `evaluate` runs one over the workers, in a
/// single pass over the arrays, without arrays in between. All arrays of an expression have the same number
/// of elements; numbers stand for as many equal ones. Among matrices an array is a row, and what has one row
/// or one column is repeated for every row or column. An expression that is used twice in another is computed
/// once. Every operation rounds to the element type, as Swift's own arithmetic does.
public struct ArrayExpression<Element: KernelElement & Sendable>: ArrayOperand {
  let node: ExpressionNode<ArrayLeaf>

  init(_ node: ExpressionNode<ArrayLeaf>) { self.node = node }

  init(_ value: Element) { node = ExpressionNode(.constant(Double(value))) }

  init(_ operation: VectorOperation, _ operands: ExpressionNode<ArrayLeaf>...) {
    node = ExpressionNode(.operation(operation, operands))
  }

  /// Itself.
  public var expression: ArrayExpression { self }
}

extension SharedArray: ArrayOperand where Element: KernelElement & Sendable {
  /// The array as an expression.
  public var expression: ArrayExpression<Element> {
    ArrayExpression(
      leaf: self, LeafLayout(rows: 1, columns: count, rowStride: count, columnStride: 1))
  }
}

extension ArrayView: ArrayOperand where Element: KernelElement & Sendable {
  /// The view as an expression.
  public var expression: ArrayExpression<Element> {
    ArrayExpression(
      leaf: storage, LeafLayout(rows: 1, columns: count, rowStride: 0, columnStride: stride))
  }
}

extension SharedMatrix: ArrayOperand where Element: KernelElement & Sendable {
  /// The matrix as an expression.
  public var expression: ArrayExpression<Element> {
    ArrayExpression(leaf: storage, layout, isMatrix: true)
  }
}

extension ArrayExpression {
  fileprivate init(leaf storage: SharedArray<Element>, _ layout: LeafLayout, isMatrix: Bool = false)
  {
    node = ExpressionNode(.leaf(ArrayLeaf(storage, layout, isMatrix: isMatrix)))
  }
}

/// Which elements of an expression something holds for; see the pointwise comparisons, `.<` and so on, and
/// `select`.
public struct ArrayMask<Element: KernelElement & Sendable>: Sendable {
  let node: ExpressionNode<ArrayLeaf>

  init(_ operation: VectorOperation, _ operands: ExpressionNode<ArrayLeaf>...) {
    node = ExpressionNode(.operation(operation, operands))
  }
}
