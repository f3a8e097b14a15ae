public import ComplexModule
import EchelonKernels
import EchelonLinearAlgebra
import RealModule

// The arithmetic of complex expressions: with complex arrays, real ones, and numbers on either side. An integer
// literal is a real number.

extension ComplexExpression {
  func plus(_ y: ComplexExpression) -> ComplexExpression {
    ComplexExpression(re: re + y.re, im: im + y.im)
  }
  func minus(_ y: ComplexExpression) -> ComplexExpression {
    ComplexExpression(re: re - y.re, im: im - y.im)
  }
  func times(_ y: ComplexExpression) -> ComplexExpression {
    let (rr, ii): (Real, Real) = (re * y.re, im * y.im)
    let (ri, ir): (Real, Real) = (re * y.im, im * y.re)
    return ComplexExpression(re: rr - ii, im: ri + ir)
  }

  func plus(real y: ArrayExpression<Part>) -> ComplexExpression {
    ComplexExpression(re: re + y, im: im)
  }
  func minus(real y: ArrayExpression<Part>) -> ComplexExpression {
    ComplexExpression(re: re - y, im: im)
  }
  func times(real y: ArrayExpression<Part>) -> ComplexExpression {
    ComplexExpression(re: re * y, im: im * y)
  }
  func dividedBy(real y: ArrayExpression<Part>) -> ComplexExpression {
    ComplexExpression(re: re / y, im: im / y)
  }

  // A real x on the left has no imaginary part, and none is made up for it.
  static func plus(real x: ArrayExpression<Part>, _ z: ComplexExpression) -> ComplexExpression {
    z.plus(real: x)
  }
  static func minus(real x: ArrayExpression<Part>, _ z: ComplexExpression) -> ComplexExpression {
    ComplexExpression(re: x - z.re, im: -z.im)
  }
  static func times(real x: ArrayExpression<Part>, _ z: ComplexExpression) -> ComplexExpression {
    z.times(real: x)
  }
  static func dividedBy(real x: ArrayExpression<Part>, _ z: ComplexExpression) -> ComplexExpression
  {
    ComplexExpression(re: x, im: ArrayExpression(0)).dividedBy(z)
  }
}

extension ComplexOperand {
  /// −x, element by element.
  public static prefix func - (x: Self) -> ComplexExpression<Part> {
    let z = x.complexExpression
    return ComplexExpression(re: -z.re, im: -z.im)
  }

  /// x + y, element by element.
  public static func + (x: Self, y: some ComplexOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.plus(y.complexExpression)
  }
  /// x + y, element by element.
  @_disfavoredOverload
  public static func + (x: Self, y: Complex<Part>) -> ComplexExpression<Part> {
    x.complexExpression.plus(ComplexExpression(y))
  }
  /// x + y, element by element.
  @_disfavoredOverload
  public static func + (x: Complex<Part>, y: Self) -> ComplexExpression<Part> {
    ComplexExpression(x).plus(y.complexExpression)
  }
  /// x + y, element by element.
  public static func + (x: Self, y: Part) -> ComplexExpression<Part> {
    x.complexExpression.plus(real: ArrayExpression(y))
  }
  /// x + y, element by element.
  public static func + (x: Part, y: Self) -> ComplexExpression<Part> {
    .plus(real: ArrayExpression(x), y.complexExpression)
  }
  /// x + y, element by element.
  public static func + (x: Self, y: some ArrayOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.plus(real: y.expression)
  }
  /// x + y, element by element.
  public static func + (x: some ArrayOperand<Part>, y: Self) -> ComplexExpression<Part> {
    .plus(real: x.expression, y.complexExpression)
  }

