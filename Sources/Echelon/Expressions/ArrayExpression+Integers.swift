public import EchelonLinearAlgebra

// The arithmetic of whole numbers, by the names that Swift has for it on SIMD vectors: what overflows wraps
// around. Each operator takes two operands, or one and a number on either side.

extension ArrayOperand where Element: VectorInteger {
  /// x + y, element by element; wraps around.
  public static func &+ (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.add, x.expression.node, y.expression.node)
  }
  /// x + y, element by element; wraps around.
  public static func &+ (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.add, x.expression.node, ArrayExpression(y).node)
  }
  /// x + y, element by element; wraps around.
  public static func &+ (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.add, ArrayExpression(x).node, y.expression.node)
  }

  /// x − y, element by element; wraps around.
  public static func &- (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.subtract, x.expression.node, y.expression.node)
  }
  /// x − y, element by element; wraps around.
  public static func &- (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.subtract, x.expression.node, ArrayExpression(y).node)
  }
  /// x − y, element by element; wraps around.
  public static func &- (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.subtract, ArrayExpression(x).node, y.expression.node)
  }

  /// x·y, element by element; wraps around.
  public static func &* (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.multiply, x.expression.node, y.expression.node)
  }
  /// x·y, element by element; wraps around.
  public static func &* (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.multiply, x.expression.node, ArrayExpression(y).node)
  }
  /// x·y, element by element; wraps around.
  public static func &* (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.multiply, ArrayExpression(x).node, y.expression.node)
  }

  /// x − (x / y)·y, element by element; x for y = 0, and nothing traps.
  public static func % (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.remainder, x.expression.node, y.expression.node)
  }
  /// x − (x / y)·y, element by element; x for y = 0, and nothing traps.
  public static func % (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.remainder, x.expression.node, ArrayExpression(y).node)
  }
  /// x − (x / y)·y, element by element; x for y = 0, and nothing traps.
  public static func % (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.remainder, ArrayExpression(x).node, y.expression.node)
  }

  /// The bits that x and y both have, element by element.
  public static func & (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.bitAnd, x.expression.node, y.expression.node)
  }
  /// The bits that x and y both have, element by element.
  public static func & (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.bitAnd, x.expression.node, ArrayExpression(y).node)
  }
  /// The bits that x and y both have, element by element.
  public static func & (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.bitAnd, ArrayExpression(x).node, y.expression.node)
  }

  /// The bits that x or y has, element by element.
  public static func | (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.bitOr, x.expression.node, y.expression.node)
  }
  /// The bits that x or y has, element by element.
  public static func | (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.bitOr, x.expression.node, ArrayExpression(y).node)
  }
  /// The bits that x or y has, element by element.
  public static func | (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.bitOr, ArrayExpression(x).node, y.expression.node)
  }

  /// The bits that one of x and y has and the other has not, element by element.
  public static func ^ (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.bitXor, x.expression.node, y.expression.node)
  }
  /// The bits that one of x and y has and the other has not, element by element.
  public static func ^ (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.bitXor, x.expression.node, ArrayExpression(y).node)
  }
  /// The bits that one of x and y has and the other has not, element by element.
  public static func ^ (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.bitXor, ArrayExpression(x).node, y.expression.node)
  }

  /// x·2ʸ, element by element; y is taken modulo the width, and what does not fit is lost.
  public static func &<< (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.shiftLeft, x.expression.node, y.expression.node)
  }
  /// x·2ʸ, element by element; y is taken modulo the width, and what does not fit is lost.
  public static func &<< (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.shiftLeft, x.expression.node, ArrayExpression(y).node)
  }
  /// x·2ʸ, element by element; y is taken modulo the width, and what does not fit is lost.
  public static func &<< (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.shiftLeft, ArrayExpression(x).node, y.expression.node)
  }

  /// x·2⁻ʸ, element by element, rounded towards −∞; y is taken modulo the width.
  public static func &>> (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.shiftRight, x.expression.node, y.expression.node)
  }
  /// x·2⁻ʸ, element by element, rounded towards −∞; y is taken modulo the width.
  public static func &>> (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.shiftRight, x.expression.node, ArrayExpression(y).node)
  }
  /// x·2⁻ʸ, element by element, rounded towards −∞; y is taken modulo the width.
  public static func &>> (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.shiftRight, ArrayExpression(x).node, y.expression.node)
  }

  /// The bits that x has not, element by element.
  public static prefix func ~ (x: Self) -> ArrayExpression<Element> {
    ArrayExpression(.bitXor, x.expression.node, ArrayExpression(~0).node)
  }
}

// Said in time what the type checker would say in many words.
extension ArrayOperand where Element: VectorInteger {
  /// Whole numbers have `&+`, which wraps around.
  @available(*, unavailable, message: "whole numbers wrap around: use &+")
  public static func + (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    x &+ y
  }
  /// Whole numbers have `&+`, which wraps around.
  @available(*, unavailable, message: "whole numbers wrap around: use &+")
  public static func + (x: Self, y: Element) -> ArrayExpression<Element> { x &+ y }
  /// Whole numbers have `&-`, which wraps around.
  @available(*, unavailable, message: "whole numbers wrap around: use &-")
  public static func - (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    x &- y
  }
  /// Whole numbers have `&-`, which wraps around.
  @available(*, unavailable, message: "whole numbers wrap around: use &-")
  public static func - (x: Self, y: Element) -> ArrayExpression<Element> { x &- y }
  /// Whole numbers have `&*`, which wraps around.
  @available(*, unavailable, message: "whole numbers wrap around: use &*")
  public static func * (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    x &* y
  }
  /// Whole numbers have `&*`, which wraps around.
  @available(*, unavailable, message: "whole numbers wrap around: use &*")
  public static func * (x: Self, y: Element) -> ArrayExpression<Element> { x &* y }
}
