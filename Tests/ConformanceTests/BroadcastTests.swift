import Echelon
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A broadcast` {
  @Test(arguments: TestedExecutor.allCases)
  func `runs once in every worker, and starts those that are not there`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(4)
    for _ in 0..<20 {
      let workers = try pool.broadcast(threadID).map { try $0.checked() }
      #expect(Set(workers).count == 4)
      if kind != .inProcess { #expect(Set(workers) == Set(pool.processIDs)) }
    }
    #expect(try pool.broadcast(echo, 7).map { try $0.checked() } == [7, 7, 7, 7])
    pool.shutdown()
  }

  @Sendable private static func failAtFirst(_ countdown: Countdown) throws -> Int32 {
    if countdown.take() { throw Again() }
    return threadID()
  }

  @Test(arguments: TestedExecutor.allCases, [Duration.zero, .milliseconds(20)])
  func `is run again where it was`(_ kind: TestedExecutor, _ pause: Duration) throws {
    let pool = try kind.make(3)
    try pool.warmUp()
    let countdown = Countdown(3)
    defer { countdown.clear() }
    let policy = RetryPolicy(
      5, backOff: pause == .zero ? .none : .constant(pause), errors: { $0 is Again })
    let futures = try pool.broadcast(retries: policy, Self.failAtFirst, countdown)
    #expect(Set(try futures.map { try $0.checked() }).count == 3)
    pool.shutdown()
  }

  private struct Again: Error, Codable {}
  @Sendable private static func fail(_ n: Int) throws -> Int { throw Again() }

  @Test(arguments: TestedExecutor.pools)
  func `is cancelled where its worker has left while it waited to be run again`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.makePool(2)
    try pool.warmUp()
    let policy = RetryPolicy(1, backOff: .constant(.seconds(1)), errors: { _ in true })
    let futures = try pool.broadcast(retries: policy, Self.fail, 1)
    for future in futures { future.onCompletion { _ in } }
    try eventually("both wait to be run again") { pool.statistics.retries == 2 }
    try pool.resize(workers: 1)
    #expect(try futures[0].failure() is Again)
    #expect(try futures[1].failure() != nil)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `comes before what is queued, and each worker does its own when it is free`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2)
    try pool.warmUp()
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let held = try pool.submit(
      { (latch: Latch) in
        latch.pass()
        return threadID()
      }, latch)
    _ = try latch.arrived()
    let queued = try (0..<3_000).map { try pool.submit(echo, $0) }
    let rounds = try (0..<3).map { _ in try pool.broadcast(threadID) }
    // The worker that is free does its own; the one that is held does not.
    var free: Set<Int32> = []
    for round in rounds {
      var found: Future<Int32>?
      try eventually("the free worker does its own") {
        found = round.first { $0.isDone }
        return found != nil
      }
      free.insert(try found!.checked())
    }
    #expect(free.count == 1)
    #expect(rounds.map { $0.count { !$0.isDone } } == [1, 1, 1])
    // One that waits can be cancelled.
    let late = try #require(rounds[1].first { !$0.isDone })
    #expect(late.cancel())
    let after = try pool.submit(note, 1, diary)
    latch.open()
    let busy = try held.checked()
    #expect(!free.contains(busy))
    for future in rounds[0] + rounds[2] {
      #expect(free.union([busy]).contains(try future.checked()))
    }
    #expect(late.isCancelled)
    for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
    #expect(try after.checked() == 1)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 fails for the worker that dies in it, and is left to the replacement of one that died`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2)
    try pool.warmUp()
    let countdown = Countdown(1)
    defer { countdown.clear() }
    let die: @Sendable (Countdown) -> Int32 = { countdown in
      if countdown.take() { OwnDeath.kill.happen() }
      return getpid()
    }
    let errors = try pool.broadcast(die, countdown).map { try $0.failure() }
    #expect(errors.count { $0 is WorkerDied } == 1 && errors.count { $0 == nil } == 1)
    countdown.clear()
    let retried = try pool.broadcast(retries: 1, die, countdown).map { try $0.checked() }
    #expect(Set(retried).count == 2)

    // Killed before it comes to it.
    let latch = try Latch(in: pool)
    let held = try pool.submit(hold, latch)
    let victim = try latch.arrived()
    let futures = try pool.broadcast { getpid() }
    kill(victim, SIGKILL)
    #expect(try held.failure() is WorkerDied)
    let processes = try futures.map { try $0.checked() }
    #expect(Set(processes).count == 2 && !processes.contains(victim))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 is finished, or cancelled, when the executor ends`(_ kind: TestedExecutor) throws {
    for cancels in [false, true] {
      let pool = try kind.make(2)
      let latch = try Latch(in: pool)
      let held = try pool.submit(hold, latch)
      _ = try latch.arrived()
      let rounds = try (0..<3).flatMap { _ in try pool.broadcast(echo, 1) }
      pool.shutdown(wait: false, cancelPending: cancels)
      #expect(throws: PoolError.shutDown) { try pool.broadcast(echo, 1) }
      latch.open()
      pool.shutdown()
      #expect(held.isDone && rounds.count { !$0.isDone } == 0)
      if !cancels { #expect(rounds.count { $0.isCancelled } == 0) }
    }
  }
}
