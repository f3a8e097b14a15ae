import Echelon
import EchelonKernels
import Glibc
import TestSupport
import Testing

/// Around a vector, a block, a chunk, and primes.
private let counts = [0, 1, 2, 63, 64, 65, 2047, 2049, 65_535, 65_536, 65_537, 200_003]

/// Everything that a reduction of one vector can give, as bits.
private func everything<X: ArrayOperand>(
  _ pool: any WorkExecutor, _ x: X, where mask: ArrayMask<X.Element>? = nil,
  ignoringNaN: Bool = false
) throws -> [UInt64] where X.Element: KernelElement {
  func bits(_ body: () throws -> [Double]) throws -> [UInt64] {
    do { return try body().map(\.bitPattern) } catch is KernelError { return [] }
  }
  return try bits { [Double(try pool.sum(x, where: mask, ignoringNaN: ignoringNaN))] }
    + bits { [Double(try pool.product(x, where: mask, ignoringNaN: ignoringNaN))] }
    + bits { [Double(try pool.dot(x, x, where: mask, ignoringNaN: ignoringNaN))] }
    + bits { [Double(try pool.minimum(x, where: mask, ignoringNaN: ignoringNaN))] }
    + bits { [Double(try pool.maximum(x, where: mask, ignoringNaN: ignoringNaN))] }
    + bits {
      let moments = try pool.higherMoments(x, where: mask, ignoringNaN: ignoringNaN)
      return [moments.mean, moments.variance, moments.skewness, moments.kurtosis]
    }
    + bits {
      let moments = try pool.moments(x, where: mask, ignoringNaN: ignoringNaN)
      return [Double(moments.count), moments.mean, moments.variance]
    }
}

private func positions<X: ArrayOperand>(
  _ pool: any WorkExecutor, _ x: X, where mask: ArrayMask<X.Element>? = nil,
  ignoringNaN: Bool = false
) throws -> [Int] where X.Element: KernelElement {
  do {
    return [
      try pool.minimumPosition(x, where: mask, ignoringNaN: ignoringNaN).index,
      try pool.maximumPosition(x, where: mask, ignoringNaN: ignoringNaN).index,
    ]
  } catch is KernelError { return [] }
}

