import ComplexModule
import EchelonKernels
import EchelonLinearAlgebra
import RealModule

/// Where the magnitudes of a type become too large or too small for what is computed of them, and the powers of
/// two that bring them back: multiplying by these is exact.
struct ComplexScales<Part: ComplexPart> {
  /// Squares, and sums of two products, of numbers between the two neither overflow nor lose digits.
  let largeForSquares: Part
  let smallForSquares: Part
  /// 2ʰ: twice this exponent takes what lies beyond on either side to where squares are safe.
  let halfExponent: Int
  /// Sums of two numbers below the first do not overflow; numbers above the second have all their digits.
  let large: Part
  let small: Part
  /// From here on the exponential is taken of what is above it, so that its product with a sine can still be
  /// finite.
  let largeExponent: Part
  /// Beyond this a hyperbolic tangent is ±1 to the last bit.
  let largestTangent: Part

  static var scales: ComplexScales {
    func power(_ exponent: Int) -> Part { .two(to: exponent) }
    if Part.vectorType == .float64 {
      return ComplexScales(
        largeForSquares: power(500), smallForSquares: power(-500), halfExponent: 300,
        large: power(960), small: power(-900), largeExponent: 700, largestTangent: 22)
    }
    return ComplexScales(
      largeForSquares: power(60), smallForSquares: power(-60), halfExponent: 48,
      large: power(100), small: power(-80), largeExponent: 80, largestTangent: 11)
  }
}

extension BinaryFloatingPoint {
  /// 2ⁿ.
  static func two(to exponent: Int) -> Self {
    Self(sign: .plus, exponent: Exponent(exponent), significand: 1)
  }
}

extension ComplexExpression {
  typealias Real = ArrayExpression<Part>

  /// max(|re|, |im|).
  var largerPart: Real { max(abs(re), abs(im)) }

  /// z·s for a real s.
  func scaled(by s: Real) -> ComplexExpression { ComplexExpression(re: re * s, im: im * s) }

  /// `down` where the larger part is above a limit, `up` where it is below another, 1 elsewhere.
  func scale(above large: Part, _ down: Part, below small: Part, _ up: Part) -> Real {
    let size = largerPart
    let smallOrNot: Real = select(size .< small, up, Part(1))
    return select(size .> large, ArrayExpression(down), smallOrNot)
  }

  /// The quotient: with numbers scaled by powers of two, (x·ȳ) / |y|².
  ///
  /// Each of the two scales is a square, and what is left to undo is applied as its root, twice: between the
  /// scaled quotient and the true one lies their geometric mean, so nothing overflows or underflows that is
  /// not to.
  func dividedBy(_ y: ComplexExpression) -> ComplexExpression {
    let scales = ComplexScales<Part>.scales
    let (down, up) = (Part.two(to: -scales.halfExponent), Part.two(to: scales.halfExponent))
    let (large, small) = (scales.largeForSquares, scales.smallForSquares)
    let mine = scale(above: large, down, below: small, up)
    let its = y.scale(above: large, down, below: small, up)
    let n: ComplexExpression = scaled(by: mine * mine)
    let d: ComplexExpression = y.scaled(by: its * its)
    let (dr, di): (Real, Real) = (d.re * d.re, d.im * d.im)
    let square: Real = dr + di
    let product = n.times(ComplexExpression(re: d.re, im: -d.im))
    let back: Real = its / mine
    let q = ComplexExpression(re: product.re / square, im: product.im / square)
      .scaled(by: back).scaled(by: back)
    // What is divided by the point at infinity is 0, itself too, as Complex has it.
    return select(y.isFinite, q, ComplexExpression(.zero))
  }
}
