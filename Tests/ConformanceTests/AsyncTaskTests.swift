import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

private struct Odd: Error, Codable, Equatable { var number: Int }

@Sendable private func half(_ n: Int) async throws -> Int {
  await Task.yield()
  guard n % 2 == 0 else { throw Odd(number: n) }
  return n / 2
}

@Sendable private func greet() async -> String {
  await Task.yield()
  return "hello from a function without arguments"
}

/// Sleeps until it is cancelled.
@Sendable private func sleepLong(_ latch: Latch) async throws -> Int {
  latch.arrive()
  try await Task.sleep(for: .seconds(3600))  // longer than any test: only the cancellation ends it
  return 1
}

/// Sees that it is to stop, and returns a value all the same.
@Sendable private func shrug(_ latch: Latch) async -> Bool {
  latch.arrive()
  // It sleeps to spare the processor: the cancellation ends the loop.
  while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }  // the flag decides
  return CurrentTask.isCancelled
}

/// Heeds nothing.
@Sendable private func hold(_ latch: Latch) async -> Int {
  await Task.yield()
  latch.pass()
  return 1
}

private func isInSwiftTask() -> Bool {
  unsafe withUnsafeCurrentTask { task in unsafe task != nil }
}

@MainActor private var visits = 0
@MainActor private func visit(_ count: Int) -> Int {
  visits += 1
  return count + 1
}

@Suite(.timeLimit(.minutes(2))) struct `An async task` {
  @Test(arguments: TestedExecutor.allCases)
  func `runs function references, closures and what they captured`(_ kind: TestedExecutor)
    async throws
  {
    let pool = kind.shared
    #expect(try await pool.submit(half, 84).value == 42)
    #expect(try await pool.submit(greet).value.hasPrefix("hello"))
    let (k, text, list) = (
      opaque(3), opaque("a text of more than fifteen bytes"), opaque([1.0, 2])
    )
    let inner: @Sendable (Int) async -> Int = { n in
      await Task.yield()
      return n + k
    }
    let plain: @Sendable (Int) -> Int = { $0 * k }
    #expect(try await pool.submit { await Task.yield() }.value == ())
    #expect(
      try await pool.submit {
        await Task.yield()
        return k
      }.value == 3)
    #expect(
      try await pool.submit {
        await Task.yield()
        return "\(text) \(k)"
      }.value == "\(text) 3")
    #expect(
      try await pool.submit {
        await Task.yield()
        return list[0] + list[1]
      }.value == 3)
    #expect(try await pool.submit { await inner(4) }.value == 7)
    #expect(try await pool.submit { await inner(plain(4)) }.value == 15)
    #expect(
      try await pool.submit({ (a: Int, b: String) in await inner(a).description + b }, 1, "!").value
        == "4!")
    let shared = try pool.array(repeating: 2.0, count: 1000)
    #expect(
      try await pool.submit {
        await Task.yield()
        return Array(shared).reduce(0, +)
      }.value == 2000)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is one only if it awaits: the plain closure stays what it was`(_ kind: TestedExecutor)
    throws
  {
    let pool = kind.shared
    #expect(try !pool.submit { isInSwiftTask() }.checked())
    #expect(try pool.submit { () async -> Bool in isInSwiftTask() }.checked())
    if kind != .inProcess {
      let pool = try #require(pool as? ProcessPool)
      #expect(try !pool.submit { isInSwiftTask() }.checked())
      #expect(try pool.submit(echo, 5).checked() == 5)
      #expect(try pool.submit(half, 10).checked() == 5)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F6 throws its own error, and has child tasks of its own`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    #expect(try pool.submit(half, 7).failure() as? Odd == Odd(number: 7))
    let sum = try pool.submit(
      { (n: Int) async -> Int in
        await withTaskGroup(of: Int.self) { group in
          for index in 0..<n {
            group.addTask {
              await Task.yield()
              return index
            }
          }
          return await group.reduce(0, +)
        }
      }, 100)
    #expect(try sum.checked() == 4950)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 is refused for what cannot travel`(_ kind: TestedExecutor) throws {
    final class Box: Sendable { let n = 1 }
    let pool = kind.shared
    let box = Box()
    let error = #expect(throws: TransferError.self) {
      try pool.submit {
        await Task.yield()
        return box.n
      }
    }
    #expect("\(try #require(error))".contains("Box"))
    let inner: @Sendable () async -> Int = { box.n }
    #expect(throws: TransferError.self) { try pool.submit { await inner() } }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F3 sees in Task.isCancelled that it is to stop`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let sleeping = try pool.submit(sleepLong, latch)
    _ = try latch.arrived()
    #expect(!sleeping.cancel())
    #expect(try sleeping.failure() is CancellationError)
    #expect(sleeping.isCancelled)
    let shrugging = try pool.submit(shrug, latch)
    _ = try latch.arrived(2)
    #expect(!shrugging.cancel())
    #expect(try shrugging.checked())
    #expect(try !pool.submit { () async -> Bool in Task.isCancelled }.checked())
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F3 P5 is stopped by force and by its deadline`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let latch = try Latch(in: pool)
    let forced = try pool.submit(hold, latch)
    _ = try latch.arrived()
    #expect(forced.cancel(.force))
    #expect(try forced.failure() is CancellationError)
    let late = try pool.submit(deadline: .milliseconds(30), hold, latch)
    guard case .deadlineExceeded? = try late.failure() as? PoolError else {
      Issue.record("\(late)")
      return
    }
    #expect(try pool.submit(half, 4).checked() == 2)
    #expect(pool.deaths == 0)
    pool.shutdown()
    latch.open()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `goes to the main actor of where it runs and comes back`(_ kind: TestedExecutor) async throws
  {
    let pool = try kind.make(1)
    for _ in 0..<3 {
      let count = try pool.submit { () async -> Int in
        var count = 0
        for _ in 0..<100 { count = await visit(count) }
        return count
      }
      #expect(try await count.value == 100)
    }
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P13 hands work to its own executor and awaits it`(_ kind: TestedExecutor) async throws {
    let nested = try Nested(on: kind)
    let sum = try nested.executor.submit(
      { (key: Int) async throws -> Int in
        var sum = 0
        for n in 1...5 {
          sum += try await Nested.at(key).submit(echo, n).value
          sum += try await Nested.at(key).submit(half, 2 * n).value
        }
        return sum
      }, nested.key)
    #expect(try await sum.value == 30)
    await nested.executor.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P10 is run again, and begins after others`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let countdown = Countdown(2)
    defer { countdown.clear() }
    let promise = Promise<Int>()
    let future = try pool.submit(
      retries: RetryPolicy(3, errors: { $0 is Odd }), after: [promise.future],
      { (countdown: Countdown) async throws -> Int in
        await Task.yield()
        if countdown.take() { throw Odd(number: countdown.taken) }
        return countdown.taken
      }, countdown)
    #expect(future.state == .pending)
    try promise.succeed(1)
    #expect(try future.checked() == 2)
    let failing = try pool.submit(half, 1)
    #expect(try pool.submit(after: [failing], half, 2).failure() as? Odd == Odd(number: 1))
    pool.shutdown()
  }

  @Test func `P10 dies as others do`() throws {
    let pool = try ProcessPool.quiet(workers: 1)
    let dying = try pool.submit { () async -> Int in
      await Task.yield()
      OwnDeath.abort.happen()
    }
    #expect(try dying.failure() is WorkerDied)
    #expect(try pool.submit(half, 4).checked() == 2)
    pool.shutdown()
  }
}

@inline(never) private func opaque<Value>(_ value: Value) -> Value { value }
