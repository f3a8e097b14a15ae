import CEchelon
import Glibc

/// Waiting without sleeping, for what comes sooner than a wake-up would take.
package enum Spin {
  /// Looks until `condition` holds or the time is over.
  /// - Returns: whether it held.
  @inlinable package static func until(_ condition: () -> Bool, nanoseconds: UInt64) -> Bool {
    if condition() { return true }
    guard nanoseconds > 0 else { return false }
    if let machine = SimulatedMachine.current { return machine.spin(condition) }
    let start = echelon_now_nanoseconds()
    var elapsed: UInt64 = 0
    repeat {
      // Whoever is to bring it about may have no processor but this one, and would otherwise wait
      // for the end of the spin.
      if elapsed > undisturbedNanoseconds { giveWay() }
      // The clock costs as much as several looks, so it is asked once in a while.
      for _ in 0..<32 {
        if condition() { return true }
        echelon_spin_pause()
      }
      elapsed = echelon_now_nanoseconds() &- start
    } while elapsed < nanoseconds
    return false
  }

  /// A round trip between two processors takes less than this, by far.
  @usableFromInline static var undisturbedNanoseconds: UInt64 { 10_000 }

  @usableFromInline static func giveWay() { _ = sched_yield() }
}

extension [UInt8] {
  /// Lends the bytes of the array.
  package func withRawSpan<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    // SAFETY: bytes have no padding and no invalid values; the span does not outlive the call.
    try body(unsafe span.bytes)
  }
}

extension RawSpan {
  /// The bytes as an array.
  package func copied() -> [UInt8] {
    // SAFETY: the pointer is used inside the call only.
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }
}
