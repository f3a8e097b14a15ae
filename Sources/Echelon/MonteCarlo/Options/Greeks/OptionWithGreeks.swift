public import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire

/// An option on one asset whose price and Greeks can be sampled together: what `greeks(of:method:samples:seed:)` takes.
public protocol OptionWithGreeks: Sendable {
  /// What a sample of the Greeks is.
  /// - Throws: `PoolError.invalidArgument` for an option that has no Greeks, or none by this method.
  func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation

  /// The Greeks by a formula; nil where there is none.
  var exactGreeks: OptionGreeks? { get }
}

extension OptionWithGreeks {
  /// None, unless an option has a formula.
  public var exactGreeks: OptionGreeks? { nil }
}

/// How Greeks are sampled. The options make it for themselves.
public struct GreeksSimulation {
  let function: ChunkFunction
  let program: VectorSampleProgram<6>

  /// - Parameters:
  ///   - function: stores the sums of a chunk; made outside of generic code, since it travels.
  ///   - sample: one sample, for where the function cannot be sent.
  init(
    _ function: ChunkFunction,
    _ sample: @escaping (inout PhiloxGenerator) -> InlineArray<6, Double>
  ) {
    self.function = function
    program = VectorSampleProgram(sample)
  }
}

extension WorkExecutor {
  /// Starts the estimation of the Greeks of an option by simulation, and returns the future of the estimate.
  ///
  /// Samples are unbiased by both methods, where the price's samples are: not in Heston's model, whose Greeks have the
  /// bias of its price; vega and theta are differences there, and see `ModelPathOption` for options on paths. Of a European
  /// option `EuropeanOption.greeks` is exact, and this shows how well a simulation does.
  /// - Parameters:
  ///   - option: with a volatility and a time above 0.
  ///   - method: see `GreeksMethod`. A barrier that is looked at at dates makes the payoff jump, which leaves
  ///     `.likelihoodRatio` alone; `OptionSampling.conditional` leaves `.pathwise` alone.
  ///   - samples: how many, 0 or more; `startGreeks(of:method:seed:until:errorOf:)` ends at an error or a time.
  ///   - seed: as for `startMonteCarlo(samples:seed:)`, like all others.
  ///   - state: of an estimate of the same option, method and seed, to go on with its run: the bits are those of one run.
  /// - Throws: `PoolError.invalidArgument` for an option that has no Greeks, or none by this method, a negative number of
  ///   samples, and a state of another seed or of more samples.
  /// - Source: M. Broadie, P. Glasserman, *Estimating security price derivatives using simulation*, Management Science
  ///   42 (1996); P. Glasserman, *Monte Carlo Methods in Financial Engineering* (2003), ch. 7.
  public func startGreeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    try startGreeks(
      of: option, method: method, seed: seed, until: .samples(samples), resuming: state,
      priority: priority)
  }

  /// The Greeks of an option by simulation; see `startGreeks`.
  public func greeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, samples: samples, seed: seed, resuming: state, priority: priority
    ).value
  }

  /// The Greeks of an option by simulation, blocking; see `startGreeks`.
  @available(*, noasync)
  public func greeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(
      of: option, method: method, samples: samples, seed: seed, resuming: state, priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of an option, as `monteCarloEstimates` gives them of a number: leave the loop when
  /// one is good enough. The last one has the bits of `greeks`.
  /// - Parameters: as for `startGreeks`.
  public func greeksEstimates(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<GreeksEstimate, any Error> {
    try greeksEstimates(
      of: option, method: method, seed: seed, until: .samples(samples), resuming: state,
      priority: priority)
  }

  /// Starts the estimation of the Greeks of an option until they are good enough, and returns the future of the estimate.
  ///
  ///     let found = try await pool.greeks(
  ///       of: option, seed: 42, until: .relativeError(0.001).or(.samples(1 << 30)), errorOf: [.delta, .vega])
  ///
  /// The run is looked at where `startMonteCarlo(seed:until:)` looks, so the bits do not depend on the number of workers.
  /// - Parameters:
  ///   - option: as of `startGreeks(of:method:samples:seed:)`, like the method, the seed, the state and the priority.
  ///   - goal: what `greeks` are to reach: a standard error in their unit, or as a part of their mean, which one that is 0 never has,
  ///     as a gamma may be; or a number of samples, or a time.
  ///   - greeks: whose error counts, one or more; each is to reach the goal.
  /// - Throws: as `startGreeks(of:method:samples:seed:)`, and `PoolError.invalidArgument` for a goal that cannot be, and where no
  ///   error counts.
  public func startGreeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    let run = GreeksRun(goal, greeks, priority).of([try option.greeksSimulation(by: method)])
    let states = try beginning(state.map { [$0] }, seed: seed, run)
    return try startSteps { [self] in try await finished(start(run, from: states)).estimates[0] }
  }

  /// The Greeks of an option by simulation until they are good enough; see `startGreeks(of:method:seed:until:errorOf:)`.
  public func greeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, seed: seed, until: goal, errorOf: greeks, resuming: state,
      priority: priority
    ).value
  }

  /// The Greeks of an option by simulation until they are good enough, blocking; see
  /// `startGreeks(of:method:seed:until:errorOf:)`.
  @available(*, noasync)
  public func greeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(
      of: option, method: method, seed: seed, until: goal, errorOf: greeks, resuming: state,
      priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of an option until they are good enough; the last one has the bits of `greeks`.
  /// - Parameters: as for `startGreeks(of:method:seed:until:errorOf:)`.
  public func greeksEstimates(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<GreeksEstimate, any Error> {
    let run = GreeksRun(goal, greeks, priority).of([try option.greeksSimulation(by: method)])
    let states = try beginning(state.map { [$0] }, seed: seed, run)
    return try reporting { [self] report in
      try await sample(run, from: states) { report($0.estimates[0]) }
    }
  }
}
