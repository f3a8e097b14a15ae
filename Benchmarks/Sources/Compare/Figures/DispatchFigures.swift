import CPeers
import Dispatch
import Echelon
import EchelonComparison

/// What it costs to hand a task over and to take its result.
extension Figures {
  static let dispatch = [
    roundTrip, roundTripFloor, sleepingRoundTrip, throughput, throughputEach, taskGroup, mapCalls,
    chunks, handOver,
  ]

  private static let roundTrip = Figure(
    name: "round-trip", title: "no-op round trip to a worker that was just active",
    rivalTitle: "C thread pool (mutex, condition variables)", requirement: .time(atMost: 1e-6)
  ) { setup in
    let pool = try pool(setup)
    try check(peer_thread_pool_start(Int32(setup.workers)), "start a pool of threads")
    return Contest(
      echelon: { try roundTripSeconds(pool) },
      rival: { medianSeconds(count: 2000) { _ = peer_thread_pool_run(1) } },
      end: {
        peer_thread_pool_stop()
        pool.shutdown()
      })
  }

  private static let roundTripFloor = Figure(
    name: "round-trip-floor", title: "no-op round trip",
    rivalTitle: "C: one word there and back between two threads, spinning, then futex",
    requirement: .none
  ) { setup in
    let pool = try pool(setup)
    return Contest(
      echelon: { try roundTripSeconds(pool) },
      rival: {
        // Started for each turn: a thread that spins would take a core from Echelon's.
        try check(peer_ping_pong_start(40_000), "start a thread")
        defer { peer_ping_pong_stop() }
        return medianSeconds(count: 2000, peer_ping_pong)
      },
      end: { pool.shutdown() })
  }

  private static func roundTripSeconds(_ pool: ProcessPool) throws -> Double {
    for _ in 0..<20 { try pool.submit {}.result() }  // "just active"
    return try medianSeconds(count: 2000) { try pool.submit {}.result() }
  }

  private static let throughput = Figure(
    name: "throughput", title: "no-op tasks from one thread, all submitted, then all collected",
    rivalTitle: "C thread pool", requirement: .rate(atLeast: 2_000_000)
  ) { setup in
    let pool = try pool(setup)
    let count = 100_000 / setup.shrink
    try check(peer_thread_pool_start(Int32(setup.workers)), "start a pool of threads")
    return Contest(
      echelon: { try secondsPerTask(pool, count) },
      rival: { try secondsPerPeerTask(count) },
      end: {
        peer_thread_pool_stop()
        pool.shutdown()
      })
  }

  private static func secondsPerTask(_ pool: ProcessPool, _ count: Int) throws -> Double {
    try seconds {
      var futures: [Future<Void>] = []
      futures.reserveCapacity(count)
      for _ in 0..<count { futures.append(try pool.submit {}) }
      for future in futures { try future.result() }
    } / Double(count)
  }

  private static let throughputEach = Figure(
    name: "throughput-each",
    title: "no-op tasks from one thread, handed over at once by `submit(each:)`",
    rivalTitle: "C thread pool", requirement: .rate(atLeast: 2_000_000)
  ) { setup in
    let pool = try pool(setup)
    let count = 100_000 / setup.shrink
    try check(peer_thread_pool_start(Int32(setup.workers)), "start a pool of threads")
    return Contest(
      echelon: {
        try seconds {
          let futures = try pool.submit(each: repeatElement((), count: count)) { _ in }
          for future in futures { try future.result() }
        } / Double(count)
      },
      rival: { try secondsPerPeerTask(count) },
      end: {
        peer_thread_pool_stop()
        pool.shutdown()
      })
  }

  private static func secondsPerPeerTask(_ count: Int) throws -> Double {
    var ran = 0
    let time = seconds { ran = peer_thread_pool_run(count) }
    guard ran == count else { throw ComparisonError.rivalFailed("run \(count) tasks") }
    return time / Double(count)
  }

  private static let sleepingRoundTrip = Figure(
    name: "sleeping", title: "no-op round trip to a worker that sleeps",
    rivalTitle: "C: two semaphores there and back between threads that sleep, on two cores",
    requirement: .ratio(atMost: 1.5)
  ) { setup in
    let pool = try ProcessPool(workers: 1)
    try pool.warmUp()
    return Contest(
      echelon: {
        var times: [Double] = []
        for _ in 0..<200 {
          // Six times as long as a worker looks for work before it sleeps.
          let start = peer_clock_nanoseconds()
          while peer_clock_nanoseconds() - start < 300_000 {}
          times.append(try seconds { try pool.submit {}.result() })
        }
        return times.sorted()[100]
      },
      rival: {
        try check(peer_semaphores_start(), "start a thread")
        defer { peer_semaphores_stop() }
        return (0..<200).map { _ in Double(peer_semaphores(300_000)) * 1e-9 }.sorted()[100]
      },
      end: { pool.shutdown() })
  }

