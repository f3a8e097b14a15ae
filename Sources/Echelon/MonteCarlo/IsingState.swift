import EchelonKernels
import Foundation

/// How far the chains of an Ising model have come: what a later run goes on from, with the bits of one that never stopped.
///
///     let first = try pool.ising(model, sweeps: 10_000, seed: 42)
///     let saved = try JSONEncoder().encode(first.state)
///     …
///     let state = try JSONDecoder().decode(IsingState.self, from: saved)
///     let better = try pool.ising(model, sweeps: 100_000, seed: 42, resuming: state)
///
/// It holds a bit for each spin of each chain, and eight bytes for each sweep that counts.
public struct IsingState: Sendable, Hashable, Codable {
  /// The lattice.
  public let model: IsingModel
  /// Sweeps of each chain that do not count.
  public let burnIn: Int
  /// How many chains there are.
  public let chains: Int
  /// The seed of the draws.
  public let seed: UInt64
  /// Sweeps of each chain so far, with those that do not count.
  public let allSweeps: Int
  /// Chain behind chain, as `IsingSpins` packs them.
  let spins: [UInt8]
  /// Of each chain the energies after the sweeps that count, and then the sums of its spins.
  let series: [Int32]
  /// How long the run has taken by the clock so far; see `MonteCarloState.elapsedTime`.
  public var elapsedTime: Duration {
    get { time.duration }
    set { time.duration = newValue }
  }
  private var time = ElapsedTime()

  init(
    model: IsingModel, burnIn: Int, chains: Int, seed: UInt64, allSweeps: Int, spins: [UInt8],
    series: [Int32]
  ) {
    (self.model, self.burnIn, self.chains, self.seed) = (model, burnIn, chains, seed)
    (self.allSweeps, self.spins, self.series) = (allSweeps, spins, series)
  }

  /// Sweeps of each chain so far that count; 0 while the burn-in lasts.
  public var sweeps: Int { max(0, allSweeps - burnIn) }

  /// What it tells of the model: NaN while no sweep counts.
  func estimate() -> IsingEstimate {
    let scale = Double(model.size * model.size)
    func blocked(_ place: Int, _ value: (Double) -> Double) -> BlockedEstimate {
      BlockedEstimate(
        combining: (0..<chains).map { chain in
          let start = (2 * chain + place) * sweeps
          let values = series[start..<start + sweeps].map { value(Double($0)) / scale }
          return BlockedEstimate(values.span)
        })
    }
    return IsingEstimate(energy: blocked(0) { $0 }, magnetization: blocked(1, abs), state: self)
  }

  private enum CodingKeys: String, CodingKey {
    case model, burnIn, chains, seed, allSweeps, spins, series
  }

  /// Writes what `init(from:)` reads: the arrays as `Data`, numbers of four bytes with the lowest first.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(model, forKey: .model)
    try values.encode(burnIn, forKey: .burnIn)
    try values.encode(chains, forKey: .chains)
    try values.encode(seed, forKey: .seed)
    try values.encode(allSweeps, forKey: .allSweeps)
    try values.encode(Data(spins), forKey: .spins)
    let bytes = series.map(\.littleEndian).withUnsafeBytes { Data($0) }
    try values.encode(bytes, forKey: .series)
  }

  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func damaged(_ key: CodingKeys, _ what: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: values, debugDescription: what)
    }
    model = try values.decode(IsingModel.self, forKey: .model)
    burnIn = try values.decode(Int.self, forKey: .burnIn)
    chains = try values.decode(Int.self, forKey: .chains)
    seed = try values.decode(UInt64.self, forKey: .seed)
    allSweeps = try values.decode(Int.self, forKey: .allSweeps)
    if let problem = model.problem { throw damaged(.model, "the model has \(problem)") }
    if let problem = IsingChains.problem(burnIn: burnIn, chains: chains) {
      throw damaged(.chains, "there are \(problem)")
    }
    guard 0...burnIn + IsingChains.sweepLimit ~= allSweeps else {
      throw damaged(.allSweeps, "there are \(allSweeps) sweeps")
    }
    spins = Array(try values.decode(Data.self, forKey: .spins))
    guard spins.count == chains * IsingSpins.byteCount(size: model.size) else {
      throw damaged(.spins, "the spins of \(chains) lattices are \(spins.count) bytes")
    }
    let bytes = try values.decode(Data.self, forKey: .series)
    let counted = max(0, allSweeps - burnIn)
    guard bytes.count == 8 * chains * counted else {
      throw damaged(.series, "\(counted) sweeps of \(chains) chains are \(bytes.count) bytes")
    }
    series = [Int32](unsafeUninitializedCapacity: 2 * chains * counted) { buffer, count in
      count = bytes.copyBytes(to: buffer) / 4
    }.map(Int32.init(littleEndian:))
    // Every number is one that such a lattice can have, and the last ones are those of the spins: other damage is not found.
    let most = Int32(model.size * model.size)
    for (place, value) in series.enumerated() {
      let limit = place / counted & 1 == 0 ? 2 * most : most
      guard -limit...limit ~= value else {
        throw damaged(
          .series, "a sweep of chain \(place / counted / 2) has sums that no lattice has")
      }
    }
    for chain in 0..<chains {
      let found = model.sums(of: IsingSpins.unpacked(spins, chain: chain, size: model.size))
      let end = 2 * chain * counted + counted
      guard
        counted == 0
          || (series[end - 1] == found.energy && series[end + counted - 1] == found.spins)
      else {
        throw damaged(.series, "the spins of chain \(chain) are not those of its last sweep")
      }
    }
  }
}
