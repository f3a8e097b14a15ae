public import RealModule

/// The normal distribution, of Gauss.
@frozen
public struct NormalDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// See `RealDistribution`.
  public let mean: Double
  /// The root of the variance.
  public let standardDeviation: Double

  /// - Throws: `DistributionError` unless the mean is finite, and the standard deviation 0 or more and finite.
  public init(mean: Double = 0, standardDeviation: Double = 1) throws(DistributionError) {
    let name = "a normal distribution"
    try Requirement.finite(mean, "a mean of", name)
    try Requirement.notNegative(standardDeviation, "a standard deviation of", name)
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// See `RealDistribution`.
  public var variance: Double { standardDeviation * standardDeviation }

  /// One value, from one draw of 64 bits: by inversion, no further than 8.2 standard deviations from the mean.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    mean + standardDeviation * generator.normal()
  }
}

/// The distribution of eˣ for a normal x.
@frozen
public struct LogNormalDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// The mean of the logarithm.
  public let logMean: Double
  /// The standard deviation of the logarithm.
  public let logStandardDeviation: Double

  /// - Throws: `DistributionError` unless the mean of the logarithm is finite, and its standard deviation 0 or more and
  ///   finite.
  public init(
    logMean: Double = 0, logStandardDeviation: Double = 1
  ) throws(DistributionError) {
    let name = "a log-normal distribution"
    try Requirement.finite(logMean, "a mean of the logarithm of", name)
    try Requirement.notNegative(
      logStandardDeviation, "a standard deviation of the logarithm of", name)
    self.logMean = logMean
    self.logStandardDeviation = logStandardDeviation
  }

  /// See `RealDistribution`.
  public var mean: Double { .exp(logMean + logStandardDeviation * logStandardDeviation / 2) }
  /// See `RealDistribution`.
  public var variance: Double {
    let square = logStandardDeviation * logStandardDeviation
    return .expMinusOne(square) * .exp(2 * logMean + square)
  }

  /// One value, from one draw of 64 bits.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    .exp(logMean + logStandardDeviation * generator.normal())
  }
}
