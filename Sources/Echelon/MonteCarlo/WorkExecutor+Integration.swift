public import EchelonKernels
public import EchelonMemory
import EchelonPool
import EchelonTransfer
public import EchelonWire

/// How the points of an integral are drawn.
public struct IntegrationMethod: Sendable, Hashable {
  /// How often the bins are adapted before anything counts; 0 for never.
  public let iterations: Int
  /// Samples for each time.
  public let samples: Int
  /// Bins in each dimension.
  public let bins: Int

  /// From all of the box alike.
  public static let plain = IntegrationMethod(iterations: 0, samples: 0, bins: 1)

  /// More where the integrand is large, as it is found to be beforehand: VEGAS. For integrands with peaks that lie along
  /// the axes; of others it gains little.
  /// - Parameters:
  ///   - iterations: how often the bins are adapted, 1 to 1000.
  ///   - samples: for each time, 1 to 2⁴⁰. They take 64 MB of the pool's memory at most, or 512 bytes for each bin of
  ///     each dimension where that is more.
  ///   - bins: in each dimension, 2 to 1000.
  public static func vegas(
    iterations: Int = 10, samples: Int = 65_536, bins: Int = 100
  ) -> IntegrationMethod {
    IntegrationMethod(iterations: iterations, samples: samples, bins: bins)
  }

  /// What is wrong with it, as the end of a sentence; nil if nothing is.
  var problem: String? {
    if self == .plain { return nil }
    if !(1...1000 ~= iterations) { return "\(iterations) iterations; take 1 to 1000" }
    if !(1...1 << 40 ~= samples) { return "\(samples) samples in an iteration; take 1 to 2⁴⁰" }
    return 2...1000 ~= bins ? nil : "\(bins) bins; take 2 to 1000"
  }
}

/// A user's integrand, where the compiler left it generic or captured.
@usableFromInline
package struct BoxIntegrandProgram: ChunkProgram {
  @usableFromInline let integrand: (Span<Double>) -> Double
  @inlinable package init(_ integrand: @escaping (Span<Double>) -> Double) {
    self.integrand = integrand
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.integrateBox(integrand) }
}

/// The same, for the weights of bins.
@usableFromInline
package struct BoxWeightProgram: ChunkProgram {
  @usableFromInline let integrand: (Span<Double>) -> Double
  @inlinable package init(_ integrand: @escaping (Span<Double>) -> Double) {
    self.integrand = integrand
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.weighBox(integrand) }
}

/// One time that bins are weighed.
@frozen
@usableFromInline
package struct WeighingPlan: BitwiseCopyable, Sendable {
  @usableFromInline let seed: UInt64
  @usableFromInline let stream: UInt32
  @usableFromInline let words: Int
  @usableFromInline let samples: Int
  @usableFromInline let samplesOfChunk: Int
}

extension ChunkMemory {
  /// Stores the sums of the chunk's samples. The input is a grid.
  @inlinable @inline(__always)
  package func integrateBox(_ integrand: (Span<Double>) -> Double) {
    let (seed, indices) = samples
    let length = withWholeInput(0, of: Double.self, count: 2) {
      2 + Int($0[0]) * (Int($0[1]) + 1)
    }
    let sums = withWholeInput(0, of: Double.self, count: length) {
      accumulateIntegral($0, seed: seed, indices: indices, integrand)
    }
    store(partial: sums.partial)
  }

  /// Writes the weights of all bins by the chunk's samples.
  @inlinable @inline(__always)
  package func weighBox(_ integrand: (Span<Double>) -> Double) {
    let plan = parameters(as: WeighingPlan.self)
    let first = start / count * plan.samplesOfChunk
    let indices = UInt64(first)..<UInt64(min(plan.samples, first + plan.samplesOfChunk))
    withWholeInput(0, of: Double.self, count: plan.words) { words in
      withOutput(of: Double.self) { weights in
        accumulateImportance(
          words, seed: plan.seed, stream: plan.stream, indices: indices, into: &weights, integrand)
      }
    }
  }
}

