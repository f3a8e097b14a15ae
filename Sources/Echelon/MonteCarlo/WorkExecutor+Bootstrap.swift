public import EchelonKernels
public import EchelonMemory
import EchelonPool
import EchelonTransfer
public import EchelonWire

extension WorkExecutor {
  /// Starts judging how far a statistic of a sample may be off, by the same statistic of samples drawn from the sample
  /// with replacement, and returns the future of the estimate.
  ///
  ///     let ratio = try await pool.bootstrap(x, seed: 42) { x in
  ///       var (sum, squares) = (0.0, 0.0)
  ///       for i in x.indices { sum += x[i]; squares += x[i] * x[i] }
  ///       return sum / squares.squareRoot()
  ///     }
  ///     print(ratio, ratio.confidenceInterval(0.95))
  ///
  /// Replicate k is drawn by the generator of (seed, k), so the answer has the same bits for any number of workers.
  /// - Parameters:
  ///   - x: n ≥ 2 elements.
  ///   - resamples: how many samples are drawn; 2 or more, some thousands for an interval.
  ///   - seed: of the draws.
  ///   - earlier: what the same call has found of fewer resamples, or of as many. It is gone on from, and the answer has
  ///     the bits of a call that found all of them; it is `Codable`, so it may be of another process.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startMonteCarlo(samples:seed:)`.
  ///   - statistic: gets n elements, or for the jackknife fewer; it travels with what it captured and may run again for
  ///     the same sample.
  /// - Throws: `PoolError.invalidArgument` for what is said above, and from the future for an earlier estimate whose statistic,
  ///   or that of whose first sample, is another with these elements and this seed; `ArenaError` when memory runs out.
  /// - Source: B. Efron, R. Tibshirani, *An Introduction to the Bootstrap* (1993). Of more than 10,000 elements the
  ///   jackknife, which the acceleration of BCa intervals is from, leaves out groups of them (§11.5).
  @inlinable @inline(__always)
  public func startBootstrap(
    _ x: SharedArray<Double>, resamples: Int = 9_999, seed: UInt64,
    resuming earlier: BootstrapEstimate? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> Future<BootstrapEstimate> {
    try startBootstrapping(
      ChunkFunction { chunk in chunk.bootstrap(statistic) }, orElse: StatisticProgram(statistic),
      x, resamples: resamples, seed: seed, resuming: earlier, priority: priority, deadline: deadline
    )
  }

  /// How far a statistic of a sample may be off; see `startBootstrap`.
  @inlinable @inline(__always)
  public func bootstrap(
    _ x: SharedArray<Double>, resamples: Int = 9_999, seed: UInt64,
    resuming earlier: BootstrapEstimate? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>) -> Double
  ) async throws -> BootstrapEstimate {
    try await startBootstrap(
      x, resamples: resamples, seed: seed, resuming: earlier, priority: priority,
      deadline: deadline, statistic
    ).value
  }

  /// How far a statistic of a sample may be off, blocking; see `startBootstrap`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func bootstrap(
    _ x: SharedArray<Double>, resamples: Int = 9_999, seed: UInt64,
    resuming earlier: BootstrapEstimate? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> BootstrapEstimate {
    try startBootstrap(
      x, resamples: resamples, seed: seed, resuming: earlier, priority: priority,
      deadline: deadline, statistic
    ).result()
  }

