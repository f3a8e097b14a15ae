import CoreMetrics
import Echelon
import EchelonMemory
import EchelonPool
import EchelonWire
import Glibc
import Logging
import MetricsTestKit
import Synchronization
import TestSupport
import Testing

private struct Refused: Error, Codable {}
@Sendable private func refuse() throws -> Int { throw Refused() }
@Sendable private func exitThree() -> Int { exit(3) }
@Sendable private func keepBusy(_ milliseconds: Int) {
  let end = ContinuousClock.now + .milliseconds(milliseconds)
  while ContinuousClock.now < end {}
}

/// The processor time that processes have used, in nanoseconds.
private func processorTime(of processes: [Int32]) -> Int {
  processes.reduce(0) { sum, process in
    var clock = clockid_t()
    var used = timespec()
    guard unsafe clock_getcpuclockid(process, &clock) == 0, unsafe clock_gettime(clock, &used) == 0
    else {
      Issue.record("process \(process) has no clock")
      return sum
    }
    return sum + used.tv_sec * 1_000_000_000 + used.tv_nsec
  }
}

extension Observation {
  @Suite struct `The numbers of a pool` {
    @Test(arguments: [0, 50, 2000]) func `P20 show no processor time used at rest`(
      _ microseconds: Int
    ) throws {
      var options = PoolOptions.tested
      options.spin = .microseconds(microseconds)
      let pool = try ProcessPool(workers: 2, options: options)
      try pool.warmUp()
      for index in 0..<50 { #expect(try pool.submit(echo, index).checked() == index) }
      let wire = pool.engine.wire
      #expect(wire.spinNanoseconds == UInt32(microseconds * 1000))
      try eventually("both workers sleep") {
        (0..<2).allSatisfy { wire.seat(SeatIndex($0)).phase == .asleep }
      }
      let workers = pool.workerProcessIDs
      // Said just before the sleep itself; so until two looks agree.
      try eventually("both workers are at rest") {
        let first = processorTime(of: workers)
        usleep(20_000)  // the time in which nothing is to be used
        return processorTime(of: workers) == first
      }
      let before = processorTime(of: workers)
      usleep(200_000)  // as above
      #expect(processorTime(of: workers) == before)
      pool.shutdown()
    }

    @Test func `count what was submitted, completed, failed and run again`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      for index in 0..<20 { _ = try pool.submit(echo, index).checked() }
      _ = try pool.submit(refuse).failure()
      _ = try pool.submit(retries: 2, exitThree).failure()
      let x = try pool.array(repeating: 1.0, count: 200_000)
      _ = try pool.start(Reduction<Double>.sum, x).checked()
      try eventually("all are counted") { pool.statistics.completed == 23 }
      let numbers = pool.statistics
      #expect(numbers.submitted == 23)
      #expect(numbers.failed == 2)
      #expect(numbers.retries == 2)
      #expect(numbers.deaths == 3)
      #expect(numbers.pendingTasks == 0)
      #expect(numbers.readyTasks == 0)
      #expect(numbers.seats.count == 2)
      #expect(numbers.seats.map(\.tasks).reduce(0, +) == 21)
      #expect(numbers.seats.map(\.chunks).reduce(0, +) >= 1)
      #expect(numbers.seats.map(\.deaths).reduce(0, +) == 3)
      #expect(numbers.usedBytes >= 1_600_000)
      #expect(numbers.peakBytes >= numbers.usedBytes)
      try pool.warmUp()
      let warm = pool.statistics
      for seat in warm.seats {
        #expect(seat.processID.map { pool.workerProcessIDs.contains($0) } == true)
        #expect((seat.residentBytes ?? 0) > 100_000)
        #expect(seat.starts >= 1)
      }
      pool.shutdown()
      #expect(pool.statistics.seats.allSatisfy { $0.processID == nil && $0.state == .vacant })
    }

    @Test func `busy time is the time at work, and stands still while a worker sleeps`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      try pool.submit(keepBusy, 200).checked()
      try eventually("the worker sleeps") { pool.engine.wire.seat(SeatIndex(0)).phase == .asleep }
      let first = pool.statistics.seats[0].busy
      #expect(first >= .milliseconds(200))
      let start = ContinuousClock.now
      while ContinuousClock.now < start + .milliseconds(150) { usleep(1000) }  // time under test
      let moment = ContinuousClock.now
      let second = pool.statistics.seats[0].busy
      #expect(second - first < .milliseconds(75), "\(first), then \(second)")
      let third = try pool.submit(keepBusy, 100)
      try third.checked()
      let last = pool.statistics.seats[0].busy
      #expect(last >= second + .milliseconds(100))
      // The sleep before it does not come to count after all.
      #expect(last - second <= ContinuousClock.now - moment)
      pool.shutdown()
    }

