/// Where a simulation's chances come from: SplitMix64 (Steele, Lea and Flood 2014), by a seed.
package struct SimulatedRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// A number below `bound`, which is positive; the tiny bias does no harm here.
  package mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Whether something happens that happens `share` times in 65,536.
  package mutating func chance(_ share: Int) -> Bool { share > 0 && below(65_536) < share }
}