  /// x − y, element by element.
  public static func - (x: Self, y: some ComplexOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.minus(y.complexExpression)
  }
  /// x − y, element by element.
  @_disfavoredOverload
  public static func - (x: Self, y: Complex<Part>) -> ComplexExpression<Part> {
    x.complexExpression.minus(ComplexExpression(y))
  }
  /// x − y, element by element.
  @_disfavoredOverload
  public static func - (x: Complex<Part>, y: Self) -> ComplexExpression<Part> {
    ComplexExpression(x).minus(y.complexExpression)
  }
  /// x − y, element by element.
  public static func - (x: Self, y: Part) -> ComplexExpression<Part> {
    x.complexExpression.minus(real: ArrayExpression(y))
  }
  /// x − y, element by element.
  public static func - (x: Part, y: Self) -> ComplexExpression<Part> {
    .minus(real: ArrayExpression(x), y.complexExpression)
  }
  /// x − y, element by element.
  public static func - (x: Self, y: some ArrayOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.minus(real: y.expression)
  }
  /// x − y, element by element.
  public static func - (x: some ArrayOperand<Part>, y: Self) -> ComplexExpression<Part> {
    .minus(real: x.expression, y.complexExpression)
  }

  /// x·y, element by element.
  public static func * (x: Self, y: some ComplexOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.times(y.complexExpression)
  }
  /// x·y, element by element.
  @_disfavoredOverload
  public static func * (x: Self, y: Complex<Part>) -> ComplexExpression<Part> {
    x.complexExpression.times(ComplexExpression(y))
  }
  /// x·y, element by element.
  @_disfavoredOverload
  public static func * (x: Complex<Part>, y: Self) -> ComplexExpression<Part> {
    ComplexExpression(x).times(y.complexExpression)
  }
  /// x·y, element by element.
  public static func * (x: Self, y: Part) -> ComplexExpression<Part> {
    x.complexExpression.times(real: ArrayExpression(y))
  }
  /// x·y, element by element.
  public static func * (x: Part, y: Self) -> ComplexExpression<Part> {
    .times(real: ArrayExpression(x), y.complexExpression)
  }
  /// x·y, element by element.
  public static func * (x: Self, y: some ArrayOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.times(real: y.expression)
  }
  /// x·y, element by element.
  public static func * (x: some ArrayOperand<Part>, y: Self) -> ComplexExpression<Part> {
    .times(real: x.expression, y.complexExpression)
  }

  /// x / y, element by element, which overflows and underflows only where the result does.
  public static func / (x: Self, y: some ComplexOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.dividedBy(y.complexExpression)
  }
  /// x / y, element by element, which overflows and underflows only where the result does.
  @_disfavoredOverload
  public static func / (x: Self, y: Complex<Part>) -> ComplexExpression<Part> {
    x.complexExpression.dividedBy(ComplexExpression(y))
  }
  /// x / y, element by element, which overflows and underflows only where the result does.
  @_disfavoredOverload
  public static func / (x: Complex<Part>, y: Self) -> ComplexExpression<Part> {
    ComplexExpression(x).dividedBy(y.complexExpression)
  }
  /// x / y, element by element, which overflows and underflows only where the result does.
  public static func / (x: Self, y: Part) -> ComplexExpression<Part> {
    x.complexExpression.dividedBy(real: ArrayExpression(y))
  }
  /// x / y, element by element, which overflows and underflows only where the result does.
  public static func / (x: Part, y: Self) -> ComplexExpression<Part> {
    .dividedBy(real: ArrayExpression(x), y.complexExpression)
  }
  /// x / y, element by element, which overflows and underflows only where the result does.
  public static func / (x: Self, y: some ArrayOperand<Part>) -> ComplexExpression<Part> {
    x.complexExpression.dividedBy(real: y.expression)
  }
  /// x / y, element by element, which overflows and underflows only where the result does.
  public static func / (x: some ArrayOperand<Part>, y: Self) -> ComplexExpression<Part> {
    .dividedBy(real: x.expression, y.complexExpression)
  }
}

// Real arrays with complex numbers.
extension ArrayOperand where Element: ComplexPart {
  /// x + y, element by element.
  @_disfavoredOverload
  public static func + (x: Self, y: Complex<Element>) -> ComplexExpression<Element> {
    .plus(real: x.expression, ComplexExpression(y))
  }
  /// x + y, element by element.
  @_disfavoredOverload
  public static func + (x: Complex<Element>, y: Self) -> ComplexExpression<Element> {
    ComplexExpression(x).plus(real: y.expression)
  }

