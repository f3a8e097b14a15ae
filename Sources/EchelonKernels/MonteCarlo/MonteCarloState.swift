/// How far a Monte Carlo run has come: what a later one goes on from, with the bits of one that never stopped.
///
///     let first = try pool.monteCarlo(samples: 1_000_000, seed: 42, sample)
///     let saved = try JSONEncoder().encode(first.state)
///     …
///     let state = try JSONDecoder().decode(MonteCarloState.self, from: saved)
///     let better = try pool.monteCarlo(resuming: state, until: .standardError(1e-5), sample)
///
/// It holds sums of whole chunks and of the parts behind them, some kilobytes at most. Fewer samples than a part, at the
/// end, are drawn once more (of π fewer than a chunk). That the closure is the same is the caller's business.
public struct MonteCarloState: Sendable, Hashable, Codable {
  /// Samples in a chunk.
  public static let chunkLength = 65_536
  /// Samples whose sums are made at once; those of a chunk are its parts' in their order.
  public static let partLength = 2048

  /// The key of the run.
  public let seed: UInt64
  /// How many whole chunks have been added up.
  public private(set) var chunkCount: Int
  /// A binary counter: bit k of the number of chunks has the sums of 2ᵏ of them, in their order.
  private var levels: [SampleSums]
  /// Of whole parts behind the last whole chunk.
  private var tail: SampleSums
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
    tail = SampleSums()
  }

  /// The first sample that is not in it.
  public var nextSample: Int { chunkCount * Self.chunkLength + Int(tail.count) }

  /// Adds the next whole part, or the next whole chunk where there are no parts behind the last; of another number of
  /// samples it traps.
  public mutating func append(_ sums: SampleSums) {
    if tail.count == 0, sums.count == Double(Self.chunkLength) { return appendChunk(sums) }
    precondition(
      sums.count == Double(Self.partLength), "\(sums.count) samples are no whole chunk, and no part"
    )
    tail.append(sums)
    guard tail.count == Double(Self.chunkLength) else { return }
    appendChunk(tail)
    tail = SampleSums()
  }

  /// As far as the last whole chunk.
  package var withoutParts: MonteCarloState {
    var state = self
    state.tail = SampleSums()
    return state
  }

  private mutating func appendChunk(_ chunk: SampleSums) {
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

  /// Those of all chunks and parts, and of the samples behind them.
  /// - Parameter rest: of a part that is not whole, or of a chunk where there are no parts.
  public func sums(with rest: SampleSums = SampleSums()) -> SampleSums {
    var total = tail
    total.append(rest)
    for level in levels.indices where chunkCount >> level & 1 == 1 {
      var earlier = levels[level]
      earlier.append(total)
      total = earlier
    }
    return total
  }

  private enum CodingKeys: String, CodingKey {
    case seed, chunkCount, levels, tail
  }

  /// Writes the sums that there are. Those of samples that are not finite need an encoder that takes such numbers.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(chunkCount, forKey: .chunkCount)
    try values.encode(
      levels.indices.filter { chunkCount >> $0 & 1 == 1 }.map { levels[$0] }, forKey: .levels)
    if tail.count > 0 { try values.encode(tail, forKey: .tail) }
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
    tail = try values.decodeIfPresent(SampleSums.self, forKey: .tail) ?? SampleSums()
    if let problem = tail.problem ?? Self.problem(tailCount: tail.count, of: Self.partLength) {
      throw DecodingError.dataCorruptedError(
        forKey: .tail, in: values, debugDescription: "the part behind all chunks has \(problem)")
    }
  }

  /// What is wrong with the number of samples behind the last whole chunk, as the end of a sentence.
  static func problem(tailCount count: Double, of partLength: Int) -> String? {
    let isWhole = count.truncatingRemainder(dividingBy: Double(partLength)) == 0
    return count >= 0 && count < Double(chunkLength) && isWhole ? nil : "\(count) samples"
  }
}
