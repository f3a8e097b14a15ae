import CEchelon

/// Waiting without sleeping, for what comes sooner than a wake-up would take.
package enum Spin {
  /// Looks until `condition` holds or the time is over.
  /// - Returns: whether it held.
  @inlinable package static func until(_ condition: () -> Bool, nanoseconds: UInt64) -> Bool {
    if condition() { return true }
    guard nanoseconds > 0 else { return false }
    let start = echelon_now_nanoseconds()
    repeat {
      // The clock costs as much as several looks, so it is asked once in a while.
      for _ in 0..<32 {
        if condition() { return true }
        echelon_spin_pause()
      }
    } while echelon_now_nanoseconds() &- start < nanoseconds
    return false
  }
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
