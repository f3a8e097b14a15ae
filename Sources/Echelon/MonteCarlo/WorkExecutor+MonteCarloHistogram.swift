import EchelonKernels
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
      samples, seed, bins, range, priority)
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

  @usableFromInline
  package func startCounting(
    _ function: ChunkFunction, orElse program: KeptSampleProgram, _ samples: Int, _ seed: UInt64,
    _ bins: Int, _ range: ClosedRange<Double>, _ priority: WorkPriority
  ) throws -> Future<Histogram> {
    guard samples >= 0 else {
      throw PoolError.invalidArgument("a Monte Carlo run of \(samples) samples; take 0 or more")
    }
    let edges = try histogramEdges(bins, range)
    let sampling = Unsent((function, program))
    return try startSteps { [self] in
      var totals = [Int](repeating: 0, count: bins + 3)
      var first = 0
      while first < samples {
        let count = min(samples - first, 1 << 24)
        let (function, program) = sampling.functions
        let x = try await finished(
          startKeeping(
            function, orElse: program, count: count, from: first, seed: seed, priority: priority,
            deadline: nil))
        let found = try await finished(
          startHistogram(x, bins: bins, in: range, priority: priority))
        let counts = found.counts + [found.below, found.above, found.nanCount]
        for (index, count) in counts.enumerated() { totals[index] += count }
        first += count
      }
      return Histogram(edges: edges, counts: totals)
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
