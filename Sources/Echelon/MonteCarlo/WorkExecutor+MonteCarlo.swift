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

/// The samples of a job, whose elements are parts of a chunk up to its end, whole chunks, and parts behind them. Whoever
/// adds up the sums of parts in their order gets those of the chunk, to the bit.
@frozen
@usableFromInline
package struct SampleRange: BitwiseCopyable, Sendable {
  @usableFromInline let seed: UInt64
  /// The first of them, and one past the last.
  @usableFromInline let first: UInt64
  @usableFromInline var end: UInt64 = 0
  /// Samples in a part.
  @usableFromInline var partLength: UInt64 = 0
  /// How many parts there are in front of the first whole chunk, and then how many chunks.
  @usableFromInline var partCount: UInt64 = 0
  @usableFromInline var chunkCount: UInt64 = 0
  /// 1 where samples are written one by one, by functions that can do both; 0 for their sums.
  @usableFromInline var keeps: UInt64 = 0

  /// Those of an element.
  @inlinable
  package func indices(of element: Int) -> Range<UInt64> {
    let chunkLength = UInt64(MonteCarloState.chunkLength)
    var (start, rest, length) = (first, UInt64(element), partLength)
    if rest >= partCount {
      start += partCount * partLength
      rest -= partCount
      if rest < chunkCount {
        length = chunkLength
      } else {
        start += chunkCount * chunkLength
        rest -= chunkCount
      }
    }
    start += rest * length
    return start..<min(end, start + length)
  }
}

extension SampleRange {
  /// - Parameters:
  ///   - hasParts: false where the sums of a chunk are not made of those of its parts: samples then begin with a chunk, and
  ///     the last chunk may be a shorter one.
  ///   - isFine: whether all is divided into parts, so that more workers share it.
  init(seed: UInt64, _ samples: Range<Int>, partLength: Int, hasParts: Bool, isFine: Bool) {
    self.init(seed: seed, first: UInt64(samples.lowerBound))
    end = UInt64(samples.upperBound)
    self.partLength = UInt64(partLength)
    let length = MonteCarloState.chunkLength
    guard hasParts else {
      chunkCount = UInt64(samples.count / length + (samples.count % length == 0 ? 0 : 1))
      return
    }
    let begun = samples.lowerBound % length
    let lead = min(samples.count, begun == 0 ? 0 : length - begun)
    if isFine || lead == samples.count {
      partCount = UInt64((samples.count + partLength - 1) / partLength)
    } else {
      partCount = UInt64(lead / partLength)
      chunkCount = UInt64((samples.count - lead) / length)
    }
  }

  /// How many elements there are.
  var elementCount: Int {
    let rest =
      end
      - min(
        end, first + partCount * partLength + chunkCount * UInt64(MonteCarloState.chunkLength))
    return Int(partCount + chunkCount + (rest + partLength - 1) / partLength)
  }
}

extension ChunkMemory {
  /// The key and the samples of the chunk, which is one element.
  @inlinable @inline(__always)
  package var samples: (seed: UInt64, indices: Range<UInt64>) {
    let range = parameters(as: SampleRange.self)
    return (range.seed, range.indices(of: start))
  }

  /// Runs the samples of the chunk, each with the generator of its own index, and stores their
  /// sums. The job's parameters say which they are.
  @inlinable @inline(__always)
  package func accumulate(_ sample: (inout PhiloxGenerator) -> Double) {
    let (seed, indices) = samples
    store(partial: accumulateMonteCarlo(seed: seed, indices: indices, sample).partial)
  }
}

extension WorkExecutor {
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
    try startSampling(
      ChunkFunction { chunk in chunk.accumulate(sample) }, orElse: SampleProgram(sample),
      from: MonteCarloState(seed: seed), until: .samples(samples), priority: priority,
      deadline: deadline)
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