  /// Ever better estimates of how far a statistic of a sample may be off, as `monteCarloEstimates` gives them: one after 256
  /// resamples, after twice as many each time up to 16,384, then four in each doubling, and the last after all of them.
  ///
  ///     for try await ratio in try pool.bootstrapEstimates(x, resamples: 10_000_000, seed: 42, statistic) {
  ///       print(ratio)
  ///     }
  ///
  /// The last one has the bits of `bootstrap`, and each can be gone on from (`resuming:`). Leaving the loop ends the run.
  /// - Parameters: as for `startBootstrap`.
  /// - Throws: as `startBootstrap`; what its future throws comes from the stream. That is also an error for a statistic that
  ///   is not the same when it is computed again: those of the sample and of the first resample are, for each estimate.
  @inlinable @inline(__always)
  public func bootstrapEstimates(
    _ x: SharedArray<Double>, resamples: Int = 9_999, seed: UInt64,
    resuming earlier: BootstrapEstimate? = nil, priority: WorkPriority = .normal,
    _ statistic: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> AsyncThrowingStream<BootstrapEstimate, any Error> {
    try bootstrapping(
      ChunkFunction { chunk in chunk.bootstrap(statistic) }, orElse: StatisticProgram(statistic),
      x, resamples: resamples, seed: seed, resuming: earlier, priority)
  }

  /// Starts testing whether two samples come from the same distribution, by how often chance alone divides their
  /// elements so that a statistic of both is as extreme, and returns the future of the answer.
  ///
  ///     let test = try await pool.permutationTest(treated, untreated, seed: 42) { x, y in mean(x) - mean(y) }
  ///     print(test.pValue)
  ///
  /// Division k is drawn by the generator of (seed, k), so the answer has the same bits for any number of workers.
  /// - Parameters:
  ///   - x: one sample, of 1 or more elements.
  ///   - y: the other one, of 1 or more elements.
  ///   - permutations: how many divisions are drawn, 1 or more: the smallest p-value is about the inverse of it.
  ///   - alternative: which statistics count as more extreme.
  ///   - seed: of the draws.
  ///   - earlier: what the same call has found of fewer permutations, or of as many, with any alternative; as for
  ///     `startBootstrap`.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startMonteCarlo(samples:seed:)`.
  ///   - statistic: gets as many elements as x and y have; it travels with what it captured and may run again for the
  ///     same division.
  /// - Throws: as `startBootstrap`.
  /// - Source: B. Phipson, G. K. Smyth, *Permutation p-values should never be zero*, Statistical Applications in Genetics
  ///   and Molecular Biology 9 (2010).
  @inlinable @inline(__always)
  public func startPermutationTest(
    _ x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int = 9_999,
    alternative: TestAlternative = .twoSided, seed: UInt64,
    resuming earlier: PermutationTest? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>, Span<Double>) -> Double
  ) throws -> Future<PermutationTest> {
    try startPermuting(
      ChunkFunction { chunk in chunk.permute(statistic) }, orElse: TwoSampleProgram(statistic),
      x, y, permutations: permutations, alternative, seed: seed, resuming: earlier,
      priority: priority, deadline: deadline)
  }

  /// Whether two samples come from the same distribution; see `startPermutationTest`.
  @inlinable @inline(__always)
  public func permutationTest(
    _ x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int = 9_999,
    alternative: TestAlternative = .twoSided, seed: UInt64,
    resuming earlier: PermutationTest? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>, Span<Double>) -> Double
  ) async throws -> PermutationTest {
    try await startPermutationTest(
      x, y, permutations: permutations, alternative: alternative, seed: seed, resuming: earlier,
      priority: priority, deadline: deadline, statistic
    ).value
  }

  /// Whether two samples come from the same distribution, blocking; see `startPermutationTest`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func permutationTest(
    _ x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int = 9_999,
    alternative: TestAlternative = .twoSided, seed: UInt64,
    resuming earlier: PermutationTest? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>, Span<Double>) -> Double
  ) throws -> PermutationTest {
    try startPermutationTest(
      x, y, permutations: permutations, alternative: alternative, seed: seed, resuming: earlier,
      priority: priority, deadline: deadline, statistic
    ).result()
  }

  /// Ever better answers to whether two samples come from the same distribution, as `bootstrapEstimates` gives estimates,
  /// after as many permutations. The last one has the bits of `permutationTest`.
  /// - Parameters: as for `startPermutationTest`.
  /// - Throws: as `bootstrapEstimates`.
  @inlinable @inline(__always)
  public func permutationTestEstimates(
    _ x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int = 9_999,
    alternative: TestAlternative = .twoSided, seed: UInt64,
    resuming earlier: PermutationTest? = nil, priority: WorkPriority = .normal,
    _ statistic: @escaping @Sendable (Span<Double>, Span<Double>) -> Double
  ) throws -> AsyncThrowingStream<PermutationTest, any Error> {
    try permuting(
      ChunkFunction { chunk in chunk.permute(statistic) }, orElse: TwoSampleProgram(statistic),
      x, y, permutations: permutations, alternative, seed: seed, resuming: earlier, priority)
  }
}

