import Echelon
import TestSupport
import Testing

private struct Refusal: Error, Codable, Equatable {}
@Sendable private func refuse(_ x: Int) throws -> Int { throw Refusal() }

@Suite struct `Waiting for several futures` {
  @Test(arguments: TestedExecutor.allCases)
  func `F9 returns when all are done, in the order given, duplicates once`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(2)
    let futures = try (0..<50).map { try pool.submit(echo, $0) }
    let (done, notDone) = wait(for: futures + futures + [futures[3]], timeout: patience)
    #expect(try done.map { try $0.result(timeout: .zero) } == Array(0..<50))
    #expect(notDone.isEmpty)
    pool.shutdown()
  }

  @Test func `F9 has each in one of the two, whenever it ends`() throws {
    for _ in 0..<20 {
      let promises = (0..<500).map { _ in Promise<Int>() }
      let futures = promises.map(\.future)
      let ended = Ended()
      inBackground {
        for promise in promises { try? promise.succeed(1) }
        ended.open()
      }
      var isComplete = false
      while !isComplete {
        let (done, notDone) = wait(for: futures, timeout: .zero)
        #expect(done.count + notDone.count == futures.count)
        isComplete = notDone.isEmpty
      }
      #expect(ended.wait())
    }
  }

  @Test func `F10 several readers get each future once, between them`() async throws {
    let promises = (0..<40).map { _ in Promise<Int>() }
    let sequence = asCompleted(promises.map(\.future), timeout: patience)
    let readers = (0..<3).map { _ in
      Task {
        var values: [Int] = []
        for try await future in sequence { values.append(try await future.value) }
        return values
      }
    }
    for (index, promise) in promises.enumerated() {
      try promise.succeed(index)
      await Task.yield()
    }
    var all: [Int] = []
    for reader in readers { all += try await reader.value }
    #expect(all.sorted() == Array(0..<40))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 cancelling a Swift task does not cancel what wait or asCompleted wait for`(
    _ kind: TestedExecutor
  ) async throws {
    let held = try Held(on: kind)
    let future = try held.pool.submit(echo, 5)
    let told = Promise<Int>()
    inBackground { try? told.succeed(wait(for: [future], timeout: patience).done.count) }
    while future.observerCount < 1 { await Task.yield() }
    let first = Task { try await future.value }
    while future.waiterCount < 1 { await Task.yield() }
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    #expect(!future.isCancelled)

    // A sequence that nobody has any more waits for nothing.
    let other = try held.pool.submit(echo, 6)
    do { _ = asCompleted([other]) }
    #expect(other.observerCount == 0)
    let second = Task { try await other.value }
    while other.waiterCount < 1 { await Task.yield() }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    #expect(other.isCancelled)
    held.latch.open()
    #expect(try await told.future.value == 1)
    await held.pool.shutdown()
  }

  @Test func `F9 returns at once for none, whatever it waits for`() {
    for condition in [WaitCondition.firstCompleted, .firstFailure, .allCompleted] {
      let (done, notDone) = wait(for: [Future<Int>](), until: condition)
      #expect(done.isEmpty && notDone.isEmpty)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F9 is late without an error, and says what is not done`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let promise = Promise<Int>()
    try promise.succeed(1)
    let pending = try held.pool.submit(echo, 2)
    for timeout in [Duration.zero, .milliseconds(10)] {
      let (done, notDone) = wait(for: [pending, promise.future], timeout: timeout)
      #expect(done.map(ObjectIdentifier.init) == [ObjectIdentifier(promise.future)])
      #expect(notDone.map(ObjectIdentifier.init) == [ObjectIdentifier(pending)])
    }
    try held.end()
    #expect(wait(for: [pending], timeout: .zero).done.count == 1)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F9 returns at the first that is done`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let other = try kind.make(1)
    let pending = try held.pool.submit(echo, 2)
    let quick = try other.submit(echo, 3)
    let (done, notDone) = wait(for: [pending, quick], until: .firstCompleted, timeout: patience)
    #expect(done.map(ObjectIdentifier.init) == [ObjectIdentifier(quick)])
    #expect(notDone.count == 1)
    try held.end()
    other.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F9 returns at the first failure, and cancelled ones are none`(_ kind: TestedExecutor) throws
  {
    let held = try Held(on: kind)
    let other = try kind.make(1)
    let pending = try held.pool.submit(echo, 1)
    let cancelled = try held.pool.submit(echo, 2)
    cancelled.cancel()
    let value = try other.submit(echo, 3)
    _ = try value.checked()
    // Neither the cancelled nor the finished one ends the wait.
    let early = wait(
      for: [pending, cancelled, value], until: .firstFailure, timeout: .milliseconds(20))
    #expect(early.done.count == 2 && early.notDone.count == 1)
    let failing = try other.submit(refuse, 1)
    let (done, notDone) = wait(
      for: [pending, cancelled, value, failing], until: .firstFailure, timeout: patience)
    #expect(done.contains { $0 === failing })
    #expect(notDone.map(ObjectIdentifier.init) == [ObjectIdentifier(pending)])
    try held.end()
    other.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F9 for the first failure returns when all are done without one`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(2)
    let futures = try (0..<20).map { try pool.submit(echo, $0) }
    let (done, notDone) = wait(for: futures, until: .firstFailure, timeout: patience)
    #expect(done.count == 20 && notDone.isEmpty)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F9 works with futures of several pools and promises`(_ kind: TestedExecutor) throws {
    let (first, second) = (try kind.make(1), try kind.make(1))
    let promise = Promise<Int>()
    inBackground { try? promise.succeed(3) }
    let futures = [try first.submit(echo, 1), try second.submit(echo, 2), promise.future]
    #expect(wait(for: futures, timeout: patience).done.count == 3)
    first.shutdown()
    second.shutdown()
  }
}

