import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

/// How often the initializer has run in each thread of this process.
private let runs = Mutex<[Int32: Int]>([:])
@Sendable private func prepare(_ step: Int) { runs.withLock { $0[threadID(), default: 0] += step } }
@Sendable private func runsHere() -> Int { runs.withLock { $0[threadID()] ?? 0 } }

private struct Unlicensed: Error, Codable, Equatable { var seats: Int }
@Sendable private func refuse(_ countdown: Countdown) throws {
  if countdown.take() { throw Unlicensed(seats: 4) }
}

/// The same, once the test has said so by taking from `gate`.
@Sendable private func refuseLater(_ countdown: Countdown, _ gate: Countdown) throws {
  while gate.taken == 0 { usleep(200) }  // spares the processor; the file decides
  try refuse(countdown)
}

/// Returns only when the test is over.
@Sendable private func hang(_ gate: Countdown) {
  while gate.taken == 0 { usleep(200) }  // spares the processor; the file decides
}

/// Fails for every worker but the first.
@Sendable private func admitOne(_ countdown: Countdown) throws {
  _ = countdown.take()
  if countdown.taken > 1 { throw Unlicensed(seats: 1) }
}

/// How a task of an `InProcessExecutor` comes by it.
private let reached = Mutex<InProcessExecutor?>(nil)

@Suite(.timeLimit(.minutes(2))) struct `An initializer on any executor` {
  @Test(arguments: TestedExecutor.allCases)
  func `P8 runs once in each worker, before its first work`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2, initializer: WorkerInitializer(prepare, 1))
    for _ in 0..<50 { #expect(try pool.submit(runsHere).checked() == 1) }
    try pool.resize(workers: 4)
    #expect(try pool.broadcast(runsHere).map { try $0.checked() } == [1, 1, 1, 1])
    let x = try pool.array(repeating: 0, count: 100_000)
    #expect(
      try pool.startMap(x) { _ in runsHere() }.checked().withSpan { span in
        span.indices.allSatisfy { span[$0] == 1 }
      })
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P8 that throws reaches those who wait as itself, and stops after some attempts`(
    _ kind: TestedExecutor
  ) async throws {
    let (countdown, gate) = (Countdown(100), Countdown(1))
    defer {
      countdown.clear()
      gate.clear()
    }
    let pool = try kind.make(1, initializer: WorkerInitializer(refuseLater, countdown, gate))
    let x = try pool.array(repeating: 1.0, count: 100)
    let futures = try (0..<3).map { try pool.submit(echo, $0) }
    let after = try pool.submit(after: [futures[0]], echo, 1)
    let job = try pool.startMap(x) { $0 + 1 }
    _ = gate.take()
    for future in futures + [after] {
      await #expect(throws: Unlicensed(seats: 4)) { try await future.value }
    }
    await #expect(throws: Unlicensed(seats: 4)) { try await job.value }
    #expect(countdown.taken == 3, "so often it was tried")
    let later = #expect(throws: PoolError.self) { try pool.submit(echo, 1) }
    guard case .initializerFailed(3, let text, _)? = later else {
      Issue.record("not that error: \(String(describing: later))")
      return
    }
    #expect(text.contains("Unlicensed"))
    await #expect(throws: later!) { try await pool.warmUp() }
    #expect(throws: later!) { try pool.startMap(x) { $0 + 1 } }
    #expect(throws: later!) { try pool.broadcast(echo, 1) }
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P8 that fails at first and then not is forgiven`(_ kind: TestedExecutor) throws {
    let countdown = Countdown(2)
    defer { countdown.clear() }
    let pool = try kind.make(1, initializer: WorkerInitializer(refuse, countdown))
    #expect(try pool.submit(echo, 5).checked() == 5)
    #expect(countdown.taken == 2)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P8 that fails in some workers leaves the work to the others`(_ kind: TestedExecutor) throws
  {
    let countdown = Countdown(100)
    defer { countdown.clear() }
    let pool = try kind.make(1, initializer: WorkerInitializer(admitOne, countdown))
    #expect(try pool.submit(echo, 1).checked() == 1)
    try pool.resize(workers: 3)
    #expect(throws: PoolError.self) { try pool.warmUp() }
    #expect(try (0..<200).map { try pool.submit(echo, $0).checked() } == Array(0..<200))
    pool.shutdown()
  }

  @Test func `P8 that fails for the thread that a waiting task needs fails what nobody runs`()
    throws
  {
    let countdown = Countdown(100)
    defer { countdown.clear() }
    let pool = try InProcessExecutor(
      threads: 1, initializer: WorkerInitializer(admitOne, countdown))
    reached.withLock { $0 = pool }
    defer { reached.withLock { $0 = nil } }
    let outer = try pool.submit { () throws -> Int in
      try reached.withLock { $0 }!.submit(echo, 1).result()
    }
    #expect(try outer.failure() as? Unlicensed == Unlicensed(seats: 1))
    pool.shutdown()
  }

  @Test func `P6 P8 that never returns is given up by a shutdown with a deadline`() throws {
    let gate = Countdown(1)
    defer { gate.clear() }
    let pool = try InProcessExecutor(threads: 2, initializer: WorkerInitializer(hang, gate))
    let future = try pool.submit(echo, 1)
    pool.shutdown(deadline: .milliseconds(20))
    #expect(try future.failure() != nil)
    _ = gate.take()  // lets the threads go
  }
}
