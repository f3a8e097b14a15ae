import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

private struct Refusal: Error, Codable, Equatable { var n: Int }
@Sendable private func fibonacci(_ pool: ProcessPool, _ n: Int) throws -> Int {
  if n < 2 { return n }
  let below = try [n - 1, n - 2].map { try pool.submit(fibonacci, pool, $0) }
  return try below[0].result() + below[1].result()
}

/// Spares the processor of whoever looks again and again, or lets others overlap; what is expected does not depend on
/// how long it takes.
private func rest(_ microseconds: UInt32 = 100) { usleep(microseconds) }

@Suite struct `A pool inside its own tasks` {
  @Test(.timeLimit(.minutes(1)))
  func `P13 runs what it is given right there, to any depth`() async throws {
    let pool = try ProcessPool(workers: 1)
    #expect(try await pool.submit(fibonacci, pool, 9).value == 34)
    let futures = try (0..<20).map { try pool.submit(fibonacci, pool, $0 % 7) }
    for (index, future) in futures.enumerated() {
      #expect(try await future.value == [0, 1, 1, 2, 3, 5, 8][index % 7])
    }
    let squares = try pool.submit(
      { (pool: ProcessPool, n: Int) in try pool.map(0..<n, buffer: 3) { $0 * $0 }.collect() },
      pool, 10)
    #expect(try await squares.value == (0..<10).map { $0 * $0 })
    await pool.shutdown()
  }

  /// The main actor is that of the worker, whose main thread is in the task.
  @Test(.timeLimit(.minutes(1)), arguments: TestedExecutor.pools)
  func `P13 has async functions with work for the main actor, and cancels them`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.makePool(1)
    let direct = try pool.submit { () throws -> Int in
      try ProcessPool.current!.submit { await MainActor.run { 42 } }.result()
    }
    #expect(try direct.checked() == 42)
    let onMainActor = try pool.submit { @MainActor () async throws -> Int in
      let inner = try ProcessPool.current!.submit { await MainActor.run { 21 } }
      return try await inner.value * 2
    }
    #expect(try onMainActor.checked() == 42)
    // What was cancelled ends, and the next task is not the one that it asks about.
    let cells = try pool.array(repeating: Int64(0), count: 2)
    let left = try pool.submit { () async throws -> Void in
      let inner = try ProcessPool.current!.submit { () async -> Void in
        cells[0] = 1
        while !Task.isCancelled { await Task.yield() }
        cells[0] = 2
      }
      while cells[0] == 0 { await Task.yield() }
      inner.cancel()
    }
    try left.checked()
    let waiting = try pool.submit { () -> Void in while cells[0] != 2 { rest() } }
    try waiting.checked()
    let outlasting = try pool.submit { () async throws -> Void in
      _ = try ProcessPool.current!.submit { () async -> Void in
        while cells[1] != 2 {
          if Task.isCancelled { cells[1] = 3 }
          await Task.yield()
        }
      }
    }
    try outlasting.checked()
    let asked = try pool.submit { () -> Bool in
      cells[1] = 1
      while !CurrentTask.isCancelled { rest() }
      // Longer than a wish to stop goes unseen.
      rest(50_000)
      defer { cells[1] = 2 }
      return cells[1] == 1
    }
    while cells[1] == 0 { rest() }
    asked.cancel()
    #expect(try asked.checked())
    pool.shutdown()
  }

  /// The log of a map's finished elements is the task's, whatever maps run inside of it.
  @Test(.timeLimit(.minutes(1)), arguments: TestedExecutor.pools, [nil, 1, 10] as [Int?])
  func `P13 P4 maps in the elements of a map, and all values are right`(
    _ kind: TestedExecutor, _ chunkSize: Int?
  ) throws {
    let pool = try kind.makePool(2)
    let sums = try pool.map(0..<300, chunkSize: chunkSize) { n in
      try ProcessPool.current!.map(0..<50, chunkSize: 50) { $0 * n }.collect().reduce(0, +)
    }
    #expect(try sums.collect() == (0..<300).map { 1225 * $0 })
    // The deadline of a task is its own, not that of elements inside.
    let endless = try pool.submit(deadline: .milliseconds(100)) { () throws -> Int in
      var total = 0
      while true {
        total += try ProcessPool.current!.map(0..<50, chunkSize: 50) { $0 }.collect().count
      }
    }
    guard case PoolError.deadlineExceeded? = try endless.failure() else {
      Issue.record("it was not stopped")
      return
    }
    #expect(pool.statistics.deaths == 0)
    pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1)), arguments: TestedExecutor.allCases)
  func `P13 does not wait for room in its own executor`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1, taskLimit: 1)
    Reached.pool.withLock { $0 = pool as? InProcessExecutor }
    defer { Reached.pool.withLock { $0 = nil } }
    let task = try pool.submit { () throws -> Bool in
      let own: (any WorkExecutor)? = ProcessPool.current ?? Reached.pool.withLock { $0 }
      guard let own else { return false }
      do { return try own.submitWhenRoom({ 6 * 7 }).result() == 42 } catch PoolError.wouldDeadlock {
        return true
      }
    }
    #expect(try task.checked())
    pool.shutdown()
  }

  /// How a task of an `InProcessExecutor` comes by it.
  private enum Reached {
    static let pool = Mutex<InProcessExecutor?>(nil)
  }

  @Test(.timeLimit(.minutes(1)))
  func `P13 passes errors on, and says what cannot be done there`() async throws {
    let pool = try ProcessPool(workers: 1)
    let array = try pool.array(repeating: 1.0, count: 100)
    let failing = try pool.submit { () throws -> Int in
      try ProcessPool.current!.submit({ (n: Int) throws -> Int in throw Refusal(n: n) }, 7).result()
    }
    await #expect(throws: Refusal(n: 7)) { try await failing.value }
    let kernel = try pool.submit(
      { (pool: ProcessPool, array: SharedArray<Double>) throws -> Bool in
        do { _ = try pool.start(Reduction<Double>.sum, array) } catch PoolError.wouldDeadlock {
          return true
        }
        return false
      }, pool, array)
    #expect(try await kernel.value)
    let making = try pool.submit(
      { (pool: ProcessPool) throws -> Bool in
        do { _ = try pool.array(repeating: 0, count: 1) } catch ArenaError.insideTask {
          return true
        }
        return false
      }, pool)
    #expect(try await making.value)
    let resizing = try pool.submit { () throws -> Bool in
      let pool = ProcessPool.current!
      pool.terminateWorkers()
      pool.killWorkers()
      guard pool.maximumWorkerCount == 1, pool.workerProcessIDs.isEmpty else { return false }
      do { try pool.resize(workers: 2) } catch PoolError.wouldDeadlock { return true }
      return false
    }
    #expect(try await resizing.value)
    // What a task lets through is itself, too.
    let through = try pool.submit { () throws in try ProcessPool.current!.resize(workers: 2) }
    let error = await #expect(throws: PoolError.self) { try await through.value }
    guard case .wouldDeadlock = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let makingAgain = try pool.submit { () throws in
      _ = try ProcessPool.current!.array(repeating: 0, count: 1)
    }
    await #expect(throws: ArenaError.insideTask) { try await makingAgain.value }
    #expect(ProcessPool.current == nil && !pool.isInsideTask)
    #expect(try await pool.submit({ (pool: ProcessPool) in pool.isInsideTask }, pool).value)
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1)))
  func `P18 a task may have a pool of its own, and pools work side by side`() async throws {
    let first = try ProcessPool(workers: 1)
    let second = try ProcessPool(workers: 1)
    let nested = try first.submit { () throws -> [Int] in
      let pool = try ProcessPool(workers: 1)
      defer { pool.shutdown() }
      let inner = try pool.submit { () throws -> Int in
        let innermost = try ProcessPool(workers: 1)
        defer { innermost.shutdown() }
        return try innermost.submit(echo, 3).result()
      }
      return [try pool.submit(echo, 1).result(), try inner.result()]
    }
    let beside = try (0..<50).map { try second.submit(echo, $0) }
    #expect(try await nested.value == [1, 3])
    for (index, future) in beside.enumerated() { #expect(try await future.value == index) }
    await first.shutdown()
    await second.shutdown()
  }
}

