import EchelonMemory
import EchelonWire
import Synchronization

/// Single tasks: wait for them, ask about them, cancel them.
extension PoolEngine {
  // MARK: Waiting

  /// Blocks until the task is over.
  /// - Parameter isOver: whether its future is complete.
  /// - Returns: false when `deadline` came first.
  package func wait(
    for task: PoolTask, until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool
  ) -> Bool {
    var hasCollected = false
    while !isOver() {
      let place = locked { state in task.place }
      switch place {
      case .slot(let slot, let generation):
        guard sleep(on: wire.slot(slot).state, generation, until: deadline) else { return isOver() }
        collect(slot, generation: generation)
      case .queued, .waiting:
        demandCollector(of: task)
        if place == .queued, !hasCollected {
          // It may wait for a slot in which a task is done.
          hasCollected = true
          if collectAllDone() > 0 { continue }
        }
        if !park() { return isOver() }
      case .new, .gone:
        // Someone else collects it at this moment, or it failed: its future says so at once. But whoever
        // collects it may find that it is to be run again, in another slot, and then nobody sleeps there.
        demandCollector(of: task)
        if !park() { return isOver() }
      }
    }
    return true
  }

  /// Spins, then sleeps, until what the state word stands for has ended.
  func sleep(
    on word: SharedWord64, _ generation: UInt32, until deadline: UInt64?, spins: Bool = true
  ) -> Bool {
    func isOver(_ state: StateWord) -> Bool {
      state.generation != generation || state.isAt(.done) || state.isAt(.free)
    }
    let budget = spins ? spinNanoseconds(deadline) : 0
    if Spin.until({ isOver(StateWord(bits: word.load())) }, nanoseconds: budget) { return true }
    while true {
      wire.turn()
      // MODEL(wait.1)
      let seen = StateWord(bits: word.fetchOr(StateWord.Flags.waiter.mask))
      if isOver(seen) { return true }
      guard let left = MonotonicClock.nanosecondsLeft(until: deadline) else { return false }
      let flagged = seen.bits | StateWord.Flags.waiter.mask
      // MODEL(wait.2)
      word.lowHalf.sleep(
        while: UInt32(truncatingIfNeeded: flagged), timeoutNanoseconds: left)
      // MODEL(wait.3)
      if isOver(StateWord(bits: word.load())) { return true }
    }
  }

  /// A blocked caller spins for about as long as waking it would cost, and not at all when it may not
  /// block.
  func spinNanoseconds(_ deadline: UInt64?) -> UInt64 {
    guard let left = MonotonicClock.nanosecondsLeft(until: deadline) else { return 0 }
    return left < 0 ? Self.spinLimit : min(Self.spinLimit, UInt64(left))
  }

  private static var spinLimit: UInt64 { 40_000 }

  /// Has the collector complete the task when it ends: for `async` waiters and callbacks.
  package func demandCollector(of task: PoolTask) {
    locked { state in
      task.wantsCollector = true
      if case .slot(let slot, _) = task.place { demandCollector(ofSlot: slot) }
    }
  }

  /// Whether a worker executes the task at this moment.
  package func isRunning(_ task: PoolTask) -> Bool {
    locked { state in
      guard case .slot(let slot, let generation) = task.place else { return false }
      let word = StateWord(bits: wire.slot(slot).state.load())
      return word.generation == generation && word.phase == .running
    }
  }

  /// Collects the task now if it is done, so that queries see its end.
  package func collectIfDone(_ task: PoolTask) {
    let place = locked { state in task.place }
    if case .slot(let slot, let generation) = place { collect(slot, generation: generation) }
  }

  // MARK: Cancelling

  /// Takes the task back if no worker has begun it.
  /// - Returns: whether it was taken back; it then never runs.
  package func cancel(_ task: PoolTask) -> Bool {
    locked { state in
      switch task.place {
      case .queued, .waiting:
        state.waiting[ObjectIdentifier(task)] = nil
        if state.postponed.removeValue(forKey: ObjectIdentifier(task)) != nil {
          state.timers.remove(.postponed(ObjectIdentifier(task)))
        }
        task.place = .gone
        task.message = .none
        task.retained = []
        taskEnded(task, &state)
        return true
      case .slot(let slot, let generation):
        guard withdraw(slot, generation: generation) else { return false }
        noteCancellation(of: task.name, .taskCancelled, slot.value, generation, &state)
        task.place = .gone
        state.tasks[slot.value] = nil
        task.argumentBlock = nil
        task.retained = []
        free(slot, &state)
        taskEnded(task, &state)
        return true
      case .new, .gone:
        return false
      }
    }
  }

  /// Ready to free by one compare-and-swap, which a claim would have to win first.
  func withdraw(_ slot: SlotIndex, generation: UInt32) -> Bool {
    let word = wire.slot(slot).state
    while true {
      // MODEL(cancel.1)
      let seen = StateWord(bits: word.load())
      guard seen.phase == .ready, seen.generation == generation else { return false }
      let free = StateWord(generation: generation, phase: .free)
      wire.step()
      // MODEL(cancel.2)
      if word.compareExchange(expected: seen.bits, desired: free.bits) {
        if seen.flags.contains(.waiter) { word.lowHalf.wake(.max) }
        return true
      }
    }
  }

  /// Cancels everything that no worker has begun.
  func cancelAllPending() {
    let (tasks, jobs) = locked { state in
      // What comes back from workers after this look is not begun again.
      state.cancelsPending = true
      return (
        state.overflow.removeAll() + takeDirected(&state) + state.waiting.values
          + state.postponed.values
          + state.tasks.compactMap { $0 },
        state.queuedJobs.removeAll() + state.jobs.compactMap { $0 }
      )
    }
    for task in tasks where cancel(task) { task.fail(PoolError.cancelled) }
    for job in jobs where cancel(job) { job.fail(PoolError.cancelled) }
  }
}
