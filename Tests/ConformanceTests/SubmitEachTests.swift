import Echelon
import Glibc
import TestSupport
import Testing

private struct Odd: Error, Codable, Equatable { var number: Int }

/// Codable by hand, so that one of many cannot be encoded.
private struct Stubborn: Codable, Sendable {
  var number: Int
  var name = "not bitwise-copyable"
  init(_ number: Int) { self.number = number }
  init(from decoder: any Decoder) throws { number = try Int(from: decoder) }
  func encode(to encoder: any Encoder) throws {
    if number < 0 { throw Odd(number: number) }
    try number.encode(to: encoder)
  }
}

private final class Counter: @unchecked Sendable { var count = 0 }

@Suite(.timeLimit(.minutes(2))) struct `Submitting a task for each of many elements` {
  // Below, at and above what is handed over together, and more than there are slots.
  @Test(arguments: TestedExecutor.allCases)
  func `gives each a future of its own, in order`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    for count in [0, 1, 2, 63, 64, 65, 127, 129, 1_000, 5_000] {
      let offset = count * 3
      let futures = try pool.submit(each: 0..<count) { $0 * 2 + offset }
      #expect(futures.count == count)
      #expect(try futures.map { try $0.checked() } == (0..<count).map { $0 * 2 + offset })
    }
    let words = ["a", "", "a word that does not fit into the slot of a task, by far, nor into two"]
    #expect(try pool.submit(each: words, echo).map { try $0.checked() } == words)
    #expect(try pool.submit(each: Set([7])) { $0 }[0].checked() == 7)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `takes elements of any size, and keeps what they name alive`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let large = (0..<20).map { [UInt8](repeating: UInt8($0), count: $0 * 10_000) }
    let sums = try pool.submit(each: large) { $0.reduce(0) { $0 + Int($1) } }
    for (index, sum) in sums.enumerated() { #expect(try sum.checked() == index * index * 10_000) }
    // Nothing but the tasks holds the arrays.
    let shared = try pool.array(repeating: 5.0, count: 10)
    let futures = try pool.submit(each: try parts(of: pool)) { part in
      Array(part).reduce(shared[0], +)
    }
    for future in futures { #expect(try future.checked() == 205) }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `lets go of everything when one of them is refused`(_ kind: TestedExecutor) throws {
    let (pool, other) = (try kind.make(1), try kind.make(1))
    let before = pool.memoryUsage.usedBytes
    do {
      // The last one belongs to another executor: those before it have been prepared, and not handed over.
      let arrays = try parts(of: pool).prefix(40) + [other.array(repeating: 1, count: 10)]
      #expect(throws: ArenaError.self) { try pool.submit(each: arrays) { $0[0] } }
    }
    try eventually("the arrays are gone") { pool.memoryUsage.usedBytes == before }
    #expect(try pool.submit(echo, 3).checked() == 3)
    pool.shutdown()
    other.shutdown()
  }

  private func parts(of pool: some WorkExecutor) throws -> [SharedArray<Double>] {
    try (0..<200).map { _ in try pool.array(repeating: 2, count: 100) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `fails and cancels each alone`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let futures = try pool.submit(each: 0..<300) { (number: Int) throws(Odd) -> Int in
      if number % 2 == 1 { throw Odd(number: number) }
      return note(number, in: diary)
    }
    #expect(futures[150].cancel() && futures[299].cancel() && !futures[151].isDone)
    latch.open()
    _ = try held.checked()
    for (index, future) in futures.enumerated() where index != 150 && index != 299 {
      if index % 2 == 0 {
        #expect(try future.checked() == index)
      } else {
        #expect(throws: Odd(number: index)) { try future.checked() }
      }
    }
    #expect(futures[150].isCancelled && futures[299].isCancelled)
    // One thread of an executor runs them in their order.
    #expect(diary.entries == stride(from: 0, to: 300, by: 2).filter { $0 != 150 })
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `takes all of them or none`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1, taskLimit: 100)
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    // More than the limit has room for.
    let full = #expect(throws: PoolError.self) {
      try pool.submit(each: 0..<100) { note($0, in: diary) }
    }
    guard case .queueFull(tasks: 100, _, _)? = full else {
      Issue.record("\(String(describing: full))")
      return
    }
    // What it had taken is gone, and leaves its room.
    let others = try pool.submit(each: 500..<599) { note($0, in: diary) }
    #expect(try pool.trySubmit(echo, 1) == nil)
    // One that cannot be encoded, behind others that could.
    latch.open()
    _ = try held.checked()
    for (index, other) in others.enumerated() { #expect(try other.checked() == 500 + index) }
    latch.reset()
    let second = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let elements = (0..<90).map { Stubborn($0 == 80 ? -1 : $0) }
    #expect(throws: (any Error).self) {
      try pool.submit(each: elements) { note($0.number, in: diary) }
    }
    #expect(try pool.submit(each: 0..<99, echo).count == 99)
    latch.open()
    _ = try second.checked()
    #expect(try pool.submit(echo, 3).checked() == 3)
    #expect(diary.entries == Array(500..<599))
    // Nothing is handed over for a function that cannot travel, or when it is too late.
    let counter = Counter()
    #expect(throws: TransferError.self) {
      try pool.submit(each: 0..<3) { (_: Int) in counter.count += 1 }
    }
    pool.shutdown()
    #expect(throws: PoolError.shutDown) { try pool.submit(each: 0..<3) { $0 } }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has its options for each, and waits for what it is to come after`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(1)
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let usual = try pool.submit(each: 0..<70) { note($0, in: diary) }
    let urgent = try pool.submit(each: 100..<170, priority: .high) { note($0, in: diary) }
    let later = try pool.submit(each: 200..<210, priority: .high, after: [usual[69]]) {
      note($0, in: diary)
    }
    let failing = try pool.submit { () throws -> Int in throw Odd(number: 9) }
    let none = try pool.submit(each: 0..<3, after: [failing]) { note($0, in: diary) }
    latch.open()
    _ = try held.checked()
    for future in usual + urgent + later { _ = try future.checked() }
    for future in none { #expect(throws: Odd(number: 9)) { try future.checked() } }
    #expect(diary.entries == Array(100..<170) + Array(0..<70) + Array(200..<210))
    pool.shutdown()
  }

  @Test func `runs what a task gives its own pool right there`() throws {
    let pool = try ProcessPool.quiet(workers: 1)
    let inner = try pool.submit(
      { (pool: ProcessPool) in
        try pool.submit(each: 0..<100) { $0 + 1 }.map { try $0.result() }.reduce(0, +)
      }, pool)
    #expect(try inner.checked() == 5_050)
    pool.shutdown()
  }

  @Test func `loses none of them when workers die`() throws {
    let pool = try ProcessPool.quiet(workers: 2)
    for round in 0..<5 {
      let latch = try Latch(in: pool)
      let futures = try pool.submit(each: 0..<2_000, retries: 20) { (number: Int) in
        // The first four that come to one of these die of it.
        if number % 500 == 250, latch.arrivals < 4 {
          latch.arrive()
          raise(SIGKILL)
        }
        return number + round
      }
      for (index, future) in futures.enumerated() { #expect(try future.checked() == index + round) }
      #expect(latch.arrivals >= 4)
    }
    #expect(pool.statistics.deaths >= 20)
    pool.shutdown()
  }
}
