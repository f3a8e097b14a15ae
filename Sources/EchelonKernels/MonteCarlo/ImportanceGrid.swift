public import EchelonRandom
import RealModule

/// How points are drawn from a box: in each dimension as many from each bin, whose widths are where the integrand is
/// small wide, and narrow where it is large.
///
/// - Source: G. P. Lepage, *A new algorithm for adaptive multidimensional integration*, Journal of Computational Physics
///   27 (1978) (VEGAS).
public struct ImportanceGrid: Sendable, Hashable {
  /// Of the box.
  public let dimension: Int
  /// In each dimension.
  public let binCount: Int
  /// In each dimension the edges of its bins, one dimension after the other.
  public private(set) var edges: [Double]

  /// Bins of equal widths.
  /// - Parameters:
  ///   - box: of each dimension the range, finite and not empty.
  ///   - binCount: 1 or more; 1 draws points from the box as they come.
  public init(box: [ClosedRange<Double>], binCount: Int) {
    precondition(binCount >= 1, "\(binCount) bins")
    dimension = box.count
    self.binCount = binCount
    edges = box.flatMap { range in
      (0...binCount).map { edge in
        let part = Double(edge) / Double(binCount)
        return edge == binCount
          ? range.upperBound : range.lowerBound + part * (range.upperBound - range.lowerBound)
      }
    }
  }

  /// As numbers that travel: what `accumulateIntegral` and `accumulateImportance` read.
  public var words: [Double] { [Double(dimension), Double(binCount)] + edges }

  /// Moves the edges so that all bins of a dimension come to weigh the same.
  /// - Parameter weights: of each dimension's bins, the sums of the squares that `accumulateImportance` gives.
  public mutating func adapt(to weights: [Double]) {
    precondition(weights.count == dimension * binCount, "\(weights.count) weights")
    guard binCount > 1 else { return }
    for axis in 0..<dimension {
      let start = axis * binCount
      guard let damped = damped(Array(weights[start..<start + binCount])) else { continue }
      let first = axis * (binCount + 1)
      let old = Array(edges[first...first + binCount])
      let share = damped.reduce(0, +) / Double(binCount)
      var (bin, filled) = (0, 0.0)
      for edge in 1..<binCount {
        // The edge at which so many shares are filled, as if weight were spread evenly in an old bin.
        let wanted = Double(edge) * share
        while bin < binCount - 1, filled + damped[bin] < wanted {
          filled += damped[bin]
          bin += 1
        }
        let part = damped[bin] > 0 ? min(1, (wanted - filled) / damped[bin]) : 0
        edges[first + edge] = old[bin] + part * (old[bin + 1] - old[bin])
      }
    }
  }

  /// Lepage's smoothing and damping, which keep a few large samples from taking all bins; nil of nothing to go by.
  private func damped(_ weights: [Double]) -> [Double]? {
    let smooth = weights.indices.map { bin in
      let neighbours = weights[max(0, bin - 1)...min(binCount - 1, bin + 1)]
      return neighbours.reduce(0, +) / Double(neighbours.count)
    }
    let total = smooth.reduce(0, +)
    guard total > 0, total.isFinite else { return nil }
    let damped = smooth.map { weight in
      let part = weight / total
      if part <= 0 { return 0.0 }
      if part >= 1 { return 1.0 }
      return Double.pow((1 - part) / -Double.log(part), 1.5)
    }
    // Bins that weighed nothing keep a little, so that what was not found there can be.
    let least = 1e-6 * (damped.max() ?? 0)
    return damped.map { max($0, least) }
  }
}

/// Draws the point of an index: in each dimension a bin, and a place in it.
/// - Returns: what the value there counts for: the volume that stands for it.
@inlinable @inline(__always)
func drawPoint(
  _ rng: inout PhiloxGenerator, _ edges: Span<Double>, bins: Int, _ point: inout [Double],
  _ chosen: inout [Int]
) -> Double {
  var volume = 1.0
  for axis in point.indices {
    let place = rng.uniform() * Double(bins)
    // Rounding may give the number of bins itself.
    let bin = min(Int(place), bins - 1)
    let first = axis * (bins + 1) + bin
    let width = edges[first + 1] - edges[first]
    point[axis] = edges[first] + (place - Double(bin)) * width
    chosen[axis] = bin
    volume *= width * Double(bins)
  }
  return volume
}

/// Samples an integral: each sample is the integrand at the point of its index, times the volume that stands for it.
/// - Parameter words: of an `ImportanceGrid`.
@inlinable
public func accumulateIntegral(
  _ words: Span<Double>, seed: UInt64, indices: Range<UInt64>,
  _ integrand: (Span<Double>) throws -> Double
) rethrows -> SampleSums {
  let (dimension, bins) = (Int(words[0]), Int(words[1]))
  let edges = words.extracting(2..<2 + dimension * (bins + 1))
  var point = [Double](repeating: 0, count: dimension)
  var chosen = [Int](repeating: 0, count: dimension)
  return try accumulateMonteCarlo(seed: seed, indices: indices) { rng in
    let volume = drawPoint(&rng, edges, bins: bins, &point, &chosen)
    return try integrand(point.span) * volume
  }
}

/// Adds up what an integrand weighs in each bin of each dimension: the squares of samples, times nothing where they are not
/// finite.
/// - Parameters:
///   - words: of an `ImportanceGrid`.
///   - stream: another one for each time that the grid is adapted.
///   - weights: one for each bin, which become the sums.
@inlinable
public func accumulateImportance(
  _ words: Span<Double>, seed: UInt64, stream: UInt32, indices: Range<UInt64>,
  into weights: inout MutableSpan<Double>, _ integrand: (Span<Double>) throws -> Double
) rethrows {
  let (dimension, bins) = (Int(words[0]), Int(words[1]))
  let edges = words.extracting(2..<2 + dimension * (bins + 1))
  var point = [Double](repeating: 0, count: dimension)
  var chosen = [Int](repeating: 0, count: dimension)
  for place in weights.indices { weights[place] = 0 }
  for index in indices {
    var rng = PhiloxGenerator(seed: seed, index: index, stream: stream)
    let volume = drawPoint(&rng, edges, bins: bins, &point, &chosen)
    let sample = try integrand(point.span) * volume
    let square = sample * sample
    guard square.isFinite else { continue }
    for axis in 0..<dimension { weights[axis * bins + chosen[axis]] += square }
  }
}