extension WorkExecutor {
  @usableFromInline
  package func startBootstrapping(
    _ function: ChunkFunction, orElse program: StatisticProgram, _ x: SharedArray<Double>,
    resamples: Int, seed: UInt64, resuming earlier: BootstrapEstimate?, priority: WorkPriority,
    deadline: Duration?
  ) throws -> Future<BootstrapEstimate> {
    let run = try ResamplingRun(of: x, resamples: resamples, after: earlier)
    let groups = Resampling.jackknifeGroups(of: x.count)
    let plan = ResamplingPlan(
      seed: seed, count: x.count, part: earlier == nil ? groups : 0, earlier: run.earlierCount)
    return try startStatistics(
      function, orElse: program, of: x, plan, run, before: 1 + plan.part, priority, deadline
    ) { first, replicates in
      BootstrapEstimate(
        estimate: first[0], replicates: replicates,
        jackknife: earlier?.jackknife ?? Array(first[1...]))
    }
  }

  @usableFromInline
  package func bootstrapping(
    _ function: ChunkFunction, orElse program: StatisticProgram, _ x: SharedArray<Double>,
    resamples: Int, seed: UInt64, resuming earlier: BootstrapEstimate?, _ priority: WorkPriority
  ) throws -> AsyncThrowingStream<BootstrapEstimate, any Error> {
    let run = try ResamplingRun(of: x, resamples: resamples, after: earlier)
    let statistic = Unsent((function, program))
    return try reporting { [self] report in
      var found = earlier
      for count in run.looks {
        let better = try await finished(
          startBootstrapping(
            statistic.functions.0, orElse: statistic.functions.1, x, resamples: count, seed: seed,
            resuming: found, priority: priority, deadline: nil))
        report(better)
        found = better
      }
    }
  }

  @usableFromInline
  package func startPermuting(
    _ function: ChunkFunction, orElse program: TwoSampleProgram, _ x: SharedArray<Double>,
    _ y: SharedArray<Double>, permutations: Int, _ alternative: TestAlternative, seed: UInt64,
    resuming earlier: PermutationTest?, priority: WorkPriority, deadline: Duration?
  ) throws -> Future<PermutationTest> {
    let run = try ResamplingRun(of: x, y, permutations: permutations, after: earlier)
    return try startPermuting(
      function, orElse: program, of: try array(Array(x) + Array(y)), part: x.count, run,
      alternative, seed, priority, deadline)
  }

  @usableFromInline
  package func permuting(
    _ function: ChunkFunction, orElse program: TwoSampleProgram, _ x: SharedArray<Double>,
    _ y: SharedArray<Double>, permutations: Int, _ alternative: TestAlternative, seed: UInt64,
    resuming earlier: PermutationTest?, _ priority: WorkPriority
  ) throws -> AsyncThrowingStream<PermutationTest, any Error> {
    let run = try ResamplingRun(of: x, y, permutations: permutations, after: earlier)
    // Put together once, for all looks.
    let all = try array(Array(x) + Array(y))
    let statistic = Unsent((function, program))
    return try reporting { [self] report in
      var found = earlier
      for count in run.looks {
        let better = try await finished(
          startPermuting(
            statistic.functions.0, orElse: statistic.functions.1, of: all, part: x.count,
            try ResamplingRun(of: x, y, permutations: count, after: found), alternative, seed,
            priority, nil))
        report(better)
        found = better
      }
    }
  }

  /// - Parameters:
  ///   - all: the elements of both samples.
  ///   - part: how many of them are of the first.
  private func startPermuting(
    _ function: ChunkFunction, orElse program: TwoSampleProgram, of all: SharedArray<Double>,
    part: Int, _ run: ResamplingRun, _ alternative: TestAlternative, _ seed: UInt64,
    _ priority: WorkPriority, _ deadline: Duration?
  ) throws -> Future<PermutationTest> {
    let plan = ResamplingPlan(seed: seed, count: all.count, part: part, earlier: run.earlierCount)
    return try startStatistics(
      function, orElse: program, of: all, plan, run, before: 1, priority, deadline
    ) { first, distribution in
      PermutationTest(statistic: first[0], distribution: distribution, alternative: alternative)
    }
  }

