import EchelonRandom
import RealModule
import TestSupport
import Testing

/// What the generators' own functions give.
private struct UnitInterval: RealDistribution {
  let isOpen: Bool
  var mean: Double { 0.5 }
  var variance: Double { 1 / 12 }
  func sample(using generator: inout some RandomNumberGenerator) -> Double {
    isOpen ? generator.uniformOpen() : generator.uniformClosed()
  }
}

@Suite(.timeLimit(.minutes(10))) struct `Distributions of real numbers` {
  @Test(arguments: FitSeed.allCases)
  func `uniform`(_ choice: FitSeed) throws {
    let seed = choice.value()
    for (low, high) in [(0.0, 1.0), (-3, 5), (1e300, 1.5e308)] {
      let distribution = try UniformDistribution(from: low, to: high)
      expectFit(distribution, seed: seed, hasFourthMoment: high < 1e70) {
        ($0 - low) / (high - low)
      }
    }
    for isOpen in [true, false] { expectFit(UnitInterval(isOpen: isOpen), seed: seed) { $0 } }
  }

  @Test(arguments: FitSeed.allCases)
  func `normal and log-normal`(_ choice: FitSeed) throws {
    let seed = choice.value()
    expectFit(try NormalDistribution(mean: -4, standardDeviation: 3), seed: seed) {
      normalDistribution(($0 + 4) / 3)
    }
    expectFit(try LogNormalDistribution(logMean: 1, logStandardDeviation: 0.5), seed: seed) {
      normalDistribution((.log($0) - 1) / 0.5)
    }
  }

  @Test(arguments: FitSeed.allCases)
  func `exponential`(_ choice: FitSeed) throws {
    expectFit(try ExponentialDistribution(rate: 0.2), seed: choice.value()) {
      -.expMinusOne(-0.2 * $0)
    }
  }

  @Test(arguments: [0.1, 0.3, 0.999, 1, 1.5, 7, 300], FitSeed.allCases)
  func `gamma and chi-squared`(_ shape: Double, _ choice: FitSeed) throws {
    let seed = choice.value()
    expectFit(try GammaDistribution(shape: shape, scale: 3), seed: seed) {
      incompleteGamma(shape, $0 / 3).lower
    }
    expectFit(try ChiSquaredDistribution(degreesOfFreedom: shape), seed: seed &+ 1) {
      incompleteGamma(shape / 2, $0 / 2).lower
    }
  }

  @Test(
    arguments: [(0.05, 0.6), (0.5, 0.5), (0.5, 3), (1, 1), (2, 0.7), (3, 4), (200, 50)],
    FitSeed.allCases)
  func `beta`(_ shapes: (alpha: Double, beta: Double), _ choice: FitSeed) throws {
    let (alpha, beta) = shapes
    expectFit(try BetaDistribution(alpha: alpha, beta: beta), seed: choice.value()) {
      incompleteBeta($0, alpha, beta)
    }
  }

  @Test(arguments: [0.3, 1, 2, 5, 12, 400], FitSeed.allCases)
  func `Student's t`(_ degrees: Double, _ choice: FitSeed) throws {
    expectFit(
      try StudentTDistribution(degreesOfFreedom: degrees), seed: choice.value(),
      hasFourthMoment: degrees > 8
    ) { t in
      let tail = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
      return t > 0 ? 1 - tail : tail
    }
  }

  @Test func `are the same from any source of bits`() throws {
    var (first, second) = (Philox64Generator(seed: 3, index: 4), SystemRandomNumberGenerator())
    let gamma = try GammaDistribution(shape: 2)
    var (a, b) = (SampleMoments(around: 2), SampleMoments(around: 2))
    for _ in 0..<100_000 {
      a.add(gamma.sample(using: &first))
      b.add(gamma.sample(using: &second))
    }
    expectMoments(a, mean: 2, variance: 2, "Philox 4x64")
    expectMoments(b, mean: 2, variance: 2, "the system's generator")
  }

  @Test func `refuse parameters that make no sense, and say what is needed`() {
    let hostile: [Double] = [-1, .nan, .infinity, -.infinity]
    for value in hostile + [0] {
      #expect(throws: DistributionError.self) { try ExponentialDistribution(rate: value) }
      #expect(throws: DistributionError.self) { try GammaDistribution(shape: value) }
      #expect(throws: DistributionError.self) { try GammaDistribution(shape: 1, scale: value) }
      #expect(throws: DistributionError.self) { try BetaDistribution(alpha: value, beta: 1) }
      #expect(throws: DistributionError.self) { try BetaDistribution(alpha: 1, beta: value) }
      #expect(throws: DistributionError.self) {
        try ChiSquaredDistribution(degreesOfFreedom: value)
      }
      #expect(throws: DistributionError.self) { try StudentTDistribution(degreesOfFreedom: value) }
    }
    for value in hostile {
      #expect(throws: DistributionError.self) { try NormalDistribution(standardDeviation: value) }
      #expect(throws: DistributionError.self) {
        try LogNormalDistribution(logStandardDeviation: value)
      }
      if value.isFinite { continue }
      #expect(throws: DistributionError.self) { try NormalDistribution(mean: value) }
      #expect(throws: DistributionError.self) { try LogNormalDistribution(logMean: value) }
      #expect(throws: DistributionError.self) { try UniformDistribution(from: value, to: 1) }
    }
    #expect(throws: DistributionError.self) { try UniformDistribution(from: 1, to: 1) }
    #expect(throws: DistributionError.self) { try UniformDistribution(from: -1e308, to: 1e308) }
    let error = #expect(throws: DistributionError.self) { try GammaDistribution(shape: -1) }
    #expect(
      error?.description
        == "a gamma distribution with a shape of -1.0: it has to be positive and finite")
  }
}

@Suite struct `Uniform numbers` {
  /// A generator whose next bits are given.
  private struct Bits: RandomNumberGenerator {
    var bits: UInt64
    mutating func next() -> UInt64 { bits }
  }

  @Test func `have the ends that they say`() {
    var (least, most) = (Bits(bits: 0), Bits(bits: .max))
    #expect(least.uniform() == 0 && most.uniform() == 1 - 0x1p-53)
    #expect(least.uniformOpen() == 0x1p-53 && most.uniformOpen() == 1 - 0x1p-53)
    #expect(least.uniformClosed() == 0 && most.uniformClosed() == 1)
    // The ends of the closed one are half as likely as others.
    var bits = Bits(bits: 1 << 10)
    #expect(bits.uniformClosed() == 0x1p-53)
    bits.bits = 2 << 10
    #expect(bits.uniformClosed() == 0x1p-53)
    bits.bits = 3 << 10
    #expect(bits.uniformClosed() == 0x1p-52)
  }
}
