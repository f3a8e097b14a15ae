import Echelon
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Work of several passes` {
  private static let count = 200_000

  private static func values() -> [Double] {
    var generator = TestRandom(seed: testSeed())
    return (0..<count).map { _ in Double.random(in: -1...1, using: &generator) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `needs none of Swift's threads`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(2)
    let x = try pool.array(Self.values())
    // Each blocks the thread that it runs on, and Swift has no more of them than processors.
    func total() throws -> Double {
      let sums: SharedArray<Double> = try pool.cumulativeSum(x)
      return sums[Self.count - 1]
    }
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let totals = try await withThrowingTaskGroup(of: Double.self) { group in
      for _ in 0..<2 * processors { group.addTask { try total() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(totals.count == 2 * processors && Set(totals).count == 1)
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is finished before a shutdown ends`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(2)
    let values = Self.values()
    let x = try pool.array(values)
    let sorted = try pool.startSorted(x)
    let top = try pool.startTop(10_000, of: x)  // sorts, which are passes of its own
    let weighted = Task { try await pool.weightedMoments(x, weights: x * x) }
    await pool.shutdown()
    #expect(sorted.isDone && top.isDone)
    let expected = values.sorted()
    let found = try await sorted.value
    #expect(Array(found) == expected)
    let best = try await top.value.map(\.value)
    #expect(best == Array(expected.reversed().prefix(10_000)))
    // It came before the shutdown, or too late.
    do {
      let moments = try await weighted.value
      #expect(moments.sumOfWeights > 0)
    } catch PoolError.shutDown {}
    #expect(throws: PoolError.shutDown) { try pool.startSorted(x) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `ends with a shutdown that waits no longer`(_ kind: TestedExecutor) async throws {
    let pool = try kind.make(2)
    let x = try pool.array(Self.values())
    let futures = try (0..<20).map { _ in try pool.startSorted(x) }
    await pool.shutdown(deadline: .zero)
    #expect(futures.allSatisfy { $0.isDone })
  }
}
