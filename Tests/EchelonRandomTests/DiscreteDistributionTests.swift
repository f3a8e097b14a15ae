import EchelonRandom
import RealModule
import TestSupport
import Testing

/// Whole numbers so large that one more or less makes no difference, as real ones.
private struct Large<Law: IntegerDistribution>: RealDistribution {
  let law: Law
  var mean: Double { law.mean }
  var variance: Double { law.variance }
  func sample(using generator: inout some RandomNumberGenerator) -> Double {
    Double(law.sample(using: &generator))
  }
}

@Suite(.timeLimit(.minutes(10))) struct `Distributions of whole numbers` {
  @Test(arguments: [0, 0.001, 1, 9.99, 10, 35.5, 1000], FitSeed.allCases)
  func `Poisson`(_ mean: Double, _ choice: FitSeed) throws {
    expectFit(
      try PoissonDistribution(mean: mean), seed: choice.value(),
      values: 0...Int(mean + 20 * mean.squareRoot() + 20)
    ) { k in
      mean == 0
        ? (k == 0 ? 1 : 0) : .exp(Double(k) * .log(mean) - mean - logFactorial(k))
    }
  }

  @Test(
    arguments: [
      (0, 0.5), (1, 0.3), (20, 0), (20, 1), (20, 0.4), (20, 0.97), (1000, 0.005), (100, 0.1),
      (100, 0.5), (1000, 0.7), (100_000, 0.01),
    ], FitSeed.allCases)
  func `binomial`(
    _ parameters: (trials: Int, probability: Double), _ choice: FitSeed
  ) throws {
    let (trials, probability) = parameters
    let distribution = try BinomialDistribution(trials: trials, probability: probability)
    let reach = 20 * distribution.variance.squareRoot() + 20
    let least = max(0, Int(distribution.mean - reach))
    let most = min(trials, Int(distribution.mean + reach))
    expectFit(distribution, seed: choice.value(), values: least...most) { k in
      if probability == 0 || probability == 1 {
        return Double(k) == Double(trials) * probability ? 1 : 0
      }
      let choices = logFactorial(trials) - logFactorial(k) - logFactorial(trials - k)
      return .exp(
        choices + Double(k) * .log(probability)
          + Double(trials - k) * .log(onePlus: -probability))
    }
  }

  @Test(arguments: [1, 0.9, 0.3, 0.01], FitSeed.allCases)
  func `geometric`(_ probability: Double, _ choice: FitSeed) throws {
    expectFit(
      try GeometricDistribution(probability: probability), seed: choice.value(),
      values: 1...Int(60 / probability)
    ) { probability * .pow(1 - probability, Double($0 - 1)) }
  }

  /// Means and trials at which factorials have more digits than a number. From a mean of 10⁹ on, the steps and the
  /// skewness change the probability of a hundredth by less than a thousandth, and χ² by less than 10.
  @Test(arguments: [1e9, 1e15, 0x1p52], FitSeed.allCases)
  func `of very many are where a normal distribution has them`(
    _ mean: Double, _ choice: FitSeed
  ) throws {
    let seed = choice.value()
    func expect(_ law: some IntegerDistribution) {
      let deviation = law.variance.squareRoot()
      expectFit(Large(law: law), seed: seed) { normalDistribution(($0 - law.mean) / deviation) }
    }
    expect(try PoissonDistribution(mean: mean))
    expect(try BinomialDistribution(trials: Int(mean), probability: 0.3))
  }

  @Test(arguments: [0, 0.001, 0.5, 0.9, 1], FitSeed.allCases)
  func `Bernoulli`(_ probability: Double, _ choice: FitSeed) throws {
    let seed = choice.value()
    let distribution = try BernoulliDistribution(probability: probability)
    var successes = 0
    for index in 0..<sampleCount {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      if distribution.sample(using: &generator) { successes += 1 }
    }
    let expected = Double(sampleCount) * probability
    let deviation = (expected * (1 - probability)).squareRoot()
    #expect(abs(Double(successes) - expected) <= farAway * deviation, "seed \(seed)")
  }

  @Test(
    arguments: [
      [1], [1, 1], [0, 3, 0], [1, 2, 3, 4], [1e300, 1e300, 1e308], [0x1p-1070, 0x1p-1069],
      (0..<100).map { Double($0 % 7) }, [1e6, 1, 0, 1e-3, 5e5],
    ] as [[Double]], FitSeed.allCases)
  func `categorical`(_ weights: [Double], _ choice: FitSeed) throws {
    let seed = choice.value()
    let distribution = try CategoricalDistribution(weights: weights)
    var counts = [Int](repeating: 0, count: weights.count)
    for index in 0..<sampleCount {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      counts[distribution.sample(using: &generator)] += 1
    }
    #expect(distribution.count == weights.count)
    for index in weights.indices where weights[index] == 0 { #expect(counts[index] == 0) }
    let scaled = weights.map { $0 / weights.max()! }
    let sum = scaled.reduce(0, +)
    expectFit(
      counts, scaled.map { $0 / sum * Double(sampleCount) }, "\(weights), seed \(seed)")
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
