import EchelonWire
import Synchronization

/// How much may be in flight, and who waits for room.
extension PoolEngine {
  /// Whether a task may be counted in.
  ///
  /// One that is too large by itself is taken when nothing else is there: it would wait for ever.
  func mayAdmit(_ task: PoolTask, byteCount: Int, _ state: borrowing PoolState) -> Bool {
    !hasLimits || !task.isLimited || hasRoom(for: byteCount, state)
  }

  private func hasRoom(for byteCount: Int, _ state: borrowing PoolState) -> Bool {
    state.limitedTasks == 0
      || (state.limitedTasks < configuration.taskLimit ?? .max
        && byteCount <= (configuration.inFlightByteLimit ?? .max) - state.limitedBytes)
  }

  /// Counts a task in, or refuses it. Called with the lock held.
  func admit(_ task: PoolTask, byteCount: Int, _ state: inout PoolState) throws(PoolError) {
    guard mayAdmit(task, byteCount: byteCount, state) else {
      throw .queueFull(
        tasks: state.limitedTasks, bytes: state.limitedBytes, refused: byteCount)
    }
    guard hasLimits, task.isLimited else { return }
    state.limitedTasks += 1
    state.limitedBytes += byteCount
    task.limitedBytes = byteCount
  }

  /// Counts a task that was taken with the bytes that it has come to have. They may be more than is
  /// allowed: it is not refused any more, but others are until there is room.
  func recount(_ task: PoolTask, byteCount: Int, _ state: inout PoolState) {
    guard hasLimits, task.isLimited else { return }
    state.limitedBytes += byteCount - task.limitedBytes
    task.limitedBytes = byteCount
  }

  /// Counts a task out that has ended, or was not taken after all.
  func discount(_ task: PoolTask, _ state: inout PoolState) {
    guard hasLimits, task.isLimited else { return }
    state.limitedTasks -= 1
    state.limitedBytes -= task.limitedBytes
    wakeForRoom(&state)
  }

  /// Calls who has waited longest, if there is room for what it has. Who has less waits behind it: it
  /// would never come to its turn otherwise.
  private func wakeForRoom(_ state: inout PoolState) {
    while let waiter = state.roomWaiters.first {
      if waiter.isWaiting {
        guard isOver(state) || hasRoom(for: waiter.byteCount, state) else { return }
        state.deferred.append { [self] in if !waiter.call() { passRoomOn() } }
        _ = state.roomWaiters.popFirst()
        return
      }
      _ = state.roomWaiters.popFirst()
    }
  }

  /// There will be no room any more: who waits is to find out why.
  func wakeAllForRoom(_ state: inout PoolState) {
    for waiter in state.roomWaiters.removeAll() { state.deferred.append { _ = waiter.call() } }
  }

  /// Has a waiter called, once, as soon as there is room for what it has.
  package func whenThereIsRoom(_ waiter: RoomWaiter) {
    locked { state in
      if waiter.hasWaited {
        state.roomWaiters.prepend([waiter])
      } else {
        state.roomWaiters.append(waiter)
      }
      wakeForRoom(&state)
      if state.roomWaiters.isEmpty { return }
      // Somebody waits for these ends who cannot collect them.
      for index in state.tasks.indices where state.tasks[index] != nil {
        demandCollector(ofSlot: SlotIndex(index))
      }
    }
  }

  /// Somebody left the line, or was called and does not use the room, or not all of it.
  package func passRoomOn() { locked { state in wakeForRoom(&state) } }

  private func isOver(_ state: borrowing PoolState) -> Bool {
    state.isShutDown || state.broken != nil
  }
}
