import Echelon
import Glibc
import TestSupport
import Testing

private struct Report: Error, Codable, Equatable { var text: String }

/// Says who it is and ends as told.
@Sendable private func die(_ latch: Latch, _ how: OwnDeath) -> Int {
  latch.arrive()
  how.happen()
}

/// Ends as told for as long as the countdown says so.
@Sendable private func dieAtFirst(_ latch: Latch, _ countdown: Countdown, _ how: OwnDeath) -> Int32
{
  latch.arrive()
  if countdown.take() { how.happen() }
  return getpid()
}

extension Faults {
  @Suite struct `A worker that dies in a task` {
    static func expectedCauses(_ how: OwnDeath) -> [WorkerDied.Cause] {
      switch how {
      case .kill: [.signalled(SIGKILL)]
      case .exitZero: [.exited(code: 0)]
      case .exitThree: [.exited(code: 3)]
      case .abort: [.signalled(SIGABRT)]
      case .badAccess, .stackOverflow: [.signalled(SIGSEGV)]
      // Which trap instruction the compiler chooses is its business.
      case .fatalError, .trap: [.signalled(SIGILL), .signalled(SIGTRAP), .signalled(SIGABRT)]
      }
    }

    @Test(arguments: OwnDeath.allCases)
    func `P10 P11 fails its future with who and how, and the pool goes on`(_ how: OwnDeath) throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let lost = try pool.submit(die, latch, how)
      let next = try pool.submit(echo, 7)
      let error = try lost.failure()
      let death = try #require(error as? WorkerDied)
      #expect(death.processID == latch.processID)
      #expect(Self.expectedCauses(how).contains(death.cause), "\(death)")
      #expect(death.attempts == 1)
      #expect(death.chunk == nil)
      #expect(latch.arrivals == 1, "a task without retries ran again")
      #expect(death.description.contains("\(death.processID)"))
      // What was queued behind it does not notice.
      #expect(try next.checked() == 7)
      let x = try pool.array(repeating: 1.5, count: 100_000)
      #expect(try pool.start(Reduction<Double>.sum, x).checked() == 150_000)
      #expect(pool.statistics.deaths == 1)
      pool.shutdown()
      #expect(pool.statistics.workers == 0)
      #expect(Machine.isGone(death.processID))
    }

    @Test func `P10 names the place of its own task, whatever else was handed over by then`() throws
    {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let line: UInt = #line + 1
      let first = try pool.submit(die, latch, .kill)
      let second = try pool.submit { die(latch, .kill) }
      for (offset, future) in [first, second].enumerated() {
        let death = try #require(try future.failure() as? WorkerDied)
        let place = "WorkerDeathTests.swift:\(line + UInt(offset))"
        #expect(death.what.contains(place), "\(death.what)")
        #expect(death.what.contains("closure #") == (offset == 1), "\(death.what)")
      }
    }