extension WorkExecutor {
  /// Starts the integration of `integrand` over a box, and returns the future of the estimate.
  ///
  ///     let integral = try await pool.integrate(
  ///       over: Array(repeating: 0...1, count: 6), method: .vegas(), seed: 42, until: .relativeError(1e-4)
  ///     ) { x in
  ///       var sum = 0.0
  ///       for i in x.indices { sum += (x[i] - 0.5) * (x[i] - 0.5) }
  ///       return exp(-100 * sum)
  ///     }
  ///
  /// Point i is drawn by the generator of (seed, i), and the bins of `.vegas` by generators of their own, so the answer
  /// has the same bits for any number of workers, and no bias. For smooth integrands see `startQuasiMonteCarlo`, too.
  /// - Parameters:
  ///   - box: of each dimension the range, 1 to 1000 of them, finite and not empty.
  ///   - method: how points are drawn.
  ///   - seed: see above.
  ///   - goal: as for `startMonteCarlo(seed:until:)`.
  ///   - state: to go on with a run of the same integrand, box, method and seed.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - integrand: gets a point; it travels with what it captured, and may run again for the same point.
  /// - Throws: `PoolError.invalidArgument` for what is said above.
  /// - Source: G. P. Lepage, *A new algorithm for adaptive multidimensional integration*, Journal of Computational
  ///   Physics 27 (1978). Unlike there, what is drawn while bins are adapted does not count.
  @inlinable @inline(__always)
  public func startIntegrate(
    over box: [ClosedRange<Double>], method: IntegrationMethod = .plain, seed: UInt64,
    until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> Future<MonteCarloEstimate> {
    try startIntegrating(
      ChunkFunction { chunk in chunk.integrateBox(integrand) },
      orElse: BoxIntegrandProgram(integrand),
      ChunkFunction { chunk in chunk.weighBox(integrand) }, orElse: BoxWeightProgram(integrand),
      over: box, method, seed: seed, until: goal, from: try beginning(state, seed: seed), priority)
  }

  /// Integrates over a box; see `startIntegrate`.
  @inlinable @inline(__always)
  public func integrate(
    over box: [ClosedRange<Double>], method: IntegrationMethod = .plain, seed: UInt64,
    until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) async throws -> MonteCarloEstimate {
    try await startIntegrate(
      over: box, method: method, seed: seed, until: goal, resuming: state, priority: priority,
      integrand
    ).value
  }

  /// Integrates over a box, blocking; see `startIntegrate`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func integrate(
    over box: [ClosedRange<Double>], method: IntegrationMethod = .plain, seed: UInt64,
    until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> MonteCarloEstimate {
    try startIntegrate(
      over: box, method: method, seed: seed, until: goal, resuming: state, priority: priority,
      integrand
    ).result()
  }

  /// Ever better estimates of an integral over a box, once the bins are adapted: one after each boundary, until one is
  /// good enough; see `startIntegrate`, and for the sequence `monteCarloEstimates`.
  @inlinable @inline(__always)
  public func integralEstimates(
    over box: [ClosedRange<Double>], method: IntegrationMethod = .plain, seed: UInt64,
    until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    try integrating(
      ChunkFunction { chunk in chunk.integrateBox(integrand) },
      orElse: BoxIntegrandProgram(integrand),
      ChunkFunction { chunk in chunk.weighBox(integrand) }, orElse: BoxWeightProgram(integrand),
      over: box, method, seed: seed, until: goal, from: try beginning(state, seed: seed), priority)
  }
}

extension WorkExecutor {
  @usableFromInline
  package func startIntegrating(
    _ function: ChunkFunction, orElse program: BoxIntegrandProgram, _ weighing: ChunkFunction,
    orElse weighingProgram: BoxWeightProgram, over box: [ClosedRange<Double>],
    _ method: IntegrationMethod, seed: UInt64, until goal: MonteCarloGoal,
    from state: MonteCarloState, _ priority: WorkPriority
  ) throws -> Future<MonteCarloEstimate> {
    let even = try evenGrid(over: box, method)
    try check(goal, from: state.nextSample)
    guard method.iterations > 0 else {
      return try startSampling(
        function, orElse: program, inputs: [ArrayReference(try array(even.words))], from: state,
        until: goal, priority: priority, deadline: nil)
    }
    let (sample, weigh) = (Unsent((function, program)), Unsent((weighing, weighingProgram)))
    let clock = RunClock(after: state.elapsedTime)
    return try startSteps { [self] in
      let words = try array(try await adapted(even, by: weigh, method, seed, priority).words)
      var state = state
      state.elapsedTime = clock.elapsed
      return try await finished(
        startSampling(
          sample.functions.0, orElse: sample.functions.1, inputs: [ArrayReference(words)],
          from: state, until: goal, priority: priority, deadline: nil))
    }
  }

