import Echelon
import Foundation
import TestSupport
import Testing

private func mean(_ x: Span<Double>) -> Double {
  var sum = 0.0
  for index in x.indices { sum += x[index] }
  return sum / Double(x.count)
}

/// What another process would read.
private func copied<Value: Codable>(_ value: Value) throws -> Value {
  try JSONDecoder().decode(Value.self, from: try JSONEncoder().encode(value))
}

/// Bootstraps and permutation tests that go on from what they have found.
@Suite struct `Resampling goes on` {
  private static let numbers = (0..<53).map { Double($0 * $0 % 17) / 3 }

  @Test func `from a bootstrap of fewer samples, to the bits of one`() throws {
    let seed = testSeed()
    let whole = try pools[0].bootstrap(
      try pools[0].array(Self.numbers), resamples: 5000, seed: seed, mean)
    var found: BootstrapEstimate?
    // The number of workers may be another each time; so may what is added: also nothing.
    for (step, count) in [2, 1234, 1234, 1235, 5000].enumerated() {
      let pool = pools[step % pools.count]
      found = try pool.bootstrap(
        try pool.array(Self.numbers), resamples: count, seed: seed, resuming: try found.map(copied),
        mean)
      #expect(found?.replicates == Array(whole.replicates[..<count]), "seed \(seed)")
      #expect(found?.estimate == whole.estimate && found?.jackknife == whole.jackknife)
    }
    #expect(found == whole)
    #expect(found?.confidenceInterval(0.95) == whole.confidenceInterval(0.95))
  }

  @Test func `from a permutation test of fewer divisions, to the bits of one`() async throws {
    let seed = testSeed()
    let (x, y) = (Array(Self.numbers[..<20]), Array(Self.numbers[20...]))
    func test(_ pool: ProcessPool, _ count: Int, from earlier: PermutationTest?) async throws
      -> PermutationTest
    {
      try await pool.permutationTest(
        try pool.array(x), try pool.array(y), permutations: count, seed: seed, resuming: earlier
      ) { mean($0) - mean($1) }
    }
    let whole = try await test(pools[0], 4000, from: nil)
    var found = try await test(pools[1], 1, from: nil)
    for (step, count) in [2, 999, 4000].enumerated() {
      found = try await test(pools[(step + 2) % pools.count], count, from: try copied(found))
    }
    #expect(found == whole, "seed \(seed)")
  }

  @Test func `not from another run, nor to fewer samples`() throws {
    let pool = pools[1]
    let x = try pool.array(Self.numbers)
    let earlier = try pool.bootstrap(x, resamples: 40, seed: 7, mean)
    func bootstrap(
      _ x: SharedArray<Double>, _ count: Int = 50, seed: UInt64 = 7,
      from earlier: BootstrapEstimate, _ statistic: @escaping @Sendable (Span<Double>) -> Double
    ) throws {
      _ = try pool.bootstrap(x, resamples: count, seed: seed, resuming: earlier, statistic)
    }
    let other = PoolError.invalidArgument(
      "what a bootstrap is to go on from is of other elements, another statistic or another seed; give the same, "
        + "or begin anew")
    #expect(throws: other) { try bootstrap(x, seed: 8, from: earlier, mean) }
    #expect(throws: other) { try bootstrap(x, from: earlier) { $0[0] } }
    #expect(throws: other) {
      try bootstrap(try pool.array(Self.numbers.dropLast()), from: earlier, mean)
    }
    let none = BootstrapEstimate(
      estimate: earlier.estimate, replicates: [], jackknife: earlier.jackknife)
    #expect(throws: other) { try bootstrap(x, from: none, mean) }
    #expect(
      throws: PoolError.invalidArgument(
        "what a bootstrap is to go on from has 40 resamples already; 39 counts all, take more")
    ) { try bootstrap(x, 39, from: earlier, mean) }
    // Statistics that are no numbers are the same as others of that kind.
    let unknown = try pool.bootstrap(x, resamples: 4, seed: 7) { _ in .nan }
    try bootstrap(x, from: unknown) { _ in .nan }

    let test = try pool.permutationTest(x, x, permutations: 9, seed: 7) { $0[0] - $1[1] }
    #expect(throws: PoolError.self) {
      try pool.permutationTest(x, x, permutations: 19, seed: 6, resuming: test) { $0[0] - $1[1] }
    }
    #expect(throws: PoolError.self) {
      try pool.permutationTest(x, x, permutations: 8, seed: 7, resuming: test) { $0[0] - $1[1] }
    }
    // Which statistics count is a question to those that there are.
    let greater = try pool.permutationTest(
      x, x, permutations: 9, alternative: .greater, seed: 7, resuming: test
    ) { $0[0] - $1[1] }
    #expect(greater.distribution == test.distribution && greater.alternative == .greater)
  }
}
