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
      quarterCircle, orElse: SampleProgram(quarterCirclePoint), hasParts: false,
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

  /// Ever better estimates of π: one after each boundary, until one is good enough; see `startPi`, and for the sequence
  /// `monteCarloEstimates`.
  public func piEstimates(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    try sampling(
      quarterCircle, orElse: SampleProgram(quarterCirclePoint), hasParts: false,
      from: try beginning(state, seed: seed), until: goal, priority: priority)
  }

  /// Starts the estimation of the price of an option by simulation, and returns the future of the estimate.
  ///
  ///     let option = AsianOption(
  ///       .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1, dates: 12)
  ///     let price = try await pool.price(of: option, seed: 42, until: .standardError(1e-3))
  ///
  /// Where an option has an `exactPrice` the simulation shows how well it does.
  /// - Parameters:
  ///   - option: a `EuropeanOption`, `AsianOption`, `BarrierOption`, `LookbackOption`, `BasketOption` and so on. Its
  ///     comment says whether the expectation of a sample is the price, or how far from it.
  ///   - seed: as for `startPi`, like all others.
  /// - Throws: `PoolError.invalidArgument` for an option that has no price.
  public func startPrice(
    of option: some SimulatedOption, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: MonteCarloState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<MonteCarloEstimate> {
    let simulation = try option.simulation
    return try startSampling(
      simulation.function, orElse: simulation.program, from: try beginning(state, seed: seed),
      until: goal, priority: priority, deadline: nil)
  }

  /// The price of an option by simulation; see `startPrice`.
  public func price(
    of option: some SimulatedOption, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: MonteCarloState? = nil, priority: WorkPriority = .normal
  ) async throws -> MonteCarloEstimate {
    try await startPrice(
      of: option, seed: seed, until: goal, resuming: state, priority: priority
    ).value
  }

  /// The price of an option by simulation, blocking; see `startPrice`.
  @available(*, noasync)
  public func price(
    of option: some SimulatedOption, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: MonteCarloState? = nil, priority: WorkPriority = .normal
  ) throws -> MonteCarloEstimate {
    try startPrice(of: option, seed: seed, until: goal, resuming: state, priority: priority)
      .result()
  }

  /// Ever better estimates of the price of an option: one after each boundary, until one is good enough; see
  /// `startPrice`, and for the sequence `monteCarloEstimates`.
  public func priceEstimates(
    of option: some SimulatedOption, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: MonteCarloState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    let simulation = try option.simulation
    return try sampling(
      simulation.function, orElse: simulation.program, from: try beginning(state, seed: seed),
      until: goal, priority: priority)
  }
}

extension WorkExecutor {
  /// Starts drawing the samples of an option's price into a shared array, and returns its future: for quantiles,
  /// histograms and whatever else is asked of discounted payoffs beside their mean.
  ///
  ///     let payoffs = try await pool.priceSamples(of: option, count: 1_000_000, seed: 42)
  ///     print(try await pool.quantiles(payoffs, [0.5, 0.95]))
  ///
  /// Element i is the sample i of `startPrice`, with the same bits for any number of workers. Of options that are sampled
  /// beside something whose price is known, as their comments say, samples are no payoffs.
  /// - Parameters:
  ///   - option: as for `startPrice`.
  ///   - count: how many, 0 or more; each takes 8 bytes of the pool's memory.
  ///   - first: which sample is the first, 0 or more: to go on after others.
  ///   - seed: as for `startPi`.
  ///   - priority: how urgent it is.
  /// - Throws: `PoolError.invalidArgument` for an option that has no price and a negative number; `ArenaError` when memory
  ///   runs out.
  public func startPriceSamples(
    of option: some SimulatedOption, count: Int, from first: Int = 0, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Double>> {
    let simulation = try option.simulation
    return try startKeeping(
      simulation.function, orElse: KeptSampleProgram(simulation.program.sample), count: count,
      from: first, seed: seed, isTold: true, priority: priority, deadline: nil)
  }

  /// The samples of an option's price; see `startPriceSamples`.
  public func priceSamples(
    of option: some SimulatedOption, count: Int, from first: Int = 0, seed: UInt64,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Double> {
    try await startPriceSamples(
      of: option, count: count, from: first, seed: seed, priority: priority
    ).value
  }

  /// The samples of an option's price, blocking; see `startPriceSamples`.
  @available(*, noasync)
  public func priceSamples(
    of option: some SimulatedOption, count: Int, from first: Int = 0, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Double> {
    try startPriceSamples(of: option, count: count, from: first, seed: seed, priority: priority)
      .result()
  }
}

extension EuropeanOption: SimulatedOption {
  /// See `SimulatedOption`; samples are exact, by vector loops.
  public var simulation: OptionSimulation {
    get throws {
      try OptionProblem.refuse(problem)
      let payoff = Payoff(self)
      return OptionSimulation(payoff.function, payoff.sample)
    }
  }

  /// `price`.
  public var exactPrice: Double? { price }
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
      let range = chunk.parameters(as: SampleRange.self)
      if range.keeps != 0 {
        return chunk.withOutput(of: Double.self) {
          fillOptionPayoffs(
            mean: mean, deviation: deviation, strike: strike, scale: scale, seed: range.seed,
            first: range.first + UInt64(chunk.start), &$0)
        }
      }
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
