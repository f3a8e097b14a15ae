import EchelonMemory
public import EchelonPool
import EchelonTransfer
import Synchronization

/// A future without the type of its value: what all futures have in common.
///
///     pending ─► running ─► finished
///        └──────────┴─────► cancelled
///
/// A future ends once and then never changes. Every query may be made from any thread.
public class AnyFuture: @unchecked Sendable {
  // Not generic, so that the life cycle is compiled once and well; `Future` only knows the type.
  // Invariant: `store` and `failure` are written by whoever ends the future, before `ended` says so,
  // and read after that.

  /// What a future is at.
  public enum State: Sendable, Equatable {
    /// Nobody has begun the work.
    case pending
    /// A worker executes it at this moment.
    case running
    /// The value, or the error, is there.
    case finished
    /// Taken back before it began, or stopped.
    case cancelled
  }

  private enum End: UInt8 { case none, finished, cancelled }

  /// Those who want to hear of the end; most futures have none of them. Touched under the lock, or
  /// by whoever took it out.
  private final class Listeners: @unchecked Sendable {
    var gate: Gate?
    var observers: [Int: @Sendable () -> Void] = [:]
    var awaiters: [Int: CheckedContinuation<Void, Never>] = [:]
    /// Tasks that begin when this has ended, and how many of them still mean to.
    var dependents: [Dependent] = []
    var dependentCount = 0
    var lastKey = 0
    /// Callbacks, which may be added after the end as well.
    var lane: CallbackLane?

    /// A number for one more awaiter or observer.
    func newKey() -> Int {
      lastKey += 1
      return lastKey
    }
  }

  private struct Core {
    var source: (any FutureSource)?
    var listeners: Listeners?
    // The last and small, so that what comes behind has no gap before it: millions of futures may be waited for.
    var blockedThreads: Int32 = 0
  }

  private let core: Mutex<Core>
  /// An `End`, changed once, under the lock.
  private let ended = Atomic(End.none.rawValue)
  // The invariant says that accesses to these two cannot overlap; they are not checked for that as
  // they happen.
  /// The value, when there is one.
  @safe @exclusivity(unchecked) final var store = ResultStore()
  /// Why there is none.
  @safe @exclusivity(unchecked) final var failure: (any Error)?

  /// - Parameter source: what stands behind the future.
  init(source: (any FutureSource)?) {
    core = Mutex(Core(source: source))
  }

  func attach(_ source: any FutureSource) { core.withLock { $0.source = source } }

  /// Stands `source` behind the future and hands it over. The two hold each other until the end; when the
  /// work is refused there is none, and they let go at once, and with them what the work would have used.
  @inline(__always)
  final func attach(_ source: any FutureSource, handingOver handOver: () throws -> Void) throws {
    attach(source)
    do { try handOver() } catch {
      detach()
      throw error
    }
  }

  /// Nothing stands behind the future any more.
  final func detach() {
    let source = core.withLock { core in
      defer { core.source = nil }
      return core.source
    }
    _ = consume source  // not under the lock: it may hold the last of something
  }

  private final var end: End { End(rawValue: ended.load(ordering: .acquiring)) ?? .none }

  // MARK: Queries

  /// What the future is at now.
  public final var state: State {
    if let ended = endState { return ended }
    let source = core.withLock { $0.source }
    source?.poll()
    return endState ?? (source?.isRunning == true ? .running : .pending)
  }

  private final var endState: State? {
    switch end {
    case .finished: .finished
    case .cancelled: .cancelled
    case .none: nil
    }
  }

  /// Whether a worker executes the work at this moment.
  public final var isRunning: Bool { state == .running }
  /// Whether the result is there, an error or a cancellation included.
  public final var isDone: Bool { endState != nil || state == .finished || state == .cancelled }
  /// Whether the work was taken back before it began, or stopped.
  public final var isCancelled: Bool { endState == .cancelled }

  final var hasEnded: Bool { end != .none }

  // MARK: Waiting

  /// Blocks until the end.
  /// - Returns: false when `deadline` came first.
  final func wait(until deadline: UInt64?) -> Bool {
    if hasEnded { return true }
    let source = core.withLock { core in
      core.blockedThreads += 1
      return core.source
    }
    let isOver =
      source?.wait(
        until: deadline, isOver: { self.hasEnded }, park: { self.gate().wait(until: deadline) })
      ?? gate().wait(until: deadline)
    // After the end nobody counts any more.
    if !isOver { core.withLock { $0.blockedThreads -= 1 } }
    return isOver
  }

