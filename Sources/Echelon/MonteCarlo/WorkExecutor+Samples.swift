public import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonRandom
import EchelonTransfer
public import EchelonWire

/// A user's sampling closure whose samples are kept, where the compiler left it generic or captured.
@usableFromInline
package struct KeptSampleProgram: ChunkProgram {
  @usableFromInline let sample: (inout PhiloxGenerator) -> Double
  @inlinable package init(_ sample: @escaping (inout PhiloxGenerator) -> Double) {
    self.sample = sample
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.keepSamples(sample) }
}

extension ChunkMemory {
  /// Writes the samples of the chunk.
  @inlinable @inline(__always)
  package func keepSamples(_ sample: (inout PhiloxGenerator) -> Double) {
    let range = parameters(as: SampleRange.self)
    let first = range.first + UInt64(start)
    withOutput(of: Double.self) {
      fillMonteCarlo(seed: range.seed, firstIndex: first, &$0, sample)
    }
  }
}

extension WorkExecutor {
  /// Starts drawing samples into a shared array, and returns its future: for quantiles, histograms and whatever else is
  /// asked of samples beside their mean.
  ///
  ///     let losses = try await pool.monteCarloSamples(count: 10_000_000, seed: 42) { rng in … }
  ///     let risk = try await pool.quantiles(losses, [0.95, 0.99])
  ///     let counts = try await pool.histogram(losses, bins: 100, in: 0...1e6)
  ///
  /// Element i is the sample i of `startMonteCarlo(samples:seed:)`, with the same bits for any number of workers.
  /// - Parameters:
  ///   - count: how many, 0 or more; each takes 8 bytes of the pool's memory.
  ///   - first: which sample is the first, 0 or more: to go on after others.
  ///   - seed: as for `startMonteCarlo(samples:seed:)`.
  ///   - priority: as for `startMonteCarlo(samples:seed:)`.
  ///   - deadline: as for `startMonteCarlo(samples:seed:)`.
  ///   - sample: as for `startMonteCarlo(samples:seed:)`.
  /// - Throws: `PoolError.invalidArgument` for a negative number; `ArenaError` when memory runs out.
  @inlinable @inline(__always)
  public func startMonteCarloSamples(
    count: Int, from first: Int = 0, seed: UInt64, priority: WorkPriority = .normal,
    deadline: Duration? = nil, _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Future<SharedArray<Double>> {
    try startKeeping(
      ChunkFunction { chunk in chunk.keepSamples(sample) }, orElse: KeptSampleProgram(sample),
      count: count, from: first, seed: seed, priority: priority, deadline: deadline)
  }

  /// Samples in a shared array; see `startMonteCarloSamples`.
  @inlinable @inline(__always)
  public func monteCarloSamples(
    count: Int, from first: Int = 0, seed: UInt64, priority: WorkPriority = .normal,
    deadline: Duration? = nil, _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) async throws -> SharedArray<Double> {
    try await startMonteCarloSamples(
      count: count, from: first, seed: seed, priority: priority, deadline: deadline, sample
    ).value
  }

  /// Samples in a shared array, blocking; see `startMonteCarloSamples`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarloSamples(
    count: Int, from first: Int = 0, seed: UInt64, priority: WorkPriority = .normal,
    deadline: Duration? = nil, _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> SharedArray<Double> {
    try startMonteCarloSamples(
      count: count, from: first, seed: seed, priority: priority, deadline: deadline, sample
    ).result()
  }

  /// - Parameters:
  ///   - isTold: whether the function stores sums unless it is told to keep samples.
  ///   - chunkLength: how many samples a worker draws at a time; no part of the answer.
  @usableFromInline
  package func startKeeping(
    _ function: ChunkFunction, orElse program: KeptSampleProgram, count: Int, from first: Int,
    seed: UInt64, isTold: Bool = false, chunkLength: Int = 16_384, priority: WorkPriority,
    deadline: Duration?
  ) throws -> Future<SharedArray<Double>> {
    guard count >= 0, first >= 0, !first.addingReportingOverflow(count).overflow else {
      throw PoolError.invalidArgument(
        "\(count) Monte Carlo samples from \(first) on; both are 0 or more")
    }
    let samples = try uninitializedArray(of: Double.self, count: count)
    var job = ClosureJob(
      function: function, program: program, label: "Monte Carlo samples", elementCount: count,
      chunkLength: chunkLength, output: ArrayReference(samples), inputs: [],
      parameters: try ParameterBytes(
        SampleRange(seed: seed, first: UInt64(first), keeps: isTold ? 1 : 0))
    ) { _ in samples }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}
