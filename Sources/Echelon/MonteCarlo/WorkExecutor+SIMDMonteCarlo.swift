public import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonRandom
import EchelonTransfer
public import EchelonWire

/// A user's closure over vectors of samples, where the compiler left it generic or captured.
@usableFromInline
package struct SIMDSampleProgram: ChunkProgram {
  @usableFromInline let sample: (inout SIMDPhiloxGenerator) -> SIMD8<Double>
  @inlinable package init(_ sample: @escaping (inout SIMDPhiloxGenerator) -> SIMD8<Double>) {
    self.sample = sample
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.accumulateLanes(sample) }
}

extension ChunkMemory {
  /// Runs the samples of the chunk, eight at a time, each with the generator of its own index, and stores their sums.
  @inlinable @inline(__always)
  package func accumulateLanes(_ sample: (inout SIMDPhiloxGenerator) -> SIMD8<Double>) {
    let (seed, indices) = samples
    store(partial: accumulateVectorMonteCarlo(seed: seed, indices: indices, sample).partial)
  }
}

extension WorkExecutor {
  /// Starts the estimation of an expectation by a closure over vectors of eight samples, and returns its future.
  ///
  ///     let pi = try await pool.monteCarloSIMD(seed: 42, until: .samples(10_000_000)) { rng in
  ///       let u = rng.uniform(), v = rng.uniform()
  ///       return SIMD8(repeating: 0).replacing(with: 4, where: u * u + v * v .< 1)
  ///     }
  ///
  /// Lane k of a vector is a sample of its own, with the numbers that `startMonteCarlo` gives it: a closure that does the
  /// same with each gives an estimate with the same bits, sooner.
  /// - Parameters:
  ///   - seed: as for `startMonteCarlo(seed:until:)`.
  ///   - goal: as for `startMonteCarlo(seed:until:)`; `.samples(n)` is so many lanes, and those of the last vector beyond
  ///     them do not count.
  ///   - state: to go on with a run of the same seed, of vectors or not.
  ///   - priority: as for `startMonteCarlo(samples:seed:)`.
  ///   - sample: travels with what it captured; may run again for the same samples, when a worker died in their chunk.
  /// - Throws: `PoolError.invalidArgument` for a goal that cannot be, or a state of another seed.
  @inlinable @inline(__always)
  public func startMonteCarloSIMD(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout SIMDPhiloxGenerator) -> SIMD8<Double>
  ) throws -> Future<MonteCarloEstimate> {
    try startSampling(
      ChunkFunction { chunk in chunk.accumulateLanes(sample) }, orElse: SIMDSampleProgram(sample),
      from: try beginning(state, seed: seed), until: goal, priority: priority, deadline: nil)
  }

  /// Estimates an expectation by a closure over vectors of samples; see `startMonteCarloSIMD`.
  @inlinable @inline(__always)
  public func monteCarloSIMD(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout SIMDPhiloxGenerator) -> SIMD8<Double>
  ) async throws -> MonteCarloEstimate {
    try await startMonteCarloSIMD(
      seed: seed, until: goal, resuming: state, priority: priority, sample
    ).value
  }

  /// Estimates an expectation by a closure over vectors of samples, blocking; see `startMonteCarloSIMD`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarloSIMD(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout SIMDPhiloxGenerator) -> SIMD8<Double>
  ) throws -> MonteCarloEstimate {
    try startMonteCarloSIMD(
      seed: seed, until: goal, resuming: state, priority: priority, sample
    ).result()
  }
}
