public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// What arithmetic on arrays takes: a `SharedArray`, or an expression over some.
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
/// of elements; numbers stand for as many equal ones. An expression that is used twice in another is
/// computed once. Every operation rounds to the element type, as Swift's own arithmetic does.
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
    ArrayExpression(ExpressionNode(.leaf(ArrayLeaf(ArrayReference(self), count: count))))
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

/// An array in an expression. Views of the same elements are the same leaf.
struct ArrayLeaf: Hashable, Sendable {
  let reference: ArrayReference
  let count: Int
  private let place: [Int]

  init(_ reference: ArrayReference, count: Int) {
    self.reference = reference
    self.count = count
    let operand = reference.operand
    place = [operand.block.offset, operand.byteOffset, count]
  }

  static func == (a: ArrayLeaf, b: ArrayLeaf) -> Bool {
    a.reference.operand.block === b.reference.operand.block && a.place == b.place
  }

  func hash(into hasher: inout Hasher) { hasher.combine(place) }
}
