import Echelon
import EchelonLinearAlgebra
import Foundation
import TestSupport
import Testing

/// Around a run of 65,536 elements, and primes.
private let counts = sizes(
  [0, 1, 2, 63, 64, 65, 1009, 65_537], inRelease: [65_535, 65_536, 140_009])

/// Elements that make sorting go wrong, if anything does.
private enum Distribution: String, CaseIterable {
  case random, bits, sorted, reversed, equal, few, sawtooth

  func elements<Element: SortableElement>(
    _ count: Int, of type: Element.Type, _ random: inout TestRandom
  ) -> [Element] {
    (0..<count).map { index in
      let bits = random.next()
      switch self {
      case .random: return Element(sortKey: (bits >> 20) & mask(type))
      case .bits: return Element(sortKey: bits & mask(type))
      case .sorted: return Element(sortKey: UInt64(index) & mask(type))
      case .reversed: return Element(sortKey: UInt64(count - index) & mask(type))
      case .equal: return Element(sortKey: 77)
      case .few: return Element(sortKey: (bits % 3) << UInt64(Element.sortKeyWidth - 2))
      case .sawtooth: return Element(sortKey: UInt64(index % 1000) & mask(type))
      }
    }
  }

  private func mask<Element: SortableElement>(_ type: Element.Type) -> UInt64 {
    .max >> (64 - UInt64(Element.sortKeyWidth))
  }
}

private func check<Element: SortableElement>(
  _ elements: [Element], _ pool: any WorkExecutor, _ comment: Comment
) throws {
  let x = try pool.array(elements)
  let keys = elements.map(\.sortKey)
  let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
  let sorted = try pool.sorted(x)
  #expect(Array(sorted).map(\.sortKey) == order.map { keys[$0] }, comment)
  for byComparing in [true, false] {
    let sorted = try pool.startSorted(x, .ascending, byComparing: byComparing).result()
    #expect(Array(sorted).map(\.sortKey) == order.map { keys[$0] }, comment)
  }
  #expect(Array(try pool.sortedIndices(x)) == order, comment)
  #expect(Array(x).map(\.sortKey) == keys, "the input is as it was")
  let down = elements.map(\.descendingSortKey)
  let descending = down.indices.sorted { (down[$0], $0) < (down[$1], $1) }
  #expect(Array(try pool.sortedIndices(x, .descending)) == descending, comment)
  for count in elements.count < 2000 ? [0, 1, 5, elements.count, elements.count + 1] : [3, 5000] {
    let best = try pool.top(count, of: x)
    #expect(best.map(\.index) == Array(descending.prefix(count)), comment)
    #expect(best.allSatisfy { $0.value.sortKey == keys[$0.index] })
  }
  #expect(try pool.sorted(x, .descending, into: x).block === x.block)
  #expect(Array(x).map(\.sortKey) == descending.map { keys[$0] }, comment)
}