    @Test func `outlive the workers that they tell of`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      try pool.submit(keepBusy, 100).checked()
      _ = try pool.submit(exitThree).failure()
      let numbers = pool.statistics
      #expect(numbers.seats[0].busy >= .milliseconds(100))
      #expect(numbers.seats[0].tasks == 1)
      #expect(numbers.seats[0].deaths == 1)
      pool.shutdown()
    }

    @Test func `are what another process reads in the arena`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let x = try pool.array(repeating: 1.0, count: 100_000)
      for index in 0..<10 { _ = try pool.submit(echo, index).checked() }
      _ = try pool.submit(exitThree).failure()
      let arenas = try ObservedArena.all(of: getpid())
      let arena = try #require(arenas.first { $0.identity == pool.engine.arena.identity })
      let view = try PoolView(arena)
      let numbers = pool.statistics
      #expect(view.shownSeats == 0..<2)
      #expect(Int(view.frontEnd.deaths.load()) == numbers.deaths)
      #expect(Int(view.frontEnd.usedBytes.load()) == numbers.usedBytes)
      #expect(Int(view.frontEnd.limitBytes.load()) == pool.memoryLimit)
      #expect((0..<2).map { Int(view.seat($0).tasksRun.load()) }.reduce(0, +) == 10)
      withExtendedLifetime(x) {}
      pool.shutdown()
      #expect(view.isClosing)
    }
  }

  @Suite struct `Metrics` {
    @Test func `are what has been added since the last time, under the pool's name`() throws {
      let metrics = TestMetrics()
      MetricsSystem.bootstrap(metrics)  // for this process; no other test asks for metrics
      var options = PoolOptions.quiet
      options.metrics = PoolMetricsOptions(every: .milliseconds(5), pool: "under test")
      do {
        let pool = try ProcessPool(workers: 1, options: options)
        for index in 0..<25 { _ = try pool.submit(echo, index).checked() }
        _ = try pool.submit(exitThree).failure()
        try eventually("the numbers are sent") {
          (try? metrics.expectCounter("echelon_worker_deaths", [("pool", "under test")]))?
            .totalValue == 1
        }
        for index in 0..<5 { _ = try pool.submit(echo, index).checked() }
        pool.shutdown()
      }
      // The last ones are sent when the pool goes.
      func total(_ name: String) throws -> Int64 {
        try metrics.expectCounter(name, [("pool", "under test")]).totalValue
      }
      #expect(try total("echelon_tasks_submitted") == 31)
      #expect(try total("echelon_tasks_completed") == 31)
      #expect(try total("echelon_tasks_failed") == 1)
      #expect(try total("echelon_worker_tasks") == 30)
      #expect(try total("echelon_worker_busy_nanoseconds") > 0)
      let gauge = try metrics.expectGauge("echelon_tasks_pending", [("pool", "under test")])
      #expect(gauge.lastValue == 0)
      let durations = try metrics.expectTimer("echelon_task_duration", [("pool", "under test")])
      #expect(durations.values.contains { $0 > 0 })
      // Means of disjoint stretches of the busy time, of a task or more each.
      let busy = try total("echelon_worker_busy_nanoseconds")
      #expect(durations.values.reduce(0, +) <= busy)
    }
  }

  @Suite struct `The log` {
    @Test func `says what happened at the level it deserves, with its values`() throws {
      let log = Log()
      var logger = Logger(label: "test") { _ in log }
      logger.logLevel = .trace
      var options = PoolOptions.quiet
      options.logger = logger
      let pool = try ProcessPool(workers: 1, options: options)
      try pool.resize(workers: 1)
      _ = try pool.submit(retries: 1, exitThree).failure()
      _ = try pool.submit(echo, 1).checked()
      pool.shutdown()
      try eventually("the end is logged") { log.entries.contains { $0.message == "pool ended" } }
      func levels(_ message: String) -> [Logger.Level] {
        log.entries.filter { $0.message == message }.map(\.level)
      }
      #expect(levels("pool made") == [.debug])
      #expect(levels("worker started") == [.debug, .debug, .debug])
      #expect(levels("worker died") == [.warning, .warning])
      #expect(levels("runs again, its worker died") == [.notice])
      #expect(levels("given up, its workers died") == [.error])
      #expect(levels("worker ended") == [.debug])
      #expect(levels("pool resized") == [], "it was not")
      #expect(levels("worker recycled") == [])
      let lost = try #require(log.entries.first { $0.level == .error })
      #expect(lost.metadata["attempts"] == "2")
      #expect("\(lost.metadata["what"] ?? "")".contains("StatisticsTests.swift"))
    }

    @Test func `says that workers were recycled, and that the pool was resized`() throws {
      let log = Log()
      var logger = Logger(label: "test") { _ in log }
      logger.logLevel = .info
      var options = PoolOptions.tested
      options.maxTasksPerWorker = 2
      options.logger = logger
      let pool = try ProcessPool(workers: 1, options: options)
      try pool.resize(workers: 3)
      try pool.resize(workers: 1)
      for index in 0..<4 { _ = try pool.submit(echo, index).checked() }
      func entries(_ message: String) -> [Log.Entry] {
        log.entries.filter { $0.message == message }
      }
      try eventually("two workers have been recycled") { entries("worker recycled").count == 2 }
      pool.shutdown()
      #expect(entries("worker recycled").allSatisfy { $0.level == .info })
      #expect(entries("worker recycled").allSatisfy { $0.metadata["seat"] == "0" })
      #expect(Set(entries("worker recycled").map { "\($0.metadata["pid"]!)" }).count == 2)
      #expect(
        entries("pool resized").map { "\($0.metadata["from"]!) \($0.metadata["to"]!)" }
          == ["1 3", "3 1"])
      #expect(entries("worker died").isEmpty)
    }
  }
}

/// Keeps what is logged.
private final class Log: LogHandler, Sendable {
  struct Entry: Sendable {
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata
  }
  private let kept = Mutex<[Entry]>([])
  var entries: [Entry] { kept.withLock { $0 } }
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }
  func log(event: LogEvent) {
    kept.withLock {
      $0.append(
        Entry(
          level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:]))
    }
  }
}
