import EchelonKernels
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
  /// bias of its price; vega and theta are differences there, and see `ModelPathOption` for options on paths. Of a European option `EuropeanOption.greeks` is exact, and this shows how well a simulation does.
  /// - Parameters:
  ///   - option: with a volatility and a time above 0.
  ///   - method: see `GreeksMethod`. A barrier that is looked at at dates makes the payoff jump, which leaves
  ///     `.likelihoodRatio` alone; `OptionSampling.conditional` leaves `.pathwise` alone.
  ///   - samples: how many, 0 or more.
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
    _ = try option.greeksSimulation(by: method)
    let course = try GreeksCourse(self, samples, seed, state.map { [$0] }, priority)
    return try startSteps { [self] in
      try await greeks(of: [try option.greeksSimulation(by: method)], course)[0]
    }
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
    _ = try option.greeksSimulation(by: method)
    let course = try GreeksCourse(self, samples, seed, state.map { [$0] }, priority)
    return try reporting { [self] report in
      try await reportGreeks(of: [try option.greeksSimulation(by: method)], course) {
        report($0[0])
      }
    }
  }
}

/// From where Greeks are sampled, and how far.
struct GreeksCourse: Sendable {
  let samples: Int
  let seed: UInt64
  /// One for each asset; nil at the beginning.
  private(set) var states: [GreeksState]?
  let priority: WorkPriority

  /// - Throws: `PoolError.invalidArgument` for what cannot be.
  init(
    _ executor: some WorkExecutor, _ samples: Int, _ seed: UInt64, _ states: [GreeksState]?,
    _ priority: WorkPriority
  ) throws {
    (self.samples, self.seed, self.states, self.priority) = (samples, seed, states, priority)
    try executor.check(.samples(samples), from: states?.first?.nextSample ?? 0)
    for state in states ?? [] {
      try executor.check(state.seed, is: seed)
      guard state.nextSample == states?.first?.nextSample else {
        throw PoolError.invalidArgument(
          "Greeks of several assets that go on from \(states?.first?.nextSample ?? 0) and "
            + "\(state.nextSample) samples; take the states of one run")
      }
    }
  }

  /// The same later on.
  /// - Parameter preparation: how long what goes before the samples has taken.
  func after(_ preparation: Duration) -> GreeksCourse {
    var course = self
    if course.states == nil { course.states = [GreeksState(seed: seed)] }
    course.states?[0].elapsedTime += preparation
    return course
  }
}

extension WorkExecutor {
  /// All samples of each simulation as one job.
  func greeks(
    of simulations: [GreeksSimulation], _ course: GreeksCourse
  ) async throws -> [GreeksEstimate] {
    let states = course.states ?? simulations.map { _ in GreeksState(seed: course.seed) }
    return try await sampled(simulations, states, upTo: course.samples, course.priority)
  }

  /// From boundary to boundary.
  func reportGreeks(
    of simulations: [GreeksSimulation], _ course: GreeksCourse,
    _ report: ([GreeksEstimate]) -> Void
  ) async throws {
    var states = course.states ?? simulations.map { _ in GreeksState(seed: course.seed) }
    // Ahead of the states by what they do not keep.
    var position = states[0].nextSample
    repeat {
      position = min(MonteCarloGoal.boundary(after: position), course.samples)
      let found = try await sampled(simulations, states, upTo: position, course.priority)
      report(found)
      states = found.map { $0.state! }
    } while position < course.samples
  }

  private func sampled(
    _ simulations: [GreeksSimulation], _ states: [GreeksState], upTo count: Int,
    _ priority: WorkPriority
  ) async throws -> [GreeksEstimate] {
    var estimates: [GreeksEstimate] = []
    for (simulation, state) in zip(simulations, states) {
      let future = try startVectorSampling(
        simulation.function, orElse: simulation.program, from: state, until: .samples(count),
        priority: priority, deadline: nil)
      estimates.append(GreeksEstimate(try await finished(future)))
    }
    return estimates
  }
}
