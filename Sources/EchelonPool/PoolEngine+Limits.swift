import EchelonWire
import Synchronization

/// How much may be in flight, and who waits for room.
extension PoolEngine {
  /// Whether a task may be counted in.
  ///
  /// One that is too large by itself is taken when nothing else is there: it would wait for ever.
  func mayAdmit(_ task: PoolTask, byteCount: Int, _ state: borrowing PoolState) -> Bool {
    guard hasLimits, task.isLimited, state.limitedTasks > 0 else { return true }
    return state.limitedTasks < configuration.taskLimit ?? .max
      && byteCount <= (configuration.inFlightByteLimit ?? .max) - state.limitedBytes
  }

  /// Counts a task in, or refuses it. Called with the lock held.
  func admit(_ task: PoolTask, byteCount: Int, _ state: inout PoolState) throws(PoolError) {
    guard mayAdmit(task, byteCount: byteCount, state) else {
      throw .queueFull(tasks: state.limitedTasks, bytes: state.limitedBytes)
    }
    guard hasLimits, task.isLimited else { return }
    state.limitedTasks += 1
    state.limitedBytes += byteCount
    task.limitedBytes = byteCount
  }

  /// Counts a task out that has ended, or was not taken after all.
  func discount(_ task: PoolTask, _ state: inout PoolState) {
    guard hasLimits, task.isLimited else { return }
    state.limitedTasks -= 1
    state.limitedBytes -= task.limitedBytes
    wakeForRoom(&state)
  }

  private func wakeForRoom(_ state: inout PoolState) {
    guard let wake = state.roomWaiters.popFirst() else { return }
    state.deferred.append { [self] in if !wake() { passRoomOn() } }
  }

  /// There will be no room any more: who waits is to find out why.
  func wakeAllForRoom(_ state: inout PoolState) {
    for wake in state.roomWaiters.removeAll() { state.deferred.append { _ = wake() } }
  }

  /// Has `wake` called when a task has ended, once: there may be room then.
  /// - Parameter wake: returns false when nobody waits there any more; the next in line is called then.
  package func whenThereIsRoom(_ wake: @escaping @Sendable () -> Bool) {
    locked { state in
      state.roomWaiters.append(wake)
      if isOver(state) || hasRoom(state) { return wakeForRoom(&state) }
      // Somebody waits for these ends who cannot collect them.
      for index in state.tasks.indices where state.tasks[index] != nil {
        demandCollector(ofSlot: SlotIndex(index))
      }
    }
  }

  /// Somebody was woken who does not use the room, or not all of it.
  package func passRoomOn() {
    locked { state in
      if isOver(state) || hasRoom(state) { wakeForRoom(&state) }
    }
  }

  private func hasRoom(_ state: borrowing PoolState) -> Bool {
    state.limitedTasks == 0
      || (state.limitedTasks < configuration.taskLimit ?? .max
        && state.limitedBytes < configuration.inFlightByteLimit ?? .max)
  }

  private func isOver(_ state: borrowing PoolState) -> Bool {
    state.isShutDown || state.broken != nil
  }
}
