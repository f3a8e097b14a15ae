import Echelon
import EchelonMemory
import Glibc
import Synchronization
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

    @Test func `P10 calls only what ended several workers poison`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let countdown = Countdown(1)
      defer { countdown.clear() }
      let policy = RetryPolicy(1, errors: { $0 is Flaky })
      let once = try pool.submit(
        retries: policy,
        { (latch: Latch, countdown: Countdown) throws -> Int in
          _ = try failAtFirst(latch, countdown)
          OwnDeath.kill.happen()
        }, latch, countdown)
      let error = try #require(try once.failure() as? WorkerDied)
      #expect(error.attempts == 2 && error.deaths == 1 && !error.isPoison)
      #expect(
        error.description.contains("in attempt 2") && !error.description.contains("it is poison"))
      pool.shutdown()
    }

    @Test func `P10 may ask the pool whether a death is worth another attempt`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let policy = RetryPolicy(9, deaths: { _ in pool.statistics.deaths < 2 })
      let error = try #require(
        try pool.submit(retries: policy, die, latch, .kill).failure() as? WorkerDied)
      // It is asked before the death is counted.
      #expect(error.attempts == 3 && latch.arrivals == 3)
      #expect(try pool.submit(echo, 1).checked() == 1)
      pool.shutdown()
    }

    /// A task whose worker has died and whose filter is being asked, until the gate opens; it says yes.
    private func askedAbout(_ pool: ProcessPool, _ latch: Latch) throws -> (Future<Int>, Gate) {
      let (isAsked, mayAnswer) = (Gate(), Gate())
      let policy = RetryPolicy(
        3,
        deaths: { _ in
          isAsked.open()
          return mayAnswer.wait()
        })
      let future = try pool.submit(retries: policy, die, latch, .kill)
      #expect(isAsked.wait())
      return (future, mayAnswer)
    }

    @Test func `P10 F3 a task is cancelled while its filter is asked`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let (future, mayAnswer) = try askedAbout(pool, latch)
      #expect(future.cancel(.force))
      let queued = try pool.submit(echo, 2)
      mayAnswer.open()
      #expect(try future.failure() is CancellationError)
      #expect(try queued.checked() == 2)
      #expect(latch.arrivals == 1)
      pool.shutdown()
    }

    @Test func `P6 P10 the pool is ended while a filter is asked`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let (future, mayAnswer) = try askedAbout(pool, latch)
      pool.shutdown(wait: false, cancelPending: true)
      mayAnswer.open()
      #expect(try future.failure() is WorkerDied)
      pool.shutdown()
    }

    @Test func `P4 P10 may give up the map that asks it`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let giveUp = Mutex<(@Sendable () -> Void)?>(nil)
      let policy = RetryPolicy(
        3,
        deaths: { _ in
          giveUp.withLock { $0 }?()
          return true
        })
      let results = try pool.map(0..<8, chunkSize: 8, retries: policy) { value in
        if value == 3 { OwnDeath.kill.happen() }
        return value
      }
      giveUp.withLock { $0 = { results.cancel() } }
      var count = 0
      for _ in results { count += 1 }
      #expect(count == 0, "the map was given up before anything of it was read")
      #expect(try pool.submit(echo, 1).checked() == 1)
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

    @Test(arguments: [-2, -0.5, 0, .nan, .infinity, -.infinity, 1e300] as [Double])
    func `P10 has a pause within its limits whatever the factor`(_ factor: Double) {
      let century = Duration.seconds(3_155_760_000)
      for first in [.zero, .milliseconds(10), .seconds(-1), century, .seconds(Int64.max)]
        as [Duration]
      {
        for limit in [.zero, .milliseconds(100), century, .seconds(Int64.max)] as [Duration] {
          let policy = RetryPolicy(
            9, backOff: .exponential(from: first, factor: factor, limit: limit))
          for retry in 0...9 {
            #expect(policy.pauseNanoseconds(before: retry) <= limit.nanoseconds)
            // No pause at first is none later.
            if first <= .zero { #expect(policy.pauseNanoseconds(before: retry) == 0) }
          }
        }
      }
    }
  }
}
