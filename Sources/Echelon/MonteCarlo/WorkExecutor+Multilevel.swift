public import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonRandom
import EchelonTransfer
public import EchelonWire
import Foundation

/// A user's differences of levels, where the compiler left them generic or captured.
@usableFromInline
package struct LevelProgram: ChunkProgram {
  @usableFromInline let difference: (Int, inout PhiloxGenerator) -> Double
  @inlinable package init(_ difference: @escaping (Int, inout PhiloxGenerator) -> Double) {
    self.difference = difference
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.accumulateLevel(difference) }
}

/// Samples of one level.
@frozen
@usableFromInline
package struct LevelRange: BitwiseCopyable, Sendable {
  @usableFromInline let seed: UInt64
  @usableFromInline let first: UInt64
  @usableFromInline let level: Int
}

extension ChunkMemory {
  /// Runs the samples of the chunk, each with the generator of its own index and level, and stores their sums.
  @inlinable @inline(__always)
  package func accumulateLevel(_ difference: (Int, inout PhiloxGenerator) -> Double) {
    let range = parameters(as: LevelRange.self)
    let first = range.first + UInt64(start)
    let sums = accumulateMonteCarlo(
      seed: range.seed, stream: UInt32(truncatingIfNeeded: range.level),
      indices: first..<first + UInt64(count)
    ) { difference(range.level, &$0) }
    store(partial: sums.partial)
  }
}

extension WorkExecutor {
  /// Starts the estimation of an expectation that can be approximated at several levels, each finer and dearer than the
  /// one before, and returns the future of the estimate.
  ///
  /// Most samples are taken of the coarsest level, which cost little, and few of the differences of fine ones, which vary
  /// little. How many levels there are and how many samples each has follows from the samples themselves.
  ///
  ///     let price = try await pool.multilevelMonteCarlo(error: 0.01, seed: 42) { level, rng in
  ///       // The payoff of a path of 2^level steps, less that of the same path of half as many; at level 0 the payoff.
  ///       …
  ///     }
  ///
  /// Sample i of level l is drawn by the generator of (seed, i, stream l), so the answer has the same bits for any number
  /// of workers.
  /// - Parameters:
  ///   - error: the root of the mean square error that is asked for, 10⁻¹⁵⁰ or more: half of its square for the variance,
  ///     half for the bias.
  ///   - refinement: by which factor a level is finer than the one before, 2 or more: bias is taken to fall with it.
  ///   - costGrowth: by which factor a sample of a level costs more than one of the level before, above 1.
  ///   - levels: how many there may be, 3 to 30.
  ///   - initialSamples: of each level to begin with, 16 to 2⁴⁰.
  ///   - seed: see above.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - difference: of a level, from 0, and the one before, from the same random numbers; it travels with what it
  ///     captured, and may run again for the same sample.
  /// - Returns: an estimate whose `bias` is larger than asked for where the levels were not enough. Where samples are not
  ///   finite, or their squares overflow, it comes at once, and its mean or `standardError` is not finite. A level whose
  ///   samples are all equal has no error that is known: it gets more of them, up to 2²⁰ of level 0 and as many of others as
  ///   cost the same; if they are equal still, they are taken for constant and `isErrorKnown` is false.
  /// - Throws: `PoolError.invalidArgument` for what is said above.
  /// - Source: M. B. Giles, *Multilevel Monte Carlo path simulation*, Operations Research 56 (2008).
  @inlinable @inline(__always)
  public func startMultilevelMonteCarlo(
    error: Double, refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12,
    initialSamples: Int = 4096, seed: UInt64, priority: WorkPriority = .normal,
    _ difference: @escaping @Sendable (Int, inout PhiloxGenerator) -> Double
  ) throws -> Future<MultilevelEstimate> {
    try startLevels(
      ChunkFunction { chunk in chunk.accumulateLevel(difference) },
      orElse: LevelProgram(difference), error: error, refinement: refinement,
      costGrowth: costGrowth, levelLimit: levels, initialSamples: initialSamples, seed: seed,
      priority)
  }

  /// Estimates an expectation by several levels; see `startMultilevelMonteCarlo`.
  @inlinable @inline(__always)
  public func multilevelMonteCarlo(
    error: Double, refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12,
    initialSamples: Int = 4096, seed: UInt64, priority: WorkPriority = .normal,
    _ difference: @escaping @Sendable (Int, inout PhiloxGenerator) -> Double
  ) async throws -> MultilevelEstimate {
    try await startMultilevelMonteCarlo(
      error: error, refinement: refinement, costGrowth: costGrowth, levels: levels,
      initialSamples: initialSamples, seed: seed, priority: priority, difference
    ).value
  }

  /// Estimates an expectation by several levels, blocking; see `startMultilevelMonteCarlo`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func multilevelMonteCarlo(
    error: Double, refinement: Double = 2, costGrowth: Double = 2, levels: Int = 12,
    initialSamples: Int = 4096, seed: UInt64, priority: WorkPriority = .normal,
    _ difference: @escaping @Sendable (Int, inout PhiloxGenerator) -> Double
  ) throws -> MultilevelEstimate {
    try startMultilevelMonteCarlo(
      error: error, refinement: refinement, costGrowth: costGrowth, levels: levels,
      initialSamples: initialSamples, seed: seed, priority: priority, difference
    ).result()
  }
}

