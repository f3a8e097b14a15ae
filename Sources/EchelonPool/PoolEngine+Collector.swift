import EchelonMemory
import EchelonWire
import Synchronization

/// The collector: completes what nobody collects himself, hands out blocks for large results, and
/// moves waiting tasks into slots.
extension PoolEngine {
  /// The body of the collector's thread.
  func collectForOthers() {
    while true {
      let didSomething = collectOnce()
      if ended.isOpen { return }
      if didSomething { continue }
      // ORDER(collector): the announcement comes before the last look; workers mark what ended
      // before they look for the announcement.
      wire.turn()
      // MODEL(collector.2)
      wire.collector.storeSequential(1)
      wire.turn()
      // MODEL(collector.3)
      if hasCollectorWork || ended.isOpen {
        wire.collector.storeSequential(0)
        continue
      }
      // MODEL(collector.4)
      while wire.collector.loadSequential() == 1 { wire.collector.sleep(while: 1) }
    }
  }

  private func collectOnce() -> Bool {
    var didSomething = false
    for group in 0..<wire.layout.slotCount / 64 where wire.finishedSlots(group).load() != 0 {
      // MODEL(collector.1)
      var bits = wire.finishedSlots(group).exchange(0)
      while bits != 0 {
        let slot = SlotIndex(group * 64 + bits.trailingZeroBitCount)
        bits &= bits - 1
        wire.step()
        let word = StateWord(bits: wire.slot(slot).state.load())
        if word.phase == .done { collect(slot, generation: word.generation) }
        didSomething = true
      }
    }
    var jobs = wire.finishedJobs.exchange(0)
    while jobs != 0 {
      let index = JobIndex(jobs.trailingZeroBitCount)
      jobs &= jobs - 1
      let word = StateWord(bits: wire.job(index).state.load())
      if word.phase == .done { collect(index, generation: word.generation) }
      didSomething = true
    }
    if grantBlocks() { didSomething = true }
    // MODEL(refill.6)
    if wire.interest.load() & CollectorInterest.refill != 0, wire.isQueueLow {
      if collectAllDone() > 0 { didSomething = true }
      let moved = locked { state in
        let count = state.overflow.count
        refill(&state)
        return state.overflow.count < count
      }
      if moved { didSomething = true }
    }
    if wire.interest.load() & CollectorInterest.growth != 0 {
      let hasGrown = locked { state in
        guard needsWorker(state) else { return false }
        summonWorkers(&state, demand: 1)
        return true
      }
      if hasGrown { didSomething = true }
    }
    return didSomething
  }

  private var hasCollectorWork: Bool {
    (0..<wire.layout.slotCount / 64).contains { wire.finishedSlots($0).loadSequential() != 0 }
      || wire.finishedJobs.loadSequential() != 0
      || wire.usedSeats.contains {
        wire.seat(SeatIndex($0)).request.load() == Seat.Request.asked
      }
      || (wire.interest.loadSequential() & CollectorInterest.refill != 0 && wire.isQueueLow
        && (hasDoneSlot || state.withLock { canRefill($0) }))
      || (wire.interest.loadSequential() & CollectorInterest.growth != 0
        && state.withLock { needsWorker($0) })
  }

  /// Whether a task that waits in the front end can go into a slot now. One that waits for memory cannot:
  /// whoever gives some back tries again.
  private func canRefill(_ state: borrowing PoolState) -> Bool {
    !state.freeSlots.isEmpty && !state.overflow.isEmpty && !state.isShortOfMemory
  }

  private var hasDoneSlot: Bool {
    (0..<wire.layout.slotCount).contains { isDone(SlotIndex($0)) }
  }

  /// Answers workers that need a block for a result too large for slot and outbox.
  private func grantBlocks() -> Bool {
    var granted = false
    for index in wire.usedSeats {
      let seat = wire.seat(SeatIndex(index))
      // ORDER(request): acquires the size that `requestBlock` released; the store of the answer below
      // releases the offset.
      // MODEL(grant.1)
      guard seat.request.load() == Seat.Request.asked else { continue }
      granted = true
      // Without the lock: it may collect results that nobody has asked for.
      let byteCount = Int(clamping: seat.requestBytes)
      let block = byteCount == 0 ? nil : try? allocate(byteCount: byteCount)
      wire.turn()
      pass(.granting)
      locked { state in
        // The worker may have died meanwhile; the supervisor resets the word under this lock. One that
        // has come after it and asks for another size is answered at the next turn.
        guard seat.request.load() == Seat.Request.asked,
          Int(clamping: seat.requestBytes) == byteCount
        else { return }
        if state.leases[Int(clamping: seat.requestReturn)]?.seat == SeatIndex(index) {
          state.leases[Int(clamping: seat.requestReturn)] = nil
        }
        guard let block else {
          seat.request.storeSequential(Seat.Request.refused)
          return
        }
        state.leases[block.offset] = (block, SeatIndex(index))
        seat.requestOffset = UInt64(block.offset)
        wire.step()
        // MODEL(grant.2)
        seat.request.storeSequential(Seat.Request.granted)
      }
      wire.turn()
      // MODEL(grant.3)
      seat.request.wake(1)
    }
    return granted
  }
}
