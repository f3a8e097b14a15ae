import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory

/// What arithmetic on arrays takes: a `SharedArray`, a view of one, a `SharedMatrix`, or an expression over
/// some.
public protocol ArrayOperand<Element>: Sendable {
  /// The type of the elements.
  associatedtype Element: VectorProgramScalar
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
public struct ArrayExpression<Element: VectorProgramScalar>: ArrayOperand {
  let node: ExpressionNode<ArrayLeaf>

  init(_ node: ExpressionNode<ArrayLeaf>) { self.node = node }

  init(_ value: Element) { node = ExpressionNode(.constant(value.constantBits)) }

  init(_ operation: VectorOperation, _ operands: ExpressionNode<ArrayLeaf>...) {
    node = ExpressionNode(.operation(operation, operands))
  }

  /// Itself.
  public var expression: ArrayExpression { self }
}

extension SharedArray: ArrayOperand where Element: VectorProgramScalar {
  /// The array as an expression.
  public var expression: ArrayExpression<Element> {
    ArrayExpression(leaf: self, rowLayout)
  }
}

extension ArrayView: ArrayOperand where Element: VectorProgramScalar {
  /// The view as an expression.
  public var expression: ArrayExpression<Element> {
    ArrayExpression(leaf: storage, rowLayout)
  }
}

extension SharedArray {
  /// The array as one row.
  var rowLayout: LeafLayout {
    LeafLayout(rows: 1, columns: count, rowStride: count, columnStride: 1)
  }
}

extension ArrayView {
  /// The view as one row.
  var rowLayout: LeafLayout {
    LeafLayout(rows: 1, columns: count, rowStride: 0, columnStride: stride)
  }
}

extension SharedMatrix: ArrayOperand where Element: VectorProgramScalar {
  /// The matrix as an expression.
  public var expression: ArrayExpression<Element> {
    ArrayExpression(leaf: storage, layout, isMatrix: true)
  }
}

extension ArrayExpression {
  /// - Parameter type: what the elements are in memory; nil is what the expression computes with.
  init<Stored>(
    leaf storage: SharedArray<Stored>, _ layout: LeafLayout, of type: VectorElementType? = nil,
    isMatrix: Bool = false
  ) {
    let type = type ?? Element.vectorType
    node = ExpressionNode(.leaf(ArrayLeaf(storage, layout, of: type, isMatrix: isMatrix)))
  }
}

/// Which elements of an expression something holds for; see the pointwise comparisons, `.<` and so on, and
/// `select`.
public struct ArrayMask<Element: VectorProgramScalar>: Sendable {
  let node: ExpressionNode<ArrayLeaf>

  init(_ operation: VectorOperation, _ operands: ExpressionNode<ArrayLeaf>...) {
    node = ExpressionNode(.operation(operation, operands))
  }

  /// - Parameter truths: 1 where it holds, and 0 where it does not.
  init(_ truths: ArrayExpression<Element>) { node = truths.node }
}
