public import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonRandom
import EchelonTransfer
public import EchelonWire

/// A user's sampling closure of several values, where the compiler left it generic or captured.
@usableFromInline
package struct VectorSampleProgram<let dimension: Int>: ChunkProgram {
  @usableFromInline let sample: (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  @inlinable package init(
    _ sample: @escaping (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) {
    self.sample = sample
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.accumulateVectors(sample) }
}

/// The samples of a job; each of its chunks has `MonteCarloState.chunkLength` of them but the last.
@frozen
@usableFromInline
package struct VectorSampleRange: BitwiseCopyable, Sendable {
  @usableFromInline let seed: UInt64
  @usableFromInline let count: UInt64
}

extension ChunkMemory {
  /// Writes the sums of each chunk of samples.
  @inlinable @inline(__always)
  package func accumulateVectors<let dimension: Int>(
    _ sample: (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) {
    let range = parameters(as: VectorSampleRange.self)
    let length = UInt64(MonteCarloState.chunkLength)
    fill { index -> VectorSums<dimension> in
      let first = UInt64(index) * length
      return EchelonKernels.accumulateVectors(
        seed: range.seed, indices: first..<min(range.count, first + length), sample)
    }
  }
}

extension WorkExecutor {
  /// Starts the estimation of the expectations of several quantities, sampled together, and returns the future of the
  /// estimate, with their covariances: for control variates, ratios, and differences by common random numbers.
  ///
  ///     let prices = try await pool.monteCarloVectors(samples: 10_000_000, seed: 42) { rng in
  ///       let price = 100 * exp(0.03 + 0.2 * rng.normal())
  ///       return [max(0, price - 105), price]
  ///     }
  ///
  /// The number of components, up to 16 or so, is that of the array literal. Samples are what they are in
  /// `startMonteCarlo(samples:seed:)`, and so are the arguments.
  /// - Throws: `PoolError.invalidArgument` for a negative number of samples.
  @inlinable @inline(__always)
  public func startMonteCarloVectors<let dimension: Int>(
    samples: Int, seed: UInt64, priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) throws -> Future<VectorEstimate<dimension>> {
    try startVectorSampling(
      ChunkFunction { chunk in chunk.accumulateVectors(sample) },
      orElse: VectorSampleProgram(sample), samples: samples, seed: seed, priority: priority,
      deadline: deadline)
  }

  /// Estimates the expectations of several quantities; see `startMonteCarloVectors`.
  @inlinable @inline(__always)
  public func monteCarloVectors<let dimension: Int>(
    samples: Int, seed: UInt64, priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) async throws -> VectorEstimate<dimension> {
    try await startMonteCarloVectors(
      samples: samples, seed: seed, priority: priority, deadline: deadline, sample
    ).value
  }

  /// Estimates the expectations of several quantities, blocking; see `startMonteCarloVectors`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarloVectors<let dimension: Int>(
    samples: Int, seed: UInt64, priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) throws -> VectorEstimate<dimension> {
    try startMonteCarloVectors(
      samples: samples, seed: seed, priority: priority, deadline: deadline, sample
    ).result()
  }

  @usableFromInline
  package func startVectorSampling<let dimension: Int>(
    _ function: ChunkFunction, orElse program: VectorSampleProgram<dimension>, samples: Int,
    seed: UInt64, priority: WorkPriority, deadline: Duration?
  ) throws -> Future<VectorEstimate<dimension>> {
    guard samples >= 0 else {
      throw PoolError.invalidArgument("a Monte Carlo run of \(samples) samples; take 0 or more")
    }
    let length = MonteCarloState.chunkLength
    let count = samples / length + (samples % length == 0 ? 0 : 1)
    let sums = try uninitializedArray(of: VectorSums<dimension>.self, count: count)
    var job = ClosureJob(
      function: function, program: program, label: "a Monte Carlo run", elementCount: count,
      chunkLength: 1, output: ArrayReference(sums), inputs: [],
      parameters: try ParameterBytes(VectorSampleRange(seed: seed, count: UInt64(samples)))
    ) { _ in
      var total = VectorSums<dimension>()
      sums.withSpan { for index in $0.indices { total.append($0[index]) } }
      return VectorEstimate(total)
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}
