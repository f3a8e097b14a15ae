import EchelonMemory
import EchelonWire
import Synchronization

/// Single tasks on their way to workers.
extension PoolEngine {
  /// Hands a task over.
  /// - Parameter message: the call, as the worker reads it.
  package func submit(_ task: PoolTask, message: RawSpan) throws {
    var isQueued = try collectingIfFull { try place(task, message, mayQueue: false) }
    if isQueued == nil {
      // No slot is free, or others wait for one. When enough is done to be worth the look, collect it,
      // which moves those who wait: we run anyway, the collector would have to be woken. To wait in
      // front of the slots costs more than to go into one.
      if hasLimits || wire.readyTickets < wire.layout.slotCount / 8 * 7 { collectAllDone() }
      isQueued = try collectingIfFull { try place(task, message, mayQueue: true) }
    }
    // ORDER(refill): the interest was stated before this look. If the last worker missed it, the
    // queue is low by now and we see that.
    // MODEL(refill.2)
    if isQueued == true, wire.isQueueLow { ringCollector() }
    wire.wakeWorkerIfNeeded()
  }

  /// Puts the task into a slot, or into the queue in front of the slots.
  /// - Returns: whether it is in that queue; nil when it would have to be and may not.
  private func place(_ task: PoolTask, _ message: RawSpan, mayQueue: Bool) throws -> Bool? {
    try locked { state -> Bool? in
      guard try place(task, message, mayQueue: mayQueue, &state) else { return nil }
      noteHandedOver(1, &state)
      return task.place == .queued
    }
  }

  /// The same with the lock held.
  /// - Returns: false when it would have to wait and may not.
  private func place(
    _ task: PoolTask, _ message: RawSpan, mayQueue: Bool, _ state: inout PoolState
  ) throws -> Bool {
    if let broken = state.broken { throw broken }
    if state.isShutDown { throw PoolError.shutDown }
    let byteCount = message.byteCount
    guard byteCount <= TaskSlot.messageLimit else { throw ArenaError.invalidSize(bytes: byteCount) }
    if !mayQueue {
      let hasSlot = !state.freeSlots.isEmpty && !state.overflow.isAhead(of: task.priority)
      guard hasSlot, mayAdmit(task, byteCount: byteCount, state) else { return false }
    }
    try admit(task, byteCount: byteCount, &state)
    do { try publishOrQueue(task, message, &state) } catch {
      discount(task, &state)
      throw error
    }
    return true
  }

  /// So many tasks were placed under this turn of the lock.
  private func noteHandedOver(_ count: Int, _ state: inout PoolState) {
    pending.add(count, ordering: .relaxed)
    state.statistics.submitted += count
    beginWatching(&state)
    // One that looks for work or sleeps will take this; should it have been about to take another,
    // it rings the collector, which sees that more workers are of use.
    if state.wantedWorkers == 0 || needsWorker(state) { summonWorkers(&state, demand: count) }
  }

  /// Hands several tasks over, as many of them under one turn of the lock as there are slots for.
  /// - Parameters:
  ///   - messages: their calls, one after the other.
  ///   - ends: where each of them ends.
  ///   - taken: how many have been handed over; fewer than there are if this throws.
  package func submit(
    _ tasks: [PoolTask], messages: RawSpan, ends: [Int], taken: inout Int
  ) throws {
    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
    while taken < tasks.count {
      let first = taken
      do {
        try locked { state in
          state.isPublishingSeveral = true
          defer {
            state.isPublishingSeveral = false
            if taken > first {
              wire.settleTail()
              noteHandedOver(taken - first, &state)
            }
          }
          while taken < tasks.count {
            // Lent: a reference of its own would be the one thing here that waits for the stores before it.
            let isPlaced = try MovedReferences.withElement(taken, of: tasks) {
              try place($0, messages.extracting(range(taken)), mayQueue: false, &state)
            }
            guard isPlaced else { break }
            taken += 1
          }
        }
      } catch ArenaError.outOfMemory {
        // The next one goes the way of a single one, which makes room.
      }
      if taken > first { wire.wakeWorkerIfNeeded() }
      guard taken < tasks.count else { return }
      try submit(tasks[taken], message: messages.extracting(range(taken)))
      taken += 1
    }
  }

  /// Into a free slot, if nobody comes first.
  func publishOrQueue(_ task: PoolTask, _ message: RawSpan, _ state: inout PoolState) throws {
    let isNext = !state.overflow.isAhead(of: task.priority)
    let free = isNext ? state.freeSlots.popLast() : nil
    if let slot = free ?? (isNext ? slotOfLessUrgent(than: task.priority, &state) : nil) {
      try publish(task, message, in: slot, &state)
    } else {
      queue(task, QueuedCall(message), &state)
    }
  }

  func queue(_ task: PoolTask, _ message: QueuedCall, _ state: inout PoolState) {
    task.message = message
    task.place = .queued
    state.overflow.append(task, task.priority)
    showWaiting(state)
    wire.step()
    // MODEL(refill.1)
    _ = wire.interest.fetchOr(CollectorInterest.refill)
  }