@Suite struct `A reduction of arrays, views and expressions` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `of an expression has the bits of that of its values`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    let elements = mixedMagnitudes(count: count, seed: seed, of: Double.self)
    let x = try pool.array(elements)
    let y = try pool.evaluate(abs(x) * 0.5 - 3)
    #expect(try everything(pool, abs(x) * 0.5 - 3) == everything(pool, y))
    #expect(try positions(pool, abs(x) * 0.5 - 3) == positions(pool, y))
    let small = try pool.array(elements.map { Float($0) })
    let halves = try pool.evaluate(small * 0.5)
    #expect(try everything(pool, small * 0.5) == everything(pool, halves))
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `leaves out what a mask or NaN says`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<count).map { _ in
      random.next() % 5 == 0 ? Double.nan : Double(Int(random.next() % 2001) - 1000)
    }
    let x = try pool.array(elements)
    // In one chunk a reduction sees what counts as if nothing else had been there.
    if count <= FusedReduction.chunkLength {
      let present = try pool.array(elements.filter { !$0.isNaN })
      #expect(try everything(pool, x, ignoringNaN: true) == everything(pool, present))
      let positive = try pool.array(elements.filter { $0 > 0 })
      #expect(try everything(pool, x, where: x .> 0) == everything(pool, positive))
    }
    // Whole numbers have exact sums.
    let kept = elements.filter { $0 > 10 }
    #expect(try pool.sum(x, where: x .> 10) == kept.reduce(0, +))
    #expect(try pool.count(where: x .> 10) == kept.count)
    #expect(try pool.any(x .> 10) == !kept.isEmpty)
    #expect(try pool.all(x .> 10) == (kept.count == count))
    let order = elements.indices.filter { !elements[$0].isNaN }
    let least = order.min { (elements[$0], $0) < (elements[$1], $1) }
    let most = order.min { (-elements[$0], $0) < (-elements[$1], $1) }
    #expect(try positions(pool, x, ignoringNaN: true) == [least, most].compactMap { $0 })
    let masked = order.filter { elements[$0] > 10 }.min { (elements[$0], $0) < (elements[$1], $1) }
    if let masked {
      let found = try pool.minimumPosition(x, where: x .> 10)
      #expect(found.index == masked && found.value == elements[masked])
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `reads views as it reads copies`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    let elements = mixedMagnitudes(count: 301 * 401, seed: seed, of: Double.self)
    let x = try pool.array(elements)
    for stride in [1, 2, 3, 64, 1000] {
      let copy = try pool.array(
        Swift.stride(from: 0, to: elements.count, by: stride).map { elements[$0] })
      #expect(
        try everything(pool, x.strided(by: stride)) == everything(pool, copy), "stride \(stride)")
      #expect(Array(try pool.evaluate(x.strided(by: stride))) == Array(copy))
    }
    let matrix = x.reshaped(rows: 301, columns: 401)
    let transposed = try pool.array(
      (0..<401).flatMap { column in (0..<301).map { elements[$0 * 401 + column] } })
    #expect(try everything(pool, matrix.transposed) == everything(pool, transposed))
    let block = try pool.array(
      (3..<200).flatMap { row in (5..<390).map { elements[row * 401 + $0] } })
    #expect(try everything(pool, matrix[3..<200, 5..<390]) == everything(pool, block))
    #expect(Array(matrix.row(7)) == Array(elements[7 * 401..<8 * 401]))
    let column = try pool.array((0..<301).map { elements[$0 * 401 + 400] })
    #expect(Array(matrix.column(400)) == Array(column))
    #expect(try everything(pool, matrix.column(400)) == everything(pool, column))
    for offset in [-300, -1, 0, 1, 100, 400, 500, -400] {
      let diagonal = (0..<301).compactMap { row in
        (0..<401) ~= row + offset ? elements[row * 401 + row + offset] : nil
      }
      #expect(Array(matrix.diagonal(offset: offset)) == diagonal, "offset \(offset)")
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `has the same bits for any number of workers`(_ kind: TestedExecutor) throws {
    let elements = mixedMagnitudes(count: 140_009, seed: 5, of: Double.self)
    var answers: [[UInt64]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let x = try pool.array(elements)
      let odd = x[0..<140_008].reshaped(rows: 2, columns: 70_004).transposed
      answers.append(
        try everything(pool, x) + everything(pool, sin(x), where: x .> 0) + everything(pool, odd))
      pool.shutdown()
    }
    #expect(answers.allSatisfy { $0 == answers[0] } && answers[0].count > 30)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of special values is what IEEE 754 says`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([3, -0.0, 0, .infinity, 0, .nan, -.infinity, .nan])
    #expect(try pool.minimumPosition(x).index == 5 && pool.maximumPosition(x).index == 5)
    #expect(try pool.minimumPosition(x, ignoringNaN: true).index == 6)
    #expect(try pool.minimumPosition(x[1..<3]).index == 0)
    #expect(try pool.maximumPosition(x[1..<3]).index == 1)
    #expect(try pool.product(x).isNaN && pool.product(x[2..<4]).isNaN)
    #expect(try pool.product(x[0..<2]).sign == .minus)
    #expect(try pool.product(x[3..<4]) == .infinity)
    #expect(throws: KernelError.self) { try pool.minimumPosition(x[0..<0]) }
    #expect(throws: KernelError.self) { try pool.mean(x, where: x .> .infinity) }
    #expect(try pool.sum(x[0..<0]) == 0 && pool.product(x[0..<0]) == 1)
    let wide = try pool.higherMoments(pool.array([1.7e308, 1.7e308, -1.7e308]))
    #expect(try abs(wide.mean - pool.mean(pool.array([1.7e308, 1.7e308, -1.7e308]))) <= 1e293)
    #expect(try pool.higherMoments(pool.array([1e200, 2e200, 4e200])).variance == .infinity)
    // What only the result has room for.
    let large = try pool.array((0..<10_000).map { $0 < 5000 ? 1e300 : 1e-300 })
    #expect(abs(try pool.product(large) - 1) < 1e-9)
    #expect(try pool.product(large[0..<5000]) == .infinity)
    #expect(try pool.product(large[5000..<10_000]) == 0)
    let subnormal = try pool.array([0x1p-1074, 0x1p1000, 0x1p74])
    #expect(try pool.product(subnormal) == 1)
  }

  #if !DEBUG
    // Only in release builds: a minute's work without the optimizer.
    @Test(arguments: [TestedExecutor.inProcess, .spawn])
    func `of fifty million elements is what a loop with compensation says`(_ kind: TestedExecutor)
      throws
    {
      let pool = kind.shared
      let count = 50_000_017
      let x = try pool.array(count: count) {
        Double(($0 &* 0x9E37_79B9) % 1_000_003) * 0x1p-20 - 0.25
      }
      var (sum, squares, magnitudes) = (CompensatedSum(), CompensatedSum(), CompensatedSum())
      var (least, most, positive) = (0, 0, 0)
      x.withSpan { x in
        for index in x.indices {
          sum.add(x[index])
          squares.add(product: x[index], x[index])
          magnitudes.add(abs(x[index]))
          if x[index] < x[least] { least = index }
          if x[index] > x[most] { most = index }
          positive += x[index] > 0 ? 1 : 0
        }
      }
      // γ₄₀ of the magnitudes: 29 additions and the depth of the tree.
      let bound = 44 * 0x1p-53
      #expect(abs(try pool.sum(x) - sum.value) <= bound * magnitudes.value)
      #expect(abs(try pool.dot(x, x) - squares.value) <= bound * squares.value)
      #expect(
        abs(try pool.norm(x) - squares.value.squareRoot()) <= bound * squares.value.squareRoot())
      #expect(try pool.minimumPosition(x).index == least && pool.maximumPosition(x).index == most)
      #expect(try pool.count(where: x .> 0) == positive)
      let (moments, n) = (try pool.moments(x), Double(count))
      #expect(abs(moments.mean - sum.value / n) <= bound)
      let variance = squares.value / n - (sum.value / n) * (sum.value / n)
      #expect(abs(moments.populationVariance - variance) <= 4 * bound)
      #expect(try pool.sum(x.strided(by: 7)).isFinite)
      #expect(try pool.sum(x.reshaped(rows: 1, columns: count), each: .row)[0] == pool.sum(x))
    }
  #endif

  @Test(arguments: TestedExecutor.allCases)
  func `of arrays that do not fit is refused with their shapes`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array(repeating: 1.0, count: 6)
    let a = x.reshaped(rows: 2, columns: 3)
    #expect(throws: KernelError.self) { try pool.dot(x, x[0..<5]) }
    let error = #expect(throws: KernelError.self) { try pool.dot(a, a.transposed) }
    #expect("\(error, default: "")".contains("2 × 3"))
    #expect(throws: KernelError.self) { try pool.sum(x, where: x[0..<4] .> 0) }
    // One element is not repeated unasked.
    #expect(throws: KernelError.self) { try pool.dot(x, x[0..<1]) }
    #expect(throws: KernelError.self) { try pool.evaluate(x + x[0..<1]) }
    #expect(throws: KernelError.self) { try pool.weightedMoments(a, weights: x[0..<2].asColumn) }
    #expect(x.strided(by: .max).count == 1 && a.diagonal(offset: .min).isEmpty)
    #expect(a.diagonal(offset: .max).isEmpty && x[0..<0].strided(by: .max).isEmpty)
    #expect(throws: KernelError.self) { try pool.start(Reduction<Double>.dot, x) }
  }
}

