public import EchelonLinearAlgebra
import RealModule

/// A determinant as a sign and a logarithm, which do not overflow where the determinant itself does.
public struct LogDeterminant<Element: LinearAlgebraScalar>: Sendable, Hashable {
  /// The determinant divided by its modulus: 1 or -1, or a complex number of modulus 1; 0 of a singular matrix.
  public private(set) var sign: Element
  /// ln |det A|; -∞ of a singular matrix.
  public private(set) var logMagnitude: Double

  init(sign: Element = 1) {
    self.sign = sign
    logMagnitude = 0
  }

  mutating func multiply(by factor: Element) {
    let modulus = factor.modulus
    logMagnitude += Double.log(Double(modulus))
    sign = modulus == 0 ? 0 : sign * factor.scaled(by: 1 / modulus)
  }
}

/// A product whose factors are taken apart into numbers near 1 and powers of 2, so that only the result overflows or
/// underflows.
struct DeterminantProduct<Element: LinearAlgebraScalar> {
  private var mantissa: Element = 1
  private var exponent = 0

  mutating func multiply(by factor: Element) {
    normalize(factor)
    let product = mantissa * normalized(factor)
    normalize(product)
    mantissa = normalized(product)
  }

  /// The product, rounded once more where it is subnormal.
  var value: Element {
    // In steps, because 2^exponent may be no number where the product is one.
    var (value, left) = (mantissa, exponent)
    let step = Element.Real.self == Float.self ? 100 : 1000
    while left != 0, value.modulus.isFinite, value.modulus != 0 {
      let part = max(-step, min(step, left))
      value = value.scaled(by: power(part))
      left -= part
    }
    return value
  }

  private mutating func normalize(_ x: Element) {
    if isUsual(x) { exponent += Int(x.modulus.exponent) }
  }
  private func normalized(_ x: Element) -> Element {
    guard isUsual(x) else { return x }
    let exponent = Int(x.modulus.exponent)
    // A subnormal number has an inverse power that is none.
    let half = exponent / 2
    return x.scaled(by: power(-half)).scaled(by: power(half - exponent))
  }
  private func isUsual(_ x: Element) -> Bool { x.modulus.isFinite && x.modulus != 0 }
  private func power(_ exponent: Int) -> Element.Real {
    Element.Real(sign: .plus, exponent: Element.Real.Exponent(exponent), significand: 1)
  }
}

/// Whether exchanges of rows, as LAPACK notes them, are an odd number: row i with row `pivots[i]` - 1.
func isOddPermutation(_ pivots: Span<Int32>) -> Bool {
  pivots.indices.reduce(false) { $0 != (Int(pivots[$1]) != $1 + 1) }
}
