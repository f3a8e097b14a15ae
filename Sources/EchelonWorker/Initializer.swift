import EchelonMemory
import EchelonTransfer
import EchelonWire

/// The call that a worker makes once, before its first task.
enum Initializer {
  /// Runs the call that lies in the arena. When it fails, leaves why in the outbox of the seat.
  /// - Returns: whether the worker may take tasks.
  static func run(at offset: Int, byteCount: Int, wire: Wire, seat index: SeatIndex) -> Bool {
    let seat = wire.seat(index)
    seat.phaseWord.store(SeatPhase.initializing.rawValue)
    let region = wire.arena.region
    guard offset >= 0, byteCount >= 0, offset <= region.byteCount,
      byteCount <= region.byteCount - offset
    else { return false }
    let call = region.withBytes(at: offset, byteCount: byteCount) { $0.copied() }
    guard let failure = StartCall.run(call) else { return true }
    report(failure, wire: wire, seat: index)
    return false
  }

  /// Leaves why it failed where the front end looks for that.
  static func report(_ failure: [UInt8], wire: Wire, seat index: SeatIndex) {
    let (seat, outbox) = (wire.seat(index), wire.outbox(index))
    var failure = failure
    // Results of the worker that sat here before may lie at the beginning, and nobody has read them.
    let isEmpty = seat.outboxPublished.load() == seat.outboxCollected.load()
    let room = outbox.byteCount - (isEmpty ? 0 : Int(seat.outboxHead))
    if failure.count > room {
      failure =
        StartFailure.notRun("what it threw takes \(ByteCount(failure.count)), too much to send")
        .bytes
      if failure.count > room { failure = [] }
    }
    failure.withRawSpan { outbox.copy(from: $0, at: outbox.byteCount - failure.count) }
    seat.requestBytes = UInt64(failure.count)
    // The front end reads it once this process is known to have ended.
    seat.phaseWord.storeSequential(SeatPhase.uninitialized.rawValue)
  }
}
