import EchelonMemory
import EchelonWire
import Synchronization

/// What must hold of an engine at rest and at its end. For simulations, which look after every run.
extension PoolEngine {
  /// Whether a thread holds the engine's lock.
  package var isLocked: Bool { state.withLockIfAvailable { _ in false } ?? true }

  /// Where an engine is, for a report.
  package var situation: [String] {
    state.withLock { state in
      let alive = state.workers.count { $0 != nil }
      var lines = [
        "\(alive) workers of \(state.wantedWorkers) wanted and \(state.workerLimit) at most",
        "\(pending.load(ordering: .relaxed)) tasks and jobs pending, \(state.overflow.count) in front of"
          + " the slots, \(state.waiting.count) for others, \(state.postponed.count) for their retry,"
          + " \(state.directedCount) for their seat, \(state.queuedJobs.count) for a record",
        "broken: \(state.broken.map { "\($0)" } ?? "no"), shut down: \(state.isShutDown),"
          + " next timer: \(state.timers.earliest.map { "\($0)" } ?? "none")",
      ]
      for index in state.tasks.indices {
        guard let task = state.tasks[index] else { continue }
        let word = StateWord(bits: wire.slot(SlotIndex(index)).state.load())
        let owner = word.owner.map { " under seat \($0.value)" } ?? ""
        let seat = task.seat.map { " for seat \($0.value)" } ?? ""
        lines.append("slot \(index): \(word.phase)\(owner)\(seat), flags \(word.flags.rawValue)")
      }
      for index in state.jobs.indices where state.jobs[index] != nil {
        let word = StateWord(bits: wire.job(JobIndex(index)).state.load())
        let words = state.jobs[index]?.words
        let phases = (0..<(words?.count ?? 0)).map {
          "\(ChunkWord(bits: words!.word($0).load()).phase)"
        }
        lines.append("job \(index): \(word.phase), chunks \(phases.joined(separator: " "))")
      }
      for seat in wire.usedSeats {
        let cell = wire.seat(SeatIndex(seat))
        lines.append(
          "seat \(seat): \(cell.phase), order \(cell.order.load()), directed \(cell.directed.load())"
        )
      }
      return lines
    }
  }

  /// What is left in an engine whose work is over, and should not be.
  package var leftovers: [String] {
    state.withLock { state in
      var left: [String] = []
      func expect(_ isSo: Bool, _ text: @autoclosure () -> String) {
        if !isSo { left.append(text()) }
      }
      let count = pending.load(ordering: .relaxed)
      expect(count == 0, "\(count) tasks and jobs are counted as pending")
      for index in state.tasks.indices {
        let word = StateWord(bits: wire.slot(SlotIndex(index)).state.load())
        expect(state.tasks[index] == nil, "slot \(index) has a task")
        expect(word.phase == .free, "slot \(index) is \(word.phase)")
      }
      expect(
        Set(state.freeSlots).count == state.freeSlots.count, "a slot is free twice")
      expect(
        state.freeSlots.count == state.tasks.count,
        "\(state.freeSlots.count) of \(state.tasks.count) slots are free")
      expect(state.overflow.isEmpty, "\(state.overflow.count) tasks wait for a slot")
      expect(state.waiting.isEmpty, "\(state.waiting.count) tasks wait for others")
      expect(state.postponed.isEmpty, "\(state.postponed.count) tasks wait for their retry")
      expect(state.directedCount == 0, "\(state.directedCount) tasks wait for their seat")
      expect(state.directedNow.allSatisfy { $0 == nil }, "a seat has a task of its own")
      expect(state.jobs.allSatisfy { $0 == nil }, "a record has a job")
      expect(state.queuedJobs.isEmpty, "jobs wait for a record")
      expect(state.leases.isEmpty, "\(state.leases.count) blocks are leased")
      expect(state.limitedTasks == 0, "\(state.limitedTasks) tasks count towards the limit")
      expect(state.limitedBytes == 0, "\(state.limitedBytes) bytes count towards the limit")
      expect(state.workers.allSatisfy { $0 == nil }, "a seat has a worker")
      expect(state.deferred.isEmpty, "\(state.deferred.count) calls were put off and not made")
      let spare = state.spareWords.reduce(0) { $0 + $1.count }
      let blocks = arena.usage.blockCount
      expect(blocks == spare, "\(blocks - spare) blocks are in use")
      return left
    }
  }

  /// What is wrong if nobody can go on now but by the clock: work that is ready beside an idle worker, or
  /// an end that nobody was told of.
  /// - Parameter isAwake: whether the worker on a seat could go on if it were woken.
  package func stall(isAwake: (Int) -> Bool) -> String? {
    let idle = wire.usedSeats.first { seat in
      wire.seat(SeatIndex(seat)).phase == .asleep && isAwake(seat)
        && wire.sleepers(seat / 64).load() & 1 << UInt64(seat % 64) != 0
    }
    guard let idle else { return nil }
    // Those that are awake are enough, or the front end finds soon that they are not.
    if wire.hasEnoughAwake, state.withLock({ $0.timers.moment(of: .attendance) != nil }) { return nil }
    for (index, job) in state.withLock({ $0.jobs }).enumerated() {
      guard let words = job?.words, words.hasUnclaimed else { continue }
      return "job \(index) has chunks that nobody has begun, and the worker on seat \(idle) sleeps"
    }
    for index in 0..<wire.layout.slotCount {
      let word = StateWord(bits: wire.slot(SlotIndex(index)).state.load())
      guard word.phase == .ready, isQueued(SlotIndex(index), word.generation) else { continue }
      return "slot \(index) is ready, and the worker on seat \(idle) sleeps"
    }
    return nil
  }

  /// Whether any worker may take a ready slot: not one that is meant for a certain seat.
  private func isQueued(_ slot: SlotIndex, _ generation: UInt32) -> Bool {
    !wire.usedSeats.contains { seat in
      wire.seat(SeatIndex(seat)).directed.load()
        == UInt64(generation) << 32 | UInt64(slot.value + 1)
    }
  }
}
