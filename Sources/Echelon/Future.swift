import Dispatch
import EchelonMemory
import Synchronization

/// The result of work that goes on elsewhere: there now, later, or never.
///
///     pending ─► running ─► finished
///        └─► cancelled
///
/// A future is finished once and then never changes. Every query may be made from any thread.
public final class Future<Value: Sendable>: Sendable {
  /// What a future is at.
  public enum State: Sendable, Equatable {
    /// Nobody has begun the work.
    case pending
    /// A worker executes it at this moment.
    case running
    /// The value, or the error, is there.
    case finished
    /// Taken back before it began.
    case cancelled
  }

  private struct Core {
    var result: Result<Value, any Error>?
    var isCancelled = false
    var source: (any FutureSource)?
    var gate: Gate?
    var callbacks: [@Sendable (Future<Value>) -> Void] = []
    var awaiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextAwaiter = 0
    var observers: [@Sendable () -> Void] = []
  }

  private let core = Mutex(Core())
  private let queue: DispatchQueue?

  /// - Parameter queue: where callbacks run.
  init(callbackQueue queue: DispatchQueue? = nil) { self.queue = queue }

  func attach(_ source: any FutureSource) { core.withLock { $0.source = source } }

  // MARK: Queries

  /// What the future is at now.
  public var state: State {
    if let ended = endState { return ended }
    let source = core.withLock { $0.source }
    source?.poll()
    return endState ?? (source?.isRunning == true ? .running : .pending)
  }

  private var endState: State? {
    core.withLock { core in core.result == nil ? nil : core.isCancelled ? .cancelled : .finished }
  }

  /// Whether a worker executes the work at this moment.
  public var isRunning: Bool { state == .running }
  /// Whether the result is there, an error or a cancellation included.
  public var isDone: Bool { endState != nil || state == .finished || state == .cancelled }
  /// Whether the work was taken back before it began.
  public var isCancelled: Bool { endState == .cancelled }

  // MARK: Results

  /// Waits for the value.
  /// - Parameter timeout: how long to wait; nil is for ever, `.zero` does not block.
  /// - Throws: the work's own error; `CancellationError` when it was cancelled; `PoolError.timedOut`
  ///   when it was not there in time, in which case it goes on.
  @available(*, noasync, message: "use `await future.value`")
  public func result(timeout: Duration? = nil) throws -> Value {
    let deadline = timeout.flatMap(MonotonicClock.deadline(after:))
    guard wait(until: deadline) else { throw PoolError.timedOut }
    return try finishedResult.get()
  }

  /// Waits for the error.
  /// - Returns: nil when the work succeeded.
  /// - Throws: `CancellationError` when it was cancelled; `PoolError.timedOut` when it was late.
  @available(*, noasync, message: "use `await future.value` in a do statement")
  public func error(timeout: Duration? = nil) throws -> (any Error)? {
    let deadline = timeout.flatMap(MonotonicClock.deadline(after:))
    guard wait(until: deadline) else { throw PoolError.timedOut }
    if isCancelled { throw CancellationError() }
    if case .failure(let error) = finishedResult { return error }
    return nil
  }

  /// The value, when it is there.
  ///
  /// Cancelling the Swift task that awaits ends the wait with `CancellationError`; it also cancels
  /// this future if no other task awaits it.
  public var value: Value {
    get async throws {
      await end()
      try throwIfAbandoned()
      return try finishedResult.get()
    }
  }

  private func throwIfAbandoned() throws {
    if endState == nil { throw CancellationError() }
  }

  /// The result of a future that is done.
  func finished() throws -> Value { try finishedResult.get() }

  private var finishedResult: Result<Value, any Error> {
    core.withLock { core in core.result ?? .failure(CancellationError()) }
  }

  /// Blocks until the end.
  /// - Returns: false when `deadline` came first.
  func wait(until deadline: UInt64?) -> Bool {
    if endState != nil { return true }
    let source = core.withLock { $0.source }
    let isOver = { self.endState != nil }
    let park = { self.gate().wait(until: deadline) }
    guard let source else { return park() }
    return source.wait(until: deadline, isOver: isOver, park: park)
  }

