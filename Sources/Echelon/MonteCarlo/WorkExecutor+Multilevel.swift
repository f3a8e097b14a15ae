public import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonRandom
import EchelonTransfer
public import EchelonWire
import Foundation

/// A user's differences of levels, where the compiler left them generic or captured.
@usableFromInline
package struct LevelProgram: ChunkProgram {
  @usableFromInline let difference: (Int, inout PhiloxGenerator) -> Double
  @inlinable package init(_ difference: @escaping (Int, inout PhiloxGenerator) -> Double) {
    self.difference = difference
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.accumulateLevel(difference) }
}

/// Samples of one level.
@frozen
@usableFromInline
package struct LevelRange: BitwiseCopyable, Sendable {
  @usableFromInline let seed: UInt64
  @usableFromInline let first: UInt64
  @usableFromInline let level: Int
}

extension ChunkMemory {
  /// Runs the samples of the chunk, each with the generator of its own index and level, and stores their sums.
  @inlinable @inline(__always)
  package func accumulateLevel(_ difference: (Int, inout PhiloxGenerator) -> Double) {
    let range = parameters(as: LevelRange.self)
    let first = range.first + UInt64(start)
    let sums = accumulateMonteCarlo(
      seed: range.seed, stream: UInt32(truncatingIfNeeded: range.level),
      indices: first..<first + UInt64(count)
    ) { difference(range.level, &$0) }
    store(partial: sums.partial)
  }
}

extension WorkExecutor {
  /// Starts the estimation of an expectation that can be approximated at several levels, each finer and dearer than the
  /// one before, and returns the future of the estimate.
  ///
  /// Most samples are taken of the coarsest level, which cost little, and few of the differences of fine ones, which vary
  /// little. How many levels there are and how many samples each has follows from the samples themselves.
  ///
  ///     let price = try await pool.multilevelMonteCarlo(error: 0.01, seed: 42) { level, rng in
  ///       // The payoff of a path of 2^level steps, less that of the same path of half as many; at level 0 the payoff.
  ///       …
  ///     }
  ///
  /// Sample i of level l is drawn by the generator of (seed, i, stream l), so the answer has the same bits for any number
  /// of workers.
  /// - Parameters:
  ///   - error: the root of the mean square error that is asked for, 10⁻¹⁵⁰ or more: half of its square for the variance,
  ///     half for the bias.
  ///   - refinement: by which factor a level is finer than the one before, 2 or more: bias is taken to fall with it.
  ///   - costGrowth: by which factor a sample of a level costs more than one of the level before, above 1.
  ///   - levels: how many there may be, 3 to 30.
  ///   - initialSamples: of each level to begin with, 16 to 2⁴⁰.
  ///   - seed: see above.
  ///   - state: of an estimate of the same closure and numbers, to go on with its run; the bits are those of one run. The
  ///     number of levels may be larger, and the error another one: a smaller one refines the answer, whose bits then depend
  ///     on both errors, and on nothing else.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - difference: of a level, from 0, and the one before, from the same random numbers; it travels with what it
  ///     captured, and may run again for the same sample.
  /// - Returns: an estimate whose `bias` is larger than asked for where the levels were not enough. Where samples are not
  ///   finite, or their squares overflow, it comes at once, and its mean or `standardError` is not finite. A level whose
  ///   samples are all equal has no error that is known: it gets more of them, up to 2²⁰ of level 0 and as many of others as
  ///   cost the same; if they are equal still, they are taken for constant and `isErrorKnown` is false.
  /// - Throws: `PoolError.invalidArgument` for what is said above, and for a state of another run.
  /// - Source: M. B. Giles, *Multilevel Monte Carlo path simulation*, Operations Research 56 (2008).
  @inlinable @inline(__always)
  public func startMultilevelMonteCarlo(
    error: Double, refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12,
    initialSamples: Int = 4096, seed: UInt64, resuming state: MultilevelState? = nil,
    priority: WorkPriority = .normal,
    _ difference: @escaping @Sendable (Int, inout PhiloxGenerator) -> Double
  ) throws -> Future<MultilevelEstimate> {
    try startLevels(
      ChunkFunction { chunk in chunk.accumulateLevel(difference) },
      orElse: LevelProgram(difference),
      from: beginning(
        state, error: error, refinement: refinement, costGrowth: costGrowth, levelLimit: levels,
        initialSamples: initialSamples, seed: seed), levelLimit: levels, priority)
  }

  /// Estimates an expectation by several levels; see `startMultilevelMonteCarlo`.
  @inlinable @inline(__always)
  public func multilevelMonteCarlo(
    error: Double, refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12,
    initialSamples: Int = 4096, seed: UInt64, resuming state: MultilevelState? = nil,
    priority: WorkPriority = .normal,
    _ difference: @escaping @Sendable (Int, inout PhiloxGenerator) -> Double
  ) async throws -> MultilevelEstimate {
    try await startMultilevelMonteCarlo(
      error: error, refinement: refinement, costGrowth: costGrowth, levels: levels,
      initialSamples: initialSamples, seed: seed, resuming: state, priority: priority, difference
    ).value
  }

