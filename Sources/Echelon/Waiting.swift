import EchelonMemory
import EchelonPool
import Synchronization

/// When `wait` returns.
public enum WaitCondition: Sendable {
  /// When any future is done or cancelled.
  case firstCompleted
  /// When any future ends with an error, or all are done. Cancelled ones do not count as errors.
  case firstFailure
  /// When all are done.
  case allCompleted
}

/// Waits for several futures, blocking.
/// - Parameters:
///   - futures: duplicates count once; none returns at once.
///   - timeout: how long to wait; nil is for ever.
/// - Returns: those that are done and those that are not, in the order given. Never throws for being
///   late.
@available(*, noasync, message: "await the futures' values, or use asCompleted")
public func wait<Value>(
  for futures: some Sequence<Future<Value>>, until condition: WaitCondition = .allCompleted,
  timeout: Duration? = nil
) -> (done: [Future<Value>], notDone: [Future<Value>]) {
  let deadline = timeout.flatMap(MonotonicClock.deadline(after:))
  let unique = withoutDuplicates(futures)
  let counter = CompletionCounter()
  let keys = unique.map { future in
    future.observe { [unowned future] in counter.add(isFailure: future.hasFailed) }
  }
  defer {
    for (future, key) in zip(unique, keys) { if let key { future.forgetObserver(key) } }
  }
  counter.wait(deadline: deadline) { ended, failed in
    switch condition {
    case .firstCompleted: ended > 0 || unique.isEmpty
    case .firstFailure: failed > 0 || ended == unique.count
    case .allCompleted: ended == unique.count
    }
  }
  // Each is looked at once: it may end at any moment, and is to be in one of the two all the same.
  var (done, notDone): ([Future<Value>], [Future<Value>]) = ([], [])
  for future in unique { if future.isDone { done.append(future) } else { notDone.append(future) } }
  return (done, notDone)
}

/// Some futures were not done in time.
public struct UnfinishedFutures: Error, Equatable, Sendable, CustomStringConvertible {
  /// How many are not done.
  public let unfinished: Int
  /// How many there were.
  public let total: Int
  /// One sentence for the person at the terminal.
  public var description: String {
    "\(unfinished) of \(total) futures are unfinished after the time-out; they go on"
  }
}

/// The futures in the order in which they are done, those done already first.
/// - Parameters:
///   - futures: duplicates count once.
///   - timeout: for all of them, from this call; reading then throws `UnfinishedFutures`.
public func asCompleted<Value>(
  _ futures: some Sequence<Future<Value>>, timeout: Duration? = nil
) -> CompletionSequence<Value> {
  CompletionSequence(
    futures: withoutDuplicates(futures), deadline: timeout.flatMap(MonotonicClock.deadline(after:)))
}

/// Futures in the order of their ends; see `asCompleted`. Several may read: each future goes to one of
/// them.
public struct CompletionSequence<Value: Sendable>: AsyncSequence, Sendable {
  /// A future that is done.
  public typealias Element = Future<Value>
  private let stream: CompletionStream<Value>

  init(futures: [Future<Value>], deadline: UInt64?) {
    stream = CompletionStream(total: futures.count, deadline: deadline)
    stream.observe(futures)
  }

  /// Reads in async code.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: CompletionStream<Value>
    /// The next future that is done; nil after the last.
    /// - Throws: `UnfinishedFutures` when the time is over.
    public mutating func next() async throws -> Future<Value>? { try await stream.next() }
  }

  /// Reads in async code.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: stream) }

  /// The next future that is done, blocking; nil after the last.
  /// - Throws: `UnfinishedFutures` when the time is over.
  @available(*, noasync, message: "use `for try await`")
  public func next() throws -> Future<Value>? { try stream.nextBlocking() }
}

private func withoutDuplicates<Value>(_ futures: some Sequence<Future<Value>>) -> [Future<Value>] {
  var seen: Set<ObjectIdentifier> = []
  return futures.filter { seen.insert(ObjectIdentifier($0)).inserted }
}

/// Counts ends, for a blocked thread.
private final class CompletionCounter: Sendable {
  private struct State {
    var ended = 0
    var failed = 0
    var gate = Gate()
  }
  private let state = Mutex(State())

