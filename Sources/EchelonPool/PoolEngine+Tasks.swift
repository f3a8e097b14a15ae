import CEchelon
import EchelonMemory
import EchelonWire
import Synchronization

/// Single tasks: submit and collect.
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
      if let broken = state.broken { throw broken }
      if state.isShutDown { throw PoolError.shutDown }
      let byteCount = message.byteCount
      if !mayQueue {
        let hasSlot = !state.freeSlots.isEmpty && !state.overflow.isAhead(of: task.priority)
        guard hasSlot, mayAdmit(task, byteCount: byteCount, state) else { return nil }
      }
      try admit(task, byteCount: byteCount, &state)
      do { try publishOrQueue(task, message, &state) } catch {
        discount(task, &state)
        throw error
      }
      pending.add(1, ordering: .relaxed)
      state.statistics.submitted += 1
      beginWatching(&state)
      // One that looks for work or sleeps will take this; should it have been about to take another,
      // it rings the collector, which sees that more workers are of use.
      if state.wantedWorkers == 0 || needsWorker(state) { summonWorkers(&state, demand: 1) }
      return task.place == .queued
    }
  }

  /// Into a free slot, if nobody comes first.
  func publishOrQueue(_ task: PoolTask, _ message: RawSpan, _ state: inout PoolState) throws {
    let isNext = !state.overflow.isAhead(of: task.priority)
    let free = isNext ? state.freeSlots.popLast() : nil
    if let slot = free ?? (isNext ? slotOfLessUrgent(than: task.priority, &state) : nil) {
      try publish(task, message, in: slot, &state)
    } else {
      queue(task, message.copied(), &state)
    }
  }

  func queue(_ task: PoolTask, _ message: [UInt8], _ state: inout PoolState) {
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
      return queue(task, message.copied(), &state)
    }
  }

  /// Makes the filled slot ready under a new generation.
  /// - Returns: false when the ring is full.
  func enqueue(_ task: PoolTask, in index: Int, _ state: inout PoolState) -> Bool {
    let generation = state.generations[index] &+ 1
    wire.slot(SlotIndex(index)).attempt = UInt32(task.attempt)
    let isTimed = task.deadlineNanoseconds > 0
    pass(.submitting)
    if let seat = task.seat {
      wire.publish(SlotIndex(index), generation: generation, for: seat)
    } else if !wire.publish(
      SlotIndex(index), generation: generation, flags: isTimed ? .timed : .none,
      priority: task.priority)
    {
      return false
    }
    pass(.published)
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

  /// Puts a task that has its call with it into the queue in front of the slots, and from there into
  /// one if there is any.
  func queueAgain(_ task: PoolTask, _ state: inout PoolState) {
    queue(task, task.message, &state)
    refill(&state)
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
        _ = wire.interest.fetchOr(CollectorInterest.refill)
        return slot.value
      }
    }
    return nil
  }

  /// Copies the call of a task out of the slot that it leaves.
  private func takeOut(
    _ task: PoolTask, from slot: SlotIndex, _ state: inout PoolState
  ) -> [UInt8] {
    let cell = wire.slot(slot)
    let region = task.argumentBlock?.region ?? cell.region
    let offset = task.argumentBlock == nil ? cell.argumentsOffsetInSlot : 0
    let message = region.withBytes(at: offset, byteCount: cell.argumentBytes) { $0.copied() }
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

  // MARK: Collecting

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
        task.fail(PoolError.notTransferred("the worker named a result outside its outbox"))
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
        task.fail(PoolError.notTransferred("the worker named a result block that it does not hold"))
      }
    }
  }

  private func deliver(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan, to task: PoolTask) {
    if outcome == .thrown, task.needsCare {
      if let reason = task.askedBecause, isStopped(task, outcome, bytes) {
        return task.fail(reason)
      }
      if isWorthRetrying(task, outcome, bytes) {
        task.wantsRetry = true
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
      if task.wantsRetry {
        guard let broken = state.broken else {
          retry(task, from: slot, &state)
          return false
        }
        // Nobody would ever run it.
        task.wantsRetry = false
        state.deferred.append { task.fail(broken) }
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
      task.message = []
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
