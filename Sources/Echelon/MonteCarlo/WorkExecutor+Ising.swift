public import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire
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

  /// Both, one behind the other.
  public var description: String { "energy \(energy), magnetization \(magnetization)" }
}

extension WorkExecutor {
  /// Starts the simulation of an Ising model by several Markov chains, and returns the future of what they find.
  ///
  /// A sweep draws every spin anew once, in the order of the rows, given its neighbours: a heat bath. Chains begin with all spins alike and depend on no other:
  /// chain k draws from the generators of (seed, k), of as many streams as it takes, so the answer has the same bits for any
  /// number of workers. Errors are found by blocking, since successive sweeps are alike. Near the critical temperature that takes many sweeps, about the
  /// square of the size; `isTooShort` says when there were too few.
  /// - Parameters:
  ///   - model: the lattice.
  ///   - sweeps: of each chain, that count; 16 or more.
  ///   - burnIn: those before them, which do not; 0 or more.
  ///   - chains: how many, 1 or more; each is one worker's.
  ///   - seed: see above.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chains.
  /// - Throws: `PoolError.invalidArgument` for what is said above.
  /// - Source: the probabilities of the heat bath are those of R. J. Glauber, *Time-dependent statistics of the Ising
  ///   model*, Journal of Mathematical Physics 4 (1963), whose spins come in random order.
  ///   Metropolis' rule, applied to one spin after the other, turns nearly all of them in each sweep when it is hot, and
  ///   forgets the beginning only slowly.
  public func startIsing(
    _ model: IsingModel, sweeps: Int, burnIn: Int = 1000, chains: Int = 8, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> Future<IsingEstimate> {
    try startIsing(
      model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, priority: priority,
      sweepsOfStream: IsingModel.sweepsOfStream)
  }

  /// - Parameter sweepsOfStream: how many sweeps draw from one stream, given the size.
  package func startIsing(
    _ model: IsingModel, sweeps: Int, burnIn: Int, chains: Int, seed: UInt64,
    priority: WorkPriority = .normal, sweepsOfStream: (_ size: Int) -> Int
  ) throws -> Future<IsingEstimate> {
    func refuse(_ what: String) -> PoolError { .invalidArgument("an Ising model with \(what)") }
    guard 2...16_384 ~= model.size else {
      throw refuse("\(model.size) spins along an edge; take 2 to 16,384")
    }
    guard model.temperature > 0 else {
      throw refuse("a temperature of \(model.temperature); take one above 0")
    }
    guard 16...1 << 32 ~= sweeps, 0...1 << 32 ~= burnIn else {
      throw refuse("\(burnIn) sweeps and \(sweeps) that count; take 16 or more of these, up to 2³²")
    }
    guard 1...65_536 ~= chains else { throw refuse("\(chains) chains; take 1 to 65,536") }
    let series = try uninitializedArray(of: Double.self, count: 2 * chains * sweeps)
    let simulation = IsingSimulation(
      model: model, sweeps: sweeps, burnIn: burnIn, seed: seed,
      sweepsOfStream: sweepsOfStream(model.size), series: series)
    return try startSteps { [self] in
      try await finished(
        startConcurrentPerform(
          iterations: chains, chunkLength: 1, priority: priority, simulation.body))
      return series.withSpan { series in
        func estimate(_ place: Int) -> BlockedEstimate {
          BlockedEstimate(
            combining: (0..<chains).map { chain in
              let start = (2 * chain + place) * sweeps
              return BlockedEstimate(series.extracting(start..<start + sweeps))
            })
        }
        return IsingEstimate(energy: estimate(0), magnetization: estimate(1))
      }
    }
  }

  /// What an Ising model does; see `startIsing`.
  public func ising(
    _ model: IsingModel, sweeps: Int, burnIn: Int = 1000, chains: Int = 8, seed: UInt64,
    priority: WorkPriority = .normal
  ) async throws -> IsingEstimate {
    try await startIsing(
      model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, priority: priority
    ).value
  }

  /// What an Ising model does, blocking; see `startIsing`.
  @available(*, noasync)
  public func ising(
    _ model: IsingModel, sweeps: Int, burnIn: Int = 1000, chains: Int = 8, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> IsingEstimate {
    try startIsing(
      model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, priority: priority
    ).result()
  }
}

extension IsingModel {
  /// How many sweeps draw from one stream, one number for each spin: it has 2³³ numbers before they repeat, two in each of
  /// 2³² blocks. Those behind them draw from the next stream; there are fewer than 2³² of them.
  package static func sweepsOfStream(size: Int) -> Int { (1 << 33) / (size * size) }
}

private struct IsingSimulation: Sendable {
  let model: IsingModel
  let sweeps: Int
  let burnIn: Int
  let seed: UInt64
  let sweepsOfStream: Int
  /// Of each chain the energies and then the magnetisations, per spin.
  let series: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { run($0) } }

  private func run(_ chain: Int) {
    let size = model.size
    var spins = [Int8](repeating: 1, count: size * size)
    var rng = PhiloxGenerator(seed: seed, index: UInt64(chain))
    // How often a spin is turned that changes the energy by so much.
    let turned = [-8.0, -4, 0, 4, 8].map { 1 / (1 + exp($0 / model.temperature)) }
    var (energy, total) = (-2 * size * size, size * size)
    let start = 2 * chain * sweeps
    series[start..<start + 2 * sweeps].withMutableSpan { series in
      for sweep in -burnIn..<sweeps {
        let (stream, rest) = (sweep + burnIn).quotientAndRemainder(dividingBy: sweepsOfStream)
        if rest == 0 {
          rng = PhiloxGenerator(seed: seed, index: UInt64(chain), stream: UInt32(stream))
        }
        var place = 0
        for row in 0..<size {
          let above = (row == 0 ? size - 1 : row - 1) * size
          let below = (row == size - 1 ? 0 : row + 1) * size
          for column in 0..<size {
            let left = row * size + (column == 0 ? size - 1 : column - 1)
            let right = row * size + (column == size - 1 ? 0 : column + 1)
            let neighbours =
              spins[above + column] + spins[below + column] + spins[left] + spins[right]
            let spin = spins[place]
            let agreement = Int(spin * neighbours)
            // One draw for each spin, whatever becomes of it, so that chains stay comparable.
            if rng.uniform() < turned[agreement / 2 + 2] {
              spins[place] = -spin
              energy += 2 * agreement
              total -= 2 * Int(spin)
            }
            place += 1
          }
        }
        if sweep >= 0 {
          let count = Double(size * size)
          series[sweep] = Double(energy) / count
          series[sweeps + sweep] = abs(Double(total)) / count
        }
      }
    }
  }
}
