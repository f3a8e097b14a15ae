public import EchelonKernels
import EchelonLinearAlgebra

// The arithmetic of expressions. Each operator takes two operands, or one and a number on either side.

extension ArrayOperand where Element: KernelElement {
  /// x + y, element by element.
  public static func + (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.add, x.expression.node, y.expression.node)
  }
  /// x + y, element by element.
  public static func + (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.add, x.expression.node, ArrayExpression(y).node)
  }
  /// x + y, element by element.
  public static func + (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.add, ArrayExpression(x).node, y.expression.node)
  }

  /// x − y, element by element.
  public static func - (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.subtract, x.expression.node, y.expression.node)
  }
  /// x − y, element by element.
  public static func - (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.subtract, x.expression.node, ArrayExpression(y).node)
  }
  /// x − y, element by element.
  public static func - (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.subtract, ArrayExpression(x).node, y.expression.node)
  }

  /// x·y, element by element.
  public static func * (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.multiply, x.expression.node, y.expression.node)
  }
  /// x·y, element by element.
  public static func * (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.multiply, x.expression.node, ArrayExpression(y).node)
  }
  /// x·y, element by element.
  public static func * (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.multiply, ArrayExpression(x).node, y.expression.node)
  }

  /// −x, element by element.
  public static prefix func - (x: Self) -> ArrayExpression<Element> {
    ArrayExpression(.negate, x.expression.node)
  }
}

// What numbers with and without fractions have under the same names; comparisons are written as those of SIMD
// vectors are.
extension ArrayOperand {
  /// x / y, element by element, and nothing traps: as IEEE 754 has it; of whole numbers rounded towards 0,
  /// and 0 for y = 0.
  public static func / (x: Self, y: some ArrayOperand<Element>) -> ArrayExpression<Element> {
    ArrayExpression(.divide, x.expression.node, y.expression.node)
  }
  /// x / y, element by element, and nothing traps: as IEEE 754 has it; of whole numbers rounded towards 0,
  /// and 0 for y = 0.
  public static func / (x: Self, y: Element) -> ArrayExpression<Element> {
    ArrayExpression(.divide, x.expression.node, ArrayExpression(y).node)
  }
  /// x / y, element by element, and nothing traps: as IEEE 754 has it; of whole numbers rounded towards 0,
  /// and 0 for y = 0.
  public static func / (x: Element, y: Self) -> ArrayExpression<Element> {
    ArrayExpression(.divide, ArrayExpression(x).node, y.expression.node)
  }

  /// Where x < y.
  public static func .< (x: Self, y: some ArrayOperand<Element>) -> ArrayMask<Element> {
    ArrayMask(.less, x.expression.node, y.expression.node)
  }
  /// Where x < y.
  public static func .< (x: Self, y: Element) -> ArrayMask<Element> {
    ArrayMask(.less, x.expression.node, ArrayExpression(y).node)
  }
  /// Where x < y.
  public static func .< (x: Element, y: Self) -> ArrayMask<Element> {
    ArrayMask(.less, ArrayExpression(x).node, y.expression.node)
  }

  /// Where x ≤ y.
  public static func .<= (x: Self, y: some ArrayOperand<Element>) -> ArrayMask<Element> {
    ArrayMask(.lessOrEqual, x.expression.node, y.expression.node)
  }
  /// Where x ≤ y.
  public static func .<= (x: Self, y: Element) -> ArrayMask<Element> {
    ArrayMask(.lessOrEqual, x.expression.node, ArrayExpression(y).node)
  }
  /// Where x ≤ y.
  public static func .<= (x: Element, y: Self) -> ArrayMask<Element> {
    ArrayMask(.lessOrEqual, ArrayExpression(x).node, y.expression.node)
  }

  /// Where x = y; never for NaN.
  public static func .== (x: Self, y: some ArrayOperand<Element>) -> ArrayMask<Element> {
    ArrayMask(.equal, x.expression.node, y.expression.node)
  }
  /// Where x = y; never for NaN.
  public static func .== (x: Self, y: Element) -> ArrayMask<Element> {
    ArrayMask(.equal, x.expression.node, ArrayExpression(y).node)
  }
  /// Where x = y; never for NaN.
  public static func .== (x: Element, y: Self) -> ArrayMask<Element> {
    ArrayMask(.equal, ArrayExpression(x).node, y.expression.node)
  }

  /// Where x ≠ y; always for NaN.
  public static func .!= (x: Self, y: some ArrayOperand<Element>) -> ArrayMask<Element> {
    ArrayMask(.notEqual, x.expression.node, y.expression.node)
  }
  /// Where x ≠ y; always for NaN.
  public static func .!= (x: Self, y: Element) -> ArrayMask<Element> {
    ArrayMask(.notEqual, x.expression.node, ArrayExpression(y).node)
  }
  /// Where x ≠ y; always for NaN.
  public static func .!= (x: Element, y: Self) -> ArrayMask<Element> {
    ArrayMask(.notEqual, ArrayExpression(x).node, y.expression.node)
  }

  /// Where x > y.
  public static func .> (x: Self, y: some ArrayOperand<Element>) -> ArrayMask<Element> {
    ArrayMask(.less, y.expression.node, x.expression.node)
  }
  /// Where x > y.
  public static func .> (x: Self, y: Element) -> ArrayMask<Element> {
    ArrayMask(.less, ArrayExpression(y).node, x.expression.node)
  }
  /// Where x > y.
  public static func .> (x: Element, y: Self) -> ArrayMask<Element> {
    ArrayMask(.less, y.expression.node, ArrayExpression(x).node)
  }

  /// Where x ≥ y.
  public static func .>= (x: Self, y: some ArrayOperand<Element>) -> ArrayMask<Element> {
    ArrayMask(.lessOrEqual, y.expression.node, x.expression.node)
  }
  /// Where x ≥ y.
  public static func .>= (x: Self, y: Element) -> ArrayMask<Element> {
    ArrayMask(.lessOrEqual, ArrayExpression(y).node, x.expression.node)
  }
  /// Where x ≥ y.
  public static func .>= (x: Element, y: Self) -> ArrayMask<Element> {
    ArrayMask(.lessOrEqual, y.expression.node, ArrayExpression(x).node)
  }
}

extension ArrayMask {
  /// Where both hold.
  public static func .& (a: ArrayMask, b: ArrayMask) -> ArrayMask {
    ArrayMask(.and, a.node, b.node)
  }
  /// Where one at least holds.
  public static func .| (a: ArrayMask, b: ArrayMask) -> ArrayMask { ArrayMask(.or, a.node, b.node) }
  /// Where it does not hold.
  public static prefix func .! (a: ArrayMask) -> ArrayMask { ArrayMask(.not, a.node) }
}
