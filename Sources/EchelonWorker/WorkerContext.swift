package import EchelonMemory
import Glibc
import Synchronization

/// What the code that runs in a worker may need to know of it.
package enum WorkerContext {
  private static let state = Mutex<Arena?>(nil)

  /// The arena of the pool that this process works for; nil in a front end.
  package static var arena: Arena? { state.withLock { $0 } }

  static func enter(_ arena: Arena) {
    state.withLock { $0 = arena }
    ArenaRegistry.add(arena)
  }

  /// Says something on standard error, whole lines at a time.
  static func complain(_ text: String) {
    let line = Array("echelon: \(text)\n".utf8)
    line.withRawSpan { StandardError.write($0) }
  }
}
