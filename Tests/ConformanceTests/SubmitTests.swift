import Echelon
import Glibc
import TestSupport
import Testing

// Functions of every number of arguments, as references.
@Sendable private func none() -> Int { 42 }
@Sendable private func one(_ a: Int) -> Int { a }
@Sendable private func two(_ a: Int, _ b: Double) -> Double { Double(a) + b }
@Sendable private func three(_ a: Int, _ b: Double, _ c: String) -> String { "\(a) \(b) \(c)" }
@Sendable private func four(_ a: Int, _ b: [Int], _ c: Bool, _ d: UInt8) -> [Int] {
  b + [a, c ? 1 : 0, Int(d)]
}
@Sendable private func five(_ a: Int8, _ b: Int16, _ c: Int32, _ d: Int64, _ e: UInt64) -> Int64 {
  Int64(a) + Int64(b) + Int64(c) + d + Int64(e)
}
@Sendable private func six(
  _ a: Float, _ b: String, _ c: Int?, _ d: [String: Int], _ e: Point, _ f: Set<Int>
) -> String {
  "\(a) \(b) \(c ?? -1) \(d["k"] ?? 0) \(e.x) \(f.sorted())"
}
@Sendable private func nothing(_ latch: Latch) { latch.arrive() }
@Sendable private func fibonacci(_ n: Int) -> Int {
  n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
}

private struct Point: Codable, Equatable, Hashable, Sendable { var x: Double, y: Double }
private enum Tools {
  @Sendable static func double(_ x: Int) -> Int { 2 * x }
  static let offset = 1000
  @Sendable static func shift(_ x: Int) -> Int { x + offset }
}

@Suite struct `Submitting` {
  @Test(arguments: TestedExecutor.allCases)
  func `runs function references of no to six arguments`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    #expect(try pool.submit(none).checked() == 42)
    #expect(try pool.submit(one, 7).checked() == 7)
    #expect(try pool.submit(two, 1, 0.5).checked() == 1.5)
    #expect(try pool.submit(three, 1, 2.5, "x").checked() == "1 2.5 x")
    #expect(try pool.submit(four, 1, [9], true, 255).checked() == [9, 1, 1, 255])
    #expect(try pool.submit(five, -1, -2, -3, .max, 6).checked() == .max)
    #expect(
      try pool.submit(six, 1.5, "ü", nil, ["k": 3], Point(x: 4, y: 5), [2, 1]).checked()
        == "1.5 ü -1 3 4.0 [1, 2]")
    #expect(try pool.submit(fibonacci, 20).checked() == 6_765)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `runs closure literals of no to six arguments`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    #expect(try pool.submit { 6 * 7 }.checked() == 42)
    #expect(try pool.submit({ (a: Int) in a + 1 }, 7).checked() == 8)
    #expect(try pool.submit({ (a: Int, b: Double) in Double(a) * b }, 3, 0.5).checked() == 1.5)
    #expect(try pool.submit({ (a: Int, b: Int, c: Int) in a * b + c }, 2, 3, 4).checked() == 10)
    #expect(
      try pool.submit(
        { (a: String, b: String, c: String, d: String) in a + b + c + d }, "a", "b", "c", "d"
      )
      .checked() == "abcd")
    #expect(
      try pool.submit(
        { (a: Int, b: Int, c: Int, d: Int, e: Int) in [a, b, c, d, e].max()! }, 1, 5, 2, 4, 3
      )
      .checked() == 5)
    #expect(
      try pool.submit(
        { (a: Int, b: Int, c: Int, d: Int, e: Int, f: [Double]) in
          f.map { $0 * Double(a + b + c + d + e) }
        },
        1, 1, 1, 1, 1, [1, 2]
      ).checked() == [5, 10])
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `runs static functions, generic ones, closures kept in a variable, and what returns nothing`(
    _ kind: TestedExecutor
  )
    throws
  {
    let pool = try kind.make(2)
    #expect(try pool.submit(Tools.double, 21).checked() == 42)
    #expect(try pool.submit(Tools.shift, 1).checked() == 1_001)
    #expect(try pool.submit(echo, [1: "one"]).checked() == [1: "one"])
    let kept: @Sendable (Int) -> Int = { $0 - 1 }
    #expect(try pool.submit(kept, 5).checked() == 4)
    let latch = try Latch(in: pool)
    let done: Void = try pool.submit(nothing, latch).checked()
    _ = done
    #expect(latch.arrivals == 1)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `runs in another process`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(2)
    let pids = Set(try (0..<50).map { _ in try pool.submit { getpid() }.checked() })
    #expect(!pids.contains(getpid()))
    #expect(pids.isSubset(of: pool.processIDs))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P18 is safe from many threads at once`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let threads = (0..<6).map { _ in Ended() }
    for (index, end) in threads.enumerated() {
      let pool = pool
      inBackground {
        var isRight = true
        for round in 0..<60 {
          guard
            let futures = try? (0..<20).map({ try pool.submit(two, round * 20 + $0, Double(index)) }
            )
          else { return end.open(false) }
          for (item, future) in futures.enumerated() {
            let expected = Double(round * 20 + item + index)
            isRight = isRight && (try? future.checked()) == expected
          }
        }
        end.open(isRight)
      }
    }
    for thread in threads { #expect(thread.wait()) }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `goes on when there are more tasks than slots`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let futures = try (0..<20_000).map { try pool.submit(one, $0) }
    for (index, future) in futures.enumerated().reversed() {
      #expect(try future.checked() == index)
    }
    try eventually("all are counted") { pool.pendingTaskCount == 0 }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `results that nobody asks for do not stand in the way`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    for index in 0..<10_000 { _ = try pool.submit(one, index) }
    #expect(try pool.submit(one, 3).checked() == 3)
    pool.shutdown()
    #expect(pool.pendingTaskCount == 0)
  }

  @Test(arguments: TestedExecutor.pools)
  func `P2 starts another worker when the ones there are busy, however short they were idle`(
    _ kind: TestedExecutor
  )
    throws
  {
    // A worker that is about to take one task must not be counted on for the next.
    for _ in 0..<20 {
      let pool = try kind.makePool(2)
      #expect(try pool.submit(one, 1).checked() == 1)
      let (first, second) = (try Latch(in: pool), try Latch(in: pool))
      let held = try [pool.submit(hold, first), pool.submit(hold, second)]
      #expect(try first.arrived() != second.arrived())
      first.open()
      second.open()
      for future in held { _ = try future.checked() }
      pool.shutdown()
    }
  }
}

