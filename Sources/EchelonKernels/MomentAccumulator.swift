/// Count, mean, spread and range of a stream of numbers, one at a time or merged.
///
/// Every step is a fixed sequence of IEEE operations: the same numbers in the same order and merges
/// in the same tree give the same bits.
/// - Source: B. P. Welford, *Technometrics* 4 (1962) for `add`; T. F. Chan, G. H. Golub, R. J.
///   LeVeque, *The American Statistician* 37 (1983) for `merge`.
@frozen
public struct MomentAccumulator: Sendable, BitwiseCopyable, Equatable {
  /// The number of values so far.
  public var count: Int
  /// Their mean; 0 for none.
  public var mean: Double
  /// `Σ (xᵢ - mean)²`.
  public var sumOfSquaredDeviations: Double
  /// The smallest value; +∞ for none, NaN if there is one.
  public var minimum: Double
  /// The largest value; -∞ for none, NaN if there is one.
  public var maximum: Double

  /// Nothing yet.
  @inlinable
  public init() {
    count = 0
    mean = 0
    sumOfSquaredDeviations = 0
    minimum = .infinity
    maximum = -.infinity
  }

  /// Five numbers put together as they are.
  @inlinable
  public init(
    count: Int, mean: Double, sumOfSquaredDeviations: Double, minimum: Double, maximum: Double
  ) {
    self.count = count
    self.mean = mean
    self.sumOfSquaredDeviations = sumOfSquaredDeviations
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Adds one value.
  @inlinable
  public mutating func add(_ value: Double) {
    count += 1
    let delta = value - mean
    mean += delta / Double(count)
    sumOfSquaredDeviations += delta * (value - mean)
    minimum = Self.smaller(minimum, value)
    maximum = Self.larger(maximum, value)
  }

  /// Adds all the values of another accumulator, which come after those of this one.
  @inlinable
  public mutating func merge(_ right: MomentAccumulator) {
    if right.count == 0 { return }
    if count == 0 {
      self = right
      return
    }
    let total = count + right.count
    let share = Double(right.count) / Double(total)
    let delta = right.mean - mean
    if mean.isFinite, right.mean.isFinite {
      mean = delta.isFinite ? mean + delta * share : mean * (1 - share) + right.mean * share
      sumOfSquaredDeviations +=
        right.sumOfSquaredDeviations + delta * delta * (Double(count) * share)
    } else {
      mean += right.mean
      sumOfSquaredDeviations = .nan
    }
    count = total
    minimum = Self.smaller(minimum, right.minimum)
    maximum = Self.larger(maximum, right.maximum)
  }

  // As the kernels do it: a NaN stays, wherever it stands.
  @inlinable static func smaller(_ left: Double, _ right: Double) -> Double {
    right < left || right.isNaN ? right : left
  }

  @inlinable static func larger(_ left: Double, _ right: Double) -> Double {
    right > left || right.isNaN ? right : left
  }

  /// Count, mean and spread as a result.
  public var moments: Moments {
    Moments(count: count, mean: mean, sumOfSquaredDeviations: sumOfSquaredDeviations)
  }

  /// As the partial result of a chunk: words count, mean, squares, minimum, maximum.
  public var partial: KernelPartial {
    var partial = KernelPartial()
    partial[integer: 0] = count
    partial[double: 1] = mean
    partial[double: 2] = sumOfSquaredDeviations
    partial[double: 3] = minimum
    partial[double: 4] = maximum
    return partial
  }

  /// Reads back what `partial` wrote.
  public init(_ partial: KernelPartial) {
    self.init(
      count: partial[integer: 0], mean: partial[double: 1],
      sumOfSquaredDeviations: partial[double: 2], minimum: partial[double: 3],
      maximum: partial[double: 4])
  }
}
