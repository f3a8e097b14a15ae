import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

/// What callbacks and threads of a test leave behind, in order.
final class Log: Sendable {
  private let state = Mutex<[String]>([])
  func add(_ entry: String) { state.withLock { $0.append(entry) } }
  var entries: [String] { state.withLock { $0 } }
}

private struct Refusal: Error, Codable, Equatable { var code: Int }
@Sendable private func refuse(_ code: Int) throws -> Int { throw Refusal(code: code) }
@Sendable private func mark(_ latch: Latch) -> Int {
  latch.arrive()
  return 1
}

@Suite struct `A future` {
  @Test(arguments: TestedExecutor.allCases)
  func `F1 F5 is pending, running while a worker executes it, finished, and then never changes`(
    _ kind: TestedExecutor
  )
    throws
  {
    let held = try Held(on: kind)
    let latch = try Latch(in: held.pool)
    let future = try held.pool.submit(hold, latch)
    #expect(held.held.state == .running && held.held.isRunning && !held.held.isDone)
    #expect(future.state == .pending && !future.isRunning && !future.isDone && !future.isCancelled)
    held.latch.open()
    let pid = try latch.arrived()
    #expect(future.state == .running && future.isRunning)
    latch.open()
    #expect(try future.checked() == pid)
    for _ in 0..<3 {
      #expect(
        future.state == .finished && future.isDone && !future.isRunning && !future.isCancelled)
      #expect(!future.cancel())
      #expect(try future.checked() == pid)
    }
    try held.end()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F5 is not running while it is only queued, however many are`(_ kind: TestedExecutor) throws
  {
    let held = try Held(on: kind)
    // More than there are slots: some wait in the arena, some in the front end.
    let queued = try (0..<3_000).map { try held.pool.submit(echo, $0) }
    #expect(queued.allSatisfy { $0.state == .pending })
    held.latch.open()
    for (index, future) in queued.enumerated() { #expect(try future.checked() == index) }
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F1 is done as soon as its work is, without anybody waiting`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let future = try pool.submit(echo, 4)
    try eventually("the future is done") { future.isDone }
    #expect(future.state == .finished)
    #expect("\(future)".contains("4"))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F2 cancelled while pending never runs, wakes its waiters at once and calls back once`(
    _ kind: TestedExecutor
  )
    throws
  {
    let held = try Held(on: kind)
    let mine = try Latch(in: held.pool)
    let future = try held.pool.submit(mark, mine)
    let log = Log()
    let told = Ended()
    future.onCompletion { future in log.add("callback \(future.isCancelled)") }
    inBackground {
      do { _ = try future.result() } catch { log.add("waiter \(error is CancellationError)") }
      told.open()
    }
    #expect(future.cancel())
    // The worker is still held: nobody but the cancel can have woken the waiter.
    #expect(told.wait())
    #expect(future.state == .cancelled && future.isCancelled && future.isDone)
    #expect(throws: CancellationError.self) { try future.result(timeout: .zero) }
    #expect(throws: CancellationError.self) { try future.error(timeout: .zero) }
    try held.end()
    #expect(mine.arrivals == 0)
    try eventually("the callback ran") { log.entries.count == 2 }
    #expect(Set(log.entries) == ["callback true", "waiter true"])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F2 can be cancelled in the queue in front of the slots as well`(_ kind: TestedExecutor)
    throws
  {
    let held = try Held(on: kind)
    let mine = try Latch(in: held.pool)
    let futures = try (0..<4_000).map { _ in try held.pool.submit(mark, mine) }
    #expect(futures.allSatisfy { $0.cancel() })
    #expect(futures.allSatisfy { $0.isCancelled })
    let next = try held.pool.submit(echo, 6)
    held.latch.open()
    #expect(try next.checked() == 6)
    #expect(mine.arrivals == 0)
    #expect(held.pool.pendingTaskCount <= 1)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F2 cancelled again and again fills nothing up, and the pool stays quick to answer`(
    _ kind: TestedExecutor
  )
    throws
  {
    let held = try Held(on: kind)
    // More than the ring has tickets, while its only worker passes none of them.
    for index in 0..<10_000 { #expect(try held.pool.submit(echo, index).cancel()) }
    let live = try held.pool.submit(echo, 1)
    for index in 0..<10_000 { #expect(try held.pool.submit(echo, index).cancel()) }
    let late = try held.pool.submit(echo, 2)
    #expect(try held.pool.submit(echo, 3).cancel())
    held.latch.open()
    #expect(try live.checked() == 1)
    #expect(try late.checked() == 2)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F2 of a map can be cancelled before any of it has begun`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let x = try held.pool.array(repeating: 1.0, count: 100_000)
    let y = try held.pool.array(repeating: 0.0, count: 100_000)
    let future = try held.pool.startMap(x, into: y) { $0 + 1 }
    #expect(future.state == .pending)
    #expect(future.cancel())
    #expect(future.isCancelled)
    #expect(throws: CancellationError.self) { try future.result(timeout: .zero) }
    try held.end()
    #expect(Array(y).allSatisfy { $0 == 0 })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F3 running is not cancelled, and goes on`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    #expect(!held.held.cancel())
    #expect(held.held.state == .running)
    held.latch.open()
    #expect(try held.held.checked() == held.latch.processID)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F4 cancel says false when finished, true when cancelled, and calls nobody back again`(
    _ kind: TestedExecutor
  )
    throws
  {
    let held = try Held(on: kind)
    let log = Log()
    let cancelled = try held.pool.submit(echo, 1)
    cancelled.onCompletion { _ in log.add("cancelled") }
    #expect(cancelled.cancel() && cancelled.cancel() && cancelled.cancel())
    held.latch.open()
    let finished = try held.pool.submit(echo, 1)
    finished.onCompletion { _ in log.add("finished") }
    #expect(try finished.checked() == 1)
    #expect(!finished.cancel() && !finished.cancel())
    held.pool.shutdown()
    try eventually("the callbacks ran") { log.entries.count == 2 }
    #expect(log.entries.sorted() == ["cancelled", "finished"])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F6 result gives the value, the task's own error, or says that it is late`(
    _ kind: TestedExecutor
  ) throws {
    let held = try Held(on: kind)
    let value = try held.pool.submit(echo, 11)
    let error = try held.pool.submit(refuse, 5)
    #expect(throws: PoolError.timedOut) { try value.result(timeout: .zero) }
    #expect(throws: PoolError.timedOut) { try value.result(timeout: .seconds(-1)) }
    #expect(throws: PoolError.timedOut) { try held.held.result(timeout: .milliseconds(20)) }
    #expect(value.state == .pending, "being late must not change it")
    held.latch.open()
    #expect(try value.result() == 11)
    #expect(throws: Refusal(code: 5)) { try error.result() }
    #expect(throws: Refusal(code: 5)) { try error.result(timeout: .zero) }
    #expect(try value.result(timeout: .zero) == 11)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F7 error gives nil on success, the error, and throws when cancelled or late`(
    _ kind: TestedExecutor
  ) throws {
    let held = try Held(on: kind)
    let value = try held.pool.submit(echo, 11)
    let error = try held.pool.submit(refuse, 5)
    let cancelled = try held.pool.submit(echo, 1)
    #expect(throws: PoolError.timedOut) { try value.error(timeout: .zero) }
    #expect(throws: PoolError.timedOut) { try held.held.error(timeout: .milliseconds(5)) }
    cancelled.cancel()
    #expect(throws: CancellationError.self) { try cancelled.error() }
    held.latch.open()
    #expect(try value.error(timeout: patience) == nil)
    #expect(try error.error(timeout: patience) as? Refusal == Refusal(code: 5))
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F6 F7 of a map and a reduction behave the same`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let x = try held.pool.array(repeating: 2.0, count: 1_000)
    let map = try held.pool.startMap(x) { $0 * 2 }
    let sum = try held.pool.start(Reduction<Double>.sum, x)
    #expect(throws: PoolError.timedOut) { try map.result(timeout: .zero) }
    #expect(throws: PoolError.timedOut) { try sum.error(timeout: .milliseconds(5)) }
    held.latch.open()
    #expect(try map.checked()[999] == 4)
    #expect(try sum.checked() == 2_000)
    #expect(try sum.error(timeout: .zero) == nil)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F8 calls back in the order added, each once, also those added when it is done`(
    _ kind: TestedExecutor
  )
    throws
  {
    let held = try Held(on: kind)
    let future = try held.pool.submit(echo, 9)
    let log = Log()
    for index in 0..<20 { future.onCompletion { _ in log.add("\(index)") } }
    #expect(log.entries == [])
    held.latch.open()
    #expect(try future.checked() == 9)
    for index in 20..<40 { future.onCompletion { _ in log.add("\(index)") } }
    try eventually("all callbacks ran") { log.entries.count >= 40 }
    #expect(log.entries == (0..<40).map(String.init))
    held.pool.shutdown()
    #expect(log.entries.count == 40)
  }

  @Test func `F8 calls back in the order added, although it ends meanwhile`() throws {
    for round in 0..<300 {
      let promise = Promise<Int>()
      let log = Log()
      inBackground { try? promise.succeed(round) }
      for index in 0..<100 { promise.future.onCompletion { _ in log.add("\(index)") } }
      try eventually("all callbacks ran") { log.entries.count == 100 }
      #expect(log.entries == (0..<100).map(String.init))
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F8 calls back with itself, done, on success and on error`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let log = Log()
    let (value, error) = (try pool.submit(echo, 3), try pool.submit(refuse, 4))
    value.onCompletion { future in
      log.add("\(future === value) \((try? future.result(timeout: .zero)) ?? -1)")
    }
    error.onCompletion { future in
      let code = (try? future.error(timeout: .zero) as? Refusal)?.code
      log.add("\(future === error) \(code ?? -1)")
    }
    try eventually("both callbacks ran") { log.entries.count == 2 }
    #expect(log.entries.sorted() == ["true 3", "true 4"])
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F8 a callback that blocks holds up neither the pool nor its end`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(2)
    let (entered, release) = (Ended(), Ended())
    try pool.submit(echo, 1).onCompletion { _ in
      entered.open()
      _ = release.wait()
    }
    #expect(entered.wait())
    #expect(try (0..<100).map { try pool.submit(echo, $0).checked() } == Array(0..<100))
    let x = try pool.array(repeating: 1.0, count: 70_000)
    #expect(try pool.startMap(x, into: x) { $0 + 1 }.checked()[69_999] == 2)
    pool.shutdown()
    release.open()
  }

  @Test(.timeLimit(.minutes(2)), arguments: TestedExecutor.allCases, [false, true])
  func
    `F8 more callbacks than processors that wait or compute hold up no other, nor an awaited end`(
      _ kind: TestedExecutor, _ compute: Bool
    ) async throws
  {
    let pool = try kind.make(2)
    let entered = Atomic(0)
    let isReleased = Atomic(false)
    defer { isReleased.store(true, ordering: .relaxed) }
    let count = sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 2
    for index in 0..<count {
      try pool.submit(echo, index).onCompletion { _ in
        entered.add(1, ordering: .relaxed)
        while !isReleased.load(ordering: .relaxed) {
          if !compute { usleep(1000) }  // off the processor, like what waits; the flag decides
        }
      }
    }
    try eventually("all are in their callbacks") { entered.load(ordering: .relaxed) == count }
    let called = Ended()
    try pool.submit(echo, 1).onCompletion { _ in called.open() }
    #expect(await Task { called.wait() }.value)
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F8 a callback may submit, wait and shut down`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let told = Promise<Int>()
    try pool.submit(echo, 20).onCompletion { future in
      do {
        let next = try pool.submit(echo, try future.result() + 1).result()
        pool.shutdown()
        try told.succeed(next)
      } catch { try? told.fail(error) }
    }
    #expect(try told.future.checked() == 21)
    #expect(throws: PoolError.shutDown) { try pool.submit(echo, 1) }
  }
}

@Suite struct `A promise` {
  @Test func `F11 is kept once; a second time is an error, not a crash`() throws {
    let promise = Promise<Int>()
    #expect(promise.future.state == .pending)
    #expect(throws: PoolError.timedOut) { try promise.future.result(timeout: .zero) }
    try promise.succeed(5)
    #expect(throws: PromiseError.alreadyCompleted) { try promise.succeed(6) }
    #expect(throws: PromiseError.alreadyCompleted) { try promise.fail(Refusal(code: 1)) }
    #expect(try promise.future.result() == 5)
    #expect(promise.future.state == .finished)
  }

  @Test func `F11 may be broken, and wakes whoever waits`() throws {
    let promise = Promise<Int>()
    let ended = Ended()
    inBackground { ended.open((try? promise.future.result()) == nil) }
    try promise.fail(Refusal(code: 2))
    #expect(ended.wait())
    #expect(throws: Refusal(code: 2)) { try promise.future.result() }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F11 P6 P15 that goes before it is kept ends what waits for it`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    func abandoned() throws -> (Future<Int>, Future<Int>) {
      let promise = Promise<Int>()
      return (promise.future, try pool.submit(awaiting: promise.future, run: echo))
    }
    let (future, dependent) = try abandoned()
    #expect(throws: PromiseError.abandoned) { try future.checked() }
    #expect(throws: PromiseError.abandoned) { try dependent.checked() }
    pool.shutdown()
  }

  @Test func `F11 that was kept stays so when it goes`() throws {
    func kept() throws -> Future<Int> {
      let promise = Promise<Int>()
      try promise.succeed(3)
      return promise.future
    }
    #expect(try kept().checked() == 3)
  }

  @Test func `F11 whose future was cancelled can not be kept any more`() async throws {
    let promise = Promise<String>()
    #expect(promise.future.cancel())
    #expect(throws: PromiseError.alreadyCompleted) { try promise.succeed("late") }
    await #expect(throws: CancellationError.self) { try await promise.future.value }
  }

  @Test func `F8 F11 calls back in order`() throws {
    let promise = Promise<Int>()
    let log = Log()
    for index in 0..<5 { promise.future.onCompletion { _ in log.add("\(index)") } }
    try promise.succeed(1)
    promise.future.onCompletion { _ in log.add("5") }
    try eventually("all callbacks ran") { log.entries.count == 6 }
    #expect(log.entries == (0...5).map(String.init))
  }
}
