import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

private struct Refusal: Error, Codable, Equatable { var element: Int }

/// Numbers from 0, without an end, that counts how many were taken.
private struct Source: Sequence, Sendable {
  final class Count: Sendable {
    private let state = Mutex(0)
    func next() -> Int {
      state.withLock {
        $0 += 1; return $0 - 1
      }
    }
    var taken: Int { state.withLock { $0 } }
  }
  let count = Count()
  let end: Int
  init(end: Int = .max) { self.end = end }
  struct Iterator: IteratorProtocol {
    let source: Source
    mutating func next() -> Int? {
      guard source.count.taken < source.end else { return nil }
      return source.count.next()
    }
  }
  func makeIterator() -> Iterator { Iterator(source: self) }
}

/// An element of a map that a test can hold.
private struct Item: Codable, Sendable {
  var index: Int
  var latch: Latch
}

private func values<Output>(_ results: MapResults<Output>) throws -> [Output] {
  var values: [Output] = []
  var iterator: MapResults<Output>.Iterator = results.makeIterator()
  while let result = iterator.next() { values.append(try result.get()) }
  return values
}

private func results<Output>(_ results: MapResults<Output>) -> [Result<Output, any Error>] {
  var all: [Result<Output, any Error>] = []
  var iterator: MapResults<Output>.Iterator = results.makeIterator()
  while let result = iterator.next() { all.append(result) }
  return all
}

@Suite struct `A map over a sequence` {
  @Test(arguments: TestedExecutor.allCases, [nil, 1, 2, 7, 1_000] as [Int?])
  func `P4 gives every value in order, whatever the chunk size`(
    _ kind: TestedExecutor, _ chunkSize: Int?
  ) throws {
    let pool = try kind.make(2)
    let mapped = try pool.map(0..<1_000, chunkSize: chunkSize) { $0 * $0 }
    #expect(try values(mapped) == (0..<1_000).map { $0 * $0 })
    pool.shutdown()
  }

  @Sendable private static func linger(_ microseconds: Int) -> Int {
    usleep(UInt32(microseconds))  // stands for work
    return microseconds
  }

