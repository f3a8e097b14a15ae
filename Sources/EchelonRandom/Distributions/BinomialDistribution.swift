import RealModule

/// The number of successes in so many trials.
///
/// Where fewer than 10 of the rarer outcome are expected by inversion, from one draw of 64 bits; elsewhere by
/// transformed rejection, two draws for each attempt.
/// - Source: W. Hörmann, "The generation of binomial random variates", *Journal of Statistical Computation and
///   Simulation* 46 (1993), algorithm BTRS; probabilities by C. Loader's saddle-point formula.
@frozen
public struct BinomialDistribution: IntegerDistribution, Hashable, BitwiseCopyable {
  /// How many trials.
  public let trials: Int
  /// Of a success.
  public let probability: Double

  /// - Throws: `DistributionError` unless there are 0 to 2⁵² trials and the probability is one.
  public init(trials: Int, probability: Double) throws(DistributionError) {
    let name = "a binomial distribution"
    guard trials >= 0, trials <= 1 << 52 else {
      throw .invalidParameter(
        "trials of", value: Double(trials), distribution: name, needed: "0 or more, and at most 2⁵²"
      )
    }
    try Requirement.probability(probability, "a probability of", name)
    self.trials = trials
    self.probability = probability
  }

  /// See `IntegerDistribution`.
  public var mean: Double { Double(trials) * probability }
  /// See `IntegerDistribution`.
  public var variance: Double { Double(trials) * probability * (1 - probability) }

  /// One value.
  public func sample(using generator: inout some RandomNumberGenerator) -> Int {
    let isRarer = probability <= 0.5
    let p = isRarer ? probability : 1 - probability
    let k =
      Double(trials) * p < 10
      ? inverse(of: generator.uniformOpen(), p) : rejected(using: &generator, p)
    return isRarer ? k : trials - k
  }

  /// - Parameter p: ½ or less.
  private func inverse(of uniform: Double, _ p: Double) -> Int {
    let n = Double(trials)
    var (rest, probability, k) = (uniform, Double.exp(n * .log(onePlus: -p)), 0.0)
    let odds = p / (1 - p)
    // What is left below the resolution of uniform numbers goes to the value that is reached by then.
    while rest > probability, k < n, probability > 0x1p-60 || k < n * p {
      rest -= probability
      k += 1
      probability *= odds * (n + 1 - k) / k
    }
    return Int(k)
  }

  /// - Parameter p: ½ or less.
  private func rejected(using generator: inout some RandomNumberGenerator, _ p: Double) -> Int {
    let n = Double(trials)
    let deviation = (n * p * (1 - p)).squareRoot()
    let b = 1.15 + 2.53 * deviation
    let a = -0.0873 + 0.0248 * b + 0.01 * p
    let alpha = (2.83 + 5.1 / b) * deviation
    let limit = 0.92 - 4.2 / b
    let mode = logBinomialMass(((n + 1) * p).rounded(.down), trials: n, probability: p)
    while true {
      let u = generator.uniformOpen() - 0.5
      let v = generator.uniformOpen()
      let distance = 0.5 - abs(u)
      let k = ((2 * a / distance + b) * u + n * p + 0.5).rounded(.down)
      if distance >= 0.07, v <= limit { return Int(k) }
      if k < 0 || k > n { continue }
      let density = Double.log(v * alpha / (a / (distance * distance) + b))
      if density <= logBinomialMass(k, trials: n, probability: p) - mode { return Int(k) }
    }
  }
}
