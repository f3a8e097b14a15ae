import EchelonMemory
import Synchronization

/// The callbacks of one future: they run one after the other, in the order added, once the future has
/// ended.
///
/// Each future has a lane of its own, so that a callback may wait for another future, even for one that only
/// another callback completes.
final class CallbackLane: Sendable {
  private struct State {
    var backlog: [@Sendable () -> Void] = []
    var isOpen: Bool
    var isRunning = false
  }

  private let state: Mutex<State>

  init(isOpen: Bool) { state = Mutex(State(isOpen: isOpen)) }

  /// Whether the future has ended.
  var isOpen: Bool { state.withLock { $0.isOpen } }

  func add(_ body: @escaping @Sendable () -> Void) { advance { $0.backlog.append(body) } }

  /// The future has ended.
  func open() { advance { $0.isOpen = true } }

  private func advance(_ change: (inout State) -> Void) {
    let begins = state.withLock { state in
      change(&state)
      guard state.isOpen, !state.isRunning, !state.backlog.isEmpty else { return false }
      state.isRunning = true
      return true
    }
    guard begins else { return }
    FreeThread.run("callbacks") { [self] in run() }
  }

  private func run() {
    while true {
      let bodies = state.withLock { state in
        defer { state.backlog = [] }
        if state.backlog.isEmpty { state.isRunning = false }
        return state.backlog
      }
      if bodies.isEmpty { return }
      for body in bodies { body() }
    }
  }
}
