public import EchelonLinearAlgebra
import RealModule

/// A determinant as a sign and a logarithm, which do not overflow where the determinant itself does.
public struct LogDeterminant<Element: LinearAlgebraScalar>: Sendable, Hashable, BitwiseCopyable {
  /// The determinant divided by its modulus: 1 or -1, or a complex number of modulus 1; 0 of a singular matrix.
  public private(set) var sign: Element
  /// ln |det A|; -∞ of a singular matrix.
  public private(set) var logMagnitude: Double

  init(sign: Element = 1) {
    self.sign = sign
    logMagnitude = 0
  }

  mutating func multiply(by factor: Element) {
    // The inverse of a subnormal number may be none, and neither the modulus of a complex one that is.
    let (near, exponent) = factor.takenApart
    let modulus = near.modulus
    logMagnitude += Double.log(Double(modulus)) + Double(exponent) * Double.log(2)
    // A real number by its modulus is 1 or -1, which its product with the rounded inverse need not be.
    let direction =
      Element.isComplex ? near.scaled(by: 1 / modulus) : near / Element(real: modulus)
    sign = modulus == 0 ? 0 : sign * direction
  }
}

extension LinearAlgebraScalar {
  /// A number near 1 and a power of 2 whose product this is, exactly; of 0, an infinity or NaN itself.
  ///
  /// Of numbers that have an inverse also itself, so that they are not rounded on the way.
  fileprivate var takenApart: (near: Self, exponent: Int) {
    let modulus = self.modulus
    if modulus.isFinite, (1 / modulus).isFinite { return (self, 0) }
    if modulus == 0 { return (self, 0) }
    let shift: Real.Exponent = modulus.isFinite ? -64 : 4
    let near = scaled(by: Real(sign: .plus, exponent: -shift, significand: 1))
    return near.modulus.isFinite ? (near, Int(shift)) : (self, 0)
  }
}

/// A product whose factors are taken apart into numbers near 1 and powers of 2, so that only the result overflows or
/// underflows.
struct DeterminantProduct<Element: LinearAlgebraScalar> {
  private var mantissa: Element = 1
  private var exponent = 0

  mutating func multiply(by factor: Element) {
    let (factor, shift) = factor.takenApart
    exponent += shift
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

/// Whether a permutation is an odd number of exchanges: a cycle is one fewer than it has elements.
/// - Parameter order: every number from 0 on, once.
func isOddOrder(_ order: [Int]) -> Bool {
  var isSeen = [Bool](repeating: false, count: order.count)
  var exchanges = 0
  for start in order.indices {
    var place = start
    while !isSeen[place] {
      isSeen[place] = true
      place = order[place]
      if place != start { exchanges += 1 }
    }
  }
  return exchanges % 2 == 1
}

/// Whether exchanges of rows, as LAPACK notes them, are an odd number: row i with row `pivots[i]` - 1.
func isOddPermutation(_ pivots: Span<Int32>) -> Bool {
  pivots.indices.reduce(false) { $0 != (Int(pivots[$1]) != $1 + 1) }
}
