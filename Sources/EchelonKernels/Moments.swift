/// Count, mean and spread of a sample.
public struct Moments: Sendable, Hashable, BitwiseCopyable {
  /// The number of elements.
  public let count: Int
  /// Their arithmetic mean.
  public let mean: Double
  /// `Σ (xᵢ - mean)²`.
  public let sumOfSquaredDeviations: Double

  /// Puts the three numbers together as they are.
  public init(count: Int, mean: Double, sumOfSquaredDeviations: Double) {
    self.count = count
    self.mean = mean
    self.sumOfSquaredDeviations = sumOfSquaredDeviations
  }

  /// The sample variance, divisor n - 1; NaN for fewer than two elements.
  public var variance: Double {
    count < 2 ? .nan : sumOfSquaredDeviations / Double(count - 1)
  }

  /// The variance of the elements as a whole population, divisor n; NaN for none.
  public var populationVariance: Double {
    count < 1 ? .nan : sumOfSquaredDeviations / Double(count)
  }

  /// The square root of `variance`.
  public var standardDeviation: Double { variance.squareRoot() }

  /// The standard error of the mean, `√(variance / n)`.
  public var standardError: Double { (variance / Double(count)).squareRoot() }

  /// The moments of both samples together (Chan's formula). Not commutative to the last bit: the
  /// left sample comes first.
  public func merged(with right: Moments) -> Moments {
    if count == 0 { return right }
    if right.count == 0 { return self }
    let total = count + right.count
    guard mean.isFinite, right.mean.isFinite else {  // ∞ + finite = ∞; ∞ - ∞ and NaN give NaN
      return Moments(count: total, mean: mean + right.mean, sumOfSquaredDeviations: .nan)
    }
    let share = Double(right.count) / Double(total)
    let delta = right.mean - mean
    return Moments(
      count: total,
      mean: delta.isFinite ? mean + delta * share : mean * (1 - share) + right.mean * share,
      sumOfSquaredDeviations: sumOfSquaredDeviations + right.sumOfSquaredDeviations
        + delta * delta * (Double(count) * share))
  }

  init(_ partial: KernelPartial) {
    self.init(
      count: partial[integer: 0], mean: partial[double: 1],
      sumOfSquaredDeviations: partial[double: 2])
  }

  var partial: KernelPartial {
    var partial = KernelPartial()
    partial[integer: 0] = count
    partial[double: 1] = mean
    partial[double: 2] = sumOfSquaredDeviations
    return partial
  }
}
