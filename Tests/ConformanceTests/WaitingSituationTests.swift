import Echelon
import Synchronization
import TestSupport
import Testing

// Situations of CPython's own suite that the other files do not have; see the table in
// `Tests/README.md`.

private struct Refusal: Error, Codable, Equatable { var code: Int }

@Suite(.timeLimit(.minutes(2))) struct `Waiting in CPython's situations` {
  @Test(arguments: TestedExecutor.allCases)
  func `F9 cancelled and finished ones count as completed at once`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let pending = try held.pool.submit(echo, 1)
    let (succeeded, failed, cancelled) = (Promise<Int>(), Promise<Int>(), Promise<Int>())
    try succeeded.succeed(1)
    try failed.fail(Refusal(code: 1))
    cancelled.future.cancel()
    let all = [cancelled.future, succeeded.future, failed.future, pending]
    let first = wait(for: all, until: .firstCompleted)
    #expect(first.done.count == 3 && first.notDone.map(ObjectIdentifier.init) == [.init(pending)])
    // One has failed already.
    let failure = wait(for: [failed.future, pending], until: .firstFailure)
    #expect(failure.done.count == 1 && failure.notDone.count == 1)
    let late = wait(for: all, until: .allCompleted, timeout: .milliseconds(20))
    #expect(late.done.count == 3 && late.notDone.count == 1)
    held.latch.open()
    #expect(wait(for: all, timeout: patience).notDone.isEmpty)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F9 misses none of a hundred that end while it begins to wait`(_ kind: TestedExecutor) throws
  {
    let pool = try kind.make(2)
    for _ in 0..<10 {
      let futures = try (0..<100).map { try pool.submit(echo, $0) }
      #expect(wait(for: futures, timeout: patience).done.count == 100)
    }
    pool.shutdown()
  }

  @Test func `F9 asked again and again leaves nothing behind in the futures`() throws {
    let promise = Promise<Int>()
    for _ in 0..<1_000 { _ = wait(for: [promise.future], timeout: .zero) }
    #expect(promise.future.observerCount == 0)
    try promise.succeed(1)
    #expect(wait(for: [promise.future], timeout: .zero).done.count == 1)
  }

  @Test(arguments: TestedExecutor.allCases, [Duration.zero, .milliseconds(50)])
  func `F10 late ones come after all that are done`(_ kind: TestedExecutor, _ timeout: Duration)
    throws
  {
    let held = try Held(on: kind)
    let promises = (0..<3).map { _ in Promise<Int>() }
    try promises[0].succeed(1)
    try promises[1].fail(Refusal(code: 1))
    promises[2].future.cancel()
    let pending = try held.pool.submit(echo, 1)
    let completed = asCompleted([pending] + promises.map(\.future), timeout: timeout)
    var seen: Set<ObjectIdentifier> = []
    let error = #expect(throws: UnfinishedFutures.self) {
      while let future = try completed.next() { seen.insert(ObjectIdentifier(future)) }
    }
    #expect(seen == Set(promises.map { ObjectIdentifier($0.future) }))
    #expect(error?.unfinished == 1 && error?.total == 4)
    try held.end()
  }

  @Test func `F10 lets go of each future as it is read, and of the rest when it is left`() throws {
    let box = Mutex<[Promise<Int>]>((0..<8).map { _ in Promise<Int>() })
    weak var last: Future<Int>?
    do {
      let completed = asCompleted(box.withLock { $0.map(\.future) }, timeout: patience)
      for _ in 0..<7 {
        weak var first: Future<Int>?
        try box.withLock { promises in
          first = promises[0].future
          try promises[0].succeed(1)
          promises.removeFirst()
        }
        #expect(first != nil)
        do { #expect(try completed.next() === first) }
        #expect(first == nil, "a future that was read is still held")
      }
      last = box.withLock { $0[0].future }
      box.withLock { $0 = [] }
      // Never completed, and only the sequence holds it.
      #expect(last != nil)
      withExtendedLifetime(completed) {}
    }
    #expect(last == nil, "a future that never ended is held for ever")
  }
}
