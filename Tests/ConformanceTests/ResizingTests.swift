import Echelon
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `An executor that is resized` {
  @Test(arguments: TestedExecutor.allCases)
  func `P16 runs as many at once as it is told to, and loses nothing`(_ kind: TestedExecutor) throws
  {
    let pool = try kind.make(1)
    let latches = try (0..<3).map { _ in try Latch(in: pool) }
    let held = try latches.map { try pool.submit(hold, $0) }
    _ = try latches[0].arrived()
    #expect(held[1].state == .pending)
    try pool.resize(workers: 3)
    #expect(pool.workerCount == 3)
    for latch in latches { _ = try latch.arrived() }
    let queued = try (0..<200).map { try pool.submit(echo, $0) }
    try pool.resize(workers: 1)
    for latch in latches { latch.open() }
    for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
    for future in held { _ = try future.checked() }
    #expect(try pool.broadcast(echo, 1).map { try $0.checked() } == [1])
    for count in [0, -1, pool.maximumWorkerCount + 1] {
      #expect(throws: PoolError.self) { try pool.resize(workers: count) }
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P16 brings the workers that come to a job that runs`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let latches = try (0..<3).map { _ in try Latch(in: pool) }
    let job = try pool.startConcurrentPerform(iterations: 3, chunkLength: 1) { latches[$0].pass() }
    _ = try latches[0].arrived()
    try pool.resize(workers: 3)
    // All three at once: nobody lets the first go before.
    for latch in latches { _ = try latch.arrived() }
    for latch in latches { latch.open() }
    try job.checked()
    pool.shutdown()
  }
}
