public import EchelonMemory
public import Synchronization

/// The queue of single tasks: publish and collect in the front end, claim and finish in workers.
///
/// The ring tells workers where to look; the truth is in each slot's state word. A claim is one
/// compare-and-swap on that word, which then names its owner, so that after any death the arena
/// says exactly what the dead worker held. `head` and `tail` can be stale, never wrong.
///
///     ring entry: 32 bits generation, 32 bits slot
extension Wire {
  /// Puts a filled slot at the end of the queue of its priority. Only one thread of the front end at a
  /// time.
  /// - Parameter isFollowed: more are published at once, and then `settleTail` is called.
  /// - Returns: false when the ring is full; the slot is then not published.
  @inlinable public func publish(
    _ index: SlotIndex, generation: UInt32, flags: StateWord.Flags = .none,
    priority: WorkPriority = .normal, isFollowed: Bool = false
  ) -> Bool {
    // MODEL(publish.1)
    guard hasRoomInRing(priority) else { return false }
    if priority != .normal { announcePriorities() }
    let tail = tail(priority)
    let ticket = tail.loadRelaxed()
    // ORDER(slot-ready): releases the front end's plain writes to the slot; `claim` acquires them.
    // MODEL(publish.2)
    slot(index).state.store(StateWord(generation: generation, flags: flags, phase: .ready).bits)
    step()
    // MODEL(publish.3)
    ringEntry(ticket, priority).store(UInt64(generation) << 32 | UInt64(index.value))
    // ORDER(wake-up): sequential, before the load of chairs and sleepers in `wakeWorkerIfNeeded`.
    // MODEL(publish.4)
    if isFollowed { tail.store(ticket &+ 1) } else { tail.storeSequential(ticket &+ 1) }
    return true
  }

  /// After several tasks were published: what a sequential store for each would have cost, once. In the
  /// same turn of the front end's lock.
  @inlinable public func settleTail() {
    // ORDER(wake-up): as in `publish`, for all of them.
    for priority in WorkPriority.allCases {
      let tail = tail(priority)
      tail.storeSequential(tail.loadRelaxed())
    }
  }

  /// From now on workers look at all priorities.
  @usableFromInline package func announcePriorities() {
    // MODEL(announce.1)
    if priorities.load() == 0 { priorities.storeSequential(1) }
  }

  /// Whether another ticket fits. Only one thread of the front end at a time.
  @inlinable public func hasRoomInRing(_ priority: WorkPriority) -> Bool {
    let tail = tail(priority).loadRelaxed()
    let isUsual = priority == .normal
    // What workers write with every task is looked at once in a whole ring: `head` only grows.
    if isUsual, tail &- knownHead.load(ordering: .relaxed) < UInt64(layout.ringCapacity) {
      return true
    }
    if tail &- head(priority).load() >= UInt64(layout.ringCapacity) { discardWithdrawn(priority) }
    let head = head(priority).load()
    if isUsual { knownHead.store(head, ordering: .relaxed) }
    return tail &- head < UInt64(layout.ringCapacity)
  }

  /// Moves `head` past tickets of tasks that were cancelled: the workers may be busy for long.
  @usableFromInline package func discardWithdrawn(_ priority: WorkPriority) {
    let head = head(priority)
    while true {
      let ticket = head.load()
      // MODEL(discard.1)
      guard ticket < tail(priority).loadRelaxed(), readySlot(ticket, priority) == nil else {
        return
      }
      step()
      // MODEL(discard.2)
      _ = head.compareExchange(expected: ticket, desired: ticket &+ 1)
    }
  }

  /// The slot and generation of a ticket, if its task is ready still.
  @usableFromInline func readySlot(
    _ ticket: UInt64, _ priority: WorkPriority
  ) -> (SlotIndex, UInt32)? {
    let entry = ringEntry(ticket, priority).load()
    let index = SlotIndex(Int(entry & 0xffff_ffff))
    let generation = UInt32(truncatingIfNeeded: entry >> 32)
    let word = StateWord(bits: slot(index).state.load())
    return word.isAt(.ready) && word.generation == generation ? (index, generation) : nil
  }

  /// The ready task of this priority that was published last, as far as can be told; nil when there is
  /// none.
  package func youngestReady(_ priority: WorkPriority) -> (SlotIndex, generation: UInt32)? {
    let oldest = head(priority).load()
    var ticket = tail(priority).loadRelaxed()
    while ticket > oldest {
      ticket &-= 1
      if let (index, generation) = readySlot(ticket, priority) { return (index, generation) }
    }
    return nil
  }

