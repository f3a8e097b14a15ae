/// Philox4x32-10: a counter-based generator, one independent stream per (seed, index).
///
/// Element `index` of a job draws from its own generator, so its numbers do not depend on which
/// worker drew what before. The counter of block j is (index low, index high, j, stream), the key
/// is (seed low, seed high); 2³² blocks of four 32-bit words per index before they repeat.
///
/// A value of a few words with no allocation: made per sample in the innermost loop, it vanishes.
/// - Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy
///   as 1, 2, 3", SC 2011; checked against the known answers of Random123.
@frozen
public struct PhiloxGenerator: RandomNumberGenerator, Sendable, BitwiseCopyable {
  /// The key.
  public let seed: UInt64
  /// The element or sample whose numbers these are.
  public let index: UInt64
  /// Tells apart generators of the same seed and index used for different purposes.
  public let stream: UInt32
  @usableFromInline var nextBlock: UInt32
  @usableFromInline var low: UInt64
  @usableFromInline var high: UInt64
  @usableFromInline var wordsLeft: Int  // 64-bit words of the current block not yet used: 0, 1, 2

  /// The generator of one index.
  @inlinable
  public init(seed: UInt64, index: UInt64, stream: UInt32 = 0) {
    self.seed = seed
    self.index = index
    self.stream = stream
    nextBlock = 0
    low = 0
    high = 0
    wordsLeft = 0
  }

  /// A generator whose block 0 has been computed before, many at a time.
  @inlinable
  init(seed: UInt64, index: UInt64, stream: UInt32, firstBlock: (low: UInt64, high: UInt64)) {
    self.init(seed: seed, index: index, stream: stream)
    nextBlock = 1
    low = firstBlock.low
    high = firstBlock.high
    wordsLeft = 2
  }

  /// The next 64 bits: words (0, 1) of a block, then (2, 3), the earlier word in the lower half.
  @inlinable
  public mutating func next() -> UInt64 {
    if wordsLeft == 2 {
      wordsLeft = 1
      return low
    }
    if wordsLeft == 1 {
      wordsLeft = 0
      return high
    }
    let words = Self.block(
      counter: (
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index &>> 32), nextBlock,
        stream
      ),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed &>> 32)))
    nextBlock &+= 1
    high = UInt64(words.2) | UInt64(words.3) &<< 32
    wordsLeft = 1
    return UInt64(words.0) | UInt64(words.1) &<< 32
  }

  /// A number uniform in [0, 1): a multiple of 2⁻⁵³. One draw of 64 bits.
  @inlinable
  public mutating func uniform() -> Double {
    Self.exactDouble(next() &>> 11) * 0x1p-53
  }

  /// A number uniform in (0, 1): an odd multiple of 2⁻⁵³. One draw of 64 bits.
  ///
  /// Symmetric about ½, and neither end can occur, so logarithms and quantiles of it are finite.
  @inlinable
  public mutating func uniformOpen() -> Double {
    (Self.exactDouble(next() &>> 12) + 0.5) * 0x1p-52
  }

  /// `Double(integer)` for at most 53 bits, with operations that every instruction set has for
  /// vectors: conversions of 64-bit integers came with AVX-512 only, and would keep a loop scalar.
  ///
  /// The two halves are placed in the significands of 2⁸⁴ and 2⁵²; taking those away is exact.
  @inlinable
  static func exactDouble(_ integer: UInt64) -> Double {
    let high = Double(bitPattern: 0x4530_0000_0000_0000 | integer &>> 32)
    let low = Double(bitPattern: 0x4330_0000_0000_0000 | integer & 0xffff_ffff)
    return (high - 0x1.00000001p84) + low
  }

  /// A normal number with mean 0 and variance 1. One draw of 64 bits.
  ///
  /// By inversion: the quantile (Wichura's AS 241, relative error about 1e-16) of `uniformOpen()`.
  /// Always one draw, and monotone in it, so common random numbers and antithetic variates stay in
  /// step. The largest magnitude is 8.2.
  @inlinable
  public mutating func normal() -> Double {
    normalQuantile(uniformOpen())
  }

  /// An integer uniform in 0 ..< `bound`, without bias; traps unless `bound` is positive.
  ///
  /// One draw of 64 bits, and another with probability below bound / 2⁶⁴.
  /// Source: D. Lemire, "Fast random integer generation in an interval", *ACM TOMACS* 29 (2019).
  @inlinable
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "no integer lies in 0 ..< \(bound)")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// The bijection itself: ten rounds on a counter of four words under a key of two.
  @inlinable
  public static func block(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    for _ in 0..<10 {
      let p0 = UInt64(c0) &* 0xD251_1F53
      let p1 = UInt64(c2) &* 0xCD9E_8D57
      c0 = UInt32(truncatingIfNeeded: p1 &>> 32) ^ c1 ^ k0
      c1 = UInt32(truncatingIfNeeded: p1)
      c2 = UInt32(truncatingIfNeeded: p0 &>> 32) ^ c3 ^ k1
      c3 = UInt32(truncatingIfNeeded: p0)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }
}
