import Echelon
import Glibc
import TestSupport
import Testing

// Situations of CPython's own suite that the other files do not have; see the table in
// `Tests/README.md`.

private struct Refusal: Error, Codable, Equatable { var code: Int }

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
    try pool.warmUp()  // or the time may be over before a worker is there
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

  /// Gives two elements, and the third when it is released.
  private struct Slow: Sequence, IteratorProtocol, Sendable {
    var index = 0
    let reached: Ended
    let release: Ended
    mutating func next() -> Int? {
      index += 1
      if index == 3 {
        reached.open()
        _ = release.wait()
      }
      return index
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 is late while its sequence blocks, and says so`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let (reached, release, read) = (Ended(), Ended(), Ended())
    let slow = Slow(reached: reached, release: release)
    inBackground {
      do {
        let mapped = try pool.map(slow, timeout: .milliseconds(100), chunkSize: 1, echo)
        let results = mapped.prefix(10).map { result in try? result.get() }
        // What came in time, and then that the rest is late.
        read.open(results.count <= 3 && results.last == .some(nil))
      } catch { read.open(false) }
    }
    #expect(reached.wait())
    // A later time-out comes while the sequence blocks; so the one before has come, too.
    let latch = try Latch(in: pool)
    let other = try pool.map(0..<1, timeout: .milliseconds(200), chunkSize: 1) { n in
      latch.pass()
      return n
    }
    #expect(throws: PoolError.timedOut) { try other.collect() }
    latch.open()
    release.open()
    #expect(read.wait())
    pool.shutdown()
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
