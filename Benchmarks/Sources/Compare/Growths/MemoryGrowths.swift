import CPeers
import Echelon
import EchelonComparison
import EchelonMemory
import Glibc

/// What a byte costs in arrays of all sizes, and how much memory a task takes that waits.
extension Growths {
  static let bytes = Growth(
    name: "growth-bytes", title: "sum of an array of doubles",
    rivalTitle: "C vector loop, as many threads", quantity: .bytes,
    rule: { .flat(within: flatWithin, from: beyondCaches, sharedBy: $0.workers) }, sizes: arraySizes
  ) { setup, sizes in
    let pool = try Figures.pool(setup)
    let count = (sizes.max() ?? 0) / 8
    let x = try pool.array(count: count) { 1 / (1 + Double($0)) }
    try check(peer_sum_prepare(count), "allocate an array of \(count) doubles")
    return GrowthContest(
      echelon: { size in
        let part = x[0..<size / 8]
        let expected = peer_sum_first(size / 8)
        return try cost(size) {
          let total = try pool.sum(part)
          guard abs(total - expected) <= 1e-12 * expected else {
            throw ComparisonError.disagreement(
              figure: "growth-bytes", echelon: total, rival: expected)
          }
        }
      },
      rival: { size in
        let expected = peer_sum_first(size / 8)
        return try cost(size) {
          guard peer_sum_first(size / 8) == expected else {
            throw ComparisonError.rivalFailed("repeat its own sum")
          }
        }
      },
      end: {
        peer_sum_release()
        pool.shutdown()
      })
  }

  private static func cost(_ size: Int, _ operation: () throws -> Void) rethrows -> Double {
    try medianSeconds(count: max(1, min(1000, (1 << 25) / size)) | 1, operation) / Double(size)
  }

  /// Beyond what any cache of the machine holds: below it a byte costs what the cache takes that it lies in.
  private static let beyondCaches = max(1 << 26, 4 * Machine.largestCache)

  /// 1 KiB to 8 GiB, each four times the one before, as far as both sides have room for the largest.
  @Sendable private static func arraySizes(_ setup: Setup) -> GrowthSizes {
    let all = stride(from: 10, through: 32, by: 2).map { 1 << $0 } + [1 << 33]
    let wanted = all.filter { $0 <= (1 << 33) / setup.shrink }
    // Both sides at once, and a part that stays free for all else.
    let room = MachineLimits.memory().availableBytes / 10 * 9
    let sizes = wanted.filter { 2 * $0 <= room }
    let leftOut = wanted.filter { 2 * $0 > room }.map {
      "\($0 >> 30) GiB: an array for each side does not fit the \(room >> 30) GiB that are free"
    }
    return GrowthSizes(sizes: sizes, leftOut: leftOut)
  }

  static let queuedTask = Growth(
    name: "growth-memory",
    title: "memory of a task with an argument that waits behind others, and its future",
    rivalTitle: nil, quantity: .tasks, unit: .bytes,
    rule: { _ in .cost(atMost: 256, from: 100_000) },
    pairs: 6,
    sizes: { setup in
      GrowthSizes(sizes: [100_000, 300_000, 1_000_000].map { $0 / setup.shrink })
    }
  ) { setup, _ in
    let pool = try Figures.pool(setup)
    let gate = try pool.array(repeating: Int32(0), count: 1)
    return GrowthContest(
      echelon: { count in
        gate[0] = 0
        let blocked = try (0..<setup.workers).map { _ in
          try pool.submit(
            { (gate: SharedArray<Int32>) in
              while gate[0] == 0 { usleep(500) }  // what it waits for is the measurement
            }, gate)
        }
        let before = peer_resident_bytes()
        var futures: [Future<Int>] = []
        futures.reserveCapacity(count)
        for index in 0..<count { futures.append(try pool.submit({ (value: Int) in value }, index)) }
        let after = peer_resident_bytes()
        gate[0] = 1
        for future in blocked { try future.result() }
        var sum = 0
        for future in futures { sum &+= try future.result() }
        try agree("growth-memory", Double(sum), Double(count * (count - 1) / 2))
        return Double(after - before) / Double(count)
      }, end: { pool.shutdown() })
  }
}
