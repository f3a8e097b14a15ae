import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
import EchelonTransfer
import EchelonWire

// The course of a quasi-Monte Carlo run: a job for each time that the number of points doubles.

/// What is integrated.
private struct QuasiRun: Sendable {
  let integrand: Unsent<(ChunkFunction, IntegrandProgram)>
  let priority: WorkPriority
  let deadline: Duration?

  /// All points behind a state up to a number of them in each replicate, as one job whose value is the estimate from all.
  func start(
    on executor: some WorkExecutor, from state: QuasiMonteCarloState, upTo points: Int
  ) throws -> Future<QuasiMonteCarloEstimate> {
    let clock = RunClock(after: state.elapsedTime)
    let range = QuasiRange(
      seed: state.seed, dimension: state.dimension, pointCount: points,
      firstPart: state.pointCount / QuasiMonteCarloState.partLength)
    let sums = try executor.uninitializedArray(
      of: Double.self, count: state.replicateCount * range.partsOfReplicate)
    var job = ClosureJob(
      function: integrand.functions.0, program: integrand.functions.1, label: "quasi-Monte Carlo",
      elementCount: sums.count,
      chunkLength: max(1, QuasiMonteCarloState.partLength / range.partLength),
      output: ArrayReference(sums), inputs: [], parameters: try ParameterBytes(range)
    ) { _ in
      var state = state
      state.elapsedTime = clock.elapsed
      guard points < QuasiMonteCarloState.partLength else {
        state.append(Array(sums))
        return state.estimate()
      }
      return QuasiMonteCarloEstimate(
        pointCount: points, replicateMeans: Array(sums).map { $0 / Double(points) }, state: state)
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try executor.start(job)
  }
}

extension WorkExecutor {
  /// The state to begin with.
  /// - Throws: `PoolError.invalidArgument` for replicates that cannot be, or a state of another run;
  ///   `QuasiRandomError.invalidDimension`.
  @usableFromInline
  package func beginning(
    _ state: QuasiMonteCarloState?, seed: UInt64, dimension: Int, replicates: Int
  ) throws -> QuasiMonteCarloState {
    guard (2...1 << 20) ~= replicates else {
      throw PoolError.invalidArgument(
        "quasi-Monte Carlo with \(replicates) replicates; take 2 or more, up to 2²⁰, since one says nothing of its error"
      )
    }
    _ = try SobolSequence(dimension: dimension)
    guard let state else {
      return QuasiMonteCarloState(seed: seed, dimension: dimension, replicates: replicates)
    }
    try check(state.seed, is: seed)
    guard state.dimension == dimension, state.replicateCount == replicates else {
      throw PoolError.invalidArgument(
        "quasi-Monte Carlo of \(replicates) replicates in \(dimension) dimensions that goes on from "
          + "\(state.replicateCount) in \(state.dimension); take the same")
    }
    return state
  }

  @usableFromInline
  package func startIntegration(
    _ function: ChunkFunction, orElse program: IntegrandProgram, from state: QuasiMonteCarloState,
    points: Int, priority: WorkPriority, deadline: Duration?
  ) throws -> Future<QuasiMonteCarloEstimate> {
    guard points >= 1, points <= 1 << 31, points & (points - 1) == 0 else {
      throw PoolError.invalidArgument(
        "quasi-Monte Carlo with \(points) points; take a power of 2 up to 2³¹, on which Sobol's points are balanced"
      )
    }
    try check(points, isFrom: state)
    let run = QuasiRun(
      integrand: Unsent((function, program)), priority: priority, deadline: deadline)
    return try run.start(on: self, from: state, upTo: points)
  }

  @usableFromInline
  package func startIntegration(
    _ function: ChunkFunction, orElse program: IntegrandProgram, from state: QuasiMonteCarloState,
    until goal: MonteCarloGoal, priority: WorkPriority
  ) throws -> Future<QuasiMonteCarloEstimate> {
    let most = try mostPoints(goal, from: state)
    let run = QuasiRun(integrand: Unsent((function, program)), priority: priority, deadline: nil)
    return try startSteps { [self] in
      var last: QuasiMonteCarloEstimate?
      try await integrate(run, from: state, until: goal, most) { last = $0 }
      return last!
    }
  }

  @usableFromInline
  package func integrationEstimates(
    _ function: ChunkFunction, orElse program: IntegrandProgram, from state: QuasiMonteCarloState,
    until goal: MonteCarloGoal, priority: WorkPriority
  ) throws -> AsyncThrowingStream<QuasiMonteCarloEstimate, any Error> {
    let most = try mostPoints(goal, from: state)
    let run = QuasiRun(integrand: Unsent((function, program)), priority: priority, deadline: nil)
    return try reporting { [self] report in
      try await integrate(run, from: state, until: goal, most, report: report)
    }
  }

  /// The largest power of 2 that a goal leaves to each replicate.
  private func mostPoints(
    _ goal: MonteCarloGoal, from state: QuasiMonteCarloState
  ) throws -> Int {
    try check(goal, from: 0)
    guard let limit = goal.sampleLimit else { return 1 << 31 }
    let points = limit / state.replicateCount
    guard points >= 1 else {
      throw PoolError.invalidArgument(
        "quasi-Monte Carlo of \(limit) points in \(state.replicateCount) replicates; take one for each at least"
      )
    }
    let most = min(1 << 31, 1 << (Int.bitWidth - 1 - points.leadingZeroBitCount))
    try check(most, isFrom: state)
    return most
  }

  private func check(_ points: Int, isFrom state: QuasiMonteCarloState) throws {
    guard points >= state.pointCount else {
      throw PoolError.invalidArgument(
        "quasi-Monte Carlo with \(points) points in each replicate that goes on from \(state.pointCount); take more"
      )
    }
  }

  /// Doubles the points until the goal is reached.
  /// - Parameter report: gets the estimate each time.
  private func integrate(
    _ run: QuasiRun, from start: QuasiMonteCarloState, until goal: MonteCarloGoal, _ most: Int,
    report: (QuasiMonteCarloEstimate) -> Void
  ) async throws {
    let clock = RunClock()
    var state = start
    if state.pointCount > 0 {
      let estimate = state.estimate()
      if state.pointCount == most || goal.isReached(by: estimate) { return report(estimate) }
    }
    while true {
      let points = min(most, max(QuasiMonteCarloState.partLength, 2 * state.pointCount))
      let estimate = try await finished(run.start(on: self, from: state, upTo: points))
      report(estimate)
      if points == most || goal.isReached(by: estimate) { return }
      if let duration = goal.duration {
        // The next points are as many as all up to now.
        let elapsed = clock.elapsed
        let share = Double(points) / Double(points - start.pointCount)
        if elapsed + elapsed * share > duration { return }
      }
      state = estimate.state!
    }
  }
}
