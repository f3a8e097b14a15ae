import CEchelon
import Glibc

/// The interrupt key: the first press is heard here, the second ends the process.
package enum Interrupt {
  /// Calls `body` on a thread of its own when the first SIGINT arrives. For one caller per process.
  ///
  /// Where SIGINT is ignored, or no descriptor is left, nothing changes and nothing is called.
  package static func onFirst(_ body: @escaping @Sendable () -> Void) {
    let event = echelon_interrupt_catch_first()
    guard event >= 0 else { return }
    _ = SystemThread.start(name: "echelon-signal") {
      while Readiness.wait(for: [event]) != [true] {}
      body()
    }
  }
}
