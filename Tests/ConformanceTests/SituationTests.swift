import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

// Situations of CPython's own suite that the other files do not have; see the table in
// `Tests/README.md`.

private struct Refusal: Error, Codable, Equatable { var code: Int }
@Sendable private func refuse(_ code: Int) throws -> Int { throw Refusal(code: code) }

private func read<Output>(_ mapped: MapResults<Output>) -> [Result<Output, any Error>] {
  var results: [Result<Output, any Error>] = []
  var iterator: MapResults<Output>.Iterator = mapped.makeIterator()
  while let result = iterator.next() { results.append(result) }
  return results
}

/// An element of a map that a test can hold.
private struct Item: Codable, Sendable {
  var index: Int
  var latch: Latch
}

@Suite(.timeLimit(.minutes(2))) struct `Futures in CPython's situations` {
  @Test func `F1 says its state in its description`() throws {
    let promise = Promise<Int>()
    #expect("\(promise.future)" == "Future(pending)")
    try promise.succeed(7)
    #expect("\(promise.future)" == "Future(success(7))")
    let failed = Promise<Int>()
    try failed.fail(Refusal(code: 3))
    #expect("\(failed.future)".contains("Refusal") && "\(failed.future)".contains("3"))
    let cancelled = Promise<Int>()
    cancelled.future.cancel()
    #expect("\(cancelled.future)" == "Future(cancelled)")
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F1 says that it runs in its description`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    #expect("\(held.held)" == "Future(running)")
    try held.end()
  }

  @Test func `F6 F7 a thread that is blocked hears of value, error and cancellation`() throws {
    for end in 0..<3 {
      let promise = Promise<Int>()
      let log = Log()
      let told = (0..<2).map { _ in Ended() }
      inBackground {
        do { log.add("\(try promise.future.result())") } catch { log.add("\(type(of: error))") }
        told[0].open()
      }
      inBackground {
        do {
          log.add("error \(try promise.future.error().map { "\($0)" } ?? "none")")
        } catch { log.add("error \(type(of: error))") }
        told[1].open()
      }
      try eventually("both wait") { promise.future.waiterCount == 2 }
      switch end {
      case 0: try promise.succeed(42)
      case 1: try promise.fail(Refusal(code: 1))
      default: promise.future.cancel()
      }
      for thread in told { #expect(thread.wait()) }
      let expected = [
        ["42", "error none"], ["Refusal", "error Refusal(code: 1)"],
        ["CancellationError", "error CancellationError"],
      ]
      #expect(log.entries.sorted() == expected[end].sorted())
    }
  }

  @Test func `F8 calls back at once when it has succeeded, failed or been cancelled before`() throws
  {
    let log = Log()
    let promises = (0..<3).map { _ in Promise<Int>() }
    try promises[0].succeed(5)
    try promises[1].fail(Refusal(code: 1))
    promises[2].future.cancel()
    for promise in promises {
      promise.future.onCompletion { future in
        log.add("\(future.state) \(future.isCancelled)")
      }
    }
    try eventually("all are told") { log.entries.count == 3 }
    // Callbacks of one future keep their order; those of several run side by side.
    #expect(log.entries.sorted() == ["cancelled true", "finished false", "finished false"])
  }

  @Test func `F8 a callback added in a callback runs, after those that were there`() throws {
    let promise = Promise<Int>()
    let log = Log()
    promise.future.onCompletion { future in
      log.add("first")
      future.onCompletion { future in
        log.add("inner")
        future.onCompletion { _ in log.add("innermost") }
      }
    }
    promise.future.onCompletion { _ in log.add("second") }
    try promise.succeed(1)
    try eventually("all ran") { log.entries.count == 4 }
    #expect(log.entries == ["first", "second", "inner", "innermost"])
  }

  @Test func `F8 is not called under a lock: a callback may ask and cancel its own future`() throws
  {
    let promise = Promise<Int>()
    let told = Promise<Bool>()
    promise.future.onCompletion { future in
      let result = try? future.result(timeout: .zero)
      try? told.succeed(result == 2 && !future.cancel() && future.isDone)
    }
    try promise.succeed(2)
    #expect(try told.future.checked())
  }
}

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

@Suite(.timeLimit(.minutes(2))) struct `Maps in CPython's situations` {
  @Test(arguments: TestedExecutor.allCases)
  func `P5 what was there in time is given, then it is late, then it is at its end`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2)
    let latch = try Latch(in: pool)
    let items = (0..<4).map { Item(index: $0, latch: latch) }
    let mapped = try pool.map(items, timeout: .milliseconds(300), chunkSize: 1) { (item: Item) in
      if item.index == 2 { item.latch.pass() }
      return item.index
    }
    _ = try latch.arrived()
    let results = read(mapped)
    latch.open()
    // On a loaded machine the first two may be late as well.
    #expect((1...3) ~= results.count)
    for (index, result) in results.dropLast().enumerated() { #expect(try result.get() == index) }
    #expect(throws: PoolError.timedOut) { try results.last?.get() }
    #expect(read(mapped).isEmpty)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 done in time counts, although nobody looked before the time was over`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let items = (0..<2).map { Item(index: $0, latch: latch) }
    let mapped = try pool.map(items, timeout: .milliseconds(100), chunkSize: 1) { (item: Item) in
      // The second begins when the first has ended.
      if item.index == 1 { item.latch.pass() }
      return item.index
    }
    _ = try latch.arrived()
    let over = Ended()
    inBackground {
      usleep(200_000)  // until the time of the map is over; what is tested is what is left then
      over.open()
    }
    #expect(over.wait())
    latch.open()
    let results = read(mapped)
    #expect(try results.first?.get() == 0)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 a time-out that an element throws is that element's error, not the map's`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2)
    for timeout in [nil, patience] {
      let results = read(
        try pool.map(0..<4, timeout: timeout) { (x: Int) throws -> Int in
          if x == 1 { throw PoolError.timedOut }
          return x
        })
      #expect(results.count == 4)
      #expect(throws: (any Error).self) { try results[1].get() }
      #expect(try [0, 2, 3].map { try results[$0].get() } == [0, 2, 3])
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases, [1, 3])
  func `P4 cancelled in the middle it is at its end`(_ kind: TestedExecutor, _ chunkSize: Int)
    throws
  {
    let pool = try kind.make(2)
    let mapped = try pool.map(0..<1_000, chunkSize: chunkSize) { $0 * 2 }
    var iterator: MapResults<Int>.Iterator = mapped.makeIterator()
    #expect(try iterator.next()?.get() == 0)
    mapped.cancel()
    #expect(iterator.next() == nil)
    #expect(iterator.next() == nil)
    #expect(try pool.submit(echo, 1).checked() == 1)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 goes on after an element's error, to its end and no further`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(2)
    for chunkSize in [nil, 3] {
      let mapped = try pool.map([5, 5, 5, 5], [2, 0, 3, 5], chunkSize: chunkSize) {
        (a: Int, b: Int) throws -> Int in
        if b == 0 { throw Refusal(code: a) }
        return a / b
      }
      var iterator: MapResults<Int>.Iterator = mapped.makeIterator()
      #expect(try iterator.next()?.get() == 2)
      #expect(throws: Refusal(code: 5)) { try iterator.next()?.get() }
      #expect(try iterator.next()?.get() == 1)
      #expect(try iterator.next()?.get() == 1)
      #expect(iterator.next() == nil)
      #expect(iterator.next() == nil)
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases, [1, 2, 4, 8])
  func `P4 with any buffer gives everything, of one sequence, of two, of endless ones`(
    _ kind: TestedExecutor, _ buffer: Int
  ) throws {
    let pool = kind.shared
    #expect(
      try read(pool.map(0..<4, buffer: buffer) { "\($0)" }).map { try $0.get() }
        == ["0", "1", "2", "3"])
    #expect(
      try read(pool.map(0..<4, 0..<4, buffer: buffer) { $0 + $1 }).map { try $0.get() }
        == [0, 2, 4, 6])
    let endless = try pool.map(0..., 0..., buffer: buffer) { $0 + $1 }
    var iterator: MapResults<Int>.Iterator = endless.makeIterator()
    for index in 0..<3 { #expect(try iterator.next()?.get() == 2 * index) }
    endless.cancel()
    #expect(read(try pool.map([Int](), buffer: buffer) { $0 }).isEmpty)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 P6 begins without being read, a buffer's worth, which a shutdown finishes`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let items = (0..<10).map { Item(index: $0, latch: latch) }
    let mapped = try pool.map(items, chunkSize: 1, buffer: 4) { (item: Item) in
      item.latch.arrive()
      return item.index
    }
    pool.shutdown()
    #expect(latch.arrivals == 4)
    #expect(try read(mapped).prefix(4).map { try $0.get() } == [0, 1, 2, 3])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 late at once it cancels what waits behind other work`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let latch = try Latch(in: held.pool)
    let items = (0..<2).map { Item(index: $0, latch: latch) }
    let mapped = try held.pool.map(items, timeout: .zero, chunkSize: 1) { (item: Item) in
      item.latch.arrive()
      return item.index
    }
    #expect(throws: PoolError.timedOut) { try read(mapped).first?.get() }
    try held.end()
    #expect(latch.arrivals == 0)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 holds no result that was read`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let size = 1 << 20
    var arrays = try (0..<10).map { index in
      try pool.array(repeating: UInt8(index), count: size)
    }
    let all = pool.memoryUsage.usedBytes
    let mapped = try pool.map(arrays, chunkSize: 5, buffer: 20, echo)
    arrays = []
    var iterator: MapResults<SharedArray<UInt8>>.Iterator = mapped.makeIterator()
    for read in 1...10 {
      do { #expect(try iterator.next()?.get()[7] == UInt8(read - 1)) }
      try eventually("\(read) arrays are let go") {
        // But for what the call in flight is written in.
        pool.memoryUsage.usedBytes <= all - read * size + 65_536
      }
    }
    pool.shutdown()
  }
}

@Suite(.timeLimit(.minutes(2))) struct `Executors in CPython's situations` {
  @Test(arguments: TestedExecutor.allCases)
  func `P6 a shutdown after a quick cancel does not hang`(_ kind: TestedExecutor) throws {
    for _ in 0..<20 {
      let pool = try kind.make(1)
      #expect(try pool.submit(echo, 0).checked() == 0)
      try pool.submit(echo, 1).cancel()
      let ended = Ended()
      inBackground {
        pool.shutdown()
        ended.open()
      }
      #expect(ended.wait())
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 finishes what it did not cancel`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let latches = try (0..<2).map { _ in try Latch(in: pool) }
    let begun = try latches.map { try pool.submit(hold, $0) }
    for latch in latches { _ = try latch.arrived() }
    let queued = try (0..<50).map { try pool.submit(echo, $0) }
    let ended = Ended()
    inBackground {
      pool.shutdown(wait: true, cancelPending: true)
      ended.open()
    }
    try eventually("all are cancelled") { queued.allSatisfy(\.isCancelled) }
    for latch in latches { latch.open() }
    #expect(ended.wait())
    #expect(begun.allSatisfy { $0.state == .finished })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P6 with more elements than workers and nobody who reads them ends`(_ kind: TestedExecutor)
    throws
  {
    for workers in 1...3 {
      let pool = try kind.make(workers)
      _ = try pool.map(Array(repeating: 2, count: workers + 1)) { "\($0)" }
      pool.shutdown()
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `P2 one task after the other is run by workers that are there`(_ kind: TestedExecutor) throws
  {
    let pool = try kind.makePool(2)
    try pool.warmUp()
    let workers = Set(pool.workerProcessIDs)
    for _ in 0..<50 { #expect(workers.contains(try pool.submit { getpid() }.checked())) }
    #expect(Set(pool.workerProcessIDs) == workers)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `P2 never has more workers than asked for, whatever waits`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(3)
    let latches = try (0..<45).map { _ in try Latch(in: pool) }
    let futures = try latches.map { try pool.submit(hold, $0) }
    try eventually("three are held") { latches.count { $0.arrivals == 1 } == 3 }
    #expect(pool.workerProcessIDs.count == 3)
    for latch in latches { latch.open() }
    for future in futures { _ = try future.checked() }
    #expect(pool.workerProcessIDs.count == 3)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P15 dropped with a map that is still read gives its values`(_ kind: TestedExecutor) throws {
    let mapped: MapResults<Int>
    do {
      let pool = try kind.make(2)
      mapped = try pool.map(-5..<5) { abs($0) }
    }
    #expect(try read(mapped).map { try $0.get() } == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4])
  }
}
