public import EchelonKernels
public import EchelonWire

extension WorkExecutor {
  /// Starts the estimation of the Greeks of an American option in Heston's or Merton's model by least squares, and returns the
  /// future of the estimate.
  ///
  /// The policy of exercise, which `startPrice` explains, is held as it is, as for an `AmericanOption`: by the likelihood ratio
  /// samples are derivatives of what this policy brings, and along the path they leave out what paths at its boundary win or
  /// lose by crossing it. Neither is what the best policy has. Of the put of `ModelAmericanOption` and 50 dates (`echelon
  /// montecarlo merton --payoff american --put --greeks pathwise --samples 1e6 --seed s`) three seeds had deltas of -0.463 to
  /// -0.465 along the path, each ± 0.0001, and of -0.470 ± 0.0005 by the likelihood ratio, where a recursion over the dates has
  /// -0.471; vegas of 30.2 to 30.4 and 30.7 to 30.9, for 30.3, and rhos of -34.2 to -34.4 and -34.6 to -34.8, for -33.9. With
  /// the default numbers of `echelon montecarlo heston`, `--steps 50` and 4 · 10⁵ samples deltas were -0.445 to -0.448 ± 0.0002 and
  /// -0.457 to -0.459 ± 0.0012, where finite differences have -0.460, vegas 17.7 and 17.9 to 18.1, for 17.8, and rhos -25.9 to
  /// -26.3 and -26.6 to -26.9, for -25.8.
  ///
  /// With jumps, theta counts them by the likelihood ratio always. In Heston's model vega is by the volatility of today, √V, and
  /// vega and theta are differences, as of `HestonOption`, which says what is asked of V and of the correlation; by the
  /// likelihood ratio rho is one, too, of rates a 32nd of a deviation of the price's logarithm through the years up and down. All
  /// are taken beside the exact Greeks of the European option. Of one that is exercised today all but price and delta are 0.
  /// - Parameters:
  ///   - option: see `ModelAmericanOption`.
  ///   - method: see `GreeksMethod`.
  ///   - regressionSamples: paths of the regressions, as of `startPrice`.
  ///   - samples: how many, 0 or more.
  ///   - seed: of the regressions and the samples, which are independent of each other.
  ///   - state: of an estimate of the same option, method, regressions and seed, to go on with its run: the bits are those
  ///     of one run. The regressions are made once more.
  /// - Throws: `PoolError.invalidArgument` for what is said above.
  /// - Source: as of the Greeks of an `AmericanOption`.
  public func startGreeks(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    try startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed,
      until: .samples(samples), resuming: state, priority: priority)
  }

  /// Behind the regressions, and how long they took.
  private func simulation(
    _ option: ModelAmericanOption, _ method: GreeksMethod, _ regressionSamples: Int, _ seed: UInt64,
    _ priority: WorkPriority
  ) async throws -> (GreeksSimulation, Duration) {
    let clock = RunClock()
    let policy = try await policy(for: option, regressionSamples, seed, priority)
    return (option.greeksSimulation(policy, by: method), clock.elapsed)
  }

  /// The Greeks of an American option in a model by simulation; see `startGreeks`.
  public func greeks(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, samples: samples,
      seed: seed, resuming: state, priority: priority
    ).value
  }

  /// The Greeks of an American option in a model by simulation, blocking; see `startGreeks`.
  @available(*, noasync)
  public func greeks(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, samples: samples,
      seed: seed, resuming: state, priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of an American option in a model, as those of other options.
  /// - Parameters: as for `startGreeks`.
  public func greeksEstimates(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<GreeksEstimate, any Error> {
    try greeksEstimates(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed,
      until: .samples(samples), resuming: state, priority: priority)
  }

  /// Starts the estimation of the Greeks of an American option in a model until they are good enough, and returns the future of the
  /// estimate. The regressions come before, whatever the goal is.
  /// - Parameters: as for `startGreeks(of:method:seed:until:errorOf:)` of other options, and `regressionSamples` as above.
  /// - Throws: as both.
  public func startGreeks(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    try option.checkGreeks()
    try check(option, regressionSamples: regressionSamples)
    let run = GreeksRun(goal, greeks, priority)
    let states = try beginning(state.map { [$0] }, seed: seed, run)
    return try startSteps { [self] in
      let (simulation, time) = try await simulation(
        option, method, regressionSamples, seed, priority)
      return try await finished(start(run.of([simulation]), from: states.after(time))).estimates[0]
    }
  }

  /// The Greeks of an American option in a model by simulation until they are good enough; see
  /// `startGreeks(of:method:regressionSamples:seed:until:errorOf:)`.
  public func greeks(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed, until: goal,
      errorOf: greeks, resuming: state, priority: priority
    ).value
  }

  /// The Greeks of an American option in a model by simulation until they are good enough, blocking; see
  /// `startGreeks(of:method:regressionSamples:seed:until:errorOf:)`.
  @available(*, noasync)
  public func greeks(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed, until: goal,
      errorOf: greeks, resuming: state, priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of an American option in a model until they are good enough.
  /// - Parameters: as for `startGreeks(of:method:regressionSamples:seed:until:errorOf:)`.
  public func greeksEstimates(
    of option: ModelAmericanOption, method: GreeksMethod = .pathwise,
    regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<GreeksEstimate, any Error> {
    try option.checkGreeks()
    try check(option, regressionSamples: regressionSamples)
    let run = GreeksRun(goal, greeks, priority)
    let states = try beginning(state.map { [$0] }, seed: seed, run)
    return try reporting { [self] report in
      let (simulation, time) = try await simulation(
        option, method, regressionSamples, seed, priority)
      try await sample(run.of([simulation]), from: states.after(time)) { report($0.estimates[0]) }
    }
  }
}
