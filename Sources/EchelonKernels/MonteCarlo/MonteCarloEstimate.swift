import EchelonRandom

/// What a Monte Carlo run says about the expectation it samples.
public struct MonteCarloEstimate: Sendable, Hashable, CustomStringConvertible {
  /// Of all samples.
  public let sums: SampleSums
  /// What a later run can go on from; nil of an estimate that no run has made.
  public let state: MonteCarloState?

  /// The estimate from the sums of samples.
  public init(_ sums: SampleSums, state: MonteCarloState? = nil) {
    self.sums = sums
    self.state = state
  }

  /// How long the run has taken by the clock, from the call that began it to this estimate, with what it waited for other
  /// work; with the time of the runs that it goes on from. Zero of an estimate that no run has made. It takes no part in
  /// comparisons: estimates of the same bits are equal however long they took.
  public var elapsedTime: Duration { state?.elapsedTime ?? .zero }

  /// The number of samples.
  public var sampleCount: Int { Int(sums.count) }
  /// The mean of the samples: the estimate; NaN of none.
  public var mean: Double { sums.count == 0 ? .nan : sums.mean }
  /// The sample variance, divisor n - 1; NaN for fewer than two samples.
  public var variance: Double { sums.count < 2 ? .nan : sums.m2 / (sums.count - 1) }
  /// The square root of `variance`, in the unit of the samples.
  public var standardDeviation: Double { variance.squareRoot() }
  /// The standard error of the mean, `√(variance / n)`, in the unit of the samples. Where squares underflow it is as large
  /// as the range of the samples allows. 0 if all samples were equal, which is no error that is known: see `isErrorKnown`.
  public var standardError: Double {
    // The variance of numbers is no more than the square of half their range (Popoviciu).
    if sums.count >= 2, sums.m2 < .leastNormalMagnitude, sums.minimum < sums.maximum {
      return (sums.maximum - sums.minimum) / 2 / (sums.count - 1).squareRoot()
    }
    return (variance / sums.count).squareRoot()
  }
  /// Whether the samples say how far the mean may be off. They do not if there are fewer than two, if one is not finite,
  /// or if all were equal: what happens rarely may not have happened yet.
  public var isErrorKnown: Bool { sums.minimum < sums.maximum && standardError.isFinite }
  /// The adjusted skewness, `g₁·√(n(n - 1)) / (n - 2)` (G₁): how far a few large samples pull the mean to one side. NaN
  /// for fewer than three samples, and when all are equal.
  public var skewness: Double {
    let n = sums.count
    guard n >= 3 else { return .nan }
    let deviation = (sums.m2 / n).squareRoot()
    let population = sums.m3 / n / (deviation * deviation * deviation)
    return population * (n * (n - 1)).squareRoot() / (n - 2)
  }
  /// The excess kurtosis as of a whole population, `m₄ / m₂² - 3`, 0 for normal samples; NaN when all are equal.
  public var kurtosis: Double {
    let variance = sums.m2 / sums.count
    return sums.m4 / sums.count / (variance * variance) - 3
  }
  /// The smallest sample; +∞ of none, NaN if there is one.
  public var minimum: Double { sums.minimum }
  /// The largest sample; -∞ of none, NaN if there is one.
  public var maximum: Double { sums.maximum }

  /// The interval that contains the expectation with probability `level`, 0 < level < 1, by the
  /// central limit theorem: mean ± z·standard error.
  ///
  /// For n in the hundreds and more, and samples of finite variance. When the standard error is not
  /// known (`isErrorKnown`) the interval is the whole line.
  public func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    interval(around: mean, isErrorKnown ? standardError : .nan, level)
  }

  /// Mean ± standard error, and the number of samples.
  public var description: String { "\(mean) ± \(standardError) (\(sampleCount) samples)" }
}