  /// The same as a sequence of estimates.
  @usableFromInline
  package func integrating(
    _ function: ChunkFunction, orElse program: BoxIntegrandProgram, _ weighing: ChunkFunction,
    orElse weighingProgram: BoxWeightProgram, over box: [ClosedRange<Double>],
    _ method: IntegrationMethod, seed: UInt64, until goal: MonteCarloGoal,
    from state: MonteCarloState, _ priority: WorkPriority
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    let even = try evenGrid(over: box, method)
    let (sample, weigh) = (Unsent((function, program)), Unsent((weighing, weighingProgram)))
    return try sampling(from: state, until: goal, priority: priority) { [self] in
      let words = try array(try await adapted(even, by: weigh, method, seed, priority).words)
      return ReadySamples(
        sample.functions.0, orElse: sample.functions.1, inputs: [ArrayReference(words)])
    }
  }

  /// - Throws: `PoolError.invalidArgument` for a box or a method that cannot be.
  private func evenGrid(
    over box: [ClosedRange<Double>], _ method: IntegrationMethod
  ) throws -> ImportanceGrid {
    guard 1...1000 ~= box.count else {
      throw PoolError.invalidArgument("an integral in \(box.count) dimensions; take 1 to 1000")
    }
    for range in box {
      let width = range.upperBound - range.lowerBound
      guard width > 0, width.isFinite else {
        throw PoolError.invalidArgument(
          "an integral from \(range.lowerBound) to \(range.upperBound); take a finite range that is not empty"
        )
      }
    }
    if let problem = method.problem {
      throw PoolError.invalidArgument("an integral by VEGAS with \(problem)")
    }
    return ImportanceGrid(box: box, binCount: method.bins)
  }

  /// The grid with its bins where the integrand is large, after all iterations of a method.
  private func adapted(
    _ even: ImportanceGrid, by weigh: Unsent<(ChunkFunction, BoxWeightProgram)>,
    _ method: IntegrationMethod, _ seed: UInt64, _ priority: WorkPriority
  ) async throws -> ImportanceGrid {
    var grid = even
    for iteration in 0..<method.iterations {
      grid.adapt(
        to: try await weights(weigh, of: grid, method, stream: iteration + 1, seed, priority))
    }
    return grid
  }

  /// What the integrand weighs in each bin.
  private func weights(
    _ weigh: Unsent<(ChunkFunction, BoxWeightProgram)>, of grid: ImportanceGrid,
    _ method: IntegrationMethod, stream: Int, _ seed: UInt64, _ priority: WorkPriority
  ) async throws -> [Double] {
    let words = try array(grid.words)
    // Every chunk writes a weight for each bin: of many samples chunks are longer, so that there are not too many.
    let count = grid.dimension * grid.binCount
    let chunkLimit = max(64, (1 << 23) / count)
    let samplesOfChunk = max(4096, (method.samples + chunkLimit - 1) / chunkLimit)
    let chunks = (method.samples + samplesOfChunk - 1) / samplesOfChunk
    let weights = try uninitializedArray(of: Double.self, count: chunks * count)
    let plan = WeighingPlan(
      seed: seed, stream: UInt32(stream), words: words.count, samples: method.samples,
      samplesOfChunk: samplesOfChunk)
    var job = ClosureJob(
      function: weigh.functions.0, program: weigh.functions.1, label: "VEGAS",
      elementCount: weights.count, chunkLength: count, output: ArrayReference(weights),
      inputs: [ArrayReference(words)], parameters: try ParameterBytes(plan)
    ) { _ in
      // In the order of the chunks, whoever made them.
      weights.withSpan { all in
        (0..<count).map { place in
          (0..<chunks).reduce(0) { $0 + all[$1 * count + place] }
        }
      }
    }
    job.options = JobOptions(priority: priority)
    return try await finished(start(job))
  }
}
