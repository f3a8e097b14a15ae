import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Around a vector, a block, a chunk, and primes.
private let counts = sizes(
  [0, 1, 2, 63, 64, 65, 32_769], inRelease: [32_767, 65_537, 100_003])

/// Numbers of all magnitudes, and the ends of the range.
private func integers<T: VectorInteger>(count: Int, seed: UInt64, of: T.Type = T.self) -> [T] {
  var random = TestRandom(seed: seed)
  return (0..<count).map { index in
    switch index % 5 {
    case 0: T(truncatingIfNeeded: random.next() % 100)
    case 1: index % 2 == 0 ? .min : .max
    default: T(truncatingIfNeeded: random.next())
    }
  }
}

@Suite struct `An array of whole numbers` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `has the arithmetic of Swift, wrapping around`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: VectorInteger>(_ type: T.Type) throws {
      let (a, b) = (
        integers(count: count, seed: seed, of: type),
        integers(count: count, seed: seed + 1, of: type)
      )
      let (x, y) = (try pool.array(a), try pool.array(b))
      func expect(_ expression: ArrayExpression<T>, _ body: (T, T) -> T) throws {
        #expect(try Array(pool.evaluate(expression)) == zip(a, b).map { body($0, $1) })
      }
      try expect(x &* y &+ 3 &- x) { $0 &* $1 &+ 3 &- $0 }
      try expect(7 &- (x & ~y | 12) ^ y) { 7 &- ($0 & ~$1 | 12) ^ $1 }
      try expect((x &>> 2) &<< (y & 7)) { ($0 &>> 2) &<< ($1 & 7) }
      try expect(x / 7 &+ x % 7) { x, _ in x / 7 &+ x % 7 }
      try expect(x / y) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
      try expect(x % y) {
        $1 == 0 ? $0 : $0.remainderReportingOverflow(dividingBy: $1).partialValue
      }
      try expect(select((x .< y) .| (x .== 0), max(x, 9), min(y, 100))) {
        $0 < $1 || $0 == 0 ? Swift.max($0, 9) : Swift.min($1, 100)
      }
      try expect(sign(x) &+ abs(y)) { $0.signum() &+ ($1 < 0 ? 0 &- $1 : $1) }
    }
    try check(Int.self)
    try check(Int64.self)
    try check(Int32.self)
    try check(UInt8.self)
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `is summed exactly, and has its smallest and largest element found`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: VectorInteger>(_ type: T.Type, masked: Bool) throws {
      // Of Int and Int64 halves of halves, so that no sum overflows.
      let a = integers(count: count, seed: seed, of: type).map { T.bitWidth > 32 ? $0 &>> 20 : $0 }
      let x = try pool.array(a)
      let mask = masked ? (x & 3) .!= 1 : nil
      let kept = a.indices.filter { !masked || a[$0] & 3 != 1 }
      #expect(try pool.sum(x, where: mask) == kept.reduce(0) { $0 + Int(a[$1]) })
      if let smallest = kept.min(by: { a[$0] < a[$1] }),
        let largest = kept.max(by: { (a[$0], $1) < (a[$1], $0) })
      {
        #expect(
          try pool.minimumPosition(x, where: mask) == Extreme(value: a[smallest], index: smallest))
        #expect(
          try pool.maximumPosition(x, where: mask) == Extreme(value: a[largest], index: largest))
        #expect(try pool.minimum(x, where: mask) == a[smallest])
        #expect(try pool.maximum(x, where: mask) == a[largest])
      } else {
        #expect(throws: KernelError.emptyInput(kernel: "minimum")) {
          try pool.minimum(x, where: mask)
        }
        #expect(throws: KernelError.emptyInput(kernel: "maximum")) {
          try pool.maximum(x, where: mask)
        }
      }
      let isSmall = x .<= 40
      #expect(try pool.count(where: isSmall) == a.count { $0 <= 40 })
      #expect(try pool.any(x .== 40) == a.contains(40))
      #expect(try pool.all(isSmall) == a.allSatisfy { $0 <= 40 })
    }
    for masked in [false, true] {
      try check(Int.self, masked: masked)
      try check(Int64.self, masked: masked)
      try check(Int32.self, masked: masked)
      try check(UInt8.self, masked: masked)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `whose sum has more than 64 bits says so, and what to do`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([Int64.max, 1])
    let error = #expect(throws: KernelError.overflow(kernel: "sum")) { try pool.sum(x) }
    #expect("\(error, default: "")".contains("Double"))
    #expect(try pool.sum(x.converted(to: Double.self)) == 0x1p63)
    // On the way it may: the order does not matter.
    let large =
      [Int](repeating: .max, count: 70_000) + [Int](repeating: -.max, count: 70_000) + [-1]
    #expect(try pool.sum(pool.array(large)) == -1)
    #expect(try pool.sum(pool.array([Int.min, -1, 1])) == .min)
    #expect(try pool.sum(pool.array([Int.max, 1, -1])) == .max)
    #expect(throws: KernelError.self) { try pool.sum(pool.array([Int.min, -1])) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has a sum at the end of the range although its parts lie in different chunks`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    func sum(_ parts: Int...) throws -> Int {
      let chunk = 70_000  // more elements than a chunk has
      return try pool.sum(
        pool.array(count: parts.count * chunk) { $0 % chunk == 0 ? parts[$0 / chunk] : 0 })
    }
    #expect(try sum(.min, -1, 1) == .min)
    #expect(try sum(1, -1, .min) == .min)
    #expect(try sum(.max, 1, -1) == .max)
    #expect(throws: KernelError.overflow(kernel: "sum")) { try sum(.max, 1) }
    #expect(throws: KernelError.overflow(kernel: "sum")) { try sum(.min, -1) }
  }

  #if !DEBUG
    // Only in release builds: a minute's work without the optimizer.
    @Test(arguments: [TestedExecutor.inProcess, .spawn])
    func `is summed exactly beyond what 32 bits can count`(_ kind: TestedExecutor) throws {
      let pool = kind.shared
      let column = try pool.array(repeating: Int32(0), count: 46_400).asColumn
      let row = try pool.array(repeating: Int32(-1), count: 46_400)
      #expect(try pool.sum(column &+ row) == -46_400 * 46_400)
    }
  #endif

  @Test(arguments: TestedExecutor.allCases, sizes([1, 2, 1009], inRelease: [140_009]))
  func `has the quantiles of the same numbers as Double`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    func check<T: VectorInteger & SortableElement>(_: T.Type) throws {
      let x = try pool.array(count: count) { T(truncatingIfNeeded: ($0 &* 7919) % 251 - 100) }
      let real = try pool.array(count: count) { Double(x[$0]) }
      #expect(try pool.quantiles(x, [0, 0.3, 0.95, 1]) == pool.quantiles(real, [0, 0.3, 0.95, 1]))
      #expect(try pool.median(x) == pool.median(real))
      let weights = try pool.evaluate(abs(real) + 1)
      #expect(
        try pool.quantiles(x, [0.3], weights: weights)
          == pool.quantiles(real, [0.3], weights: weights))
      #expect(
        try Array(pool.median(x.asColumn, each: .column))
          == Array(pool.median(real.asColumn, each: .column)))
    }
    try check(Int64.self)
    try check(Int32.self)
    try check(UInt8.self)
    #expect(throws: KernelError.self) { try pool.median(pool.array([Int32]())) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is seen in parts, in matrices and repeated`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let m = try pool.array(count: 12) { Int32($0) }.reshaped(rows: 3, columns: 4)
    let row = try pool.array([Int32(10), 20, 30, 40])
    let sum = try pool.evaluateMatrix(m &+ row)
    #expect((0..<3).allSatisfy { i in (0..<4).allSatisfy { sum[i, $0] == m[i, $0] + row[$0] } })
    #expect(try Array(pool.evaluate(m.column(1) &* 2)) == [2, 10, 18])
    #expect(try Array(pool.evaluate(m.transposed.row(2) &- m.transposed.row(0))) == [2, 2, 2])
    #expect(try pool.sum(m.diagonal()) == 15)
    #expect(try pool.maximumPosition(m.transposed) == Extreme(value: 11, index: 11))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `may be written into itself`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array(count: 100_000) { UInt8(truncatingIfNeeded: $0) }
    #expect(try pool.evaluate(x &+ 1, into: x).block === x.block)
    #expect(Array(x) == (0..<100_000).map { UInt8(truncatingIfNeeded: $0 + 1) })
  }
}

