import Echelon
import Glibc
import TestSupport
import Testing

@Sendable private func holdSome(_ index: Int) -> Int {
  while index % 10 == 3 { usleep(1000) }  // until it is stopped
  return index
}

extension Faults {
  @Suite(.timeLimit(.minutes(3))) struct `A deadline` {
    @Test func `P5 P11 ends the task that overruns it, says so, and the pool goes on`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let future = try pool.submit(retries: 3, deadline: .milliseconds(30), hold, latch)
      let next = try pool.submit(echo, 5)
      let error = try #require(try future.failure() as? PoolError)
      guard case .deadlineExceeded(let deadline, let what) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(deadline == .milliseconds(30))
      #expect(what.contains("DeadlineTests.swift"))
      #expect(Machine.isGone(latch.processID))
      #expect(latch.arrivals == 1, "a late task is not run again")
      #expect(try next.checked() == 5)
      #expect(future.state == .finished && !future.cancel())
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P11 finds a worker that is stopped`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let future = try pool.submit(deadline: .milliseconds(200), hold, latch)
      let pid = try latch.arrived()
      kill(pid, SIGSTOP)
      let error = try future.failure()
      #expect(error as? PoolError != nil, "\(String(describing: error))")
      #expect(Machine.isGone(pid))
      #expect(try pool.submit(echo, 5).checked() == 5)
      pool.shutdown()
    }

    @Test func `P5 under load ends exactly the tasks that overrun`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let futures = try (0..<60).map {
        try pool.submit(deadline: .milliseconds(250), holdSome, $0)
      }
      for (index, future) in futures.enumerated() {
        let error = try future.failure()
        if index % 10 == 3 {
          guard case .deadlineExceeded? = error as? PoolError else {
            Issue.record("\(index): \(String(describing: error))")
            continue
          }
        } else {
          #expect(error == nil, "\(index)")
        }
      }
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P11 a stopped worker that was to look for work holds no queued task for ever`()
      throws
    {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let pids = pool.workerProcessIDs
      for (round, pid) in (pids + pids).enumerated() {
        kill(pid, SIGSTOP)
        try eventually("the worker is stopped") { Machine.state(of: pid) == "T" }
        for index in 0..<20 { #expect(try pool.submit(echo, index).checked() == index, "\(round)") }
        kill(pid, SIGCONT)
      }
      pool.shutdown()
    }

    @Test func `P11 a job does not wait for a stopped worker while the other is busy elsewhere`()
      throws
    {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let latch = try Latch(in: pool)
      let held = try pool.submit(hold, latch)
      let busy = try latch.arrived()
      let idle = try #require(pool.workerProcessIDs.first { $0 != busy })
      try stop(idle)
      let x = try pool.array(count: 100_000) { Double($0) }
      #expect(try pool.startMap(x) { $0 + 1 }.checked()[99_999] == 100_000)
      latch.open()
      _ = try held.checked()
      pool.shutdown()
    }

    @Test func `P5 the deadline of a broadcast counts from when its worker begins it`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let latch = try Latch(in: pool)
      let held = try (0..<2).map { _ in try pool.submit(hold, latch) }
      _ = try latch.arrived(2)
      // Longer than any stall of the machine, and shorter than the workers are held.
      let told = try pool.broadcast(deadline: .seconds(3), busy, 50_000)
      // Looks at moments come with other deadlines, too.
      let late = try (0..<2).map { _ in try pool.submit(deadline: .seconds(3), hold, latch) }
      usleep(3_500_000)  // what is tested is that this time does not count
      latch.open()
      for future in held { _ = try future.checked() }
      for future in told { #expect(try future.checked() == 50_000) }
      for future in late { _ = try future.checked() }
      #expect(pool.statistics.deaths == 0 && pool.statistics.recycled == 0)
      pool.shutdown()
    }

    @Test func `P5 ends the chunks of a job that failed in another, with that failure`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let latch = try Latch(in: pool)
      let x = try pool.array(count: 2 * InProcessExecutor.mapChunkLength) { Double($0) }
      let future = try pool.startMap(x, deadline: .milliseconds(300)) { value in
        if value == 0 { latch.pass() }  // never open: this chunk hangs
        if value == Double(InProcessExecutor.mapChunkLength) { abort() }
        return value
      }
      let error = try #require(try future.failure() as? WorkerDied)
      #expect(error.chunk == 1 && error.attempts == 3)
      #expect(Machine.isGone(latch.processID))
      #expect(try pool.submit(echo, 5).checked() == 5)
      pool.shutdown()
    }

    @Test func `P11 a surplus worker that is stopped is ended, and the seats count their starts`()
      throws
    {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      #expect(pool.statistics.seats.prefix(2).map(\.starts) == [1, 1])
      let pids = pool.workerProcessIDs
      try stop(pids[1])
      try pool.resize(workers: 1)
      try eventually("it is gone") { Machine.isGone(pids[1]) }
      #expect(try pool.submit(echo, 4).checked() == 4)
      pool.shutdown()
    }

    /// Stops an idle worker.
    private func stop(_ pid: Int32) throws {
      kill(pid, SIGSTOP)
      try eventually("the worker is stopped") { Machine.state(of: pid) == "T" }
    }

    @Test func `P11 jobs, broadcasts and tasks that waited do not wait for a stopped worker`()
      throws
    {
      let pool = try ProcessPool.quiet(workers: 1)
      let x = try pool.array(repeating: 1.0, count: 100_000)
      try pool.warmUp()
      try stop(pool.workerProcessIDs[0])
      #expect(try pool.startMap(x) { $0 + 1 }.checked()[99_999] == 2)
      try pool.warmUp()
      let input = Promise<Int>()
      let waiting = try pool.submit(awaiting: input.future) { $0 + 1 }
      // Long enough that nobody watches an idle pool any more: the watchdog's own period, not the test's.
      try eventually("the pool is idle") { pool.engine.isUnwatched }
      try stop(pool.workerProcessIDs[0])
      try input.succeed(4)
      #expect(try waiting.checked() == 5)
      pool.shutdown()
    }

    @Test func `P11 a broadcast replaces the worker that is stopped, beside others that are not`()
      throws
    {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let pids = pool.workerProcessIDs
      try stop(pids[1])
      let futures = try pool.broadcast(echo, 4)
      #expect(try futures.map { try $0.checked() } == [4, 4])
      #expect(Machine.isGone(pids[1]) && !Machine.isGone(pids[0]))
      #expect(pool.statistics.submitted == 2)
      try eventually("both are counted") { pool.statistics.completed == 2 }
      pool.shutdown()
    }

    @Test func `P6 a shutdown does not wait for an idle worker that is stopped`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let pids = pool.workerProcessIDs
      try stop(pids[0])
      pool.shutdown()
      #expect(pids.allSatisfy(Machine.isGone))
    }

    @Test func `P11 when every idle worker is stopped they are replaced`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      try pool.warmUp()
      let pid = pool.workerProcessIDs[0]
      kill(pid, SIGSTOP)
      try eventually("the worker is stopped") { Machine.state(of: pid) == "T" }
      #expect(try pool.submit(echo, 4).checked() == 4)
      #expect(Machine.isGone(pid))
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }
  }
}
