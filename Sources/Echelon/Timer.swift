import Dispatch
import EchelonMemory

/// Calls that are made later.
enum Timer {
  static func after(nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) {
    if let machine = SimulatedMachine.current {
      return machine.after(nanoseconds: nanoseconds, body)
    }
    let delay = DispatchTimeInterval.nanoseconds(Int(clamping: nanoseconds))
    DispatchQueue.global().asyncAfter(deadline: .now() + delay, execute: body)
  }
}
