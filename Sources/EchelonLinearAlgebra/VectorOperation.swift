/// What an element-wise program can do with the elements of arrays.
///
/// The largest errors are in units in the last place of a Double, from tests over the whole range with
/// argument by argument comparison; a Float is the Double rounded once more. Special values are as IEEE 754
/// and C's Annex F have them.
public enum VectorOperation: UInt8, CaseIterable, Sendable {
  // Never renumbered: the numbers are those of the C header, and programs travel between processes.
  /// x itself.
  case copy = 0
  /// −x.
  case negate
  /// |x|.
  case abs
  /// √x, correctly rounded.
  case squareRoot
  /// ∛x, 0.9 ulp.
  case cubeRoot
  /// eˣ, 0.9 ulp.
  case exp
  /// eˣ − 1, 1.2 ulp.
  case expm1
  /// ln x, 0.9 ulp.
  case log
  /// ln(1 + x), 0.9 ulp.
  case log1p
  /// log₂ x, 1.0 ulp.
  case log2
  /// log₁₀ x, 0.8 ulp.
  case log10
  /// 0.9 ulp; 1 for |x| ≥ 2²⁰, where the system's function is called.
  case sin
  /// As `sin`.
  case cos
  /// 1.7 ulp.
  case tan
  /// 0.7 ulp.
  case asin
  /// 0.7 ulp.
  case acos
  /// 2.0 ulp.
  case atan
  /// 2.3 ulp.
  case sinh
  /// 1.4 ulp.
  case cosh
  /// 2.6 ulp.
  case tanh
  /// 2.0 ulp.
  case asinh
  /// 2.8 ulp.
  case acosh
  /// 2.1 ulp.
  case atanh
  /// 1 / (1 + e⁻ˣ), 2.5 ulp.
  case sigmoid
  /// The largest whole number that is not above x.
  case floor
  /// The smallest whole number that is not below x.
  case ceil
  /// The whole number next to x on the side of 0.
  case trunc
  /// The nearest whole number, halves away from 0.
  case round
  /// The nearest whole number, halves to even.
  case roundToEven
  /// 1 where x is 0, else 0.
  case not

  /// x + y.
  case add
  /// x − y.
  case subtract
  /// x·y.
  case multiply
  /// x / y.
  case divide
  /// xʸ, 1.0 ulp.
  case pow
  /// IEEE 754-2019 `minimum`: NaN if there is one, −0 below +0.
  case minimum
  /// IEEE 754-2019 `maximum`: NaN if there is one, +0 above −0.
  case maximum
  /// 1 where x < y, else 0; the next ones likewise.
  case less
  /// x ≤ y.
  case lessOrEqual
  /// x = y.
  case equal
  /// x ≠ y.
  case notEqual
  /// Neither is 0.
  case and
  /// One at least is not 0.
  case or

  /// y where x is not 0, z where it is.
  case select

  // What came later.

  /// 2ˣ, 0.9 ulp; exact for whole x.
  case exp2
  /// 10ˣ, 1.0 ulp; exact where the power of ten is a Double.
  case exp10
  /// −1, 0 or 1, with the sign of x for 0 as well; NaN for NaN.
  case sign
  /// The angle of the point (y, x), y being the first operand, 2.0 ulp.
  case atan2
  /// √(x² + y²) without overflow or underflow on the way, 0.9 ulp.
  case hypot
  /// |x| with the sign of y.
  case copySign
  /// The error function, 1.4 ulp.
  case erf
  /// 1 − erf x, 1.5 ulp of itself in its tail, too.
  case erfc
  /// The z that a standard normal variable is below with probability x, 2.5 ulp; NaN for what is no probability.
  case normalQuantile
  /// Γ(x), 3.0 ulp.
  case gamma
  /// ln |Γ(x)|, 2.5 ulp; below 0, where its zeros lie between two numbers, of the larger of the value and 1.
  case logGamma
  /// √(x·x + y·y) with each of the four operations rounded, and overflow where one of them does: what the
  /// compiler of expressions makes of just that.
  case rootOfSquares
  /// x − n·y, n being x / y rounded towards 0: exact, with the sign of x.
  case remainder

  // Of integers alone.

  /// The bits that both have.
  case bitAnd
  /// The bits that one at least has.
  case bitOr
  /// The bits that one has and the other has not.
  case bitXor
  /// x·2ʸ, y taken modulo the width.
  case shiftLeft
  /// x·2⁻ʸ towards −∞, y taken modulo the width.
  case shiftRight

  /// How many operands it has.
  @inlinable public var operandCount: Int {
    switch self {
    case .add, .subtract, .multiply, .divide, .pow, .minimum, .maximum, .less, .lessOrEqual, .equal,
      .notEqual, .and, .or, .atan2, .hypot, .copySign, .rootOfSquares, .remainder, .bitAnd, .bitOr,
      .bitXor, .shiftLeft, .shiftRight:
      2
    case .select: 3
    default: 1
    }
  }

  /// Whether integers have it; what overflows wraps around.
  public var isOfIntegers: Bool {
    switch self {
    case .copy, .negate, .abs, .sign, .not, .add, .subtract, .multiply, .divide, .remainder,
      .minimum, .maximum, .less, .lessOrEqual, .equal, .notEqual, .and, .or, .select:
      true
    default: isOfIntegersOnly
    }
  }

  /// Whether numbers with a fraction do not have it.
  public var isOfIntegersOnly: Bool {
    switch self {
    case .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight: true
    default: false
    }
  }
}
