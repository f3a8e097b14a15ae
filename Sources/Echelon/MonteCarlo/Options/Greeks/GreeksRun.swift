import EchelonKernels
import EchelonPool
import EchelonTransfer
import EchelonWire

/// Greeks that are sampled, of one asset or of all assets of a basket, each by samples of its own; all are the same far.
struct GreeksRun: SamplingRun {
  private var simulations: [Unsent<GreeksSimulation>] = []
  let goal: MonteCarloGoal
  /// The components whose errors count.
  private let components: [Int]
  private let priority: WorkPriority

  init(_ goal: MonteCarloGoal, _ greeks: Set<OptionGreek>, _ priority: WorkPriority) {
    self.goal = goal
    components = greeks.map(\.component).sorted()
    self.priority = priority
  }

  /// A run of these samples.
  func of(_ simulations: [GreeksSimulation]) -> GreeksRun {
    var run = self
    run.simulations = simulations.map { Unsent($0) }
    return run
  }

  /// Throws where no error counts.
  fileprivate func check() throws {
    guard components.isEmpty else { return }
    throw PoolError.invalidArgument(
      "Greeks until none of them is good enough; name one or more whose error counts")
  }

  func isReached(by found: GreeksFound) -> Bool {
    found.assets.allSatisfy { goal.isReached(by: $0, components: components) }
  }

  func state(of found: GreeksFound) -> GreeksStates {
    GreeksStates(assets: found.assets.map { $0.state! })
  }

  var partLength: Int { GreeksState.partLength }

  func start(
    on executor: some WorkExecutor, from state: GreeksStates, upTo count: Int, isFine: Bool
  ) throws -> Future<GreeksFound> {
    try executor.startSteps { [self] in
      var found: [VectorEstimate<6>] = []
      for (simulation, state) in zip(simulations, state.assets) {
        let run = VectorRun(
          sample: Unsent((simulation.functions.function, simulation.functions.program)),
          goal: .samples(count), priority: priority, deadline: nil)
        found.append(
          try await finished(
            run.start(on: executor, from: state, upTo: count, isFine: isFine)))
      }
      return GreeksFound(assets: found)
    }
  }
}

/// What has been found of each asset.
struct GreeksFound: Sendable {
  let assets: [VectorEstimate<6>]

  var estimates: [GreeksEstimate] { assets.map { GreeksEstimate($0) } }
}

/// How far the samples of each asset have come; all as far as the first.
struct GreeksStates: SamplingState {
  private(set) var assets: [GreeksState]

  var seed: UInt64 { assets[0].seed }
  var nextSample: Int { assets[0].nextSample }
  func estimate() -> GreeksFound { GreeksFound(assets: assets.map { $0.estimate() }) }

  /// The same later on.
  /// - Parameter preparation: how long what goes before the samples has taken.
  func after(_ preparation: Duration) -> GreeksStates {
    var states = self
    states.assets[0].elapsedTime += preparation
    return states
  }
}

extension WorkExecutor {
  /// The states to begin with.
  /// - Parameter states: one for each asset; nil at the beginning.
  /// - Throws: `PoolError.invalidArgument` for what cannot be.
  func beginning(
    _ states: [GreeksState]?, seed: UInt64, assets: Int = 1, _ run: GreeksRun
  ) throws -> GreeksStates {
    try run.check()
    if let states, states.count != assets {
      throw PoolError.invalidArgument(
        "Greeks of \(assets) assets that go on from those of \(states.count); take the same")
    }
    let states = states ?? (0..<assets).map { _ in GreeksState(seed: seed) }
    try check(run.goal, from: states[0].nextSample)
    for state in states {
      try check(state.seed, is: seed)
      guard state.nextSample == states[0].nextSample else {
        throw PoolError.invalidArgument(
          "Greeks of several assets that go on from \(states[0].nextSample) and "
            + "\(state.nextSample) samples; take the states of one run")
      }
    }
    return GreeksStates(assets: states)
  }
}
