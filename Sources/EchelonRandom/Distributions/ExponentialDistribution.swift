/// The distribution of waiting times between events that come at a constant rate.
@frozen
public struct ExponentialDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// Events per unit of time: the inverse of the mean.
  public let rate: Double

  /// - Throws: `DistributionError` unless the rate is positive and finite.
  public init(rate: Double = 1) throws(DistributionError) {
    try Requirement.positive(rate, "a rate of", "an exponential distribution")
    self.rate = rate
  }

  /// See `RealDistribution`.
  public var mean: Double { 1 / rate }
  /// See `RealDistribution`.
  public var variance: Double { 1 / rate / rate }

  /// One value, from one draw of 64 bits: by inversion, up to 36.7 times the mean.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    generator.exponential() / rate
  }
}
