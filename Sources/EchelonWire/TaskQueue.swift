package import EchelonMemory

/// The queue of single tasks: publish and collect in the front end, claim and finish in workers.
///
/// The ring tells workers where to look; the truth is in each slot's state word. A claim is one
/// compare-and-swap on that word, which then names its owner, so that after any death the arena
/// says exactly what the dead worker held. `head` and `tail` can be stale, never wrong.
///
///     ring entry: 32 bits generation, 32 bits slot
extension Wire {
  /// Puts a filled slot at the end of the queue. Only one thread of the front end at a time.
  /// - Returns: false when the ring is full; the slot is then not published.
  @inlinable package func publish(_ index: SlotIndex, generation: UInt32) -> Bool {
    // MODEL(publish.1)
    guard hasRoomInRing else { return false }
    let ticket = tail.loadRelaxed()
    // ORDER(slot-ready): releases the front end's plain writes to the slot; `claim` acquires them.
    // MODEL(publish.2)
    slot(index).state.store(StateWord(generation: generation, phase: .ready).bits)
    // MODEL(publish.3)
    ringEntry(ticket).store(UInt64(generation) << 32 | UInt64(index.value))
    // ORDER(wake-up): sequential, before the load of chairs and sleepers in `wakeWorkerIfNeeded`.
    // MODEL(publish.4)
    tail.storeSequential(ticket &+ 1)
    return true
  }

  /// Whether another ticket fits. Only one thread of the front end at a time.
  @inlinable package var hasRoomInRing: Bool {
    if tail.loadRelaxed() &- head.load() < UInt64(layout.ringCapacity) { return true }
    discardWithdrawn()
    return tail.loadRelaxed() &- head.load() < UInt64(layout.ringCapacity)
  }

  /// Moves `head` past tickets of tasks that were cancelled: the workers may be busy for long.
  @usableFromInline func discardWithdrawn() {
    while true {
      let ticket = head.load()
      guard ticket < tail.loadRelaxed() else { return }
      // MODEL(discard.1)
      let entry = ringEntry(ticket).load()
      let word = StateWord(bits: slot(SlotIndex(Int(entry & 0xffff_ffff))).state.load())
      if word.phase == .ready, word.generation == UInt32(truncatingIfNeeded: entry >> 32) { return }
      // MODEL(discard.2)
      _ = head.compareExchange(expected: ticket, desired: ticket &+ 1)
    }
  }

  /// How many tickets nobody has taken.
  @inlinable package var readyTickets: Int {
    max(0, Int(truncatingIfNeeded: tail.load() &- head.load()))
  }

  /// Whether few enough tasks are ready that more should be fetched from the front end.
  @inlinable package var isQueueLow: Bool {
    tail.load() &- head.load() < UInt64(layout.slotCount / 4)
  }

  @inlinable func ringEntry(_ ticket: UInt64) -> SharedWord64 {
    ringRegion.word64(at: Int(truncatingIfNeeded: ticket) & (layout.ringCapacity - 1) &* 8)
  }

  /// Claims the oldest ready task for the worker on `seat`; nil when there is none.
  @inlinable package func claimTask(for seat: SeatIndex) -> (SlotIndex, StateWord)? {
    while true {
      // MODEL(claim.1)
      let ticket = head.load()
      guard ticket < tail.load() else { return nil }
      // MODEL(claim.2)
      let entry = ringEntry(ticket).load()
      let index = SlotIndex(Int(truncatingIfNeeded: entry & 0xffff_ffff))
      let generation = UInt32(truncatingIfNeeded: entry >> 32)
      guard index.value < layout.slotCount else { return nil }
      let claimed = claim(index, generation: generation, for: seat)
      // Claimed by us or by someone who has not come to this line, or cancelled: look further on
      // either way. Losing this exchange means that another has moved it.
      // MODEL(claim.5)
      _ = head.compareExchange(expected: ticket, desired: ticket &+ 1)
      if let claimed { return (index, claimed) }
    }
  }

  @inlinable func claim(
    _ index: SlotIndex, generation: UInt32, for seat: SeatIndex
  ) -> StateWord? {
    let word = slot(index).state
    while true {
      // ORDER(slot-ready): acquires what `publish` released. A lost race reads nothing.
      // MODEL(claim.3)
      let seen = StateWord(bits: word.load())
      guard seen.phase == .ready, seen.generation == generation else { return nil }
      let mine = StateWord(
        generation: generation, owner: seat, flags: seen.flags, phase: .running)
      // MODEL(claim.4)
      if word.compareExchange(expected: seen.bits, desired: mine.bits) { return mine }
    }
  }

  /// Publishes the outcome that the worker on `seat` wrote into the slot, and wakes whoever waits.
  @inlinable package func finish(_ index: SlotIndex, generation: UInt32, by seat: SeatIndex) {
    let word = slot(index).state
    let done = StateWord(generation: generation, owner: seat, phase: .done)
    // ORDER(slot-done): releases the worker's writes to the slot; collecting acquires them.
    // MODEL(finish.1)
    let before = StateWord(bits: word.exchange(done.bits))
    // MODEL(finish.2)
    if before.flags.contains(.waiter) { word.lowHalf.wake(.max) }
    if before.flags.contains(.collector) {
      // MODEL(finish.3)
      _ = finishedSlots(index.value / 64).fetchOr(1 << UInt64(index.value % 64))
      ringCollector()
    }
  }

  /// Wakes the collector of the front end whatever its word says: a worker that was killed between
  /// the two halves of `ringCollector` has changed the word and woken nobody.
  package func wakeCollector() {
    // MODEL(ring.3)
    collector.storeSequential(0)
    collector.wake(.max)
  }

  /// Wakes the collector of the front end if it sleeps.
  @inlinable package func ringCollector() {
    // ORDER(collector): sequential, after the bit that says what ended; the collector announces its
    // sleep before it looks at those bits for the last time.
    // MODEL(ring.1) MODEL(ring.2)
    if collector.loadSequential() == 1, collector.exchange(0) == 1 { collector.wake(1) }
  }
}
