import Synchronization

/// Somebody who waits until an executor's limits have room for a task that they refused.
public final class RoomWaiter: Sendable {
  /// The bytes of the call that was refused.
  public let byteCount: Int
  /// Whether it was called before and others were faster. It goes to the front of the line then, where
  /// it had come to.
  public let hasWaited: Bool
  private let isOver = Atomic(false)
  private let action: @Sendable () -> Void

  /// - Parameter action: what is done, once, when there is room.
  public init(byteCount: Int, hasWaited: Bool, _ action: @escaping @Sendable () -> Void) {
    self.byteCount = byteCount
    self.hasWaited = hasWaited
    self.action = action
  }

  /// Whether it was neither called nor left.
  public var isWaiting: Bool { !isOver.load(ordering: .relaxed) }

  /// Tells it that there is room.
  /// - Returns: false when nobody waits here any more: the room is the next one's.
  public func call() -> Bool {
    guard !isOver.exchange(true, ordering: .relaxed) else { return false }
    action()
    return true
  }

  /// Waits no more. `passRoomOn` is to follow, as those behind it may have waited for it alone.
  public func leave() { isOver.store(true, ordering: .relaxed) }
}

extension Queue<RoomWaiter> {
  /// Those who have not left.
  package var waitingCount: Int { reduce(0) { $0 + ($1.isWaiting ? 1 : 0) } }
}
