import EchelonMemory
import EchelonPool
import EchelonTransfer

/// The result of work that goes on elsewhere: there now, later, or never.
public final class Future<Value: Sendable>: AnyFuture, @unchecked Sendable {
  /// A future with nothing behind it yet.
  @usableFromInline init() { super.init(source: nil) }

  override init(source: (any FutureSource)?) { super.init(source: source) }

  deinit { store.clear(Value.self) }

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
    return failure
  }

  private func waitOrThrow(_ timeout: Duration?) throws {
    let deadline = timeout.flatMap(MonotonicClock.deadline(after:))
    guard wait(until: deadline) else { throw PoolError.timedOut }
  }

  /// The value, when it is there.
  ///
  /// Cancelling the Swift task that awaits ends the wait with `CancellationError`; it also cancels
  /// this future if nobody else waits for it: no other task, no thread, no `wait` or `asCompleted`, no task
  /// that needs it.
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
    if let failure { throw failure }
    return store.load(as: Value.self)
  }

  /// Whether it ended with an error, a cancellation aside.
  var hasFailed: Bool {
    hasEnded && !isCancelled && failure != nil
  }

  /// Ends the future.
  /// - Returns: false when it had ended before.
  @discardableResult
  func complete(_ result: Result<Value, any Error>, isCancelled: Bool = false) -> Bool {
    switch result {
    case .success(let value): end(isCancelled: isCancelled) { store.store(value) }
    case .failure(let error): fail(error, isCancelled: isCancelled)
    }
  }

  override var resultType: ResultType { ResultType(Value.self) }

  override func discardResult() { store.clear(Value.self) }
}

extension Future: CustomStringConvertible {
  /// The state, and the value or error if there is one.
  public var description: String {
    switch state {
    case .finished:
      "Future(\(failure.map { "failure(\($0))" } ?? "success(\(store.load(as: Value.self)))"))"
    case let state: "Future(\(state))"
    }
  }
}
