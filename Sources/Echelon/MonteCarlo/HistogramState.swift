import EchelonKernels
import EchelonPool

/// How far a run that counts samples in bins has come: what a later one goes on from, with the counts of one that never
/// stopped; see `MonteCarloState`.
///
///     let first = try pool.monteCarloHistogram(samples: 1_000_000, seed: 42, bins: 100, in: 0...1, sample)
///     let saved = try JSONEncoder().encode(first.state)
///     …
///     let state = try JSONDecoder().decode(HistogramState.self, from: saved)
///     let better = try pool.monteCarloHistogram(
///       seed: 42, until: .samples(5_000_000), bins: 100, in: 0...1, resuming: state, sample)
///
/// Counts are whole numbers, so it has all samples, and none is drawn once more.
public struct HistogramState: Sendable, Hashable, Codable {
  /// The key of the run.
  public let seed: UInt64
  /// From the first edge to the last.
  public let range: ClosedRange<Double>
  /// Of the bins, then below, above and NaN.
  let counts: [Int]
  /// How long the run has taken by the clock so far; see `MonteCarloState.elapsedTime`.
  public var elapsedTime: Duration {
    get { time.duration }
    set { time.duration = newValue }
  }
  private var time = ElapsedTime()

  /// The beginning of a run.
  /// - Throws: `PoolError.invalidArgument` for bins that cannot be, as `startMonteCarloHistogram` does.
  public init(seed: UInt64, bins: Int, in range: ClosedRange<Double>) throws {
    let edges = try histogramEdges(bins, range)
    self.init(seed: seed, edges: edges, counts: [Int](repeating: 0, count: bins + 3))
  }

  /// - Parameters:
  ///   - edges: as `histogramEdges` makes them.
  ///   - counts: of the bins, then below, above and NaN.
  init(seed: UInt64, edges: [Double], counts: [Int]) {
    self.seed = seed
    range = edges[0]...edges[edges.count - 1]
    self.counts = counts
  }

  /// How many bins there are.
  public var binCount: Int { counts.count - 3 }
  /// The first sample that is not in it.
  public var nextSample: Int { counts.reduce(0, +) }

  var edges: [Double] {
    // Those of another state, whose edges there were.
    guard let edges = try? histogramEdges(binCount, range) else { preconditionFailure("no edges") }
    return edges
  }

  /// With as many more in each place.
  func adding(_ more: [Int]) -> HistogramState {
    HistogramState(seed: seed, edges: edges, counts: zip(counts, more).map { $0 + $1 })
  }

  private enum CodingKeys: String, CodingKey {
    case seed, lower, upper, counts, below, above, nan
  }

  /// Writes what `init(from:)` reads.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(range.lowerBound, forKey: .lower)
    try values.encode(range.upperBound, forKey: .upper)
    try values.encode(Array(counts[..<binCount]), forKey: .counts)
    for (place, key) in [CodingKeys.below, .above, .nan].enumerated() {
      try values.encode(counts[binCount + place], forKey: key)
    }
  }

  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decode(UInt64.self, forKey: .seed)
    let lower = try values.decode(Double.self, forKey: .lower)
    let upper = try values.decode(Double.self, forKey: .upper)
    let bins = try values.decode([Int].self, forKey: .counts)
    counts = try [CodingKeys.below, .above, .nan].reduce(into: bins) {
      $0.append(try values.decode(Int.self, forKey: $1))
    }
    guard lower <= upper, (try? histogramEdges(bins.count, lower...upper)) != nil else {
      throw DecodingError.dataCorruptedError(
        forKey: .counts, in: values,
        debugDescription: "there are \(bins.count) bins from \(lower) to \(upper)")
    }
    range = lower...upper
    var total = 0
    for count in counts {
      // Each is checked before it is added, so that no sum overflows.
      guard 0...1 << 53 ~= count, total + count <= 1 << 53 else {
        throw DecodingError.dataCorruptedError(
          forKey: .counts, in: values, debugDescription: "a bin has \(count) samples")
      }
      total += count
    }
  }
}

extension MonteCarloGoal {
  /// Whether a histogram is what a goal asks for: a standard error is that of the probability of the bin whose error is the
  /// largest; a relative error that of every bin, which one that stays empty never has. Where no bin is apart from the
  /// others, all samples being in one or in none, there is no error that is known; see `isReached(by:)` of an estimate.
  public func isReached(by histogram: Histogram) -> Bool {
    let count = histogram.count
    if let sampleLimit, count >= sampleLimit { return true }
    let largest = histogram.counts.max() ?? 0
    let isSpread = histogram.counts.contains { $0 > 0 && $0 < count }
    guard count > 1, count >= leastSamples, isSpread || count > Self.equalSampleLimit else {
      return false
    }
    func error(_ hits: Int) -> Double {
      let p = Double(hits) / Double(count)
      return (p * (1 - p) / Double(count)).squareRoot()
    }
    if let standardError, (histogram.counts.map(error).max() ?? 0) <= standardError { return true }
    guard let relativeError, largest > 0 else { return false }
    return histogram.counts.allSatisfy {
      $0 > 0 && error($0) <= relativeError * Double($0) / Double(count)
    }
  }
}
