import EchelonKernels
import Foundation

/// How far the simulation of a portfolio has come: what a later one goes on from, with the bits of one that never stopped.
///
///     let first = try pool.portfolioRisk(
///       returns: past, weights: [0.6, 0.4], samples: 100_000, seed: 42, keepingState: true)
///     let saved = try JSONEncoder().encode(first.state)
///     …
///     let state = try JSONDecoder().decode(PortfolioRiskState.self, from: saved)
///     let better = try pool.portfolioRisk(
///       returns: past, weights: [0.6, 0.4], samples: 10_000_000, seed: 42, resuming: state)
public struct PortfolioRiskState: Sendable, Hashable, Codable {
  /// The key of the run.
  public let seed: UInt64
  /// What was lost in each course, as a part of the portfolio's value today, in their order.
  public let losses: [Double]
  /// How long the run has taken by the clock so far; see `MonteCarloState.elapsedTime`.
  public var elapsedTime: Duration {
    get { time.duration }
    set { time.duration = newValue }
  }
  private var time = ElapsedTime()

  init(seed: UInt64, losses: [Double]) { (self.seed, self.losses) = (seed, losses) }

  /// How many courses there are.
  public var sampleCount: Int { losses.count }

  private enum CodingKeys: String, CodingKey { case seed, losses }

  /// Writes what `init(from:)` reads: losses as `Data`, eight bytes for each, the lowest first.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    let bytes = losses.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
    try values.encode(bytes, forKey: .losses)
  }

  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func damaged(_ what: String) -> DecodingError {
      .dataCorruptedError(forKey: .losses, in: values, debugDescription: what)
    }
    seed = try values.decode(UInt64.self, forKey: .seed)
    let bytes = try values.decode(Data.self, forKey: .losses)
    guard bytes.count % 8 == 0, !bytes.isEmpty else {
      throw damaged("losses of \(bytes.count) bytes")
    }
    losses = [UInt64](unsafeUninitializedCapacity: bytes.count / 8) { buffer, count in
      count = bytes.copyBytes(to: buffer) / 8
    }.map { Double(bitPattern: UInt64(littleEndian: $0)) }
    if let place = losses.firstIndex(where: \.isNaN) { throw damaged("loss \(place) is no number") }
  }
}
