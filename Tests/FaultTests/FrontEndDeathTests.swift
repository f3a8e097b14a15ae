import Echelon
import Glibc
import TestSupport
import Testing

extension Faults {
  @Suite struct `A front end that is killed` {
    /// What the workers are at when it happens.
    enum Occupation: String, CaseIterable, Codable, Sendable {
      case idle, sleeping, computing, stopped, mapping
    }

    @Test(arguments: Occupation.allCases)
    func `P14 leaves no worker and nothing in /dev/shm`(_ occupation: Occupation) async throws {
      let result = await #expect(
        processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
      ) { [occupation = occupation as Occupation] in
        try frontEnd(occupation)
      }
      let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
      let line = try #require(output.split(separator: "\n").last { $0.hasPrefix("workers") })
      let pids = line.split(separator: " ").dropFirst().compactMap { Int32($0) }
      #expect(pids.count == 2, "\(output)")
      try allGone(pids)
      #expect(Machine.namedSharedMemory == [])
    }

    @Test func `P14 leaves no worker even when a child that it forked lives on`() async throws {
      let path = "/tmp/echelon-test-fork-\(UInt64.random(in: 0..<(.max)))"
      defer { _ = unsafe unlink(path) }
      async let exit = #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
        try forkingFrontEnd(path)
      }
      // The child that lives on is the first number, the workers follow.
      var pids: [Int32] = []
      try eventually("the front end says who is there") {
        guard let text = Machine.text(at: path), text.hasSuffix("\n") else { return false }
        pids = text.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        return true
      }
      defer { kill(pids[0], SIGKILL) }
      #expect(pids.count == 4)
      try eventually("the front end is dead") { Machine.isGone(pids[1]) }
      try allGone(Array(pids[2...]))
      #expect(!Machine.isGone(pids[0]), "the forked child was to live on")
      kill(pids[0], SIGKILL)
      _ = await exit
    }

    @Test func `P14 that ends by exit leaves nothing either, work or no work`() async throws {
      let result = await #expect(
        processExitsWith: .exitCode(7), observing: [\.standardOutputContent]
      ) {
        let pool = try ProcessPool.quiet(workers: 2)
        let latches = try (0..<2).map { _ in try Latch(in: pool) }
        for latch in latches { _ = try pool.submit(hold, latch) }
        let pids = try latches.map { try $0.arrived() }
        announce(pids)
        exit(7)
      }
      let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
      let pids = output.split(separator: " ").compactMap { Int32($0.split(separator: "\n")[0]) }
      #expect(pids.count == 2, "\(output)")
      try allGone(pids)
    }

    @Test func `P14 P18 pools within pools go with the outermost`() async throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let inner = try pool.submit(nest, latch)
      let outer = try arrival(at: latch)
      // With a template between them the workers are its children.
      let nested = Machine.children(of: outer).flatMap { [$0] + Machine.children(of: $0) }
      #expect(nested.count >= 2)
      kill(outer, SIGKILL)
      await #expect(throws: WorkerDied.self) { try await inner.value }
      try allGone(nested)
      await pool.shutdown()
    }
  }
}

/// No process of `pids` is left after a second.
private func allGone(_ pids: [Int32]) throws {
  #expect(throws: Never.self) {
    try eventually("\(pids) are gone", within: .seconds(1)) { pids.allSatisfy(Machine.isGone) }
  }
  for pid in pids where !Machine.isGone(pid) { kill(pid, SIGKILL) }
}

private func announce(_ pids: [Int32]) {
  print("workers", pids.map(String.init).joined(separator: " "))
  fflush(nil)
}

/// A worker's own pool, at work until both are killed.
@Sendable private func nest(_ latch: Latch) throws -> Int {
  let pool = try ProcessPool.quiet(workers: 2)
  try pool.warmUp()
  let ready = try Latch(in: pool)
  let held = try pool.submit(hold, ready)
  _ = try ready.arrived()
  latch.arrive()
  return Int(try held.result())
}

/// Keeps a processor busy in C.
@Sendable private func compute(_ latch: Latch) -> Double {
  latch.arrive()
  var x = 1.0
  while latch.arrivals < 1 << 40 { for _ in 0..<100_000_000 { x = sin(x) + 1 } }
  return x
}

/// Runs in a process of its own and kills it.
private func frontEnd(_ occupation: Faults.`A front end that is killed`.Occupation) throws {
  let pool = try ProcessPool.quiet(workers: 2)
  try pool.warmUp()
  let pids = pool.workerProcessIDs
  let latches = try (0..<2).map { _ in try Latch(in: pool) }
  var kept: [Any] = []
  switch occupation {
  case .idle: break
  case .sleeping, .stopped:
    for latch in latches { kept.append(try pool.submit(hold, latch)) }
    for latch in latches { _ = try latch.arrived() }
  case .computing:
    for latch in latches { kept.append(try pool.submit(compute, latch)) }
    for latch in latches { _ = try latch.arrived() }
  case .mapping:
    let x = try pool.array(repeating: 0.5, count: 4_000_000)
    let map = try pool.startMap(x) { value in
      var y = value
      for _ in 0..<10_000 { y = sin(y) + 1 }
      return y
    }
    try eventually("the map runs") { map.isRunning }
    kept.append(map)
  }
  if occupation == .stopped {
    for pid in pids { kill(pid, SIGSTOP) }
    try eventually("the workers are stopped") { pids.allSatisfy { Machine.state(of: $0) == "T" } }
  }
  announce(pids)
  withExtendedLifetime(kept) { _ = kill(getpid(), SIGKILL) }
}

/// Runs in a process of its own, which forks a child that lives on, and kills itself.
private func forkingFrontEnd(_ path: String) throws {
  // The child must not hold what the test waits for, and must hold everything of the pool.
  let inherited = Array(Machine.descriptors)
  let pool = try ProcessPool.quiet(workers: 2)
  try pool.warmUp()
  let pids = pool.workerProcessIDs
  // `fork` cannot be imported: Swift code has no business in the child. This child only waits.
  typealias Fork = @convention(c) () -> Int32
  guard let symbol = unsafe dlsym(nil, "fork") else { exit(1) }
  let fork = unsafe unsafeBitCast(symbol, to: Fork.self)
  let child = fork()
  if child == 0 {
    for descriptor in inherited { close(descriptor) }
    while true { pause() }
  }
  let numbers = ([child, getpid()] + pids).map(String.init).joined(separator: " ")
  _ = Machine.write(numbers + "\n", to: path)
  kill(getpid(), SIGKILL)
}
