import EchelonMemory

/// A decimal number as it is written: sign, digits and a power of ten.
///
///     [+|-] digits [. digits] [(e|E) [+|-] digits]     at least one digit before the exponent
///
/// The point is a comma where the file has it so; marks between thousands are none either way.
/// Reading is split from converting because a scan for types needs only the first. Hexadecimal,
/// digit separators, `inf` and `nan` are not decimals; see `NumberSyntax` for the words.
struct DecimalLiteral {
  /// The digits as an integer, when `digitCount` ≤ 19 so that they fit; else their low bits.
  var mantissa: UInt64

  /// The power of ten by which the mantissa is multiplied.
  var exponent: Int

  /// Digits that were read, leading zeros included.
  var digitCount: Int

  var isNegative: Bool

  /// The offsets of the literal, from its sign to the byte after it.
  var start: Int
  var end: Int

  /// Reads the longest decimal literal at `start`, or nil when there is none.
  /// - Parameter point: the byte before the fraction.
  @inline(__always)
  init?(in bytes: Span<UInt8>, at start: Int, point: UInt8) {
    let count = bytes.count
    var position = start
    guard position < count else { return nil }

    self.start = start
    isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative || bytes[position] == UInt8(ascii: "+") { position += 1 }

    var mantissa: UInt64 = 0
    let integerStart = position
    Self.readDigits(of: bytes, at: &position, into: &mantissa)
    var digitCount = position &- integerStart
    var exponent = 0

    if position < count, bytes[position] == point {
      position &+= 1
      let fractionStart = position
      Self.readDigits(of: bytes, at: &position, into: &mantissa)
      exponent = fractionStart &- position
      digitCount &+= position &- fractionStart
    }
    guard digitCount > 0 else { return nil }

    if position < count, bytes[position] | 0x20 == UInt8(ascii: "e"),
      let (power, end) = Self.power(in: bytes, at: position &+ 1)
    {
      exponent &+= power
      position = end
    }
    self.mantissa = mantissa
    self.exponent = exponent
    self.digitCount = digitCount
    end = position
  }

  /// Appends the digits from `position` on to `mantissa`, and leaves `position` behind them.
  ///
  /// Eight bytes are looked at at once, however many of them are digits: a loop over single ones
  /// would end at another place for each number, which processors guess wrong every other time.
  @inline(__always)
  private static func readDigits(
    of bytes: Span<UInt8>, at position: inout Int, into mantissa: inout UInt64
  ) {
    while position <= bytes.count &- 8 {
      let (count, value) = leadingDigits(of: bytes.loadInteger(at: position, as: UInt64.self))
      mantissa = mantissa &* powersOfTen[count] &+ value
      position &+= count
      if count < 8 { return }
    }
    while position < bytes.count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { return }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      position &+= 1
    }
  }

  /// How many of eight characters, loaded as one word, are digits before the first that is none, and
  /// their value.
  ///
  /// Three multiplications join neighbours: digits to pairs, pairs to fours, fours to eight.
  /// Source: Lemire (2021), section 4.
  @inline(__always)
  static func leadingDigits(of word: UInt64) -> (count: Int, value: UInt64) {
    // Digits become 0 to 9; a byte above that has a bit in its high half, or gets one by adding 6.
    // What carries into the next byte comes from one that is no digit, and only the first counts.
    let digits = UInt64(littleEndian: word) ^ 0x3030_3030_3030_3030
    let others = (digits | (digits &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0
    let count = others.trailingZeroBitCount >> 3
    // Zeros in front for the bytes that are no digits; in two steps, because 64 bits are none.
    let half = UInt64(truncatingIfNeeded: 32 &- 4 &* count)
    let padded = (digits &<< half) &<< half
    let pairs = padded &* 10 &+ (padded >> 8)
    let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return (count, (low &+ high) >> 32)
  }

  /// 10⁰ to 10⁸.
  static let powersOfTen: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
  ]

  /// The digits after an `e`, and where they end; nil when there are none, so the `e` is not part
  /// of the number.
  static func power(in bytes: Span<UInt8>, at start: Int) -> (Int, end: Int)? {
    var position = start
    var isNegative = false
    if position < bytes.count {
      isNegative = bytes[position] == UInt8(ascii: "-")
      if isNegative || bytes[position] == UInt8(ascii: "+") { position += 1 }
    }
    let digitsStart = position
    var power = 0
    while position < bytes.count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      // Far outside every range already: keep reading, stop growing.
      if power < 1_000_000_000 { power = power * 10 + Int(digit) }
      position += 1
    }
    return position == digitsStart ? nil : (isNegative ? -power : power, position)
  }
}
