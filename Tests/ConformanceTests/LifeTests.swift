import Echelon
import Glibc
import Logging
import TestSupport
import Testing

private struct Refusal: Error, Equatable {}

@Suite struct `The number of workers` {
  @Test(arguments: TestedExecutor.allCases, [0, -1, 257, 100_000, Int.min, Int.max])
  func `P1 outside 1 to 256 is an error at once`(_ kind: TestedExecutor, _ count: Int) {
    let error = #expect(throws: PoolError.invalidWorkerCount(count)) { try kind.make(count) }
    #expect("\(error!)".contains("\(count)"))
  }

  @Test func `P1 is what affinity and quota allow when it is left out`() throws {
    let count = min(256, MachineLimits.processors().count)
    let pool = try ProcessPool()
    #expect(pool.workerCount == count)
    pool.shutdown()
    #expect(try InProcessExecutor().workerCount == count)
  }

  @Test(arguments: TestedExecutor.pools)
  func `P1 may be far more than there are processors`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(24)
    try pool.warmUp()
    #expect(Set(pool.processIDs).count == 24)
    let futures = try (0..<500).map { try pool.submit(echo, $0) }
    #expect(try futures.map { try $0.checked() } == Array(0..<500))
    let x = try pool.array(count: 500_000) { Double($0) }
    #expect(try pool.start(Reduction<Double>.sum, x).checked() == 124_999_750_000)
    pool.shutdown()
  }
}

@Suite struct `The start of a pool` {
  @Test(arguments: TestedExecutor.pools)
  func `P2 starts no worker before there is something to do, and all of them when asked`(
    _ kind: TestedExecutor
  )
    throws
  {
    let pool = try kind.makePool(3)
    #expect(pool.processIDs.isEmpty)
    #expect(pool.statistics.workers == 0)
    #expect(try pool.submit(echo, 1).checked() == 1)
    #expect((1...3) ~= pool.processIDs.count)
    try pool.warmUp()
    #expect(pool.processIDs.count == 3)
    let children = Machine.children(of: getpid())
    // Forked workers are the children of their template.
    let family = children + children.flatMap(Machine.children(of:))
    #expect(Set(family).isSuperset(of: pool.processIDs))
    try pool.warmUp()
    pool.shutdown()
  }

  @Test func `P2 gives the workers the environment that was asked for, and one BLAS thread`() throws
  {
    let pool = try ProcessPool(workers: 1, environment: ["ECHELON_TEST_NAME": "ü = 1"])
    #expect(try pool.submit { environmentVariable("ECHELON_TEST_NAME") }.checked() == "ü = 1")
    #expect(try pool.submit { environmentVariable("OMP_NUM_THREADS") }.checked() == "1")
    #expect(environmentVariable("ECHELON_TEST_NAME") == nil)
    pool.shutdown()
  }

  @Test func `tells the logger of workers that start and end`() throws {
    let log = Log()
    let pool = try ProcessPool(
      workers: 1, logger: Logger(label: "test") { _ in LogKeeper(log: log) })
    let pid = try pool.submit { getpid() }.checked()
    pool.shutdown()
    #expect(log.entries.contains { $0.contains("started") && $0.contains("\(pid)") })
    #expect(log.entries.contains { $0.contains("ended") && $0.contains("\(pid)") })
  }
}

private struct LogKeeper: LogHandler {
  let log: Log
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
  func log(event: LogEvent) { log.add("\(event.message) \(event.metadata ?? [:])") }
}

