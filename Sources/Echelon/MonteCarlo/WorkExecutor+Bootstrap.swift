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
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startMonteCarlo(samples:seed:)`.
  ///   - statistic: gets n elements, or for the jackknife fewer; it travels with what it captured and may run again for
  ///     the same sample.
  /// - Throws: `PoolError.invalidArgument` for what is said above; `ArenaError` when memory runs out.
  /// - Source: B. Efron, R. Tibshirani, *An Introduction to the Bootstrap* (1993). Of more than 10,000 elements the
  ///   jackknife, which the acceleration of BCa intervals is from, leaves out groups of them (§11.5).
  @inlinable @inline(__always)
  public func startBootstrap(
    _ x: SharedArray<Double>, resamples: Int = 9_999, seed: UInt64,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> Future<BootstrapEstimate> {
    try startBootstrapping(
      ChunkFunction { chunk in chunk.bootstrap(statistic) }, orElse: StatisticProgram(statistic),
      x, resamples: resamples, seed: seed, priority: priority, deadline: deadline)
  }

  /// How far a statistic of a sample may be off; see `startBootstrap`.
  @inlinable @inline(__always)
  public func bootstrap(
    _ x: SharedArray<Double>, resamples: Int = 9_999, seed: UInt64,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>) -> Double
  ) async throws -> BootstrapEstimate {
    try await startBootstrap(
      x, resamples: resamples, seed: seed, priority: priority, deadline: deadline, statistic
    ).value
  }

  /// How far a statistic of a sample may be off, blocking; see `startBootstrap`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func bootstrap(
    _ x: SharedArray<Double>, resamples: Int = 9_999, seed: UInt64,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> BootstrapEstimate {
    try startBootstrap(
      x, resamples: resamples, seed: seed, priority: priority, deadline: deadline, statistic
    ).result()
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
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startMonteCarlo(samples:seed:)`.
  ///   - statistic: gets as many elements as x and y have; it travels with what it captured and may run again for the
  ///     same division.
  /// - Throws: `PoolError.invalidArgument` for what is said above; `ArenaError` when memory runs out.
  /// - Source: B. Phipson, G. K. Smyth, *Permutation p-values should never be zero*, Statistical Applications in Genetics
  ///   and Molecular Biology 9 (2010).
  @inlinable @inline(__always)
  public func startPermutationTest(
    _ x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int = 9_999,
    alternative: TestAlternative = .twoSided, seed: UInt64, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>, Span<Double>) -> Double
  ) throws -> Future<PermutationTest> {
    try startPermuting(
      ChunkFunction { chunk in chunk.permute(statistic) }, orElse: TwoSampleProgram(statistic),
      x, y, permutations: permutations, alternative, seed: seed, priority: priority,
      deadline: deadline)
  }

  /// Whether two samples come from the same distribution; see `startPermutationTest`.
  @inlinable @inline(__always)
  public func permutationTest(
    _ x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int = 9_999,
    alternative: TestAlternative = .twoSided, seed: UInt64, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>, Span<Double>) -> Double
  ) async throws -> PermutationTest {
    try await startPermutationTest(
      x, y, permutations: permutations, alternative: alternative, seed: seed, priority: priority,
      deadline: deadline, statistic
    ).value
  }

  /// Whether two samples come from the same distribution, blocking; see `startPermutationTest`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func permutationTest(
    _ x: SharedArray<Double>, _ y: SharedArray<Double>, permutations: Int = 9_999,
    alternative: TestAlternative = .twoSided, seed: UInt64, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ statistic: @escaping @Sendable (Span<Double>, Span<Double>) -> Double
  ) throws -> PermutationTest {
    try startPermutationTest(
      x, y, permutations: permutations, alternative: alternative, seed: seed, priority: priority,
      deadline: deadline, statistic
    ).result()
  }
}

