import Dispatch
import EchelonMemory

/// Calls that are made later.
enum Timer {
  // With a thread of its own, so that it works when all of the global queues' are blocked.
  private static let queue = DispatchQueue(label: "echelon.later")

  /// - Parameter body: must not block.
  static func after(nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) {
    if let machine = SimulatedMachine.current {
      return machine.after(nanoseconds: nanoseconds, body)
    }
    let delay = DispatchTimeInterval.nanoseconds(Int(clamping: nanoseconds))
    queue.asyncAfter(deadline: .now() + delay, execute: body)
  }

  /// The same for what blocks.
  static func later(nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) {
    after(nanoseconds: nanoseconds) { FreeThread.wait("echelon-late", body) }
  }
}
