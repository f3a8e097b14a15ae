import Echelon
import Glibc
import TestSupport
import Testing

@Sendable private func whoAmI() -> Int32 { getpid() }

/// Has its worker hang at its exit, with output that nobody will ever read.
@Sendable private func hangAtExit() -> Int32 {
  var ends: [Int32] = [0, 0]
  guard unsafe pipe(&ends) == 0 else { return 0 }
  // Full: what is flushed at the exit finds no room.
  let flags = fcntl(ends[1], F_GETFL)
  _ = fcntl(ends[1], F_SETFL, flags | O_NONBLOCK)
  var byte: UInt8 = 0
  while unsafe write(ends[1], &byte, 1) == 1 {}
  _ = fcntl(ends[1], F_SETFL, flags)
  guard let file = unsafe fdopen(ends[1], "w") else { return 0 }
  _ = unsafe fputs("never read", file)
  return getpid()
}

/// A pool whose workers leave after so many tasks.
private func recyclingPool(_ method: StartMethod, workers: Int, after limit: Int) throws
  -> ProcessPool
{
  var options = PoolOptions.quiet
  options.start = method
  options.maxTasksPerWorker = limit
  return try ProcessPool(workers: workers, options: options)
}

private let methods: [StartMethod] = [.spawn, .forkServer]

