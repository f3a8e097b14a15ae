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
    if state.isShutDown { throw .shutDown }
    if limits.exist, let byteCount = work.limitedBytes {
      let hasRoom =
        state.limitedTasks == 0
        || (state.limitedTasks < limits.taskLimit ?? .max
          && byteCount <= (limits.byteLimit ?? .max) - state.limitedBytes)
      guard hasRoom else {
        throw .queueFull(tasks: state.limitedTasks, bytes: state.limitedBytes)
      }
      state.limitedTasks += 1
      state.limitedBytes += byteCount
    }
    state.unfinished[ObjectIdentifier(work)] = work
  }

  /// Counts a work out, once, that has ended.
  func discount(_ work: InProcessWork, _ state: inout State) {
    guard limits.exist, let byteCount = work.limitedBytes else { return }
    work.limitedBytes = nil
    state.limitedTasks -= 1
    state.limitedBytes -= byteCount
    wakeForRoom(&state)
  }

  private func wakeForRoom(_ state: inout State) {
    guard let wake = state.roomWaiters.popFirst() else { return }
    state.deferred.append { [self] in if !wake() { passRoomOn() } }
  }

  /// There will be no room any more: who waits is to find out why.
  func wakeAllForRoom(_ state: inout State) {
    for wake in state.roomWaiters.removeAll() { state.deferred.append { _ = wake() } }
  }

  /// Has `wake` called once when there may be room.
  func whenThereIsRoom(_ wake: @escaping @Sendable () -> Bool) {
    locked { state in
      state.roomWaiters.append(wake)
      if state.isShutDown || hasRoom(state) { wakeForRoom(&state) }
    }
  }

  var waitersForRoom: Int { locked { state in state.roomWaiters.count } }

  /// Somebody was woken who does not use the room, or not all of it.
  func passRoomOn() {
    locked { state in if state.isShutDown || hasRoom(state) { wakeForRoom(&state) } }
  }

  private func hasRoom(_ state: State) -> Bool {
    state.limitedTasks == 0
      || (state.limitedTasks < limits.taskLimit ?? .max
        && state.limitedBytes < limits.byteLimit ?? .max)
  }
}
