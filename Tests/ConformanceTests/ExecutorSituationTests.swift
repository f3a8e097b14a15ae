import Echelon
import EchelonMemory
import Glibc
import TestSupport
import Testing

// Situations of CPython's own suite that the other files do not have; see the table in
// `Tests/README.md`.

private func read<Output>(_ mapped: MapResults<Output>) -> [Result<Output, any Error>] {
  var results: [Result<Output, any Error>] = []
  var iterator: MapResults<Output>.Iterator = mapped.makeIterator()
  while let result = iterator.next() { results.append(result) }
  return results
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

  @Test(arguments: TestedExecutor.pools)
  func `P2 as many tasks as there are workers run side by side, though they want a processor each`(
    _ kind: TestedExecutor
  ) throws {
    let count = 2 * MachineLimits.processors().count + 3
    let pool = try kind.makePool(count)
    try pool.warmUp()
    let words = try pool.array(repeating: Int64(0), count: 1)
    let spinning = try (0..<count).map { _ in
      try pool.submit {
        let arrivals = words.block.region.word64(at: words.byteOffset)
        _ = arrivals.fetchAdd(1)
        // None of them ends before all of them run.
        while arrivals.load() < UInt64(count) {}
        return getpid()
      }
    }
    #expect(Set(try spinning.map { try $0.checked() }).count == count)
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
