package import EchelonMemory
package import EchelonWire

/// How a pool is set up.
package struct PoolConfiguration: Sendable {
  package var workerCount: Int
  package var backing: ArenaBacking?
  package var memoryLimit: Int?
  /// How the arena is laid out; nil is as large pools need it.
  package var layout: ArenaLayout?
  /// Added to the workers' environment, over what they inherit.
  package var environment: [String: String]
  package var output = WorkerOutput.lines
  /// The most tasks, and the most bytes of their calls, that may be in flight; nil sets no limit.
  package var taskLimit: Int?
  package var inFlightByteLimit: Int?
  package var start = StartMethod.spawn
  /// Calls as `StartCall` writes them: in each worker before its first task, and in the template.
  package var initializer: [UInt8]?
  package var preload: [UInt8]?
  /// Over `environment`, for the worker on one seat.
  package var environmentOfSeat: (@Sendable (Int) -> [String: String])?
  package var workingDirectory: String?
  package var pinning = WorkerPinning.none
  /// Whether the log wants to hear of cancellations, of which there may be many.
  package var reportsCancellations = false
  /// Where to note what happens, and how many events of each process to keep.
  package var recorder: (path: String, eventsPerRing: Int)?
  /// A worker leaves for a fresh one after as many tasks and chunks; nil is never.
  package var maxTasksPerWorker: Int?
  /// A worker with more private bytes than this leaves for a fresh one; nil is never.
  package var maxMemoryPerWorker: Int?
  /// Between the signal that asks a worker to end and the one that ends it.
  package var gracePeriod = Duration.milliseconds(100)
  /// How long a worker or a template may take to come up; nil is without a limit.
  package var startTimeout: Duration?
  /// Where a test has the front end die.
  package var frontEndFault: FrontEndFault?
  /// How long a worker without work looks for more before it sleeps.
  package var spin = Duration.microseconds(50)
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

/// Whether workers are kept on certain processors.
public enum WorkerPinning: Sendable, Equatable {
  /// The system decides.
  case none
  /// The worker on seat i stays on the i-th of these, from the first again after the last. They are
  /// numbered as by the system, from 0, and must be in the affinity mask of this program.
  case cores([Int])
  /// As `cores`, with all that this program may use.
  case spread
}

/// What a pool tells its log.
package enum PoolEvent: Sendable {
  case workerStarted(processID: Int32, seat: Int)
  /// - Parameter wasExpected: it left because the pool had no more use for it.
  case workerEnded(processID: Int32, seat: Int, how: String, wasExpected: Bool, lastWords: [String])
  case workerNotStarted(reason: String)
  /// It left by itself: it had run as many tasks, or held as much memory, as the options allow.
  case workerRecycled(processID: Int32, seat: Int)
  case resized(from: Int, to: Int)
  /// A task or chunk whose worker died is run again.
  case retried(what: String, chunk: Int?, attempt: Int)
  /// The attempts of a task or job are used up.
  case lost(WorkerDied)
  case cancelled(what: String)
  /// There was no room until uncollected results were collected, or there is none.
  case memoryPressure(neededBytes: Int, isExhausted: Bool)
  case broken(PoolError)
  case ended(deaths: Int, retries: Int, completed: Int)
}
