import Echelon
import Synchronization
import TestSupport
import Testing

private struct Failure: Error, Codable, Equatable { var code = 0 }
@Sendable private func add(_ a: Int, _ b: Int) -> Int { a + b }
@Sendable private func increment(_ a: Int) -> Int { a + 1 }
@Sendable private func refuse(_ code: Int) throws -> Int { throw Failure(code: code) }

@Suite(.timeLimit(.minutes(2))) struct `A task that awaits futures` {
  @Test(arguments: TestedExecutor.allCases)
  func `gets their values as arguments`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make()
    let a = try pool.submit(increment, 1)
    let b = try pool.submit(increment, 39)
    let sum = try pool.submit(awaiting: a, b, run: add)
    let text = try pool.submit(awaiting: a, sum) { a, sum in "\(a) \(sum)" }
    #expect(try await text.value == "2 42")
    // Of ended futures, of one, of the same twice.
    #expect(try await pool.submit(awaiting: a, a, run: add).value == 4)
    #expect(try await pool.submit(awaiting: a) { $0 * 100 }.value == 200)
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `begins when the last is there, and not before`(_ kind: TestedExecutor) throws {
    let pool = try kind.make()
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let promise = Promise<Int>()
    let held = try pool.submit(hold, latch)
    let after = try pool.submit(after: [held, promise.future], note, 1, diary)
    _ = try latch.arrived()
    #expect(try pool.submit(note, 0, diary).checked() == 0)
    #expect(after.state == .pending)
    try promise.succeed(3)
    #expect(try pool.submit(note, 0, diary).checked() == 0)
    #expect(after.state == .pending)
    latch.open()
    #expect(try after.checked() == 1)
    #expect(diary.entries == [0, 0, 1])
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `shared arrays pass as handles from task to task`(_ kind: TestedExecutor) throws {
    let pool = try kind.make()
    let array = try pool.array(repeating: 1.0, count: 1000)
    let filled = try pool.submit(
      { (array: SharedArray<Double>) in
        array.fill(2)
        return array
      }, array)
    let sum = try pool.submit(awaiting: filled) { array in Array(array).reduce(0, +) }
    #expect(try sum.checked() == 2000)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `fails with the first failure at once, and is cancelled with a cancelled one`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make()
    let latch = try Latch(in: pool)
    let held = try pool.submit(hold, latch)
    let failing = try pool.submit(refuse, 7)
    let sum = try pool.submit(awaiting: held, failing) { Int($0) + $1 }
    let beyond = try pool.submit(awaiting: sum, run: increment)
    // `held` still runs.
    #expect(try sum.failure() as? Failure == Failure(code: 7))
    #expect(try beyond.failure() as? Failure == Failure(code: 7))
    #expect(sum.state == .finished && !sum.isCancelled)

    let promise = Promise<Int>()
    let next = try pool.submit(awaiting: promise.future, run: increment)
    let last = try pool.submit(after: [next], increment, 1)
    #expect(promise.future.cancel())
    withExtendedLifetime(promise) {}
    #expect(next.isCancelled && last.isCancelled)
    #expect(try last.failure() is CancellationError)
    latch.open()
    // One that has failed before.
    #expect(
      try pool.submit(after: [failing], increment, 1).failure() as? Failure == Failure(code: 7))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `cancelled, it leaves what it awaits alone`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make()
    let latch = try Latch(in: pool)
    let held = try pool.submit(hold, latch)
    let sum = try pool.submit(awaiting: held) { Int($0) }
    let other = try pool.submit(awaiting: held) { _ in 1 }
    let beyond = try pool.submit(awaiting: sum, run: increment)
    #expect(sum.cancel())
    #expect(sum.isCancelled && beyond.isCancelled)
    #expect(!held.isDone)
    latch.open()
    #expect(try await other.value == 1)
    #expect(try await held.value > 0)
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 it counts as waiting: a cancelled await does not cancel what it needs`(
    _ kind: TestedExecutor
  ) async throws {
    let one = try kind.make(1)
    let latch = try Latch(in: one)
    let blocker = try one.submit(hold, latch)
    _ = try latch.arrived()
    let needed = try one.submit(increment, 1)
    let needing = try one.submit(awaiting: needed, run: increment)
    let awaiting = Task { try await needed.value }
    while needed.waiterCount == 0 { await Task.yield() }
    awaiting.cancel()
    await #expect(throws: CancellationError.self) { try await awaiting.value }
    latch.open()
    #expect(try await needing.value == 3 && blocker.isDone)

    // And the other way round: when the dependent is cancelled, nobody needs it any more.
    latch.reset()
    let again = try one.submit(hold, latch)
    _ = try latch.arrived()
    let unneeded = try one.submit(increment, 1)
    #expect(try one.submit(awaiting: unneeded, run: increment).cancel())
    let last = Task { try await unneeded.value }
    while unneeded.waiterCount == 0 { await Task.yield() }
    last.cancel()
    await #expect(throws: CancellationError.self) { try await last.value }
    #expect(unneeded.isCancelled)
    latch.open()
    _ = try await again.value
    await one.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `diamonds and chains of ten thousand end, in value, in failure and in cancellation`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make()
    func chain(from first: Future<Int>) throws -> [Future<Int>] {
      var futures = [first]
      for _ in 0..<10_000 {
        futures.append(try pool.submit(awaiting: futures.last!, run: increment))
      }
      return futures
    }
    // On a small stack, where a call within a call would not go far.
    let ended = Ended()
    let (kept, failed, cancelled) = (Promise<Int>(), Promise<Int>(), Promise<Int>())
    let chains = try [kept, failed, cancelled].map { try chain(from: $0.future) }
    inBackground {
      try? kept.succeed(0)
      try? failed.fail(Failure(code: 1))
      cancelled.future.cancel()
      ended.open()
    }
    #expect(ended.wait())
    #expect(try chains[0].last!.checked() == 10_000)
    #expect(try chains[1].last!.failure() as? Failure == Failure(code: 1))
    #expect(chains[2].count { !$0.isCancelled } == 0)

    let top = try pool.submit(increment, 0)
    var row = [top]
    for _ in 0..<12 {
      row = try (0..<row.count + 1).map { index in
        try pool.submit(
          awaiting: row[max(0, index - 1)], row[min(row.count - 1, index)], run: add)
      }
    }
    // Each row doubles what the one above it has, at its ends too.
    #expect(try row.map { try $0.checked() } == Array(repeating: 4096, count: 13))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 a shutdown lets it finish, or cancels it`(_ kind: TestedExecutor) throws {
    for cancels in [false, true] {
      let pool = try kind.make(1)
      let latch = try Latch(in: pool)
      let held = try pool.submit(hold, latch)
      let next = try pool.submit(awaiting: held) { _ in 1 }
      let last = try pool.submit(awaiting: next, run: increment)
      _ = try latch.arrived()
      pool.shutdown(wait: false, cancelPending: cancels)
      #expect(throws: PoolError.shutDown) { try pool.submit(awaiting: next, run: increment) }
      #expect(last.isCancelled == cancels)
      latch.open()
      pool.shutdown()
      #expect(held.isDone && next.isDone && last.isDone)
      if !cancels { #expect(try last.checked() == 2) }
    }
    // What nobody keeps does not keep the pool.
    let pool = try kind.make(1)
    let promise = Promise<Int>()
    let never = try pool.submit(awaiting: promise.future, run: increment)
    pool.shutdown(deadline: .milliseconds(10))
    #expect(never.isCancelled)
    withExtendedLifetime(promise) {}
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P15 it still ends when the pool object is dropped`(_ kind: TestedExecutor) throws {
    let promise = Promise<Int>()
    var pool: (any WorkExecutor)? = try kind.make(1)
    let next = try pool!.submit(awaiting: promise.future, run: increment)
    let last = try pool!.submit(awaiting: next, run: increment)
    pool = nil
    try promise.succeed(1)
    #expect(try last.checked() == 3)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 P12 refuses at once what cannot be sent, and fails for what only the values tell`(
    _ kind: TestedExecutor
  )
    throws
  {
    let pool = try kind.make()
    final class Box: Sendable {}
    let promise = Promise<Box>()
    #expect(throws: TransferError.self) { try pool.submit(awaiting: promise.future) { _ in 1 } }
    let other = try kind.make(1)
    let foreign = try other.submit(
      { (array: SharedArray<Int>) in array }, other.array(repeating: 1, count: 10))
    let sum = try pool.submit(awaiting: foreign) { $0.count }
    guard case .foreignHandle? = try sum.failure() as? ArenaError else {
      Issue.record("\(sum)")
      return
    }
    other.shutdown()
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 it fails with the death of what it awaits`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let dying = try pool.submit { () -> Int in OwnDeath.abort.happen() }
    let next = try pool.submit(awaiting: dying, run: increment)
    #expect(try next.failure() is WorkerDied)
    pool.shutdown()
  }
}
