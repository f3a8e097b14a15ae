import Echelon
import Glibc
import TestSupport
import Testing

// In processes of their own, where nothing else opens files, starts threads or has children.

/// One pool's life: tasks, a map, a reduction, and an end.
private func useOnce(_ workers: Int, killing: Bool, shuttingDown: Bool) throws {
  let pool = try ProcessPool.quiet(workers: workers, memoryLimit: 64 << 20)
  let futures = try (0..<20).map { try pool.submit(retries: 100, echo, $0) }
  let x = try pool.array(repeating: 2.0, count: 40_000)
  let y = try pool.startMap(x) { $0 * 2 }
  if killing, let pid = pool.workerProcessIDs.first { kill(pid, SIGKILL) }
  #expect(try futures.map { try $0.checked() } == Array(0..<20))
  #expect(try pool.start(Reduction<Double>.sum, y.checked()).checked() == 160_000)
  if shuttingDown { pool.shutdown() }
}

/// What a process holds that it could lose.
private struct Holdings: Equatable, CustomStringConvertible {
  let descriptors = Machine.poolDescriptors.count
  let threads = Machine.threadNames.filter { $0.hasPrefix("echelon") }.count
  let children = Machine.children(of: getpid()).count
  var description: String { "\(descriptors) descriptors, \(threads) threads, \(children) children" }
}

private struct NotToday: Error, Codable, Equatable {}

/// The life of a pool that gets no worker.
private func failOnce(_ method: StartMethod, preload: Bool, shuttingDown: Bool) throws {
  var options = PoolOptions.quiet
  options.start = method
  options.memoryLimit = 64 << 20
  let failing = try WorkerInitializer { throw NotToday() }
  if preload { options.preload = failing } else { options.initializer = failing }
  let pool = try ProcessPool(workers: 2, options: options)
  #expect(throws: NotToday()) { try pool.submit(echo, 1).checked() }
  #expect(throws: PoolError.self) { try pool.warmUp() }
  if shuttingDown { pool.shutdown() }
}

private func checkNoLeak(killing: Bool, shuttingDown: Bool) throws {
  try checkNoLeak(50) { try useOnce(2, killing: killing, shuttingDown: shuttingDown) }
}

private func checkNoLeak(_ count: Int, _ live: () throws -> Void) throws {
  for _ in 0..<3 { try live() }
  // Threads and workers of pools that were dropped, not shut down, end in their own time.
  try eventually("the first pools are gone") {
    Machine.threadNames.allSatisfy { !$0.hasPrefix("echelon") }
      && Machine.children(of: getpid()).isEmpty
  }
  let before = Holdings()
  let (memory, mappings) = (Machine.privateBytes, Machine.mappingCount)
  for _ in 0..<count { try live() }
  try eventually("everything is as before: \(before), now \(Holdings())") { Holdings() == before }
  #expect(Machine.mappingCount <= mappings + 20)
  #expect(Machine.privateBytes < memory + 16 << 20)
  #expect(Machine.namedSharedMemory == [])
}

/// How much private memory a task takes that waits behind another one, and its future.
private func checkWaitingTasks(_ count: Int) throws {
  let pool = try ProcessPool.quiet(workers: 1, memoryLimit: 64 << 20)
  let gate = try pool.array(repeating: Int32(0), count: 1)
  let blocked = try pool.submit(
    { (gate: SharedArray<Int32>) in
      while gate[0] == 0 { usleep(500) }  // what it waits for is the measurement
    }, gate)
  var futures: [Future<Int>] = []
  futures.reserveCapacity(count)
  let before = Machine.privateBytes
  for index in 0..<count { futures.append(try pool.submit(echo, index)) }
  let each = (Machine.privateBytes - before) / count
  gate[0] = 1
  try blocked.checked()
  var sum = 0
  for future in futures { sum += try future.checked() }
  #expect(sum == count * (count - 1) / 2)
  #expect(each < waitingTaskLimit, "\(each) bytes for each of \(count) tasks")
}

#if DEBUG
  /// A debug build wraps functions in others, so that the call does not fit the task itself.
  private let waitingTaskLimit = 384
