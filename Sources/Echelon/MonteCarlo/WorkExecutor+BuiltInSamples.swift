public import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire
import Foundation

extension WorkExecutor {
  /// Starts the estimation of π as four times the share of random points of the unit square that lie inside of the
  /// quarter circle, and returns the future of the estimate: with the samples of the closure that the README has, by
  /// vector loops.
  /// - Parameters: as for `startMonteCarlo(seed:until:)`; `state` to go on with a run.
  public func startPi(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal
  ) throws -> Future<MonteCarloEstimate> {
    try startSampling(
      quarterCircle, orElse: SampleProgram(quarterCirclePoint),
      from: try beginning(state, seed: seed), until: goal, priority: priority, deadline: nil)
  }

  /// An estimate of π; see `startPi`.
  public func pi(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal
  ) async throws -> MonteCarloEstimate {
    try await startPi(seed: seed, until: goal, resuming: state, priority: priority).value
  }

  /// An estimate of π, blocking; see `startPi`.
  @available(*, noasync)
  public func pi(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal
  ) throws -> MonteCarloEstimate {
    try startPi(seed: seed, until: goal, resuming: state, priority: priority).result()
  }

  /// Starts the estimation of the price of a European option: the discounted mean of its payoff over the normal
  /// distribution of the logarithm of the underlying's price. `EuropeanOption.price` is exact; this one shows how well
  /// a simulation does.
  /// - Parameters: as for `startPi`.
  /// - Throws: `PoolError.invalidArgument` for an option that has no price.
  public func startPrice(
    of option: EuropeanOption, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: MonteCarloState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<MonteCarloEstimate> {
    if let problem = option.problem { throw PoolError.invalidArgument("an option with \(problem)") }
    let payoff = Payoff(option)
    return try startSampling(
      payoff.function, orElse: SampleProgram(payoff.sample),
      from: try beginning(state, seed: seed), until: goal, priority: priority, deadline: nil)
  }

  /// The price of a European option by simulation; see `startPrice`.
  public func price(
    of option: EuropeanOption, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: MonteCarloState? = nil, priority: WorkPriority = .normal
  ) async throws -> MonteCarloEstimate {
    try await startPrice(
      of: option, seed: seed, until: goal, resuming: state, priority: priority
    ).value
  }

  /// The price of a European option by simulation, blocking; see `startPrice`.
  @available(*, noasync)
  public func price(
    of option: EuropeanOption, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: MonteCarloState? = nil, priority: WorkPriority = .normal
  ) throws -> MonteCarloEstimate {
    try startPrice(of: option, seed: seed, until: goal, resuming: state, priority: priority)
      .result()
  }
}

extension ChunkMemory {
  /// The indices of the samples of a chunk.
  fileprivate var samples: (seed: UInt64, indices: Range<UInt64>) {
    let range = parameters(as: SampleRange.self)
    let first = range.first + UInt64(start)
    return (range.seed, first..<first + UInt64(count))
  }
}

/// Made outside of generic code, since it travels.
private var quarterCircle: ChunkFunction {
  ChunkFunction { chunk in
    let (seed, indices) = chunk.samples
    chunk.store(partial: SampleSums.ofQuarterCircle(seed: seed, indices: indices).partial)
  }
}

private func quarterCirclePoint(_ generator: inout PhiloxGenerator) -> Double {
  let (u, v) = (generator.uniform(), generator.uniform())
  return u * u + v * v < 1 ? 4 : 0
}

/// An option's payoff as a function of a normal number.
private struct Payoff {
  let mean: Double
  let deviation: Double
  let strike: Double
  let scale: Double

  init(_ option: EuropeanOption) {
    deviation = option.volatility * option.years.squareRoot()
    mean = log(option.spot) + option.rate * option.years - deviation * deviation / 2
    strike = option.strike
    scale = exp(-option.rate * option.years) * (option.kind == .call ? 1 : -1)
  }

  var function: ChunkFunction {
    let (mean, deviation, strike, scale) = (mean, deviation, strike, scale)
    return ChunkFunction { chunk in
      let (seed, indices) = chunk.samples
      chunk.store(
        partial: SampleSums.ofPayoffs(
          mean: mean, deviation: deviation, strike: strike, scale: scale, seed: seed,
          indices: indices
        ).partial)
    }
  }

  /// Never called: the function can be sent.
  func sample(_ generator: inout PhiloxGenerator) -> Double {
    max(0, (exp(mean + deviation * generator.normal()) - strike) * scale)
  }
}