  @Test(arguments: TestedExecutor.pools)
  func `P4 without a chunk size puts quick elements together, and slow ones not`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.makePool(2)
    try pool.warmUp()
    let before = pool.statistics.submitted
    #expect(try pool.map(0..<20_000, echo).reduce(0) { $0 + (try $1.get()) } == 199_990_000)
    let quick = pool.statistics.submitted - before
    // Hundreds on an idle machine. On one that lets other programs run in between, an element looks slower than it is.
    #expect(quick < 10_000, "\(quick) calls for 20,000 elements")
    #expect(
      try pool.map(repeatElement(5_000, count: 40), Self.linger).map { try $0.get() }.count == 40)
    let slow = pool.statistics.submitted - before - quick
    #expect(slow == 40, "elements of 5 ms are called one by one")
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 is in order although the elements take different times`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let mapped = try pool.map(0..<60, chunkSize: 1) { (index: Int) -> Int in
      var x = 0.0
      for step in 0..<((index % 7) * 20_000) { x += sin(Double(step)) }
      return x > 1e9 ? -1 : index
    }
    #expect(try values(mapped) == Array(0..<60))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 of nothing gives nothing, of one gives one`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    #expect(try values(pool.map([Int]()) { $0 }) == [])
    #expect(try values(pool.map(["a"]) { $0 + "b" }) == ["ab"])
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 stops at the shorter of two sequences`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    #expect(try values(pool.map([1, 2, 3, 4], ["a", "b"]) { "\($0)\($1)" }) == ["1a", "2b"])
    #expect(try values(pool.map(0..., [10, 20, 30]) { $0 + $1 }) == [10, 21, 32])
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases, [1, 2, 10, 64])
  func `P4 takes at most a buffer's worth ahead of the reader`(
    _ kind: TestedExecutor, _ buffer: Int
  ) throws {
    let pool = try kind.make(2)
    let source = Source()
    let mapped = try pool.map(source, buffer: buffer) { $0 + 1 }
    #expect(source.count.taken <= buffer)
    var iterator: MapResults<Int>.Iterator = mapped.makeIterator()
    for read in 1...300 {
      #expect(try iterator.next()?.get() == read)
      #expect(source.count.taken <= read + buffer, "after \(read)")
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 left early cancels what no worker has begun`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let count: Int
    do {
      let items = (0..<500).map { Item(index: $0, latch: latch) }
      let mapped = try pool.map(items, chunkSize: 1) { (item: Item) -> Int in
        if item.index == 3 { item.latch.pass() } else { item.latch.arrive() }
        return item.index
      }
      var iterator: MapResults<Int>.Iterator = mapped.makeIterator()
      for index in 0..<3 { #expect(try iterator.next()?.get() == index) }
      _ = try latch.arrived(4)
      count = 4
    }
    latch.open()
    #expect(try pool.submit(echo, 1).checked() == 1)
    pool.shutdown()
    #expect(latch.arrivals == count, "\(latch.arrivals) elements ran")
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 one element's error is that element's`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    for chunkSize in [nil, 1, 10] {
      let all = results(
        try pool.map(0..<100, chunkSize: chunkSize) { (x: Int) throws -> Int in
          if x % 10 == 3 { throw Refusal(element: x) }
          return x
        })
      #expect(all.count == 100)
      for (index, result) in all.enumerated() {
        if index % 10 == 3 {
          #expect(throws: Refusal(element: index)) { try result.get() }
        } else {
          #expect(try result.get() == index)
        }
      }
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `P4 P10 an element that kills its worker costs only itself`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(2)
    for chunkSize in [1, 8] {
      let all = results(
        try pool.map(0..<64, chunkSize: chunkSize) { (x: Int) -> Int in
          if x == 29 { kill(getpid(), SIGKILL) }
          return x
        })
      #expect(all.count == 64)
      for (index, result) in all.enumerated() {
        if index == 29 {
          #expect(throws: WorkerDied.self) { try result.get() }
        } else {
          #expect(try result.get() == index)
        }
      }
    }
    pool.shutdown()
  }

  private struct Bad: Codable, Sendable {
    var index: Int
    let name = "x"  // without it the type would be copied as bytes
    init(_ index: Int) { self.index = index }
    init(from decoder: any Decoder) throws {
      index = try decoder.singleValueContainer().decode(Int.self)
      if index == 5 { throw Refusal(element: 5) }
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(index)
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `P4 P12 an element that the worker cannot read costs only itself`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.makePool(2)
    let runs = try pool.array(repeating: Int64(0), count: 20)
    let all = results(
      try pool.map((0..<20).map(Bad.init), chunkSize: 10) { bad in
        runs[bad.index] += 1
        return bad.index
      })
    #expect(all.count == 20)
    #expect(Array(runs) == (0..<20).map { $0 == 5 ? 0 : 1 }, "no other one ran twice")
    for (index, result) in all.enumerated() where index != 5 {
      #expect((try? result.get()) == index)
    }
    #expect(throws: (any Error).self) { try all[5].get() }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 takes any sequences, and asks only that their elements can be sent`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let pairs = try values(
      pool.map([1, 2, 3].reversed(), ["a", "b"].lazy.map { $0 + "!" }) { "\($0)\($1)" })
    #expect(pairs == ["3a!", "2b!"])
    final class Held: Sendable {}
    #expect(throws: TransferError.self) { try pool.map([1], [Held()]) { number, _ in number } }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `P4 runs an element again as often as retries say`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(2)
    let deaths = Countdown(2)
    defer { deaths.clear() }
    let all = try values(
      pool.map([deaths, deaths, deaths], retries: 2) { (deaths: Countdown) -> Int in
        if deaths.take() { kill(getpid(), SIGKILL) }
        return 1
      })
    #expect(all == [1, 1, 1])
    #expect(deaths.taken == 2)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 refuses chunk sizes and buffers below 1`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    for size in [0, -1, Int.min] {
      let chunk = #expect(throws: PoolError.self) { try pool.map(0..<3, chunkSize: size) { $0 } }
      let buffer = #expect(throws: PoolError.self) { try pool.map(0..<3, buffer: size) { $0 } }
      #expect("\(chunk!)".contains("\(size)") && "\(buffer!)".contains("\(size)"))
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 is late as a whole, from the call on`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let mapped = try held.pool.map(0..<10, timeout: .milliseconds(30), chunkSize: 1) { $0 }
    let all = results(mapped)
    #expect(all.count == 1)
    #expect(throws: PoolError.timedOut) { try all[0].get() }
    try held.end()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 in time is not late`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    #expect(try values(pool.map(0..<50, timeout: patience) { $0 }) == Array(0..<50))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 after the end is refused, and what is cut off by the end says so`(_ kind: TestedExecutor)
    throws
  {
    let held = try Held(on: kind)
    let mapped = try held.pool.map(0..<10, chunkSize: 1, buffer: 5) { $0 }
    held.pool.shutdown(wait: false)
    #expect(throws: PoolError.shutDown) { try held.pool.map(0..<3) { $0 } }
    held.latch.open()
    let all = results(mapped)
    // What was in flight is finished; the rest was never handed over.
    #expect(try all.prefix(5).map { try $0.get() } == [0, 1, 2, 3, 4])
    #expect(throws: PoolError.shutDown) { try all[5].get() }
    #expect(all.count == 6)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 reads in async code, all at once or one by one`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(2)
    let all = try await pool.map(0..<2_000) { $0 * 2 }.collect()
    #expect(all == (0..<2_000).map { $0 * 2 })
    var count = 0
    for await result in try pool.map(0..<100, { -$0 }) {
      #expect(try result.get() == -count)
      count += 1
    }
    #expect(count == 100)
    await #expect(throws: Refusal(element: 4)) {
      _ = try await pool.map(0..<100) { (x: Int) throws -> Int in
        if x == 4 { throw Refusal(element: x) }
        return x
      }.collect()
    }
    var seen: [Int] = []
    for try await value in try pool.map(0..<10, { $0 }).values { seen.append(value) }
    #expect(seen == Array(0..<10))
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 carries shared arrays by handle`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let arrays = try (0..<20).map { index in try pool.array(repeating: Double(index), count: 100) }
    let sums = try values(
      pool.map(arrays) { (x: SharedArray<Double>) -> Double in
        x[0] = -1
        return x.withSpan { $0[99] * 100 }
      })
    #expect(sums == (0..<20).map { Double($0) * 100 })
    #expect(arrays.allSatisfy { $0[0] == -1 })
    pool.shutdown()
  }
}
