import EchelonPool
import Synchronization

/// Work of several passes, each a job or some, as the source of the future of all: a Swift task that awaits one
/// pass after the other.
private final class Steps<Value: Sendable>: FutureSource {
  private struct State {
    var task: Task<Void, Never>?
    var isStopped = false
  }

  private let state = Mutex(State())

  func run(_ future: Future<Value>, _ body: @escaping @Sendable () async throws -> Value) {
    let task = Task { [self] in
      let result: Result<Value, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      if state.withLock({ $0.isStopped }) {
        future.fail(CancellationError(), isCancelled: true)
      } else {
        future.complete(result)
      }
    }
    state.withLock { state in
      state.task = task
      if state.isStopped { task.cancel() }
    }
  }

  var isRunning: Bool { true }
  func poll() {}
  func cancel() -> Bool { false }

  /// The pass that runs is cancelled, and no other begins.
  func stop(_ mode: CancellationMode) -> Bool {
    state.withLock { state in
      state.isStopped = true
      state.task?.cancel()
    }
    return true
  }

  func demandCompletion() {}
  func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool { park() }
}

/// Runs work of several passes. A shutdown between two of them ends it with `PoolError.shutDown`.
func startSteps<Value: Sendable>(
  _ body: @escaping @Sendable () async throws -> Value
) -> Future<Value> {
  let future = Future<Value>()
  let steps = Steps<Value>()
  future.attach(steps)
  steps.run(future, body)
  return future
}

/// Awaits a future whose work is not to be left half done, whatever becomes of the calling Swift task.
func uncancelled<Value: Sendable>(_ future: Future<Value>) async throws -> Value {
  try await Task { try await future.value }.value
}