  /// Starts the estimation of the expectation of `sample` until it is good enough, and returns the future of the
  /// estimate.
  ///
  ///     let price = try await pool.monteCarlo(seed: 42, until: .standardError(1e-3)) { rng in … }
  ///
  /// The run is looked at after the numbers of samples that `MonteCarloGoal.boundary(after:)` gives, so where it ends
  /// does not depend on the number of workers either.
  /// - Parameters:
  ///   - seed: as for `startMonteCarlo(samples:seed:)`.
  ///   - goal: when to end. Without a limit of samples or time an error that is never reached takes for ever; cancel
  ///     the future then.
  ///   - priority: as for `startMonteCarlo(samples:seed:)`.
  ///   - sample: as for `startMonteCarlo(samples:seed:)`.
  @inlinable @inline(__always)
  public func startMonteCarlo(
    seed: UInt64, until goal: MonteCarloGoal, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Future<MonteCarloEstimate> {
    try startMonteCarlo(
      resuming: MonteCarloState(seed: seed), until: goal, priority: priority, sample)
  }

  /// Starts to go on with a run from where another one has got to; the answer has the bits of one that did all of it.
  /// - Parameters:
  ///   - state: of an estimate of the same closure. Where it stands at a boundary, a goal that it has reached is
  ///     reached at once; otherwise at the next one, as in a run that never stopped.
  ///   - goal: as for `startMonteCarlo(seed:until:)`.
  ///   - priority: as for `startMonteCarlo(samples:seed:)`.
  ///   - sample: the same as before.
  /// - Throws: `PoolError.invalidArgument` for a goal that cannot be, such as fewer samples than the state has.
  @inlinable @inline(__always)
  public func startMonteCarlo(
    resuming state: MonteCarloState, until goal: MonteCarloGoal, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Future<MonteCarloEstimate> {
    try startSampling(
      ChunkFunction { chunk in chunk.accumulate(sample) }, orElse: SampleProgram(sample),
      from: state, until: goal, priority: priority, deadline: nil)
  }

  /// Estimates the expectation of `sample` until the estimate is good enough; see `startMonteCarlo(seed:until:)`.
  @inlinable @inline(__always)
  public func monteCarlo(
    seed: UInt64, until goal: MonteCarloGoal, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) async throws -> MonteCarloEstimate {
    try await startMonteCarlo(seed: seed, until: goal, priority: priority, sample).value
  }

  /// Estimates the expectation of `sample` until the estimate is good enough, blocking; see
  /// `startMonteCarlo(seed:until:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarlo(
    seed: UInt64, until goal: MonteCarloGoal, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> MonteCarloEstimate {
    try startMonteCarlo(seed: seed, until: goal, priority: priority, sample).result()
  }

  /// Goes on with a run; see `startMonteCarlo(resuming:until:)`.
  @inlinable @inline(__always)
  public func monteCarlo(
    resuming state: MonteCarloState, until goal: MonteCarloGoal, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) async throws -> MonteCarloEstimate {
    try await startMonteCarlo(resuming: state, until: goal, priority: priority, sample).value
  }

  /// Goes on with a run, blocking; see `startMonteCarlo(resuming:until:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarlo(
    resuming state: MonteCarloState, until goal: MonteCarloGoal, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> MonteCarloEstimate {
    try startMonteCarlo(resuming: state, until: goal, priority: priority, sample).result()
  }

  /// Ever better estimates of the expectation of `sample`: one after each boundary, until one is good enough.
  ///
  ///     for try await estimate in try pool.monteCarloEstimates(seed: 42, until: .standardError(1e-5), sample) {
  ///       print(estimate)
  ///     }
  ///
  /// Leaving the loop ends the run. What is not taken is not waited for: the next one is then the newest.
  /// - Parameters: as for `startMonteCarlo(seed:until:)`; `state`, of the same seed, to go on with a run.
  @inlinable @inline(__always)
  public func monteCarloEstimates(
    seed: UInt64, until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    try sampling(
      ChunkFunction { chunk in chunk.accumulate(sample) }, orElse: SampleProgram(sample),
      from: try beginning(state, seed: seed), until: goal, priority: priority)
  }
}
