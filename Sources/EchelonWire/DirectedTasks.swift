public import CEchelon
public import EchelonMemory

/// Tasks for one certain worker: each seat has a word that names the one task, beside all queues, that
/// its worker is to run next.
///
///     0, or 32 bits generation, 32 bits slot + 1
///
/// As with tickets, the truth is in the slot's state word: an entry whose task is gone is passed over. An
/// entry outlives the worker, so that its replacement finds it.
extension Seat {
  @inlinable public var directed: SharedWord64 { region.word64(at: OFFSET_arena_seat_directed) }
}

extension Wire {
  /// Makes a filled slot the next task of the worker on `seat`, and wakes it.
  package func publish(
    _ index: SlotIndex, generation: UInt32, flags: StateWord.Flags = .none, for seat: SeatIndex
  ) {
    // ORDER(slot-ready): releases the front end's plain writes to the slot.
    slot(index).state.store(StateWord(generation: generation, flags: flags, phase: .ready).bits)
    step()
    // ORDER(wake-up): sequential, before the look at `sleepers`; the worker announces its sleep before
    // its last look at this word.
    // MODEL(directed.2)
    self.seat(seat).directed.storeSequential(UInt64(generation) << 32 | UInt64(index.value + 1))
    step()
    let bit = UInt64(1) << UInt64(seat.value % 64)
    // Not set: it is awake, or somebody else has undertaken to wake it, and it will look.
    guard sleepers(seat.value / 64).fetchAnd(~bit) & bit != 0 else { return }
    let wake = self.seat(seat).wake
    wake.storeSequential(0)
    wake.wake(1)
  }

  /// Claims the task that is meant for the worker on `seat` alone.
  @inlinable public func claimDirectedTask(for seat: SeatIndex) -> (SlotIndex, StateWord)? {
    let word = self.seat(seat).directed
    // MODEL(directed.3)
    let entry = word.load()
    guard entry != 0 else { return nil }
    let index = SlotIndex(Int(truncatingIfNeeded: entry & 0xffff_ffff) - 1)
    guard (0..<layout.slotCount) ~= index.value else { return nil }
    // MODEL(directed.4)
    let claimed = claim(index, generation: UInt32(truncatingIfNeeded: entry >> 32), for: seat)
    step()
    // The next one may be there already.
    // MODEL(directed.5)
    _ = word.compareExchange(expected: entry, desired: 0)
    return claimed.map { (index, $0) }
  }
}
