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

extension ChunkMemory {
  /// Writes the sums of each element's samples.
  @inlinable @inline(__always)
  package func accumulateVectors<let dimension: Int>(
    _ sample: (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) {
    let range = parameters(as: SampleRange.self)
    fill { index -> VectorSums<dimension> in
      EchelonKernels.accumulateVectors(
        seed: range.seed, indices: range.indices(of: index), sample)
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
      orElse: VectorSampleProgram(sample), from: VectorMonteCarloState(seed: seed),
      until: .samples(samples), priority: priority, deadline: deadline)
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

  /// Starts the estimation of several quantities until every one is good enough, and returns the future of the estimate.
  ///
  /// The run is looked at where `startMonteCarlo(seed:until:)` looks, and ends when each component has the error that is
  /// asked for. Controls are components, too, and a relative error is never reached by one whose mean is 0, as that of
  /// a control often is: give a standard error, a number of samples or a time then. For the error of what control
  /// variates make of them, see `monteCarloVectorEstimates`.
  /// - Parameters:
  ///   - seed: as for `startMonteCarlo(seed:until:)`, like the goal, the priority and the closure.
  ///   - state: of an estimate of the same closure and seed, to go on with its run: the bits are those of one run.
  /// - Throws: `PoolError.invalidArgument` for a goal that cannot be, or a state of another seed.
  @inlinable @inline(__always)
  public func startMonteCarloVectors<let dimension: Int>(
    seed: UInt64, until goal: MonteCarloGoal,
    resuming state: VectorMonteCarloState<dimension>? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) throws -> Future<VectorEstimate<dimension>> {
    try startVectorSampling(
      ChunkFunction { chunk in chunk.accumulateVectors(sample) },
      orElse: VectorSampleProgram(sample), from: try beginning(state, seed: seed), until: goal,
      priority: priority, deadline: nil)
  }

  /// Estimates several quantities until every one is good enough; see `startMonteCarloVectors(seed:until:)`.
  @inlinable @inline(__always)
  public func monteCarloVectors<let dimension: Int>(
    seed: UInt64, until goal: MonteCarloGoal,
    resuming state: VectorMonteCarloState<dimension>? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) async throws -> VectorEstimate<dimension> {
    try await startMonteCarloVectors(
      seed: seed, until: goal, resuming: state, priority: priority, sample
    ).value
  }

  /// Estimates several quantities until every one is good enough, blocking; see `startMonteCarloVectors(seed:until:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarloVectors<let dimension: Int>(
    seed: UInt64, until goal: MonteCarloGoal,
    resuming state: VectorMonteCarloState<dimension>? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) throws -> VectorEstimate<dimension> {
    try startMonteCarloVectors(
      seed: seed, until: goal, resuming: state, priority: priority, sample
    ).result()
  }

  /// Ever better estimates of several quantities, as `monteCarloEstimates` gives them of one: leave the loop when what
  /// you make of them is good enough.
  ///
  ///     for try await found in try pool.monteCarloVectorEstimates(seed: 42, until: .samples(1 << 30), sample) {
  ///       if try found.controlled(byExpectations: [100]).standardError < 1e-4 { break }
  ///     }
  /// - Parameters: as for `startMonteCarloVectors(seed:until:)`.
  @inlinable @inline(__always)
  public func monteCarloVectorEstimates<let dimension: Int>(
    seed: UInt64, until goal: MonteCarloGoal,
    resuming state: VectorMonteCarloState<dimension>? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> InlineArray<dimension, Double>
  ) throws -> AsyncThrowingStream<VectorEstimate<dimension>, any Error> {
    try vectorSampling(
      ChunkFunction { chunk in chunk.accumulateVectors(sample) },
      orElse: VectorSampleProgram(sample), from: try beginning(state, seed: seed), until: goal,
      priority: priority)
  }
}
