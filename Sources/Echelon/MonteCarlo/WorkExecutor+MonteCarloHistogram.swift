public import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonRandom
import EchelonTransfer
public import EchelonWire

extension WorkExecutor {
  /// Starts counting how many samples fall into bins of equal width, and returns the future of the counts.
  ///
  ///     let losses = try await pool.monteCarloHistogram(samples: 10_000_000, seed: 42, bins: 100, in: 0...1e6) { rng in … }
  ///     print(losses.probability(ofBin: 99), losses.confidenceInterval(ofBin: 99, 0.95))
  ///
  /// Samples are those of `startMonteCarlo(samples:seed:)`; none is kept beyond 128 MiB of them at a time. The counts are the
  /// same for any number of workers.
  /// - Parameters:
  ///   - samples: how many, 0 or more.
  ///   - seed: as for `startMonteCarlo(samples:seed:)`.
  ///   - bins: how many, 1 to 1,000,000.
  ///   - range: from the first edge to the last; what lies outside is counted apart.
  ///   - priority: as for `startMonteCarlo(samples:seed:)`.
  ///   - sample: as for `startMonteCarlo(samples:seed:)`.
  /// - Throws: `PoolError.invalidArgument` for numbers out of range; `ArenaError` when memory runs out.
  @inlinable @inline(__always)
  public func startMonteCarloHistogram(
    samples: Int, seed: UInt64, bins: Int, in range: ClosedRange<Double>,
    priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Future<Histogram> {
    try startCounting(
      ChunkFunction { chunk in chunk.keepSamples(sample) }, orElse: KeptSampleProgram(sample),
      from: HistogramState(seed: seed, bins: bins, in: range), until: .samples(samples), priority)
  }

  /// How many samples fall into bins of equal width; see `startMonteCarloHistogram`.
  @inlinable @inline(__always)
  public func monteCarloHistogram(
    samples: Int, seed: UInt64, bins: Int, in range: ClosedRange<Double>,
    priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) async throws -> Histogram {
    try await startMonteCarloHistogram(
      samples: samples, seed: seed, bins: bins, in: range, priority: priority, sample
    ).value
  }

  /// How many samples fall into bins of equal width, blocking; see `startMonteCarloHistogram`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarloHistogram(
    samples: Int, seed: UInt64, bins: Int, in range: ClosedRange<Double>,
    priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Histogram {
    try startMonteCarloHistogram(
      samples: samples, seed: seed, bins: bins, in: range, priority: priority, sample
    ).result()
  }

  /// Starts counting samples in bins until the counts are good enough, and returns the future of the histogram.
  ///
  ///     let losses = try await pool.monteCarloHistogram(
  ///       seed: 42, until: .standardError(1e-4), bins: 100, in: 0...1e6) { rng in … }
  ///
  /// The run is looked at where `startMonteCarlo(seed:until:)` looks. A standard error is that of the probability of a bin,
  /// and of all bins; see `MonteCarloGoal.isReached(by:)` of a histogram.
  /// - Parameters:
  ///   - seed: as for `startMonteCarlo(seed:until:)`, like the goal, the priority and the closure.
  ///   - bins: as for `startMonteCarloHistogram(samples:seed:bins:in:)`, like the range.
  ///   - state: of a histogram of the same closure, seed and bins, to go on with its run: the counts are those of one run.
  /// - Throws: `PoolError.invalidArgument` for numbers out of range, a goal that cannot be, such as fewer samples than the
  ///   state has, or a state of another seed or other bins; `ArenaError` when memory runs out.
  @inlinable @inline(__always)
  public func startMonteCarloHistogram(
    seed: UInt64, until goal: MonteCarloGoal, bins: Int, in range: ClosedRange<Double>,
    resuming state: HistogramState? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Future<Histogram> {
    try startCounting(
      ChunkFunction { chunk in chunk.keepSamples(sample) }, orElse: KeptSampleProgram(sample),
      from: try beginning(state, seed: seed, bins: bins, in: range), until: goal, priority)
  }

  /// Counts samples in bins until the counts are good enough; see `startMonteCarloHistogram(seed:until:bins:in:)`.
  @inlinable @inline(__always)
  public func monteCarloHistogram(
    seed: UInt64, until goal: MonteCarloGoal, bins: Int, in range: ClosedRange<Double>,
    resuming state: HistogramState? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) async throws -> Histogram {
    try await startMonteCarloHistogram(
      seed: seed, until: goal, bins: bins, in: range, resuming: state, priority: priority, sample
    ).value
  }

  /// Counts samples in bins until the counts are good enough, blocking; see
  /// `startMonteCarloHistogram(seed:until:bins:in:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func monteCarloHistogram(
    seed: UInt64, until goal: MonteCarloGoal, bins: Int, in range: ClosedRange<Double>,
    resuming state: HistogramState? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> Histogram {
    try startMonteCarloHistogram(
      seed: seed, until: goal, bins: bins, in: range, resuming: state, priority: priority, sample
    ).result()
  }

  /// Histograms of ever more samples, as `monteCarloEstimates` gives estimates: one after each boundary, until one is good
  /// enough. Leaving the loop ends the run.
  ///
  ///     for try await found in try pool.monteCarloHistogramEstimates(
  ///       seed: 42, until: .samples(1 << 30), bins: 100, in: 0...1, sample)
  ///     {
  ///       if found.counts[99] >= 1000 { break }
  ///     }
  /// - Parameters: as for `startMonteCarloHistogram(seed:until:bins:in:)`.
  @inlinable @inline(__always)
  public func monteCarloHistogramEstimates(
    seed: UInt64, until goal: MonteCarloGoal, bins: Int, in range: ClosedRange<Double>,
    resuming state: HistogramState? = nil, priority: WorkPriority = .normal,
    _ sample: @escaping @Sendable (inout PhiloxGenerator) -> Double
  ) throws -> AsyncThrowingStream<Histogram, any Error> {
    try counting(
      ChunkFunction { chunk in chunk.keepSamples(sample) }, orElse: KeptSampleProgram(sample),
      from: try beginning(state, seed: seed, bins: bins, in: range), until: goal, priority)
  }

  @usableFromInline
  package func startCounting(
    _ function: ChunkFunction, orElse program: KeptSampleProgram, from state: HistogramState,
    until goal: MonteCarloGoal, _ priority: WorkPriority
  ) throws -> Future<Histogram> {
    try start(
      HistogramRun(sample: Unsent((function, program)), goal: goal, priority: priority), from: state
    )
  }

  @usableFromInline
  package func counting(
    _ function: ChunkFunction, orElse program: KeptSampleProgram, from state: HistogramState,
    until goal: MonteCarloGoal, _ priority: WorkPriority
  ) throws -> AsyncThrowingStream<Histogram, any Error> {
    try estimates(
      HistogramRun(sample: Unsent((function, program)), goal: goal, priority: priority), from: state
    )
  }

  /// The state to begin with.
  /// - Throws: `PoolError.invalidArgument` for bins that cannot be, or a state of another run.
  @usableFromInline
  package func beginning(
    _ state: HistogramState?, seed: UInt64, bins: Int, in range: ClosedRange<Double>
  ) throws -> HistogramState {
    let new = try HistogramState(seed: seed, bins: bins, in: range)
    guard let state else { return new }
    try check(state.seed, is: seed)
    guard state.binCount == bins, state.range == range else {
      func words(_ state: HistogramState) -> String {
        "\(state.binCount) bins from \(state.range.lowerBound) to \(state.range.upperBound)"
      }
      throw PoolError.invalidArgument(
        "a histogram of \(words(new)) that goes on from one of \(words(state)); take the same")
    }
    return state
  }
}

extension HistogramState: SamplingState {
  func estimate() -> Histogram { Histogram(self) }
}

/// Samples that are counted in bins.
private struct HistogramRun: SamplingRun {
  let sample: Unsent<(ChunkFunction, KeptSampleProgram)>
  let goal: MonteCarloGoal
  let priority: WorkPriority

  /// As many as are kept at a time: 128 MiB of them.
  private static var pieceLength: Int { 1 << 24 }

  func isReached(by histogram: Histogram) -> Bool { goal.isReached(by: histogram) }
  func state(of histogram: Histogram) -> HistogramState { histogram.state! }

  /// A state keeps all; a time ends a run where it ends others.
  var partLength: Int { MonteCarloState.partLength }

  func start(
    on executor: some WorkExecutor, from state: HistogramState, upTo count: Int, isFine: Bool
  ) throws -> Future<Histogram> {
    let clock = RunClock(after: state.elapsedTime)
    return try executor.startSteps {
      var state = state
      var next = state.nextSample
      while next < count {
        let length = min(count - next, Self.pieceLength)
        let (function, program) = sample.functions
        let x = try await finished(
          executor.startKeeping(
            function, orElse: program, count: length, from: next, seed: state.seed,
            chunkLength: isFine ? 512 : 16_384, priority: priority, deadline: nil))
        let found = try await finished(
          executor.startHistogram(x, bins: state.binCount, in: state.range, priority: priority))
        state = state.adding(found.counts + [found.below, found.above, found.nanCount])
        next += length
      }
      state.elapsedTime = clock.elapsed
      return Histogram(state)
    }
  }
}

extension Histogram {
  /// How many elements were counted, in bins or not.
  public var count: Int { counts.reduce(below + above + nanCount, +) }

  /// The part of all elements that a bin has: of independent samples an estimate of its probability; NaN of none.
  public func probability(ofBin bin: Int) -> Double { Double(counts[bin]) / Double(count) }

  /// The interval that contains the probability of a bin with probability `level`, where elements are independent samples;
  /// 0 to 1 of none.
  /// - Parameter level: above 0 and below 1; traps otherwise.
  /// - Source: E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, Journal of the American
  ///   Statistical Association 22 (1927).
  public func confidenceInterval(ofBin bin: Int, _ level: Double) -> ClosedRange<Double> {
    precondition(level > 0 && level < 1, "a confidence level lies between 0 and 1, not \(level)")
    guard count > 0 else { return 0...1 }
    let (n, p) = (Double(count), probability(ofBin: bin))
    let z = -normalQuantile((1 - level) / 2)
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, centre - half)...min(1, centre + half)
  }
}
