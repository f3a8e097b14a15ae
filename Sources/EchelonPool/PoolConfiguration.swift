package import EchelonMemory

/// How a pool is set up.
package struct PoolConfiguration: Sendable {
  package var workerCount: Int
  package var backing: ArenaBacking?
  package var memoryLimit: Int?
  /// Added to the workers' environment, over what they inherit.
  package var environment: [String: String]
  package var output = WorkerOutput.lines
  /// The most tasks, and the most bytes of their calls, that may be in flight; nil sets no limit.
  package var taskLimit: Int?
  package var inFlightByteLimit: Int?
  /// Says what happened, for the log.
  package var report: @Sendable (PoolEvent) -> Void

  package init(
    workerCount: Int, backing: ArenaBacking? = nil, memoryLimit: Int? = nil,
    environment: [String: String] = [:], report: @escaping @Sendable (PoolEvent) -> Void = { _ in }
  ) {
    self.workerCount = workerCount
    self.backing = backing
    self.memoryLimit = memoryLimit
    self.environment = environment
    self.report = report
  }
}

extension PoolConfiguration {
  var hasLimits: Bool { taskLimit != nil || inFlightByteLimit != nil }
}

/// What a pool tells its log.
package enum PoolEvent: Sendable {
  case workerStarted(processID: Int32, seat: Int)
  case workerEnded(processID: Int32, seat: Int, how: String)
  case workerNotStarted(reason: String)
}

/// Numbers about a pool, read at one moment.
public struct PoolStatistics: Sendable, Equatable {
  /// Workers alive.
  public var workers = 0
  /// Workers that ended without having been asked to, since the pool was made.
  public var deaths = 0
  /// Tasks and chunks that were begun again after such a death.
  public var retries = 0
  /// Tasks and jobs handed over whose results have not been collected yet.
  public var pendingTasks = 0
  /// Calls of `submitWhenRoom` that wait.
  public var waitersForRoom = 0
  /// Tasks run, by seat; chunks are counted apart.
  public var tasksRun: [UInt64] = []
  /// Chunks run, by seat.
  public var chunksRun: [UInt64] = []
}
