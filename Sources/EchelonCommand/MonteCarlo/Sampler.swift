import Echelon

/// From where samples go on, and how far.
struct Course<State: RunState> {
  let seed: UInt64
  let goal: MonteCarloGoal
  let state: State?
}

/// What goes before the samples of a run.
struct RunPreparation {
  /// What a line on a terminal calls it.
  let name: String
  let chunkCount: Int

  /// Of the policy of an American option.
  static func regressions(_ chunkCount: Int) -> RunPreparation {
    RunPreparation(name: "regressions", chunkCount: chunkCount)
  }
}

/// How the samples of a command are started.
struct Sampler<Estimate: RunEstimate> {
  typealias Estimates = AsyncThrowingStream<Estimate, any Error>
  /// To their end at once.
  let found: (ProcessPool, Course<Estimate.State>, Interruption) async throws -> Estimate
  /// With estimates on the way.
  let estimates: (ProcessPool, Course<Estimate.State>) throws -> Estimates
  /// The first so many samples one by one; nil where they are of no use, or not to be had.
  var kept: ((ProcessPool, _ count: Int, _ seed: UInt64) throws -> Future<SharedArray<Double>>)?
  /// nil where samples begin at once.
  var preparation: RunPreparation?

  init(
    estimates: @escaping (ProcessPool, Course<Estimate.State>) throws -> Estimates,
    _ start: @escaping (ProcessPool, Course<Estimate.State>) throws -> Future<Estimate>
  ) {
    self.estimates = estimates
    found = { pool, course, interruption in
      let future = try start(pool, course)
      interruption.watch([future])
      return try await future.value
    }
  }

  /// - Parameters:
  ///   - estimates: of another kind.
  ///   - make: what is reported of them.
  init<Found: Sendable>(
    estimates:
      @escaping (ProcessPool, Course<Estimate.State>) throws -> AsyncThrowingStream<
        Found, any Error
      >,
    found: @escaping (ProcessPool, Course<Estimate.State>, Interruption) async throws -> Found,
    make: @escaping @Sendable (Found) -> Estimate
  ) {
    self.found = { make(try await found($0, $1, $2)) }
    self.estimates = { pool, course in
      var iterator = try estimates(pool, course).makeAsyncIterator()
      return AsyncThrowingStream { try await iterator.next().map(make) }
    }
  }
}

extension Sampler<MonteCarloEstimate> {
  static var pi: Sampler {
    Sampler {
      try $0.piEstimates(seed: $1.seed, until: $1.goal, resuming: $1.state)
    } _: {
      try $0.startPi(seed: $1.seed, until: $1.goal, resuming: $1.state)
    }
  }

  static func price(of option: some SimulatedOption) -> Sampler {
    var sampler = Sampler {
      try $0.priceEstimates(of: option, seed: $1.seed, until: $1.goal, resuming: $1.state)
    } _: {
      try $0.startPrice(of: option, seed: $1.seed, until: $1.goal, resuming: $1.state)
    }
    sampler.kept = { try $0.startPriceSamples(of: option, count: $1, seed: $2) }
    return sampler
  }
}
