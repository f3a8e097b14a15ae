extension DecimalLiteral {
  /// The `Double` nearest to the literal, ties to even: the bits that `strtod` gives.
  ///
  /// Three ways, from the commonest to the rarest: one exact division or multiplication; the
  /// 128-bit product of Eisel and Lemire; the C library, for digits that neither can decide.
  @inline(__always)
  func value(in bytes: Span<UInt8>) -> Double {
    // Clinger's case: mantissa and power are exact doubles, so one rounding is the only one.
    if digitCount <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      let value = Self.exactly(mantissa, exponent)
      return isNegative ? -value : value
    }
    return generalValue(in: bytes)
  }

  /// `mantissa` × 10^`exponent`, where both are exact doubles.
  @inline(__always)
  static func exactly(_ mantissa: UInt64, _ exponent: Int) -> Double {
    let magnitude = Double(Int64(truncatingIfNeeded: mantissa))  // from Int64 is one instruction
    return exponent < 0
      ? magnitude / exactPowers[0 &- exponent] : magnitude * exactPowers[exponent]
  }

  /// 10^0 to 10^22, the powers of ten that a `Double` holds exactly.
  private static let exactPowers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  @inline(never)
  private func generalValue(in bytes: Span<UInt8>) -> Double {
    var mantissa = mantissa
    var exponent = exponent
    var isTruncated = false
    if digitCount > 19, digitCount - leadingZeroCount(in: bytes) > 19 {
      (mantissa, exponent, isTruncated) = leadingDigits(in: bytes)
    }
    let powers = PowersOfFive.shared
    if let magnitude = Self.nearest(mantissa, exponent, powers) {
      // With digits cut off, the value lies between this mantissa and the next; when both round
      // to the same double, so does everything between them.
      if !isTruncated || Self.nearest(mantissa + 1, exponent, powers) == magnitude {
        return isNegative ? -magnitude : magnitude
      }
    }
    // The standard library hands the text to `strtod`; it is a decimal, so this cannot fail.
    return Double(bytes.text(start..<end).replacing(",", with: "."))!
  }

  /// Zeros before the first other digit, which add nothing to the mantissa: `0.000012345`.
  private func leadingZeroCount(in bytes: Span<UInt8>) -> Int {
    var count = 0
    for position in start..<end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "0") {
        count += 1
      } else if 0x31...0x39 ~= byte || byte | 0x20 == UInt8(ascii: "e") {
        break
      }
    }
    return count
  }

  /// The first 19 significant digits as an integer, its power of ten, and whether more followed.
  private func leadingDigits(in bytes: Span<UInt8>) -> (UInt64, Int, Bool) {
    var mantissa: UInt64 = 0
    var significant = 0
    var dropped = 0
    for position in start..<end {
      let byte = bytes[position]
      if byte | 0x20 == UInt8(ascii: "e") { break }
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { continue }  // the sign and the point
      if significant == 0 && digit == 0 { continue }
      if significant < 19 {
        mantissa = mantissa * 10 + UInt64(digit)
        significant += 1
      } else {
        dropped += 1
      }
    }
    // `exponent` belongs to all the digits; each one dropped is a power of ten more.
    return (mantissa, exponent + dropped, dropped > 0)
  }

  /// The double nearest to `mantissa` × 10^`exponent`, or nil when 128 bits do not decide it.
  ///
  /// Source: Lemire (2021), algorithm 1, with the bounds of N. Mushtak and D. Lemire, *Fast number
  /// parsing without fallback*, Software: Practice and Experience 53 (2023).
  @inline(__always)
  static func nearest(
    _ mantissa: UInt64, _ exponent: Int, _ powers: PowersOfFive
  ) -> Double? {
    guard mantissa != 0, exponent >= PowersOfFive.exponents.lowerBound else { return 0 }
    guard exponent <= PowersOfFive.exponents.upperBound else { return .infinity }

    let leadingZeros = mantissa.leadingZeroBitCount
    let normalized = mantissa << UInt64(leadingZeros)
    let power = powers[exponent]
    var (high, low) = normalized.multipliedFullWidth(by: UInt64(power >> 64))
    if high & 0x1FF == 0x1FF {
      // The low half of the power can still carry into the bits that decide.
      let second = normalized.multipliedFullWidth(by: UInt64(truncatingIfNeeded: power)).high
      let (sum, carry) = low.addingReportingOverflow(second)
      low = sum
      if carry { high &+= 1 }
    }
    if low == .max && !(-27...55 ~= exponent) { return nil }

    // 53 bits and one for rounding, wherever the product's highest bit came to lie.
    let upperBit = Int(high >> 63)
    let shift = UInt64(upperBit + 64 - 52 - 3)
    var significand = high >> shift
    // ⌊log₂ 10^q⌋ in fixed point, then the bias of the format.
    let powerOfTwo = ((152_170 + 65_536) * exponent) >> 16
    var binaryExponent = powerOfTwo + 63 + upperBit - leadingZeros + 1023

    if binaryExponent <= 0 {  // subnormal
      guard 1 - binaryExponent < 64 else { return 0 }
      significand >>= UInt64(1 - binaryExponent)
      significand = (significand + (significand & 1)) >> 1
      return Double(bitPattern: significand)  // 2^52 here is the smallest normal number
    }
    // Exactly half way, which only these powers can give: round to even, not up.
    if low <= 1, -4...23 ~= exponent, significand & 3 == 1, significand << shift == high {
      significand &= ~1
    }
    significand = (significand + (significand & 1)) >> 1
    if significand >= 1 << 53 {
      significand = 1 << 52
      binaryExponent += 1
    }
    guard binaryExponent < 0x7FF else { return .infinity }
    return Double(bitPattern: UInt64(binaryExponent) << 52 | significand & ~(1 << 52))
  }
}