    @Test func `P10 names the function that it ran, and where that was handed over`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      func what(_ future: Future<some Sendable>) throws -> String {
        try #require(try future.failure() as? WorkerDied).what
      }
      let function = try what(pool.submit(die, latch, .kill))
      #expect(
        function.contains("WorkerDeathTests.swift:") && function.contains("die"), "\(function)")
      let capturing = try what(pool.submit { die(latch, .kill) })
      #expect(
        capturing.contains("closure #"), "\(capturing)")
      let each = try pool.submit(each: [OwnDeath.kill]) { die(latch, $0) }
      let one = try what(each[0])
      #expect(one.contains("WorkerDeathTests.swift:"), "\(one)")
      let element = try pool.map([OwnDeath.exitZero]) { die(latch, $0) }.map { $0 }[0]
      guard case .failure(let error as WorkerDied) = element else {
        Issue.record("\(element)")
        return
      }
      #expect(error.what.contains("an element of the map at"), "\(error.what)")
      #expect(error.what.contains("closure"), "\(error.what)")
      pool.shutdown()
    }

    @Test func `P10 is replaced, and its task runs again as often as retries say`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let latch = try Latch(in: pool)
      let countdown = Countdown(3)
      defer { countdown.clear() }
      let future = try pool.submit(retries: 3, dieAtFirst, latch, countdown, .kill)
      #expect(try future.checked() == latch.processID)
      #expect(latch.arrivals == 4)
      #expect(countdown.taken == 3)
      #expect(pool.statistics.retries == 3)
      #expect(pool.statistics.deaths == 3)
      pool.shutdown()
    }

    @Test func `P10 fails for good when the retries are used up`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let latch = try Latch(in: pool)
      let countdown = Countdown(9)
      defer { countdown.clear() }
      let future = try pool.submit(retries: 2, dieAtFirst, latch, countdown, .abort)
      let error = try #require(try future.failure() as? WorkerDied)
      #expect(error.attempts == 3)
      #expect(latch.arrivals == 3)
      #expect(error.cause == .signalled(SIGABRT))
      #expect(error.processID == latch.processID)
      #expect(error.description.contains("after 3 attempts"))
      pool.shutdown()
    }

    @Test func `P11 may be stopped before it is killed, and the others work on meanwhile`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let latch = try Latch(in: pool)
      let held = try pool.submit(hold, latch)
      let pid = try latch.arrived()
      kill(pid, SIGSTOP)
      try eventually("the worker is stopped") { Machine.state(of: pid) == "T" }
      for i in 0..<200 { #expect(try pool.submit(echo, i).checked() == i) }
      #expect(held.isRunning)
      kill(pid, SIGKILL)
      let error = try #require(try held.failure() as? WorkerDied)
      #expect(error.cause == .signalled(SIGKILL))
      #expect(error.processID == pid)
      pool.shutdown()
    }

    @Test func `P11 goes on after SIGSTOP and SIGCONT as if nothing had been`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let held = try pool.submit(hold, latch)
      let pid = try latch.arrived()
      kill(pid, SIGSTOP)
      try eventually("the worker is stopped") { Machine.state(of: pid) == "T" }
      latch.open()
      #expect(throws: PoolError.timedOut) { try held.result(timeout: .zero) }
      kill(pid, SIGCONT)
      #expect(try held.checked() == pid)
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
    }

    @Test func `P10 fails only what it ran, of many`() throws {
      let pool = try ProcessPool.quiet(workers: 3)
      let latch = try Latch(in: pool)
      let quick = try (0..<500).map { try pool.submit(echo, $0) }
      let lost = try pool.submit(die, latch, .kill)
      let more = try (500..<1000).map { try pool.submit(echo, $0) }
      #expect(try lost.failure() is WorkerDied)
      #expect(try (quick + more).map { try $0.checked() } == Array(0..<1000))
      pool.shutdown()
    }

    @Test func `P10 all workers at once: with retries everything is done, by others`() throws {
      let pool = try ProcessPool.quiet(workers: 3)
      let latches = try (0..<3).map { _ in try Latch(in: pool) }
      let held = try latches.map { try pool.submit(retries: 1, hold, $0) }
      let first = try latches.map { try $0.arrived() }
      #expect(Set(first).count == 3)
      for pid in first { kill(pid, SIGKILL) }
      let second = try latches.map { try $0.arrived(2) }
      #expect(Set(second).isDisjoint(with: first))
      for latch in latches { latch.open() }
      #expect(try held.map { try $0.checked() } == second)
      pool.shutdown()
    }

    @Test func `P10 all workers at once: without retries every running task says so`() throws {
      let pool = try ProcessPool.quiet(workers: 3)
      let latches = try (0..<3).map { _ in try Latch(in: pool) }
      let held = try latches.map { try pool.submit(hold, $0) }
      let pids = try latches.map { try $0.arrived() }
      for pid in pids { kill(pid, SIGKILL) }
      for (future, pid) in zip(held, pids) {
        #expect((try future.failure() as? WorkerDied)?.processID == pid)
      }
      #expect(try pool.submit(echo, "after").checked() == "after")
      pool.shutdown()
    }

    @Test func `P10 reaches async waiters, callbacks and a thread that was blocked before`()
      async throws
    {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let held = try pool.submit(hold, latch)
      let told = Promise<Bool>()
      held.onCompletion { _ in try? told.succeed(true) }
      async let awaited: Bool = {
        do { return try await held.value == 0 } catch { return error is WorkerDied }
      }()
      let pid = try arrival(at: latch)
      kill(pid, SIGKILL)
      #expect(await awaited)
      #expect(try await told.future.value)
      await pool.shutdown()
    }
  }

  @Suite struct `A worker that dies elsewhere` {
    @Test func `P10 idle: the next task finds another`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      for round in 1...5 {
        let victims = pool.workerProcessIDs
        #expect(victims.count == 2)
        for pid in victims { kill(pid, SIGKILL) }
        try eventually("the deaths are seen") { pool.statistics.deaths == 2 * round }
        #expect(try pool.submit(echo, round).checked() == round)
        try pool.warmUp()
      }
      pool.shutdown()
    }

    @Test func `P10 stopped while idle, then killed: no task waits for it`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let pid = try #require(pool.workerProcessIDs.first)
      kill(pid, SIGSTOP)
      try eventually("the worker is stopped") { Machine.state(of: pid) == "T" }
      let futures = try (0..<100).map { try pool.submit(echo, $0) }
      kill(pid, SIGKILL)
      #expect(try futures.map { try $0.checked() } == Array(0..<100))
      pool.shutdown()
    }

    @Test func `P2 P10 while it starts: others are started until one comes up`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let future = try pool.submit(echo, 1)
      var seen: Set<Int32> = []
      try eventually("ten workers were killed as they appeared") {
        for pid in pool.workerProcessIDs where seen.insert(pid).inserted { kill(pid, SIGKILL) }
        return seen.count >= 10
      }
      // A worker that was quick enough to take the task may have finished it.
      #expect(try future.failure().map { $0 is WorkerDied } ?? true)
      #expect(try pool.submit(echo, 2).checked() == 2)
      pool.shutdown()
    }

    @Test func `P1 one that cannot come up at all breaks the pool with an error, not a loop`()
      async throws
    {
      // In a process of its own: the loader prints what it would do instead of running the worker.
      await #expect(processExitsWith: .success) {
        let pool = try ProcessPool(workers: 2, environment: ["LD_TRACE_LOADED_OBJECTS": "1"])
        let future = try pool.submit(echo, 1)
        let job = try pool.start(Reduction<Double>.sum, pool.array(repeating: 1.0, count: 100))
        let first = await #expect(throws: PoolError.self) { _ = try await future.value }
        let second = await #expect(throws: PoolError.self) { _ = try await job.value }
        for error in [first, second] {
          guard case .workersKeepDying? = error else {
            Issue.record("\(String(describing: error))")
            continue
          }
        }
        #expect(throws: PoolError.self) { try pool.submit(echo, 2) }
        #expect(throws: PoolError.self) { try pool.warmUp() }
        await pool.shutdown()
      }
    }

    @Test func `P2 no address space for the arena: the pool says how much is missing and why`()
      async throws
    {
      await #expect(processExitsWith: .success) {
        reporting {
          let pages = Machine.text(at: "/proc/self/statm")?.split(separator: " ").first
          let bytes = rlim_t((pages.flatMap { Int($0) } ?? 0) * 4096 + 64 << 20)
          var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
          unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
          let error = #expect(throws: ArenaError.self) { try ProcessPool(workers: 1) }
          guard case .cannotMap(let needed, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
          }
          #expect(needed > 64 << 20 && !reason.isEmpty)
        }
      }
    }

    @Test func `P2 too few descriptors: the pool says why, and what it can do it does`()
      async throws
    {
      await #expect(processExitsWith: .success) {
        reporting { try underDescriptorLimit() }
      }
    }
  }
}

/// `arrived()` for async code.
func arrival(at latch: Latch, _ count: Int = 1) throws -> Int32 { try latch.arrived(count) }

/// Runs in a process of its own.
private func underDescriptorLimit() throws {
  let pool = try ProcessPool.quiet(workers: 6)
  #expect(try pool.submit(echo, 1).checked() == 1)
  // Room for two more workers or so, not for five: every lower number is taken first.
  let highest = Machine.descriptors.max() ?? 0
  var last: Int32 = 0
  while last <= highest { last = dup(0) }
  var limit = rlimit(rlim_cur: rlim_t(last + 6), rlim_max: 20_000)
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  let error = #expect(throws: PoolError.self) { try pool.warmUp() }
  guard case .cannotStartWorker(_, let reason)? = error else {
    Issue.record("\(String(describing: error))")
    return
  }
  #expect(!reason.isEmpty)
  #expect(try (0..<100).map { try pool.submit(echo, $0).checked() } == Array(0..<100))
  pool.shutdown()
}
