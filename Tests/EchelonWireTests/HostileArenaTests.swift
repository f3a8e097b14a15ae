import CEchelon
import EchelonMemory
import EchelonWire
import Testing

/// What `Fuzzing` has found in the readers of words that another process writes.
@Suite struct `An arena that somebody has written on` {
  @Test func `lends no result that lies outside the outbox of its worker`() throws {
    let wire = try makeWire(seats: 2)
    let slot = wire.slot(SlotIndex(0))
    let limit = wire.layout.outboxBytes
    func lent(seat: Int, offset: UInt64, byteCount: Int) -> Int? {
      slot.state.store(
        StateWord(generation: 1, owner: SeatIndex(seat), phase: .done).bits)
      slot.region.store(offset, at: OFFSET_task_slot_result_offset)
      slot.resultBytes = byteCount
      return wire.withOutboxResult(of: slot) { $0.byteCount }
    }
    #expect(lent(seat: 1, offset: 64, byteCount: 100) == 100)
    #expect(lent(seat: 1, offset: UInt64(limit), byteCount: 0) == 0)
    #expect(lent(seat: 1, offset: UInt64(limit), byteCount: 1) == nil)
    #expect(lent(seat: 1, offset: 0, byteCount: limit + 1) == nil)
    #expect(lent(seat: 1, offset: .max, byteCount: 1) == nil)
    #expect(lent(seat: 2, offset: 0, byteCount: 1) == nil)
    #expect(lent(seat: 4000, offset: 0, byteCount: 1) == nil)
  }

  @Test func `is shown with numbers that an onlooker can add`() throws {
    let wire = try makeWire(seats: 2)
    let region = wire.arena.region
    let hot = region.subregion(
      at: OFFSET_arena_header_hot, byteCount: MemoryLayout<arena_hot_words>.size)
    for tail in [OFFSET_arena_hot_words_tail, OFFSET_arena_hot_words_side_tails] {
      hot.word64(at: tail).store(UInt64(Int.max))
    }
    let view = PoolView(region: region, layout: wire.layout)
    #expect(view.readyTasks == 2 * wire.layout.ringCapacity)
    let seat = view.seat(0)
    seat.cameUpAt.store(1)
    seat.idleSince.store(2)
    seat.idleNanoseconds.store(.max)
    seat.earlierBusyNanoseconds.store(.max)
    _ = seat.busyNanoseconds(now: 1000)  // returns
  }
}
