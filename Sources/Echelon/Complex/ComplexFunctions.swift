import EchelonKernels
import EchelonLinearAlgebra
import RealModule

// The functions of complex expressions. Errors are of the whole number: |computed − exact| / |exact|, in units
// of u, 2⁻⁵³ for Double and 2⁻²⁴ for Float. Numbers that are not finite are one, the point at infinity.

/// |z|, which overflows and underflows only where the result does; ∞ for what is not finite. The error is that of `hypot`.
public func modulus<Z: ComplexOperand>(_ z: Z) -> ArrayExpression<Z.Part> {
  let z = z.complexExpression
  let length = hypot(z.re, z.im)
  return select(length .== length, length, Z.Part.infinity)
}

/// |z|; see `modulus`.
public func abs<Z: ComplexOperand>(_ z: Z) -> ArrayExpression<Z.Part> { modulus(z) }

/// The angle of z, from −π to π, of its parts as they lie in memory: `atan2`, so that 0 has the angle 0 or ±π.
public func phase<Z: ComplexOperand>(_ z: Z) -> ArrayExpression<Z.Part> {
  let z = z.complexExpression
  return atan2(z.im, z.re)
}

/// eᶻ. Error ≤ 6 u; overflows only where the result does.
public func exp<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  typealias Real = ArrayExpression<Z.Part>
  let z = z.complexExpression
  let largest = ComplexScales<Z.Part>.scales.largeExponent
  let isLarge: ArrayMask<Z.Part> = z.re .> largest
  let taken: Real = select(isLarge, ArrayExpression(largest), ArrayExpression(0))
  // e^−∞ would be 0, and −∞ is the point at infinity.
  let exponent: Real = select(z.re .== -Z.Part.infinity, ArrayExpression(.nan), z.re - taken)
  let length = exp(exponent)
  let rest: Real = select(isLarge, ArrayExpression(Z.Part.exp(largest)), ArrayExpression(1))
  let (x, y): (Real, Real) = (length * cos(z.im), length * sin(z.im))
  return ComplexExpression(re: x * rest, im: y * rest)
}

/// ln z, with an imaginary part from −π to π; not finite for 0. Error ≤ 6 u, also where |z| is next to 1.
public func log<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  typealias Real = ArrayExpression<Z.Part>
  typealias Part = Z.Part
  let z = z.complexExpression
  let scales = ComplexScales<Part>.scales
  let (down, up) = (Part.two(to: -64), Part.two(to: 64))
  let scale = z.scale(above: scales.large, down, below: scales.small, up)
  let scaled = z.scaled(by: scale)
  // ln 2⁶⁴, with the sign that undoes the scale.
  let offset: Part = 64 * Part.log(2)
  let isUp: ArrayMask<Part> = scale .> 1
  let isDown: ArrayMask<Part> = scale .< 1
  let undone: Real = select(
    isDown, ArrayExpression(offset), select(isUp, ArrayExpression(-offset), ArrayExpression(0)))
  let farLog: Real = log(hypot(scaled.re, scaled.im)) + undone
  // |z|² − 1 without the 1.
  let (larger, smaller): (Real, Real) = (z.largerPart, min(abs(z.re), abs(z.im)))
  let (difference, sum): (Real, Real) = (larger - 1, larger + 1)
  let (most, least): (Real, Real) = (difference * sum, smaller * smaller)
  let nearLog: Real = log1p(most + least) * Part(0.5)
  let isNear: ArrayMask<Part> = (larger .>= 0.5) .& (larger .<= 2)
  return ComplexExpression(re: select(isNear, nearLog, farLog), im: atan2(z.im, z.re))
}

/// √z, the root on the right, with the sign of the imaginary part; of −0 too. Error ≤ 6 u.
public func sqrt<Z: ComplexOperand>(_ z: Z) -> ComplexExpression<Z.Part> {
  typealias Real = ArrayExpression<Z.Part>
  typealias Part = Z.Part
  let z = z.complexExpression
  let scales = ComplexScales<Part>.scales
  let scale = z.scale(
    above: scales.large, .two(to: -64), below: scales.small, .two(to: 64))
  let back: Real = select(
    scale .> 1, ArrayExpression(.two(to: -32)),
    select(scale .< 1, ArrayExpression(.two(to: 32)), ArrayExpression(1)))
  let s = z.scaled(by: scale)
  // Of x + |z| and x − |z| only the one without cancellation is formed.
  let length = hypot(s.re, s.im)
  let total: Real = abs(s.re) + length
  let larger = sqrt(total * Part(0.5))
  let divisor: Real = select(larger .== 0, ArrayExpression(1), larger * 2)
  let smaller: Real = abs(s.im) / divisor
  let isRight: ArrayMask<Part> = s.re .>= 0
  let (x, y): (Real, Real) = (
    select(isRight, larger, smaller), select(isRight, smaller, larger)
  )
  return ComplexExpression(re: x * back, im: copysign(y, s.im) * back)
}
