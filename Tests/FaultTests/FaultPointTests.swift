import Echelon
import EchelonMemory
import EchelonPool
import EchelonWire
import Glibc
import Synchronization
import TestSupport
import Testing

@Sendable private func cube(_ x: Int) -> Int { x &* x &* x }

/// A result that says which it is and does not fit into a slot: an outbox or a block holds it.
@Sendable private func filled(_ index: Int, _ count: Int) -> [UInt64] {
  Array(repeating: UInt64(index), count: count)
}

/// How much, and from which random numbers. The long form:
///
///     ECHELON_FAULT_DEATHS=10000 swift test -c release --filter FaultPoints
private struct Plan: Codable {
  let deaths: Int
  let seed: UInt32

  init() {
    deaths = environmentVariable("ECHELON_FAULT_DEATHS").flatMap { Int($0) } ?? 500
    seed = UInt32(truncatingIfNeeded: testSeed("fault points")) | 1
  }

  /// A bound that only a pool that hangs, or a machine that hardly runs, comes to.
  var patience: Duration { .seconds(180 + deaths / 5) }
}

/// Workers that die or stop at named steps of the protocol. Not a part of `Faults`, whose limit is
/// too short for the long form.
@Suite(.serialized, .timeLimit(.minutes(60))) struct FaultPoints {
  @Test func `P10 a worker dies or stops at every named step and every result is right`() async {
    let plan = Plan()
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      [plan = plan as Plan] in
      reporting { try run(plan) }
    }
    print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
  }

  @Test func `points that are not armed strike nobody`() throws {
    let pool = try ProcessPool.quiet(workers: 2)
    let mix = try Mix(pool, seed: 7)
    for _ in 0..<3 { try mix.round() }
    #expect(pool.statistics.deaths == 0)
    #expect(pool.engine.wire.struckFaultPoints.load() == 0)
    #expect(mix.lostJobs == 0)
    pool.shutdown()
  }
}

private func run(_ plan: Plan) throws {
  let (pool, watch) = try ProgressWatch.watching { try .quiet(workers: 3, recorder: $0) }
  defer { watch.stop() }
  let wire = pool.engine.wire
  wire.faultSeed.storeSequential(plan.seed)
  let warden = Warden(of: pool, seed: UInt64(plan.seed))
  let mix = try Mix(pool, seed: UInt64(plan.seed), watch)
  let every = UInt64(1) << UInt64(FaultPoint.allCases.count) - 1
  let end = ContinuousClock.now + plan.patience
  while ContinuousClock.now < end,
    pool.statistics.deaths < plan.deaths || wire.struckFaultPoints.load() != every
  {
    try mix.round()
  }
  // What still runs ends undisturbed.
  wire.faultSeed.storeSequential(0)
  try mix.round()
  try eventually("nobody is stopped") {
    pool.workerProcessIDs.allSatisfy { Machine.state(of: $0) != "T" }
  }
  warden.stop()
  let struck = wire.struckFaultPoints.load()
  let missed = FaultPoint.allCases.filter { struck & 1 << UInt64($0.rawValue) == 0 }
  #expect(missed.isEmpty, "never struck: \(missed)")
  try eventually("all are counted") { pool.statistics.pendingTasks == 0 }
  let statistics = pool.statistics
  #expect(statistics.deaths >= plan.deaths)
  // How many chunks are hit three times in a row is up to the machine.
  #expect(mix.lostJobs < mix.jobs, "\(mix.lostJobs) of \(mix.jobs) jobs")
  #expect(pool.memoryUsage.blockCount < 64)
  print(
    "\(statistics.deaths) deaths, \(warden.stops) stops, \(statistics.retries) retries, "
      + "\(mix.tasks) tasks, \(mix.jobs) jobs of which \(mix.lostJobs) lost, all right")
  pool.shutdown()
  #expect(Machine.children(of: getpid()).isEmpty)
}

/// Work of every kind, with known results.
private final class Mix {
  private let pool: ProcessPool
  private let watch: ProgressWatch?
  private let x: SharedArray<Double>
  private let sum: Double
  private let mapped: [Double]
  private(set) var tasks = 0
  private(set) var jobs = 0
  private(set) var lostJobs = 0
  private let sizes = [2_000, 5_000, 40_000]

  init(_ pool: ProcessPool, seed: UInt64, _ watch: ProgressWatch? = nil) throws {
    self.pool = pool
    self.watch = watch
    let values = mixedMagnitudes(count: 100_000, seed: seed, of: Double.self)
    x = try pool.array(values)
    mapped = values.map { $0 * 0.5 + 1 }
    // The bits that a pool of one gives, undisturbed.
    let calm = try ProcessPool.quiet(workers: 1)
    sum = try calm.start(Reduction<Double>.sum, calm.array(values)).checked()
    calm.shutdown()
  }

  /// Some of everything. Between two parts everyone falls asleep, so that wake-ups are at stake.
  func round() throws {
    for index in 0..<5 { try one(index) }
    let futures = try (0..<300).map { try pool.submit(retries: 1_000_000, cube, $0) }
    // Some end through the collector, some through a caller who sleeps on the slot.
    let told = Mutex(0)
    for future in futures.prefix(100) {
      future.onCompletion { _ in told.withLock { $0 += 1 } }
    }
    let large = try (0..<6).map {
      try pool.submit(retries: 1_000_000, filled, $0, sizes[$0 % sizes.count])
    }
    try job(equals: sum) { try result(of: pool.start(Reduction<Double>.sum, x)) }
    try job(equals: mapped) { Array(try result(of: pool.startMap(x) { $0 * 0.5 + 1 })) }
    for (index, future) in futures.enumerated() {
      let value = try result(of: future)
      if value != cube(index) { Issue.record("the cube of \(index) came as \(value)") }
    }
    for (index, future) in large.enumerated() {
      let value = try result(of: future)
      if value != filled(index, sizes[index % sizes.count]) { Issue.record("result \(index)") }
    }
    try eventually("every callback is made") { told.withLock { $0 == 100 } }
    tasks += futures.count + large.count + 5
  }

  private func result<Value>(of future: Future<Value>) throws -> Value {
    let value = try future.checked()
    watch?.note()
    return value
  }

  private func one(_ index: Int) throws {
    let value = try result(of: pool.submit(retries: 1_000_000, cube, index))
    if value != cube(index) { Issue.record("the cube of \(index) came as \(value)") }
  }

  /// Three deaths in one chunk fail a job; that is allowed, and counted.
  private func job<Value: Equatable>(equals expected: Value, _ body: () throws -> Value) throws {
    jobs += 1
    do {
      if try body() != expected { Issue.record("a job gave other bits") }
    } catch let error as WorkerDied {
      #expect(error.attempts == 3)
      lostJobs += 1
    }
  }
}

/// A thread that looks after workers that have stopped: it lets some go on and kills the others.
private final class Warden: Sendable {
  private let stopped = Gate()
  private let ended = Gate()
  private let count = Mutex(0)

  init(of pool: ProcessPool, seed: UInt64) {
    _ = SystemThread.start(name: "warden") { [self] in
      var random = TestRandom(seed: seed)
      while !stopped.isOpen {
        usleep(1_000)  // how long the stopped stay stopped at least; nothing waits for it
        for worker in pool.workerProcessIDs where Machine.state(of: worker) == "T" {
          count.withLock { $0 += 1 }
          kill(worker, random.next() % 2 == 0 ? SIGCONT : SIGKILL)
        }
      }
      ended.open()
    }
  }

  var stops: Int { count.withLock { $0 } }

  func stop() {
    stopped.open()
    _ = ended.wait(until: nil)
  }
}