@Suite(.timeLimit(.minutes(2))) struct `The end of a pool` {
  @Test(arguments: TestedExecutor.allCases)
  func `P6 finishes what was handed over, in slots and in front of them`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(2)
    let futures = try (0..<5_000).map { try pool.submit(echo, $0) }
    let x = try pool.array(repeating: 1.0, count: 100_000)
    let map = try pool.startMap(x) { $0 + 1 }
    pool.shutdown()
    #expect(try futures.map { try $0.result(timeout: .zero) } == Array(0..<5_000))
    #expect(try map.result(timeout: .zero)[99_999] == 2)
    #expect(pool.processIDs.isEmpty)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 finishes both steps of a map in place`(_ kind: TestedExecutor) throws {
    for _ in 0..<10 {
      let pool = try kind.make(2)
      let x = try pool.array(repeating: 1.0, count: 100_000)
      let map = try pool.startMap(x, into: x) { $0 + 1 }
      pool.shutdown()
      #expect(try map.result(timeout: .zero)[99_999] == 2)
      #expect(Array(x) == Array(repeating: 2, count: 100_000))
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 P6 refuses work from then on, each kind of it`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let x = try pool.array(repeating: 1.0, count: 10)
    let m = try pool.matrix(repeating: 1.0, rows: 2, columns: 2)
    pool.shutdown()
    #expect(throws: PoolError.shutDown) { try pool.submit(echo, 1) }
    #expect(throws: PoolError.shutDown) { try pool.startMap(x) { $0 } }
    #expect(throws: PoolError.shutDown) { try pool.startMap(x, into: x) { $0 } }
    #expect(throws: PoolError.shutDown) { try pool.start(Reduction<Double>.sum, x) }
    #expect(throws: PoolError.shutDown) { try pool.startMultiply(m, m) }
    #expect(throws: PoolError.shutDown) {
      try pool.startMonteCarlo(samples: 5, seed: 1) { $0.uniform() }
    }
    #expect(throws: PoolError.shutDown) { try pool.warmUp() }
    #expect(throws: PoolError.shutDown) { try pool.map(0..<3) { $0 } }
    // Arrays outlive the workers.
    #expect(x[9] == 1)
    #expect(try pool.array([1, 2, 3])[2] == 3)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 may be asked for again, and from many threads`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let futures = try (0..<200).map { try pool.submit(echo, $0) }
    let threads = (0..<4).map { _ in Ended() }
    for end in threads {
      inBackground {
        pool.shutdown()
        end.open(pool.processIDs.isEmpty)
      }
    }
    for thread in threads { #expect(thread.wait()) }
    pool.shutdown()
    pool.shutdown(wait: false, cancelPending: true)
    #expect(try futures.map { try $0.result(timeout: .zero) } == Array(0..<200))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 without a worker ever started ends at once`(_ kind: TestedExecutor) throws {
    try kind.make(2).shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 without waiting lets queued work finish`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let future = try held.pool.submit(echo, 7)
    held.pool.shutdown(wait: false)
    #expect(future.state == .pending)
    #expect(throws: PoolError.shutDown) { try held.pool.submit(echo, 1) }
    held.latch.open()
    #expect(try future.checked() == 7)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 cancels what nobody has begun when asked to, tasks and jobs`(_ kind: TestedExecutor)
    throws
  {
    let held = try Held(on: kind)
    let x = try held.pool.array(repeating: 1.0, count: 100_000)
    let tasks = try (0..<3_000).map { try held.pool.submit(echo, $0) }
    let jobs = try (0..<80).map { _ in try held.pool.start(Reduction<Double>.sum, x) }
    let map = try held.pool.startMap(x, into: x) { $0 + 1 }
    held.pool.shutdown(wait: false, cancelPending: true)
    #expect(tasks.allSatisfy { $0.isCancelled })
    #expect(jobs.allSatisfy { $0.isCancelled })
    #expect(map.isCancelled)
    #expect(held.held.isRunning)
    held.latch.open()
    #expect(try held.held.checked() == held.latch.processID)
    held.pool.shutdown()
    #expect(x[0] == 1)
  }

  @Test(arguments: TestedExecutor.pools)
  func `P6 with a deadline kills what is late, whatever its retries`(_ kind: TestedExecutor) throws
  {
    let pool = try kind.makePool(2)
    let latch = try Latch(in: pool)
    let late = try pool.submit(retries: 1_000, hold, latch)
    let quick = try pool.submit(echo, 1)
    let pid = try latch.arrived()
    #expect(try quick.checked() == 1)
    let queued = try (0..<3).map { _ in try pool.submit(hold, latch) }
    pool.shutdown(deadline: .milliseconds(50))
    let error = try #require(try late.failure() as? WorkerDied)
    #expect(error.cause == .signalled(SIGKILL))
    #expect(Machine.isGone(pid))
    for future in queued { #expect(try future.failure() != nil) }
    #expect(pool.processIDs.isEmpty)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 is awaited without blocking a thread, from many tasks`(_ kind: TestedExecutor)
    async throws
  {
    let pool = try kind.make(2)
    let futures = try (0..<100).map { try pool.submit(echo, $0) }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { await pool.shutdown() } }
    }
    for (index, future) in futures.enumerated() { #expect(try await future.value == index) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 awaited while a map in place is under way finishes it first`(_ kind: TestedExecutor)
    async throws
  {
    for _ in 0..<10 {
      let x = try await withExecutor(kind.make(2)) { pool in
        let x = try pool.array(repeating: 1.0, count: 100_000)
        return try pool.startMap(x, into: x) { $0 + 1 }
      }
      #expect(try await x.value[0] == 2)
    }
  }

  @Test func `P7 comes with the scope of withProcessPool`() async throws {
    let kept = Promise<ProcessPool>()
    await #expect(throws: Refusal.self) {
      try await withProcessPool(workers: 1) { pool in
        try kept.succeed(pool)
        throw Refusal()
      }
    }
    let pool = try await kept.future.value
    #expect(throws: PoolError.shutDown) { try pool.submit(echo, 1) }
    #expect(pool.processIDs.isEmpty)
    let futures = try await withProcessPool(workers: 2) { pool in
      try (0..<100).map { try pool.submit(echo, $0) }
    }
    #expect(futures.allSatisfy { $0.isDone && !$0.isCancelled })
    // Cancelled while it waits for what the body left.
    let left = Promise<(ProcessPool, Latch, Future<Int>)>()
    let scope = Task {
      try await withProcessPool(workers: 1) { pool in
        let latch = try Latch(in: pool)
        _ = try pool.submit(hold, latch)
        _ = try arrive(latch)
        try left.succeed((pool, latch, try pool.submit(echo, 3)))
      }
    }
    let (other, latch, pending) = try await left.future.value
    scope.cancel()
    await #expect(throws: CancellationError.self) { try await pending.value }
    latch.open()
    try await scope.value
    #expect(other.processIDs.isEmpty)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P7 comes with the scope: on return everything is finished`(_ kind: TestedExecutor)
    async throws
  {
    let (pool, futures) = try await withExecutor(kind.make(2)) { pool in
      (pool, try (0..<500).map { try pool.submit(echo, $0) })
    }
    #expect(futures.allSatisfy { $0.isDone && !$0.isCancelled })
    #expect(throws: PoolError.shutDown) { try pool.submit(echo, 1) }
    #expect(pool.processIDs.isEmpty)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P7 comes with the scope: on throw what nobody has begun is cancelled`(
    _ kind: TestedExecutor
  ) async throws {
    let kept = Promise<(any WorkExecutor, Latch, Future<Int>)>()
    let scope = Task {
      try await withExecutor(kind.make(1)) { pool in
        let latch = try Latch(in: pool)
        _ = try pool.submit(hold, latch)
        let pid = try arrive(latch)
        _ = pid
        try kept.succeed((pool, latch, try pool.submit(echo, 3)))
        throw Refusal()
      }
    }
    let (pool, latch, pending) = try await kept.future.value
    await #expect(throws: CancellationError.self) { try await pending.value }
    #expect(pending.isCancelled)
    latch.open()
    await #expect(throws: Refusal.self) { try await scope.value }
    #expect(pool.processIDs.isEmpty)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P7 comes with the scope: on task cancellation too`(_ kind: TestedExecutor) async throws {
    let kept = Promise<(any WorkExecutor, Latch, Future<Int>)>()
    let scope = Task {
      try await withExecutor(kind.make(1)) { pool in
        let latch = try Latch(in: pool)
        let held = try pool.submit(hold, latch)
        _ = try arrive(latch)
        try kept.succeed((pool, latch, try pool.submit(echo, 3)))
        _ = try await held.value
      }
    }
    let (pool, latch, pending) = try await kept.future.value
    scope.cancel()
    await #expect(throws: CancellationError.self) { try await pending.value }
    latch.open()
    await #expect(throws: CancellationError.self) { try await scope.value }
    #expect(pool.processIDs.isEmpty)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P15 dropped with work queued, futures handed out still end, with values`(
    _ kind: TestedExecutor
  ) throws {
    var futures: [Future<Int>] = []
    let map: Future<SharedArray<Double>>
    do {
      let pool = try kind.make(1)
      futures = try (0..<4_000).map { try pool.submit(echo, $0) }
      let x = try pool.array(repeating: 1.0, count: 100_000)
      map = try pool.startMap(x, into: x) { $0 + 1 }
    }
    #expect(try futures.map { try $0.checked() } == Array(0..<4_000))
    #expect(try map.checked()[5] == 2)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P15 arrays outlive their pool`(_ kind: TestedExecutor) throws {
    let x: SharedArray<Double>
    do {
      let pool = try kind.make(1)
      x = try pool.startMap(pool.array(repeating: 1.0, count: 10)) { $0 + 1 }.checked()
      pool.shutdown()
    }
    x[3] = 7
    #expect(Array(x) == [2, 2, 2, 7, 2, 2, 2, 2, 2, 2])
  }
}

private func arrive(_ latch: Latch) throws -> Int32 { try latch.arrived() }
