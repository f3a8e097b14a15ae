import EchelonKernels
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts the simulation of an Ising model by several Markov chains, and returns the future of what they find.
  ///
  /// A sweep draws every spin anew once, in the order of the rows, given its neighbours: a heat bath. Chains begin with all
  /// spins alike and depend on no other: chain k draws from the generators of (seed, k), of as many streams as it takes, so
  /// the answer has the same bits for any number of workers. Errors are found by blocking, since successive sweeps are alike.
  /// Near the critical temperature that takes many sweeps, about the square of the size; `isTooShort` says when there were
  /// too few.
  /// - Parameters:
  ///   - model: the lattice.
  ///   - sweeps: of each chain, that count; 16 or more.
  ///   - burnIn: those before them, which do not; 0 or more.
  ///   - chains: how many, 1 or more; each is one worker's.
  ///   - seed: see above.
  ///   - state: of an estimate of the same model, burn-in, chains and seed, of fewer sweeps or of as many, to go on with its
  ///     run; the bits are those of one run.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chains.
  /// - Throws: `PoolError.invalidArgument` for what is said above, and for a state of another run; `ArenaError` when memory
  ///   runs out, of which it takes a bit for each spin twice, and eight bytes for each sweep of each chain.
  /// - Source: the probabilities of the heat bath are those of R. J. Glauber, *Time-dependent statistics of the Ising
  ///   model*, Journal of Mathematical Physics 4 (1963), whose spins come in random order.
  ///   Metropolis' rule, applied to one spin after the other, turns nearly all of them in each sweep when it is hot, and
  ///   forgets the beginning only slowly.
  public func startIsing(
    _ model: IsingModel, sweeps: Int, burnIn: Int = 1000, chains: Int = 8, seed: UInt64,
    resuming state: IsingState? = nil, priority: WorkPriority = .normal
  ) throws -> Future<IsingEstimate> {
    try startIsing(
      model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, resuming: state,
      priority: priority, sweepsOfStream: IsingModel.sweepsOfStream)
  }

  /// What an Ising model does; see `startIsing`.
  public func ising(
    _ model: IsingModel, sweeps: Int, burnIn: Int = 1000, chains: Int = 8, seed: UInt64,
    resuming state: IsingState? = nil, priority: WorkPriority = .normal
  ) async throws -> IsingEstimate {
    try await startIsing(
      model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, resuming: state,
      priority: priority
    ).value
  }

  /// What an Ising model does, blocking; see `startIsing`.
  @available(*, noasync)
  public func ising(
    _ model: IsingModel, sweeps: Int, burnIn: Int = 1000, chains: Int = 8, seed: UInt64,
    resuming state: IsingState? = nil, priority: WorkPriority = .normal
  ) throws -> IsingEstimate {
    try startIsing(
      model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, resuming: state,
      priority: priority
    ).result()
  }

  /// Ever better estimates of an Ising model, as `monteCarloEstimates` gives them: after 16 sweeps that count, after twice as
  /// many each time up to 1,024, and then four times in each doubling; sooner where chains have drawn 2²⁹ spins since. The
  /// last one has the bits of `ising`. Means are NaN while the burn-in lasts, in which estimates have a state all the same.
  /// Leaving the loop ends the run.
  ///
  ///     for try await found in try pool.isingEstimates(model, sweeps: 1 << 20, seed: 42) {
  ///       if found.energy.standardError < 1e-4, !found.energy.isTooShort { break }
  ///     }
  /// - Parameters: as for `startIsing`.
  public func isingEstimates(
    _ model: IsingModel, sweeps: Int, burnIn: Int = 1000, chains: Int = 8, seed: UInt64,
    resuming state: IsingState? = nil, priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<IsingEstimate, any Error> {
    try isingEstimates(
      model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, resuming: state,
      priority: priority, spinsOfLook: nil)
  }

  /// - Parameter limit: how many spins are drawn from one look to the next, at most.
  package func isingEstimates(
    _ model: IsingModel, sweeps: Int, burnIn: Int, chains: Int, seed: UInt64,
    resuming state: IsingState? = nil, priority: WorkPriority = .normal, spinsOfLook limit: Int?
  ) throws -> AsyncThrowingStream<IsingEstimate, any Error> {
    var run = try self.chains(
      model, sweeps, burnIn, chains, seed, state, IsingModel.sweepsOfStream(size: model.size))
    if let limit { run.spinsOfLook = limit }
    let look = run.look
    return try reporting { [self, run] report in
      _ = try await sweep(run, from: state, priority, look: look, report: report)
    }
  }

  /// - Parameter sweepsOfStream: how many sweeps draw from one stream, given the size.
  package func startIsing(
    _ model: IsingModel, sweeps: Int, burnIn: Int, chains: Int, seed: UInt64,
    resuming state: IsingState? = nil, priority: WorkPriority = .normal,
    sweepsOfStream: (_ size: Int) -> Int
  ) throws -> Future<IsingEstimate> {
    let run = try self.chains(
      model, sweeps, burnIn, chains, seed, state, sweepsOfStream(model.size))
    return try startSteps { [self] in
      // All at once, so that no chain waits for another.
      try await sweep(run, from: state, priority, look: { _ in burnIn + sweeps }) { _ in }
    }
  }

  /// Checks what is asked for, and makes room for it.
  private func chains(
    _ model: IsingModel, _ sweeps: Int, _ burnIn: Int, _ chains: Int, _ seed: UInt64,
    _ state: IsingState?, _ sweepsOfStream: Int
  ) throws -> IsingChains {
    func refuse(_ what: String) -> PoolError { .invalidArgument("an Ising model with \(what)") }
    if let problem = model.problem ?? IsingChains.problem(burnIn: burnIn, chains: chains) {
      throw refuse(problem)
    }
    guard 16...IsingChains.sweepLimit ~= sweeps else {
      throw refuse("\(sweeps) sweeps that count; take 16 or more, up to 2³²")
    }
    if let state {
      try check(state.seed, is: seed)
      func words(_ model: IsingModel, _ burnIn: Int, _ chains: Int) -> String {
        "\(chains) chains of \(model.size) × \(model.size) spins at \(model.temperature) after \(burnIn) sweeps"
      }
      guard state.model == model, state.burnIn == burnIn, state.chains == chains else {
        throw refuse(
          words(model, burnIn, chains) + " that goes on from "
            + words(state.model, state.burnIn, state.chains) + "; take the same")
      }
      guard state.sweeps <= sweeps else {
        throw refuse("\(sweeps) sweeps that goes on from \(state.sweeps); take more")
      }
    }
    let run = IsingChains(
      model: model, burnIn: burnIn, sweeps: sweeps, chains: chains, seed: seed,
      sweepsOfStream: sweepsOfStream,
      spins: try (0..<2).map { _ in
        try uninitializedArray(
          of: UInt8.self, count: chains * IsingSpins.byteCount(size: model.size))
      },
      series: try uninitializedArray(of: Int32.self, count: 2 * chains * sweeps))
    run.restore(state)
    return run
  }

  /// Goes on with all chains, from look to look.
  private func sweep(
    _ run: IsingChains, from start: IsingState?, _ priority: WorkPriority,
    look: @Sendable (_ sweepsDone: Int) -> Int, report: (IsingEstimate) -> Void
  ) async throws -> IsingEstimate {
    let clock = RunClock(after: start?.elapsedTime ?? .zero)
    var (done, place) = (start?.allSweeps ?? 0, 0)
    while true {
      let end = look(done)
      if end > done {
        try await finished(
          startConcurrentPerform(
            iterations: run.chains, chunkLength: 1, priority: priority,
            run.body(done..<end, from: place)))
        (done, place) = (end, 1 - place)
      }
      var state = run.state(done, place)
      state.elapsedTime = clock.elapsed
      let estimate = state.estimate()
      report(estimate)
      if done == run.burnIn + run.sweeps { return estimate }
    }
  }
}
