import EchelonPool
import EchelonTransfer
import Synchronization

/// Which pass of some work runs, and whether the work is to stop.
private final class StepsControl: Sendable {
  private struct State {
    /// The pass that may be cancelled.
    var current: AnyFuture?
    /// What runs must not be left half done.
    var isShielded = false
    var stopMode: CancellationMode?
    var isOver = false
  }

  private let state = Mutex(State())

  /// What the calling Swift task is a part of.
  @TaskLocal static var current: StepsControl?

  /// - Returns: how to cancel the pass that is about to run; nil when it may run.
  func begin(_ pass: AnyFuture, isShielded: Bool) -> CancellationMode? {
    state.withLock { state in
      if let mode = state.stopMode { return mode }
      state.current = pass
      state.isShielded = isShielded
      return nil
    }
  }

  func endPass() {
    let done = state.withLock { state in
      defer { (state.current, state.isShielded) = (nil, false) }
      return state.current
    }
    _ = consume done  // not under the lock
  }

  /// - Returns: whether the work was to stop.
  func end() -> Bool {
    state.withLock { state in
      state.isOver = true
      return state.stopMode != nil
    }
  }

  /// Cancels the pass that runs, and has no other begin.
  /// - Returns: whether the work is certain to end as cancelled.
  func stop(_ mode: CancellationMode) -> Bool {
    let (isStopped, pass) = state.withLock { state -> (Bool, AnyFuture?) in
      guard !state.isOver, !state.isShielded else { return (false, nil) }
      state.stopMode = mode
      return (true, state.current)
    }
    pass?.cancel(mode)
    return isStopped
  }
}

/// Work of several passes as the source of the future of all.
private final class Steps: FutureSource {
  let control = StepsControl()

  var isRunning: Bool { true }
  func poll() {}
  func cancel() -> Bool { false }
  func stop(_ mode: CancellationMode) -> Bool { control.stop(mode) }
  func demandCompletion() {}
  func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool { park() }
}

/// Where Echelon's own Swift tasks run: functions that are not async may hold all of Swift's threads, each
/// waiting for such a task.
private final class UnblockedThreads: TaskExecutor {
  static let shared = UnblockedThreads()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // Swift never has two pieces of one task enqueued.
    FreeThread.run("steps") { [self] in run(job) }
  }
}

extension WorkExecutor {
  /// Runs work of several passes, each a job, in a Swift task that awaits one after the other (`finished`).
  ///
  /// Cancelling the future cancels the pass that runs, and the future ends when that has. A shutdown waits for
  /// all of them, or leaves out those that are left if it cancels what has not begun.
  func startSteps<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Future<Value> {
    try beginSteps(isContinuation: isInsideSteps)
    let future = Future<Value>()
    let steps = Steps()
    future.attach(steps)
    let control = steps.control
    Task(executorPreference: UnblockedThreads.shared) { [self] in
      let result: Result<Value, any Error>
      do {
        result = .success(try await StepsControl.$current.withValue(control) { try await body() })
      } catch {
        result = .failure(error)
      }
      if control.end() || result.isCancelled {
        future.fail(CancellationError(), isCancelled: true)
      } else {
        future.complete(result)
      }
      endSteps()
    }
    return future
  }

  /// The same in the Swift task of the caller, for async functions.
  func inSteps<Value: Sendable>(
    _ body: () async throws -> Value
  ) async throws -> Value {
    if isInsideSteps { return try await body() }
    try beginSteps(isContinuation: false)
    // On threads that whoever waits for the end of the executor does not hold.
    return try await withTaskExecutorPreference(UnblockedThreads.shared) {
      defer { endSteps() }
      return try await StepsControl.$current.withValue(StepsControl()) { try await body() }
    }
  }
}

extension Result {
  /// Whether a pass was cancelled, or not begun any more.
  fileprivate var isCancelled: Bool {
    guard case .failure(let error) = self else { return false }
    return error is CancellationError || error as? PoolError == .cancelled
  }
}

/// Whether the caller is a pass of work that a shutdown waits for.
var isInsideSteps: Bool { StepsControl.current != nil }

/// Awaits a pass to its end, also when it is cancelled meanwhile: its chunks write into memory of the next ones.
/// - Parameter isShielded: whether it must not be cancelled.
func finished<Value: Sendable>(
  _ pass: Future<Value>, isShielded: Bool = false
) async throws -> Value {
  let control = StepsControl.current
  if let mode = control?.begin(pass, isShielded: isShielded) { pass.cancel(mode) }
  defer { control?.endPass() }
  // A Swift task of its own is not cancelled with the one that awaits it.
  return try await Task(executorPreference: UnblockedThreads.shared) { try await pass.value }.value
}
