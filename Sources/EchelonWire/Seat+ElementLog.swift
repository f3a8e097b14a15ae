import CEchelon
package import EchelonMemory

/// How far the worker has come in a call on several elements, and what came of those that are done;
/// written by the worker alone, read once it is dead.
extension Seat {
  /// Elements begun; 0 when no such call runs.
  package var elementsStarted: SharedWord32 {
    region.word32(at: OFFSET_arena_seat_elements_started)
  }
  /// Elements whose results are in the log.
  package var elementsFinished: SharedWord32 {
    region.word32(at: OFFSET_arena_seat_elements_finished)
  }
  /// Bytes of the log.
  package var logBytes: SharedWord32 { region.word32(at: OFFSET_arena_seat_log_bytes) }
  /// Where the log lies: `LogPlace`.
  package var logPlace: SharedWord64 { region.word64(at: OFFSET_arena_seat_log_offset) }
  /// With a request for a block: one that is given back, 0 for none.
  package var requestReturn: UInt64 {
    get { region.load(at: OFFSET_arena_seat_request_return) }
    nonmutating set { region.store(newValue, at: OFFSET_arena_seat_request_return) }
  }
}

/// Where a log lies: in one word, so that it changes at once.
package struct LogPlace: Equatable, Sendable {
  package let bits: UInt64
  package init(bits: UInt64) { self.bits = bits }
  /// - Parameter isBlock: whether the offset is one of the arena, of a leased block, or one of the
  ///   seat's outbox.
  package init(offset: Int, isBlock: Bool) {
    bits = UInt64(offset) | (isBlock ? 1 << 63 : 0)
  }
  package var isBlock: Bool { bits >> 63 == 1 }
  package var offset: Int { Int(bits & ~(1 << 63)) }
}