  /// Estimates an expectation by several levels, blocking; see `startMultilevelMonteCarlo`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func multilevelMonteCarlo(
    error: Double, refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12,
    initialSamples: Int = 4096, seed: UInt64, resuming state: MultilevelState? = nil,
    priority: WorkPriority = .normal,
    _ difference: @escaping @Sendable (Int, inout PhiloxGenerator) -> Double
  ) throws -> MultilevelEstimate {
    try startMultilevelMonteCarlo(
      error: error, refinement: refinement, costGrowth: costGrowth, levels: levels,
      initialSamples: initialSamples, seed: seed, resuming: state, priority: priority, difference
    ).result()
  }

  /// Ever better estimates by several levels, as `monteCarloEstimates` gives them: one after each job. The `bias` is infinite
  /// until there are three levels. The last one has the bits of `multilevelMonteCarlo`. Leaving the loop ends the run.
  /// - Parameters: as for `startMultilevelMonteCarlo`.
  @inlinable @inline(__always)
  public func multilevelMonteCarloEstimates(
    error: Double, refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12,
    initialSamples: Int = 4096, seed: UInt64, resuming state: MultilevelState? = nil,
    priority: WorkPriority = .normal,
    _ difference: @escaping @Sendable (Int, inout PhiloxGenerator) -> Double
  ) throws -> AsyncThrowingStream<MultilevelEstimate, any Error> {
    try self.levels(
      ChunkFunction { chunk in chunk.accumulateLevel(difference) },
      orElse: LevelProgram(difference),
      from: beginning(
        state, error: error, refinement: refinement, costGrowth: costGrowth, levelLimit: levels,
        initialSamples: initialSamples, seed: seed), levelLimit: levels, priority)
  }
}

extension WorkExecutor {
  @usableFromInline
  package func startLevels(
    _ function: ChunkFunction, orElse program: LevelProgram, from state: MultilevelState,
    levelLimit: Int, _ priority: WorkPriority
  ) throws -> Future<MultilevelEstimate> {
    let run = LevelRun(
      sample: Unsent((function, program)), seed: state.seed, priority: priority)
    return try startSteps { [self] in
      try await sample(run, from: state, levelLimit) { _ in }
    }
  }

  @usableFromInline
  package func levels(
    _ function: ChunkFunction, orElse program: LevelProgram, from state: MultilevelState,
    levelLimit: Int, _ priority: WorkPriority
  ) throws -> AsyncThrowingStream<MultilevelEstimate, any Error> {
    let run = LevelRun(
      sample: Unsent((function, program)), seed: state.seed, priority: priority)
    return try reporting { [self] report in
      report(try await sample(run, from: state, levelLimit, report: report))
    }
  }

  /// The state to begin with.
  /// - Throws: `PoolError.invalidArgument` for what cannot be, or a state of another run.
  @usableFromInline
  package func beginning(
    _ state: MultilevelState?, error: Double, refinement: Double, costGrowth: Double,
    levelLimit: Int, initialSamples: Int, seed: UInt64
  ) throws -> MultilevelState {
    func refuse(_ what: String) -> PoolError {
      .invalidArgument("multilevel Monte Carlo with \(what)")
    }
    let problem = MultilevelState.problem(
      error: error, refinement: refinement, costGrowth: costGrowth, initialSamples: initialSamples)
    if let problem { throw refuse(problem) }
    guard 3...30 ~= levelLimit else { throw refuse("\(levelLimit) levels; take 3 to 30") }
    guard let state else {
      return MultilevelState(
        seed: seed, error: error, refinement: refinement, costGrowth: costGrowth,
        initialSamples: initialSamples)
    }
    try check(state.seed, is: seed)
    func expect<Value: Equatable>(_ value: Value, is earlier: Value, _ name: String) throws {
      guard value == earlier else {
        throw refuse("\(name) \(value) that goes on from \(name) \(earlier); take the same")
      }
    }
    try expect(refinement, is: state.refinement, "refinement")
    try expect(costGrowth, is: state.costGrowth, "costGrowth")
    try expect(initialSamples, is: state.initialSamples, "initialSamples")
    guard state.levelCount <= levelLimit else {
      throw refuse("\(levelLimit) levels that goes on from \(state.levelCount); take more")
    }
    return state.until(error)
  }

