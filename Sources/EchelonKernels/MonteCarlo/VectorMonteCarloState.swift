/// How far a Monte Carlo run of several quantities has come: what a later one goes on from, with the bits of one that
/// never stopped; see `MonteCarloState`.
public struct VectorMonteCarloState<let dimension: Int>: Sendable, Codable {
  /// The key of the run.
  public let seed: UInt64
  /// Of whole chunks alone.
  private(set) var sums: VectorSums<dimension>
  /// How long the run has taken by the clock so far; see `MonteCarloState.elapsedTime`.
  public var elapsedTime = Duration.zero

  /// The beginning of a run.
  public init(seed: UInt64) {
    self.seed = seed
    sums = VectorSums()
  }

  /// The first sample that is not in it.
  public var nextSample: Int { Int(sums.count) }

  /// Adds the next whole chunk; of another number of samples it traps.
  public mutating func append(_ chunk: VectorSums<dimension>) {
    precondition(
      chunk.count == Double(MonteCarloState.chunkLength),
      "\(chunk.count) samples are no whole chunk")
    sums.append(chunk)
  }

  /// The estimate from all chunks, and from the samples behind them.
  /// - Parameter rest: of a chunk that is not whole.
  public func estimate(with rest: VectorSums<dimension> = VectorSums()) -> VectorEstimate<dimension>
  {
    var total = sums
    total.append(rest)
    return VectorEstimate(total, state: self)
  }

  private enum CodingKeys: String, CodingKey {
    case seed, count, means, comoments
  }

  /// Writes the sums. Those of samples that are not finite need an encoder that takes such numbers.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(nextSample, forKey: .count)
    try values.encode((0..<dimension).map { sums.means[$0] }, forKey: .means)
    // Row by row; what is above the diagonal is the same once more.
    let comoments = (0..<dimension).map { row in (0...row).map { sums.comoments[row][$0] } }
    try values.encode(comoments, forKey: .comoments)
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
    let means = try values.decode([Double].self, forKey: .means)
    let comoments = try values.decode([[Double]].self, forKey: .comoments)
    guard means.count == dimension, comoments.map(\.count) == (0..<dimension).map({ $0 + 1 }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .means, in: values,
        debugDescription: "\(means.count) components where there are \(dimension)")
    }
    sums = VectorSums()
    sums.count = Double(count)
    for row in 0..<dimension {
      sums.means[row] = means[row]
      for column in 0...row {
        sums.comoments[row][column] = comoments[row][column]
        sums.comoments[column][row] = comoments[row][column]
      }
    }
  }
}
