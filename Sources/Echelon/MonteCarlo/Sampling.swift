import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonTransfer
import EchelonWire

// The course of a Monte Carlo run: chunks of samples as jobs, one for each stretch between two boundaries.

/// How long a run has taken, with those that it goes on from.
struct RunClock: Sendable {
  private let start = ContinuousClock.now
  private let earlier: Duration

  init(after earlier: Duration = .zero) { self.earlier = earlier }

  var elapsed: Duration { earlier + (.now - start) }
}

/// Where a run stands.
protocol SamplingState: Sendable {
  associatedtype Estimate: Sendable
  var seed: UInt64 { get }
  var nextSample: Int { get }
  func estimate() -> Estimate
}

extension MonteCarloState: SamplingState {
  func estimate() -> MonteCarloEstimate { MonteCarloEstimate(sums(), state: self) }
}

extension VectorMonteCarloState: SamplingState {
  func estimate() -> VectorEstimate<dimension> { estimate(with: VectorSums()) }
}

/// What is sampled, and until when.
protocol SamplingRun: Sendable {
  associatedtype State: SamplingState
  var goal: MonteCarloGoal { get }
  func isReached(by estimate: State.Estimate) -> Bool
  func state(of estimate: State.Estimate) -> State
  /// Samples of which the state keeps no fewer.
  var partLength: Int { get }
  /// All samples from a state up to a number of them, as one job whose value is the estimate from all.
  /// - Parameter isFine: whether they take so long that chunks are divided.
  func start(
    on executor: some WorkExecutor, from state: State, upTo count: Int, isFine: Bool
  ) throws -> Future<State.Estimate>
}

extension WorkExecutor {
  @usableFromInline
  package func startSampling<Program: ChunkProgram>(
    _ function: ChunkFunction, orElse program: Program, inputs: [ArrayReference] = [],
    hasParts: Bool = true, from state: MonteCarloState, until goal: MonteCarloGoal,
    priority: WorkPriority, deadline: Duration?
  ) throws -> Future<MonteCarloEstimate> {
    try start(
      NumberRun(
        sample: Unsent((function, program)), inputs: inputs, hasParts: hasParts, goal: goal,
        priority: priority, deadline: deadline), from: state)
  }

  @usableFromInline
  package func sampling<Program: ChunkProgram>(
    _ function: ChunkFunction, orElse program: Program, hasParts: Bool = true,
    from state: MonteCarloState, until goal: MonteCarloGoal, priority: WorkPriority
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    try estimates(
      NumberRun(
        sample: Unsent((function, program)), inputs: [], hasParts: hasParts, goal: goal,
        priority: priority, deadline: nil), from: state)
  }

  @usableFromInline
  package func startVectorSampling<let dimension: Int>(
    _ function: ChunkFunction, orElse program: VectorSampleProgram<dimension>,
    from state: VectorMonteCarloState<dimension>, until goal: MonteCarloGoal,
    priority: WorkPriority, deadline: Duration?
  ) throws -> Future<VectorEstimate<dimension>> {
    try start(
      VectorRun(
        sample: Unsent((function, program)), goal: goal, priority: priority, deadline: deadline),
      from: state)
  }

  @usableFromInline
  package func vectorSampling<let dimension: Int>(
    _ function: ChunkFunction, orElse program: VectorSampleProgram<dimension>,
    from state: VectorMonteCarloState<dimension>, until goal: MonteCarloGoal,
    priority: WorkPriority
  ) throws -> AsyncThrowingStream<VectorEstimate<dimension>, any Error> {
    try estimates(
      VectorRun(
        sample: Unsent((function, program)), goal: goal, priority: priority, deadline: nil),
      from: state)
  }

  func start<Run: SamplingRun>(
    _ run: Run, from state: Run.State
  ) throws -> Future<Run.State.Estimate> {
    try check(run.goal, from: state.nextSample)
    // Of a given number of samples all chunks are one job, which no pause divides.
    if let count = run.goal.sampleLimit, run.goal == .samples(count) {
      // Of few a worker would have all in a chunk or two.
      let isFine = count - state.nextSample <= 4 * MonteCarloState.chunkLength
      return try run.start(on: self, from: state, upTo: count, isFine: isFine)
    }
    return try startSteps { [self] in
      var last: Run.State.Estimate?
      try await sample(run, from: state) { last = $0 }
      return last!
    }
  }

