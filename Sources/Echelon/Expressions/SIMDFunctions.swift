import EchelonKernels
public import EchelonLinearAlgebra

// The same functions on the lanes of SIMD vectors, for closures that a map or `concurrentPerform` runs: the
// bits are those that `evaluate` gives, whatever the number of lanes. Each is a call of a kernel for the
// instruction set of this machine, so wide vectors (SIMD8, SIMD16 and more) make the most of it.

/// √x.
@inlinable public func sqrt<V: SIMDOperand>(_ x: V) -> V { VectorOperation.squareRoot.lanes(x) }

/// ∛x.
@inlinable public func cbrt<V: SIMDOperand>(_ x: V) -> V { VectorOperation.cubeRoot.lanes(x) }

/// eˣ.
@inlinable public func exp<V: SIMDOperand>(_ x: V) -> V { VectorOperation.exp.lanes(x) }

/// 2ˣ.
@inlinable public func exp2<V: SIMDOperand>(_ x: V) -> V { VectorOperation.exp2.lanes(x) }

/// 10ˣ.
@inlinable public func exp10<V: SIMDOperand>(_ x: V) -> V { VectorOperation.exp10.lanes(x) }

/// eˣ − 1, to full accuracy for small x as well.
@inlinable public func expm1<V: SIMDOperand>(_ x: V) -> V { VectorOperation.expm1.lanes(x) }

/// ln x.
@inlinable public func log<V: SIMDOperand>(_ x: V) -> V { VectorOperation.log.lanes(x) }

/// ln(1 + x), to full accuracy for small x as well.
@inlinable public func log1p<V: SIMDOperand>(_ x: V) -> V { VectorOperation.log1p.lanes(x) }

/// log₂ x.
@inlinable public func log2<V: SIMDOperand>(_ x: V) -> V { VectorOperation.log2.lanes(x) }

/// log₁₀ x.
@inlinable public func log10<V: SIMDOperand>(_ x: V) -> V { VectorOperation.log10.lanes(x) }

/// sin x, in radians.
@inlinable public func sin<V: SIMDOperand>(_ x: V) -> V { VectorOperation.sin.lanes(x) }

/// cos x, in radians.
@inlinable public func cos<V: SIMDOperand>(_ x: V) -> V { VectorOperation.cos.lanes(x) }

/// tan x, in radians.
@inlinable public func tan<V: SIMDOperand>(_ x: V) -> V { VectorOperation.tan.lanes(x) }

/// arcsin x, in radians.
@inlinable public func asin<V: SIMDOperand>(_ x: V) -> V { VectorOperation.asin.lanes(x) }

/// arccos x, in radians.
@inlinable public func acos<V: SIMDOperand>(_ x: V) -> V { VectorOperation.acos.lanes(x) }

/// arctan x, in radians.
@inlinable public func atan<V: SIMDOperand>(_ x: V) -> V { VectorOperation.atan.lanes(x) }

/// sinh x.
@inlinable public func sinh<V: SIMDOperand>(_ x: V) -> V { VectorOperation.sinh.lanes(x) }

/// cosh x.
@inlinable public func cosh<V: SIMDOperand>(_ x: V) -> V { VectorOperation.cosh.lanes(x) }

/// tanh x.
@inlinable public func tanh<V: SIMDOperand>(_ x: V) -> V { VectorOperation.tanh.lanes(x) }

/// arsinh x.
@inlinable public func asinh<V: SIMDOperand>(_ x: V) -> V { VectorOperation.asinh.lanes(x) }

/// arcosh x.
@inlinable public func acosh<V: SIMDOperand>(_ x: V) -> V { VectorOperation.acosh.lanes(x) }

/// artanh x.
@inlinable public func atanh<V: SIMDOperand>(_ x: V) -> V { VectorOperation.atanh.lanes(x) }

/// 1 / (1 + e⁻ˣ).
@inlinable public func sigmoid<V: SIMDOperand>(_ x: V) -> V { VectorOperation.sigmoid.lanes(x) }

/// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
@inlinable public func erf<V: SIMDOperand>(_ x: V) -> V { VectorOperation.erf.lanes(x) }

/// 1 − erf x, to full accuracy in its tail as well.
@inlinable public func erfc<V: SIMDOperand>(_ x: V) -> V { VectorOperation.erfc.lanes(x) }

/// The quantile of the standard normal distribution: z with Φ(z) = x; NaN for what is no probability.
@inlinable public func normalQuantile<V: SIMDOperand>(_ x: V) -> V {
  VectorOperation.normalQuantile.lanes(x)
}

/// The gamma function, by the name that C has for it: C libraries have another `gamma`, which is its logarithm.
@inlinable public func tgamma<V: SIMDOperand>(_ x: V) -> V { VectorOperation.gamma.lanes(x) }

/// ln |Γ(x)|, for positive and negative x.
@inlinable public func lgamma<V: SIMDOperand>(_ x: V) -> V { VectorOperation.logGamma.lanes(x) }

/// −1, 0 or 1, as x is negative, 0 or positive; NaN for NaN.
@inlinable public func sign<V: SIMDOperand>(_ x: V) -> V { VectorOperation.sign.lanes(x) }

/// |x|.
@inlinable public func abs<V: SIMDOperand>(_ x: V) -> V { VectorOperation.abs.lanes(x) }

/// The largest whole number that is not above x.
@inlinable public func floor<V: SIMDOperand>(_ x: V) -> V { VectorOperation.floor.lanes(x) }

/// The smallest whole number that is not below x.
@inlinable public func ceil<V: SIMDOperand>(_ x: V) -> V { VectorOperation.ceil.lanes(x) }

/// The whole number next to x on the side of 0.
@inlinable public func trunc<V: SIMDOperand>(_ x: V) -> V { VectorOperation.trunc.lanes(x) }

/// The nearest whole number, halves away from 0.
@inlinable public func round<V: SIMDOperand>(_ x: V) -> V { VectorOperation.round.lanes(x) }

/// xʸ.
@inlinable public func pow<V: SIMDOperand>(_ x: V, _ y: V) -> V {
  VectorOperation.pow.lanes(x, y)
}

/// xʸ.
@inlinable public func pow<V: SIMDOperand>(_ x: V, _ y: V.Scalar) -> V {
  VectorOperation.pow.lanes(x, V(repeating: y))
}

/// The angle of the point (x, y), from −π to π.
@inlinable public func atan2<V: SIMDOperand>(_ y: V, _ x: V) -> V {
  VectorOperation.atan2.lanes(y, x)
}

/// √(x² + y²), which overflows and underflows only where the result does.
@inlinable public func hypot<V: SIMDOperand>(_ x: V, _ y: V) -> V {
  VectorOperation.hypot.lanes(x, y)
}

/// |x| with the sign of y.
@inlinable public func copysign<V: SIMDOperand>(_ x: V, _ y: V) -> V {
  VectorOperation.copySign.lanes(x, y)
}

/// The remainder of x / y rounded towards 0, exact, with the sign of x.
@inlinable public func fmod<V: SIMDOperand>(_ x: V, _ y: V) -> V {
  VectorOperation.remainder.lanes(x, y)
}
