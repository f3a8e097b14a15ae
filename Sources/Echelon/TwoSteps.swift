import Synchronization

/// Work in two steps, each with a future of its own, as the source of the future of both.
final class TwoSteps<First: Sendable, Second: Sendable>: FutureSource {
  private let first: Future<First>
  private let second = Mutex<Future<Second>?>(nil)

  init(_ first: Future<First>) { self.first = first }

  /// The second step has begun.
  func begin(_ future: Future<Second>) { second.withLock { $0 = future } }

  var isRunning: Bool { first.state != .pending }

  func poll() {
    _ = first.state
    _ = second.withLock { $0 }?.state
  }

  /// Only as long as the first step has not begun.
  func cancel() -> Bool { first.takeBack() }

  /// Only in the first step: the second copies its result, and would leave it torn.
  func stop(_ mode: CancellationMode) -> Bool {
    second.withLock { $0 } == nil && first.cancel(mode)
  }

  // The ends of both steps are observed, so both are completed without being asked.
  func demandCompletion() {}
  func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool { park() }
}
