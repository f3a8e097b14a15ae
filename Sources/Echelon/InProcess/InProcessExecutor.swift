import EchelonKernels
public import EchelonMemory
public import EchelonPool
import EchelonTransfer
import Synchronization

/// Runs work on threads of this process: no isolation, no transfer, the same functions and futures.
///
///     let executor: any WorkExecutor = debugging ? try InProcessExecutor() : try ProcessPool()
///
/// For finding a fault in a task with a debugger, for programs too small for processes, and as the
/// oracle that tests compare a pool with. It refuses what a pool would refuse to send, and a task's
/// error arrives as it would from a worker, so that code that runs here runs on a pool too.
///
/// What `submit` promises holds here as well: priorities, retries of errors, what waits for others,
/// cancellation, deadlines. What only processes give is not here:
///
/// - A task that crashes or exits takes the program with it, so there are no deaths to retry after.
/// - A thread cannot be ended from outside. `cancel(.force)`, a deadline and the deadline of a
///   `shutdown` raise the flag of what runs (`CurrentTask.isCancelled`), end its future at once, and
///   give its thread up: another one runs the rest, and nobody waits for it any more, not even a
///   shutdown. Until it heeds the flag or returns it goes on, and may still write into its arrays.
/// - Arguments that are references inside `Codable` types are not copied, and global variables are
///   shared.
///
/// Built-in kernels have the same chunks and the same merges as on a pool, on the same BLAS, whose
/// number of threads is this program's own; results agree within the error that the kernel states.
public final class InProcessExecutor: WorkExecutor {
  let core: InProcessCore
  let arena: Arena

  /// The most threads that run work at once; `resize` changes it.
  public var workerCount: Int { core.threadLimit }

  /// Makes an executor. Its threads start with the first work.
  /// - Parameters:
  ///   - threads: how many, 1…256; nil takes what affinity and control-group quota allow.
  ///   - initializer: runs once in each thread, before its first work, as in a pool's workers; one that never
  ///     returns keeps its thread until a `shutdown` with a deadline gives it up.
  ///   - memoryLimit: the most that arrays may hold, in bytes; nil is three quarters of the memory
  ///     that this process may have.
  ///   - taskLimit: as `PoolOptions.taskLimit`.
  ///   - inFlightByteLimit: as `PoolOptions.inFlightByteLimit`.
  /// - Throws: `PoolError.invalidWorkerCount` or `invalidArgument`, or `ArenaError` which says what is
  ///   missing.
  public init(
    threads: Int? = nil, initializer: WorkerInitializer? = nil, memoryLimit: Int? = nil,
    taskLimit: Int? = nil,
    inFlightByteLimit: Int? = nil
  ) throws {
    let count = threads ?? min(256, MachineLimits.processors().count)
    guard (1...256) ~= count else { throw PoolError.invalidWorkerCount(count) }
    try checkLimits(tasks: taskLimit, bytes: inFlightByteLimit)
    arena = try Arena(backing: .anonymousFile, limitBytes: memoryLimit, controlBytes: 4096)
    core = InProcessCore(
      threadLimit: count,
      limits: InProcessLimits(taskLimit: taskLimit, byteLimit: inFlightByteLimit),
      initializer: initializer?.call)
  }

  deinit { core.shutDown(cancelPending: false) }

  /// Starts all threads.
  @available(*, noasync, message: "use `await executor.warmUp()`")
  public func warmUp() throws(PoolError) { try core.warmUp() }

  /// Changes the most threads that run work. More are started as there is work for them; what is too
  /// many leaves between two pieces of work.
  /// - Parameter workers: 1…256.
  /// - Throws: `PoolError.invalidArgument` for another number.
  public func resize(workers: Int) throws {
    guard (1...maximumWorkerCount) ~= workers else {
      throw PoolError.invalidArgument(
        "an executor in this process has 1 to \(maximumWorkerCount) threads, not \(workers)")
    }
    core.resize(to: workers)
  }

  /// The most threads that it can be resized to.
  public var maximumWorkerCount: Int { 256 }

  /// How much memory arrays use, and how much they have used.
  public var memoryUsage: ArenaUsage { arena.usage }

  /// Memory for an array; the typed functions, such as `array`, are what to call.
  public func allocate(byteCount: Int) throws(ArenaError) -> ArenaBlock {
    try arena.allocate(byteCount: byteCount)
  }

  // MARK: The end

  /// Takes no more work; what was handed over is finished first. See `ProcessPool.shutdown`.
  ///
  /// What is late after `deadline` ends with `PoolError.timedOut` for whoever waits, and its thread is
  /// given up.
  @available(*, noasync, message: "use `await executor.shutdown()`")
  public func shutdown(wait: Bool = true, cancelPending: Bool = false, deadline: Duration? = nil) {
    core.shutDown(cancelPending: cancelPending)
    if wait { return core.waitUntilEnded(givingUpAfter: deadline) }
    guard let deadline else { return }
    Timer.later(nanoseconds: Int64(clamping: deadline.nanoseconds)) { [weak core] in
      core?.waitUntilEnded(givingUpAfter: .zero)
    }
  }

  /// Takes no more work and waits until what was handed over is finished and every thread has ended.
  /// - Parameters:
  ///   - cancelPending: whether to cancel what no thread has begun.
  ///   - deadline: how long to wait before what is late is given up; nil waits for ever.
  public func shutdown(cancelPending: Bool = false, deadline: Duration?) async {
    core.shutDown(cancelPending: cancelPending)
    // A task that shuts its own executor down can wait for everything but itself.
    if InProcessWork.current?.core === core { return }
    await FreeThread.waiting("echelon-end") { [core] in
      core.waitUntilEnded(givingUpAfter: deadline)
    }
  }

  /// The same without a deadline.
  public func shutdown(cancelPending: Bool = false) async {
    await shutdown(cancelPending: cancelPending, deadline: nil)
  }
}

extension InProcessExecutor {
  /// How many wait for room; for tests.
  package var waitersForRoom: Int { core.waitersForRoom }
}
