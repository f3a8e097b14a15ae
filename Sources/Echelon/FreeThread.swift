import EchelonMemory
import EchelonPool
import Synchronization

/// Threads that no caller can hold up.
///
/// Of Swift's own threads, and of those of global and concurrent queues, there are about as many as
/// processors, and functions that block may hold all of them.
enum FreeThread {
  private static let threads = ElasticThreads()

  /// Runs what ends soon, most of the time.
  static func run(_ name: String, _ body: @escaping @Sendable () -> Void) {
    if let machine = SimulatedMachine.current {
      machine.start(name: name, body)
    } else {
      threads.run(body)
    }
  }

  /// Runs what waits for others, on a thread made for it.
  static func wait(_ name: String, _ body: @escaping @Sendable () -> Void) {
    if SystemThread.start(name: name, body) != 0 { run(name, body) }
  }

  /// The same for an async caller, which gets what `body` returns.
  static func waiting<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      wait(name) { continuation.resume(returning: body()) }
    }
  }
}

/// As many threads as there are processors, and one more whenever all of them have been at the same bodies
/// for some milliseconds: each may wait for one that is still in the queue.
private final class ElasticThreads: Sendable {
  private struct State {
    var queue = Queue<@Sendable () -> Void>()
    /// What each thread sleeps on that has nothing to do.
    var idle: [Gate] = []
    var threadCount = 0
    /// How many bodies have been taken out of the queue.
    var taken: UInt64 = 0
    var isWatched = false
  }

  private let state = Mutex(State())
  private let usualCount = max(2, MachineLimits.processors().count)
  private static let patience: Int64 = 5_000_000
  private static let idleTime = Duration.seconds(10)

  func run(_ body: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.queue.append(body)
      if let gate = state.idle.popLast() { return gate.open() }
      if state.threadCount < usualCount { startThread(&state) }
      watch(&state)
    }
  }

  private func startThread(_ state: inout State) {
    // Without room for one now it is tried again at the next look.
    if SystemThread.start(name: "echelon-free", { [self] in work() }) == 0 {
      state.threadCount += 1
    }
  }

  private func watch(_ state: inout State) {
    if state.isWatched { return }
    state.isWatched = true
    let taken = state.taken
    Timer.after(nanoseconds: Self.patience) { [self] in look(taken) }
  }

  private func look(_ taken: UInt64) {
    state.withLock { state in
      state.isWatched = false
      if state.queue.isEmpty { return }
      if state.taken == taken { startThread(&state) }
      watch(&state)
    }
  }

  private enum Step {
    case run(@Sendable () -> Void)
    case sleep(Gate)
    case end
  }

  private func work() {
    while true {
      let step = state.withLock { state -> Step in
        if let body = state.queue.popFirst() {
          state.taken += 1
          return .run(body)
        }
        if state.threadCount > usualCount {
          state.threadCount -= 1
          return .end
        }
        let gate = Gate()
        state.idle.append(gate)
        return .sleep(gate)
      }
      switch step {
      case .run(let body): body()
      case .sleep(let gate):
        if !gate.wait(until: MonotonicClock.deadline(after: Self.idleTime)), leave(gate) { return }
      case .end: return
      }
    }
  }

  /// - Returns: false when something has come for the thread meanwhile.
  private func leave(_ gate: Gate) -> Bool {
    state.withLock { state in
      guard let index = state.idle.firstIndex(where: { $0 === gate }) else { return false }
      state.idle.remove(at: index)
      state.threadCount -= 1
      return true
    }
  }
}
