import EchelonMemory
import Glibc

/// Random numbers for tests (SplitMix64, Steele, Lea and Flood 2014): a failure prints the seed, and
/// `ECHELON_TEST_SEED` runs it again.
public struct TestRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A fixed sequence.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// The seed of a random test, printed.
public func testSeed(_ test: String = #function) -> UInt64 {
  let given = environmentVariable("ECHELON_TEST_SEED").flatMap { UInt64($0) }
  let seed = given ?? UInt64.random(in: 0..<1 << 32)
  print("\(test): ECHELON_TEST_SEED=\(seed)")
  return seed
}

/// The seeds of a test that takes long: one that is drawn, and in release builds one that stays, too.
public func testSeeds(_ fixed: UInt64, _ test: String = #function) -> [UInt64] {
  isReleaseBuild ? [fixed, testSeed(test)] : [testSeed(test)]
}

/// A variable of the environment.
public func environmentVariable(_ name: String) -> String? {
  WorkerProcess.inheritedEnvironment.first { $0.hasPrefix(name + "=") }.map {
    String($0.dropFirst(name.count + 1))
  }
}

/// Numbers of both signs between 1e-8 and 1e8: the order of additions shows in every sum of them.
public func mixedMagnitudes<Element: BinaryFloatingPoint>(
  count: Int, seed: UInt64, of type: Element.Type = Element.self
) -> [Element] {
  var random = TestRandom(seed: seed)
  return (0..<count).map { _ in
    let bits = random.next()
    let exponent = Int(bits % 54) - 27
    let fraction = Double(bits >> 12) * 0x1p-52
    let magnitude =
      Element(sign: .plus, exponent: Element.Exponent(exponent), significand: 1)
      * Element(1 + fraction)
    return bits & 0x800 == 0 ? magnitude : -magnitude
  }
}
