import CEchelon
import Glibc
import Synchronization

/// The interrupt key, and by request SIGTERM: the first is heard here, the second ends the process.
package enum Interrupt {
  private struct State {
    var isListening = false
    var hearsTermination = false
    var hasThread = false
    var hasHappened = false
    var listeners: [@Sendable () -> Void] = []
  }
  private static let state = Mutex(State())

  /// Calls `body` on a thread of its own when the first SIGINT arrives, or at once when it has.
  ///
  /// Where the signal is ignored, or no descriptor is left, nothing changes and nothing is called.
  /// - Parameter orTermination: whether the first SIGTERM does the same.
  /// - Returns: whether one of the signals will be heard.
  @discardableResult
  package static func onFirst(
    orTermination: Bool = false, _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    let (isListening, hasHappened) = state.withLock { state in
      if !state.hasHappened {
        if !state.isListening { state.isListening = listen(to: SIGINT, &state) }
        if orTermination, !state.hearsTermination {
          state.hearsTermination = listen(to: SIGTERM, &state)
        }
      }
      let isListening = state.isListening || orTermination && state.hearsTermination
      if isListening, !state.hasHappened { state.listeners.append(body) }
      return (isListening, state.hasHappened)
    }
    if hasHappened { body() }
    return isListening
  }

  /// The signal that came first; 0 before.
  package static var caughtSignal: Int32 { echelon_interrupt_caught() }

  private static func listen(to signal: Int32, _ state: inout State) -> Bool {
    let event = echelon_interrupt_catch_first(signal)
    guard event >= 0 else { return false }
    if state.hasThread { return true }
    let error = SystemThread.start(name: "echelon-signal") {
      while Readiness.wait(for: [event]) != [true] {}
      let listeners = Self.state.withLock { state in
        state.hasHappened = true
        defer { state.listeners = [] }
        return state.listeners
      }
      for body in listeners { body() }
    }
    if error != 0 { echelon_interrupt_forget() }
    state.hasThread = error == 0
    return error == 0
  }
}