@Suite(.timeLimit(.minutes(2))) struct `Futures as they complete` {
  @Test(arguments: TestedExecutor.allCases)
  func `F10 come each once, those already done first`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let pending = try (0..<5).map { try held.pool.submit(echo, $0) }
    let promises = (10..<13).map { _ in Promise<Int>() }
    for (index, promise) in promises.enumerated() { try promise.succeed(10 + index) }
    let completed = asCompleted(pending + promises.map(\.future) + pending, timeout: patience)
    var values: [Int] = []
    for _ in 0..<3 { values.append(try #require(try completed.next()).result(timeout: .zero)) }
    #expect(values == [10, 11, 12])
    held.latch.open()
    while let future = try completed.next() { values.append(try future.result(timeout: .zero)) }
    #expect(values.sorted() == [0, 1, 2, 3, 4, 10, 11, 12])
    #expect(try completed.next() == nil)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F10 say on time-out how many of how many are unfinished`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let promise = Promise<Int>()
    try promise.succeed(1)
    let futures = [promise.future] + (try (0..<3).map { try held.pool.submit(echo, $0) })
    let completed = asCompleted(futures, timeout: .milliseconds(20))
    #expect(try completed.next() === promise.future)
    let error = #expect(throws: UnfinishedFutures.self) { try completed.next() }
    #expect(error?.unfinished == 3 && error?.total == 4)
    #expect("\(error!)".contains("3 of 4"))
    try held.end()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F10 include those that fail and those that are cancelled`(_ kind: TestedExecutor)
    async throws
  {
    let pool = try kind.make(1)
    let failing = try pool.submit(refuse, 1)
    let promise = Promise<Int>()
    let cancelled = promise.future
    cancelled.cancel()
    withExtendedLifetime(promise) {}
    var seen: [Future<Int>] = []
    for try await future in asCompleted([failing, cancelled]) { seen.append(future) }
    #expect(seen.count == 2)
    #expect(seen.allSatisfy { $0.isDone })
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F10 are read in async code as well, late ones throw`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(2)
    let futures = try (0..<200).map { try pool.submit(echo, $0) }
    var values: Set<Int> = []
    for try await future in asCompleted(futures) { values.insert(try await future.value) }
    #expect(values == Set(0..<200))
    let never = Promise<Int>()
    let error = await #expect(throws: UnfinishedFutures.self) {
      for try await _ in asCompleted([never.future], timeout: .milliseconds(20)) {}
    }
    withExtendedLifetime(never) {}
    #expect(error?.unfinished == 1 && error?.total == 1)
    for try await _ in asCompleted([Future<Int>]()) { Issue.record("one of none") }
    await pool.shutdown()
  }

  @Test func `F10 stop when the reading Swift task is cancelled`() async throws {
    let never = Promise<Int>()
    let reader = Task {
      for try await _ in asCompleted([never.future]) {}
    }
    reader.cancel()
    await #expect(throws: CancellationError.self) { try await reader.value }
    withExtendedLifetime(never) {}
  }
}
