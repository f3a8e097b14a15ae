import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

/// Counts how often it ran, in a cell of its own.
@Sendable private func count(_ cells: SharedArray<Int64>, _ index: Int) -> Int {
  cells[index] += 1
  return index
}

/// Busy for about so many microseconds, without a system call.
@Sendable func busy(_ microseconds: Int) -> Int {
  var now = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  let end = now.tv_sec * 1_000_000 + now.tv_nsec / 1000 + microseconds
  repeat {
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  } while now.tv_sec * 1_000_000
    + now.tv_nsec / 1000 < end
  return microseconds
}

extension Faults {
  @Suite(.timeLimit(.minutes(3))) struct `Cancelling work that runs` {
    @Test func `F3 by force ends a task that heeds nothing, and replaces its worker`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let cells = try pool.array(repeating: Int64(0), count: 20)
      let future = try pool.submit(retries: 5, hold, latch)
      let queued = try (0..<20).map { try pool.submit(count, cells, $0) }
      let pid = try latch.arrived()
      let calls = Mutex(0)
      future.onCompletion { _ in calls.withLock { $0 += 1 } }
      #expect(future.cancel(.force))
      #expect(try future.failure() is CancellationError)
      #expect(future.state == .cancelled)
      #expect(Machine.isGone(pid), "the future ended before its worker")
      for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
      #expect(cells.withSpan { span in span.indices.allSatisfy { span[$0] == 1 } })
      #expect(latch.arrivals == 1)
      #expect(pool.statistics.deaths == 0, "a worker that was ended on request counts as dead")
      #expect(pool.statistics.recycled == 1)
      pool.shutdown()
      try eventually("the callback ran") { calls.withLock { $0 } > 0 }
      #expect(calls.withLock { $0 } == 1)
    }

    @Test func `F3 by force ends a worker that is stopped, too`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let future = try pool.submit(hold, latch)
      let pid = try latch.arrived()
      kill(pid, SIGSTOP)
      try eventually("the worker is stopped") { Machine.state(of: pid) == "T" }
      #expect(future.cancel(.force))
      #expect(try future.failure() is CancellationError)
      #expect(Machine.isGone(pid))
      #expect(try pool.submit(echo, 3).checked() == 3)
      pool.shutdown()
    }

    @Test(arguments: [CancellationMode.force, nil])
    func `F3 P11 ends a task that ignores SIGTERM when the grace is over`(
      _ mode: CancellationMode?
    ) throws {
      var options = PoolOptions()
      options.gracePeriod = .milliseconds(50)
      let pool = try ProcessPool(workers: 1, options: options)
      let latch = try Latch(in: pool)
      let future = try pool.submit(
        // It gets to the latch before, on a busy machine too.
        deadline: mode == nil ? .milliseconds(500) : nil,
        { latch in
          signal(SIGTERM, SIG_IGN)
          latch.pass()
        }, latch)
      let pid = try latch.arrived()
      if let mode { #expect(future.cancel(mode)) }
      let error = try future.failure()
      if mode == nil {
        guard case PoolError.deadlineExceeded? = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      } else {
        #expect(error is CancellationError)
      }
      #expect(Machine.isGone(pid))
      #expect(try pool.submit(echo, 3).checked() == 3)
      pool.shutdown()
    }

    @Test func `F3 by force ends a map in place whose chunk never returns`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let x = try pool.array(repeating: 1.0, count: 1000)
      let future = try pool.startMap(x, into: x) { value in
        latch.pass()  // never open
        return value
      }
      let pid = try latch.arrived()
      #expect(future.cancel(.force))
      #expect(try future.failure() is CancellationError)
      #expect(Machine.isGone(pid), "the future ended before its worker")
      #expect(x[0] == 1)
      #expect(try pool.submit(echo, 3).checked() == 3)
      pool.shutdown()
    }

    @Test func `P17 kill ends a worker that was given time to end`() throws {
      var options = PoolOptions()
      options.gracePeriod = .seconds(3600)
      let pool = try ProcessPool(workers: 1, options: options)
      let latch = try Latch(in: pool)
      let future = try pool.submit(
        { latch in
          signal(SIGTERM, SIG_IGN)
          latch.pass()
        }, latch)
      let pid = try latch.arrived()
      pool.terminateWorkers()
      pool.killWorkers()
      #expect(try future.failure() is WorkerDied)
      #expect(Machine.isGone(pid))
      pool.shutdown()
    }

    @Test func `F3 by force against tasks that are about to finish hurts nobody else`() throws {
      let seed = testSeed()
      var random = TestRandom(seed: seed)
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let rounds = 250
      let bystanders = 12
      let cells = try pool.array(repeating: Int64(0), count: rounds * bystanders)
      var stopped = 0
      for round in 0..<rounds {
        let victim = try pool.submit(busy, Int.random(in: 0...120, using: &random))
        let others = try (0..<bystanders).map {
          try pool.submit(count, cells, round * bystanders + $0)
        }
        // From the claim to after the end; in some rounds from before the claim.
        if round % 5 > 0 { while victim.state == .pending {} }
        _ = busy(Int.random(in: 0...130, using: &random))
        let isCertain = victim.cancel(.force)
        let error = try victim.failure()
        #expect(
          (error is CancellationError) == isCertain, "round \(round): \(String(describing: error))")
        if isCertain { stopped += 1 }
        for (index, other) in others.enumerated() {
          #expect(try other.checked() == round * bystanders + index, "round \(round)")
        }
      }
      let counts = cells.withSpan { span in span.indices.map { span[$0] } }
      #expect(counts.allSatisfy { $0 == 1 }, "a bystander was lost or ran twice; seed \(seed)")
      #expect(pool.statistics.deaths == 0)
      print("\(stopped) of \(rounds) stopped, \(pool.statistics.recycled) workers ended")
      pool.shutdown()
    }

    @Test func `F2 F3 cancelling against claim and finish leaves each future with one end`() throws
    {
      let seed = testSeed()
      var random = TestRandom(seed: seed)
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      var cancelled = 0
      for round in 0..<5_000 {
        let calls = Atomic<Int>(0)
        let future = try pool.submit(busy, Int.random(in: 0...3, using: &random))
        let isObserved = random.next() % 4 == 0
        let called = Ended()
        if isObserved {
          future.onCompletion { _ in called.open() }
          calls.add(1, ordering: .relaxed)
        }
        if round % 2 == 0 { while future.state == .pending {} }
        _ = busy(Int.random(in: 0...6, using: &random))
        let isCancelled = future.cancel()
        let error = try future.failure()
        #expect((error is CancellationError) == isCancelled, "round \(round), seed \(seed)")
        #expect(error == nil || error is CancellationError)
        if isObserved { #expect(called.wait()) }
        if isCancelled { cancelled += 1 }
      }
      print("\(cancelled) of 5000 cancelled before their claim")
      // A task that was taken back counts until its place in the queue has been passed.
      try eventually("nothing is pending") { pool.statistics.pendingTasks == 0 }
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }
  }
}