extension WorkExecutor {
  @usableFromInline
  package func startLevels(
    _ function: ChunkFunction, orElse program: LevelProgram, error: Double, refinement: Double,
    costGrowth: Double, levelLimit: Int, initialSamples: Int, seed: UInt64,
    _ priority: WorkPriority
  ) throws -> Future<MultilevelEstimate> {
    func refuse(_ what: String) -> PoolError {
      .invalidArgument("multilevel Monte Carlo with \(what)")
    }
    guard error > 0, error.isFinite else { throw refuse("an error of \(error); take one above 0") }
    // Its square is compared with variances.
    guard error >= 1e-150 else { throw refuse("an error of \(error); take 1e-150 or more") }
    guard refinement >= 2, refinement.isFinite else {
      throw refuse("levels \(refinement) times as fine as those before; take 2 or more")
    }
    guard costGrowth > 1, costGrowth.isFinite else {
      throw refuse("levels of \(costGrowth) times the cost of those before; take more than 1")
    }
    guard 3...30 ~= levelLimit else { throw refuse("\(levelLimit) levels; take 3 to 30") }
    guard 16...1 << 40 ~= initialSamples else {
      throw refuse("\(initialSamples) samples to begin with; take 16 to 2⁴⁰")
    }
    let run = LevelRun(sample: Unsent((function, program)), seed: seed, priority: priority)
    let clock = RunClock()
    return try startSteps { [self] in
      var sums: [SampleSums] = []
      func cost(_ level: Int) -> Double { pow(costGrowth, Double(level)) }
      // Of what is not finite, or has squares that are not, more samples say no more.
      func isFinite(_ level: Int) -> Bool {
        sums[level].mean.isFinite && sums[level].m2.isFinite
      }
      func extend(_ level: Int, to count: Int) async throws {
        var next = Int(sums[level].count)
        while next < count, isFinite(level) {
          let end = min(count, next + LevelRun.jobLength(level))
          sums[level].append(try await finished(self.start(try run.job(level, next..<end))))
          next = end
        }
      }
      // Chance alone may have made the first samples of a level equal: 0 is no variance to go by.
      func extendEqual(_ level: Int) async throws {
        let limit = Int(Double(MonteCarloGoal.equalSampleLimit) / cost(level))
        while sums[level].minimum == sums[level].maximum, isFinite(level),
          Int(sums[level].count) < limit
        {
          try await extend(level, to: min(limit, 4 * Int(sums[level].count)))
        }
      }
      func begin(_ level: Int) async throws {
        sums.append(SampleSums())
        try await extend(level, to: initialSamples)
        try await extendEqual(level)
      }
      for level in 0..<3 { try await begin(level) }
      while true {
        // As many samples as the variances ask for, which are known better the more there are.
        for _ in 0..<10 where sums.indices.allSatisfy(isFinite) {
          let counts = MultilevelEstimate.sampleCounts(
            variances: sums.map { max(0, MonteCarloEstimate($0).variance) },
            costs: sums.indices.map(cost), variance: error * error / 2)
          let more = sums.indices.filter { Double(counts[$0]) > 1.01 * sums[$0].count }
          if more.isEmpty { break }
          for level in more { try await extend(level, to: counts[level]) }
        }
        let estimate = MultilevelEstimate(
          levels: sums.map { MonteCarloEstimate($0) }, costs: sums.indices.map(cost),
          bias: remainder(sums, refinement), elapsedTime: clock.elapsed)
        let isGood = estimate.bias <= error / 2.squareRoot()
        if isGood || !sums.indices.allSatisfy(isFinite) || sums.count == levelLimit {
          return estimate
        }
        try await begin(sums.count)
      }
    }
  }
}

/// What the means of the last levels let expect of those beyond: the largest of three, each brought to the last level.
private func remainder(_ sums: [SampleSums], _ refinement: Double) -> Double {
  let last = sums.count - 1
  let means = (max(1, last - 2)...last).map { level in
    abs(sums[level].mean) / pow(refinement, Double(last - level))
  }
  return (means.max() ?? 0) / (refinement - 1)
}

private struct LevelRun: Sendable {
  let sample: Unsent<(ChunkFunction, LevelProgram)>
  let seed: UInt64
  let priority: WorkPriority

  /// Of a chunk. Of a fine level a sample is much work.
  private static func chunkLength(_ level: Int) -> Int { max(16, 4096 >> level) }

  /// Of a job, whose chunks have partial results of 16 MB at most.
  static func jobLength(_ level: Int) -> Int { chunkLength(level) << 18 }

  /// Some samples of a level as one job, whose value is their sums.
  func job(_ level: Int, _ samples: Range<Int>) throws -> ClosureJob<LevelProgram, SampleSums> {
    let length = Self.chunkLength(level)
    let chunkCount = (samples.count + length - 1) / length
    var job = ClosureJob(
      function: sample.functions.0, program: sample.functions.1, label: "a multilevel run",
      elementCount: samples.count, chunkLength: length, output: nil, inputs: [],
      parameters: try ParameterBytes(
        LevelRange(seed: seed, first: UInt64(samples.lowerBound), level: level))
    ) { partials in
      guard let partials else { return SampleSums() }
      return partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: chunkCount) { span in
        span.indices.reduce(into: SampleSums()) { $0.append(SampleSums(span[$1])) }
      }
    }
    job.options = JobOptions(priority: priority)
    return job
  }
}
