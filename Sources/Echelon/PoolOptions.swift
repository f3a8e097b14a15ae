public import EchelonMemory
public import Logging

/// How a pool is set up, beyond the number of its workers.
///
///     var options = PoolOptions()
///     options.memoryLimit = 8 << 30
///     let pool = try ProcessPool(workers: 8, options: options)
public struct PoolOptions: Sendable {
  /// Where the shared memory comes from; nil takes the best that works here.
  public var backing: ArenaBacking?
  /// The most that arrays may hold, in bytes; nil is three quarters of the memory that this process
  /// may have.
  public var memoryLimit: Int?
  /// Added to what the workers inherit. BLAS is kept to one thread per worker unless this says
  /// otherwise.
  public var environment: [String: String] = [:]
  /// Where what the workers print goes.
  public var output = WorkerOutput.lines
  /// Hears of workers that start and end.
  public var logger: Logger?

  /// The options of a pool that nobody asked anything of.
  public init() {}
}
