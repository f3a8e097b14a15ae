import Echelon
import TestSupport
import Testing

/// Three numbers that are not aligned to a word.
private struct Colour: BitwiseCopyable, Sendable, Equatable {
  let red, green, blue: UInt16
}

@Suite(.timeLimit(.minutes(5))) struct `Random orders by all workers` {
  private let executors = pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared]

  @Test func `have every number once, and the same bits on all pools`() throws {
    let seed = testSeed()
    for count in [0, 1, 2, 16_384, 100_003] {
      let expected = Array(try executors[0].permutation(of: count, seed: seed, stream: 2))
      #expect(expected.sorted() == Array(0..<count), "seed \(seed)")
      for executor in executors.dropFirst() {
        let found = Array(try executor.permutation(of: count, seed: seed, stream: 2))
        #expect(found == expected, "\(count), seed \(seed)")
      }
    }
    let other = Array(try pools[0].permutation(of: 100, seed: seed, stream: 3))
    #expect(other != Array(try pools[0].permutation(of: 100, seed: seed, stream: 2)))
    #expect(throws: PoolError.self) { try pools[0].permutation(of: -1, seed: 1) }
  }

  @Test func `are all as likely as each other`() throws {
    let seed = testSeed()
    var counts: [[Int]: Int] = [:]
    let runs = 6000
    for run in 0..<runs {
      let order = try TestedExecutor.inProcess.shared.permutation(
        of: 4, seed: seed, stream: UInt32(run))
      counts[Array(order), default: 0] += 1
    }
    // χ² of 24 orders: 23 degrees of freedom, beyond 90 with probability 6·10⁻¹⁰.
    let expected = Double(runs) / 24
    let squares = counts.values.reduce(0.0) { sum, count in
      sum + (Double(count) - expected) * (Double(count) - expected) / expected
    }
    #expect(counts.count == 24 && squares < 90, "χ² \(squares), seed \(seed)")
  }

  @Test func `shuffle arrays of any type, which stay as they are`() throws {
    let seed = testSeed()
    func check<Element: BitwiseCopyable & Sendable & Equatable>(
      _ count: Int, _ element: (Int) -> Element
    ) throws {
      for executor in [executors[1], executors[2], executors.last!] {
        let x = try executor.array(count: count, element)
        let order = Array(try executor.permutation(of: count, seed: seed))
        #expect(Array(try executor.shuffled(x, seed: seed)) == order.map(element))
        #expect(Array(x) == (0..<count).map(element))
        let few = try executor.sample(count / 3, of: x, seed: seed)
        #expect(Array(few) == order.prefix(count / 3).map(element))
        // A part of an array.
        let part = x[count / 2..<count]
        let places = Array(try executor.permutation(of: part.count, seed: seed))
        #expect(
          Array(try executor.shuffled(part, seed: seed)) == places.map { element(count / 2 + $0) })
      }
    }
    try check(40_001) { Double($0) }
    try check(40_001) { UInt8(truncatingIfNeeded: $0) }
    try check(1003) { Colour(red: UInt16($0), green: UInt16($0 + 1), blue: 7) }
    try check(1003) { SIMD4(Double($0), 1, 2, -Double($0)) }
    try check(7) { Float($0) }
    try check(0) { Int($0) }
  }

  @Test func `draw with replacement, every place as often as it should`() throws {
    let seed = testSeed()
    let count = 240_000
    var expected: [Int] = []
    for executor in executors {
      let x = try executor.array(count: 24) { $0 }
      let drawn = Array(try executor.sample(count, of: x, isWithReplacement: true, seed: seed))
      if expected.isEmpty { expected = drawn }
      #expect(drawn == expected, "seed \(seed)")
    }
    var counts = [Int](repeating: 0, count: 24)
    for place in expected { counts[place] += 1 }
    let squares = counts.reduce(0.0) { sum, count in
      sum + (Double(count) - 10_000) * (Double(count) - 10_000) / 10_000
    }
    #expect(squares < 90, "χ² \(squares), seed \(seed)")
  }

  @Test func `are refused where there is nothing to draw`() throws {
    let pool = pools[0]
    let (none, two) = (try pool.array([Double]()), try pool.array([1.0, 2]))
    #expect(throws: PoolError.self) { try pool.sample(3, of: two, seed: 1) }
    #expect(throws: PoolError.self) { try pool.sample(-1, of: two, seed: 1) }
    #expect(throws: PoolError.self) {
      try pool.sample(1, of: none, isWithReplacement: true, seed: 1)
    }
    #expect(try pool.sample(0, of: none, isWithReplacement: true, seed: 1).count == 0)
    #expect(try pool.sample(5, of: two, isWithReplacement: true, seed: 1).count == 5)
  }

  @Test func `are the same after workers are killed`() throws {
    let seed = testSeed()
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      let x = try pool.array(count: 200_000) { Double($0) }
      return Array(try pool.shuffled(x, seed: seed))
        + Array(try pool.sample(50_000, of: x, isWithReplacement: true, seed: seed))
    }
  }
}
