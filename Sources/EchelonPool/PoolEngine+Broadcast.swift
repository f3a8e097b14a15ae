import EchelonMemory
import EchelonWire
import Synchronization

/// Tasks that every worker is to run once.
///
/// They wait in a queue per seat, of which one task at a time lies in the arena. A worker that dies
/// leaves its queue to its replacement.
extension PoolEngine {
  /// Hands over one task for each seat, in their order, which all make the same call. Starts all
  /// workers.
  package func broadcast(_ tasks: [PoolTask], message: RawSpan) throws {
    try locked { state in
      if let broken = state.broken { throw broken }
      if state.isShutDown { throw PoolError.shutDown }
      for (index, task) in tasks.enumerated() {
        task.seat = SeatIndex(index)
        task.message = QueuedCall(message)
        task.place = .queued
        pending.add(1, ordering: .relaxed)
        state.statistics.submitted += 1
        state.directed[index].append(task)
        state.directedCount += 1
        // Its turn comes when the one before it is collected, which perhaps nobody asks for.
        if let now = state.directedNow[index] { demandEnd(of: now) }
        advance(SeatIndex(index), &state)
      }
      // The pool may have become smaller since the caller counted its workers.
      failDirectedOfVacantSeats(from: state.workerLimit, PoolError.cancelled, &state)
      summonWorkers(&state, demand: state.workerLimit)
    }
  }

  /// Puts the next task of a seat into the arena, if none is there.
  private func advance(_ seat: SeatIndex, _ state: inout PoolState) {
    while state.directedNow[seat.value] == nil, let task = state.directed[seat.value].popFirst() {
      guard task.place == .queued else {
        state.directedCount -= 1
        continue
      }
      guard let slot = state.freeSlots.popLast() ?? slotOfLessUrgent(than: .high, &state) else {
        // Whichever task is collected next makes room.
        state.directed[seat.value].prepend([task])
        _ = wire.interest.fetchOr(CollectorInterest.refill)
        ringIfLow(task)
        return
      }
      state.directedCount -= 1
      // MODEL(directed.1)
      state.directedNow[seat.value] = task
      if !state.directed[seat.value].isEmpty { task.wantsCollector = true }
      let message = task.message
      task.message = .none
      do {
        try message.withRawSpan { bytes in try publish(task, bytes, in: slot, &state) }
      } catch {
        state.directedNow[seat.value] = nil
        task.place = .gone
        workEnded(hasFailed: true)
        state.deferred.append { task.fail(error) }
      }
    }
  }

  /// Puts one of these that is to be run again before those that wait for its seat, where it is found
  /// should the pool shrink.
  func directAgain(_ task: PoolTask, to seat: SeatIndex, _ state: inout PoolState) {
    if state.directedNow[seat.value] === task { state.directedNow[seat.value] = nil }
    if seat.value >= state.workerLimit, state.workers[seat.value] == nil {
      // It has shrunk meanwhile: nobody will ever sit there.
      task.place = .gone
      workEnded(hasFailed: true)
      state.deferred.append { task.fail(PoolError.cancelled) }
      return
    }
    task.place = .queued
    state.directed[seat.value].prepend([task])
    state.directedCount += 1
    advance(seat, &state)
  }

  private func demandEnd(of task: PoolTask) {
    task.wantsCollector = true
    if case .slot(let slot, _) = task.place { demandCollector(ofSlot: slot) }
  }

  /// Slots have become free: seats that wait for one come first.
  func advanceAll(_ state: inout PoolState) {
    guard state.directedCount > 0 else { return }
    for seat in state.directed.indices { advance(SeatIndex(seat), &state) }
  }

  /// A task is over; if it was one of these, the next of its seat is to follow.
  func directedEnded(_ task: PoolTask, _ state: inout PoolState) {
    guard let seat = task.seat, state.directedNow[seat.value] === task else { return }
    state.directedNow[seat.value] = nil
    advance(seat, &state)
  }

  /// Whether a seat has tasks that only its worker may run.
  func isAwaited(_ seat: SeatIndex, _ state: borrowing PoolState) -> Bool {
    state.directedNow[seat.value] != nil || !state.directed[seat.value].isEmpty
  }

  /// Takes all of these out that are not in the arena.
  func takeDirected(_ state: inout PoolState) -> [PoolTask] {
    state.directedCount = 0
    return state.directed.indices.flatMap { state.directed[$0].removeAll() }
  }

  /// Fails what is meant for workers that are not there and will not be started.
  /// - Parameter first: the lowest seat that this concerns.
  func failDirectedOfVacantSeats(
    from first: Int = 0, _ error: any Error, _ state: inout PoolState
  ) {
    for seat in state.directed.indices where seat >= first && state.workers[seat] == nil {
      failDirected(of: seat, error, &state)
    }
  }

  /// Fails what is meant for the worker of a seat that is vacant and stays so.
  func failDirected(of seat: Int, _ error: any Error, _ state: inout PoolState) {
    for task in state.directed[seat].removeAll() {
      state.directedCount -= 1
      guard task.place == .queued else { continue }
      task.place = .gone
      workEnded(hasFailed: true)
      state.deferred.append { task.fail(error) }
    }
    guard let task = state.directedNow[seat] else { return }
    let key = ObjectIdentifier(task)
    if case .slot(let slot, let generation) = task.place {
      if withdraw(slot, generation: generation) { fail(task, in: slot, error, &state) }
    } else if state.postponed.removeValue(forKey: key) != nil {
      state.timers.remove(.postponed(key))
      task.place = .gone
      taskEnded(task, &state)
      state.deferred.append { task.fail(error) }
    }
  }
}
