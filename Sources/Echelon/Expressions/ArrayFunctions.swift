public import EchelonKernels
public import EchelonLinearAlgebra

// The functions of expressions, by the names that C has for them. The errors are those of
// `VectorOperation`.

/// √x.
public func sqrt<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.squareRoot, x.expression.node)
}

/// ∛x.
public func cbrt<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.cubeRoot, x.expression.node)
}

/// eˣ.
public func exp<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.exp, x.expression.node)
}

/// 2ˣ.
public func exp2<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.exp2, x.expression.node)
}

/// 10ˣ.
public func exp10<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.exp10, x.expression.node)
}

/// eˣ − 1, to full accuracy for small x as well.
public func expm1<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.expm1, x.expression.node)
}

/// ln x.
public func log<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.log, x.expression.node)
}

/// ln(1 + x), to full accuracy for small x as well.
public func log1p<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.log1p, x.expression.node)
}

/// log₂ x.
public func log2<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.log2, x.expression.node)
}

/// log₁₀ x.
public func log10<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.log10, x.expression.node)
}

/// sin x, in radians.
public func sin<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.sin, x.expression.node)
}

/// cos x, in radians.
public func cos<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.cos, x.expression.node)
}

/// tan x, in radians.
public func tan<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.tan, x.expression.node)
}

/// arcsin x, in radians.
public func asin<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.asin, x.expression.node)
}

/// arccos x, in radians.
public func acos<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.acos, x.expression.node)
}

/// arctan x, in radians.
public func atan<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.atan, x.expression.node)
}

/// sinh x.
public func sinh<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.sinh, x.expression.node)
}

/// cosh x.
public func cosh<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.cosh, x.expression.node)
}

/// tanh x.
public func tanh<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.tanh, x.expression.node)
}

/// arsinh x.
public func asinh<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.asinh, x.expression.node)
}

/// arcosh x.
public func acosh<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.acosh, x.expression.node)
}

/// artanh x.
public func atanh<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.atanh, x.expression.node)
}

/// 1 / (1 + e⁻ˣ).
public func sigmoid<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.sigmoid, x.expression.node)
}

/// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
public func erf<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.erf, x.expression.node)
}

/// 1 − erf x, to full accuracy in its tail as well.
public func erfc<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.erfc, x.expression.node)
}

/// The quantile of the standard normal distribution: z with Φ(z) = x; NaN for what is no probability.
public func normalQuantile<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.normalQuantile, x.expression.node)
}

/// The gamma function, by the name that C has for it: C libraries have another `gamma`, which is its logarithm.
public func tgamma<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.gamma, x.expression.node)
}

/// ln |Γ(x)|, for positive and negative x.
public func lgamma<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.logGamma, x.expression.node)
}

/// −1, 0 or 1, as x is negative, 0 or positive; NaN for NaN.
public func sign<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element> {
  ArrayExpression(.sign, x.expression.node)
}

/// |x|.
public func abs<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element> {
  ArrayExpression(.abs, x.expression.node)
}

/// The largest whole number that is not above x.
public func floor<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.floor, x.expression.node)
}

/// The smallest whole number that is not below x.
public func ceil<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.ceil, x.expression.node)
}

/// The whole number next to x on the side of 0.
public func trunc<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.trunc, x.expression.node)
}

/// The nearest whole number, halves away from 0.
public func round<X: ArrayOperand>(_ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.round, x.expression.node)
}

extension ArrayOperand where Element: KernelElement {
  /// Each element rounded to a whole number, as Swift's numbers and SIMD vectors are: by default the nearest,
  /// halves away from 0.
  public func rounded(_ rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero)
    -> ArrayExpression<Element>
  {
    switch rule {
    case .toNearestOrEven: return ArrayExpression(.roundToEven, expression.node)
    case .up: return ceil(self)
    case .down: return floor(self)
    case .towardZero: return trunc(self)
    case .awayFromZero: return select(self .< 0, floor(self), ceil(self))
    case .toNearestOrAwayFromZero: return round(self)
    @unknown default: return round(self)
    }
  }
}

/// xʸ.
public func pow<X: ArrayOperand>(_ x: X, _ y: some ArrayOperand<X.Element>) -> ArrayExpression<
  X.Element
>
where X.Element: KernelElement {
  ArrayExpression(.pow, x.expression.node, y.expression.node)
}

/// xʸ.
public func pow<X: ArrayOperand>(_ x: X, _ y: X.Element) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.pow, x.expression.node, ArrayExpression(y).node)
}

/// xʸ.
public func pow<X: ArrayOperand>(_ x: X.Element, _ y: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.pow, ArrayExpression(x).node, y.expression.node)
}

/// The angle of the point (x, y), from −π to π.
public func atan2<X: ArrayOperand>(_ y: X, _ x: some ArrayOperand<X.Element>) -> ArrayExpression<
  X.Element
>
where X.Element: KernelElement {
  ArrayExpression(.atan2, y.expression.node, x.expression.node)
}

/// The angle of the point (x, y), from −π to π.
public func atan2<X: ArrayOperand>(_ y: X, _ x: X.Element) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.atan2, y.expression.node, ArrayExpression(x).node)
}

/// The angle of the point (x, y), from −π to π.
public func atan2<X: ArrayOperand>(_ y: X.Element, _ x: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.atan2, ArrayExpression(y).node, x.expression.node)
}

