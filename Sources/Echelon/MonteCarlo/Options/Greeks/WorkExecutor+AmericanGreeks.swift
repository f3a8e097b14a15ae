public import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire
import Foundation

extension WorkExecutor {
  /// Starts the estimation of the Greeks of an American option by least squares, and returns the future of the estimate.
  ///
  /// The policy of exercise, which `startPrice` explains, is held as it is: of the best one the price does not change with
  /// the policy. By the likelihood ratio samples are unbiased derivatives of what this policy brings; along the path
  /// they leave out what paths at its boundary win or lose by crossing it: nothing of the best policy for every moment, and of
  /// this one more than the standard errors, by an amount that depends on the regressions. Of a put, 100 beside a strike of
  /// 105, 5 %, 20 %, one year (`echelon montecarlo american --put --greeks pathwise --dates 10 --samples 2e5 --seed s`), deltas of
  /// nine seeds were -0.519 to -0.527 with 10 dates and -0.517 to -0.532 with 50, each ± 0.0004 or less, where binomial trees
  /// for these dates have -0.5271 and -0.5297; by the likelihood ratio -0.526 to -0.528 ± 0.0005 and -0.528 to -0.530
  /// ± 0.002. Both are taken beside the exact Greeks of the European option. Of one that is exercised today all but price
  /// and delta are 0.
  /// - Parameters:
  ///   - option: with a volatility and a time above 0.
  ///   - method: see `GreeksMethod`.
  ///   - regressionSamples: paths of the regressions, as of `startPrice`.
  ///   - samples: how many, 0 or more.
  ///   - seed: of the regressions and the samples, which are independent of each other.
  ///   - state: of an estimate of the same option, method, regressions and seed, to go on with its run: the bits are those
  ///     of one run. The regressions are made once more.
  /// - Throws: `PoolError.invalidArgument` for what is said above.
  /// - Source: V. V. Piterbarg, *Risk sensitivities of Bermuda swaptions*, International Journal of Theoretical and Applied
  ///   Finance 7 (2004); P. Glasserman, *Monte Carlo Methods in Financial Engineering* (2003), ch. 7.
  public func startGreeks(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    try startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed,
      until: .samples(samples), resuming: state, priority: priority)
  }

  /// Behind the regressions, and how long they took.
  private func simulation(
    _ option: AmericanOption, _ method: GreeksMethod, _ regressionSamples: Int, _ seed: UInt64,
    _ priority: WorkPriority
  ) async throws -> (GreeksSimulation, Duration) {
    let clock = RunClock()
    let policy = try await policy(for: option, regressionSamples, seed, priority)
    let path = AmericanGreeksPath(option, policy, isPathwise: method == .pathwise)
    return (path.simulation, clock.elapsed)
  }

  /// The Greeks of an American option by simulation; see `startGreeks`.
  public func greeks(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, samples: samples,
      seed: seed, resuming: state, priority: priority
    ).value
  }

  /// The Greeks of an American option by simulation, blocking; see `startGreeks`.
  @available(*, noasync)
  public func greeks(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, samples: samples,
      seed: seed, resuming: state, priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of an American option, as those of other options.
  /// - Parameters: as for `startGreeks`.
  public func greeksEstimates(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    samples: Int, seed: UInt64, resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<GreeksEstimate, any Error> {
    try greeksEstimates(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed,
      until: .samples(samples), resuming: state, priority: priority)
  }

  /// Starts the estimation of the Greeks of an American option until they are good enough, and returns the future of the
  /// estimate. The regressions come before, whatever the goal is.
  /// - Parameters: as for `startGreeks(of:method:seed:until:errorOf:)` of other options, and `regressionSamples` as above.
  /// - Throws: as both.
  public func startGreeks(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    try check(option, regressionSamples: regressionSamples)
    let run = GreeksRun(goal, greeks, priority)
    let states = try beginning(state.map { [$0] }, seed: seed, run)
    return try startSteps { [self] in
      let (simulation, time) = try await simulation(
        option, method, regressionSamples, seed, priority)
      return try await finished(start(run.of([simulation]), from: states.after(time))).estimates[0]
    }
  }

  /// The Greeks of an American option by simulation until they are good enough; see
  /// `startGreeks(of:method:regressionSamples:seed:until:errorOf:)`.
  public func greeks(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed, until: goal,
      errorOf: greeks, resuming: state, priority: priority
    ).value
  }

  /// The Greeks of an American option by simulation until they are good enough, blocking; see
  /// `startGreeks(of:method:regressionSamples:seed:until:errorOf:)`.
  @available(*, noasync)
  public func greeks(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(
      of: option, method: method, regressionSamples: regressionSamples, seed: seed, until: goal,
      errorOf: greeks, resuming: state, priority: priority
    ).result()
  }

  /// Ever better estimates of the Greeks of an American option until they are good enough.
  /// - Parameters: as for `startGreeks(of:method:regressionSamples:seed:until:errorOf:)`.
  public func greeksEstimates(
    of option: AmericanOption, method: GreeksMethod = .pathwise, regressionSamples: Int = 65_536,
    seed: UInt64, until goal: MonteCarloGoal, errorOf greeks: Set<OptionGreek> = [.price],
    resuming state: GreeksState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<GreeksEstimate, any Error> {
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

private struct AmericanGreeksPath: Sendable {
  let frame: GreeksFrame
  let kind: EuropeanOption.Kind
  let policy: ExercisePolicy
  let european: OptionGreeks
  let isPathwise: Bool

  init(_ option: AmericanOption, _ policy: ExercisePolicy, isPathwise: Bool) {
    frame = GreeksFrame(option.european)
    kind = option.kind
    self.policy = policy
    european = option.european.greeks
    self.isPathwise = isPathwise
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    if policy.isExercisedNow { return [policy.payoffNow, policy.sign, 0, 0, 0, 0] }
    var scores = PathScores(steps: policy.dates)
    for date in 1..<max(1, policy.dates) {
      scores.add(generator.normal())
      let price =
        frame.spot * exp(frame.drift * scores.share + frame.deviation * scores.noise)
      guard let gain = policy.gain(at: date, price: price) else { continue }
      return (european + exercised(gain, price, scores)).components
    }
    return european.components
  }

  /// What exercising brings more than the European option that is given up, as of today.
  private func exercised(_ gain: Double, _ price: Double, _ scores: PathScores) -> OptionGreeks {
    let (share, gone) = (scores.share, scores.share * frame.years)
    let left = EuropeanOption(
      kind, spot: price, strike: policy.strike, rate: frame.rate, volatility: frame.volatility,
      years: frame.years - gone
    ).greeks
    var slopes = scores.slopes(of: gain, deviation: frame.deviation)
    if isPathwise {
      let slope = (policy.sign - left.delta) * price
      slopes = PathSlopes(
        value: gain, spot: slope, curvature: (slope - gain) * scores.spot(frame.deviation),
        drift: slope * share, deviation: slope * scores.noise)
    }
    var greeks = frame.undiscounted(slopes)
    // At one price the European option depends on these, too, and all is discounted from then on.
    greeks.vega -= left.vega
    greeks.theta += frame.rate * share * gain - (1 - share) * left.theta
    greeks.rho -= left.rho + gone * gain
    return greeks.scaled(by: exp(-frame.rate * gone))
  }
}
