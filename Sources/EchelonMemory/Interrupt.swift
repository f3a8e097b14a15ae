import CEchelon
import Glibc
import Synchronization

/// The interrupt key: the first press is heard here, the second ends the process.
package enum Interrupt {
  private struct State {
    var isListening = false
    var hasHappened = false
    var listeners: [@Sendable () -> Void] = []
  }
  private static let state = Mutex(State())

  /// Calls `body` on a thread of its own when the first SIGINT arrives, or at once when it has.
  ///
  /// Where SIGINT is ignored, or no descriptor is left, nothing changes and nothing is called.
  /// - Returns: whether it will be heard.
  @discardableResult
  package static func onFirst(_ body: @escaping @Sendable () -> Void) -> Bool {
    let (isListening, hasHappened) = state.withLock { state in
      if !state.isListening { state.isListening = listen() }
      if state.isListening, !state.hasHappened { state.listeners.append(body) }
      return (state.isListening, state.hasHappened)
    }
    if hasHappened { body() }
    return isListening
  }

  private static func listen() -> Bool {
    let event = echelon_interrupt_catch_first()
    guard event >= 0 else { return false }
    let error = SystemThread.start(name: "echelon-signal") {
      while Readiness.wait(for: [event]) != [true] {}
      let listeners = state.withLock { state in
        state.hasHappened = true
        defer { state.listeners = [] }
        return state.listeners
      }
      for body in listeners { body() }
    }
    if error != 0 { echelon_interrupt_forget() }
    return error == 0
  }
}
