/// Numbers about a pool, read at one moment.
public struct PoolStatistics: Sendable, Equatable {
  /// Those of no pool.
  package init() {}

  /// Workers alive.
  public var workers = 0
  /// Workers that ended without having been asked to, since the pool was made.
  public var deaths = 0
  /// Workers that left after `maxTasksPerWorker` or `maxMemoryPerWorker`, or were ended on request.
  public var recycled = 0
  /// Tasks and chunks that were begun again after such a death.
  public var retries = 0
  /// Tasks and jobs handed over whose results have not been collected yet.
  public var pendingTasks = 0
  /// Tasks and jobs handed over since the pool was made.
  public var submitted = 0
  /// Tasks and jobs that are over, however they ended: each is counted a moment after its future is
  /// complete, by the thread that completed it.
  public var completed: Int { submitted - pendingTasks }
  /// Those of them that ended with an error or were cancelled.
  public var failed = 0
  /// Tasks that a worker could take now.
  public var readyTasks = 0
  /// Tasks that wait in the front end, for want of a slot in shared memory.
  public var waitingTasks = 0
  /// Calls of `submitWhenRoom` that wait.
  public var waitersForRoom = 0
  /// Tasks run, by seat; chunks are counted apart.
  public var tasksRun: [UInt64] = []
  /// Chunks run, by seat.
  public var chunksRun: [UInt64] = []
  /// The seats, one by one.
  public var seats: [SeatStatistics] = []
  /// Bytes of shared memory in live blocks.
  public var usedBytes = 0
  /// The most that `usedBytes` has been.
  public var peakBytes = 0
}

/// Numbers about the workers that have sat on one seat of a pool.
public struct SeatStatistics: Sendable, Equatable {
  /// What a worker is doing.
  public enum State: String, Sendable, CaseIterable {
    case vacant, starting, idle, busy, leaving
  }
  /// The worker there now; nil when there is none.
  public var processID: Int32?
  /// What it is doing.
  public var state = State.vacant
  /// Tasks run by all who have sat there.
  public var tasks = 0
  /// Chunks run by all who have sat there.
  public var chunks = 0
  /// How long they were at work: awake, but for spins (`PoolOptions.spin`) that ended with work.
  public var busy = Duration.zero
  /// How many workers have been started for this seat.
  public var starts = 0
  /// How many of them ended without having been asked to.
  public var deaths = 0
  /// Memory that the worker has for itself, in bytes; nil when it is gone or the system does not say.
  public var residentBytes: Int?
}
