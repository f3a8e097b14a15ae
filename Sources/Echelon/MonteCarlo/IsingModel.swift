public import EchelonKernels
import Foundation

/// Spins of ±1 on a square lattice with periodic edges, of which neighbours prefer to be alike: energy -Σ s·s' over all
/// pairs of neighbours, without a field.
public struct IsingModel: Sendable, Hashable, Codable {
  /// Spins along an edge, 2 or more.
  public var size: Int
  /// In units of the coupling over Boltzmann's constant, above 0.
  public var temperature: Double

  /// A lattice of size × size spins.
  public init(size: Int, temperature: Double) {
    (self.size, self.temperature) = (size, temperature)
  }

  /// Where an infinite lattice begins to be magnetised: 2 / log(1 + √2).
  public static let criticalTemperature = 2 / log(1 + 2.0.squareRoot())

  /// The magnetisation per spin of an infinite lattice; 0 from the critical temperature on.
  /// - Source: C. N. Yang, *The spontaneous magnetization of a two-dimensional Ising model*, Physical Review 85 (1952).
  public var spontaneousMagnetization: Double {
    let s = sinh(2 / temperature)
    let rest = 1 - 1 / (s * s * s * s)
    return temperature < Self.criticalTemperature && rest > 0 ? pow(rest, 0.125) : 0
  }
}

/// What a simulation of an Ising model has found, per spin.
public struct IsingEstimate: Sendable, Hashable, Codable, CustomStringConvertible {
  /// -2 to 2.
  public let energy: BlockedEstimate
  /// The magnitude of the mean spin, 0 to 1.
  public let magnetization: BlockedEstimate
  /// From where `startIsing(…, resuming:)` can go on.
  public let state: IsingState

  /// Both, one behind the other.
  public var description: String { "energy \(energy), magnetization \(magnetization)" }
}

extension IsingModel {
  /// How many sweeps draw from one stream, one number for each spin: it has 2³³ numbers before they repeat, two in each of
  /// 2³² blocks. Those behind them draw from the next stream; there are fewer than 2³² of them.
  package static func sweepsOfStream(size: Int) -> Int { (1 << 33) / (size * size) }

  /// What is wrong with it, as the end of a sentence.
  var problem: String? {
    guard 2...16_384 ~= size else { return "\(size) spins along an edge; take 2 to 16,384" }
    guard temperature > 0 else { return "a temperature of \(temperature); take one above 0" }
    return nil
  }

  /// The energy of a lattice, and the sum of its spins.
  /// - Parameter spins: size × size of them, row by row.
  func sums(of spins: [Int8]) -> (energy: Int, spins: Int) {
    var (energy, total) = (0, 0)
    for row in 0..<size {
      let below = (row == size - 1 ? 0 : row + 1) * size
      for column in 0..<size {
        let right = row * size + (column == size - 1 ? 0 : column + 1)
        let spin = spins[row * size + column]
        energy -= Int(spin * (spins[right] + spins[below + column]))
        total += Int(spin)
      }
    }
    return (energy, total)
  }
}
