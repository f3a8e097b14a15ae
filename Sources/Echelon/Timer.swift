import Dispatch

/// Calls that are made later.
enum Timer {
  static func after(nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) {
    let delay = DispatchTimeInterval.nanoseconds(Int(clamping: nanoseconds))
    DispatchQueue.global().asyncAfter(deadline: .now() + delay, execute: body)
  }
}