  /// The same of samples that earlier passes make ready, such as regressions or the bins of VEGAS.
  func sampling<Program: ChunkProgram>(
    from state: MonteCarloState, until goal: MonteCarloGoal, priority: WorkPriority,
    after prepare: @escaping @Sendable () async throws -> ReadySamples<Program>
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    try check(goal, from: state.nextSample)
    let clock = RunClock(after: state.elapsedTime)
    return try reporting { [self] report in
      let ready = try await prepare()
      var state = state
      state.elapsedTime = clock.elapsed
      try await sample(
        NumberRun(
          sample: ready.sample, inputs: ready.inputs, hasParts: true, goal: goal,
          priority: priority,
          deadline: nil),
        from: state, report: report)
    }
  }

  func estimates<Run: SamplingRun>(
    _ run: Run, from state: Run.State
  ) throws -> AsyncThrowingStream<Run.State.Estimate, any Error> {
    try check(run.goal, from: state.nextSample)
    return try reporting { [self] in try await sample(run, from: state, report: $0) }
  }

  /// What `body` reports, as a sequence; leaving it cancels the rest.
  func reporting<Estimate: Sendable>(
    _ body: @escaping @Sendable (_ report: @Sendable (Estimate) -> Void) async throws -> Void
  ) throws -> AsyncThrowingStream<Estimate, any Error> {
    let (stream, continuation) = AsyncThrowingStream.makeStream(
      of: Estimate.self, bufferingPolicy: .bufferingNewest(1))
    let whole = try startSteps { try await body { continuation.yield($0) } }
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
    try check(state.seed, is: seed)
    return state
  }

  /// The same of several quantities.
  @usableFromInline
  package func beginning<let dimension: Int>(
    _ state: VectorMonteCarloState<dimension>?, seed: UInt64
  ) throws -> VectorMonteCarloState<dimension> {
    guard let state else { return VectorMonteCarloState(seed: seed) }
    try check(state.seed, is: seed)
    return state
  }

  func check(_ earlier: UInt64, is seed: UInt64) throws {
    guard earlier == seed else {
      throw PoolError.invalidArgument(
        "a Monte Carlo run of seed \(seed) that goes on from one of seed \(earlier); take the same")
    }
  }

  /// Throws for a goal that makes no sense, or has been passed.
  func check(_ goal: MonteCarloGoal, from nextSample: Int) throws {
    if let problem = goal.problem {
      throw PoolError.invalidArgument("a Monte Carlo run until \(problem)")
    }
    if let limit = goal.sampleLimit, limit < nextSample {
      throw PoolError.invalidArgument(
        "a Monte Carlo run of \(limit) samples that goes on from \(nextSample); take more")
    }
  }

  /// Samples from boundary to boundary until the goal is reached.
  /// - Parameter report: gets the estimate at each of them.
  func sample<Run: SamplingRun>(
    _ run: Run, from start: Run.State, report: (Run.State.Estimate) -> Void
  ) async throws {
    let clock = ContinuousClock()
    let (length, begin) = (MonteCarloState.chunkLength, clock.now)
    var state = start
    // Ahead of the state by what it does not keep.
    var position = start.nextSample
    if MonteCarloGoal.isBoundary(position) {
      let estimate = state.estimate()
      if run.isReached(by: estimate) { return report(estimate) }
    }
    while true {
      let boundary = min(MonteCarloGoal.boundary(after: position), run.goal.sampleLimit ?? .max)
      var next = boundary
      let (elapsed, done) = (clock.now - begin, position - start.nextSample)
      if let duration = run.goal.duration {
        // No more samples than there seems to be time for: a run may end after any of them that a state keeps.
        let left = done == 0 ? 0 : Double(done) * (duration / elapsed - 1)
        let part = run.partLength
        let parts = max(done == 0 ? max(1, 4096 / part) : 1, Int(min(left, 1e15)) / part)
        var end = (position / part + parts) * part
        // After a whole chunk where it is not far.
        if end - position > length { end -= end % length }
        next = min(next, end)
      }
      // A chunk of what takes so long would keep a worker, and whoever waits, for a third of a second and more.
      let isSlow = done > 0 && elapsed / Duration.microseconds(5) > Double(done)
      let estimate = try await finished(
        run.start(
          on: self, from: state, upTo: next, isFine: isSlow && next - position <= 1 << 30))
      report(estimate)
      // Errors are looked at where every run looks at them.
      if next == boundary, run.isReached(by: estimate) { return }
      if let duration = run.goal.duration, clock.now - begin >= duration { return }
      state = run.state(of: estimate)
      position = next
    }
  }
}

