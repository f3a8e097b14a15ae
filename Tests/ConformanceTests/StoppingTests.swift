import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

/// Runs until it is asked to stop.
@Sendable private func obey(_ latch: Latch) throws -> Int {
  latch.arrive()
  while true {
    try CurrentTask.checkCancellation()
    usleep(50)  // spares the processor; the flag decides
  }
}

/// Sees that it is asked to stop, and returns a value all the same. The pause spares the processor.
@Sendable private func shrug(_ latch: Latch) -> Bool {
  latch.arrive()
  while !CurrentTask.isCancelled { usleep(50) }
  return CurrentTask.isCancelled
}

/// Every tenth index, from 3, runs until it is stopped: from outside, or, where that cannot be, by its
/// flag. The pause spares the processor.
@Sendable private func stayAtThree(_ index: Int) -> Int {
  while index % 10 == 3, !CurrentTask.isCancelled { usleep(1000) }
  return index
}

@Suite(.timeLimit(.minutes(2))) struct `Work that runs` {
  @Test(arguments: TestedExecutor.allCases)
  func `F3 ends as cancelled when it heeds its flag, and its worker lives on`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let future = try pool.submit(obey, latch)
    _ = try latch.arrived()
    let worker = pool.processIDs
    let calls = Mutex(0)
    future.onCompletion { _ in calls.withLock { $0 += 1 } }
    #expect(!future.cancel(), "a task that was only asked cannot be promised to stop")
    #expect(try future.failure() is CancellationError)
    #expect(future.state == .cancelled && future.isCancelled)
    #expect(future.cancel() && future.cancel(.force))  // F4
    #expect(try pool.submit(echo, 1).checked() == 1)
    #expect(pool.processIDs == worker && pool.deaths == 0)
    pool.shutdown()
    try eventually("the callback ran") { calls.withLock { $0 } > 0 }
    #expect(calls.withLock { $0 } == 1)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F3 has its value when it returns one although it was asked to stop`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let future = try pool.submit(shrug, latch)
    _ = try latch.arrived()
    #expect(!future.cancel())
    #expect(try future.checked())
    #expect(!future.isCancelled && !future.cancel())
    // The next task of the same worker has a flag of its own.
    #expect(try !pool.submit { CurrentTask.isCancelled }.checked())
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F3 ends by force although it heeds nothing, and the rest goes on`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let future = try pool.submit(retries: 5, hold, latch)
    let queued = try (0..<20).map { try pool.submit(echo, $0) }
    _ = try latch.arrived()
    #expect(future.cancel(.force))
    #expect(try future.failure() is CancellationError)
    #expect(future.state == .cancelled)
    for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
    #expect(latch.arrivals == 1 && pool.deaths == 0)
    // In this process its thread still waits there, and holds nobody up.
    pool.shutdown()
    latch.open()
  }

  @Test(arguments: TestedExecutor.allCases, [CancellationMode.cooperative, .force])
  func `F3 of chunks ends as cancelled, and what is left of them is passed over`(
    _ kind: TestedExecutor, _ mode: CancellationMode
  ) throws {
    let pool = try kind.make(2)
    let latch = try Latch(in: pool)
    let x = try pool.array(count: 20 * 32_768) { $0 % 32_768 == 0 ? 0.0 : 1 }
    // Each chunk stops at its first element, until the latch is open.
    let future = try pool.startMap(x) { value in
      if value == 0 { latch.pass() }
      return value
    }
    _ = try latch.arrived()
    #expect(future.isRunning)
    #expect(future.cancel(mode))
    if mode == .force {
      #expect(try future.failure() is CancellationError)
      latch.open()
    } else {
      #expect(!future.isDone, "a chunk that runs is not interrupted")
      latch.open()
      #expect(try future.failure() is CancellationError)
    }
    #expect(latch.arrivals < 20)
    #expect(try pool.start(Reduction<Double>.sum, x).checked() == Double(x.count - 20))
    #expect(pool.deaths == 0)
    #expect((pool as? ProcessPool)?.statistics.retries ?? 0 == 0, "nothing was run again")
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F3 P5 of chunks that was only asked to stop is ended at its deadline, as cancelled`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let x = try pool.array(repeating: 0.0, count: 4)
    let future = try pool.startMap(x, deadline: .milliseconds(100)) { value in
      latch.pass()  // never open
      return value
    }
    _ = try latch.arrived()
    #expect(future.cancel())
    #expect(try future.failure() is CancellationError)
    #expect(future.isCancelled)
    latch.open()
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 is asked to stop when the Swift task is cancelled that awaits it last`(
    _ kind: TestedExecutor
  ) async throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let future = try pool.submit(obey, latch)
    _ = try latch.arrived()
    let waiting = Task { try await future.value }
    while future.waiterCount == 0 { await Task.yield() }
    waiting.cancel()
    let outcome = await waiting.result
    #expect(throws: CancellationError.self) { try outcome.get() }
    try eventually("the task has stopped") { future.isDone }
    #expect(future.isCancelled)
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 ends at its deadline, says so, and is not run again`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    // It gets to the latch before, on a busy machine too.
    let future = try pool.submit(retries: 3, deadline: .milliseconds(500), hold, latch)
    let next = try pool.submit(echo, 5)
    let error = try #require(try future.failure() as? PoolError)
    guard case .deadlineExceeded(let deadline, let what) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(deadline == .milliseconds(500) && what.contains("StoppingTests.swift"))
    #expect(future.state == .finished && !future.cancel())
    #expect(try next.checked() == 5)
    #expect(latch.arrivals == 1 && pool.deaths == 0)
    pool.shutdown()
    latch.open()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 has until its deadline from when a worker begins it`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let futures = try (0..<50).map { try held.pool.submit(deadline: .seconds(20), echo, $0) }
    let short = try held.pool.submit(deadline: .milliseconds(20), hold, held.latch)
    usleep(100_000)  // far beyond it; whoever took waiting for running would act by now
    #expect(short.state == .pending)
    held.latch.open()
    for (index, future) in futures.enumerated() { #expect(try future.checked() == index) }
    #expect(try short.checked() == held.held.checked())
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 P5 of a map has a deadline for each element, and the others keep their results`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2)
    let map = try pool.map(0..<30, chunkSize: 10, deadline: .milliseconds(250)) { stayAtThree($0) }
    let results = Array(AnySequence { map.makeIterator() })
    #expect(results.count == 30)
    for (index, result) in results.enumerated() {
      switch result {
      case .success(let value): #expect(value == index && index % 10 != 3)
      case .failure(let error):
        #expect(index % 10 == 3, "\(index): \(error)")
        guard case .deadlineExceeded? = error as? PoolError else {
          Issue.record("\(error)")
          continue
        }
      }
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 without waiting ends what is late after its deadline all the same`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    pool.shutdown(wait: false, cancelPending: false, deadline: .milliseconds(50))
    try eventually("it has ended") { held.isDone }
    #expect(throws: (any Error).self) { try held.result(timeout: .zero) }
    latch.open()
    pool.shutdown()
  }

  @Test func `P16 F3 a broadcast to a place that shrinking left and a stop emptied still ends`()
    throws
  {
    let pool = try InProcessExecutor(threads: 2)
    let latches = try (0..<2).map { _ in try Latch(in: pool) }
    let held = try latches.map { try pool.submit(hold, $0) }
    for latch in latches { _ = try latch.arrived() }
    let both = try pool.broadcast { 1 }
    try pool.resize(workers: 1)
    for future in held { future.cancel(.force) }
    for future in both { _ = try future.failure() }
    pool.shutdown()
    for latch in latches { latch.open() }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 is given up when it is late at an async shutdown`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let late = try pool.submit(hold, latch)
    let queued = try pool.submit(echo, 1)
    _ = try latch.arrived()
    await pool.shutdown(cancelPending: false, deadline: .milliseconds(20))
    #expect(late.isDone && queued.isDone)
    await #expect(throws: (any Error).self) { try await late.value }
    await #expect(throws: (any Error).self) { try await queued.value }
    latch.open()
  }

  @Test(arguments: [CancellationMode.cooperative, .force])
  func `F2 F3 on threads leaves each future with one end, whatever the moment`(
    _ mode: CancellationMode
  ) throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let pool = try InProcessExecutor(threads: 2)
    var stopped = 0
    for round in 0..<2_000 {
      let deadline = random.next() % 5 == 0 ? Duration.microseconds(200) : nil
      let future = try pool.submit(
        deadline: deadline, spin, UInt64.random(in: 0...100_000, using: &random))
      let bystander = try pool.submit(echo, round)
      let called = Ended()
      future.onCompletion { _ in called.open() }
      if round % 3 > 0 { while future.state == .pending {} }
      _ = spin(UInt64.random(in: 0...100_000, using: &random))
      let isCertain = future.cancel(mode)
      let error = try future.failure()
      let isLate = (error as? PoolError).map { "\($0)".contains("deadline") } ?? false
      #expect((error is CancellationError) == isCertain, "round \(round), seed \(seed)")
      #expect(error == nil || isCertain || (isLate && deadline != nil))
      #expect(try bystander.checked() == round)
      #expect(called.wait())
      if isCertain { stopped += 1 }
    }
    print("\(stopped) of 2000 stopped")
    pool.shutdown()
  }
}

/// Busy for so many nanoseconds.
@Sendable private func spin(_ nanoseconds: UInt64) -> UInt64 {
  let end = ContinuousClock.now + .nanoseconds(Int64(nanoseconds))
  while ContinuousClock.now < end {}
  return nanoseconds
}
