/// 5^q for every power of ten a `Double` can meet, to 128 bits: what the Eisel–Lemire conversion
/// multiplies by.
///
/// Entry q holds the 128 leading bits of 5^q, truncated; for -27 ≤ q < 0, whose reciprocals fit,
/// rounded up, as the method's proof asks. The table is computed once, in exact integers, in a
/// few dozen microseconds: shorter to read than 651 constants, and checked by the same tests.
///
/// Source: D. Lemire, *Number parsing at a gigabyte per second*, Software: Practice and
/// Experience 51 (2021), section 5 and appendix B.
struct PowersOfFive: Sendable {
  /// The powers of ten between which a decimal of 19 digits is neither zero nor infinite.
  static let exponents = -342...308

  static let shared = PowersOfFive()

  /// For each of them, from the lowest on.
  let entries: [UInt128]

  /// The 128 leading bits of 5^`exponent`.
  subscript(exponent: Int) -> UInt128 { entries[exponent - Self.exponents.lowerBound] }

  private init() {
    // Quotients: ⌊⌊x/5⌋/5⌋ = ⌊x/25⌋, so dividing 2^1023 by 5 again and again stays exact.
    var reciprocals: [UInt128] = []
    var limbs = [UInt64](repeating: 0, count: 16)  // the lowest first
    limbs[15] = 1 << 63
    for q in 1...(-Self.exponents.lowerBound) {
      var remainder: UInt64 = 0
      for index in limbs.indices.reversed() {
        (limbs[index], remainder) = UInt64(5).dividingFullWidth((remainder, limbs[index]))
      }
      reciprocals.append(Self.leadingBits(of: limbs) + (q <= 27 ? 1 : 0))
    }

    var powers: [UInt128] = []
    limbs = [1] + [UInt64](repeating: 0, count: 15)
    for _ in 0...Self.exponents.upperBound {
      powers.append(Self.leadingBits(of: limbs))
      var carry: UInt64 = 0
      for index in limbs.indices {
        let (high, low) = limbs[index].multipliedFullWidth(by: 5)
        let (sum, overflow) = low.addingReportingOverflow(carry)
        limbs[index] = sum
        carry = high + (overflow ? 1 : 0)
      }
    }
    entries = reciprocals.reversed() + powers
  }

  /// The 128 bits from the highest set one on.
  private static func leadingBits(of limbs: [UInt64]) -> UInt128 {
    let top = limbs.lastIndex { $0 != 0 }!
    let shift = limbs[top].leadingZeroBitCount
    func limb(_ index: Int) -> UInt128 { index >= 0 ? UInt128(limbs[index]) : 0 }
    let upper = limb(top) << 64 | limb(top - 1)
    return shift == 0 ? upper : upper << shift | limb(top - 2) >> (64 - shift)
  }
}