  private func gate() -> Gate {
    core.withLock { core in
      let gate = core.gate ?? Gate()
      core.gate = gate
      if core.result != nil { gate.open() }
      return gate
    }
  }

  /// Suspends until the end, or until the awaiting Swift task is cancelled.
  private func end() async {
    if endState != nil { return }
    let key = core.withLock { core in
      core.nextAwaiter += 1
      return core.nextAwaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let source = core.withLock { core -> (any FutureSource)?? in
          guard core.result == nil else { return .none }
          core.awaiters[key] = continuation
          return .some(core.source)
        }
        guard let source else { return continuation.resume() }
        source?.demandCompletion()
        if Task.isCancelled { abandon(key) }
      }
    } onCancel: {
      abandon(key)
    }
  }

  /// The Swift task behind an awaiter was cancelled.
  private func abandon(_ key: Int) {
    let (awaiter, wasLast) = core.withLock { core in
      let awaiter = core.awaiters.removeValue(forKey: key)
      return (awaiter, awaiter != nil && core.awaiters.isEmpty)
    }
    if wasLast { cancel() }
    awaiter?.resume()
  }

  // MARK: Acting

  /// Takes the work back if nobody has begun it: it then never runs, and whoever waits is told at
  /// once.
  /// - Returns: whether the future is cancelled, by this call or an earlier one.
  @discardableResult public func cancel() -> Bool {
    if let ended = endState { return ended == .cancelled }
    let source = core.withLock { $0.source }
    if let source, !source.cancel() { return isCancelled }
    return complete(.failure(CancellationError()), isCancelled: true) || isCancelled
  }

  /// Calls `body` with this future when it is done, at once if it is; in the order added, on a queue
  /// of the pool's that nothing else waits for.
  public func onCompletion(_ body: @escaping @Sendable (Future<Value>) -> Void) {
    let source = core.withLock { core -> (any FutureSource)?? in
      core.callbacks.append(body)
      return core.result == nil ? .some(core.source) : .none
    }
    if let source { source?.demandCompletion() } else { runCallbacks() }
  }

  /// Calls `body` when the future is done, on whatever thread completes it; for `wait` and
  /// `asCompleted`, whose bodies only count.
  func observe(_ body: @escaping @Sendable () -> Void) {
    let source = core.withLock { core -> (any FutureSource)?? in
      guard core.result == nil else { return .none }
      core.observers.append(body)
      return .some(core.source)
    }
    if let source { source?.demandCompletion() } else { body() }
  }

  /// Ends the future.
  /// - Returns: false when it had ended before.
  @discardableResult
  func complete(_ result: Result<Value, any Error>, isCancelled: Bool = false) -> Bool {
    let ended = core.withLock { core -> Core? in
      guard core.result == nil else { return nil }
      core.result = result
      core.isCancelled = isCancelled
      core.source = nil
      let before = core
      core.awaiters = [:]
      core.observers = []
      return before
    }
    guard let ended else { return false }
    ended.gate?.open()
    for awaiter in ended.awaiters.values { awaiter.resume() }
    for observer in ended.observers { observer() }
    if !ended.callbacks.isEmpty { runCallbacks() }
    return true
  }

  private func runCallbacks() {
    (queue ?? sharedCallbackQueue).async { [self] in
      let callbacks = core.withLock { core in
        defer { core.callbacks = [] }
        return core.callbacks
      }
      for callback in callbacks { callback(self) }
    }
  }
}

/// Where callbacks of futures run that no pool made.
private let sharedCallbackQueue = DispatchQueue(label: "echelon.callbacks")

extension Future: CustomStringConvertible {
  /// The state, and the value or error if there is one.
  public var description: String {
    switch state {
    case .finished: "Future(\(finishedResult))"
    case let state: "Future(\(state))"
    }
  }
}