  private static let taskGroup = Figure(
    name: "task-group", title: "no-op tasks, as above", rivalTitle: "TaskGroup, no-op child tasks",
    requirement: .ratio(atMost: 1)
  ) { setup in
    let pool = try pool(setup)
    let count = 100_000 / setup.shrink
    return Contest(
      echelon: { try secondsPerTask(pool, count) },
      rival: {
        let done = DispatchSemaphore(value: 0)
        return seconds {
          Task.detached {
            await withTaskGroup(of: Void.self) { group in
              for _ in 0..<count { group.addTask {} }
            }
            done.signal()
          }
          done.wait()
        } / Double(count)
      },
      end: { pool.shutdown() })
  }

  private static let mapCalls = Figure(
    name: "map-calls", title: "no-op calls of a map over a sequence, each with a result of its own",
    rivalTitle: "C thread pool, a task each", requirement: .rate(atLeast: 2_000_000)
  ) { setup in
    let pool = try pool(setup)
    let count = 1_000_000 / setup.shrink
    try check(peer_thread_pool_start(Int32(setup.workers)), "start a pool of threads")
    return Contest(
      echelon: {
        var sum = 0
        let time = try seconds {
          for value in try pool.map(0..<count, { $0 }) { sum &+= try value.get() }
        }
        let expected = count * (count - 1) / 2
        guard sum == expected else {
          throw ComparisonError.disagreement(
            figure: "map-calls", echelon: Double(sum), rival: Double(expected))
        }
        return time / Double(count)
      },
      rival: { try secondsPerPeerTask(count / 10) },
      end: {
        peer_thread_pool_stop()
        pool.shutdown()
      })
  }

  private static let chunks = Figure(
    name: "chunks", title: "empty chunks of concurrentPerform, one iteration each",
    rivalTitle: "DispatchQueue.concurrentPerform, empty iterations",
    requirement: .ratio(atMost: 2)
  ) { setup in
    let pool = try pool(setup)
    let count = 4_000_000 / setup.shrink
    return Contest(
      echelon: {
        try seconds { try pool.concurrentPerform(iterations: count, chunkLength: 1) { _ in } }
          / Double(count)
      },
      rival: {
        seconds { DispatchQueue.concurrentPerform(iterations: count) { _ in } } / Double(count)
      },
      end: { pool.shutdown() })
  }

  private static let handOver = Figure(
    name: "hand-over", title: "an array of 800 MB there, a recycled one as large back",
    rivalTitle: "the same with 8 bytes", requirement: .ratio(atMost: Figures.sameWithin)
  ) { setup in
    let pool = try pool(setup)
    let large = try pool.array(repeating: 1.5, count: 100_000_000 / setup.shrink)
    let small = try pool.array(repeating: 1.5, count: 1)
    // The second large block, and both workers' first sight of each page that a task touches.
    for _ in 0..<2000 {
      try handOver(large, pool)
      try handOver(small, pool)
    }
    return Contest(
      echelon: { try medianSeconds(count: 2000) { try handOver(large, pool) } },
      rival: { try medianSeconds(count: 2000) { try handOver(small, pool) } },
      end: { pool.shutdown() })
  }

  /// One task that gets `input` and gives back a new array as large, in which it has written. It
  /// touches one element of each: more would lie on one cache line when the array has 8 bytes and on
  /// several when it has 800 MB, and moving those between cores is not a cost of the dispatch.
  private static func handOver(_ input: SharedArray<Double>, _ pool: ProcessPool) throws {
    let output = try pool.uninitializedArray(of: Double.self, count: input.count)
    let result = try pool.submit(
      { (input: SharedArray<Double>, output: SharedArray<Double>) -> SharedArray<Double> in
        output[0] = input[0]
        return output
      }, input, output
    ).result()
    guard result.count == input.count, result[0] == 1.5 else {
      throw ComparisonError.disagreement(figure: "hand-over", echelon: result[0], rival: 1.5)
    }
  }
}