#else
  private let waitingTaskLimit = 256
#endif

extension Faults {
  @Suite struct `A task that waits for a slot` {
    @Test func `takes few bytes of the front end, its future included`() async throws {
      await #expect(processExitsWith: .success) {
        reporting { try checkWaitingTasks(100_000) }
      }
    }
  }

  @Suite struct `Fifty pools` {
    @Test func `leave no descriptor, thread, process or memory behind`() async throws {
      await #expect(processExitsWith: .success) {
        reporting { try checkNoLeak(killing: false, shuttingDown: true) }
      }
    }

    @Test func `leave nothing behind when workers were killed in them`() async throws {
      await #expect(processExitsWith: .success) {
        reporting { try checkNoLeak(killing: true, shuttingDown: true) }
      }
    }

    @Test func `P15 leave nothing behind when they are just dropped`() async throws {
      await #expect(processExitsWith: .success) {
        reporting { try checkNoLeak(killing: false, shuttingDown: false) }
      }
    }
  }

  @Suite struct `Pools whose initializer fails` {
    @Test(arguments: [StartMethod.spawn, .forkServer])
    func `P8 leave no descriptor, thread, process or memory behind`(_ method: StartMethod)
      async throws
    {
      await #expect(processExitsWith: .success) { [method = method as StartMethod] in
        reporting {
          try checkNoLeak(10) { try failOnce(method, preload: false, shuttingDown: true) }
          try checkNoLeak(5) { try failOnce(method, preload: false, shuttingDown: false) }
        }
      }
    }

    @Test func `P8 leave nothing behind when it fails in the template`() async throws {
      await #expect(processExitsWith: .success) {
        reporting {
          try checkNoLeak(10) { try failOnce(.forkServer, preload: true, shuttingDown: true) }
        }
      }
    }
  }

  @Suite struct `A pool that has ended` {
    @Test func `P6 writes into no file that was opened since`() async throws {
      await #expect(processExitsWith: .success) {
        reporting { try endAndGoOn() }
      }
    }
  }

  @Suite struct `A subprocess of a task` {
    @Test func `has neither the arena nor the marker of a worker`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let open = try pool.submit { () -> [Int32] in
        // What would survive an exec.
        (3..<64).filter { number in
          let flags = fcntl(Int32(number), F_GETFD)
          return flags >= 0 && flags & FD_CLOEXEC == 0
        }.map(Int32.init)
      }.checked()
      #expect(open == [])
      let marker = try pool.submit { () -> Bool in unsafe getenv("ECHELON_WORKER") == nil }
        .checked()
      #expect(marker)
      pool.shutdown()
    }
  }

  @Suite struct `Two pools` {
    @Test func `P18 do not notice each other's deaths`() throws {
      let (first, second) = (try ProcessPool.quiet(workers: 2), try ProcessPool.quiet(workers: 2))
      let latch = try Latch(in: first)
      let held = try first.submit(hold, latch)
      _ = try latch.arrived()
      try second.warmUp()
      for pid in second.workerProcessIDs { kill(pid, SIGKILL) }
      #expect(try (0..<100).map { try second.submit(echo, $0).checked() } == Array(0..<100))
      second.shutdown()
      #expect(held.isRunning)
      latch.open()
      #expect(try held.checked() == latch.processID)
      #expect(first.statistics.deaths == 0)
      first.shutdown()
    }
  }
}

/// Runs in a process of its own.
private func endAndGoOn() throws {
  var pool: ProcessPool? = try ProcessPool.quiet(workers: 2)
  #expect(try pool?.submit(echo, 1).checked() == 1)
  pool?.shutdown()
  // These take the numbers of the descriptors that the pool has closed.
  let temporary: Int32 = 0o20_200_000  // O_TMPFILE, which is not imported
  let files = (0..<32).map { _ in unsafe open("/tmp", temporary | O_RDWR, 0o600) }
  #expect(files.allSatisfy { $0 >= 0 })
  pool?.shutdown()
  #expect(throws: PoolError.shutDown) { try pool?.warmUp() }
  pool = nil
  for file in files { #expect(lseek(file, 0, SEEK_END) == 0, "written to") }
}
