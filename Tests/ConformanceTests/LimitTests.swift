import Echelon
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `An executor with limits` {
  @Test(arguments: TestedExecutor.allCases)
  func `P3 takes no more tasks than allowed, and says so`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1, taskLimit: 3)
    let latch = try Latch(in: pool)
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let queued = try [1, 2].map { try pool.submit(echo, $0) }
    #expect(throws: PoolError.self) { try pool.submit(echo, 3) }
    #expect(try pool.trySubmit(echo, 3) == nil)
    let error = #expect(throws: PoolError.self) { try pool.submit(after: [held], echo, 4) }
    guard case .queueFull(tasks: 3, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    // A cancelled one makes room.
    #expect(queued[0].cancel())
    let third = try #require(try pool.trySubmit(echo, 3))
    #expect(try pool.trySubmit(echo, 5) == nil)
    // A map has a buffer of its own.
    let mapped = try pool.map(0..<10, chunkSize: 1) { $0 }
    latch.open()
    _ = try held.checked()
    #expect(try third.checked() == 3 && queued[1].checked() == 2)
    #expect(try mapped.collect() == Array(0..<10))
    // What is done makes room without being asked for.
    for round in 0..<20 {
      let future = try pool.submit(echo, round)
      try eventually("a task ends") { future.isDone }
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 counts the bytes of arguments, and takes a single task of any size`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1, byteLimit: 100_000)
    let latch = try Latch(in: pool)
    let large = [UInt8](repeating: 1, count: 200_000)
    let small = [UInt8](repeating: 1, count: 40_000)
    #expect(try pool.submit({ (bytes: [UInt8]) in bytes.count }, large).checked() == 200_000)
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let tasks = try (0..<2).map { _ in try pool.submit({ (bytes: [UInt8]) in bytes.count }, small) }
    #expect(try pool.trySubmit({ (bytes: [UInt8]) in bytes.count }, small) == nil)
    // An array in shared memory counts with its handle.
    let shared = try pool.array(small)
    let sharing = try #require(
      try pool.trySubmit({ (bytes: SharedArray<UInt8>) in bytes.count }, shared))
    latch.open()
    _ = try held.checked()
    for task in tasks { #expect(try task.checked() == 40_000) }
    #expect(try sharing.checked() == 40_000)
    #expect(try pool.submit({ (bytes: [UInt8]) in bytes.count }, small).checked() == 40_000)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 counts the values that a task has waited for, and refuses none of them`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1, byteLimit: 100_000)
    let latch = try Latch(in: pool)
    let (large, some) = (
      [UInt8](repeating: 1, count: 200_000), [UInt8](repeating: 1, count: 40_000)
    )
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let (first, second) = (Promise<[UInt8]>(), Promise<[UInt8]>())
    let waiting = try [first, second].map { try pool.submit(awaiting: $0.future, run: countOf) }
    // Nobody knows yet how large the values are.
    let before = try #require(try pool.trySubmit(countOf, some))
    try first.succeed(some)
    #expect(try pool.trySubmit(countOf, some) == nil)
    // One that is cancelled has its value counted out.
    #expect(waiting[0].cancel())
    let after = try #require(try pool.trySubmit(countOf, some))
    // More than the limit allows, but it was taken before.
    try second.succeed(large)
    #expect(try pool.trySubmit(echo, 1) == nil)
    latch.open()
    _ = try held.checked()
    #expect(try [before, waiting[1], after].map { try $0.checked() } == [40_000, 200_000, 40_000])
    // And all is counted out in the end.
    latch.reset()
    let again = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let rest = try (0..<2).map { _ in try #require(try pool.trySubmit(countOf, some)) }
    #expect(try pool.trySubmit(countOf, some) == nil)
    latch.open()
    _ = try again.checked()
    for task in rest { #expect(try task.checked() == 40_000) }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 has those who want to wait wait, each until there is room`(_ kind: TestedExecutor)
    async throws
  {
    let pool = try kind.make(1, taskLimit: 4)
    let latch = try Latch(in: pool)
    let held = try pool.submit(hold, latch)
    for _ in 0..<3 { _ = try pool.submit(echo, 0) }
    let cancelled = Task { try await pool.submitWhenRoom(echo, -1).value }
    let blocked = Ended()
    inBackground { blocked.open((try? pool.submitWhenRoom(echo, 7).checked()) == 7) }
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<200 {
        group.addTask { try await pool.submitWhenRoom(echo, index).value }
      }
      latch.open()
      var sum = 0
      for try await value in group { sum += value }
      #expect(sum == 199 * 100)
    }
    #expect(blocked.wait())
    #expect(try await held.value > 0)

    // The end of the pool is told to those who wait.
    latch.reset()
    let again = try await pool.submitWhenRoom(hold, latch)
    while try pool.trySubmit(echo, 1) != nil {}
    let late = Task { try await pool.submitWhenRoom(echo, 1).value }
    while pool.waitersForRoom == 0 { await Task.yield() }
    let end = Task { await pool.shutdown() }
    await #expect(throws: PoolError.shutDown) { try await late.value }
    latch.open()
    await end.value
    #expect(again.isDone)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 calls who waits with many bytes when these have room, and not before`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2, byteLimit: 100_000)
    let latch = try Latch(in: pool)
    let held = try pool.submit(holdWithBytes, latch, [UInt8](repeating: 1, count: 90_000))
    _ = try latch.arrived()
    let counted = CountedBytes(count: 90_000)
    let blocked = Ended()
    inBackground {
      let future = try? pool.submitWhenRoom(
        { (bytes: CountedBytes) in bytes.values.count }, counted)
      blocked.open((try? future?.checked()) == 90_000)
    }
    try eventually("it waits") { pool.waitersForRoom == 1 }
    // Ends that leave too little room for it.
    for round in 0..<50 {
      let future = try pool.submit(echo, round)
      try eventually("a task ends") { future.isDone }
    }
    #expect(pool.waitersForRoom == 1)
    #expect(counted.encodings == 1)
    latch.open()
    _ = try held.checked()
    #expect(blocked.wait())
    #expect(counted.encodings == 2)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 lets those behind a cancelled one come to their turn`(_ kind: TestedExecutor)
    async throws
  {
    let pool = try kind.make(3, byteLimit: 100_000)
    let (latch, second) = (try Latch(in: pool), try Latch(in: pool))
    let held = try pool.submit(holdWithBytes, latch, [UInt8](repeating: 1, count: 60_000))
    let other = try pool.submit(holdWithBytes, second, [UInt8](repeating: 1, count: 30_000))
    _ = try latch.arrived()
    _ = try second.arrived()
    let large = Task {
      try await pool.submitWhenRoom(countOf, [UInt8](repeating: 1, count: 90_000))
    }
    while pool.waitersForRoom < 1 { await Task.yield() }
    let small = Task {
      try await pool.submitWhenRoom(countOf, [UInt8](repeating: 1, count: 20_000)).value
    }
    while pool.waitersForRoom < 2 { await Task.yield() }
    second.open()
    _ = try await other.value
    // There is room for the second in line, but not for the first.
    #expect(pool.waitersForRoom == 2)
    large.cancel()
    await #expect(throws: CancellationError.self) { try await large.value }
    #expect(try await small.value == 20_000)
    #expect(!held.isDone && pool.waitersForRoom == 0)
    latch.open()
    _ = try await held.value
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 has waiters of all sizes end`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(2, byteLimit: 100_000)
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    // Some are too large for the limit by themselves.
    let sizes = (0..<300).map { _ in
      Int.random(in: 0...(random.next() % 4 == 0 ? 150_000 : 3_000), using: &random)
    }
    let latch = try Latch(in: pool)
    let held = try pool.submit(holdWithBytes, latch, [UInt8](repeating: 1, count: 99_000))
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for (index, size) in sizes.enumerated() {
        group.addTask {
          let bytes = [UInt8](repeating: 1, count: size)
          return try await pool.submitWhenRoom(countOf, bytes).value == size
        }
        if index % 10 == 0 {
          let cancelled = Task {
            try await pool.submitWhenRoom(countOf, [UInt8](repeating: 1, count: size))
          }
          cancelled.cancel()
        }
      }
      latch.open()
      for try await isRight in group { #expect(isRight, "seed \(seed)") }
    }
    _ = try await held.value
    #expect(pool.waitersForRoom == 0)
    await pool.shutdown()
  }
}

@Suite struct `A limit` {
  @Test(arguments: TestedExecutor.allCases, [0, -1, .min])
  func `P3 of nothing is refused`(_ kind: TestedExecutor, _ limit: Int) {
    for (tasks, bytes) in [(limit, nil), (nil, limit)] as [(Int?, Int?)] {
      let error = #expect(throws: PoolError.self) {
        _ = try kind.make(1, taskLimit: tasks, byteLimit: bytes)
      }
      #expect(error?.description.contains("of \(limit); it is 1 or more") == true)
    }
  }
}

/// Bytes that count how often they are made into a message.
private struct CountedBytes: Codable, Sendable {
  private enum CodingKeys: CodingKey { case values }
  private final class Tally: Sendable { let count = Atomic(0) }

  let values: [UInt8]
  private let tally = Tally()

  init(count: Int) { values = [UInt8](repeating: 1, count: count) }

  var encodings: Int { tally.count.load(ordering: .relaxed) }

  func encode(to encoder: any Encoder) throws {
    tally.count.add(1, ordering: .relaxed)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(values, forKey: .values)
  }
}

@Sendable private func holdWithBytes(_ latch: Latch, _ bytes: [UInt8]) -> Int32 { hold(latch) }
@Sendable private func countOf(_ bytes: [UInt8]) -> Int { bytes.count }
