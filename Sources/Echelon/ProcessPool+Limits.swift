public import EchelonPool

/// The pool's side of waiting for room. See `WorkExecutor`.
extension ProcessPool {
  /// Has a waiter called once there is room for a task that the limits refused.
  /// - Throws: `PoolError.wouldDeadlock` inside a task.
  public func whenThereIsRoom(_ waiter: RoomWaiter) throws(PoolError) {
    try working("submitWhenRoom").whenThereIsRoom(waiter)
  }

  /// Has the next in line called.
  public func passRoomOn() { frontEnd?.passRoomOn() }
}
