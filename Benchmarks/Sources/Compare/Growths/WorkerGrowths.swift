import CPeers
import Echelon
import EchelonComparison
import Foundation

/// The same work by few workers and by many more than there are processors: all of it, start not included.
extension Growths {
  static let workers = [
    workers("workers-tasks", "100,000 tasks that give back their argument, a call of `submit` each")
    {
      pool, setup in
      let count = max(1, 100_000 / setup.shrink)
      return {
        var futures: [Future<Int>] = []
        futures.reserveCapacity(count)
        for index in 0..<count {
          futures.append(try pool.submit({ (value: Int) in value }, index))
        }
        return Double(try futures.reduce(0) { $0 &+ (try $1.result()) })
      }
    },
    workers("workers-chunks", "10⁶ empty chunks of concurrentPerform") { pool, setup in
      let count = max(1, 1_000_000 / setup.shrink)
      try runsEveryChunkOnce(pool, count)
      return {
        try pool.concurrentPerform(iterations: count, chunkLength: 1) { _ in }
        return Double(count)
      }
    },
    workers("workers-sum", "sum of 2·10⁷ doubles") { pool, setup in
      let x = try pool.array(count: 20_000_000 / setup.shrink) { 1 / (1 + Double($0)) }
      return { try pool.sum(x) }
    },
    workers("workers-pi", "π from 10⁸ points") { pool, setup in
      let count = max(1, 100_000_000 / setup.shrink)
      return { try pool.pi(seed: 42, until: .samples(count)).mean }
    },
  ]

  /// As many more than there are processors as a user might start by mistake.
  private static let far = 64

  /// - Parameter work: makes what does all of the work once and gives its answer, whose bits are the same for any workers.
  private static func workers(
    _ name: String, _ title: String,
    _ work: @escaping @Sendable (ProcessPool, Setup) throws -> () throws -> Double
  ) -> Growth {
    Growth(
      name: name, title: title, rivalTitle: "the same by as many workers as the rest has",
      quantity: .workers, rule: { _ in .ratio(atMost: Figures.sameWithin, at: far) },
      sizes: { setup in
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return GrowthSizes(sizes: Set([1, setup.workers, cores, 2 * cores, far]).sorted())
      }
    ) { setup, sizes in
      var pools: [Int: ProcessPool] = [:]
      var works: [Int: () throws -> Double] = [:]
      for size in sizes {
        let pool = try ProcessPool(workers: size)
        try pool.warmUp()
        pools[size] = pool
        works[size] = try work(pool, setup)
      }
      let usual = try Figures.pool(setup)
      let usualWork = try work(usual, setup)
      let expected = try usualWork()
      func total(_ work: () throws -> Double) throws -> Double {
        try seconds { try agree(name, try work(), expected) }
      }
      return GrowthContest(
        echelon: { size in try works[size].map(total) ?? 0 },
        rival: { _ in try total(usualWork) },
        end: {
          for pool in pools.values { pool.shutdown() }
          usual.shutdown()
        })
    }
  }
}
