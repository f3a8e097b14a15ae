import EchelonMemory
import EchelonWire
import Synchronization

/// What workers are done with, on its way to futures; and the slots that it leaves.
extension PoolEngine {
  /// Collects the task in `slot` if it is done and still of that generation; with it the tasks in the
  /// slots around it that are done, too: whoever asks for one result mostly asks for the next one
  /// next, and they are handed out side by side.
  @discardableResult func collect(_ slot: SlotIndex, generation: UInt32) -> Bool {
    var harvest = Harvest()
    let isTaken = locked { state in
      guard harvest.take(slot, generation: generation, self, &state) else { return false }
      let index = slot.value
      for next in index + 1..<min(index + Harvest.reach, wire.layout.slotCount) {
        guard harvest.take(SlotIndex(next), self, &state) else { break }
      }
      for next in (max(0, index - Harvest.reach)..<index).reversed() {
        guard harvest.take(SlotIndex(next), self, &state) else { break }
      }
      harvest.giveSlotsBack(self, &state)
      return true
    }
    end(harvest)
    return isTaken
  }

  /// Makes futures complete of what was taken out of slots.
  func end(_ harvest: borrowing Harvest) {
    pass(.collecting)
    harvest.forEachSmall { task, outcome, bytes in
      task.resolve(TaskOutcomeBytes(outcome), bytes)
      pass(.collected)
      // Nobody else has the task any more. What it kept alive was needed until here: a result may name
      // an array that nothing else holds.
      task.letGo()
      workEnded(hasFailed: outcome != .value)
    }
    // MODEL(collect.2)
    harvest.forEachLarge { task, slot, generation in
      if let reason = task.stopReason, reason as? PoolError == .cancelled {
        locked { state in discardResult(in: slot, &state) }
        task.fail(reason)
      } else {
        resolve(task, from: slot)
      }
      release(slot, generation, of: task)
    }
  }

  /// Passes the answer on, read where it lies.
  private func resolve(_ task: PoolTask, from slot: SlotIndex) {
    let cell = wire.slot(slot)
    let byteCount = cell.resultBytes
    let outcome = TaskOutcomeBytes(cell.outcome)
    switch cell.resultPlace {
    case .slot:
      cell.region.withBytes(
        at: cell.resultOffsetInSlot, byteCount: min(byteCount, TaskSlot.inlineBytes)
      ) { deliver(outcome, $0, to: task) }
    case .outbox:
      let isThere: Void? = wire.withOutboxResult(of: cell) { deliver(outcome, $0, to: task) }
      if isThere == nil {
        task.fail(PoolError.notTransferred(Self.damaged("outside its outbox")))
      }
    case .block:
      let block = locked { state in
        state.leases.removeValue(forKey: cell.resultOffset)?.block
      }
      if let block {
        block.region.withBytes(at: 0, byteCount: min(byteCount, block.byteCount)) {
          deliver(outcome, $0, to: task)
        }
      } else {
        task.fail(PoolError.notTransferred(Self.damaged("in a block that it does not hold")))
      }
    }
  }

  private static func damaged(_ place: String) -> String {
    "the worker named a result \(place): something wrote over its memory; run the function in-process, "
      + "with the address sanitizer if it calls C"
  }

  private func deliver(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan, to task: PoolTask) {
    if outcome == .thrown, task.needsCare {
      if let reason = task.askedBecause, isStopped(task, outcome, bytes) {
        return task.fail(reason)
      }
      if isWorthRetrying(task, outcome, bytes) {
        // The lock decides: it may be cancelled, or the pool, while its filter is asked.
        task.thrown = bytes.copied()
        return
      }
    }
    task.resolve(outcome, bytes)
  }

