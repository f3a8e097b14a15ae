internal import EchelonLinearAlgebra
public import EchelonMemory

/// Count, mean, spread, shape and range of samples, which merge in the order of the samples.
///
/// Every step is a fixed sequence of IEEE operations: the same samples in the same tree give the same bits.
/// - Source: P. Pébay, Sandia report SAND2008-6212 (2008).
@frozen
public struct SampleSums: Sendable, Hashable, BitwiseCopyable, Codable {
  /// How many there are; exact to 2⁵³.
  public var count: Double
  /// Their mean; 0 of none.
  public var mean: Double
  /// `Σ (xᵢ - mean)²`.
  public var m2: Double
  /// `Σ (xᵢ - mean)³`.
  public var m3: Double
  /// `Σ (xᵢ - mean)⁴`.
  public var m4: Double
  /// The smallest; +∞ of none, NaN if there is one.
  public var minimum: Double
  /// The largest; -∞ of none, NaN if there is one.
  public var maximum: Double

  /// Nothing yet.
  @inlinable
  public init() {
    (count, mean, m2, m3, m4) = (0, 0, 0, 0, 0)
    (minimum, maximum) = (.infinity, -.infinity)
  }

  /// Of some samples, by the vector loops.
  public init(_ samples: Span<Double>) {
    let block = sampleSums(samples)
    let moments = block?.moments ?? Double.centralMoments(samples, level: nil)
    (count, mean, m2, m3, m4) = (moments.count, moments.mean, moments.m2, moments.m3, moments.m4)
    if let block {
      (minimum, maximum) = (block.minimum, block.maximum)
    } else {
      // A sum of squares is no number where a sample is none.
      (minimum, maximum) =
        m2.isFinite ? finiteRange(samples) : (Double.minimum(samples), Double.maximum(samples))
    }
  }

  /// Of `count` samples of which `hits` are `value`, above 0, and all others 0.
  public init(hits: UInt64, of count: UInt64, value: Double) {
    self.init()
    guard count > 0 else { return }
    let share = Double(hits) / Double(count)
    // Moments of a Bernoulli variate.
    let (rest, squared) = (1 - share, value * value)
    self.count = Double(count)
    mean = value * share
    m2 = squared * Double(hits) * rest
    m3 = m2 * value * (1 - 2 * share)
    m4 = m2 * squared * (1 - 3 * share * rest)
    (minimum, maximum) = (hits == count ? value : 0, hits == 0 ? 0 : value)
  }

  /// Adds samples that come after these.
  public mutating func append(_ later: SampleSums) {
    let sums = RawCentralMoments(count: count, mean: mean, m2: m2, m3: m3, m4: m4).merged(
      with: RawCentralMoments(
        count: later.count, mean: later.mean, m2: later.m2, m3: later.m3, m4: later.m4))
    (count, mean, m2, m3, m4) = (sums.count, sums.mean, sums.m2, sums.m3, sums.m4)
    // A NaN stays, wherever it stands.
    if later.minimum < minimum || later.minimum.isNaN { minimum = later.minimum }
    if later.maximum > maximum || later.maximum.isNaN { maximum = later.maximum }
  }

  /// What no samples have, as the end of a sentence; nil if nothing is. Sums that overflow, and those of samples that are
  /// no numbers, are sums, too.
  package var problem: String? {
    guard count >= 0, count.isFinite else { return "\(count) samples" }
    guard count > 0 else { return nil }
    guard minimum.isNaN == maximum.isNaN, !(minimum > maximum) else {
      return "a minimum of \(minimum) and a maximum of \(maximum)"
    }
    if m2 < 0 { return "a sum of squares of \(m2)" }
    if minimum.isNaN { return mean.isFinite ? "a mean of \(mean) with samples that are NaN" : nil }
    // The mean is rounded, by more than its last digit.
    let largest = max(minimum.magnitude, maximum.magnitude)
    let margin = 1e-9 * largest
    if mean < minimum - margin || mean > maximum + margin {
      return "a mean of \(mean) with samples from \(minimum) to \(maximum)"
    }
    let range = maximum - minimum
    if mean.isNaN || m2.isNaN, (count * largest).isFinite, (count * range * range).isFinite {
      return
        "a mean of \(mean) and a sum of squares of \(m2) with samples from \(minimum) to \(maximum)"
    }
    return nil
  }

  /// As the partial result of a chunk.
  public var partial: KernelPartial {
    var partial = KernelPartial()
    for (word, number) in [count, mean, m2, m3, m4, minimum, maximum].enumerated() {
      partial[double: word] = number
    }
    return partial
  }

  /// Reads back what `partial` wrote.
  public init(_ partial: KernelPartial) {
    self.init()
    (count, mean, m2) = (partial[double: 0], partial[double: 1], partial[double: 2])
    (m3, m4) = (partial[double: 3], partial[double: 4])
    (minimum, maximum) = (partial[double: 5], partial[double: 6])
  }
}
