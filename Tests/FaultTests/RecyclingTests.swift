import Echelon
import Glibc
import TestSupport
import Testing

private enum Leak { nonisolated(unsafe) static var held: [[UInt8]] = [] }

/// Keeps some private memory for ever.
@Sendable private func leak(_ megabytes: Int) -> Int32 {
  unsafe Leak.held.append([UInt8](repeating: 1, count: megabytes << 20))
  return getpid()
}

@Sendable private func whoAmI() -> Int32 { getpid() }

extension Faults {
  @Suite(.timeLimit(.minutes(3))) struct `Workers of a live pool` {
    @Test(arguments: [1, 2])
    func `P9 leave after as many tasks as they may run, and nothing is lost`(_ workers: Int) throws
    {
      var options = PoolOptions.quiet
      options.maxTasksPerWorker = 5
      let pool = try ProcessPool(workers: workers, options: options)
      let futures = try (0..<60).map { _ in try pool.submit(whoAmI) }
      var runs: [Int32: Int] = [:]
      for future in futures { runs[try future.checked(), default: 0] += 1 }
      #expect(runs.values.allSatisfy { $0 <= 5 }, "\(runs)")
      #expect(runs.count >= 12)
      #expect(pool.statistics.deaths == 0)
      // The last worker on each seat may be about to leave.
      #expect(pool.statistics.recycled >= 12 - workers)
      pool.shutdown()
    }

    @Test func `P9 leave in the middle of a job as well, between two chunks`() throws {
      var options = PoolOptions.quiet
      options.maxTasksPerWorker = 5
      let pool = try ProcessPool(workers: 1, options: options)
      let pids = try pool.array(repeating: Int32(0), count: 32)
      try pool.concurrentPerform(iterations: 32, chunkLength: 1) { pids[$0] = getpid() }
      var runs: [Int32: Int] = [:]
      for pid in Array(pids) { runs[pid, default: 0] += 1 }
      #expect(runs[0] == nil && runs.values.allSatisfy { $0 <= 5 }, "\(runs)")
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P9 leave when they hold more private memory than they may`() throws {
      var options = PoolOptions.quiet
      options.maxMemoryPerWorker = 100 << 20
      let pool = try ProcessPool(workers: 1, options: options)
      var pids: [Int32] = []
      for _ in 0..<12 { pids.append(try pool.submit(leak, 30).checked()) }
      #expect(Set(pids).count >= 3, "\(pids)")
      #expect(Set(pids).count <= 6, "a worker left before it held too much: \(pids)")
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P9 leave when they hold too much in the middle of a job, and after it`() throws {
      var options = PoolOptions.quiet
      options.maxMemoryPerWorker = 100 << 20
      let pool = try ProcessPool(workers: 1, options: options)
      let pids = try pool.array(repeating: Int32(0), count: 12)
      // Longer than a worker goes without looking at what it holds.
      try pool.concurrentPerform(iterations: 12, chunkLength: 1) { index in
        pids[index] = leak(30)
        usleep(15_000)
      }
      let seen = Set(Array(pids))
      #expect((3...6).contains(seen.count), "\(Array(pids))")
      // The last of them may hold less than it may; four chunks more, and it does not.
      let last = pids[11]
      try pool.concurrentPerform(iterations: 4, chunkLength: 1) { index in
        pids[index] = leak(30)
        usleep(15_000)
      }
      #expect(try pool.submit(whoAmI).checked() != last, "it held too much, and stayed")
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P9 may hold what their template holds, and as much more as they may`() throws {
      var options = PoolOptions.quiet
      options.start = .forkServer
      options.preload = try WorkerInitializer { _ = leak(300) }
      options.maxMemoryPerWorker = 100 << 20
      let pool = try ProcessPool(workers: 1, options: options)
      var pids: [Int32] = []
      for _ in 0..<12 { pids.append(try pool.submit(leak, 5).checked()) }
      #expect(Set(pids).count == 1, "a worker left for what its template holds: \(pids)")
      for _ in 0..<12 { pids.append(try pool.submit(leak, 30).checked()) }
      #expect((3...7).contains(Set(pids).count), "\(pids)")
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P16 can become more and fewer under load, and nothing is lost`() throws {
      let seed = testSeed()
      var random = TestRandom(seed: seed)
      let pool = try ProcessPool.quiet(workers: 2)
      let cells = try pool.array(repeating: Int64(0), count: 2_000)
      var futures: [Future<Int>] = []
      for round in 0..<20 {
        for index in 0..<100 {
          futures.append(
            try pool.submit(
              { cells, index in
                cells[index] += 1; return busy(200) + index
              },
              cells, round * 100 + index))
        }
        let count = Int.random(in: 1...6, using: &random)
        try pool.resize(workers: count)
        #expect(pool.workerCount == count)
      }
      for (index, future) in futures.enumerated() { #expect(try future.checked() == 200 + index) }
      let counts = cells.withSpan { span in span.indices.map { span[$0] } }
      #expect(counts.allSatisfy { $0 == 1 }, "a task was lost or ran twice; seed \(seed)")
      try pool.resize(workers: 5)
      try pool.warmUp()
      try eventually("all others have left") { pool.workerProcessIDs.count == 5 }
      try pool.resize(workers: 1)
      try eventually("four have left") { pool.workerProcessIDs.count == 1 }
      #expect(try pool.submit(echo, 8).checked() == 8)
      #expect(pool.statistics.deaths == 0)
      #expect(throws: PoolError.self) { try pool.resize(workers: 0) }
      #expect(throws: PoolError.self) { try pool.resize(workers: pool.maximumWorkerCount + 1) }
      pool.shutdown()
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `P17 when all are ended, what runs fails, what is queued is run by the next`(
      _ signal: Int32
    ) throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let latches = try (0..<2).map { _ in try Latch(in: pool) }
      let running = try latches.map { try pool.submit(hold, $0) }
      let pids = try latches.map { try $0.arrived() }
      let queued = try (0..<50).map { try pool.submit(echo, $0) }
      if signal == SIGTERM { pool.terminateWorkers() } else { pool.killWorkers() }
      for (future, pid) in zip(running, pids) {
        let error = try #require(try future.failure() as? WorkerDied)
        #expect(error.processID == pid && error.cause == .signalled(signal))
      }
      for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P6 what is late at an async shutdown with a deadline is killed`() async throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let late = try pool.submit(hold, latch)
      let never = try pool.submit(echo, 1)
      _ = try latch.arrived()
      await pool.shutdown(deadline: .milliseconds(20))
      #expect(pool.statistics.workers == 0)
      await #expect(throws: WorkerDied.self) { try await late.value }
      await #expect(throws: CancellationError.self) { try await never.value }
    }
  }
}
