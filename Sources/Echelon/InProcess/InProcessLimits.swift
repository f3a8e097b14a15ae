import EchelonPool

/// What an `InProcessExecutor` may have in flight, as for a pool.
struct InProcessLimits {
  var taskLimit: Int?
  var byteLimit: Int?

  var exist: Bool { taskLimit != nil || byteLimit != nil }
}

/// How much is in flight, and who waits for room; the rules are those of `PoolEngine+Limits.swift`.
extension InProcessCore {
  /// Takes a work in, or refuses it.
  func admit(_ work: InProcessWork, _ state: inout State) throws(PoolError) {
    try checkOpen(state, isContinuation: work.isContinuation)
    if limits.exist, let byteCount = work.limitedBytes {
      guard hasRoom(for: byteCount, state) else {
        throw .queueFull(
          tasks: state.limitedTasks, bytes: state.limitedBytes, refused: byteCount)
      }
      state.limitedTasks += 1
      state.limitedBytes += byteCount
    }
    state.unfinished[ObjectIdentifier(work)] = work
  }

  /// Counts a work that was taken with the bytes that it has come to have.
  func recount(_ work: InProcessWork, byteCount: Int, _ state: inout State) {
    guard limits.exist, let counted = work.limitedBytes else { return }
    state.limitedBytes += byteCount - counted
    work.limitedBytes = byteCount
  }

  /// Counts a work out, once, that has ended.
  func discount(_ work: InProcessWork, _ state: inout State) {
    guard limits.exist, let byteCount = work.limitedBytes else { return }
    work.limitedBytes = nil
    state.limitedTasks -= 1
    state.limitedBytes -= byteCount
    wakeForRoom(&state)
  }

  /// Calls who has waited longest, if there is room for what it has.
  private func wakeForRoom(_ state: inout State) {
    while let waiter = state.roomWaiters.first {
      if waiter.isWaiting {
        guard state.isShutDown || state.broken != nil || hasRoom(for: waiter.byteCount, state)
        else { return }
        state.deferred.append { [self] in if !waiter.call() { passRoomOn() } }
        _ = state.roomWaiters.popFirst()
        return
      }
      _ = state.roomWaiters.popFirst()
    }
  }

  /// There will be no room any more: who waits is to find out why.
  func wakeAllForRoom(_ state: inout State) {
    for waiter in state.roomWaiters.removeAll() { state.deferred.append { _ = waiter.call() } }
  }

  /// Has a waiter called, once, as soon as there is room for what it has.
  func whenThereIsRoom(_ waiter: RoomWaiter) throws(PoolError) {
    try locked { state throws(PoolError) in
      // It holds a thread that the work it waits for may need.
      if isInsideTask(state) { throw .wouldDeadlock("waiting for room") }
      if waiter.hasWaited {
        state.roomWaiters.prepend([waiter])
      } else {
        state.roomWaiters.append(waiter)
      }
      wakeForRoom(&state)
    }
  }

  var waitersForRoom: Int { locked { state in state.roomWaiters.waitingCount } }

  /// Somebody left the line, or was called and does not use the room, or not all of it.
  func passRoomOn() { locked { state in wakeForRoom(&state) } }

  private func hasRoom(for byteCount: Int, _ state: State) -> Bool {
    state.limitedTasks == 0
      || (state.limitedTasks < limits.taskLimit ?? .max
        && byteCount <= (limits.byteLimit ?? .max) - state.limitedBytes)
  }
}
