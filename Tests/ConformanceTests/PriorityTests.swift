import Echelon
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Priorities` {
  @Test(arguments: TestedExecutor.allCases)
  func `urgent tasks begin first, and those of one priority in the order of submission`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let blocker = try pool.submit(hold, latch)
    _ = try latch.arrived()
    var random = TestRandom(seed: testSeed())
    let priorities = (0..<200).map { _ in WorkPriority.allCases.randomElement(using: &random)! }
    let futures = try priorities.enumerated().map { index, priority in
      try pool.submit(priority: priority, note, index, diary)
    }
    latch.open()
    _ = try blocker.checked()
    for future in futures { _ = try future.checked() }
    let expected = WorkPriority.allCases.reversed().flatMap { priority in
      priorities.indices.filter { priorities[$0] == priority }
    }
    #expect(diary.entries == expected)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `an urgent task overtakes more tasks than the arena holds`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let blocker = try pool.submit(hold, latch)
    _ = try latch.arrived()
    // By now 2,047 slots are free, and the rest waits in the front end.
    let low = try (0..<1_500).map { try pool.submit(priority: .low, note, $0, diary) }
    let normal = try (1_500..<4_500).map { try pool.submit(note, $0, diary) }
    let high = try (4_500..<4_600).map { try pool.submit(priority: .high, note, $0, diary) }
    let cancelled = low.indices.filter { $0 % 7 == 0 }
    for index in cancelled { #expect(low[index].cancel()) }
    latch.open()
    _ = try blocker.checked()
    for future in high + normal { _ = try future.checked() }
    for index in low.indices where index % 7 != 0 { _ = try low[index].checked() }
    let kept = low.indices.filter { $0 % 7 != 0 }
    #expect(diary.entries == Array(4_500..<4_600) + Array(1_500..<4_500) + kept)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `a task that runs is not interrupted, and a retry keeps its priority`(_ kind: TestedExecutor)
    throws
  {
    let pool = try kind.make(1)
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let countdown = Countdown(1)
    defer { countdown.clear() }
    let blocker = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let later = try pool.submit(note, 1, diary)
    let dying = try pool.submit(
      retries: 1, priority: .high,
      { (countdown: Countdown, diary: Diary) in
        if countdown.take() { OwnDeath.kill.happen() }
        diary.note(2)
      }, countdown, diary)
    latch.open()
    _ = try blocker.checked()
    try dying.checked()
    _ = try later.checked()
    #expect(diary.entries == [2, 1])
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 a map of low priority waits for everything else`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let (latch, diary) = (try Latch(in: pool), try Diary(in: pool))
    let blocker = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let elements = (0..<20).map { Entry(value: $0, diary: diary) }
    let mapped = try pool.map(elements, chunkSize: 1, priority: .low) { entry in
      note(entry.value, in: entry.diary)
    }
    let tasks = try (100..<120).map { try pool.submit(note, $0, diary) }
    latch.open()
    _ = try blocker.checked()
    for task in tasks { _ = try task.checked() }
    #expect(try mapped.collect() == Array(0..<20))
    #expect(diary.entries == Array(100..<120) + Array(0..<20))
    pool.shutdown()
  }
}

private struct Entry: Codable, Sendable {
  let value: Int
  let diary: Diary
}
