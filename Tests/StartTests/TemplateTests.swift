import CEchelon
import Echelon
import EchelonMemory
import Glibc
import Synchronization
import TestSupport
import Testing

extension Starting {
  @Suite struct `A template` {
    @Test func `P2 forks workers, has one thread, and is no worker`() throws {
      let pool = try ProcessPool.forked(workers: 2)
      try pool.warmUp()
      let template = try theTemplate()
      #expect(Set(Machine.children(of: template)) == Set(pool.workerProcessIDs))
      #expect(Machine.list("/proc/\(template)/task").count == 1)
      #expect(try pool.submit(echo, 3).checked() == 3)
      #expect(try pool.submit { getppid() }.checked() == template)
      pool.shutdown()
      #expect(Machine.isGone(template), "the template outlived its pool")
    }

    @Test func `is told of a message that does not fit, and given none of it`() throws {
      var (first, second): (Int32, Int32) = (-1, -1)
      #expect(unsafe echelon_socket_pair(&first, &second) == 0)
      defer { for end in [first, second] { close(end) } }
      let sent = [UInt8](repeating: 7, count: 100)
      var received = [UInt8](repeating: 0, count: 100)
      for (capacity, expected) in [(99, -Int64(EMSGSIZE)), (100, 100), (1, -Int64(EMSGSIZE))] {
        var (kept, given): (Int32, Int32) = (-1, -1)
        #expect(unsafe echelon_socket_pair(&kept, &given) == 0)
        defer { close(kept) }
        #expect(unsafe echelon_socket_send(first, sent, sent.count, &given, 1) == 0)
        close(given)
        var count = 1
        let got = unsafe echelon_socket_receive(second, &received, capacity, &given, &count, -1)
        #expect(got == expected)
        #expect(count == (capacity == 100 ? 1 : 0))
        func isClosed() -> Bool {
          Readiness.wait(for: [kept], timeoutMilliseconds: 0) == [true]
        }
        if count == 1 {
          #expect(!isClosed())
          close(given)
        }
        // In this process at once; in one that another test is forking, when that has come to its program.
        try eventually("nobody holds what was sent") { isClosed() }
      }
    }

    @Test func `does not map the arena`() throws {
      let pool = try ProcessPool.forked(workers: 1)
      try pool.warmUp()
      let maps = try #require(Machine.text(at: "/proc/\(try theTemplate())/maps"))
      let worker = try #require(Machine.text(at: "/proc/\(pool.workerProcessIDs[0])/maps"))
      #expect(sharedMappings(worker) >= 1, "the test knows an arena when it sees one")
      #expect(sharedMappings(maps) == 0)
      pool.shutdown()
    }

    @Test func `P10 tells how its workers ended`() throws {
      let pool = try ProcessPool.forked(workers: 1)
      for (death, cause) in [
        (OwnDeath.kill, WorkerDied.Cause.signalled(SIGKILL)), (.exitThree, .exited(code: 3)),
        (.exitZero, .exited(code: 0)), (.abort, .signalled(SIGABRT)),
      ] {
        let error = try #require(
          try pool.submit({ (death: OwnDeath) in death.happen() }, death).failure() as? WorkerDied)
        #expect(error.cause == cause)
      }
      #expect(try pool.submit(echo, 1).checked() == 1)
      pool.shutdown()
    }

    @Test func `P10 that dies idle takes no worker along, and is made again`() throws {
      let pool = try ProcessPool.forked(workers: 2)
      try pool.warmUp()
      let workers = Set(pool.workerProcessIDs)
      let first = try theTemplate()
      kill(first, SIGKILL)
      try eventually("the template is gone") { Machine.isGone(first) }
      for i in 0..<20 { #expect(try pool.submit(echo, i).checked() == i) }
      #expect(Set(pool.workerProcessIDs) == workers)
      // Nobody is left who could know how this one ends.
      let error = try #require(
        try pool.submit({ OwnDeath.exitThree.happen() }).failure() as? WorkerDied)
      #expect(error.cause == .unknown)
      try pool.warmUp()
      let second = try theTemplate()
      #expect(second != first)
      #expect(pool.workerProcessIDs.count == 2)
      pool.shutdown()
      #expect(Machine.isGone(second))
    }

    @Test func `P10 that dies while workers are busy costs them nothing`() throws {
      let pool = try ProcessPool.forked(workers: 2)
      let latches = try (0..<2).map { _ in try Latch(in: pool) }
      let held = try latches.map { try pool.submit(hold, $0) }
      let pids = try latches.map { try $0.arrived() }
      kill(try theTemplate(), SIGKILL)
      for latch in latches { latch.open() }
      #expect(try held.map { try $0.checked() } == pids)
      #expect(pool.statistics.deaths == 0)
      pool.shutdown()
      try eventually("the workers are gone", within: .seconds(1)) {
        pids.allSatisfy(Machine.isGone)
      }
    }