  /// Samples level by level until the error is small enough.
  /// - Parameter report: gets the estimate after each job.
  private func sample(
    _ run: LevelRun, from start: MultilevelState, _ levelLimit: Int,
    report: (MultilevelEstimate) -> Void
  ) async throws -> MultilevelEstimate {
    let clock = RunClock(after: start.elapsedTime)
    var state = start
    func estimate() -> MultilevelEstimate {
      state.elapsedTime = clock.elapsed
      return state.estimate()
    }
    func extend(_ level: Int, to count: Int) async throws {
      var next = Int(state.levels[level].count)
      while next < count, state.isFinite(level) {
        let end = min(count, next + LevelRun.jobLength(level))
        state.levels[level].append(try await finished(self.start(try run.job(level, next..<end))))
        next = end
        report(estimate())
      }
    }
    // Chance alone may have made the first samples of a level equal: 0 is no variance to go by.
    func extendEqual(_ level: Int) async throws {
      let limit = Int(Double(MonteCarloGoal.equalSampleLimit) / state.cost(level))
      while state.levels[level].minimum == state.levels[level].maximum, state.isFinite(level),
        Int(state.levels[level].count) < limit
      {
        try await extend(level, to: min(limit, 4 * Int(state.levels[level].count)))
      }
    }
    if state.levels.isEmpty { state.beginLevel() }
    while true {
      // Of a level that was begun before there are enough.
      let last = state.levelCount - 1
      try await extend(last, to: state.initialSamples)
      try await extendEqual(last)
      guard state.levelCount >= 3 else {
        state.beginLevel()
        continue
      }
      // As many samples as the variances ask for, which are known better the more there are.
      while state.round < MultilevelState.roundLimit, state.isFinite {
        if state.targets.isEmpty { state.targets = state.missing }
        if state.targets.isEmpty { break }
        for level in state.levels.indices { try await extend(level, to: state.targets[level]) }
        state.targets = []
        state.round += 1
      }
      let found = estimate()
      if found.bias <= state.error / 2.squareRoot() || !state.isFinite
        || state.levelCount >= levelLimit
      {
        return found
      }
      state.beginLevel()
    }
  }
}

extension MultilevelState {
  fileprivate func cost(_ level: Int) -> Double { pow(costGrowth, Double(level)) }

  /// Of what is not finite, or has squares that are not, more samples say no more.
  fileprivate func isFinite(_ level: Int) -> Bool {
    levels[level].mean.isFinite && levels[level].m2.isFinite
  }
  fileprivate var isFinite: Bool { levels.indices.allSatisfy(isFinite) }

  /// How many samples each level has to have for the error, 0 where there are enough; nothing where there are of all.
  fileprivate var missing: [Int] {
    let counts = MultilevelEstimate.sampleCounts(
      variances: levels.map { max(0, MonteCarloEstimate($0).variance) },
      costs: levels.indices.map(cost), variance: error * error / 2)
    let more = levels.indices.map { Double(counts[$0]) > 1.01 * levels[$0].count ? counts[$0] : 0 }
    return more.contains { $0 > 0 } ? more : []
  }

  /// What the means of the last levels let expect of those beyond: the largest of three, each brought to the last level.
  private var remainder: Double {
    guard levelCount >= 3 else { return .infinity }
    let last = levelCount - 1
    let means = (max(1, last - 2)...last).map { level in
      abs(levels[level].mean) / pow(refinement, Double(last - level))
    }
    return (means.max() ?? 0) / (refinement - 1)
  }

  fileprivate func estimate() -> MultilevelEstimate {
    MultilevelEstimate(
      levels: levels.map { MonteCarloEstimate($0) }, costs: levels.indices.map(cost),
      bias: remainder, elapsedTime: elapsedTime, state: self)
  }
}

private struct LevelRun: Sendable {
  let sample: Unsent<(ChunkFunction, LevelProgram)>
  let seed: UInt64
  let priority: WorkPriority

  /// Of a chunk. Of a fine level a sample is much work.
  private static func chunkLength(_ level: Int) -> Int { max(16, 4096 >> level) }

  /// Of a job, whose chunks have partial results of 16 MB at most.
  static func jobLength(_ level: Int) -> Int { chunkLength(level) << 18 }

  /// Some samples of a level as one job, whose value is their sums.
  func job(_ level: Int, _ samples: Range<Int>) throws -> ClosureJob<LevelProgram, SampleSums> {
    let length = Self.chunkLength(level)
    let chunkCount = (samples.count + length - 1) / length
    var job = ClosureJob(
      function: sample.functions.0, program: sample.functions.1, label: "a multilevel run",
      elementCount: samples.count, chunkLength: length, output: nil, inputs: [],
      parameters: try ParameterBytes(
        LevelRange(seed: seed, first: UInt64(samples.lowerBound), level: level))
    ) { partials in
      guard let partials else { return SampleSums() }
      return partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: chunkCount) { span in
        span.indices.reduce(into: SampleSums()) { $0.append(SampleSums(span[$1])) }
      }
    }
    job.options = JobOptions(priority: priority)
    return job
  }
}