  private func release(_ slot: SlotIndex, _ generation: UInt32, of task: PoolTask) {
    let cell = wire.slot(slot)
    let hasFailed = cell.outcome != .value
    let isOver = locked { state -> Bool in
      if cell.resultPlace == .outbox, let seat = StateWord(bits: cell.state.load()).owner,
        seat.value < wire.layout.seatCount
      {
        let collected = wire.seat(seat).outboxCollected
        collected.store(collected.load() &+ 1)
      }
      // MODEL(collect.3)
      if let thrown = task.thrown {
        task.thrown = nil
        if let broken = state.broken {
          // Nobody would ever run it.
          state.deferred.append { task.fail(broken) }
        } else if task.isUnwanted || state.cancelsPending {
          state.deferred.append { thrown.withRawSpan { task.resolve(.thrown, $0) } }
        } else {
          retry(task, from: slot, &state)
          return false
        }
      }
      cell.state.store(StateWord(generation: generation, phase: .free).bits)
      task.argumentBlock = nil
      task.retained = []
      free(slot, &state)
      discount(task, &state)
      directedEnded(task, &state)
      return true
    }
    if isOver { workEnded(hasFailed: hasFailed) }
  }

  /// Gives a slot back, or to the task that waits longest.
  func free(_ slot: SlotIndex, _ state: inout PoolState) {
    state.freeSlots.append(slot.value)
    refill(&state)
  }

  /// Moves waiting tasks into free slots.
  func refill(_ state: inout PoolState) {
    advanceAll(&state)
    state.isShortOfMemory = false
    while !state.freeSlots.isEmpty, let priority = state.overflow.firstPriority,
      wire.hasRoomInRing(priority), let task = state.overflow.popFirst()
    {
      guard task.place == .queued, let slot = state.freeSlots.popLast() else { continue }
      let message = task.message
      task.message = .none
      do {
        try message.withRawSpan { bytes in try publish(task, bytes, in: slot, &state) }
        state.hasRefilled = true
      } catch ArenaError.outOfMemory where state.tasks.contains(where: { $0 != nil }) {
        // Whichever task in a slot ends next gives memory back and comes here again.
        task.message = message
        state.overflow.prepend(task, priority)
        state.isShortOfMemory = true
        for index in state.tasks.indices where state.tasks[index] != nil {
          demandCollector(ofSlot: SlotIndex(index))
        }
        break
      } catch {
        task.place = .gone
        taskEnded(task, &state)
        state.deferred.append { task.fail(error) }
      }
    }
    showWaiting(state)
    // Looked at first: workers read this word with every task, and a write takes it away from them.
    if state.overflow.isEmpty, state.directedCount == 0,
      wire.interest.load() & CollectorInterest.refill != 0
    {
      // MODEL(refill.5)
      _ = wire.interest.fetchAnd(~CollectorInterest.refill)
    }
  }

  /// Collects everything that is done. Returns how much it was.
  @discardableResult func collectAllDone() -> Int {
    var count = 0
    // By groups, so that nobody waits long for the lock, nor workers for the slots.
    for first in stride(from: 0, to: wire.layout.slotCount, by: Harvest.limit) {
      let group = first..<min(first + Harvest.limit, wire.layout.slotCount)
      guard group.contains(where: { isDone(SlotIndex($0)) }) else { continue }
      var harvest = Harvest()
      locked { state in
        for index in group { _ = harvest.take(SlotIndex(index), self, &state) }
        harvest.giveSlotsBack(self, &state)
      }
      count += harvest.count
      end(harvest)
    }
    for index in 0..<wire.layout.jobCount {
      let word = StateWord(bits: wire.job(JobIndex(index)).state.load())
      if word.phase == .done, collect(JobIndex(index), generation: word.generation) { count += 1 }
    }
    return count
  }

  /// Whether a worker is done with the slot, and nobody has collected what is in it.
  func isDone(_ slot: SlotIndex) -> Bool {
    StateWord(bits: wire.slot(slot).state.load()).isAt(.done)
  }

  /// A task ends without an answer.
  func taskEnded(_ task: PoolTask, _ state: inout PoolState) {
    discount(task, &state)
    directedEnded(task, &state)
    workEnded(hasFailed: true)
  }

  /// A task or job that was handed over is over, and its future knows.
  func workEnded(hasFailed: Bool = false) {
    if hasFailed { failures.add(1, ordering: .relaxed) }
    // ORDER(last-work): sequential on both sides; `shutDown` says so before it has the supervisor look
    // at the count.
    let left = pending.subtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, isShuttingDown.load(ordering: .sequentiallyConsistent) { attention.signal() }
  }
}