extension Faults {
  /// The ends that a pool can come to while its workers come and go.
  @Suite(.timeLimit(.minutes(3))) struct `A pool whose workers are recycled` {
    @Test(arguments: methods, [1, 3])
    func `P9 P6 ends early by a shutdown, with results that nobody has read`(
      _ method: StartMethod, _ limit: Int
    ) throws {
      let pool = try recyclingPool(method, workers: 2, after: limit)
      let futures = try (0..<20).map { try pool.submit(echo, $0) }
      pool.shutdown()
      #expect(pool.statistics.workers == 0 && pool.statistics.deaths == 0)
      for (index, future) in futures.enumerated() {
        #expect(future.isDone)
        #expect(try future.checked() == index)
      }
    }

    @Test(arguments: methods)
    func `P9 P6 finishes behind a shutdown that does not wait`(_ method: StartMethod) throws {
      let pool = try recyclingPool(method, workers: 1, after: 2)
      let latch = try Latch(in: pool)
      let first = try pool.submit(hold, latch)
      let futures = try (0..<9).map { _ in try pool.submit(whoAmI) }
      _ = try latch.arrived()
      pool.shutdown(wait: false)
      latch.open()
      var runs = [try first.checked(): 1]
      for future in futures { runs[try future.checked(), default: 0] += 1 }
      #expect(runs.values.allSatisfy { $0 <= 2 }, "\(runs)")
      try eventually("the last worker has left") { pool.statistics.workers == 0 }
      #expect(pool.statistics.deaths == 0)
      #expect(runs.keys.allSatisfy(Machine.isGone))
    }

    @Test(arguments: methods)
    func `P9 P15 ends by being dropped, and its futures have values`(_ method: StartMethod) throws {
      var pool: ProcessPool? = try recyclingPool(method, workers: 1, after: 1)
      let latch = try Latch(in: pool!)
      let first = try pool!.submit(hold, latch)
      let futures = try (0..<6).map { _ in try pool!.submit(whoAmI) }
      _ = try latch.arrived()
      pool = nil
      latch.open()
      var pids = [try first.checked()]
      for future in futures { pids.append(try future.checked()) }
      #expect(Set(pids).count == 7, "\(pids)")
      try eventually("its workers are gone") { pids.allSatisfy(Machine.isGone) }
    }

    @Test(arguments: methods, [SIGTERM, SIGKILL])
    func `P9 P17 is rid of a worker that is ended while it leaves`(
      _ method: StartMethod, _ signal: Int32
    ) throws {
      let pool = try recyclingPool(method, workers: 1, after: 1)
      let leaving = try pool.submit(hangAtExit).checked()
      #expect(leaving != 0)
      let queued = try (0..<5).map { try pool.submit(echo, $0) }
      try eventually("it leaves") { pool.statistics.seats.first?.state == .leaving }
      #expect(pool.workerProcessIDs == [leaving])
      if signal == SIGTERM { pool.terminateWorkers() } else { pool.killWorkers() }
      for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
      #expect(Machine.isGone(leaving))
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test(arguments: methods)
    func `P9 P6 ends at its deadline when a worker hangs while it leaves`(_ method: StartMethod)
      throws
    {
      let pool = try recyclingPool(method, workers: 1, after: 1)
      let leaving = try pool.submit(hangAtExit).checked()
      let never = try pool.submit(echo, 1)
      try eventually("it leaves") { pool.statistics.seats.first?.state == .leaving }
      pool.shutdown(deadline: .milliseconds(20))
      #expect(Machine.isGone(leaving) && pool.statistics.workers == 0)
      #expect(throws: CancellationError.self) { try never.checked() }
    }

    @Test(arguments: methods)
    func `P9 P17 loses nothing but what runs when all are ended at any moment`(
      _ method: StartMethod
    ) throws {
      let seed = testSeed()
      var random = TestRandom(seed: seed)
      let pool = try recyclingPool(method, workers: 2, after: 1)
      for _ in 0..<15 {
        let futures = try (0..<6).map { try pool.submit(echo, $0) }
        let waited = Int.random(in: 0..<6, using: &random)
        _ = try? futures[waited].result(timeout: patience)
        if random.next() % 2 == 0 { pool.terminateWorkers() } else { pool.killWorkers() }
        for (index, future) in futures.enumerated() {
          do { #expect(try future.checked() == index) } catch is WorkerDied {}
        }
      }
      #expect(pool.statistics.deaths == 0, "seed \(seed)")
      #expect(try pool.submit(echo, 7).checked() == 7)
      pool.shutdown()
    }
  }

  @Suite struct `All workers of a pool` {
    @Test(arguments: methods, [SIGTERM, SIGKILL])
    func `P17 may be dead already when they are ended`(_ method: StartMethod, _ signal: Int32)
      throws
    {
      var options = PoolOptions.quiet
      options.start = method
      let pool = try ProcessPool(workers: 2, options: options)
      func end() { if signal == SIGTERM { pool.terminateWorkers() } else { pool.killWorkers() } }
      try pool.warmUp()
      // Dead, and perhaps not yet seen to be.
      for pid in pool.workerProcessIDs { kill(pid, SIGKILL) }
      end()
      let queued = try (0..<10).map { try pool.submit(retries: 5, echo, $0) }
      for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
      // Dead, seen, and perhaps replaced.
      try pool.warmUp()
      let old = pool.workerProcessIDs
      for pid in old { kill(pid, SIGKILL) }
      try eventually("both were missed") { Set(pool.workerProcessIDs).isDisjoint(with: old) }
      end()
      end()
      #expect(try pool.submit(retries: 5, echo, 8).checked() == 8)
      pool.shutdown()
      // And when the pool has ended.
      end()
      #expect(pool.workerProcessIDs == [])
    }

    @Test(arguments: methods, [SIGTERM, SIGKILL])
    func `P17 may not have been started yet when they are ended`(
      _ method: StartMethod, _ signal: Int32
    ) throws {
      var options = PoolOptions.quiet
      options.start = method
      let pool = try ProcessPool(workers: 2, options: options)
      if signal == SIGTERM { pool.terminateWorkers() } else { pool.killWorkers() }
      #expect(pool.workerProcessIDs == [])
      #expect(pool.statistics.seats.allSatisfy { $0.starts == 0 })
      #expect(try pool.submit(echo, 3).checked() == 3)
      #expect(pool.statistics.deaths == 0 && pool.statistics.recycled == 0)
      pool.shutdown()
    }
  }
}
