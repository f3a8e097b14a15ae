public import EchelonKernels
import EchelonPool
public import EchelonWire

/// An option on several assets whose price and Greeks can be sampled together, those of each asset by themselves.
public protocol BasketWithGreeks: Sendable {
  /// What a sample of the Greeks of each asset is.
  /// - Throws: `PoolError.invalidArgument` for an option that has no Greeks, and
  ///   `DistributionError.notPositiveDefinite` for correlations that no assets have, or where an asset follows from others.
  func greeksSimulations(by method: GreeksMethod) throws -> [GreeksSimulation]
}

extension WorkExecutor {
  /// Starts the estimation of the Greeks of a basket by simulation, and returns the future of the estimates, one for each
  /// asset: its delta, gamma and vega are by the price and the volatility of that asset alone. Price, theta and rho are
  /// those of the basket, and the same in all, whose samples are the same. Each asset takes a run of its own.
  ///
  /// By the likelihood ratio errors are the larger the nearer one asset is to following from the others.
  /// - Parameters:
  ///   - option: see `BasketOption` and `ModelBasketOption`.
  ///   - method: see `GreeksMethod`.
  ///   - samples: how many, 0 or more.
  ///   - seed: as for `startMonteCarlo(samples:seed:)`, like all others.
  ///   - states: of all estimates of the same option, method and seed, to go on with their runs: the bits are those of runs
  ///     that never stopped.
  /// - Throws: as the option's `simulation`, and `PoolError.invalidArgument` for a negative number of samples, and for states
  ///   of another seed, of more samples, or of another number of assets.
  /// - Source: P. Glasserman, *Monte Carlo Methods in Financial Engineering* (2003), ch. 7.
  public func startGreeks(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) throws -> Future<[GreeksEstimate]> {
    try startGreeks(
      of: option, method: method, seed: seed, until: .samples(samples), resuming: states,
      priority: priority)
  }

  /// The Greeks of a basket by simulation; see `startGreeks`.
  public func greeks(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) async throws -> [GreeksEstimate] {
    try await startGreeks(
      of: option, method: method, samples: samples, seed: seed, resuming: states,
      priority: priority
    ).value
  }

  /// The Greeks of a basket by simulation, blocking; see `startGreeks`.
  @available(*, noasync)
  public func greeks(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) throws -> [GreeksEstimate] {
    try startGreeks(
      of: option, method: method, samples: samples, seed: seed, resuming: states,
      priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of a basket, as those of other options; each time of all assets, from the same
  /// samples.
  /// - Parameters: as for `startGreeks`.
  public func greeksEstimates(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<[GreeksEstimate], any Error> {
    try greeksEstimates(
      of: option, method: method, seed: seed, until: .samples(samples), resuming: states,
      priority: priority)
  }

  /// Starts the estimation of the Greeks of a basket until those of all assets are good enough, and returns the future of the
  /// estimates.
  /// - Parameters: as for `startGreeks(of:method:seed:until:errorOf:)` of other options, but for the states.
  /// - Throws: as it, and as `startGreeks(of:method:samples:seed:)` of a basket.
  public func startGreeks(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) throws -> Future<[GreeksEstimate]> {
    let (run, states) = try course(option, method, seed, goal, greeks, states, priority)
    return try startSteps { [self] in try await finished(start(run, from: states)).estimates }
  }

  private func course(
    _ option: some BasketWithGreeks, _ method: GreeksMethod, _ seed: UInt64, _ goal: MonteCarloGoal,
    _ greeks: Set<OptionGreek>, _ states: [GreeksState]?, _ priority: WorkPriority
  ) throws -> (GreeksRun, GreeksStates) {
    let simulations = try option.greeksSimulations(by: method)
    let run = GreeksRun(goal, greeks, priority).of(simulations)
    return (run, try beginning(states, seed: seed, assets: simulations.count, run))
  }

  /// The Greeks of a basket by simulation until they are good enough; see `startGreeks(of:method:seed:until:errorOf:)`.
  public func greeks(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) async throws -> [GreeksEstimate] {
    try await startGreeks(
      of: option, method: method, seed: seed, until: goal, errorOf: greeks, resuming: states,
      priority: priority
    ).value
  }

  /// The Greeks of a basket by simulation until they are good enough, blocking; see
  /// `startGreeks(of:method:seed:until:errorOf:)`.
  @available(*, noasync)
  public func greeks(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) throws -> [GreeksEstimate] {
    try startGreeks(
      of: option, method: method, seed: seed, until: goal, errorOf: greeks, resuming: states,
      priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of a basket until they are good enough.
  /// - Parameters: as for `startGreeks(of:method:seed:until:errorOf:)`.
  public func greeksEstimates(
    of option: some BasketWithGreeks, method: GreeksMethod = .pathwise, seed: UInt64,
    until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming states: [GreeksState]? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<[GreeksEstimate], any Error> {
    let (run, states) = try course(option, method, seed, goal, greeks, states, priority)
    return try reporting { [self] report in
      try await sample(run, from: states) { report($0.estimates) }
    }
  }
}
