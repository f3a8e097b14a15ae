import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

/// How long, how often, and from which random numbers. `ECHELON_CHAOS_SECONDS=30` is the long form:
///
///     ECHELON_CHAOS_SECONDS=30 swift test -c release --filter Chaos
private struct Plan: Codable {
  let seconds: Double
  let seed: UInt64

  init() {
    seconds = environmentVariable("ECHELON_CHAOS_SECONDS").flatMap { Double($0) } ?? 4
    seed = testSeed("chaos")
  }

  var milliseconds: Double { seconds >= 30 ? 50 : 20 }
  /// In the short form a worker lives for less than a large task takes in a debug build on a busy
  /// machine; such a task is to come through in the end all the same.
  var retries: Int { seconds >= 30 ? 100 : 100_000 }
  /// Some signals hit the dying.
  var fewestDeaths: Int { seconds >= 30 ? 500 : Int(seconds * 1_000 / milliseconds * 0.25) }
}

@Sendable private func collatz(_ start: Int) -> Int {
  var (x, steps) = (start, 0)
  while x != 1 {
    x = x % 2 == 0 ? x / 2 : 3 * x + 1
    steps += 1
  }
  return steps
}

// A few milliseconds in any build: what takes as long as a worker lives would never end.
@Sendable private func reversed(_ values: [Double]) -> [Double] { values.reversed() }

extension Faults {
  @Suite struct Chaos {
    @Test func `P10 a worker dies every few milliseconds and every result is right`() async throws {
      let plan = Plan()
      let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
        [plan = plan as Plan] in
        do { try await run(plan) } catch { Issue.record("\(error)") }
      }
      print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
    }
  }
}

/// What went through the pool, and what did not.
private final class Tally: Sendable {
  struct Counts {
    var tasks = 0
    var jobs = 0
    var lostJobs = 0
  }
  private let counts = Mutex(Counts())
  private let watch: ProgressWatch
  init(_ watch: ProgressWatch) { self.watch = watch }
  /// One of several results that are counted together has come.
  func note() { watch.note() }
  func withLock<R>(_ body: (inout Counts) -> sending R) -> R {
    watch.note()
    return counts.withLock { body(&$0) }
  }
}

private func run(_ plan: Plan) async throws {
  let descriptors = Machine.poolDescriptors
  do {
    let (pool, watch) = try ProgressWatch.watching { try .quiet(workers: 3, recorder: $0) }
    defer { watch.stop() }
    let tally = Tally(watch)
    let clock = ContinuousClock()
    let course = Course(
      pool: pool, fewestDeaths: plan.fewestDeaths, end: clock.now + .seconds(plan.seconds))
    let half = UInt32(plan.milliseconds * 500)
    let killer = Killer(of: pool, every: half...3 * half, seed: plan.seed)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await smallTasks(pool, plan, course, tally) }
      group.addTask { try await largeTasks(pool, plan, course, tally) }
      group.addTask { try await reductions(pool, course, tally, seed: plan.seed) }
      group.addTask { try await maps(pool, course, tally) }
      group.addTask { try await sequences(pool, plan, course, tally) }
      try await group.waitForAll()
    }
    killer.stop()
    try eventually("all are counted") { pool.statistics.pendingTasks == 0 }
    let statistics = pool.statistics
    await pool.shutdown()
    #expect(statistics.deaths >= plan.fewestDeaths, "\(statistics.deaths) deaths")
    // The thread that completed the last futures may still be letting go of what they held.
    try eventually("the blocks are free, of which there are \(pool.memoryUsage)") {
      pool.memoryUsage.blockCount < 32
    }
    let done = tally.withLock { $0 }
    // How many chunks are hit three times in a row is up to the machine.
    #expect(done.lostJobs < done.jobs, "\(done)")
    print("\(statistics.deaths) deaths, \(statistics.retries) retries, \(done), all right")
  }
  #expect(Machine.children(of: getpid()).isEmpty)
  do {
    try eventually("no descriptor is left") { Machine.poolDescriptors.isSubset(of: descriptors) }
  } catch {
    let left = Machine.poolDescriptors.subtracting(descriptors).map(Machine.file(behind:))
    Issue.record("\(error): \(left), threads: \(Machine.threadNames)")
  }
  #expect(Machine.namedSharedMemory == [])
}

