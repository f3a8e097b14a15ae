/// How far a quasi-Monte Carlo run has come: what a later one goes on from, with more points in each replicate and the
/// bits of one that never stopped; see `MonteCarloState`.
///
/// It holds one sum for each replicate. Fewer points than a part are drawn once more.
public struct QuasiMonteCarloState: Sendable, Hashable, Codable {
  /// Points of a replicate whose values are added up by themselves, before their sum is added to those of others.
  public static let partLength = 4096

  /// The key of the scrambling.
  public let seed: UInt64
  /// Of the cube.
  public let dimension: Int
  /// In each replicate, whole parts of them.
  public private(set) var pointCount: Int
  /// Of the values at all points of each replicate.
  private var sums: [Double]
  /// How long the run has taken by the clock so far; see `MonteCarloState.elapsedTime`.
  public var elapsedTime: Duration {
    get { time.duration }
    set { time.duration = newValue }
  }
  private var time = ElapsedTime()

  /// The beginning of a run.
  public init(seed: UInt64, dimension: Int, replicates: Int) {
    (self.seed, self.dimension, pointCount) = (seed, dimension, 0)
    sums = [Double](repeating: 0, count: replicates)
  }

  /// How many scrambled sets of points there are.
  public var replicateCount: Int { sums.count }

  /// Adds the next parts.
  /// - Parameter parts: their sums, of each replicate all of them; another number of parts traps.
  public mutating func append(_ parts: [Double]) {
    precondition(parts.count % sums.count == 0, "\(parts.count) parts of \(sums.count) replicates")
    let count = parts.count / sums.count
    for replicate in sums.indices {
      sums[replicate] = parts[replicate * count..<(replicate + 1) * count].reduce(
        sums[replicate], +)
    }
    pointCount += count * Self.partLength
  }

  /// The estimate from all points; of none its means are NaN.
  public func estimate() -> QuasiMonteCarloEstimate {
    QuasiMonteCarloEstimate(
      pointCount: pointCount, replicateMeans: sums.map { $0 / Double(pointCount) }, state: self)
  }

  private enum CodingKeys: String, CodingKey {
    case seed, dimension, pointCount, sums
  }

  /// Reads what `encode` wrote. Sums of values that are not finite need an encoder and a decoder that take such numbers.
  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decode(UInt64.self, forKey: .seed)
    dimension = try values.decode(Int.self, forKey: .dimension)
    pointCount = try values.decode(Int.self, forKey: .pointCount)
    sums = try values.decode([Double].self, forKey: .sums)
    let isPower = pointCount >= Self.partLength && pointCount & (pointCount - 1) == 0
    // As many as a run takes; and no points have no sum.
    guard 1...21_201 ~= dimension, 2...1 << 20 ~= sums.count,
      pointCount == 0 ? sums.allSatisfy({ $0 == 0 }) : isPower, pointCount <= 1 << 31
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .pointCount, in: values,
        debugDescription:
          "\(sums.count) replicates of \(pointCount) points in \(dimension) dimensions")
    }
  }
}
