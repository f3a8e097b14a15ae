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
  ///   - state: of an estimate of the same integrand, seed, dimension and number of replicates, to go on with its run: the
  ///     bits are those of one run.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startMonteCarlo(samples:seed:)`.
  ///   - integrand: gets a point, each coordinate within (0, 1), never 0 or 1. It travels with what it captured, and
  ///     may run again for the same point.
  /// - Throws: `PoolError.invalidArgument` for what is said above, `QuasiRandomError.invalidDimension`.
  /// - Source: A. B. Owen, *Scrambled net variance for integrals of smooth functions*, Annals of Statistics 25 (1997).
  @inlinable @inline(__always)
  public func startQuasiMonteCarlo(
    dimension: Int, points: Int, replicates: Int = 16, seed: UInt64,
    resuming state: QuasiMonteCarloState? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> Future<QuasiMonteCarloEstimate> {
    try startIntegration(
      ChunkFunction { chunk in chunk.integrate(integrand) }, orElse: IntegrandProgram(integrand),
      from: try beginning(state, seed: seed, dimension: dimension, replicates: replicates),
      points: points, priority: priority, deadline: deadline)
  }

  /// Integrates over the unit cube; see `startQuasiMonteCarlo`.
  @inlinable @inline(__always)
  public func quasiMonteCarlo(
    dimension: Int, points: Int, replicates: Int = 16, seed: UInt64,
    resuming state: QuasiMonteCarloState? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) async throws -> QuasiMonteCarloEstimate {
    try await startQuasiMonteCarlo(
      dimension: dimension, points: points, replicates: replicates, seed: seed, resuming: state,
      priority: priority, deadline: deadline, integrand
    ).value
  }

  /// Integrates over the unit cube, blocking; see `startQuasiMonteCarlo`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func quasiMonteCarlo(
    dimension: Int, points: Int, replicates: Int = 16, seed: UInt64,
    resuming state: QuasiMonteCarloState? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> QuasiMonteCarloEstimate {
    try startQuasiMonteCarlo(
      dimension: dimension, points: points, replicates: replicates, seed: seed, resuming: state,
      priority: priority, deadline: deadline, integrand
    ).result()
  }

  /// Starts the integration of `integrand` over the unit cube until it is good enough, and returns the future of the
  /// estimate.
  ///
  /// The run is looked at after 4096 points in each replicate, and whenever their number has doubled, and ends at the first
  /// look where the goal is reached, or at 2³¹ points. But for a goal that sets a time, its answer depends on nothing else.
  /// - Parameters:
  ///   - dimension: as for `startQuasiMonteCarlo(dimension:points:)`, like all others.
  ///   - replicates: see above.
  ///   - seed: see above.
  ///   - goal: when to end. A number of samples counts the points of all replicates: as many are taken as a power of 2 in
  ///     each allows. Of a time no more points are begun than there seems to be time for, but 4096 in each replicate are.
  ///   - state: to go on with a run; what it has reached is reached at once.
  ///   - priority: see above.
  ///   - integrand: see above.
  /// - Throws: `PoolError.invalidArgument` for a goal that cannot be, such as fewer points than replicates or than the state
  ///   has, or a state of another run.
  @inlinable @inline(__always)
  public func startQuasiMonteCarlo(
    dimension: Int, replicates: Int = 16, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: QuasiMonteCarloState? = nil, priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> Future<QuasiMonteCarloEstimate> {
    try startIntegration(
      ChunkFunction { chunk in chunk.integrate(integrand) }, orElse: IntegrandProgram(integrand),
      from: try beginning(state, seed: seed, dimension: dimension, replicates: replicates),
      until: goal, priority: priority)
  }

  /// Integrates over the unit cube until it is good enough; see `startQuasiMonteCarlo(dimension:until:)`.
  @inlinable @inline(__always)
  public func quasiMonteCarlo(
    dimension: Int, replicates: Int = 16, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: QuasiMonteCarloState? = nil, priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) async throws -> QuasiMonteCarloEstimate {
    try await startQuasiMonteCarlo(
      dimension: dimension, replicates: replicates, seed: seed, until: goal, resuming: state,
      priority: priority, integrand
    ).value
  }

  /// Integrates over the unit cube until it is good enough, blocking; see `startQuasiMonteCarlo(dimension:until:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func quasiMonteCarlo(
    dimension: Int, replicates: Int = 16, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: QuasiMonteCarloState? = nil, priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> QuasiMonteCarloEstimate {
    try startQuasiMonteCarlo(
      dimension: dimension, replicates: replicates, seed: seed, until: goal, resuming: state,
      priority: priority, integrand
    ).result()
  }

  /// Ever better estimates of an integral over the unit cube: one whenever the number of points has doubled, until one is
  /// good enough; see `startQuasiMonteCarlo(dimension:until:)`, and for the sequence `monteCarloEstimates`.
  @inlinable @inline(__always)
  public func quasiMonteCarloEstimates(
    dimension: Int, replicates: Int = 16, seed: UInt64, until goal: MonteCarloGoal,
    resuming state: QuasiMonteCarloState? = nil, priority: WorkPriority = .normal,
    _ integrand: @escaping @Sendable (Span<Double>) -> Double
  ) throws -> AsyncThrowingStream<QuasiMonteCarloEstimate, any Error> {
    try integrationEstimates(
      ChunkFunction { chunk in chunk.integrate(integrand) }, orElse: IntegrandProgram(integrand),
      from: try beginning(state, seed: seed, dimension: dimension, replicates: replicates),
      until: goal, priority: priority)
  }
}
