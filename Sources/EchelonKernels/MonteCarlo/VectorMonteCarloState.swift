/// How far a Monte Carlo run of several quantities has come: what a later one goes on from, with the bits of one that
/// never stopped; see `MonteCarloState`.
public struct VectorMonteCarloState<let dimension: Int>: Sendable, Codable {
  /// The key of the run.
  public let seed: UInt64
  /// Of whole chunks alone.
  private(set) var sums: VectorSums<dimension>
  /// Of whole parts behind the last whole chunk.
  private(set) var tail = VectorSums<dimension>()
  /// How long the run has taken by the clock so far; see `MonteCarloState.elapsedTime`.
  public var elapsedTime = Duration.zero

  /// The beginning of a run.
  public init(seed: UInt64) {
    self.seed = seed
    sums = VectorSums()
  }

  /// The first sample that is not in it.
  public var nextSample: Int { Int(sums.count + tail.count) }

  /// Samples whose sums are made at once; those of a chunk are its parts' in their order.
  public static var partLength: Int { 512 }

  /// Adds the next whole part, or the next whole chunk where there are no parts behind the last; of another number of
  /// samples it traps.
  public mutating func append(_ next: VectorSums<dimension>) {
    if tail.count == 0, next.count == Double(MonteCarloState.chunkLength) {
      return sums.append(next)
    }
    precondition(
      next.count == Double(Self.partLength), "\(next.count) samples are no whole chunk, and no part"
    )
    tail.append(next)
    guard tail.count == Double(MonteCarloState.chunkLength) else { return }
    sums.append(tail)
    tail = VectorSums()
  }

  /// The estimate from all chunks and parts, and from the samples behind them.
  /// - Parameter rest: of a part that is not whole.
  public func estimate(with rest: VectorSums<dimension> = VectorSums()) -> VectorEstimate<dimension>
  {
    var (total, last) = (sums, tail)
    last.append(rest)
    total.append(last)
    return VectorEstimate(total, state: self)
  }

  private enum CodingKeys: String, CodingKey {
    case seed, count, means, comoments, tail
  }

  /// Sums as they are written; what is above the diagonal is the same once more.
  private struct Written: Codable {
    let count: Int
    let means: [Double]
    let comoments: [[Double]]
  }

  private static func written(_ sums: VectorSums<dimension>) -> Written {
    Written(
      count: Int(sums.count), means: (0..<dimension).map { sums.means[$0] },
      comoments: (0..<dimension).map { row in (0...row).map { sums.comoments[row][$0] } })
  }

  /// - Throws: `DecodingError` for what no samples have.
  private static func sums(_ written: Written, _ codingPath: [any CodingKey]) throws -> VectorSums<
    dimension
  > {
    func refuse(_ problem: String) -> DecodingError {
      .dataCorrupted(.init(codingPath: codingPath, debugDescription: problem))
    }
    guard written.means.count == dimension,
      written.comoments.map(\.count) == (0..<dimension).map({ $0 + 1 })
    else { throw refuse("\(written.means.count) components where there are \(dimension)") }
    var sums = VectorSums<dimension>()
    sums.count = Double(written.count)
    for row in 0..<dimension {
      sums.means[row] = written.means[row]
      for column in 0...row {
        sums.comoments[row][column] = written.comoments[row][column]
        sums.comoments[column][row] = written.comoments[row][column]
      }
    }
    if let problem = sums.problem { throw refuse(problem) }
    return sums
  }

  /// Writes the sums. Those of samples that are not finite need an encoder that takes such numbers.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    let chunks = Self.written(sums)
    try values.encode(chunks.count, forKey: .count)
    try values.encode(chunks.means, forKey: .means)
    try values.encode(chunks.comoments, forKey: .comoments)
    if tail.count > 0 { try values.encode(Self.written(tail), forKey: .tail) }
  }

  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decode(UInt64.self, forKey: .seed)
    let count = try values.decode(Int.self, forKey: .count)
    guard count >= 0, count % MonteCarloState.chunkLength == 0, count <= 1 << 53 else {
      throw DecodingError.dataCorruptedError(
        forKey: .count, in: values, debugDescription: "\(count) samples are no whole chunks")
    }
    sums = try Self.sums(
      Written(
        count: count, means: values.decode([Double].self, forKey: .means),
        comoments: values.decode([[Double]].self, forKey: .comoments)), values.codingPath)
    guard let written = try values.decodeIfPresent(Written.self, forKey: .tail) else { return }
    let tailCount = Double(written.count)
    if let problem = MonteCarloState.problem(tailCount: tailCount, of: Self.partLength) {
      throw DecodingError.dataCorruptedError(
        forKey: .tail, in: values, debugDescription: "the part behind all chunks has \(problem)")
    }
    tail = try Self.sums(written, values.codingPath + [CodingKeys.tail])
  }
}
