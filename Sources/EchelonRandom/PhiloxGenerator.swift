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
  // 64-bit words of the current block not yet used: 0 or 1, and 4 or 3 for 2 or 1 of a first block with `firstUniforms`.
  @usableFromInline var wordsLeft: Int
  @usableFromInline var mask: UInt64  // what each 64 bits are changed by: none or all of them
  @usableFromInline let firstUniforms: (low: Double, high: Double)

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
    mask = 0
    firstUniforms = (0, 0)
  }

  /// The generator that has the complement of every bit that is left of this one: where this one's `uniform()` is u, it
  /// has 1 - u but for the last digit, and what is made by inversion, as `normal()` is, lies as far on the other side.
  ///
  /// The mean of a sample and its mirror image varies less than two samples, where it grows with the numbers that it
  /// draws (antithetic variates):
  ///
  ///     try pool.monteCarlo(samples: n, seed: 42) { rng in
  ///       var mirror = rng.mirrored
  ///       return (payoff(&rng) + payoff(&mirror)) / 2
  ///     }
  /// - Source: J. M. Hammersley, K. W. Morton, *A new Monte Carlo technique: antithetic variates*, Math. Proc.
  ///   Cambridge Phil. Soc. 52 (1956).
  @inlinable public var mirrored: PhiloxGenerator {
    var other = self
    other.mask = ~mask
    return other
  }

  /// The same, when its block 0 has been computed before, many at a time.
  /// - Parameters:
  ///   - firstBlock: words (0, 1) and (2, 3) of it, the earlier word in the lower half.
  ///   - firstUniforms: what `uniform()` gives of each.
  @inlinable
  public init(
    seed: UInt64, index: UInt64, stream: UInt32, firstBlock: (low: UInt64, high: UInt64),
    firstUniforms: (low: Double, high: Double)
  ) {
    self.seed = seed
    self.index = index
    self.stream = stream
    nextBlock = 1
    low = firstBlock.low
    high = firstBlock.high
    wordsLeft = 4
    mask = 0
    self.firstUniforms = firstUniforms
  }

  /// A number uniform in [0, 1): a multiple of 2⁻⁵³. One draw of 64 bits.
  @inlinable
  public mutating func uniform() -> Double {
    guard wordsLeft > 2 else { return unitFraction(next()) }
    let number = wordsLeft == 4 ? firstUniforms.low : firstUniforms.high
    wordsLeft = wordsLeft == 4 ? 3 : 0
    return mask == 0 ? number : (1 - 0x1p-53) - number
  }

  /// The next 64 bits: words (0, 1) of a block, then (2, 3), the earlier word in the lower half.
  @inlinable
  public mutating func next() -> UInt64 {
    if wordsLeft == 4 {
      wordsLeft = 3
      return low ^ mask
    }
    if wordsLeft != 0 {
      wordsLeft = 0
      return high ^ mask
    }
    let words = Self.words(ofBlock: nextBlock, seed: seed, index: index, stream: stream)
    nextBlock &+= 1
    high = words.high
    wordsLeft = 1
    return words.low ^ mask
  }

  /// Passes over as many numbers of 64 bits as so many calls of `next()` would draw, which takes no longer for many: they
  /// repeat after 2³³.
  @inlinable
  public mutating func skip(_ count: UInt64) {
    // What is left of a block that was begun; with `firstUniforms` there are 4 and 3 where there are 2 and 1.
    let left = UInt64(wordsLeft > 2 ? wordsLeft - 2 : wordsLeft)
    let position = 2 &* UInt64(nextBlock) &- left &+ count
    nextBlock = UInt32(truncatingIfNeeded: position &>> 1)
    wordsLeft = 0
    if position & 1 == 1 { _ = next() }
  }

  /// Words (0, 1) and (2, 3) of a block. Not inlined: what draws stays small enough to be inlined itself, and by values
  /// alone, so that a generator stays in registers.
  @usableFromInline @inline(never)
  static func words(
    ofBlock number: UInt32, seed: UInt64, index: UInt64, stream: UInt32
  ) -> (low: UInt64, high: UInt64) {
    let words = block(
      counter: (
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index &>> 32), number, stream
      ),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed &>> 32)))
    return (
      UInt64(words.0) | UInt64(words.1) &<< 32, UInt64(words.2) | UInt64(words.3) &<< 32
    )
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
