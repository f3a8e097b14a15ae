public import RealModule

/// The beta distribution, of numbers between 0 and 1: of a proportion, once α - 1 successes and β - 1 failures were
/// seen.
///
/// x / (x + y) of two gamma variates; in logarithms when a shape is below 1, since both may be too small for numbers
/// then.
/// - Source: L. Devroye, *Non-Uniform Random Variate Generation* (1986), §IX.3.1.
@frozen
public struct BetaDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// The first shape.
  public let alpha: Double
  /// The second shape.
  public let beta: Double
  @usableFromInline let first: GammaDistribution
  @usableFromInline let second: GammaDistribution

  /// - Throws: `DistributionError` unless both are positive and finite.
  public init(alpha: Double, beta: Double) throws(DistributionError) {
    let name = "a beta distribution"
    try Requirement.positive(alpha, "a first shape of", name)
    try Requirement.positive(beta, "a second shape of", name)
    self.alpha = alpha
    self.beta = beta
    first = GammaDistribution(uncheckedShape: alpha, scale: 1)
    second = GammaDistribution(uncheckedShape: beta, scale: 1)
  }

  /// See `RealDistribution`.
  public var mean: Double { alpha / (alpha + beta) }
  /// See `RealDistribution`.
  public var variance: Double {
    let sum = alpha + beta
    return alpha / sum * (beta / sum) / (sum + 1)
  }

  /// One value, from the draws of two gamma variates. Where the second shape is far below 1 it may round to 1.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    guard alpha < 1 || beta < 1 else {
      let x = first.sample(using: &generator)
      return x / (x + second.sample(using: &generator))
    }
    let x = first.logarithm(using: &generator)
    let y = second.logarithm(using: &generator)
    return 1 / (1 + .exp(y - x))
  }
}