  /// How many tickets nobody has taken.
  @inlinable public var readyTickets: Int {
    var count = ready(.normal)
    if priorities.load() != 0 { count += ready(.low) + ready(.high) }
    return count
  }

  @inlinable func ready(_ priority: WorkPriority) -> Int {
    max(0, Int(truncatingIfNeeded: tail(priority).load() &- head(priority).load()))
  }

  /// Whether few enough tasks are ready that more should be fetched from the front end.
  @inlinable public var isQueueLow: Bool { readyTickets < layout.slotCount / 4 }

  @inlinable func ringEntry(_ ticket: UInt64, _ priority: WorkPriority) -> SharedWord64 {
    let ring = Int(priority.rawValue) &* layout.ringCapacity
    return ringRegion.word64(
      at: (ring &+ (Int(truncatingIfNeeded: ticket) & (layout.ringCapacity &- 1))) &* 8)
  }

  /// Claims the oldest of the most urgent ready tasks for the worker on `seat`; nil when there is none,
  /// or when there is a job that is more urgent.
  @inlinable public func claimTask(for seat: SeatIndex) -> (SlotIndex, StateWord)? {
    if priorities.load() == 0 { return claimTask(.normal, for: seat) }
    if let claimed = claimTask(.high, for: seat) { return claimed }
    if activeJobs(.high) != 0 { return nil }
    if let claimed = claimTask(.normal, for: seat) { return claimed }
    if activeJobs(.normal) != 0 { return nil }
    return claimTask(.low, for: seat)
  }

  /// Claims the oldest ready task of one priority.
  @inlinable public func claimTask(
    _ priority: WorkPriority, for seat: SeatIndex
  ) -> (SlotIndex, StateWord)? {
    let (head, tail) = (head(priority), tail(priority))
    while true {
      // MODEL(claim.1)
      let ticket = head.load()
      guard ticket < tail.load() else { return nil }
      step()
      // MODEL(claim.2)
      let entry = ringEntry(ticket, priority).load()
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

  /// Asks for what a claim touches, all at once: a line that another processor wrote takes as long to come as
  /// a quarter of a round trip, and one after the other they are most of it.
  /// - Parameter guess: the slot that this worker had last, which the front end uses again when it can.
  @inlinable public func prefetchClaim(guess: SlotIndex) {
    let slot = slot(guess)
    slot.state.prefetchForWriting()
    slot.prefetchArguments()
  }

  @inlinable func claim(
    _ index: SlotIndex, generation: UInt32, for seat: SeatIndex
  ) -> StateWord? {
    let word = slot(index).state
    word.prefetchForWriting()
    while true {
      // ORDER(slot-ready): acquires what `publish` released. A lost race reads nothing.
      // MODEL(claim.3)
      let seen = StateWord(bits: word.load())
      guard seen.isAt(.ready), seen.generation == generation else { return nil }
      let mine = StateWord(
        generation: generation, owner: seat, flags: seen.flags, phase: .running)
      step()
      // MODEL(claim.4)
      if word.compareExchange(expected: seen.bits, desired: mine.bits) {
        pass(.claimed)
        return mine
      }
    }
  }

  /// Publishes the outcome that the worker on `seat` wrote into the slot, and wakes whoever waits.
  @inlinable public func finish(_ index: SlotIndex, generation: UInt32, by seat: SeatIndex) {
    let word = slot(index).state
    let done = StateWord(generation: generation, owner: seat, phase: .done)
    // ORDER(slot-done): releases the worker's writes to the slot; collecting acquires them.
    // MODEL(finish.1)
    let before = StateWord(bits: word.exchange(done.bits))
    pass(.afterFinish)
    // MODEL(finish.2)
    if before.flags.contains(.waiter) { word.lowHalf.wake(.max) }
    if before.flags.contains(.collector) {
      // MODEL(finish.3)
      _ = finishedSlots(index.value / 64).fetchOr(1 << UInt64(index.value % 64))
      pass(.marked)
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
  @inlinable public func ringCollector() {
    // ORDER(collector): sequential, after the bit that says what ended; the collector announces its
    // sleep before it looks at those bits for the last time.
    // MODEL(ring.1) MODEL(ring.2)
    guard collector.loadSequential() == 1 else { return }
    step()
    if collector.exchange(0) == 1 {
      pass(.ringing)
      collector.wake(1)
    }
  }
}
