import EchelonMemory

extension Wire {
  /// How many tickets have been taken, since the beginning.
  package var ticketsTaken: UInt64 {
    WorkPriority.allCases.reduce(0) { $0 &+ head($1).load() }
  }
}
