import Echelon
import Glibc
import Synchronization
import TestSupport
import Testing

/// The in-process executor as the oracle: same chunks, same merges, no processes.
@Suite(.timeLimit(.minutes(3))) struct `The in-process executor and a pool` {
  static let counts = sizes(
    [0, 1, 65, 32_768, 32_769, 65_537], inRelease: [200_001])

  @Test(arguments: TestedExecutor.pools, counts)
  func `agree to the last bit on reductions`(_ kind: TestedExecutor, _ count: Int) throws {
    try reductions(kind, count, of: Double.self)
    try reductions(kind, count, of: Float.self)
  }

  private func reductions<Element: KernelElement & Sendable>(
    _ kind: TestedExecutor, _ count: Int, of type: Element.Type
  ) throws {
    let values = mixedMagnitudes(count: count, seed: 31, of: Element.self)
    let others = mixedMagnitudes(count: count, seed: 32, of: Element.self)
    func bits(on executor: any WorkExecutor) throws -> [UInt64] {
      let (x, y) = (try executor.array(values), try executor.array(others))
      var results = [
        try executor.start(Reduction<Element>.sum, x).checked(),
        try executor.start(Reduction<Element>.dot, x, y).checked(),
      ]
      guard count > 0 else { return results.map { Double($0).bitPattern } }
      results.append(try executor.start(Reduction<Element>.minimum, x).checked())
      results.append(try executor.start(Reduction<Element>.maximum, x).checked())
      let moments = try executor.start(Reduction<Moments>.meanVariance(of: type), x).checked()
      return results.map { Double($0).bitPattern }
        + [UInt64(moments.count), moments.mean.bitPattern, moments.variance.bitPattern]
    }
    #expect(try bits(on: TestedExecutor.inProcess.shared) == bits(on: kind.shared))
  }

  @Test(arguments: TestedExecutor.pools, counts)
  func `agree to the last bit on maps and Monte Carlo runs`(_ kind: TestedExecutor, _ count: Int)
    throws
  {
    let values = mixedMagnitudes(count: count, seed: 33, of: Double.self)
    func bits(on executor: any WorkExecutor) throws -> [UInt64] {
      let x = try executor.array(values)
      let one = try executor.startMap(x) { sin($0) * 1.1 + $0 }.checked()
      let two = try executor.startMap(x, one, into: one) { $0 / ($1 + 3) }.checked()
      let three = try executor.startMap(two, with: 0.3) { $0 * $1 - 1 / $0 }.checked()
      let pi = try executor.startMonteCarlo(samples: count, seed: 7) { rng in
        let (u, v) = (rng.uniform(), rng.uniform())
        return u * u + v * v < 1 ? 4 : u / 3
      }.checked()
      return [two, three].flatMap { Array($0).map(\.bitPattern) }
        + [pi.mean.bitPattern, pi.variance.bitPattern]
    }
    #expect(try bits(on: TestedExecutor.inProcess.shared) == bits(on: kind.shared))
  }

  @Test(arguments: TestedExecutor.pools, [(1, 1, 1), (3, 0, 2), (129, 31, 257), (300, 200, 301)])
  func `agree on matrix products within the error of the kernel`(
    _ kind: TestedExecutor, _ shape: (m: Int, k: Int, n: Int)
  ) throws {
    let a = mixedMagnitudes(count: shape.m * shape.k, seed: 34, of: Double.self)
    let b = mixedMagnitudes(count: shape.k * shape.n, seed: 35, of: Double.self)
    func product(on executor: any WorkExecutor, _ a: [Double], _ b: [Double]) throws -> [Double] {
      let left = SharedMatrix(try executor.array(a), rows: shape.m, columns: shape.k)
      let right = SharedMatrix(try executor.array(b), rows: shape.k, columns: shape.n)
      return Array(try executor.startMultiply(left, right).checked().storage)
    }
    let here = try product(on: TestedExecutor.inProcess.shared, a, b)
    let there = try product(on: kind.shared, a, b)
    // Each is within γₖ|A||B| of the exact product; the threads of the BLAS differ.
    let bounds = try product(on: kind.shared, a.map(abs), b.map(abs))
    let unit = Double(shape.k + 2) * 0x1p-53
    #expect(here.count == shape.m * shape.n && there.count == here.count)
    for index in here.indices {
      #expect(abs(here[index] - there[index]) <= 2.1 * unit * bounds[index], "entry \(index)")
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `agree on errors, values and order of tasks`(_ kind: TestedExecutor) throws {
    func outcome(on executor: any WorkExecutor) throws -> [String] {
      let mapped = try executor.map(0..<200, chunkSize: 7) { (x: Int) throws -> Int in
        if x % 50 == 9 { throw KernelError.emptyInput(kernel: "none") }
        return x * x
      }
      var iterator: MapResults<Int>.Iterator = mapped.makeIterator()
      var outcomes: [String] = []
      while let result = iterator.next() {
        switch result {
        case .success(let value): outcomes.append("\(value)")
        // The place is another one; type and text are the same.
        case .failure(let error as RemoteError): outcomes.append(error.typeName + error.text)
        case .failure(let error): outcomes.append("\(error)")
        }
      }
      return outcomes
    }
    let here = try outcome(on: TestedExecutor.inProcess.shared)
    #expect(here.count == 200 && here[9].contains("KernelError"))
    #expect(try outcome(on: kind.shared) == here)
  }
}

@Suite(.timeLimit(.minutes(2))) struct `An executor` {
  @Test(arguments: TestedExecutor.allCases)
  func `P13 a task that submits to its own executor and waits works, however deep`(
    _ kind: TestedExecutor
  ) throws {
    let nested = try Nested(on: kind)
    defer { nested.executor.shutdown() }
    // On one worker: each of the tasks waits for one more.
    #expect(try nested.executor.submit(Nested.descend, nested.key, 40).checked() == 40)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P13 a task may wait for several with wait and asCompleted, and not broadcast`(
    _ kind: TestedExecutor
  ) throws {
    let nested = try Nested(on: kind)
    defer { nested.executor.shutdown() }
    let sum = try nested.executor.submit(
      { (key: Int) throws -> Int in
        let executor = try Nested.at(key)
        let futures = try (1...10).map { try executor.submit(echo, $0) }
        _ = wait(for: futures, timeout: patience)
        let more = try (1...10).map { try executor.submit(echo, $0) }
        let completed = asCompleted(more, timeout: patience)
        var total = try futures.reduce(0) { $0 + (try $1.result(timeout: .zero)) }
        while let future = try completed.next() { total += try future.result(timeout: .zero) }
        do { _ = try executor.broadcast(echo, 1) } catch PoolError.wouldDeadlock { return total }
        return -1
      }, nested.key
    ).checked()
    #expect(sum == 110)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P2 runs as many at once as it has workers, and starts them when they are needed`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(3)
    let latches = try (0..<3).map { _ in try Latch(in: pool) }
    let held = try latches.map { try pool.submit(hold, $0) }
    for latch in latches { _ = try latch.arrived() }
    let fourth = try pool.submit(echo, 4)
    #expect(fourth.state == .pending)
    for latch in latches { latch.open() }
    for future in held { _ = try future.checked() }
    #expect(try fourth.checked() == 4)
    pool.shutdown()
  }
}

@Suite(.timeLimit(.minutes(2))) struct `The in-process executor` {
  @Test func `P13 a task may run a job and a map on its own executor`() throws {
    let nested = try Nested(on: .inProcess)
    defer { nested.executor.shutdown() }
    let sum = try nested.executor.submit(
      { (key: Int) throws -> Double in
        let executor = try Nested.at(key)
        let x = try executor.array(count: 200_000) { Double($0 % 2) }
        let y = try executor.startMap(x, into: x) { $0 + 1 }.checked()
        return try executor.start(Reduction<Double>.sum, y).checked()
      }, nested.key
    ).checked()
    #expect(sum == 300_000)
  }

  @Test func `P6 with a deadline gives up what is late, and its thread goes on`() throws {
    let pool = try InProcessExecutor(threads: 1)
    let latch = try Latch(in: pool)
    let late = try pool.submit(hold, latch)
    let queued = try pool.submit(echo, 1)
    _ = try latch.arrived()
    pool.shutdown(deadline: .milliseconds(20))
    #expect(throws: PoolError.timedOut) { try late.result(timeout: .zero) }
    #expect(queued.isCancelled)
    latch.open()
    pool.shutdown()
  }

  @Test func `begins urgent work first, and what is to come after others when they have ended`()
    throws
  {
    let pool = try InProcessExecutor(threads: 1)
    let latch = try Latch(in: pool)
    let order = try pool.array(repeating: Int32(0), count: 5)
    let held = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let note = { @Sendable (order: SharedArray<Int32>, number: Int32) in
      order[0] += 1
      order[Int(order[0])] = number
    }
    let gate = Promise<Int>()
    let tasks = try [
      pool.submit(priority: .low, note, order, 3), pool.submit(note, order, 2),
      pool.submit(priority: .high, note, order, 1),
      pool.submit(priority: .high, after: [gate.future, held], note, order, 4),
    ]
    latch.open()
    for task in tasks.prefix(3) { try task.checked() }
    #expect(tasks[3].state == .pending)
    try gate.succeed(1)
    try tasks[3].checked()
    #expect(Array(order) == [4, 1, 2, 3, 4])
    // The first failure is passed on, a cancellation as one.
    let (failing, never) = (Promise<Int>(), Promise<Int>())
    let failed = try pool.submit(after: [never.future, failing.future], echo, 1)
    let cancelled = try pool.submit(after: [never.future], echo, 1)
    try failing.fail(PromiseError.alreadyCompleted)
    never.future.cancel()
    withExtendedLifetime(never) {}
    #expect(throws: PromiseError.alreadyCompleted) { try failed.checked() }
    #expect(throws: CancellationError.self) { try cancelled.checked() }
    #expect(cancelled.isCancelled)
    pool.shutdown()
  }

  @Test func `keeps no array alive once its work is over`() throws {
    let pool = try InProcessExecutor(threads: 2)
    let before = pool.memoryUsage.usedBytes
    do {
      let x = try pool.array(repeating: 1.0, count: 100_000)
      _ = try pool.submit({ (x: SharedArray<Double>) in x[0] }, x).checked()
      _ = try pool.start(Reduction<Double>.sum, x).checked()
      _ = try pool.startMap(x) { $0 + 1 }
    }
    try eventually("the memory is free") { pool.memoryUsage.usedBytes == before }
    pool.shutdown()
  }
}

@Suite(.timeLimit(.minutes(2))) struct `Async tasks of an executor` {
  @Sendable private static func broadcast(_ key: Int) async throws -> Bool {
    do { _ = try Nested.at(key).broadcast(echo, 1) } catch PoolError.wouldDeadlock { return true }
    return false
  }

  @Sendable private static func shutDown(_ key: Int) async throws -> Int {
    await (try Nested.at(key)).shutdown()
    return 7
  }

  @Test func `P13 broadcast to their own executor with an error, and may shut it down`() throws {
    let nested = try Nested(on: .inProcess)
    #expect(try nested.executor.submit(Self.broadcast, nested.key).checked())
    #expect(try nested.executor.submit(Self.shutDown, nested.key).checked() == 7)
    nested.executor.shutdown()
  }
}

@Suite(.timeLimit(.minutes(2))) struct `Threads that wait` {
  private static func count() -> Int { Machine.threadNames.count { $0 == "echelon-task" } }

  /// Tells of many ends, and then waits for none of them: how many threads that brought.
  @Sendable private static func watch(_ key: Int, _ latch: Latch) throws -> Int {
    let executor = try Nested.at(key)
    let held = try (0..<30).map { _ in try executor.submit(hold, latch) }
    for future in held { future.onCompletion { _ in } }
    _ = try latch.arrived()
    let most = latch.arrivals
    latch.open()
    for future in held { _ = try future.checked() }
    return most
  }

  @Test func `P13 let one more run each, however many futures they watch`() throws {
    let nested = try Nested(on: .inProcess)
    let latch = try Latch(in: nested.executor)
    let before = Self.count()
    let future = try nested.executor.submit(Self.watch, nested.key, latch)
    _ = try latch.arrived()
    #expect(Self.count() <= before + 2)
    #expect(try future.checked() <= 2)
    nested.executor.shutdown()
    try eventually("all threads have ended") { Self.count() <= before }
  }
}

/// Executors that their own tasks find: by a number in this process, without capturing them, and as the
/// current pool in a worker.
struct Nested: Sendable {
  private static let known = Mutex<[Int: any WorkExecutor]>([:])
  let key: Int
  let executor: any WorkExecutor

  init(on kind: TestedExecutor) throws {
    executor = try kind.make(1)
    key = Self.known.withLock { [executor] known in
      known[known.count] = executor
      return known.count - 1
    }
  }

  @Sendable static func at(_ key: Int) throws -> any WorkExecutor {
    if let pool = ProcessPool.current { return pool }
    guard let executor = known.withLock({ $0[key] }) else { throw PoolError.shutDown }
    return executor
  }

  @Sendable static func descend(_ key: Int, _ n: Int) throws -> Int {
    if n == 0 { return 0 }
    return try 1 + at(key).submit(Nested.descend, key, n - 1).checked()
  }
}
