/// A sum of doubles without any rounding but that of the answer: the same for any order.
///
/// A number in fixed point that has room for every double and for 2³¹ additions of the largest before carries
/// are passed on, which happens by itself.
/// - Source: R. M. Neal, "Fast exact summation using small and large superaccumulators", arXiv:1505.05571
///   (2015).
public struct ExactSum: Sendable {
  // Digit k counts 2^(32·k - 1074); digits are signed, and their carries are put off.
  private static let digitCount = 68
  private var digits = [Int64](repeating: 0, count: digitCount)
  private var additions = 0
  /// The sum of all infinities and NaN; 0 when there are none.
  private var special = 0.0

  /// Words of `words`.
  public static let wordCount = digitCount + 1

  /// Nothing yet.
  public init() {}

  /// The state as words, the same for the same numbers in any order.
  public var words: [Int64] {
    var settled = self
    settled.passCarries()
    return settled.digits + [Int64(bitPattern: special.bitPattern)]
  }

  /// Reads back what `words` gave.
  public init(words: [Int64]) {
    precondition(words.count == Self.wordCount, "\(words.count) words")
    digits = Array(words.dropLast())
    special = Double(bitPattern: UInt64(bitPattern: words.last!))
    additions = 1
  }

  /// Adds one number.
  public mutating func add(_ value: Double) {
    let bits = value.bitPattern
    let exponent = Int(truncatingIfNeeded: bits >> 52 & 0x7ff)
    guard exponent != 0x7ff else {
      special += value
      // One NaN for all: which payload survives depends on what came first.
      if special.isNaN { special = .nan }
      return
    }
    let fraction = bits & (1 << 52 - 1)
    // Bit 0 of the significand counts 2^(place - 1074).
    let place = max(0, exponent - 1)
    let significand = exponent == 0 ? fraction : fraction | 1 << 52
    let (digit, shift) = (place >> 5, UInt64(place & 31))
    let low = Int64(truncatingIfNeeded: significand << shift & 0xffff_ffff)
    let middle = Int64(truncatingIfNeeded: significand >> (32 - shift) & 0xffff_ffff)
    let high = shift == 0 ? 0 : Int64(truncatingIfNeeded: significand >> (64 - shift))
    if bits >> 63 == 0 {
      digits[digit] &+= low
      digits[digit + 1] &+= middle
      digits[digit + 2] &+= high
    } else {
      digits[digit] &-= low
      digits[digit + 1] &-= middle
      digits[digit + 2] &-= high
    }
    additions += 1
    if additions == 1 << 30 { passCarries() }
  }

  /// Adds all the numbers of another sum.
  public mutating func merge(_ other: ExactSum) {
    passCarries()
    var other = other
    other.passCarries()
    for index in digits.indices { digits[index] += other.digits[index] }
    special += other.special
    if special.isNaN { special = .nan }
    passCarries()
  }

  /// Brings every digit but the last into 0 ..< 2³².
  private mutating func passCarries() {
    var carry: Int64 = 0
    for index in digits.indices.dropLast() {
      let total = digits[index] + carry
      digits[index] = total & 0xffff_ffff
      carry = total >> 32
    }
    digits[digits.count - 1] += carry
    additions = 1
  }

  /// The sum, rounded once to the nearest double, halves to even; +0 for none and for what cancels.
  public var value: Double { value(as: Double.self) }

  /// The sum, rounded once to the nearest number of a type, halves to even.
  public func value<Number: BinaryFloatingPoint>(as type: Number.Type) -> Number {
    if special != 0 || special.isNaN { return Number(special) }
    var settled = self
    settled.passCarries()
    let isNegative = settled.digits.last! < 0
    if isNegative {
      for index in settled.digits.indices { settled.digits[index] = -settled.digits[index] }
      settled.passCarries()
    }
    guard let top = settled.digits.lastIndex(where: { $0 != 0 }) else { return 0 }
    // The highest bit of all, then the bits that the type has room for, and whether anything is below.
    let highest = 32 * top + 63 - settled.digits[top].leadingZeroBitCount
    let smallest = 1074 + Number.leastNonzeroMagnitude.exponent
    var lowest = max(0, highest - Number.significandBitCount, Int(smallest))
    var significand = UInt64(0)
    for place in stride(from: highest, through: lowest, by: -1) {
      significand = significand << 1 | settled.bit(place)
    }
    if lowest > 0, settled.bit(lowest - 1) == 1 {
      let isHalf = (0..<lowest - 1).allSatisfy { settled.bit($0) == 0 }
      if !isHalf || significand & 1 == 1 {
        let (sum, overflow) = significand.addingReportingOverflow(1)
        significand = overflow ? 1 << 63 : sum
        if overflow { lowest += 1 }
      }
    }
    let zero: Number = 0
    guard significand > 0 else { return isNegative ? -zero : zero }
    let magnitude = Number(
      sign: .plus, exponent: Number.Exponent(lowest - 1074), significand: Number(significand))
    return isNegative ? -magnitude : magnitude
  }

  private func bit(_ place: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: digits[min(place >> 5, digits.count - 1)])
      >> UInt64(place - 32 * min(place >> 5, digits.count - 1)) & 1
  }
}
