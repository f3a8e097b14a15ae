import CPeers
import Dispatch
import Echelon
import EchelonComparison

/// What one of few tasks or chunks costs, and one of many.
extension Growths {
  static let dispatch = [
    tasks(
      "growth-tasks",
      "tasks that give back their argument: a call of `submit` each, then all collected"
    ) { pool, count in
      var futures: [Future<Int>] = []
      futures.reserveCapacity(count)
      for index in 0..<count { futures.append(try pool.submit(argument, index)) }
      return futures
    },
    tasks(
      "growth-tasks-each",
      "tasks that give back their argument: `submit(each:)`, then all collected"
    ) { pool, count in try pool.submit(each: 0..<count, argument) },
    chunks,
  ]

  @Sendable private static func argument(_ value: Int) -> Int { value }

  private static func tasks(
    _ name: String, _ title: String,
    _ submit: @escaping @Sendable (ProcessPool, Int) throws -> [Future<Int>]
  ) -> Growth {
    Growth(
      name: name, title: title,
      rivalTitle: "C thread pool (mutex, condition variables), no-op tasks",
      quantity: .tasks, rule: { _ in .flat(within: flatWithin, from: many) },
      sizes: GrowthSizes.decades
    ) { setup, _ in
      let pool = try Figures.pool(setup)
      try check(peer_thread_pool_start(Int32(setup.workers)), "start a pool of threads")
      return GrowthContest(
        echelon: { count in
          try Growth.cost(ofEach: count) {
            var sum = 0
            for future in try submit(pool, count) { sum &+= try future.result() }
            try agree(name, Double(sum), Double(count * (count - 1) / 2))
          }
        },
        rival: { count in
          try Growth.cost(ofEach: count) {
            guard peer_thread_pool_run(count) == count else {
              throw ComparisonError.rivalFailed("run \(count) tasks")
            }
          }
        },
        end: {
          peer_thread_pool_stop()
          pool.shutdown()
        })
    }
  }

  private static let chunks = Growth(
    name: "growth-chunks", title: "empty chunks of concurrentPerform, one iteration each",
    rivalTitle: "DispatchQueue.concurrentPerform, empty iterations", quantity: .chunks,
    // The wake-up of a worker that sleeps takes as long as thousands of empty chunks.
    rule: { .flat(within: flatWithin, from: 10 * many, sharedBy: $0.workers) },
    sizes: GrowthSizes.decades
  ) { setup, sizes in
    let pool = try Figures.pool(setup)
    for count in sizes { try runsEveryChunkOnce(pool, count) }
    return GrowthContest(
      echelon: { count in
        try Growth.cost(ofEach: count) {
          try pool.concurrentPerform(iterations: count, chunkLength: 1) { _ in }
        }
      },
      rival: { count in
        Growth.cost(ofEach: count) {
          DispatchQueue.concurrentPerform(iterations: count) { _ in }
        }
      }, end: { pool.shutdown() })
  }

  /// An empty chunk gives no answer that could be looked at: before it is measured, chunks that leave one do it.
  static func runsEveryChunkOnce(_ pool: ProcessPool, _ count: Int) throws {
    let runs = try pool.array(repeating: 0.0, count: count)
    try pool.concurrentPerform(iterations: count, chunkLength: 1) { runs[$0] += 1 }
    try agree(
      "chunks that ran once",
      runs.withSpan { span in
        Double(span.indices.reduce(0) { $0 + (span[$1] == 1 ? 1 : 0) })
      }, Double(count))
  }
}
