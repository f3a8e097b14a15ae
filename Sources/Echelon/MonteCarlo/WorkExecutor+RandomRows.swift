import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire

extension WorkExecutor {
  /// Starts filling a matrix with vectors of a distribution, one in each row, and returns its future.
  ///
  /// Row i is what a `PhiloxGenerator` of index i gives, a function of (seed, stream, i): the bits are the same for any
  /// number of workers, and a longer matrix begins with a shorter one.
  /// - Parameters:
  ///   - distribution: `.multivariateNormal(mean:covariance:)`, `.dirichlet(concentrations:)` or
  ///     `.unitSphere(dimension:)`.
  ///   - count: how many vectors, 0 or more.
  ///   - seed: the key.
  ///   - stream: of the same seed, other values; see `startRandom` of an array.
  ///   - output: takes the vectors, `count` rows of `dimension` columns: any view, a transpose or a block of a larger
  ///     matrix among them. Nil makes a new matrix in row-major order.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startMap`.
  /// - Throws: `PoolError.invalidArgument` for a negative count, `KernelError.shapeMismatch` for an output of another
  ///   shape, `outputOverlapsItself` for one whose elements share addresses, `ArenaError` when memory runs out.
  public func startRandom(
    _ distribution: RowDistribution, count: Int, seed: UInt64, stream: UInt32 = 0,
    into output: SharedMatrix<Double>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<Double>> {
    let dimension = distribution.dimension
    try checkRandomCount(count, of: "random vectors")
    try output?.target.check(
      ExpressionShape(rows: count, columns: dimension, isMatrix: true), "random")
    let (elementCount, isOver) = count.multipliedReportingOverflow(by: dimension)
    guard !isOver else { throw ArenaError.invalidSize(bytes: .max) }
    let result =
      try output
      ?? SharedMatrix(
        uninitializedArray(of: Double.self, count: elementCount), rows: count, columns: dimension)
    let function = rowFunction(
      distribution.law,
      into: result.isContiguous ? [] : result.layout.scatterNumbers, seed, stream)
    // Whole rows, of as many elements as other chunks have, or one that is longer.
    let rowsAtATime = max(1, Self.mapChunkLength / max(1, dimension))
    var job = ClosureJob(
      function: function, program: function, label: "\(count) random vectors of \(dimension)",
      elementCount: elementCount, chunkLength: rowsAtATime * max(1, dimension),
      output: ArrayReference(result.storage), inputs: [], parameters: .none
    ) { _ in result }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }

  /// A matrix whose rows are vectors of a distribution; see `startRandom`.
  public func random(
    _ distribution: RowDistribution, count: Int, seed: UInt64, stream: UInt32 = 0,
    into output: SharedMatrix<Double>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedMatrix<Double> {
    try await startRandom(
      distribution, count: count, seed: seed, stream: stream, into: output, priority: priority,
      deadline: deadline
    ).value
  }

  /// A matrix whose rows are vectors of a distribution, blocking; see `startRandom`.
  @available(*, noasync)
  public func random(
    _ distribution: RowDistribution, count: Int, seed: UInt64, stream: UInt32 = 0,
    into output: SharedMatrix<Double>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedMatrix<Double> {
    try startRandom(
      distribution, count: count, seed: seed, stream: stream, into: output, priority: priority,
      deadline: deadline
    ).result()
  }
}
