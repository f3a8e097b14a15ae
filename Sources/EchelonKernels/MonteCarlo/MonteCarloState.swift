/// How far a Monte Carlo run has come: what a later one goes on from, with the bits of one that never stopped.
///
///     let first = try pool.monteCarlo(samples: 1_000_000, seed: 42, sample)
///     let saved = try JSONEncoder().encode(first.state)
///     …
///     let state = try JSONDecoder().decode(MonteCarloState.self, from: saved)
///     let better = try pool.monteCarlo(resuming: state, until: .standardError(1e-5), sample)
///
/// It holds sums of whole chunks alone, some kilobytes at most. The samples behind the last whole chunk are drawn once
/// more. That the closure is the same is the caller's business.
public struct MonteCarloState: Sendable, Hashable, Codable {
  /// Samples in a chunk.
  public static let chunkLength = 65_536

  /// The key of the run.
  public let seed: UInt64
  /// How many whole chunks have been added up.
  public private(set) var chunkCount: Int
  /// A binary counter: bit k of the number of chunks has the sums of 2ᵏ of them, in their order.
  private var levels: [SampleSums]
  /// How long the run has taken by the clock so far. It takes no part in comparisons and is not encoded, so that states of
  /// the same samples are the same, to the byte; who wants the time of a run that goes on from a file to count from its
  /// beginning keeps it beside the state, and sets it again.
  public var elapsedTime: Duration {
    get { time.duration }
    set { time.duration = newValue }
  }
  private var time = ElapsedTime()

  /// The beginning of a run.
  public init(seed: UInt64) {
    self.seed = seed
    chunkCount = 0
    levels = []
  }

  /// The first sample that is not in it.
  public var nextSample: Int { chunkCount * Self.chunkLength }

  /// Adds the next whole chunk; of another number of samples it traps.
  public mutating func append(_ chunk: SampleSums) {
    precondition(
      chunk.count == Double(Self.chunkLength), "\(chunk.count) samples are no whole chunk")
    var sums = chunk
    var level = 0
    var carry = chunkCount
    while carry & 1 == 1 {
      var earlier = levels[level]
      earlier.append(sums)
      sums = earlier
      levels[level] = SampleSums()
      level += 1
      carry >>= 1
    }
    if level == levels.count { levels.append(sums) } else { levels[level] = sums }
    chunkCount += 1
  }

  /// Those of all chunks, and of the samples behind them.
  /// - Parameter rest: of a chunk that is not whole.
  public func sums(with rest: SampleSums = SampleSums()) -> SampleSums {
    var total = rest
    for level in levels.indices where chunkCount >> level & 1 == 1 {
      var earlier = levels[level]
      earlier.append(total)
      total = earlier
    }
    return total
  }

  private enum CodingKeys: String, CodingKey {
    case seed, chunkCount, levels
  }

  /// Writes the sums that there are. Those of samples that are not finite need an encoder that takes such numbers.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(chunkCount, forKey: .chunkCount)
    try values.encode(
      levels.indices.filter { chunkCount >> $0 & 1 == 1 }.map { levels[$0] }, forKey: .levels)
  }

  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decode(UInt64.self, forKey: .seed)
    chunkCount = try values.decode(Int.self, forKey: .chunkCount)
    let parts = try values.decode([SampleSums].self, forKey: .levels)
    // Counts are exact up to there, and a run can go on from it.
    guard chunkCount >= 0, chunkCount <= 1 << 53 / Self.chunkLength,
      parts.count == chunkCount.nonzeroBitCount
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .chunkCount, in: values,
        debugDescription: "\(chunkCount) chunks and the sums of \(parts.count) parts")
    }
    levels = []
    var next = 0
    for level in 0..<Int.bitWidth - chunkCount.leadingZeroBitCount {
      guard chunkCount >> level & 1 == 1 else {
        levels.append(SampleSums())
        continue
      }
      let part = parts[next]
      guard part.count == Double(Self.chunkLength << level) else {
        throw DecodingError.dataCorruptedError(
          forKey: .levels, in: values,
          debugDescription: "part \(level) has \(part.count) samples")
      }
      if let problem = part.problem {
        throw DecodingError.dataCorruptedError(
          forKey: .levels, in: values, debugDescription: "part \(level) has \(problem)")
      }
      levels.append(part)
      next += 1
    }
  }
}
