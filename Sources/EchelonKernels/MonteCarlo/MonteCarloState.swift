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

  /// The beginning of a run.
  public init(seed: UInt64) {
    self.seed = seed
    chunkCount = 0
    levels = []
  }

  /// The first sample that is not in it.
  public var nextSample: Int { chunkCount * Self.chunkLength }

  /// Adds the next whole chunk.
  public mutating func append(_ chunk: SampleSums) {
    var sums = chunk
    var level = 0
    var carry = chunkCount
    while carry & 1 == 1 {
      var earlier = levels[level]
      earlier.append(sums)
      sums = earlier
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

  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decode(UInt64.self, forKey: .seed)
    chunkCount = try values.decode(Int.self, forKey: .chunkCount)
    levels = try values.decode([SampleSums].self, forKey: .levels)
    let needed = Int.bitWidth - chunkCount.leadingZeroBitCount
    guard chunkCount >= 0, chunkCount <= Int.max / Self.chunkLength, levels.count == needed else {
      throw DecodingError.dataCorruptedError(
        forKey: .chunkCount, in: values,
        debugDescription: "\(chunkCount) chunks and the sums of \(levels.count) parts")
    }
    for level in levels.indices where chunkCount >> level & 1 == 1 {
      guard levels[level].count == Double(Self.chunkLength << level) else {
        throw DecodingError.dataCorruptedError(
          forKey: .levels, in: values,
          debugDescription: "part \(level) has \(levels[level].count) samples")
      }
    }
  }
}
