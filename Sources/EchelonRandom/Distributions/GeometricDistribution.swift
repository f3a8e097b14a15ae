public import RealModule

/// The number of trials up to and with the first success: 1, 2, …
@frozen
public struct GeometricDistribution: IntegerDistribution, Hashable, BitwiseCopyable {
  /// Of a success.
  public let probability: Double

  /// - Throws: `DistributionError` unless the probability is between 2⁻⁵² and 1.
  public init(probability: Double) throws(DistributionError) {
    guard probability >= 0x1p-52, probability <= 1 else {
      throw .invalidParameter(
        "a probability of", value: probability, distribution: "a geometric distribution",
        needed: "between 2⁻⁵² and 1; take an exponential distribution for less")
    }
    self.probability = probability
  }

  /// See `IntegerDistribution`.
  public var mean: Double { 1 / probability }
  /// See `IntegerDistribution`.
  public var variance: Double { (1 - probability) / probability / probability }

  /// One value, from one draw of 64 bits: by inversion.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Int {
    // Of a probability of 1 the divisor is infinite, and the quotient 0.
    let failures = Double.log(generator.uniformOpen()) / .log(onePlus: -probability)
    return Int(failures.rounded(.down)) + 1
  }
}

/// One trial: whether it is a success.
@frozen
public struct BernoulliDistribution: Distribution, Hashable, BitwiseCopyable {
  /// Of a success.
  public let probability: Double

  /// - Throws: `DistributionError` unless the probability is one.
  public init(probability: Double) throws(DistributionError) {
    try Requirement.probability(probability, "a probability of", "a Bernoulli distribution")
    self.probability = probability
  }

  /// One value, from one draw of 64 bits. The probability counts to 2⁻⁵³.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Bool {
    generator.uniform() < probability
  }
}
