import Echelon
import Glibc
import TestSupport
import Testing

private struct Flaky: Error, Codable, Equatable { var number: Int }

@Sendable private func failAtFirst(_ latch: Latch, _ countdown: Countdown) throws -> Int32 {
  latch.arrive()
  if countdown.take() { throw Flaky(number: countdown.taken) }
  return getpid()
}

@Sendable private func die(_ latch: Latch, _ how: OwnDeath) -> Int {
  latch.arrive()
  how.happen()
}

extension Faults {
  @Suite(.timeLimit(.minutes(2))) struct `A retry policy` {
    @Test func `P10 leaves errors and deaths alone that it does not name`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let countdown = Countdown(9)
      defer { countdown.clear() }
      let plain = try pool.submit(retries: 3, failAtFirst, latch, countdown)
      #expect(try plain.failure() as? Flaky == Flaky(number: 1))
      #expect(latch.arrivals == 1)
      let onlyKills = RetryPolicy(3, deaths: { $0 == .signalled(SIGKILL) })
      let aborted = try pool.submit(retries: onlyKills, die, latch, .abort)
      #expect((try aborted.failure() as? WorkerDied)?.attempts == 1)
      let killed = try pool.submit(retries: onlyKills, die, latch, .kill)
      let error = try #require(try killed.failure() as? WorkerDied)
      #expect(error.attempts == 4 && error.isPoison)
      #expect(error.description.contains("poison"))
      pool.shutdown()
    }

    @Test func `P10 can be cancelled while it waits for its next attempt`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let policy = RetryPolicy(3, backOff: .constant(.seconds(3600)))
      let future = try pool.submit(retries: policy, die, latch, .kill)
      try eventually("the task waits") { pool.statistics.retries == 1 && !future.isRunning }
      #expect(future.state == .pending)
      #expect(future.cancel())
      #expect(try pool.submit(echo, 1).checked() == 1)
      pool.shutdown()  // would wait for an hour
    }

    @Test func `P10 has pauses that grow, stay below their limit and depend on the seed alone`() {
      let policy = { (seed: UInt64) in
        RetryPolicy(
          9, backOff: .exponential(from: .milliseconds(10), limit: .milliseconds(100), seed: seed))
      }
      for retry in 1...9 {
        let full = min(UInt64(100_000_000), 10_000_000 << UInt64(retry - 1))
        let pause = policy(1).pauseNanoseconds(before: retry)
        #expect((full / 2...full).contains(pause), "\(retry)")
        #expect(pause == policy(1).pauseNanoseconds(before: retry))
        #expect(pause != policy(2).pauseNanoseconds(before: retry))
      }
    }
  }
}
