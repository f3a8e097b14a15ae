import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonTransfer
import EchelonWire

// The course of a Monte Carlo run: chunks of samples as jobs, one for each stretch between two boundaries.

extension WorkExecutor {
  @usableFromInline
  package func startSampling<Program: ChunkProgram>(
    _ function: ChunkFunction, orElse program: Program, inputs: [ArrayReference] = [],
    from state: MonteCarloState, until goal: MonteCarloGoal, priority: WorkPriority,
    deadline: Duration?
  ) throws -> Future<MonteCarloEstimate> {
    try check(goal, from: state)
    let run = SamplingRun(
      sample: Unsent((function, program)), inputs: inputs, goal: goal, priority: priority,
      deadline: deadline)
    // Of a given number of samples all chunks are one job, which no pause divides.
    if let count = goal.sampleLimit, goal == .samples(count) {
      return try start(run.job(from: state, upTo: count))
    }
    return try startSteps { [self] in
      var last: MonteCarloEstimate?
      try await sample(run, from: state) { last = $0 }
      return last!
    }
  }

  @usableFromInline
  package func sampling<Program: ChunkProgram>(
    _ function: ChunkFunction, orElse program: Program, from state: MonteCarloState,
    until goal: MonteCarloGoal, priority: WorkPriority
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    try check(goal, from: state)
    let run = SamplingRun(
      sample: Unsent((function, program)), inputs: [], goal: goal, priority: priority, deadline: nil
    )
    let (stream, continuation) = AsyncThrowingStream.makeStream(
      of: MonteCarloEstimate.self, bufferingPolicy: .bufferingNewest(1))
    let whole = try startSteps { [self] in
      try await sample(run, from: state) { continuation.yield($0) }
    }
    whole.onCompletion { ended in
      do {
        try ended.result()
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    continuation.onTermination = { _ in whole.cancel() }
    return stream
  }

  /// The state to begin with.
  /// - Throws: `PoolError.invalidArgument` for one of another seed.
  @usableFromInline
  package func beginning(_ state: MonteCarloState?, seed: UInt64) throws -> MonteCarloState {
    guard let state else { return MonteCarloState(seed: seed) }
    guard state.seed == seed else {
      throw PoolError.invalidArgument(
        "a Monte Carlo run of seed \(seed) that goes on from one of seed \(state.seed); take the same"
      )
    }
    return state
  }

  /// Throws for a goal that makes no sense, or has been passed.
  func check(_ goal: MonteCarloGoal, from state: MonteCarloState) throws {
    if let problem = goal.problem {
      throw PoolError.invalidArgument("a Monte Carlo run until \(problem)")
    }
    if let limit = goal.sampleLimit, limit < state.nextSample {
      throw PoolError.invalidArgument(
        "a Monte Carlo run of \(limit) samples that goes on from \(state.nextSample); take more")
    }
  }

  /// Samples from boundary to boundary until the goal is reached.
  /// - Parameter report: gets the estimate at each of them.
  private func sample<Program: ChunkProgram>(
    _ run: SamplingRun<Program>, from start: MonteCarloState,
    report: (MonteCarloEstimate) -> Void
  ) async throws {
    let clock = ContinuousClock()
    let (length, begin) = (MonteCarloState.chunkLength, clock.now)
    var state = start
    if MonteCarloGoal.isBoundary(state.nextSample) {
      let estimate = MonteCarloEstimate(state.sums(), state: state)
      if run.goal.isReached(by: estimate) { return report(estimate) }
    }
    while true {
      let boundary = min(
        MonteCarloGoal.boundary(after: state.nextSample), run.goal.sampleLimit ?? .max)
      var next = boundary
      if let duration = run.goal.duration {
        // No more chunks than there seems to be time for: a run may end after any of them.
        let elapsed = clock.now - begin
        let done = state.nextSample - start.nextSample
        let left = done == 0 ? 0 : Double(done) * (duration / elapsed - 1)
        let chunks = max(done == 0 ? 4 : 1, Int(min(left, 1e15)) / length)
        next = min(next, state.nextSample + chunks * length)
      }
      let estimate = try await finished(self.start(run.job(from: state, upTo: next)))
      report(estimate)
      // Errors are looked at where every run looks at them.
      if next == boundary, run.goal.isReached(by: estimate) { return }
      if let duration = run.goal.duration, clock.now - begin >= duration { return }
      state = estimate.state!
    }
  }
}

/// What is sampled, and until when.
private struct SamplingRun<Program: ChunkProgram>: Sendable {
  let sample: Unsent<(ChunkFunction, Program)>
  /// What all chunks read.
  let inputs: [ArrayReference]
  let goal: MonteCarloGoal
  let priority: WorkPriority
  let deadline: Duration?

  /// All samples from a state up to a number of them, as one job whose value is the estimate from all.
  func job(
    from state: MonteCarloState, upTo count: Int
  ) throws -> ClosureJob<Program, MonteCarloEstimate> {
    let length = MonteCarloState.chunkLength
    let first = state.nextSample
    let samples = count - first
    let chunkCount = samples / length + (samples % length == 0 ? 0 : 1)
    var job = ClosureJob(
      function: sample.functions.0, program: sample.functions.1, label: "a Monte Carlo run",
      elementCount: samples,
      chunkLength: length, output: nil, inputs: inputs,
      parameters: try ParameterBytes(SampleRange(seed: state.seed, first: UInt64(first)))
    ) { partials in
      guard let partials else { return MonteCarloEstimate(state.sums(), state: state) }
      return partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: chunkCount) { span in
        var state = state
        for index in 0..<samples / length { state.append(SampleSums(span[index])) }
        let rest = samples % length == 0 ? SampleSums() : SampleSums(span[chunkCount - 1])
        return MonteCarloEstimate(state.sums(with: rest), state: state)
      }
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return job
  }
}
