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
    while position < count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      position &+= 1
    }
    var digitCount = position &- integerStart
    var exponent = 0

    if position < count, bytes[position] == point {
      position &+= 1
      let fractionStart = position
      // Files written by programs have long fractions; take them eight digits at a time.
      while position <= count &- 8,
        let eight = Self.eightDigits(bytes.loadInteger(at: position, as: UInt64.self))
      {
        mantissa = mantissa &* 100_000_000 &+ eight
        position &+= 8
      }
      while position < count {
        let digit = bytes[position] &- UInt8(ascii: "0")
        guard digit <= 9 else { break }
        mantissa = mantissa &* 10 &+ UInt64(digit)
        position &+= 1
      }
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

  /// The value of eight ASCII digits loaded as one word, or nil when one is no digit.
  ///
  /// Three multiplications join neighbours: digits to pairs, pairs to fours, fours to eight.
  /// Source: Lemire (2021), section 4.
  @inline(__always)
  static func eightDigits(_ word: UInt64) -> UInt64? {
    let word = UInt64(littleEndian: word)
    let isDigits =
      (word & 0xF0F0_F0F0_F0F0_F0F0)
      | (((word &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0) >> 4)
    guard isDigits == 0x3333_3333_3333_3333 else { return nil }
    let digits = word &- 0x3030_3030_3030_3030
    let pairs = digits &* 10 &+ (digits >> 8)
    let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return (low &+ high) >> 32
  }

  /// The digits after an `e`, and where they end; nil when there are none, so the `e` is not part
  /// of the number.
  private static func power(in bytes: Span<UInt8>, at start: Int) -> (Int, end: Int)? {
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