@Suite struct `Many at once` {
  @Test(.timeLimit(.minutes(1)))
  func `F8 a callback may wait for a future, even for one that another callback keeps`() throws {
    let pool = try ProcessPool(workers: 1)
    let (promise, result) = (Promise<Int>(), Promise<Int>())
    let first = try pool.submit(echo, 1)
    first.onCompletion { _ in
      let other = try? pool.submit(echo, 2).result()
      let kept = try? promise.future.result()
      try? result.succeed((other ?? 0) + (kept ?? 0))
    }
    try pool.submit(echo, 3).onCompletion { future in try? promise.succeed(try! future.result()) }
    #expect(try result.future.checked() == 5)

    // Those of one future come one after the other, in the order added, added late or not.
    let order = Mutex<[Int]>([])
    let last = Ended()
    let future = try pool.submit(echo, 1)
    for index in 0..<500 {
      future.onCompletion { _ in
        order.withLock { $0.append(index) }
        if index == 499 { last.open() }
      }
    }
    #expect(last.wait())
    #expect(order.withLock { $0 } == Array(0..<500))
    pool.shutdown()
  }

  @Test(.timeLimit(.minutes(2)))
  func `P18 threads that submit, chain and cancel at random all see their futures end`() throws {
    var options = PoolOptions()
    options.taskLimit = 3_000
    let pool = try ProcessPool(workers: 2, options: options)
    let seed = testSeed()
    let ends = (0..<4).map { _ in Ended() }
    for (index, end) in ends.enumerated() {
      inBackground {
        var random = TestRandom(seed: seed &+ UInt64(index))
        var futures: [Future<Int>] = []
        var isRight = true
        do {
          for step in 0..<600 {
            let priority = WorkPriority.allCases.randomElement(using: &random)!
            let earlier = futures.suffix(20).randomElement(using: &random)
            switch random.next() % 10 {
            case 0..<4:
              futures.append(try pool.submitWhenRoom(priority: priority, echo, step))
            case 4..<7:
              guard let earlier else { continue }
              futures.append(
                try pool.submit(priority: priority, awaiting: earlier) { $0 &+ 1 })
            case 7:
              guard let earlier else { continue }
              if let future = try pool.trySubmit(
                priority: priority, after: [earlier], echo, step)
              {
                futures.append(future)
              }
            case 8: earlier?.cancel()
            default: if let earlier { _ = try? earlier.result(timeout: .milliseconds(1)) }
            }
          }
          for future in futures {
            let error = try future.failure()
            if let error, !(error is CancellationError) { isRight = false }
          }
        } catch { isRight = false }
        end.open(isRight && futures.allSatisfy(\.isDone))
      }
    }
    for end in ends { #expect(end.wait(), "seed \(seed)") }
    #expect(pool.statistics.pendingTasks == 0)
    pool.shutdown()
  }
}
