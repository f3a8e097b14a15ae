/// Philox4x64-10: a counter-based generator with 64-bit words, one independent stream per (seed, stream, index).
///
/// The key is (seed, stream), the counter of block j is (j, index, 0, 0): 2⁶⁴ blocks of four words per index, and 2⁶⁴
/// streams, where `PhiloxGenerator` has 2³² of both. It multiplies 64-bit words, for which vectors have no instruction:
/// it is the slower one where many indices are drawn from at once, and no slower where one is drawn from for long
/// (`ArrayDistribution.words` does that by vector loops all the same).
/// - Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
///   2011; checked against the known answers of Random123 and the files of NumPy.
@frozen
public struct Philox64Generator: RandomNumberGenerator, Sendable, BitwiseCopyable {
  /// The first word of the key.
  public let seed: UInt64
  /// The element or sample whose numbers these are.
  public let index: UInt64
  /// The second word of the key: tells apart generators of the same seed and index used for different purposes.
  public let stream: UInt64
  @usableFromInline var nextBlock: UInt64
  @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)
  @usableFromInline var wordsLeft: Int  // of the current block, not yet used: 0 … 4

  /// The generator of one index.
  @inlinable
  public init(seed: UInt64, index: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.index = index
    self.stream = stream
    nextBlock = 0
    words = (0, 0, 0, 0)
    wordsLeft = 0
  }

  /// The next 64 bits: the words of a block in their order.
  @inlinable
  public mutating func next() -> UInt64 {
    switch wordsLeft {
    case 1:
      wordsLeft = 0
      return words.3
    case 2:
      wordsLeft = 1
      return words.2
    case 3:
      wordsLeft = 2
      return words.1
    default:
      words = Self.block(counter: (nextBlock, index, 0, 0), key: (seed, stream))
      nextBlock &+= 1
      wordsLeft = 3
      return words.0
    }
  }

  /// Passes over as many numbers as so many calls of `next()` would draw, which takes no longer for many.
  @inlinable
  public mutating func skip(_ count: UInt64) {
    let left = UInt64(wordsLeft)
    guard count > left else {
      wordsLeft -= Int(count)
      return
    }
    // Of blocks that were not begun.
    let beyond = count - left
    nextBlock &+= beyond &>> 2
    wordsLeft = 0
    for _ in 0..<beyond & 3 { _ = next() }
  }

  /// The bijection itself: ten rounds on a counter of four words under a key of two.
  @inlinable
  public static func block(
    counter: (UInt64, UInt64, UInt64, UInt64), key: (UInt64, UInt64)
  ) -> (UInt64, UInt64, UInt64, UInt64) {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    for _ in 0..<10 {
      let p0 = c0.multipliedFullWidth(by: 0xD2E7_470E_E14C_6C93)
      let p1 = c2.multipliedFullWidth(by: 0xCA5A_8263_9512_1157)
      c0 = p1.high ^ c1 ^ k0
      c1 = p1.low
      c2 = p0.high ^ c3 ^ k1
      c3 = p0.low
      k0 &+= 0x9E37_79B9_7F4A_7C15
      k1 &+= 0xBB67_AE85_84CA_A73B
    }
    return (c0, c1, c2, c3)
  }
}
