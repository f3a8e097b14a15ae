import EchelonRandom
import RealModule
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Distributions of whole numbers` {
  private func forEachSeed(
    test: String = #function, _ body: (_ seed: UInt64, _ count: Int) throws -> Void
  ) rethrows {
    try body(1, sampleCount)
    try body(testSeed(test), sampleCount / 10)
  }

  @Test(arguments: [0, 0.001, 1, 9.99, 10, 35.5, 1000])
  func `Poisson`(_ mean: Double) throws {
    try forEachSeed { seed, count in
      expectFit(
        try PoissonDistribution(mean: mean), seed: seed, count: count,
        values: 0...Int(mean + 20 * mean.squareRoot() + 20)
      ) { k in
        mean == 0
          ? (k == 0 ? 1 : 0) : .exp(Double(k) * .log(mean) - mean - logFactorial(k))
      }
    }
  }

  @Test(arguments: [
    (0, 0.5), (1, 0.3), (20, 0), (20, 1), (20, 0.4), (20, 0.97), (1000, 0.005), (100, 0.1),
    (100, 0.5), (1000, 0.7), (100_000, 0.01),
  ])
  func `binomial`(_ trials: Int, _ probability: Double) throws {
    try forEachSeed { seed, count in
      let distribution = try BinomialDistribution(trials: trials, probability: probability)
      let reach = 20 * distribution.variance.squareRoot() + 20
      let least = max(0, Int(distribution.mean - reach))
      let most = min(trials, Int(distribution.mean + reach))
      expectFit(distribution, seed: seed, count: count, values: least...most) { k in
        if probability == 0 || probability == 1 {
          return Double(k) == Double(trials) * probability ? 1 : 0
        }
        let choices = logFactorial(trials) - logFactorial(k) - logFactorial(trials - k)
        return .exp(
          choices + Double(k) * .log(probability)
            + Double(trials - k) * .log(onePlus: -probability))
      }
    }
  }

  @Test(arguments: [1, 0.9, 0.3, 0.01])
  func `geometric`(_ probability: Double) throws {
    try forEachSeed { seed, count in
      expectFit(
        try GeometricDistribution(probability: probability), seed: seed, count: count,
        values: 1...Int(60 / probability)
      ) { probability * .pow(1 - probability, Double($0 - 1)) }
    }
  }

  /// Means and trials at which factorials have more digits than a number.
  @Test func `of very many are where a normal distribution has them`() throws {
    let seed = testSeed()
    for mean in [1e9, 1e15, 0x1p52] {
      let poisson = try PoissonDistribution(mean: mean)
      let binomial = try BinomialDistribution(trials: Int(mean), probability: 0.3)
      func expect(_ distribution: some IntegerDistribution) {
        var counts = [Int](repeating: 0, count: 100)
        let deviation = distribution.variance.squareRoot()
        for index in 0..<20_000 {
          var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
          let k = Double(distribution.sample(using: &generator))
          counts[min(99, Int(normalDistribution((k - distribution.mean) / deviation) * 100))] += 1
        }
        expectFit(
          counts, [Double](repeating: 200, count: 100), "\(distribution), seed \(seed)")
      }
      expect(poisson)
      expect(binomial)
    }
  }

  @Test func `Bernoulli`() throws {
    let seed = testSeed()
    for probability in [0, 0.001, 0.5, 0.9, 1] {
      let distribution = try BernoulliDistribution(probability: probability)
      var successes = 0
      for index in 0..<100_000 {
        var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
        if distribution.sample(using: &generator) { successes += 1 }
      }
      let deviation = (1e5 * probability * (1 - probability)).squareRoot()
      #expect(
        abs(Double(successes) - 1e5 * probability) <= farAway * deviation,
        "\(probability), seed \(seed)")
    }
  }

  @Test func `categorical`() throws {
    let seed = testSeed()
    for weights in [
      [1], [1, 1], [0, 3, 0], [1, 2, 3, 4], [1e300, 1e300, 1e308], [0x1p-1070, 0x1p-1069],
      (0..<100).map { Double($0 % 7) }, [1e6, 1, 0, 1e-3, 5e5],
    ] as [[Double]] {
      let distribution = try CategoricalDistribution(weights: weights)
      var counts = [Int](repeating: 0, count: weights.count)
      let samples = sampleCount / 10
      for index in 0..<samples {
        var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
        counts[distribution.sample(using: &generator)] += 1
      }
      #expect(distribution.count == weights.count)
      for index in weights.indices where weights[index] == 0 { #expect(counts[index] == 0) }
      let scaled = weights.map { $0 / weights.max()! }
      let sum = scaled.reduce(0, +)
      expectFit(counts, scaled.map { $0 / sum * Double(samples) }, "\(weights), seed \(seed)")
    }
  }

  @Test func `refuse parameters that make no sense`() {
    for value in [-1, .nan, .infinity, 1e16] as [Double] {
      #expect(throws: DistributionError.self) { try PoissonDistribution(mean: value) }
    }
    for value in [-0.1, 1.1, .nan] as [Double] {
      #expect(throws: DistributionError.self) {
        try BinomialDistribution(trials: 5, probability: value)
      }
      #expect(throws: DistributionError.self) { try GeometricDistribution(probability: value) }
      #expect(throws: DistributionError.self) { try BernoulliDistribution(probability: value) }
    }
    #expect(throws: DistributionError.self) { try GeometricDistribution(probability: 0) }
    #expect(throws: DistributionError.self) {
      try BinomialDistribution(trials: -1, probability: 0.5)
    }
    for weights in [[], [0, 0], [1, -1], [1, .nan], [1, .infinity], [.nan]] as [[Double]] {
      #expect(throws: DistributionError.self, "\(weights)") {
        try CategoricalDistribution(weights: weights)
      }
    }
  }
}