  func add(isFailure: Bool) {
    state.withLock { state in
      state.ended += 1
      if isFailure { state.failed += 1 }
      state.gate.open()
    }
  }

  func wait(deadline: UInt64?, until isEnough: (_ ended: Int, _ failed: Int) -> Bool) {
    while true {
      let (ended, failed, gate) = state.withLock { state in
        if state.gate.isOpen { state.gate = Gate() }
        return (state.ended, state.failed, state.gate)
      }
      if isEnough(ended, failed) { return }
      guard gate.wait(until: deadline) else { return }
    }
  }
}

/// Hands ended futures from those who complete them to those who read, each to one of them.
final class CompletionStream<Value: Sendable>: Sendable {
  private struct State {
    var ended = Queue<Future<Value>>()
    /// Those that are not done, which nobody else may hold.
    var waiting: [ObjectIdentifier: Observed] = [:]
    var taken = 0
    var readers: [CheckedContinuation<Void, Never>] = []
    var gate: Gate?
  }
  /// A future, and under which key it was asked to tell of its end.
  private struct Observed {
    let future: Future<Value>
    var key: Int?
  }
  private let state = Mutex(State())
  private let total: Int
  private let deadline: UInt64?

  init(total: Int, deadline: UInt64?) {
    self.total = total
    self.deadline = deadline
  }

  func observe(_ futures: [Future<Value>]) {
    state.withLock { state in
      for future in futures { state.waiting[ObjectIdentifier(future)] = Observed(future: future) }
    }
    for future in futures {
      // Not held by its own observer: it would live for ever if it never ended.
      let key = future.observe { [weak self, unowned future] in self?.add(future) }
      state.withLock { $0.waiting[ObjectIdentifier(future)]?.key = key }
    }
    if let left = MonotonicClock.nanosecondsLeft(until: deadline), left >= 0 {
      Timer.after(nanoseconds: left) { [weak self] in self?.wake() }
    }
  }

  // Nobody reads any more, and so nobody waits here for what has not ended.
  deinit {
    for observed in state.withLock({ Array($0.waiting.values) }) {
      if let key = observed.key { observed.future.forgetObserver(key) }
    }
  }

  private func add(_ future: Future<Value>) {
    state.withLock { state in
      state.waiting[ObjectIdentifier(future)] = nil
      state.ended.append(future)
    }
    wake()
  }

  private func wake() {
    let (readers, gate) = state.withLock { state in
      defer { (state.readers, state.gate) = ([], nil) }
      return (state.readers, state.gate)
    }
    for reader in readers { reader.resume() }
    gate?.open()
  }

  private enum Step {
    case future(Future<Value>)
    case end
    case late(unfinished: Int)
    case wait
  }

  private func step(_ state: inout State) -> Step {
    if let future = state.ended.popFirst() {
      state.taken += 1
      return .future(future)
    }
    if state.taken == total { return .end }
    if MonotonicClock.nanosecondsLeft(until: deadline) == nil {
      return .late(unfinished: total - state.taken)
    }
    return .wait
  }

  func next() async throws -> Future<Value>? {
    while true {
      switch state.withLock({ step(&$0) }) {
      case .future(let future): return future
      case .end: return nil
      case .late(let unfinished): throw UnfinishedFutures(unfinished: unfinished, total: total)
      case .wait:
        try Task.checkCancellation()
        await withTaskCancellationHandler {
          await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
              // Another reader may have had the last one meanwhile.
              guard state.ended.isEmpty, state.taken < total, !Task.isCancelled,
                MonotonicClock.nanosecondsLeft(until: deadline) != nil
              else { return false }
              state.readers.append(continuation)
              return true
            }
            if !mustWait { continuation.resume() }
          }
        } onCancel: {
          wake()
        }
      }
    }
  }

  func nextBlocking() throws -> Future<Value>? {
    while true {
      let (next, gate) = state.withLock { state -> (Step, Gate?) in
        let next = step(&state)
        if case .wait = next { state.gate = state.gate ?? Gate() }
        return (next, state.gate)
      }
      switch next {
      case .future(let future): return future
      case .end: return nil
      case .late(let unfinished): throw UnfinishedFutures(unfinished: unfinished, total: total)
      case .wait: _ = gate?.wait(until: deadline)
      }
    }
  }
}