/// How long it goes on: for its time, and until enough workers have died; on a busy machine a new worker
/// comes up later than the next signal, which hits a dying one.
private struct Course: Sendable {
  let pool: ProcessPool
  let fewestDeaths: Int
  let end: ContinuousClock.Instant
  /// A bound that only a pool that hangs, or a machine that hardly runs, comes to.
  var limit: ContinuousClock.Instant { end + .seconds(120) }

  var goesOn: Bool {
    let now = ContinuousClock.now
    return now < end || now < limit && pool.statistics.deaths < fewestDeaths
  }
}

private func smallTasks(
  _ pool: ProcessPool, _ plan: Plan, _ course: Course, _ tally: Tally
) async throws {
  let expected = (1...500).map(collatz)
  while course.goesOn {
    let futures = try (1...500).map {
      try pool.submit(retries: RetryPolicy(plan.retries), collatz, $0)
    }
    for (future, value) in zip(futures, expected) {
      #expect(try await future.value == value)
      tally.note()
    }
    tally.withLock { $0.tasks += 500 }
  }
}

private func largeTasks(
  _ pool: ProcessPool, _ plan: Plan, _ course: Course, _ tally: Tally
) async throws {
  let sizes = [5, 300, 3_000, 30_000]
  let inputs = sizes.map { mixedMagnitudes(count: $0, seed: plan.seed, of: Double.self) }
  let expected = inputs.map { Array($0.reversed()) }
  while course.goesOn {
    let futures = try inputs.map {
      try pool.submit(retries: RetryPolicy(plan.retries), reversed, $0)
    }
    for (future, value) in zip(futures, expected) {
      #expect(try await future.value == value)
      tally.note()
    }
    tally.withLock { $0.tasks += sizes.count }
  }
}

/// Three deaths in one chunk fail a job; that is allowed, and counted.
private func job<Value: Equatable & Sendable>(
  _ tally: Tally, equals expected: Value, _ body: () async throws -> Value
) async throws {
  tally.withLock { $0.jobs += 1 }
  do {
    #expect(try await body() == expected)
  } catch let error as WorkerDied {
    #expect(error.attempts == 3)
    tally.withLock { $0.lostJobs += 1 }
  }
}

private func reductions(
  _ pool: ProcessPool, _ course: Course, _ tally: Tally, seed: UInt64
) async throws {
  let x = try pool.array(mixedMagnitudes(count: 400_000, seed: seed, of: Double.self))
  // The bits that a pool of one gives, undisturbed.
  let (sum, moments) = try await withProcessPool(workers: 1) { calm in
    let copy = try calm.array(Array(x))
    return (try await calm.sum(copy), try await calm.moments(copy))
  }
  while course.goesOn {
    try await job(tally, equals: sum) { try await pool.sum(x) }
    try await job(tally, equals: moments) { try await pool.moments(x) }
  }
}

private func maps(_ pool: ProcessPool, _ course: Course, _ tally: Tally) async throws {
  let x = try pool.array(count: 150_001) { Double($0) }
  let expected = (0...150_000).map { Double($0) * 0.5 + 1 }
  while course.goesOn {
    try await job(tally, equals: expected) { Array(try await pool.map(x) { $0 * 0.5 + 1 }) }
    let y = try pool.array(Array(x))
    try await job(tally, equals: expected) {
      Array(try await pool.map(y, with: 0.5, into: y) { $0 * $1 + 1 })
    }
    let z = try pool.array(Array(x))
    try await job(tally, equals: expected) { Array(try await pool.evaluate(z * 0.5 + 1, into: z)) }
  }
}

private func sequences(
  _ pool: ProcessPool, _ plan: Plan, _ course: Course, _ tally: Tally
) async throws {
  let expected = (1...300).map(collatz)
  while course.goesOn {
    let values = try await pool.map(1...300, retries: RetryPolicy(plan.retries)) { collatz($0) }
      .collect()
    #expect(values == expected)
    tally.withLock { $0.tasks += 300 }
  }
}
