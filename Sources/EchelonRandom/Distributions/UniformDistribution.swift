/// Every number of an interval alike.
@frozen
public struct UniformDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// The lower end, which is included.
  public let lowerBound: Double
  /// The upper end, which is not, but where rounding reaches it: of an interval of few numbers.
  public let upperBound: Double

  /// - Throws: `DistributionError` unless both are finite, the upper one is the larger, and so is their distance.
  public init(from lowerBound: Double, to upperBound: Double) throws(DistributionError) {
    let name = "a uniform distribution"
    try Requirement.finite(lowerBound, "a lower bound of", name)
    try Requirement.finite(upperBound, "an upper bound of", name)
    try Requirement.positive(upperBound - lowerBound, "a width of", name)
    self.lowerBound = lowerBound
    self.upperBound = upperBound
  }

  /// See `RealDistribution`.
  public var mean: Double { lowerBound + (upperBound - lowerBound) / 2 }
  /// See `RealDistribution`.
  public var variance: Double { (upperBound - lowerBound) * (upperBound - lowerBound) / 12 }

  /// One value, from one draw of 64 bits: one of 2⁵³ at equal distances.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    lowerBound + (upperBound - lowerBound) * generator.uniform()
  }
}
