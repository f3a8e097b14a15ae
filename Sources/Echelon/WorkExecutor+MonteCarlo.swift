public import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonRandom
import EchelonTransfer
public import EchelonWire

/// A user's sampling closure, where the compiler left it generic or captured.
@usableFromInline
package struct SampleProgram: ChunkProgram {
  @usableFromInline let sample: (inout PhiloxGenerator) -> Double
  @inlinable package init(_ sample: @escaping (inout PhiloxGenerator) -> Double) {
    self.sample = sample
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.accumulate(sample) }
}

extension ChunkMemory {
  /// Runs the samples of the chunk, each with the generator of its own index, and stores their
  /// moments. The job's parameters are the seed.
  @inlinable @inline(__always)
  package func accumulate(_ sample: (inout PhiloxGenerator) -> Double) {
    let indices = UInt64(start)..<UInt64(start + count)
    let moments = accumulateMonteCarlo(
      seed: parameters(as: UInt64.self), indices: indices, sample)
    store(partial: moments.partial)
  }
}

extension WorkExecutor {
  /// Samples in one chunk of a Monte Carlo run.
  @usableFromInline package static var monteCarloChunkLength: Int { 65_536 }

  /// Starts the estimation of the expectation of `sample` and returns its future.
  ///
  ///     let pi = try await pool.monteCarlo(samples: 10_000_000, seed: 42) { rng in
  ///       let u = rng.uniform(), v = rng.uniform()
  ///       return u * u + v * v < 1 ? 4 : 0
  ///     }
  ///
  /// Sample i gets the Philox 4x32-10 generator of (seed, i), so the answer depends on seed and
  /// count alone and has the same bits for any number of workers.
  /// - Parameters:
  ///   - samples: how many, 0 or more; the estimate of none is NaN.
  ///   - seed: see above.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`.
  ///   - sample: travels with what it captured; may run again for the same index, when a worker died in its chunk.
  @inlinable @inline(__always)
  public func startMonteCarlo(
    samples: Int, seed: UInt64, priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Future<MonteCarloEstimate> {
    try startMonteCarlo(
      ChunkFunction { chunk in chunk.accumulate(sample) }, orElse: SampleProgram(sample),
      samples: samples, seed: seed, priority: priority, deadline: deadline)
  }

  /// Estimates the expectation of `sample`; see `startMonteCarlo`.
  @inlinable @inline(__always)
  public func monteCarlo(
    samples: Int, seed: UInt64, priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) async throws -> MonteCarloEstimate {
    try await startMonteCarlo(
      samples: samples, seed: seed, priority: priority, deadline: deadline, sample
    ).value
  }

  /// Estimates the expectation of `sample`, blocking; see `startMonteCarlo`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarlo(
    samples: Int, seed: UInt64, priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> MonteCarloEstimate {
    try startMonteCarlo(
      samples: samples, seed: seed, priority: priority, deadline: deadline, sample
    ).result()
  }

  @usableFromInline
  package func startMonteCarlo(
    _ function: ChunkFunction, orElse program: SampleProgram, samples: Int, seed: UInt64,
    priority: WorkPriority, deadline: Duration?
  ) throws -> Future<MonteCarloEstimate> {
    guard samples >= 0 else {
      throw PoolError.invalidArgument("\(samples) samples; the number is 0 or more")
    }
    let length = Self.monteCarloChunkLength
    let chunkCount = samples / length + (samples % length == 0 ? 0 : 1)
    var job = ClosureJob(
      function: function, program: program, label: "a Monte Carlo run", elementCount: samples,
      chunkLength: length, output: nil, inputs: [], parameters: try ParameterBytes(seed)
    ) { partials in
      guard let partials else { return MonteCarloEstimate(MomentAccumulator()) }
      let chunks = partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: chunkCount) {
        span in span.indices.map { MomentAccumulator(span[$0]) }
      }
      return MonteCarloEstimate(mergeMonteCarlo(chunks))
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}