@Suite struct `An array in expressions of another type` {
  @Test(arguments: TestedExecutor.allCases)
  func `is converted as it is read, wherever its elements lie`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    let a = integers(count: 70_001, seed: seed, of: Int32.self)
    let x = try pool.array(a)
    #expect(
      try Array(pool.evaluate(x.converted(to: Double.self) / 3)) == a.map { Double($0) / 3 })
    #expect(
      try Array(pool.evaluate(x.strided(by: 3).converted(to: Int64.self) &* 1_000_000))
        == stride(from: 0, to: a.count, by: 3).map { Int64(a[$0]) * 1_000_000 })
    let m = x[0..<70_000].reshaped(rows: 700, columns: 100)
    let t = try pool.evaluateMatrix(m.transposed.converted(to: Float.self) * 0.5)
    #expect(
      (0..<100).allSatisfy { i in
        t[i, 3] == Float(m[3, i]) * 0.5 && t[i, 699] == Float(m[699, i]) * 0.5
      })
    // One array may be read as two types, which are two operands.
    let y = try pool.array([0.5, -3.7, 1e10])
    #expect(try Array(pool.evaluate(y.converted(to: Int32.self) &+ 1)) == [1, -2, .min])
    #expect(try pool.moments(x.converted(to: Double.self)).count == 70_001)
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `of truths is a mask, and a mask is evaluated to one`(_ kind: TestedExecutor, _ count: Int)
    throws
  {
    let pool = kind.shared
    let seed = testSeed()
    let a: [Double] = mixedMagnitudes(count: count, seed: seed)
    let x = try pool.array(a)
    let isLarge = try pool.evaluate(abs(x) .> 1)
    #expect(Array(isLarge) == a.map { Swift.abs($0) > 1 })
    #expect(
      try Array(pool.evaluate(select(isLarge.mask(), x, 0))) == a.map { Swift.abs($0) > 1 ? $0 : 0 }
    )
    let n = try pool.array(count: count) { UInt8(truncatingIfNeeded: $0) }
    let both = try pool.evaluate(isLarge.mask() .& (n .> 100))
    #expect(Array(both) == a.indices.map { Swift.abs(a[$0]) > 1 && $0 % 256 > 100 })
    #expect(try pool.count(where: both.mask(of: Int32.self)) == Array(both).count { $0 })
    #expect(
      try pool.sum(n, where: both.mask())
        == Array(both).indices.reduce(0) { $0 + (both[$1] ? $1 % 256 : 0) })
    // Into the array that it is read from.
    #expect(
      try pool.evaluate(.!isLarge.mask(of: UInt8.self), into: isLarge).block === isLarge.block)
    #expect(Array(isLarge) == a.map { !(Swift.abs($0) > 1) })
    let everySecond = try pool.evaluate(isLarge.strided(by: 2).mask(of: Float.self))
    #expect(Array(everySecond) == stride(from: 0, to: count, by: 2).map { isLarge[$0] })
  }

  @Test(arguments: TestedExecutor.pools)
  func `has the same bits for any number of workers`(_ kind: TestedExecutor) throws {
    let a = integers(count: 200_003, seed: 7, of: Int32.self)
    var results: [[UInt64]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let x = try pool.array(a)
      let y = try pool.evaluate(sin(x.converted(to: Double.self)))
      let z = try pool.evaluate((x &* 77) .> x)
      results.append(
        Array(y).map(\.bitPattern)
          + [
            UInt64(try pool.count(where: z.mask(of: UInt8.self))),
            UInt64(bitPattern: Int64(try pool.sum(x))),
          ])
      pool.shutdown()
    }
    #expect(results.dropFirst().allSatisfy { $0 == results[0] })
  }
}
