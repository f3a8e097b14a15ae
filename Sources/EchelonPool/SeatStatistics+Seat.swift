import EchelonMemory
package import EchelonWire

extension SeatStatistics {
  /// What the arena tells of a seat.
  /// - Parameter now: on the monotonic clock, in nanoseconds.
  package init(_ seat: Seat, now: UInt64) {
    tasks = Int(clamping: seat.tasksRun.load())
    chunks = Int(clamping: seat.chunksRun.load())
    busy = .nanoseconds(Int64(clamping: seat.busyNanoseconds(now: now)))
    state =
      switch seat.phase {
      case .vacant: .vacant
      case .starting, .initializing, .uninitialized: .starting
      case .looking, .asleep: .idle
      case .busy: .busy
      case .leaving: .leaving
      }
  }
}
