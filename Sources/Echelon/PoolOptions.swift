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
  /// The most tasks that `submit` has in flight, 1 or more; nil sets no limit. In flight is what was
  /// handed over and whose result, or error, has not come back. A map over a sequence has a buffer of its
  /// own.
  public var taskLimit: Int?
  /// The most bytes of arguments that `submit` has in flight, 1 or more, as they are sent; arrays in shared
  /// memory count with their handles, and values that a task waits for from when they are there. nil sets no
  /// limit. A single task is taken whatever its size.
  public var inFlightByteLimit: Int?
  /// Added for one worker, by its seat from 0, over `environment`. Each worker also has its seat in
  /// `ECHELON_WORKER_INDEX`. Forked workers, under `.forkServer` and `.fork`, can be given somewhat less than
  /// 128 KiB that way.
  public var environmentForWorker: (@Sendable (Int) -> [String: String])?
  /// Where the workers are; nil is where this program is when they start.
  public var workingDirectory: String?
  /// Whether workers are kept on certain processors.
  public var pinning: WorkerPinning = .none
  /// How workers come to be.
  public var start: StartMethod = .spawn
  /// Runs once in each worker, before its first task. When it throws or ends its process, the
  /// worker is replaced; after three in a row, what waits fails with that error, or with
  /// `PoolError.initializerFailed`.
  public var initializer: WorkerInitializer?
  /// Runs once in the template, before the first worker is forked from it; all workers inherit what
  /// it left. For `.forkServer` and `.fork`. It must not start threads.
  public var preload: WorkerInitializer?
  /// How many tasks and chunks a worker runs before it leaves, between two of them, for a fresh one;
  /// nil is without a limit. For functions that leak.
  public var maxTasksPerWorker: Int?
  /// How many bytes of private memory a worker may hold when a task or chunk has ended, beyond what it held
  /// before its first one, before it leaves for a fresh one; nil is without a limit. Shared arrays do not count,
  /// nor does what a forked worker has from its template or an `initializer` leaves.
  public var maxMemoryPerWorker: Int?
  /// How long a worker, or the template of workers, may take to come up, its `initializer` or `preload`
  /// included; nil is without a limit. A worker that is late is ended and replaced; after three in a
  /// row, what waits fails with `PoolError.initializerFailed`. A late `preload` fails it at once, with
  /// `PoolError.cannotStartWorker`.
  public var startTimeout: Duration? = .seconds(300)
  /// How long a worker that is to be stopped may take to end after SIGTERM, before SIGKILL.
  public var gracePeriod = Duration.milliseconds(100)
  /// How long a worker without work looks for more before it sleeps, 0 or more. While it looks, the next
  /// task begins in a microsecond; to wake a sleeper takes the kernel some tens. At most one worker less
  /// than there are processors looks at a time; but after a chunk that took twice as long or more, each
  /// looks for as long as the chunk took, at most ten times as long or 500 µs.
  public var spin = Duration.microseconds(50)
  /// Hears of workers that start, end and are replaced, of retries, of memory that runs short, and at
  /// `debug` of the rest.
  public var logger: Logger?
  /// Sends the numbers of `ProcessPool.statistics` to swift-metrics from time to time; nil sends none.
  public var metrics: PoolMetricsOptions?
  /// Notes every task, chunk, sleep, death and retry in a file that can be read after every process
  /// has died; nil notes nothing, which costs nothing.
  public var flightRecorder: FlightRecorderFile?
  /// Where a test has this process die.
  package var frontEndFault: FrontEndFault?

  /// The options of a pool that nobody asked anything of.
  public init() {}
}