@Suite struct `Reductions of several passes` {
  @Test(arguments: TestedExecutor.allCases, [1, 2, 65, 70_001])
  func `norms agree with their definition, and scale`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<count).map { _ in Double.random(in: -3...3, using: &random) }
    for scale in [1, 0x1p-1000, 0x1p-1060, 0x1p1000] {
      let x = try pool.array(elements.map { $0 * scale })
      var squares = CompensatedSum(), magnitudes = CompensatedSum()
      // As they are in the array: some are subnormal and have been rounded.
      let scaled = Array(x).map { $0 / scale }
      for element in scaled {
        squares.add(product: element, element)
        magnitudes.add(abs(element))
      }
      func isNear(_ found: Double, _ expected: Double) -> Bool {
        // The answer may be subnormal, too.
        abs(found / scale - expected) <= 1e-14 * expected + 0x1p-1074 / scale
      }
      #expect(isNear(try pool.norm(x), squares.value.squareRoot()), "scale \(scale)")
      #expect(isNear(try pool.norm(x, .infinity), scaled.map(abs).max()!))
      if scale < 1 || count < 100 { #expect(isNear(try pool.norm(x, .one), magnitudes.value)) }
    }
    let x = try pool.array(elements)
    let cubes = elements.reduce(0) { $0 + pow(abs($1), 3) }
    #expect(abs(try pool.norm(x, .p(3)) - cbrt(cubes)) <= 1e-12 * cbrt(cubes))
    #expect(abs(try pool.norm(pool.array(elements.map { Float($0) })) / pool.norm(x) - 1) < 1e-6)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `norms of nothing, of NaN and of infinities`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([1, .nan, .infinity])
    for norm in [VectorNorm.one, .two, .infinity, .p(1.5)] {
      #expect(try pool.norm(x[0..<0], norm) == 0 && pool.norm(x, norm).isNaN)
      #expect(try pool.norm(x[2..<3], norm) == .infinity && pool.norm(x[0..<1], norm) == 1)
    }
    #expect(throws: PoolError.self) { try pool.norm(x, .p(0)) }
    #expect(try pool.norm(pool.array([Float(3e38), 3e38]), .one) == 2 * Double(Float(3e38)))
    #expect(try pool.norm(pool.array([1e110, 0]), .p(3)) == 1e110)
    let weighted = try pool.weightedMoments(
      pool.array([Float(16_777_216), 16_777_218]),
      weights: pool.array(repeating: Float(1), count: 2))
    #expect(weighted.populationVariance == 1)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `logSumExp does not overflow`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([1000.0, 1000, 999])
    #expect(abs(try pool.logSumExp(x) - (1000 + log(2 + exp(-1)))) < 1e-12)
    #expect(try pool.logSumExp(x[0..<0]) == -.infinity)
    let infinite = try pool.array([-Double.infinity, -.infinity, .infinity, .nan])
    #expect(try pool.logSumExp(infinite[0..<2]) == -.infinity)
    #expect(try pool.logSumExp(infinite[0..<3]) == .infinity && pool.logSumExp(infinite).isNaN)
  }

  @Test(arguments: TestedExecutor.allCases, [1, 2, 63, 64, 65, 70_001])
  func `leave NaN out as if they were not there`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    var random = TestRandom(seed: testSeed())
    let elements = (0..<count).map { _ in Double(random.next() >> 12) * 0x1p-50 - 2 }
    let weights = (0..<count).map { _ in Double(random.next() % 5) + 1 }
    // One more after each, and it is NaN.
    let x = try pool.array(elements.flatMap { [$0, .nan] })
    let w = try pool.array(weights.flatMap { [$0, 3] })
    let (kept, keptWeights) = (try pool.array(elements), try pool.array(weights))
    func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 * max(abs(a), abs(b)) }
    for norm in [VectorNorm.one, .two, .infinity, .p(3)] {
      #expect(
        isNear(try pool.norm(x, norm, ignoringNaN: true), try pool.norm(kept, norm)), "\(norm)")
      #expect(try pool.norm(x, norm).isNaN)
    }
    #expect(isNear(try pool.logSumExp(x, ignoringNaN: true), try pool.logSumExp(kept)))
    let found = try pool.weightedMoments(x, weights: w, ignoringNaN: true)
    let expected = try pool.weightedMoments(kept, weights: keptWeights)
    #expect(found.sumOfWeights == expected.sumOfWeights && isNear(found.mean, expected.mean))
    #expect(abs(found.populationVariance - expected.populationVariance) <= 1e-12 * 16)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `nothing but NaN is nothing`(_ kind: TestedExecutor) throws {
    let x = try kind.shared.array(repeating: Float.nan, count: 1000)
    #expect(try kind.shared.norm(x, ignoringNaN: true) == 0)
    #expect(try kind.shared.norm(x, .infinity, ignoringNaN: true) == 0)
    #expect(try kind.shared.logSumExp(x, ignoringNaN: true) == -.infinity)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `weights count as repetitions do`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let (x, w) = (try pool.array([1.0, 5, 7, 2]), try pool.array([3.0, 1, 0, 2]))
    let found = try pool.weightedMoments(x, weights: w)
    let repeated = try pool.moments(pool.array([1.0, 1, 1, 5, 2, 2]))
    #expect(found.sumOfWeights == 6 && found.mean == repeated.mean)
    #expect(abs(found.variance - repeated.variance) < 1e-15)
    #expect(throws: KernelError.self) { try pool.weightedMoments(x, weights: w[0..<3]) }
  }
}