/// √(x² + y²), which overflows and underflows only where the result does.
public func hypot<X: ArrayOperand>(_ x: X, _ y: some ArrayOperand<X.Element>) -> ArrayExpression<
  X.Element
>
where X.Element: KernelElement {
  ArrayExpression(.hypot, x.expression.node, y.expression.node)
}

/// √(x² + y²), which overflows and underflows only where the result does.
public func hypot<X: ArrayOperand>(_ x: X, _ y: X.Element) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.hypot, x.expression.node, ArrayExpression(y).node)
}

/// √(x² + y²), which overflows and underflows only where the result does.
public func hypot<X: ArrayOperand>(_ x: X.Element, _ y: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.hypot, ArrayExpression(x).node, y.expression.node)
}

/// The remainder of x / y rounded towards 0, exact, with the sign of x.
public func fmod<X: ArrayOperand>(_ x: X, _ y: some ArrayOperand<X.Element>) -> ArrayExpression<
  X.Element
>
where X.Element: KernelElement {
  ArrayExpression(.remainder, x.expression.node, y.expression.node)
}

/// The remainder of x / y rounded towards 0, exact, with the sign of x.
public func fmod<X: ArrayOperand>(_ x: X, _ y: X.Element) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.remainder, x.expression.node, ArrayExpression(y).node)
}

/// The remainder of x / y rounded towards 0, exact, with the sign of x.
public func fmod<X: ArrayOperand>(_ x: X.Element, _ y: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.remainder, ArrayExpression(x).node, y.expression.node)
}

/// |x| with the sign of y.
public func copysign<X: ArrayOperand>(_ x: X, _ y: some ArrayOperand<X.Element>) -> ArrayExpression<
  X.Element
>
where X.Element: KernelElement {
  ArrayExpression(.copySign, x.expression.node, y.expression.node)
}

/// |x| with the sign of y.
public func copysign<X: ArrayOperand>(_ x: X, _ y: X.Element) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.copySign, x.expression.node, ArrayExpression(y).node)
}

/// |x| with the sign of y.
public func copysign<X: ArrayOperand>(_ x: X.Element, _ y: X) -> ArrayExpression<X.Element>
where X.Element: KernelElement {
  ArrayExpression(.copySign, ArrayExpression(x).node, y.expression.node)
}

/// The smaller of x and y; NaN if one is NaN, and −0 is below +0.
public func min<X: ArrayOperand>(_ x: X, _ y: some ArrayOperand<X.Element>) -> ArrayExpression<
  X.Element
> {
  ArrayExpression(.minimum, x.expression.node, y.expression.node)
}

/// The smaller of x and y; NaN if one is NaN, and −0 is below +0.
public func min<X: ArrayOperand>(_ x: X, _ y: X.Element) -> ArrayExpression<X.Element> {
  ArrayExpression(.minimum, x.expression.node, ArrayExpression(y).node)
}

/// The smaller of x and y; NaN if one is NaN, and −0 is below +0.
public func min<X: ArrayOperand>(_ x: X.Element, _ y: X) -> ArrayExpression<X.Element> {
  ArrayExpression(.minimum, ArrayExpression(x).node, y.expression.node)
}

/// The larger of x and y; NaN if one is NaN, and +0 is above −0.
public func max<X: ArrayOperand>(_ x: X, _ y: some ArrayOperand<X.Element>) -> ArrayExpression<
  X.Element
> {
  ArrayExpression(.maximum, x.expression.node, y.expression.node)
}

/// The larger of x and y; NaN if one is NaN, and +0 is above −0.
public func max<X: ArrayOperand>(_ x: X, _ y: X.Element) -> ArrayExpression<X.Element> {
  ArrayExpression(.maximum, x.expression.node, ArrayExpression(y).node)
}

/// The larger of x and y; NaN if one is NaN, and +0 is above −0.
public func max<X: ArrayOperand>(_ x: X.Element, _ y: X) -> ArrayExpression<X.Element> {
  ArrayExpression(.maximum, ArrayExpression(x).node, y.expression.node)
}

/// x where the mask holds, y elsewhere; both are computed everywhere.
public func select<X: ArrayOperand>(
  _ mask: ArrayMask<X.Element>, _ x: X, _ y: some ArrayOperand<X.Element>
) -> ArrayExpression<X.Element> {
  ArrayExpression(.select, mask.node, x.expression.node, y.expression.node)
}

/// x where the mask holds, y elsewhere; both are computed everywhere.
public func select<X: ArrayOperand>(
  _ mask: ArrayMask<X.Element>, _ x: X, _ y: X.Element
) -> ArrayExpression<X.Element> {
  ArrayExpression(.select, mask.node, x.expression.node, ArrayExpression(y).node)
}

/// x where the mask holds, y elsewhere; both are computed everywhere.
public func select<X: ArrayOperand>(
  _ mask: ArrayMask<X.Element>, _ x: X.Element, _ y: X
) -> ArrayExpression<X.Element> {
  ArrayExpression(.select, mask.node, ArrayExpression(x).node, y.expression.node)
}

/// x where the mask holds, y elsewhere; both are computed everywhere.
public func select<Element: VectorProgramScalar>(
  _ mask: ArrayMask<Element>, _ x: Element, _ y: Element
) -> ArrayExpression<Element> {
  ArrayExpression(.select, mask.node, ArrayExpression(x).node, ArrayExpression(y).node)
}