  /// How many Swift tasks and threads wait for the end.
  package final var waiterCount: Int {
    core.withLock { core in
      hasEnded ? 0 : Int(core.blockedThreads) + (core.listeners?.awaiters.count ?? 0)
    }
  }

  /// How many observers it has; for tests.
  package final var observerCount: Int { core.withLock { $0.listeners?.observers.count ?? 0 } }

  private final func gate() -> Gate {
    core.withLock { core in
      if hasEnded {
        let open = Gate()
        open.open()
        return open
      }
      let listeners = core.listeners ?? Listeners()
      core.listeners = listeners
      let gate = listeners.gate ?? Gate()
      listeners.gate = gate
      return gate
    }
  }

  /// Suspends until the end, or until the awaiting Swift task is cancelled.
  final func suspendUntilEnd() async {
    guard let key = newAwaiter() else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard let source = listen({ $0.awaiters[key] = continuation }) else {
          return continuation.resume()
        }
        source.value?.demandCompletion()
        if Task.isCancelled { abandon(key) }
      }
    } onCancel: {
      abandon(key)
    }
  }

  private final func newAwaiter() -> Int? {
    core.withLock { core in
      guard !hasEnded else { return nil }
      let listeners = core.listeners ?? Listeners()
      core.listeners = listeners
      return listeners.newKey()
    }
  }

  /// The Swift task behind an awaiter was cancelled.
  private final func abandon(_ key: Int) {
    let (awaiter, wasLast) = core.withLock { core in
      let awaiter = core.listeners?.awaiters.removeValue(forKey: key)
      // An observer is a `wait` or an `asCompleted`.
      let isAlone =
        core.listeners?.awaiters.isEmpty != false && core.blockedThreads == 0
        && core.listeners?.observers.isEmpty != false && core.listeners?.dependentCount ?? 0 == 0
      return (awaiter, awaiter != nil && isAlone)
    }
    if wasLast { cancel() }
    awaiter?.resume()
  }

  /// Calls `body` when the future is done, on whatever thread completes it; for `wait` and
  /// `asCompleted`, whose bodies only count.
  /// - Returns: what `forgetObserver` takes; nil when the future is done.
  @discardableResult final func observe(_ body: @escaping @Sendable () -> Void) -> Int? {
    var key: Int?
    let source = listen { listeners in
      let newKey = listeners.newKey()
      listeners.observers[newKey] = body
      key = newKey
    }
    guard let source else {
      body()
      return nil
    }
    source.value?.demandCompletion()
    return key
  }

  /// Calls an observer no more, so that those who wait again and again do not pile up.
  final func forgetObserver(_ key: Int) {
    // Let go outside the lock: what the observer holds may end with it.
    _ = core.withLock { $0.listeners?.observers.removeValue(forKey: key) }
  }

  /// Calls `body` when the future is done, on a thread for callbacks.
  final func enqueueCallback(_ body: @escaping @Sendable () -> Void) {
    let (source, lane) = core.withLock { core in
      let listeners = core.listeners ?? Listeners()
      core.listeners = listeners
      let lane = listeners.lane ?? CallbackLane(isOpen: hasEnded)
      listeners.lane = lane
      // Under the lock, so that callbacks run in the order added.
      lane.add(body)
      return (core.source, lane)
    }
    if !lane.isOpen { source?.demandCompletion() }
  }

  /// Has `dependent` told of the end.
  /// - Returns: false when the future has ended.
  final func add(_ dependent: Dependent) -> Bool {
    let source = listen {
      $0.dependents.append(dependent)
      $0.dependentCount += 1
    }
    source?.value?.demandCompletion()
    return source != nil
  }

  /// A dependent was cancelled, and needs this no more.
  final func forgetDependent() {
    let forgotten = core.withLock { core -> [Dependent] in
      guard let listeners = core.listeners else { return [] }
      listeners.dependentCount -= 1
      // Now and then, so that each costs little however many there are.
      guard listeners.dependents.count > max(16, 2 * listeners.dependentCount) else { return [] }
      let all = listeners.dependents
      listeners.dependents = all.filter { !$0.isReleased }
      return all
    }
    _ = consume forgotten  // not under the lock: it may hold the last of something
  }

  private struct Source { let value: (any FutureSource)? }

  /// Registers a listener.
  /// - Returns: the source to be told of it; nil when the future has ended, and nothing was registered.
  private final func listen(_ register: (Listeners) -> Void) -> Source? {
    core.withLock { core in
      guard !hasEnded else { return nil }
      let listeners = core.listeners ?? Listeners()
      register(listeners)
      core.listeners = listeners
      return Source(value: core.source)
    }
  }

  // MARK: Acting

  /// Takes the work back if nobody has begun it: it then never runs, and whoever waits is told at
  /// once. Work that has begun is asked to stop, or stopped.
  ///
  /// With `.cooperative`, a task sees the wish in `CurrentTask.isCancelled`; it ends as cancelled if it
  /// throws `CancellationError`, and with its value or error otherwise. A job of chunks passes over
  /// those that nobody has begun, and ends as cancelled.
  ///
  /// With `.force`, the workers that run it are ended and replaced. No other task is hurt. The future
  /// ends as cancelled when the worker is gone, so that nothing can still write into its arrays then.
  /// Threads cannot be ended: an `InProcessExecutor` ends the future at once and gives its threads up.
  /// - Returns: whether the future is cancelled, or certain to be. False for one that has finished, and
  ///   for a task that was only asked to stop.
  @discardableResult public final func cancel(_ mode: CancellationMode = .cooperative) -> Bool {
    if let ended = endState { return ended == .cancelled }
    let source = core.withLock { $0.source }
    if let source, !source.cancel() {
      if source.stop(mode) { return true }
      // It may have come back from a dead worker between the two, and have been begun again since.
      guard source.cancel() else { return source.stop(mode) || isCancelled }
    }
    fail(CancellationError(), isCancelled: true)
    return isCancelled
  }

  /// Takes the work back if nobody has begun it, and asks nobody to stop.
  final func takeBack() -> Bool {
    if let ended = endState { return ended == .cancelled }
    guard let source = core.withLock({ $0.source }), source.cancel() else { return isCancelled }
    fail(CancellationError(), isCancelled: true)
    return isCancelled
  }

  /// Ends the future with an error, unless it has ended.
  @discardableResult final func fail(_ error: any Error, isCancelled: Bool) -> Bool {
    end(isCancelled: isCancelled) { failure = error }
  }

  /// The same, and returns whom to tell of it.
  final func failLeavingDependents(_ error: any Error, _ isCancelled: Bool) -> [Dependent] {
    endLeavingDependents(isCancelled: isCancelled) { failure = error } ?? []
  }

  /// Ends the future with the value that a worker sent; one caller at most.
  final func complete(decoding bytes: RawSpan) {
    do throws(TransferError) {
      // It may run the type's own code, so not under the lock.
      try store.decode(resultType, from: bytes)
    } catch {
      fail(error, isCancelled: false)
      return
    }
    if !end(isCancelled: false, {}) { discardResult() }
  }

  /// How to read a value.
  var resultType: ResultType { preconditionFailure("a subclass knows the type") }
  /// Destroys a value that came after the end.
  func discardResult() { preconditionFailure("a subclass knows the type") }

  /// Ends the future.
  /// - Parameter store: stores the result; not called when the future has ended before.
  /// - Returns: false when it had.
  @discardableResult final func end(isCancelled: Bool, _ store: () -> Void) -> Bool {
    guard let dependents = endLeavingDependents(isCancelled: isCancelled, store) else {
      return false
    }
    if !dependents.isEmpty { Dependent.settle(dependents, after: self) }
    return true
  }

  /// Ends the future and tells everyone but its dependents, which it returns; nil when it had ended.
  final func endLeavingDependents(isCancelled: Bool, _ store: () -> Void) -> [Dependent]? {
    let (isFirst, listeners, source) = core.withLock { core in
      guard !hasEnded else { return (false, nil as Listeners?, nil as (any FutureSource)?) }
      store()
      ended.store((isCancelled ? End.cancelled : .finished).rawValue, ordering: .releasing)
      let (listeners, source) = (core.listeners, core.source)
      core.source = nil
      core.listeners = nil
      if let lane = listeners?.lane {
        lane.open()
        // Others may add to it still.
        let rest = Listeners()
        rest.lane = lane
        core.listeners = rest
      }
      return (true, listeners, source)
    }
    // What stands behind the future may go here, and with it what it holds: not under the lock.
    _ = consume source
    guard let listeners else { return isFirst ? [] : nil }
    listeners.gate?.open()
    for awaiter in listeners.awaiters.values { awaiter.resume() }
    for observer in listeners.observers.values { observer() }
    return listeners.dependents
  }
}
