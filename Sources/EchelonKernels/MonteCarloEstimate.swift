import EchelonRandom

/// What a Monte Carlo run says about the expectation it samples.
public struct MonteCarloEstimate: Sendable, Hashable, CustomStringConvertible {
  /// The mean of the samples: the estimate.
  public let mean: Double
  /// The sample variance, divisor n - 1; NaN for fewer than two samples.
  public let variance: Double
  /// The number of samples.
  public let sampleCount: Int

  /// The estimate from accumulated samples.
  public init(_ accumulated: MomentAccumulator) {
    mean = accumulated.count == 0 ? .nan : accumulated.mean
    variance = accumulated.moments.variance
    sampleCount = accumulated.count
  }

  /// The standard error of the mean, `√(variance / n)`, in the unit of the samples.
  public var standardError: Double { (variance / Double(sampleCount)).squareRoot() }

  /// The interval that contains the expectation with probability `level`, 0 < level < 1, by the
  /// central limit theorem: mean ± z·standard error.
  ///
  /// For n in the hundreds and more, and samples of finite variance. When the standard error is not
  /// known (fewer than two samples, or NaN among them) the interval is the whole line.
  public func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    precondition(level > 0 && level < 1, "a confidence level lies between 0 and 1, not \(level)")
    // From the lower tail: (1 - level) / 2 keeps its digits when the level is close to 1.
    let half = -normalQuantile((1 - level) / 2) * standardError
    guard half.isFinite, mean.isFinite else { return -.infinity ... .infinity }
    return (mean - half)...(mean + half)
  }

  /// Mean ± standard error, and the number of samples.
  public var description: String { "\(mean) ± \(standardError) (\(sampleCount) samples)" }
}
