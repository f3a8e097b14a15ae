public import EchelonKernels
public import EchelonMemory
import EchelonPool
import EchelonRandom
import EchelonTransfer
public import EchelonWire

/// A user's function of a point, where the compiler left it generic or captured.
@usableFromInline
package struct IntegrandProgram: ChunkProgram {
  @usableFromInline let body: (Span<Double>) -> Double
  @inlinable package init(_ body: @escaping (Span<Double>) -> Double) { self.body = body }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.integrate(body) }
}

extension WorkExecutor {
  /// Starts the integration of `integrand` over the unit cube by Sobol's points, scrambled at random in several ways
  /// (Owen's), and returns the future of the estimate.
  ///
  ///     let price = try await pool.quasiMonteCarlo(dimension: 12, points: 1 << 14, seed: 42) { point in
  ///       var logarithm = log(spot)
  ///       for i in 0..<12 { logarithm += drift + deviation * normalQuantile(point[i]) }
  ///       return max(0, exp(logarithm) - strike)
  ///     }
  ///
  /// For smooth functions the error falls nearly as 1/n, or faster, where that of random numbers falls as 1/√n; for any
  /// other it is hardly larger than theirs. The points depend on the arguments alone, so the answer has the same bits
  /// for any number of workers.
  /// - Parameters:
  ///   - dimension: of the cube, 1 to 21,201. The first coordinates are the best distributed: give them to what matters
  ///     most.
  ///   - points: in each replicate, a power of 2, up to 2³¹.
  ///   - replicates: how many scrambled sets of them, 2 or more; their differences tell the error.
  ///   - seed: of the scrambling.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startMonteCarlo(samples:seed:)`.
  ///   - integrand: gets a point, each coordinate within (0, 1), never 0 or 1. It travels with what it captured, and
  ///     may run again for the same point.
  /// - Throws: `PoolError.invalidArgument` for what is said above, `QuasiRandomError.invalidDimension`.
  /// - Source: A. B. Owen, *Scrambled net variance for integrals of smooth functions*, Annals of Statistics 25 (1997).
  @inlinable @inline(__always)
  public func startQuasiMonteCarlo(
    dimension: Int, points: Int, replicates: Int = 16, seed: UInt64,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> Future<QuasiMonteCarloEstimate> {
    try startIntegration(
      ChunkFunction { chunk in chunk.integrate(integrand) }, orElse: IntegrandProgram(integrand),
      dimension: dimension, points: points, replicates: replicates, seed: seed, priority: priority,
      deadline: deadline)
  }

  /// Integrates over the unit cube; see `startQuasiMonteCarlo`.
  @inlinable @inline(__always)
  public func quasiMonteCarlo(
    dimension: Int, points: Int, replicates: Int = 16, seed: UInt64,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) async throws -> QuasiMonteCarloEstimate {
    try await startQuasiMonteCarlo(
      dimension: dimension, points: points, replicates: replicates, seed: seed, priority: priority,
      deadline: deadline, integrand
    ).value
  }

  /// Integrates over the unit cube, blocking; see `startQuasiMonteCarlo`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func quasiMonteCarlo(
    dimension: Int, points: Int, replicates: Int = 16, seed: UInt64,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> QuasiMonteCarloEstimate {
    try startQuasiMonteCarlo(
      dimension: dimension, points: points, replicates: replicates, seed: seed, priority: priority,
      deadline: deadline, integrand
    ).result()
  }

  @usableFromInline
  package func startIntegration(
    _ function: ChunkFunction, orElse program: IntegrandProgram, dimension: Int, points: Int,
    replicates: Int, seed: UInt64, priority: WorkPriority, deadline: Duration?
  ) throws -> Future<QuasiMonteCarloEstimate> {
    guard points >= 1, points <= 1 << 31, points & (points - 1) == 0 else {
      throw PoolError.invalidArgument(
        "quasi-Monte Carlo with \(points) points; take a power of 2 up to 2³¹, on which Sobol's points are balanced"
      )
    }
    guard (2...1 << 20) ~= replicates else {
      throw PoolError.invalidArgument(
        "quasi-Monte Carlo with \(replicates) replicates; take 2 or more, up to 2²⁰, since one says nothing of its error"
      )
    }
    _ = try SobolSequence(dimension: dimension)
    let range = QuasiRange(seed: seed, dimension: dimension, pointCount: points)
    let parts = range.partsOfReplicate
    let sums = try uninitializedArray(of: Double.self, count: replicates * parts)
    var job = ClosureJob(
      function: function, program: program, label: "quasi-Monte Carlo", elementCount: sums.count,
      chunkLength: max(1, QuasiRange.partLength / range.partLength),
      output: ArrayReference(sums), inputs: [], parameters: try ParameterBytes(range)
    ) { _ in
      let all = Array(sums)
      let means = (0..<replicates).map { replicate in
        all[replicate * parts..<(replicate + 1) * parts].reduce(0, +) / Double(points)
      }
      return QuasiMonteCarloEstimate(pointCount: points, replicateMeans: means)
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}