@Suite(.timeLimit(.minutes(10))) struct `Sorting` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `agrees with Swift's own, in either order`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    // All distributions of small arrays; of large ones another one each time.
    let tried =
      count < 2000 ? Distribution.allCases : [Distribution.allCases.randomElement(using: &random)!]
    for distribution in tried {
      let comment: Comment = "\(distribution), seed \(seed)"
      try check(distribution.elements(count, of: Double.self, &random), pool, comment)
      guard count < 70_000 else { continue }
      try check(distribution.elements(count, of: Float.self, &random), pool, comment)
      try check(distribution.elements(count, of: Int32.self, &random), pool, comment)
      try check(distribution.elements(count, of: Int64.self, &random), pool, comment)
      try check(distribution.elements(count, of: UInt8.self, &random), pool, comment)
    }
  }

  @Test func `is the same where workers are told to use another instruction set`() throws {
    var random = TestRandom(seed: testSeed("SortingTests.instructionSet"))
    var options = PoolOptions()
    options.environment["ECHELON_ISA"] = InstructionSet.available[0].name
    let pool = try ProcessPool(workers: 2, options: options)
    defer { pool.shutdown() }
    for distribution in Distribution.allCases {
      try check(
        distribution.elements(140_009, of: Double.self, &random), pool, "\(distribution.rawValue)")
    }
  }

  #if !DEBUG
    // Only in release builds: a minute's work without the optimizer.
    @Test(arguments: [TestedExecutor.inProcess, .spawn])
    func `of ten million elements agrees with Swift's own`(_ kind: TestedExecutor) throws {
      let pool = kind.shared
      let seed = testSeed()
      var random = TestRandom(seed: seed)
      let elements = (0..<10_000_019).map { _ in Double(Int64(bitPattern: random.next()) >> 20) }
      let x = try pool.array(elements)
      let (sorted, expected) = (try pool.sorted(x), elements.sorted())
      #expect(
        sorted.withSpan { x in x.indices.allSatisfy { x[$0] == expected[$0] } }, "seed \(seed)")
      let order = try pool.sortedIndices(x)
      #expect(order.withSpan { x in x.indices.allSatisfy { elements[x[$0]] == expected[$0] } })
      #expect(try pool.median(x) == expected[5_000_009])
      #expect(try pool.top(3, of: x).map(\.value) == expected.suffix(3).reversed())
      let running = try pool.cumulativeSum(x)
      var sum = ExactSum()
      for element in elements { sum.add(element) }
      let total = sum.value(as: Double.self)
      #expect(try pool.exactSum(x) == total)
      // Whole numbers below 2⁴⁴: their magnitudes add up to less than 2⁶⁸.
      #expect(abs(running[running.count - 1] - total) <= 66 * 0x1p-53 * 0x1p68)
    }
  #endif

  @Test(arguments: TestedExecutor.allCases)
  func `has NaN last, and -0 before 0`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([0, .nan, -.infinity, -0.0, -.nan, 5, .infinity, -5, 0x1p-1074])
    let up = Array(try pool.sorted(x))
    #expect(up[0..<2] == [-.infinity, -5] && up[4..<7] == [0x1p-1074, 5, .infinity])
    #expect(up[2].sign == .minus && up[3].sign == .plus && up[2] == 0 && up[3] == 0)
    #expect(up[7].isNaN && up[8].isNaN)
    let down = Array(try pool.sorted(x, .descending))
    #expect(down[0..<2] == [.infinity, 5] && down[6] == -.infinity && down[7].isNaN)
    #expect(try Array(pool.sortedIndices(x)) == [2, 7, 3, 0, 8, 5, 6, 1, 4])
    let small = try pool.array([Float.nan, 1, -1])
    #expect(Array(try pool.sorted(small))[0..<2] == [-1, 1])
    #expect(Array(try pool.sorted(pool.array([Int64.max, .min, 0, -1]))) == [.min, -1, 0, .max])
    #expect(
      Array(try pool.sorted(pool.array([Int32.max, .min, 0, -1]), .descending)) == [
        .max, 0, -1, .min,
      ])
  }

  @Test(arguments: TestedExecutor.pools)
  func `has the same positions for any number of workers`(_ kind: TestedExecutor) throws {
    var random = TestRandom(seed: 9)
    let elements = (0..<200_003).map { _ in Double(random.next() % 1000) }
    var answers: [[Int]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      answers.append(Array(try pool.sortedIndices(pool.array(elements))))
      pool.shutdown()
    }
    #expect(answers.allSatisfy { $0 == answers[0] })
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 goes on where workers are killed, in place as well`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool()
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<300_007).map { _ in Double(bitPattern: random.next()) }
    let expected = elements.map(\.sortKey).sorted()
    let killer = Killer(of: pool, every: 20_000...60_000, seed: seed)
    for _ in 0..<5 {
      let x = try pool.array(elements)
      // A chunk that was hit more often than it is run again says so; then the array is as torn as it says.
      do {
        _ = try pool.sorted(x, into: x)
        #expect(Array(x).map(\.sortKey) == expected, "seed \(seed)")
      } catch is WorkerDied {}
    }
    killer.stop()
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses what cannot be, and can be cancelled`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    let x = try held.pool.array(repeating: 1.0, count: 100_000)
    #expect(throws: KernelError.self) { try held.pool.startSorted(x, into: x[0..<5]) }
    #expect(throws: PoolError.self) { try held.pool.startTop(-1, of: x) }
    let future = try held.pool.startSorted(x)
    #expect(future.cancel())
    try held.end()
    #expect(try future.failure() is CancellationError && future.isCancelled)
  }
}
