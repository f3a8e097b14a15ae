import Dispatch
import EchelonMemory
import EchelonPool

/// The result of work that goes on elsewhere: there now, later, or never.
public final class Future<Value: Sendable>: AnyFuture, @unchecked Sendable {
  // Written once, under the lock of `AnyFuture`, before the future ends; read after that.
  private var stored: Result<Value, any Error>?

  override init(callbackQueue queue: DispatchQueue? = nil) { super.init(callbackQueue: queue) }

  /// Waits for the value.
  /// - Parameter timeout: how long to wait; nil is for ever, `.zero` does not block.
  /// - Throws: the work's own error; `CancellationError` when it was cancelled; `PoolError.timedOut`
  ///   when it was not there in time, in which case it goes on.
  @available(*, noasync, message: "use `await future.value`")
  public func result(timeout: Duration? = nil) throws -> Value {
    try waitOrThrow(timeout)
    return try finished()
  }

  /// Waits for the error.
  /// - Returns: nil when the work succeeded.
  /// - Throws: `CancellationError` when it was cancelled; `PoolError.timedOut` when it was late.
  @available(*, noasync, message: "use `await future.value` in a do statement")
  public func error(timeout: Duration? = nil) throws -> (any Error)? {
    try waitOrThrow(timeout)
    if isCancelled { throw CancellationError() }
    if case .failure(let error) = stored { return error }
    return nil
  }

  private func waitOrThrow(_ timeout: Duration?) throws {
    let deadline = timeout.flatMap(MonotonicClock.deadline(after:))
    guard wait(until: deadline) else { throw PoolError.timedOut }
  }

  /// The value, when it is there.
  ///
  /// Cancelling the Swift task that awaits ends the wait with `CancellationError`; it also cancels
  /// this future if no other task awaits it and no thread is blocked on it.
  public var value: Value {
    get async throws {
      await suspendUntilEnd()
      guard hasEnded else { throw CancellationError() }
      return try finished()
    }
  }

  /// Calls `body` with this future when it is done, at once if it is; in the order added, on a queue
  /// of the pool's that nothing else waits for.
  public func onCompletion(_ body: @escaping @Sendable (Future<Value>) -> Void) {
    enqueueCallback { body(self) }
  }

  /// The result of a future that has ended.
  func finished() throws -> Value {
    guard let stored else { throw CancellationError() }
    return try stored.get()
  }

  /// Whether it ended with an error, a cancellation aside.
  var hasFailed: Bool {
    guard hasEnded, !isCancelled, case .failure = stored else { return false }
    return true
  }

  /// Ends the future.
  /// - Returns: false when it had ended before.
  @discardableResult
  func complete(_ result: Result<Value, any Error>, isCancelled: Bool = false) -> Bool {
    end(isCancelled: isCancelled) { stored = result }
  }

  override func fail(_ error: any Error, isCancelled: Bool) {
    complete(.failure(error), isCancelled: isCancelled)
  }
}

extension Future: CustomStringConvertible {
  /// The state, and the value or error if there is one.
  public var description: String {
    switch state {
    case .finished: "Future(\(stored.map { "\($0)" } ?? "finished"))"
    case let state: "Future(\(state))"
    }
  }
}
