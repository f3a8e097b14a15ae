public import EchelonPool

/// The pool's side of waiting for room. See `WorkExecutor`.
extension ProcessPool {
  /// Has `wake` called once when there may be room for a task that the limits refused.
  /// - Throws: `PoolError.wouldDeadlock` inside a task.
  public func whenThereIsRoom(_ wake: @escaping @Sendable () -> Bool) throws(PoolError) {
    try working("submitWhenRoom").whenThereIsRoom(wake)
  }

  /// Has the next in line called.
  public func passRoomOn() { frontEnd?.passRoomOn() }
}
