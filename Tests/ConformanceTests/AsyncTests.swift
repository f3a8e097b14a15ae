import Echelon
import Glibc
import TestSupport
import Testing

private struct Refusal: Error, Codable, Equatable { var code: Int }

/// `Held` for async code, where blocking calls are not to be had.
private func held(on kind: TestedExecutor) throws -> Held { try Held(on: kind) }
private func end(_ held: Held) throws { try held.end() }

@Suite(.timeLimit(.minutes(2))) struct `Awaiting a future` {
  @Test(arguments: TestedExecutor.allCases)
  func `F12 gives the value or the error, before and after the end`(_ kind: TestedExecutor)
    async throws
  {
    let pool = try kind.make(2)
    let value = try pool.submit(echo, "seven")
    #expect(try await value.value == "seven")
    #expect(try await value.value == "seven")
    await pool.shutdown()
    #expect(try await value.value == "seven")
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 throws the task's own error`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(1)
    let future = try pool.submit({ (code: Int) throws -> Int in throw Refusal(code: code) }, 8)
    await #expect(throws: Refusal(code: 8)) { try await future.value }
    await #expect(throws: Refusal(code: 8)) { try await future.value }
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 cancelling the only waiting Swift task cancels a future that has not begun`(
    _ kind: TestedExecutor
  )
    async throws
  {
    let held = try held(on: kind)
    let future = try held.pool.submit(echo, 1)
    let waiter = Task { try await future.value }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(future.isCancelled)
    try end(held)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 a Swift task that is cancelled before it awaits does not wait`(_ kind: TestedExecutor)
    async throws
  {
    let held = try held(on: kind)
    let future = try held.pool.submit(echo, 1)
    let waiter = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await future.value
    }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(future.isCancelled)
    try end(held)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 while another waits, cancelling one ends only its wait`(_ kind: TestedExecutor)
    async throws
  {
    let held = try held(on: kind)
    let future = try held.pool.submit(echo, 5)
    let first = Task { try await future.value }
    let second = Task { try await future.value }
    while future.waiterCount < 2 { await Task.yield() }
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    #expect(!future.isCancelled)
    held.latch.open()
    #expect(try await second.value == 5)
    await held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 while a thread is blocked on it, cancelling the Swift task does not cancel it`(
    _ kind: TestedExecutor
  )
    async throws
  {
    let held = try held(on: kind)
    let future = try held.pool.submit(echo, 5)
    let told = Promise<Int>()
    inBackground {
      do { try told.succeed(try future.result()) } catch { try? told.fail(error) }
    }
    while future.waiterCount < 1 { await Task.yield() }
    let waiter = Task { try await future.value }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    held.latch.open()
    #expect(try await told.future.value == 5)
    await held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 cancelling the waiter of a running task ends the wait and not the task`(
    _ kind: TestedExecutor
  )
    async throws
  {
    let held = try held(on: kind)
    let waiter = Task { try await held.held.value }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(held.held.isRunning)
    try end(held)
    #expect(held.held.state == .finished)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 a thousand awaits block no cooperative thread`(_ kind: TestedExecutor) async throws {
    let held = try held(on: kind)
    let futures = try (0..<1_000).map { try held.pool.submit(echo, $0) }
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for future in futures { group.addTask { try await future.value } }
      // All of them wait now, and this task, which runs on the same threads, opens the gate.
      while !futures.allSatisfy({ $0.waiterCount == 1 }) { await Task.yield() }
      held.latch.open()
      return try await group.reduce(0, +)
    }
    #expect(sum == 499_500)
    await held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F12 async let over maps, reductions and products`(_ kind: TestedExecutor) async throws {
    try await withExecutor(kind.make(2)) { pool in
      let x = try pool.array(count: 70_000) { Double($0) }
      async let y = pool.map(x) { $0 * 2 }
      async let s = pool.sum(x)
      async let m = pool.moments(x)
      let (doubled, sum, moments) = try await (y, s, m)
      #expect(doubled[69_999] == 139_998)
      #expect(sum == 70_000 * 69_999 / 2)
      #expect(moments.count == 70_000)
    }
  }
}
