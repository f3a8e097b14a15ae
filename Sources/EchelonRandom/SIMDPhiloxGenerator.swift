public import RealModule

/// The generators of eight successive indices, drawn from together: lane k has the numbers of `PhiloxGenerator` of index
/// `index` + k, bit for bit.
///
/// A closure over vectors of samples then gives what the same closure over one sample gives, in a part of the time: the
/// compiler turns each operation into one on two, four or eight numbers.
@frozen
public struct SIMDPhiloxGenerator: Sendable, BitwiseCopyable {
  /// The key.
  public let seed: UInt64
  /// The index of lane 0.
  public let index: UInt64
  /// Tells apart generators of the same seed and index used for different purposes.
  public let stream: UInt32
  @usableFromInline let first: (SIMD8<Double>, SIMD8<Double>)
  @usableFromInline var drawn: UInt64  // 64-bit words of each lane so far
  @usableFromInline var pending: SIMD8<UInt64>  // the second word of the block that the last draw began

  /// The generators, when the first two of their uniform numbers have been computed before, many at a time.
  /// - Parameter firstUniforms: what `uniform()` gives of the two words of block 0.
  @inlinable
  public init(
    seed: UInt64, index: UInt64, stream: UInt32 = 0,
    firstUniforms: (SIMD8<Double>, SIMD8<Double>)
  ) {
    self.seed = seed
    self.index = index
    self.stream = stream
    first = firstUniforms
    drawn = 0
    pending = SIMD8()
  }

  /// The generators of eight indices.
  @inlinable
  public init(seed: UInt64, index: UInt64, stream: UInt32 = 0) {
    let words = Self.block(0, seed: seed, index: index, stream: stream)
    self.init(
      seed: seed, index: index, stream: stream,
      firstUniforms: (Self.fraction(words.low), Self.fraction(words.high)))
  }

  /// The next 64 bits of each: words (0, 1) of a block, then (2, 3), the earlier word in the lower half.
  @inlinable
  public mutating func next() -> SIMD8<UInt64> {
    defer { drawn &+= 1 }
    // What was drawn by `uniform()` left no words behind.
    if drawn & 1 == 1, drawn > 1 { return pending }
    let words = Self.block(
      UInt32(truncatingIfNeeded: drawn &>> 1), seed: seed, index: index, stream: stream)
    pending = words.high
    return drawn & 1 == 0 ? words.low : words.high
  }

  /// Numbers uniform in [0, 1): multiples of 2⁻⁵³. One draw of 64 bits each.
  @inlinable @inline(__always)
  public mutating func uniform() -> SIMD8<Double> {
    if drawn < 2 {
      defer { drawn &+= 1 }
      return drawn == 0 ? first.0 : first.1
    }
    let later = Self.laterUniform(self)
    drawn = later.drawn
    pending = later.pending
    return later.numbers
  }

  /// What `uniform()` gives from the third draw on. Not inlined, so that a closure which needs two numbers stays small
  /// enough to be inlined where it is called, and by values alone, so that a generator stays in registers.
  @usableFromInline @inline(never)
  static func laterUniform(
    _ generator: SIMDPhiloxGenerator
  ) -> (numbers: SIMD8<Double>, drawn: UInt64, pending: SIMD8<UInt64>) {
    var generator = generator
    let numbers = fraction(generator.next())
    return (numbers, generator.drawn, generator.pending)
  }

  /// Numbers uniform in (0, 1): odd multiples of 2⁻⁵³. One draw of 64 bits each.
  @inlinable
  public mutating func uniformOpen() -> SIMD8<Double> {
    // The last bit of a number in [0, 1) is set, whatever it was: as `PhiloxGenerator` has it.
    Self.fraction(next() | 1 &<< 11)
  }

  /// Normal numbers with mean 0 and variance 1, by inversion. One draw of 64 bits each.
  @inlinable
  public mutating func normal() -> SIMD8<Double> {
    let p = uniformOpen()
    var z = SIMD8<Double>()
    for lane in 0..<8 { z[lane] = normalQuantile(p[lane]) }
    return z
  }

  /// Exponential numbers with mean 1, by inversion. One draw of 64 bits each.
  @inlinable
  public mutating func exponential() -> SIMD8<Double> {
    let p = uniformOpen()
    var x = SIMD8<Double>()
    for lane in 0..<8 { x[lane] = -Double.log(p[lane]) }
    return x
  }

  /// The upper 53 bits as a multiple of 2⁻⁵³.
  @inlinable
  static func fraction(_ words: SIMD8<UInt64>) -> SIMD8<Double> {
    // As `unitFraction` does it.
    let one = SIMD8(repeating: 1.0.bitPattern)
    return numbers(words &>> 12 | one) - numbers(one &- (words &>> 11 & 1))
  }

  /// The numbers of bit patterns.
  @inlinable
  static func numbers(_ bits: SIMD8<UInt64>) -> SIMD8<Double> {
    var numbers = SIMD8<Double>()
    for lane in 0..<8 { numbers[lane] = Double(bitPattern: bits[lane]) }
    return numbers
  }

  /// One block of each: words (0, 1), and (2, 3).
  @usableFromInline @inline(never)
  static func block(
    _ number: UInt32, seed: UInt64, index: UInt64, stream: UInt32
  ) -> (low: SIMD8<UInt64>, high: SIMD8<UInt64>) {
    let half = SIMD8<UInt64>(repeating: 0xffff_ffff)
    let indices = SIMD8<UInt64>(0, 1, 2, 3, 4, 5, 6, 7) &+ index
    // Words of 32 bits in lanes of 64, in which products have room.
    var (c0, c1) = (indices & half, indices &>> 32)
    var c2 = SIMD8<UInt64>(repeating: UInt64(number))
    var c3 = SIMD8<UInt64>(repeating: UInt64(stream))
    var (k0, k1) = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed &>> 32))
    for _ in 0..<10 {
      let p0 = c0 &* 0xD251_1F53
      let p1 = c2 &* 0xCD9E_8D57
      c0 = p1 &>> 32 ^ c1 ^ SIMD8(repeating: UInt64(k0))
      c1 = p1 & half
      c2 = p0 &>> 32 ^ c3 ^ SIMD8(repeating: UInt64(k1))
      c3 = p0 & half
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (c0 | c1 &<< 32, c2 | c3 &<< 32)
  }
}