  func publish(
    _ task: PoolTask, _ message: RawSpan, in index: Int, _ state: inout PoolState
  ) throws {
    let slot = wire.slot(SlotIndex(index))
    if message.byteCount <= TaskSlot.inlineBytes {
      slot.region.copy(from: message, at: slot.argumentsOffsetInSlot)
      slot.argumentOffset = 0
    } else {
      do {
        let block = try arena.allocate(byteCount: message.byteCount)
        block.region.copy(from: message, at: 0)
        task.argumentBlock = block
        slot.argumentOffset = block.offset
      } catch {
        state.freeSlots.append(index)
        throw error
      }
    }
    slot.function = task.function
    slot.argumentBytes = message.byteCount
    guard enqueue(task, in: index, &state) else {
      // The ring is full of tickets of cancelled tasks that no worker has come past yet.
      task.argumentBlock = nil
      state.freeSlots.append(index)
      return queue(task, QueuedCall(message), &state)
    }
  }

  /// Makes the filled slot ready under a new generation.
  /// - Returns: false when the ring is full.
  func enqueue(_ task: PoolTask, in index: Int, _ state: inout PoolState) -> Bool {
    let generation = state.generations[index] &+ 1
    wire.slot(SlotIndex(index)).attempt = UInt32(task.attempt)
    let isTimed = task.deadlineNanoseconds > 0
    let flags: StateWord.Flags = isTimed ? .timed : .none
    pass(.submitting)
    if let seat = task.seat {
      wire.publish(SlotIndex(index), generation: generation, flags: flags, for: seat)
    } else if !wire.publish(
      SlotIndex(index), generation: generation, flags: flags,
      priority: task.priority, isFollowed: state.isPublishingSeveral)
    {
      return false
    }
    pass(.published)
    beginWatching(&state)
    if isTimed {
      armNoLater(.deadlines, at: MonotonicClock.now() &+ task.deadlineNanoseconds, &state)
    }
    state.generations[index] = generation
    state.tasks[index] = task
    noteSubmission(of: task, index, generation)
    task.place = .slot(SlotIndex(index), generation: generation)
    if task.wantsCollector || state.isShutDown || !state.roomWaiters.isEmpty {
      demandCollector(ofSlot: SlotIndex(index))
    }
    return true
  }

  /// Takes a task whose worker died back into the front end, when there is no room in the ring.
  func requeue(_ task: PoolTask, from slot: SlotIndex, _ state: inout PoolState) {
    leave(slot, with: task, &state)
    queueAgain(task, &state)
  }

  /// Takes a task whose worker died, or that is to be run again, out of its slot, its call with it.
  func leave(_ slot: SlotIndex, with task: PoolTask, _ state: inout PoolState) {
    task.message = takeOut(task, from: slot, &state)
    let cell = wire.slot(slot)
    let free = StateWord(generation: state.generations[slot.value], phase: .free)
    cell.state.storeSequential(free.bits)
    cell.state.lowHalf.wake(.max)  // sleepers look where the task is now
    state.freeSlots.append(slot.value)
  }

  /// Puts a task that has its call with it into the queue in front of the slots, or into that of its seat,
  /// and from there into a slot if there is any.
  func queueAgain(_ task: PoolTask, _ state: inout PoolState) {
    if let seat = task.seat { return directAgain(task, to: seat, &state) }
    queue(task, task.message, &state)
    refill(&state)
    ringIfLow(task)
  }

  /// A worker that comes to the end of its work rings the collector for a task that waits for a slot.
  /// When all of them had come there before, nobody else would.
  func ringIfLow(_ task: PoolTask) {
    if task.place == .queued, wire.isQueueLow { ringCollector() }
  }

  /// Makes a slot free for an urgent task: the youngest of the least urgent tasks that no worker has
  /// begun goes back into the front end, before all others of its priority.
  func slotOfLessUrgent(than priority: WorkPriority, _ state: inout PoolState) -> Int? {
    for lower in WorkPriority.allCases where lower < priority {
      while let (slot, generation) = wire.youngestReady(lower) {
        // Losing to a claim: the next look finds another.
        guard withdraw(slot, generation: generation), let task = state.tasks[slot.value]
        else { continue }
        task.message = takeOut(task, from: slot, &state)
        task.place = .queued
        state.overflow.prepend(task, lower)
        // While more urgent work is there, no worker comes past the ticket that is left.
        wire.discardWithdrawn(lower)
        _ = wire.interest.fetchOr(CollectorInterest.refill)
        return slot.value
      }
    }
    return nil
  }

  /// Copies the call of a task out of the slot that it leaves.
  private func takeOut(
    _ task: PoolTask, from slot: SlotIndex, _ state: inout PoolState
  ) -> QueuedCall {
    let cell = wire.slot(slot)
    let region = task.argumentBlock?.region ?? cell.region
    let offset = task.argumentBlock == nil ? cell.argumentsOffsetInSlot : 0
    let message = region.withBytes(at: offset, byteCount: cell.argumentBytes) { QueuedCall($0) }
    task.argumentBlock = nil
    state.tasks[slot.value] = nil
    return message
  }

  /// Asks for the collector to be rung when the task in `slot` ends.
  func demandCollector(ofSlot slot: SlotIndex) {
    let flag = StateWord.Flags.collector.mask
    // MODEL(demand.1)
    let before = StateWord(bits: wire.slot(slot).state.fetchOr(flag))
    if before.phase == .done {
      wire.step()
      // MODEL(demand.2)
      _ = wire.finishedSlots(slot.value / 64).fetchOr(1 << UInt64(slot.value % 64))
      ringCollector()
    }
  }
}
