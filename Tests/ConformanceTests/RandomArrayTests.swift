import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Random arrays` {
  @Test(arguments: TestedExecutor.allCases)
  func `have the elements of their seed and stream, however long they are`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<Element: Equatable>(
      _ distribution: ArrayDistribution<Element>, _ element: ((Int) -> Element)? = nil,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let long = Array(try pool.random(distribution, count: 100_000, seed: seed, stream: 3))
      for count in [0, 1, 31, 32, 33, 32_769] {
        let short = Array(try pool.random(distribution, count: count, seed: seed, stream: 3))
        #expect(short == Array(long[..<count]), "\(count)", sourceLocation: sourceLocation)
      }
      let given = try pool.random(distribution, count: 777, seed: 0)
      _ = try pool.random(distribution, count: 777, seed: seed, stream: 3, into: given)
      #expect(Array(given) == Array(long[..<777]), sourceLocation: sourceLocation)
      if let element {
        #expect((0..<5000).allSatisfy { long[$0] == element($0) }, sourceLocation: sourceLocation)
      }
    }
    func sample<D: Distribution>(_ distribution: D) -> (Int) -> D.Value {
      { index in
        var generator = PhiloxGenerator(seed: seed, index: UInt64(index), stream: 3)
        return distribution.sample(using: &generator)
      }
    }
    var words = Philox64Generator(seed: seed, index: 0, stream: 3)
    let first = (0..<5000).map { _ in words.next() }
    try check(.words) { first[$0] }
    try check(.uniform()) { index in
      // Groups of 32, the first half of the first words of 16 blocks.
      var generator = PhiloxGenerator(
        seed: seed, index: UInt64(index / 32 * 16 + index % 16), stream: 3)
      if index % 32 >= 16 { _ = generator.next() }
      return generator.uniform()
    }
    func byWords(_ number: (inout Philox64Generator) -> Double) -> (Int) -> Double {
      var generator = Philox64Generator(seed: seed, index: 0, stream: 3)
      let first = (0..<5000).map { _ in number(&generator) }
      return { first[$0] }
    }
    try check(.uniformOpen, byWords { $0.uniformOpen() })
    try check(.uniformClosed, byWords { $0.uniformClosed() })
    try check(.normal())
    try check(.logNormal(logMean: 1), sample(LogNormalDistribution(logMean: 1)))
    try check(.exponential(rate: 2), sample(ExponentialDistribution(rate: 2)))
    try check(.gamma(shape: 0.5), sample(GammaDistribution(shape: 0.5)))
    try check(.beta(alpha: 2, beta: 3), sample(BetaDistribution(alpha: 2, beta: 3)))
    try check(
      .chiSquared(degreesOfFreedom: 3), sample(ChiSquaredDistribution(degreesOfFreedom: 3)))
    try check(.studentT(degreesOfFreedom: 5), sample(StudentTDistribution(degreesOfFreedom: 5)))
    try check(.poisson(mean: 20), sample(PoissonDistribution(mean: 20)))
    try check(
      .binomial(trials: 50, probability: 0.4),
      sample(BinomialDistribution(trials: 50, probability: 0.4)))
    try check(.geometric(probability: 0.1), sample(GeometricDistribution(probability: 0.1)))
    try check(.bernoulli(probability: 0.3), sample(BernoulliDistribution(probability: 0.3)))
    for weights in [[2], [0.2, 0, 3, 1e-9, 7], (1...3000).map { 1 / Double($0) }] {
      try check(
        .categorical(weights: weights), sample(CategoricalDistribution(weights: weights)))
    }
  }

  @Test func `are the same on all pools, and moved and stretched as they are told`() throws {
    let seed = testSeed()
    let plain = Array(try pools[0].random(.normal(), count: 200_000, seed: seed))
    for pool in pools {
      let found = try pool.random(
        .normal(mean: 3, standardDeviation: 2), count: 200_000, seed: seed)
      #expect(Array(found) == plain.map { 3 + 2 * $0 }, "seed \(seed)")
    }
    // Of a distribution with a table, and of one made of words.
    let weights = (0..<1000).map { Double($0 % 17) }
    let categories = Array(
      try pools[0].random(.categorical(weights: weights), count: 200_000, seed: seed))
    let open = Array(try pools[0].random(.uniformOpen, count: 200_000, seed: seed))
    for pool in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try pool.random(.categorical(weights: weights), count: 200_000, seed: seed)
      #expect(Array(found) == categories, "seed \(seed)")
      #expect(
        Array(try pool.random(.uniformOpen, count: 200_000, seed: seed)) == open, "seed \(seed)")
    }
    let uniform = Array(try pools[1].random(.uniform(from: -1, to: 3), count: 1000, seed: seed))
    #expect(
      uniform == Array(try pools[1].random(.uniform(), count: 1000, seed: seed)).map { 4 * $0 - 1 })
  }

  @Test func `are refused when they cannot be`() throws {
    let pool = pools[0]
    #expect(throws: PoolError.self) { try pool.random(.normal(), count: -1, seed: 1) }
    #expect(throws: DistributionError.self) {
      try pool.random(.gamma(shape: -1), count: 1, seed: 1)
    }
    #expect(throws: DistributionError.self) {
      try pool.random(.categorical(weights: [0, 0]), count: 1, seed: 1)
    }
    #expect(throws: DistributionError.self) {
      try pool.random(.categorical(weights: [1, -1]), count: 1, seed: 1)
    }
    let given = try pool.array(repeating: 0.0, count: 5)
    #expect(throws: KernelError.self) {
      try pool.random(.normal(), count: 4, seed: 1, into: given)
    }
  }
}
