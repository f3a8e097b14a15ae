import Echelon
import Glibc
import TestSupport
import Testing

private let edges = [
  0, 1, 2, 63, 64, 65, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 200_001,
]
private struct Line: BitwiseCopyable, Sendable { var slope: Double, offset: Double }

@Suite struct `A numeric map` {
  @Test(arguments: TestedExecutor.allCases, edges)
  func `maps one array, two, and one with parameters, into new, given and its own memory`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let x = try pool.array(count: count) { Double($0) + 0.5 }
    let y = try pool.array(count: count) { Float($0 % 100) }
    let expected = (0..<count).map { (i: Int) -> Double in (Double(i) + 0.5) * 3 }
    #expect(Array(try pool.startMap(x) { $0 * 3 }.checked()) == expected)
    let two = try pool.startMap(x, y) { $0 + Double($1) }.checked()
    let sums = (0..<count).map { (i: Int) -> Double in Double(i) + 0.5 + Double(i % 100) }
    #expect(Array(two) == sums)
    let line = Line(slope: 2, offset: -1)
    let fitted = try pool.startMap(x, with: line) { $1.slope * $0 + $1.offset }.checked()
    let lines = (0..<count).map { (i: Int) -> Double in 2 * (Double(i) + 0.5) - 1 }
    #expect(Array(fitted) == lines)
    // Another type comes out.
    let truncated = try pool.startMap(x) { Int32($0) }.checked()
    #expect(Array(truncated) == (0..<count).map { Int32($0) })
    // Into a given array.
    let given = try pool.array(repeating: 0.0, count: count)
    let result = try pool.startMap(x, into: given) { $0 * 3 }.checked()
    #expect(Array(given) == expected)
    if count > 0 {
      result[0] = -7
      #expect(given[0] == -7)
    }
    // In place.
    let own = try pool.array(Array(x))
    let same = try pool.startMap(own, into: own) { $0 * 3 }.checked()
    #expect(Array(own) == expected && Array(same) == expected)
    let both = try pool.array(Array(x))
    _ = try pool.startMap(both, both, into: both) { $0 * 2 + $1 }.checked()
    #expect(Array(both) == expected)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `over memory that overlaps shifted gives what a copy would`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array(count: 100_001) { Double($0) }
    let result = try pool.startMap(x[0..<100_000], into: x[1..<100_001]) { $0 + 0.5 }.checked()
    #expect(result.count == 100_000)
    #expect(x[0] == 0)
    #expect((1...100_000).allSatisfy { x[$0] == Double($0 - 1) + 0.5 })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `over slices touches nothing else`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array(count: 1_000) { Double($0) }
    let y = try pool.array(repeating: -1.0, count: 1_000)
    _ = try pool.startMap(x[10..<20], into: y[500..<510]) { $0 }.checked()
    #expect(Array(y[500..<510]) == (10..<20).map(Double.init))
    #expect((0..<500).allSatisfy { y[$0] == -1 } && (510..<1_000).allSatisfy { y[$0] == -1 })
    #expect(Array(x) == (0..<1_000).map(Double.init))
  }

  @Test(arguments: TestedExecutor.pools)
  func `runs in the workers, and many run at once`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array(repeating: Int32(0), count: 200_000)
    let maps = try (0..<10).map { _ in try pool.startMap(x) { _ in getpid() } }
    for map in maps {
      let pids = Set(Array(try map.checked()))
      #expect(!pids.contains(getpid()))
      #expect(pids.isSubset(of: Set(pool.processIDs)))
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of every element type gives right values`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let bytes: SharedArray<UInt8> = try pool.array([1, 2, 3])
    #expect(Array(try pool.startMap(bytes) { $0 &* 100 }.checked()) == [100, 200, 44])
    let flags = try pool.array([true, false])
    #expect(Array(try pool.startMap(flags) { !$0 }.checked()) == [false, true])
    let pairs = try pool.array([SIMD2<Float>(1, 2), SIMD2(3, 4)])
    #expect(Array(try pool.startMap(pairs) { $0.x * $0.y }.checked()) == [2, 12])
    let lines = try pool.array([Line(slope: 1, offset: 2)])
    #expect(Array(try pool.startMap(lines) { $0.offset }.checked()) == [2])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `takes parameters of any size`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    struct Large: BitwiseCopyable, Sendable {
      var a = SIMD64<UInt8>(repeating: 1), b = SIMD64<UInt8>(repeating: 2)
    }
    let x = try pool.array([1.0])
    let y = try pool.startMap(x, with: Large()) { $0 + Double($1.a[0]) + Double($1.b[63]) }
      .checked()
    #expect(Array(y) == [4])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `gives its memory back when nobody holds the result`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let x = try pool.array(repeating: 1.0, count: 100_000)
    _ = try pool.startMap(x) { $0 }.checked()
    let before = pool.memoryUsage
    for _ in 0..<50 { _ = try pool.startMap(x) { $0 + 1 }.checked() }
    try eventually("the memory is free") { pool.memoryUsage.usedBytes <= before.usedBytes + 65_536 }
    #expect(pool.memoryUsage.committedBytes <= before.committedBytes + 8 << 20)
    // Results that nobody asks for do not pile up either, nor those that were cancelled.
    for _ in 0..<300 { _ = try pool.startMap(x) { $0 + 2 } }
    for _ in 0..<300 { try pool.startMap(x) { $0 + 2 }.cancel() }
    #expect(try pool.start(Reduction<Double>.sum, x).checked() == 100_000)
    try eventually("the memory is free") { pool.memoryUsage.usedBytes <= before.usedBytes + 65_536 }
    pool.shutdown()
  }
}

@Suite struct `A reduction` {
  @Test(arguments: TestedExecutor.allCases)
  func `of nothing is 0 for sums and an error for the rest`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let empty = try pool.array([Double]())
    #expect(try pool.start(Reduction<Double>.sum, empty).checked() == 0)
    #expect(try pool.start(Reduction<Double>.dot, empty, empty).checked() == 0)
    #expect(throws: KernelError.self) { try pool.start(Reduction<Double>.minimum, empty).checked() }
    #expect(throws: KernelError.self) { try pool.start(Reduction<Double>.maximum, empty).checked() }
    #expect(throws: KernelError.self) {
      try pool.start(Reduction<Moments>.meanVariance(of: Double.self), empty).checked()
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of two arrays refuses different counts`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let (x, y) = (
      try pool.array(repeating: 1.0, count: 5), try pool.array(repeating: 1.0, count: 6)
    )
    #expect(throws: KernelError.self) { try pool.start(Reduction<Double>.dot, x, y) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `blocks or awaits, and gives the same`(_ kind: TestedExecutor) async throws {
    let pool = kind.shared
    let x = try pool.array(mixedMagnitudes(count: 70_000, seed: 4, of: Double.self))
    let blocking = try reduceBlocking(pool, x)
    #expect(try await pool.sum(x) == blocking.sum)
    #expect(try await pool.dot(x, x) == blocking.dot)
    #expect(try await pool.minimum(x) == blocking.minimum)
    #expect(try await pool.maximum(x) == blocking.maximum)
    #expect(try await pool.moments(x) == blocking.moments)
  }
}

private struct Reduced: Equatable {
  var sum, dot, minimum, maximum: Double
  var moments: Moments
}

private func reduceBlocking(_ pool: any WorkExecutor, _ x: SharedArray<Double>) throws -> Reduced {
  Reduced(
    sum: try pool.sum(x), dot: try pool.dot(x, x), minimum: try pool.minimum(x),
    maximum: try pool.maximum(x), moments: try pool.moments(x))
}
