import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Retries of errors` {
  private struct Flaky: Error, Codable, Equatable { var number: Int }

  @Sendable private static func failAtFirst(_ latch: Latch, _ countdown: Countdown) throws -> Int {
    latch.arrive()
    if countdown.take() { throw Flaky(number: countdown.taken) }
    return latch.arrivals
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P10 run a task again after errors that are named, with its pause between`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let countdown = Countdown(3)
    defer { countdown.clear() }
    let policy = RetryPolicy(5, backOff: .constant(.milliseconds(20)), errors: { $0 is Flaky })
    let start = ContinuousClock().now
    #expect(try pool.submit(retries: policy, Self.failAtFirst, latch, countdown).checked() == 4)
    #expect(ContinuousClock().now - start >= .milliseconds(60))
    pool.shutdown()
  }

  /// Fails when it is asked to stop, with an error of its own.
  @Sendable private static func giveUp(_ latch: Latch) throws -> Int {
    latch.arrive()
    while !CurrentTask.isCancelled { usleep(50) }  // spares the processor; the flag decides
    throw Flaky(number: latch.arrivals)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P10 are not for a task that was asked to stop`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let policy = RetryPolicy(5, errors: { $0 is Flaky })
    let future = try pool.submit(retries: policy, Self.giveUp, latch)
    _ = try latch.arrived()
    future.cancel()
    #expect(try future.failure() as? Flaky == Flaky(number: 1))
    pool.shutdown()
    #expect(latch.arrivals == 1)
  }

  /// Fails once it is let go.
  @Sendable private static func failLater(_ latch: Latch) throws -> Int {
    latch.pass()
    throw Flaky(number: latch.arrivals)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 P10 are not for a task that fails after a shutdown that cancels`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let policy = RetryPolicy(5, errors: { $0 is Flaky })
    let future = try pool.submit(retries: policy, Self.failLater, latch)
    _ = try latch.arrived()
    pool.shutdown(wait: false, cancelPending: true)
    latch.open()
    #expect(try future.failure() as? Flaky == Flaky(number: 1))
    pool.shutdown()
    #expect(latch.arrivals == 1)
  }

  /// A future that its own filter can reach.
  private final class Reach: Sendable {
    let future = Mutex<Future<Int>?>(nil)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P10 F3 are not for a task that is cancelled while its filter is asked`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let reach = Reach()
    let policy = RetryPolicy(
      5,
      errors: { _ in
        #expect(reach.future.withLock { $0 }?.cancel() == false)
        return true
      })
    let future = try pool.submit(retries: policy, Self.failLater, latch)
    reach.future.withLock { $0 = future }
    latch.open()
    #expect(try future.failure() as? Flaky == Flaky(number: 1))
    reach.future.withLock { $0 = nil }
    pool.shutdown()
    #expect(latch.arrivals == 1)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P10 give the last error when they are used up, and leave alone what is not named`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let countdown = Countdown(9)
    defer { countdown.clear() }
    let policy = RetryPolicy(2, errors: { $0 is Flaky })
    let future = try pool.submit(retries: policy, Self.failAtFirst, latch, countdown)
    #expect(try future.failure() as? Flaky == Flaky(number: 3))
    let plain = try pool.submit(retries: 3, Self.failAtFirst, latch, countdown)
    #expect(try plain.failure() as? Flaky == Flaky(number: 4))
    #expect(latch.arrivals == 4)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 P10 wait without a worker, can be cancelled meanwhile, and a shutdown waits for them`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let countdown = Countdown(2)
    defer { countdown.clear() }
    func policy(_ pause: Duration) -> RetryPolicy {
      RetryPolicy(3, backOff: .constant(pause), errors: { $0 is Flaky })
    }
    let long = try pool.submit(retries: policy(.seconds(3600)), Self.failAtFirst, latch, countdown)
    _ = try latch.arrived()
    try eventually("the task waits") { long.state == .pending }
    #expect(try pool.submit(echo, 1).checked() == 1)
    #expect(long.cancel())
    let short = try pool.submit(
      retries: policy(.milliseconds(50)), Self.failAtFirst, latch, countdown)
    _ = try latch.arrived(2)
    pool.shutdown()
    #expect(try short.result(timeout: .zero) == 3)
  }
}