  /// x − y, element by element.
  @_disfavoredOverload
  public static func - (x: Self, y: Complex<Element>) -> ComplexExpression<Element> {
    .minus(real: x.expression, ComplexExpression(y))
  }
  /// x − y, element by element.
  @_disfavoredOverload
  public static func - (x: Complex<Element>, y: Self) -> ComplexExpression<Element> {
    ComplexExpression(x).minus(real: y.expression)
  }

  /// x·y, element by element.
  @_disfavoredOverload
  public static func * (x: Self, y: Complex<Element>) -> ComplexExpression<Element> {
    .times(real: x.expression, ComplexExpression(y))
  }
  /// x·y, element by element.
  @_disfavoredOverload
  public static func * (x: Complex<Element>, y: Self) -> ComplexExpression<Element> {
    ComplexExpression(x).times(real: y.expression)
  }

  /// x / y, element by element, which overflows and underflows only where the result does.
  @_disfavoredOverload
  public static func / (x: Self, y: Complex<Element>) -> ComplexExpression<Element> {
    .dividedBy(real: x.expression, ComplexExpression(y))
  }
  /// x / y, element by element, which overflows and underflows only where the result does.
  @_disfavoredOverload
  public static func / (x: Complex<Element>, y: Self) -> ComplexExpression<Element> {
    ComplexExpression(x).dividedBy(real: y.expression)
  }
}

extension ComplexOperand {
  /// Where x = y, as `Complex` has it: both parts are equal, or neither number is finite.
  public static func .== (x: Self, y: some ComplexOperand<Part>) -> ArrayMask<Part> {
    x.complexExpression.isEqual(y.complexExpression)
  }
  /// Where x = y, as `Complex` has it: both parts are equal, or neither number is finite.
  public static func .== (x: Self, y: Complex<Part>) -> ArrayMask<Part> {
    x.complexExpression.isEqual(ComplexExpression(y))
  }
  /// Where x ≠ y, as `Complex` has it: never when neither number is finite.
  public static func .!= (x: Self, y: some ComplexOperand<Part>) -> ArrayMask<Part> {
    .!x.complexExpression.isEqual(y.complexExpression)
  }
  /// Where x ≠ y, as `Complex` has it: never when neither number is finite.
  public static func .!= (x: Self, y: Complex<Part>) -> ArrayMask<Part> {
    .!x.complexExpression.isEqual(ComplexExpression(y))
  }
}

extension ComplexExpression {
  fileprivate func isEqual(_ y: ComplexExpression) -> ArrayMask<Part> {
    let isSame: ArrayMask<Part> = (re .== y.re) .& (im .== y.im)
    let isNeitherFinite: ArrayMask<Part> = (.!isFinite) .& (.!y.isFinite)
    return isSame .| isNeitherFinite
  }

  /// Where both parts are finite.
  var isFinite: ArrayMask<Part> {
    let (x, y): (Real, Real) = (re - re, im - im)
    return x .== y  // 0 and 0; else one is NaN
  }
}

/// x where the mask holds, y elsewhere; both are computed everywhere.
public func select<X: ComplexOperand>(
  _ mask: ArrayMask<X.Part>, _ x: X, _ y: some ComplexOperand<X.Part>
) -> ComplexExpression<X.Part> {
  let (x, y) = (x.complexExpression, y.complexExpression)
  return ComplexExpression(re: select(mask, x.re, y.re), im: select(mask, x.im, y.im))
}

/// x where the mask holds, y elsewhere; both are computed everywhere.
public func select<X: ComplexOperand>(
  _ mask: ArrayMask<X.Part>, _ x: X, _ y: Complex<X.Part>
) -> ComplexExpression<X.Part> {
  select(mask, x, ComplexExpression(y))
}

/// x where the mask holds, y elsewhere; both are computed everywhere.
public func select<Y: ComplexOperand>(
  _ mask: ArrayMask<Y.Part>, _ x: Complex<Y.Part>, _ y: Y
) -> ComplexExpression<Y.Part> {
  select(mask, ComplexExpression(x), y)
}