    @Test func `P10 that is killed again and again while it forks loses no task`() throws {
      let pool = try ProcessPool.forked(workers: 2)
      let seed = testSeed()
      let me = getpid()
      let isOver = Ended()
      let stop = Flag()
      inBackground {
        var random = TestRandom(seed: seed)
        // Fewer than the templates that may end before they are ready.
        for _ in 0..<20 where !stop.isSet {
          for pid in Machine.children(of: me) { kill(pid, SIGKILL) }  // templates only: not workers
          usleep(UInt32(random.next() % 40_000))  // the moment of the next kill
        }
        isOver.open()
      }
      defer {
        stop.set()
        #expect(isOver.wait())
      }
      for i in 0..<60 {
        #expect(try pool.submit(retries: 50, perish, i).failure() == nil, "task \(i), seed \(seed)")
      }
      pool.shutdown()
    }

    @Test func `P2 that cannot come up is an error, not a loop`() throws {
      let pool = try ProcessPool.forked(
        workers: 1, preload: WorkerInitializer { OwnDeath.exitThree.happen() })
      let error = try #require(try pool.submit(echo, 1).failure())
      #expect("\(error)".contains("template"), "\(error)")
      #expect("\(error)".contains("exit"), "\(error)")
      pool.shutdown()
    }

    @Test func `that is stopped is given up and made again`() throws {
      let pool = try ProcessPool.forked(workers: 1)
      try pool.warmUp()
      let first = try theTemplate()
      kill(first, SIGSTOP)
      kill(pool.workerProcessIDs[0], SIGKILL)
      #expect(try pool.submit(retries: 1, echo, 1).checked() == 1)
      #expect(try theTemplate() != first)
      pool.shutdown()
    }

    @Test func `P14 goes with the front end, and the workers with it`() async throws {
      let result = await #expect(
        processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
      ) {
        let pool = try ProcessPool.forked(workers: 2)
        try await pool.warmUp()
        let pids = [try theTemplate()] + pool.workerProcessIDs
        kill(pids[0], SIGSTOP)
        print("processes", pids.map(String.init).joined(separator: " "))
        fflush(nil)
        _ = kill(getpid(), SIGKILL)
      }
      let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
      let line = try #require(
        output.split(separator: "\n").last { $0.hasPrefix("processes") }, "\(output)")
      let pids = line.split(separator: " ").dropFirst().compactMap { Int32($0) }
      #expect(pids.count == 3)
      defer { for pid in pids where !Machine.isGone(pid) { kill(pid, SIGKILL) } }
      try eventually("\(pids) are gone", within: .seconds(1)) { pids.allSatisfy(Machine.isGone) }
    }

    @Test func `P14 that died first leaves workers that still go with the front end`() async throws
    {
      let result = await #expect(
        processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
      ) {
        let pool = try ProcessPool.forked(workers: 2)
        try await pool.warmUp()
        let pids = pool.workerProcessIDs
        let template = try theTemplate()
        kill(template, SIGKILL)
        try eventually("the template is gone") { Machine.isGone(template) }
        print("processes", pids.map(String.init).joined(separator: " "))
        fflush(nil)
        _ = kill(getpid(), SIGKILL)
      }
      let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
      let line = try #require(
        output.split(separator: "\n").last { $0.hasPrefix("processes") }, "\(output)")
      let pids = line.split(separator: " ").dropFirst().compactMap { Int32($0) }
      #expect(pids.count == 2)
      defer { for pid in pids where !Machine.isGone(pid) { kill(pid, SIGKILL) } }
      try eventually("\(pids) are gone", within: .seconds(1)) { pids.allSatisfy(Machine.isGone) }
    }
  }
}

extension ProcessPool {
  /// A pool whose workers are forked and print no backtraces.
  static func forked(workers: Int, preload: WorkerInitializer? = nil) throws -> ProcessPool {
    foreignTemplates.withLock { $0 = Set(templates()) }
    var options = PoolOptions()
    options.start = .forkServer
    options.preload = preload
    options.environment = ["SWIFT_BACKTRACE": "enable=no"]
    return try ProcessPool(workers: workers, options: options)
  }
}

/// The templates of pools that other suites share, which were there before the pool of this test.
private let foreignTemplates = Mutex<Set<Int32>>([])

/// The living children of this process that are called so.
private func templates() -> [Int32] {
  Machine.children(of: getpid()).filter { pid in
    !Machine.isGone(pid)
      && Machine.text(at: "/proc/\(pid)/cmdline")?.hasPrefix("echelon-template") == true
  }
}

/// The template of the pool that this test made last.
func theTemplate() throws -> Int32 {
  var found: [Int32] = []
  try eventually("there is one template") {
    let foreign = foreignTemplates.withLock { $0 }
    found = templates().filter { !foreign.contains($0) }
    return found.count == 1
  }
  return found[0]
}

/// Shared writable mappings of a file without a name, as an arena is.
private func sharedMappings(_ maps: String) -> Int {
  maps.split(separator: "\n").count { $0.contains(" rw-s ") }
}

/// Ends its process every third time it is begun.
@Sendable private func perish(_ index: Int) -> Int {
  if index % 3 == 0, UInt8.random(in: 0..<3) != 0 { OwnDeath.kill.happen() }
  return index
}

/// Set once, by one thread for another.
private final class Flag: Sendable {
  private let state = Mutex(false)
  var isSet: Bool { state.withLock { $0 } }
  func set() { state.withLock { $0 = true } }
}
