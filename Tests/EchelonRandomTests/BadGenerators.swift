import EchelonRandom

// Generators that are not random, each in its own way.

/// A function of how many words have been drawn.
struct CountedGenerator: RandomNumberGenerator {
  private var count: UInt64
  private let word: (UInt64) -> UInt64

  init(from count: UInt64 = 0, _ word: @escaping (UInt64) -> UInt64) {
    (self.count, self.word) = (count, word)
  }

  mutating func next() -> UInt64 {
    defer { count &+= 1 }
    return word(count)
  }
}

/// A linear congruential generator modulo 2⁶⁴, whose lowest bits repeat themselves at once.
struct CongruentialGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state
  }
}

/// Shifts of a state of 32 bits, two words in one of 64: every word is a sum of 32 others.
struct ShiftGenerator: RandomNumberGenerator {
  private var state: UInt32
  init(seed: UInt64) { state = UInt32(truncatingIfNeeded: seed) | 1 }

  private mutating func half() -> UInt32 {
    state ^= state &<< 13
    state ^= state &>> 17
    state ^= state &<< 5
    return state
  }

  mutating func next() -> UInt64 { UInt64(half()) &<< 32 | UInt64(half()) }
}

/// Philox 4x32 of so many rounds, in place of ten.
func shortPhilox(rounds: Int, seed: UInt64, index: UInt64, stream: UInt64, block: UInt64) -> UInt64
{
  var (c0, c1) = (UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index &>> 32))
  var (c2, c3) = (UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: stream))
  var (k0, k1) = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed &>> 32))
  for _ in 0..<rounds {
    let (p0, p1) = (UInt64(c0) &* 0xD251_1F53, UInt64(c2) &* 0xCD9E_8D57)
    c0 = UInt32(truncatingIfNeeded: p1 &>> 32) ^ c1 ^ k0
    c1 = UInt32(truncatingIfNeeded: p1)
    c2 = UInt32(truncatingIfNeeded: p0 &>> 32) ^ c3 ^ k1
    c3 = UInt32(truncatingIfNeeded: p0)
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return UInt64(c0) | UInt64(c1) &<< 32
}