/// A function that samples a number, and what all its chunks read.
struct ReadySamples<Program: ChunkProgram>: Sendable {
  let sample: Unsent<(ChunkFunction, Program)>
  let inputs: [ArrayReference]

  init(_ function: ChunkFunction, orElse program: Program, inputs: [ArrayReference] = []) {
    sample = Unsent((function, program))
    self.inputs = inputs
  }
}

/// Samples of a number.
private struct NumberRun<Program: ChunkProgram>: SamplingRun {
  let sample: Unsent<(ChunkFunction, Program)>
  /// What all chunks read.
  let inputs: [ArrayReference]
  /// Whether the sums of a chunk are those of its parts, to the bit.
  let hasParts: Bool
  let goal: MonteCarloGoal
  let priority: WorkPriority
  let deadline: Duration?

  func isReached(by estimate: MonteCarloEstimate) -> Bool { goal.isReached(by: estimate) }
  func state(of estimate: MonteCarloEstimate) -> MonteCarloState { estimate.state! }

  var partLength: Int { hasParts ? MonteCarloState.partLength : MonteCarloState.chunkLength }

  func start(
    on executor: some WorkExecutor, from state: MonteCarloState, upTo count: Int, isFine: Bool
  ) throws -> Future<MonteCarloEstimate> {
    // Of a closure's run there may be some.
    let state = hasParts ? state : state.withoutParts
    let range = SampleRange(
      seed: state.seed, state.nextSample..<count, partLength: partLength, hasParts: hasParts,
      isFine: isFine)
    let elementCount = range.elementCount
    let rest = count % partLength
    let clock = RunClock(after: state.elapsedTime)
    var job = ClosureJob(
      function: sample.functions.0, program: sample.functions.1, label: "a Monte Carlo run",
      elementCount: elementCount, chunkLength: 1, output: nil, inputs: inputs,
      parameters: try ParameterBytes(range)
    ) { partials in
      guard let partials else { return MonteCarloEstimate(state.sums(), state: state) }
      return partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: elementCount) { span in
        var state = state
        for index in 0..<elementCount - (rest == 0 ? 0 : 1) {
          state.append(SampleSums(span[index]))
        }
        state.elapsedTime = clock.elapsed
        let last = rest == 0 ? SampleSums() : SampleSums(span[elementCount - 1])
        return MonteCarloEstimate(state.sums(with: last), state: state)
      }
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try executor.start(job)
  }
}

/// Samples of several quantities, whose sums for each chunk are the elements of an array.
struct VectorRun<let dimension: Int>: SamplingRun {
  let sample: Unsent<(ChunkFunction, VectorSampleProgram<dimension>)>
  let goal: MonteCarloGoal
  let priority: WorkPriority
  let deadline: Duration?

  func isReached(by estimate: VectorEstimate<dimension>) -> Bool { goal.isReached(by: estimate) }
  func state(of estimate: VectorEstimate<dimension>) -> VectorMonteCarloState<dimension> {
    estimate.state!
  }

  var partLength: Int { VectorMonteCarloState<dimension>.partLength }

  func start(
    on executor: some WorkExecutor, from state: VectorMonteCarloState<dimension>, upTo count: Int,
    isFine: Bool
  ) throws -> Future<VectorEstimate<dimension>> {
    let range = SampleRange(
      seed: state.seed, state.nextSample..<count, partLength: partLength, hasParts: true,
      isFine: isFine)
    let elementCount = range.elementCount
    let rest = count % partLength
    let clock = RunClock(after: state.elapsedTime)
    let sums = try executor.uninitializedArray(
      of: VectorSums<dimension>.self, count: elementCount)
    var job = ClosureJob(
      function: sample.functions.0, program: sample.functions.1, label: "a Monte Carlo run",
      elementCount: elementCount, chunkLength: 1, output: ArrayReference(sums), inputs: [],
      parameters: try ParameterBytes(range)
    ) { _ in
      sums.withSpan { span in
        var state = state
        for index in 0..<elementCount - (rest == 0 ? 0 : 1) { state.append(span[index]) }
        state.elapsedTime = clock.elapsed
        return state.estimate(with: rest == 0 ? VectorSums() : span[elementCount - 1])
      }
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try executor.start(job)
  }
}