extension WorkExecutor {
  @usableFromInline
  package func startBootstrapping(
    _ function: ChunkFunction, orElse program: StatisticProgram, _ x: SharedArray<Double>,
    resamples: Int, seed: UInt64, priority: WorkPriority, deadline: Duration?
  ) throws -> Future<BootstrapEstimate> {
    guard x.count >= 2 else {
      throw PoolError.invalidArgument(
        "a bootstrap of \(x.count) elements, which say nothing of their spread; take 2 or more")
    }
    guard (2...1 << 32) ~= resamples else {
      throw PoolError.invalidArgument("\(resamples) bootstrap samples; take 2 or more, up to 2³²")
    }
    let groups = Resampling.jackknifeGroups(of: x.count)
    return try startStatistics(
      function, orElse: program, of: x, count: 1 + groups + resamples,
      ResamplingPlan(seed: seed, count: x.count, part: groups), "a bootstrap", priority, deadline
    ) { values in
      BootstrapEstimate(
        estimate: values[0], replicates: Array(values[(1 + groups)...]),
        jackknife: Array(values[1...groups]))
    }
  }

  @usableFromInline
  package func startPermuting(
    _ function: ChunkFunction, orElse program: TwoSampleProgram, _ x: SharedArray<Double>,
    _ y: SharedArray<Double>, permutations: Int, _ alternative: TestAlternative, seed: UInt64,
    priority: WorkPriority, deadline: Duration?
  ) throws -> Future<PermutationTest> {
    guard x.count >= 1, y.count >= 1 else {
      throw PoolError.invalidArgument(
        "a permutation test of samples of \(x.count) and \(y.count) elements; take 1 or more")
    }
    guard (1...1 << 32) ~= permutations else {
      throw PoolError.invalidArgument("\(permutations) permutations; take 1 or more, up to 2³²")
    }
    let all = try array(Array(x) + Array(y))
    return try startStatistics(
      function, orElse: program, of: all, count: 1 + permutations,
      ResamplingPlan(seed: seed, count: all.count, part: x.count), "a permutation test", priority,
      deadline
    ) { values in
      PermutationTest(
        statistic: values[0], distribution: Array(values[1...]), alternative: alternative)
    }
  }

  /// Statistics of a sample and of what is drawn from it, as one job.
  private func startStatistics<Program: ChunkProgram, Value: Sendable>(
    _ function: ChunkFunction, orElse program: Program, of sample: SharedArray<Double>, count: Int,
    _ plan: ResamplingPlan, _ label: String, _ priority: WorkPriority, _ deadline: Duration?,
    _ value: @escaping @Sendable ([Double]) -> Value
  ) throws -> Future<Value> {
    let values = try uninitializedArray(of: Double.self, count: count)
    var job = ClosureJob(
      function: function, program: program, label: label, elementCount: count,
      chunkLength: Resampling.chunkLength(of: sample.count), output: ArrayReference(values),
      inputs: [ArrayReference(sample)], parameters: try ParameterBytes(plan)
    ) { _ in value(Array(values)) }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}

/// How the samples of a bootstrap or a permutation test are divided.
package enum Resampling {
  /// How many samples of a chunk: some hundred thousand draws.
  static func chunkLength(of count: Int) -> Int { max(1, min(4096, (1 << 17) / count)) }

  /// How many groups of elements a jackknife leaves out, one after the other.
  static func jackknifeGroups(of count: Int) -> Int { min(count, 10_000) }

  /// How many chunks `startBootstrap` has for a sample of `count` ≥ 1 elements.
  package static func chunkCount(bootstrapOf count: Int, resamples: Int) -> Int {
    chunkCount(1 + jackknifeGroups(of: count) + resamples, of: count)
  }

  /// How many chunks `startPermutationTest` has for two samples of `count` ≥ 1 elements together.
  package static func chunkCount(permutationsOf count: Int, permutations: Int) -> Int {
    chunkCount(1 + permutations, of: count)
  }

  private static func chunkCount(_ statistics: Int, of count: Int) -> Int {
    let length = chunkLength(of: count)
    return (statistics + length - 1) / length
  }
}