@Suite struct `A reduction of one's own` {
  @Test(arguments: TestedExecutor.allCases, [0, 1, 2, 65_535, 65_537, 300_007])
  func `gives what the loop gives`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let x = try pool.array(count: count) { Int64($0) &* 7919 % 1009 }
    #expect(try pool.reduce(x, initial: 5) { $0 + $1 } == Array(x).reduce(5, +))
    #expect(try pool.reduce(x, initial: 0) { $0 ^ $1 } == Array(x).reduce(0, ^))
    let every = x.strided(by: 3)
    #expect(try pool.reduce(every, initial: 1) { $0 &+ $1 } == Array(every).reduce(1, &+))
    #expect(
      try pool.reduce(x &* x, initial: 0) { $0 ^ $1 } == Array(x).reduce(0) { $0 ^ ($1 &* $1) })
    // Associative, and no commutative one: the composition of x ↦ a·x + b modulo a prime.
    let maps = try pool.array(count: count) { Affine(a: Int32($0 % 97 + 1), b: Int32($0 % 13)) }
    let identity = Affine(a: 1, b: 0)
    #expect(
      try pool.reduce(maps, initial: identity) { $0.followed(by: $1) }
        == Array(maps).reduce(identity) { $0.followed(by: $1) })
    #expect(throws: PoolError.self) {
      _ = try pool.reduce(pool.array([Wide()]), initial: Wide()) { $1 }
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `has the same bits for any number of workers, and captures`(_ kind: TestedExecutor) throws {
    let elements = mixedMagnitudes(count: 300_007, seed: 3, of: Double.self)
    var bits: [UInt64] = []
    let limit = 1e3
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let x = try pool.array(elements)
      bits.append(try pool.reduce(x, initial: 0.5) { $0 + min($1, limit) }.bitPattern)
      pool.shutdown()
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }
}

/// More than a partial result has room for.
private struct Wide: BitwiseCopyable, Sendable { var words = (0, 0, 0, 0, 0, 0, 0, 0, 0) }

private struct Affine: BitwiseCopyable, Sendable, Equatable {
  var a: Int32
  var b: Int32
  func followed(by next: Affine) -> Affine {
    Affine(a: a * next.a % 9973, b: (next.a * b + next.b) % 9973)
  }
}