@Suite struct `Values through a task` {
  /// That every value comes back as it is. The task is submitted where its type is known.
  private func survives<Value: Equatable & Sendable>(
    _ values: Value..., sent: (Value) throws -> Future<Value>
  ) throws {
    for value in values { #expect(try sent(value).checked() == value) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `integers, floating point and text arrive as they are`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    try survives(Int.min, -1, 0, 1, Int.max) { try pool.submit(echo, $0) }
    try survives(Int8.min, 127) { try pool.submit(echo, $0) }
    try survives(UInt64.max, 0) { try pool.submit(echo, $0) }
    try survives(UInt16.max) { try pool.submit(echo, $0) }
    try survives(true, false) { try pool.submit(echo, $0) }
    try survives(1.5, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude)
    { try pool.submit(echo, $0) }
    try survives(Float.leastNonzeroMagnitude, .pi) { try pool.submit(echo, $0) }
    try survives("", "ascii", "naïve ☃ 👩‍👩‍👧 \0 end", String(repeating: "é", count: 100_000)) {
      try pool.submit(echo, $0)
    }
    let nan = try pool.submit(echo, Double(bitPattern: 0x7FF8_0000_DEAD_BEEF)).checked()
    #expect(nan.bitPattern == 0x7FF8_0000_DEAD_BEEF)
    let zero = try pool.submit(echo, -0.0).checked()
    #expect(zero.sign == .minus)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `collections of all sizes arrive as they are`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    try survives([Int](), [1], Array(0..<1_000)) { try pool.submit(echo, $0) }
    try survives([Double](repeating: 0.1, count: 300_000)) { try pool.submit(echo, $0) }
    try survives([["a", ""], [], ["b"]]) { try pool.submit(echo, $0) }
    try survives([nil, 1, nil] as [Int?]) { try pool.submit(echo, $0) }
    try survives(Set(0..<100)) { try pool.submit(echo, $0) }
    try survives(["a": [1, 2], "b": []]) { try pool.submit(echo, $0) }
    try survives([1: Point(x: 1, y: 2)]) { try pool.submit(echo, $0) }
    try survives(Int?.none, Int?(3)) { try pool.submit(echo, $0) }
    try survives([UInt8](repeating: 7, count: 104), [UInt8](repeating: 8, count: 105)) {
      try pool.submit(echo, $0)
    }
  }

  @Test(
    arguments: TestedExecutor.allCases,
    [90, 95, 100, 101, 102, 103, 104, 105, 110, 32_760, 32_768, 32_769, 70_000])
  func `arguments and results at the edges of slot and outbox arrive whole`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for _ in 0..<3 { #expect(try pool.submit(echo, bytes).checked() == bytes) }
  }

  private enum Shape: Codable, Equatable, Sendable {
    case empty, circle(radius: Double)
    indirect case both(Shape, Shape)
  }
  private struct Everything: Codable, Equatable, Sendable {
    var name: String
    var shape: Shape
    var points: [Point]
    var table: [String: Int?]
    var nested: [Everything]
  }

  @Test(arguments: TestedExecutor.allCases)
  func `Codable types arrive as they are, private, nested and recursive ones`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    try survives(Point(x: 1, y: -1)) { try pool.submit(echo, $0) }
    try survives(Shape.empty, .circle(radius: 2), .both(.empty, .both(.circle(radius: 1), .empty)))
    { try pool.submit(echo, $0) }
    let inner = Everything(name: "in", shape: .empty, points: [], table: [:], nested: [])
    try survives(
      Everything(
        name: "out", shape: .circle(radius: .infinity), points: [Point(x: 1, y: 2)],
        table: ["a": nil, "b": 2], nested: [inner, inner])
    ) { try pool.submit(echo, $0) }
  }

  private struct Pixel: BitwiseCopyable, Equatable, Sendable { var r: UInt8, g: Float, b: Int16 }

  @Test(arguments: TestedExecutor.allCases)
  func `bitwise-copyable types arrive as they are`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let pixel = Pixel(r: 1, g: 2.5, b: -3)
    #expect(
      try pool.submit({ (p: Pixel) in Pixel(r: p.r + 1, g: p.g, b: p.b) }, pixel).checked()
        == Pixel(r: 2, g: 2.5, b: -3))
    let vector = SIMD4<Double>(1, 2, 3, .infinity)
    #expect(try pool.submit(echo, vector).checked() == vector)
    let pixels = [Pixel](repeating: pixel, count: 5_000)
    #expect(try pool.submit({ (p: [Pixel]) in p }, pixels).checked() == pixels)
  }
}
