import EchelonPool

/// What stands behind a future: whoever will complete it, or is asked about it meanwhile.
protocol FutureSource: AnyObject, Sendable {
  /// Whether the work is being executed at this moment.
  var isRunning: Bool { get }
  /// Completes the future now if the work is done.
  func poll()
  /// Takes the work back if it has not begun. The caller then completes the future.
  func cancel() -> Bool
  /// Asks work that has begun to stop, or stops it.
  /// - Returns: whether it is certain to end as cancelled, which the source will say when nothing of
  ///   it runs any more.
  func stop(_ mode: CancellationMode) -> Bool
  /// Blocks until the future is complete.
  /// - Parameter park: sleeps until the future is complete; false when the deadline came first.
  /// - Returns: false when the deadline came first.
  func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool
  /// Has the future completed as soon as the work is done, without anybody asking.
  func demandCompletion()
}

extension FutureSource {
  func stop(_ mode: CancellationMode) -> Bool { false }
}
