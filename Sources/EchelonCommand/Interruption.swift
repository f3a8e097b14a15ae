import Echelon
import EchelonMemory
import Glibc
import Synchronization

/// The first Ctrl-C, or SIGTERM, of a command that has work to finish: what no worker has begun is taken
/// back, the rest goes on to its end. The second one ends the process, and with it the workers.
final class Interruption: Sendable {
  private struct State {
    var hasHappened = false
    var cancellations: [@Sendable () -> Void] = []
  }
  private let state = Mutex(State())

  init() {
    Interrupt.onFirst(orTermination: true) { [self] in
      let cancellations = state.withLock { state in
        state.hasHappened = true
        return state.cancellations
      }
      // A progress line may stand where this is written; both in one, so that none is drawn in between.
      try? Terminal.write(
        (Terminal.isTerminal(.error) ? "\r\u{1B}[K" : "")
          + (Interrupt.isTermination
            ? "echelon: told to end by SIGTERM; finishing what runs, a second one ends at once\n"
            : "echelon: interrupted; finishing what runs, press Ctrl-C again to end at once\n"),
        to: .error)
      for cancel in cancellations { cancel() }
    }
  }

  /// Whether the key was pressed.
  var hasHappened: Bool { state.withLock { $0.hasHappened } }

  /// Takes these back when the key is pressed, or now when it was.
  func watch<Value>(_ futures: [Future<Value>]) {
    watch { for future in futures { future.cancel() } }
  }

  /// Calls this when the key is pressed, or now when it was.
  func watch(_ cancel: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      state.cancellations.append(cancel)
      return state.hasHappened
    }
    if isLate { cancel() }
  }

  /// Runs a command's work, and ends the command as interrupted when the key was pressed meanwhile.
  func exitingIfCut(_ body: () async throws -> Void) async throws {
    do { try await body() } catch is CancellationError where hasHappened {
      // Something was taken back before it began.
    }
    if hasHappened { throw Exit.interrupted }
  }
}

extension Interrupt {
  /// Whether it was SIGTERM, and not the key.
  static var isTermination: Bool { caughtSignal == SIGTERM }
}
