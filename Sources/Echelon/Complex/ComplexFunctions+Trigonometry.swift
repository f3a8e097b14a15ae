public import ComplexModule
import EchelonKernels
import EchelonLinearAlgebra
import RealModule

// Powers, and trigonometric and hyperbolic functions. Errors as in `ComplexFunctions.swift`.

/// zʷ = exp(w·ln z), with the logarithm whose imaginary part lies between −π and π; of 0 it is 0 where w is finite
/// with a real part above 0, else not finite. Error about (6 + 9·|w·ln z|) u.
public func pow<Z: ComplexOperand>(
  _ z: Z, _ w: some ComplexOperand<Z.Part>
) -> ComplexExpression<Z.Part> {
  let (z, w) = (z.complexExpression, w.complexExpression)
  return z.power(exp(log(z).times(w)), isPositive: (w.re .> 0) .& w.isFinite)
}

/// zʷ; see `pow` of two arrays.
@_disfavoredOverload
public func pow<Z: ComplexOperand>(_ z: Z, _ w: Complex<Z.Part>) -> ComplexExpression<Z.Part> {
  pow(z, ComplexExpression(w))
}

/// zʸ for real y; see `pow` of two arrays.
public func pow<Z: ComplexOperand>(
  _ z: Z, _ y: some ArrayOperand<Z.Part>
) -> ComplexExpression<Z.Part> {
  let (z, y) = (z.complexExpression, y.expression)
  return z.power(exp(log(z).times(real: y)), isPositive: (y .> 0) .& (y .< Z.Part.infinity))
}

/// zʸ for a real y; see `pow` of two arrays.
public func pow<Z: ComplexOperand>(_ z: Z, _ y: Z.Part) -> ComplexExpression<Z.Part> {
  pow(z, ArrayExpression(y))
}

/// sinh z. Error ≤ 6 u; overflows only where the result does.
public func sinh<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  let z = z.complexExpression
  let (sine, cosine, rest) = z.hyperbolicParts
  return ComplexExpression(re: sine * cos(z.im) * rest, im: cosine * sin(z.im) * rest)
}

/// cosh z. Error ≤ 6 u; overflows only where the result does.
public func cosh<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  let z = z.complexExpression
  let (sine, cosine, rest) = z.hyperbolicParts
  return ComplexExpression(re: cosine * cos(z.im) * rest, im: sine * sin(z.im) * rest)
}

/// tanh z. Error ≤ 16 u.
/// - Source: W. Kahan, "Branch cuts for complex elementary functions", in *The State of the Art in Numerical
///   Analysis* (1987).
public func tanh<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  typealias Real = ArrayExpression<Z.Part>
  let z = z.complexExpression
  // Beyond this the result is ±1 to the last bit, and squares would overflow.
  let limit = ComplexScales<Z.Part>.scales.largestTangent
  let clipped: Real = min(max(z.re, -limit), limit)
  let difference: Real = z.re - z.re
  let x: Real = select(difference .== 0, clipped, Z.Part.nan)
  let (s, t): (Real, Real) = (sinh(x), tan(z.im))
  let (b, r): (Real, Real) = (1 + t * t, sqrt(1 + s * s))
  let bs: Real = b * s
  let divisor: Real = 1 + bs * s
  return ComplexExpression(re: bs * r / divisor, im: t / divisor)
}

/// sin z. Error ≤ 6 u; overflows only where the result does.
public func sin<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  sinh(z.complexExpression.turned).turnedBack
}

/// cos z. Error ≤ 6 u; overflows only where the result does.
public func cos<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  cosh(z.complexExpression.turned)
}

/// tan z. Error ≤ 16 u.
public func tan<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  tanh(z.complexExpression.turned).turnedBack
}

extension ComplexExpression {
  /// i·z.
  fileprivate var turned: ComplexExpression { ComplexExpression(re: -im, im: re) }
  /// −i·z.
  fileprivate var turnedBack: ComplexExpression { ComplexExpression(re: im, im: -re) }

  /// sinh and cosh of the real part, without a factor where they alone would overflow, and that factor.
  fileprivate var hyperbolicParts: (sine: Real, cosine: Real, rest: Real) {
    let largest = ComplexScales<Part>.scales.largeExponent
    let size: Real = abs(re)
    let isLarge: ArrayMask<Part> = size .> largest
    let exponential: Real = exp(size - largest)
    return (
      select(isLarge, copysign(exponential, re), sinh(re)),
      select(isLarge, exponential, cosh(re)),
      select(isLarge, ArrayExpression(Part.exp(largest) / 2), ArrayExpression(1))
    )
  }

  /// A power of this number that was computed, where this is not 0; else what its exponent says.
  fileprivate func power(
    _ power: ComplexExpression, isPositive: ArrayMask<Part>
  ) -> ComplexExpression {
    let isZero: ArrayMask<Part> = (re .== 0) .& (im .== 0)
    let ofZero: Real = select(isPositive, ArrayExpression(0), ArrayExpression(.nan))
    return ComplexExpression(
      re: select(isZero, ofZero, power.re), im: select(isZero, ArrayExpression(0), power.im))
  }
}
