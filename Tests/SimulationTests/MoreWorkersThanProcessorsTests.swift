import Echelon
import EchelonMemory
import EchelonSimulation
import Testing

@Sendable private func twice(_ x: Int) -> Int { 2 * x }

/// Eight workers on one to four processors, which the seed decides.
@Suite(.serialized) struct `More workers than processors, simulated` {
  private let seeds = UInt64(1)...100

  private func simulation(_ seed: UInt64) -> Simulation {
    Simulation(seed: seed, workers: 8, faults: .none)
  }

  /// How many workers did something more than before.
  private func workersUsed(
    since before: PoolStatistics, _ pool: ProcessPool
  ) -> Int {
    zip(before.seats, pool.statistics.seats).count { $0.tasks < $1.tasks || $0.chunks < $1.chunks }
  }

  @Test func `short tasks and chunks are done by no more workers than there are processors`() throws
  {
    for seed in seeds {
      try simulation(seed).run { pool in
        try pool.warmUp()
        Simulation.pause(.seconds(1))  // until all of them sleep
        let idle = pool.statistics
        let tasks = try (0..<40).map { try pool.submit(twice, $0) }
        #expect(try tasks.map { try $0.result() } == (0..<40).map { 2 * $0 })
        // Two that look at the same moment may both wake one.
        let most = MachineLimits.processors().count + 1
        let usedForTasks = workersUsed(since: idle, pool)
        #expect(usedForTasks <= most, "tasks, seed \(seed): \(usedForTasks) of \(most)")

        let x = try pool.array(count: 100_000) { Double($0) }
        Simulation.pause(.seconds(1))
        let rested = pool.statistics
        #expect(try pool.sum(x) == 4_999_950_000)
        let usedForChunks = workersUsed(since: rested, pool)
        #expect(
          usedForChunks <= most, "chunks, seed \(seed): \(usedForChunks) of \(most)")
      }
    }
  }

  @Test func `tasks that wait run side by side on all workers after some milliseconds`() throws {
    for seed in seeds {
      try simulation(seed).run { pool in
        try pool.warmUp()
        Simulation.pause(.seconds(1))
        let start = MonotonicClock.now()
        let tasks = try (0..<8).map { _ in
          try pool.submit { Simulation.pause(.milliseconds(50)) }
        }
        for task in tasks { try task.result() }
        // Two after each other would take a hundred.
        let milliseconds = (MonotonicClock.now() - start) / 1_000_000
        #expect(milliseconds < 70, "seed \(seed)")
      }
    }
  }

  @Test func `short tasks go on beside long ones that hold every processor`() throws {
    for seed in seeds {
      try simulation(seed).run { pool in
        try pool.warmUp()
        Simulation.pause(.seconds(1))
        let long = try (0..<MachineLimits.processors().count).map { _ in
          try pool.submit { Simulation.pause(.seconds(10)) }
        }
        let start = MonotonicClock.now()
        for k in 0..<20 { #expect(try pool.submit(twice, k).result() == 2 * k) }
        #expect(MonotonicClock.now() - start < 1_000_000_000, "seed \(seed)")
        for task in long { try task.result() }
      }
    }
  }
}
