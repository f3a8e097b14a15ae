public import EchelonRandom

/// Count, means and co-moments of samples that have several components, which merge in the order of the samples.
///
/// Every step is a fixed sequence of IEEE operations: the same samples in the same blocks give the same bits.
/// - Source: P. Pébay, Sandia report SAND2008-6212 (2008).
@frozen
public struct VectorSums<let dimension: Int>: Sendable, BitwiseCopyable {
  /// How many there are; exact to 2⁵³.
  public var count: Double
  /// The mean of each component; 0 of none.
  public var means: InlineArray<dimension, Double>
  /// `Σ (xᵢ - mean of x)·(yᵢ - mean of y)` for each component x, and of each the same for each y.
  public var comoments: InlineArray<dimension, InlineArray<dimension, Double>>

  /// Nothing yet.
  @inlinable
  public init() {
    count = 0
    means = InlineArray(repeating: 0)
    comoments = InlineArray(repeating: InlineArray(repeating: 0))
  }

  /// Of the first `count` of some samples: means first, and then the deviations from them.
  @inlinable @inline(__always)
  init(_ samples: borrowing InlineArray<512, InlineArray<dimension, Double>>, count: Int) {
    self.init()
    self.count = Double(count)
    guard count > 0 else { return }
    // From the first one on, so that what does not vary has no spread.
    for index in 1..<max(1, count) {
      for i in 0..<dimension { means[i] += samples[index][i] - samples[0][i] }
    }
    for i in 0..<dimension { means[i] = samples[0][i] + means[i] / Double(count) }
    for index in 0..<count {
      for i in 0..<dimension {
        let deviation = samples[index][i] - means[i]
        for j in 0...i { comoments[i][j] += deviation * (samples[index][j] - means[j]) }
      }
    }
    for i in 0..<dimension {
      for j in 0..<i { comoments[j][i] = comoments[i][j] }
    }
  }

  /// What no samples have, as the end of a sentence; nil if nothing is. Sums that overflow, and those of samples that are
  /// no numbers, are sums, too.
  package var problem: String? {
    guard count >= 0, count.isFinite else { return "\(count) samples" }
    for i in 0..<dimension {
      let square = comoments[i][i]
      if square < 0 { return "a sum of squares of \(square)" }
      // Of samples of which one is no number, or that overflow, neither has a meaning.
      if square.isNaN, means[i].isFinite { return "a sum of squares that is NaN, of numbers" }
      if !means[i].isFinite, square.isFinite {
        return "a mean of \(means[i]) and a sum of squares of \(square)"
      }
      if count == 0, means[i] != 0 || square != 0 { return "sums of no samples that are not 0" }
      for j in 0..<i {
        let (product, other) = (comoments[i][j], comoments[j][j])
        guard square.isFinite, other.isFinite else { continue }
        // By Cauchy and Schwarz, but for rounding; of what underflows there is nothing to say.
        let largest = square.squareRoot() * other.squareRoot()
        if !(product.magnitude <= largest * (1 + 1e-9) + .leastNormalMagnitude) {
          return "a sum of products of \(product) with sums of squares of \(square) and \(other)"
        }
      }
    }
    return nil
  }

  /// Adds samples that come after these.
  @inlinable
  public mutating func append(_ later: VectorSums) {
    if later.count == 0 { return }
    if count == 0 {
      self = later
      return
    }
    let total = count + later.count
    let (share, weight) = (later.count / total, count * later.count / total)
    for i in 0..<dimension {
      let difference = later.means[i] - means[i]
      for j in 0..<dimension {
        comoments[i][j] += later.comoments[i][j] + difference * (later.means[j] - means[j]) * weight
      }
    }
    for i in 0..<dimension { means[i] += (later.means[i] - means[i]) * share }
    count = total
  }
}

/// Runs `sample` once for every index, each with the generator of (seed, index, stream); see `accumulateMonteCarlo`.
@inlinable
public func accumulateVectors<let dimension: Int>(
  seed: UInt64, stream: UInt32 = 0, indices: Range<UInt64>,
  _ sample: (inout PhiloxGenerator) throws -> InlineArray<dimension, Double>
) rethrows -> VectorSums<dimension> {
  var total = VectorSums<dimension>()
  var low = InlineArray<512, UInt64>(repeating: 0)
  var high = InlineArray<512, UInt64>(repeating: 0)
  var u = InlineArray<512, Double>(repeating: 0)
  var v = InlineArray<512, Double>(repeating: 0)
  var values = InlineArray<512, InlineArray<dimension, Double>>(
    repeating: InlineArray(repeating: 0))
  var first = indices.lowerBound
  while first < indices.upperBound {
    let count = Int(min(512, indices.upperBound - first))
    fillFirstDraws(seed: seed, firstIndex: first, stream: stream, &low, &high, &u, &v)
    for k in 0..<count {
      var generator = PhiloxGenerator(
        seed: seed, index: first &+ UInt64(truncatingIfNeeded: k), stream: stream,
        firstBlock: (low[k], high[k]), firstUniforms: (u[k], v[k]))
      values[k] = try sample(&generator)
    }
    total.append(VectorSums(values, count: count))
    first += UInt64(count)
  }
  return total
}