  /// Statistics of a sample and of what is drawn from it, as one job.
  /// - Parameters:
  ///   - before: how many there are before those of what is drawn.
  ///   - value: gets these, and those of all that was drawn.
  private func startStatistics<Program: ChunkProgram, Value: Sendable>(
    _ function: ChunkFunction, orElse program: Program, of sample: SharedArray<Double>,
    _ plan: ResamplingPlan, _ run: ResamplingRun, before: Int, _ priority: WorkPriority,
    _ deadline: Duration?,
    _ value: @escaping @Sendable (_ first: [Double], _ drawn: [Double]) -> Value
  ) throws -> Future<Value> {
    let count = before + run.drawnCount
    let values = try uninitializedArray(of: Double.self, count: count)
    var job = ClosureJob(
      function: function, program: program, label: run.name, elementCount: count,
      chunkLength: Resampling.chunkLength(of: sample.count, statistics: count),
      output: ArrayReference(values), inputs: [ArrayReference(sample)],
      parameters: try ParameterBytes(plan)
    ) { _ in
      let first = Array(values[0..<before])
      return value(first, try run.all(first[0], Array(values[before..<count])))
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}

/// A bootstrap or a permutation test, and the one that it goes on from.
private struct ResamplingRun: Sendable {
  let name: String
  /// What is drawn.
  let draws: String
  /// How many there are to be in the end.
  let count: Int
  /// The statistic of the sample, and those of what was drawn.
  let earlier: (statistic: Double, drawn: [Double])?

  /// - Throws: `PoolError.invalidArgument` for what cannot be, or an estimate that is of other elements or has more.
  init(
    of x: SharedArray<Double>, resamples: Int, after earlier: BootstrapEstimate?
  ) throws(PoolError) {
    guard x.count >= 2 else {
      throw .invalidArgument(
        "a bootstrap of \(x.count) elements, which say nothing of their spread; take 2 or more")
    }
    guard (2...1 << 32) ~= resamples else {
      throw .invalidArgument("\(resamples) bootstrap samples; take 2 or more, up to 2³²")
    }
    (name, draws, count) = ("a bootstrap", "resamples", resamples)
    self.earlier = earlier.map { ($0.estimate, $0.replicates) }
    try check()
    if let earlier, earlier.jackknife.count != Resampling.jackknifeGroups(of: x.count) {
      throw otherRun
    }
  }

  /// - Throws: `PoolError.invalidArgument` for what cannot be, or an answer that has more.
  init(
    of x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int,
    after earlier: PermutationTest?
  ) throws(PoolError) {
    guard x.count >= 1, y.count >= 1 else {
      throw .invalidArgument(
        "a permutation test of samples of \(x.count) and \(y.count) elements; take 1 or more")
    }
    guard (1...1 << 32) ~= permutations else {
      throw .invalidArgument("\(permutations) permutations; take 1 or more, up to 2³²")
    }
    (name, draws, count) = ("a permutation test", "permutations", permutations)
    self.earlier = earlier.map { ($0.statistic, $0.distribution) }
    try check()
  }

  var earlierCount: Int { earlier?.drawn.count ?? 0 }
  /// After how many draws a run that reports on the way does so.
  var looks: [Int] { Resampling.looks(after: earlierCount, upTo: count) }
  var drawnCount: Int { Resampling.drawnCount(count, after: earlierCount) }

  var otherRun: PoolError {
    .invalidArgument(
      "what \(name) is to go on from is of other elements, another statistic or another seed; "
        + "give the same, or begin anew")
  }

  private func check() throws(PoolError) {
    guard earlier != nil else { return }
    guard earlierCount > 0 else { throw otherRun }
    guard earlierCount <= count else {
      throw .invalidArgument(
        "what \(name) is to go on from has \(earlierCount) \(draws) already; \(count) counts all, take more"
      )
    }
  }

  /// All statistics of what was drawn, in their order.
  func all(_ statistic: Double, _ drawn: [Double]) throws(PoolError) -> [Double] {
    guard let earlier else { return drawn }
    func isSame(_ a: Double, _ b: Double) -> Bool { a == b || a.isNaN && b.isNaN }
    guard isSame(statistic, earlier.statistic), isSame(drawn[0], earlier.drawn[0]) else {
      throw otherRun
    }
    return earlier.drawn + drawn[1...]
  }
}
