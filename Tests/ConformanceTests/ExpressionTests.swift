import Echelon
import Glibc
import TestSupport
import Testing

/// The same computation in Swift, element by element.
private func loop<T>(_ x: [T], _ y: [T], _ body: (T, T) -> T) -> [T] {
  zip(x, y).map { body($0, $1) }
}

@Suite struct `An expression over arrays` {
  /// Around the vector's width, the block, the chunk, and primes.
  static let counts = sizes(
    [0, 1, 2, 7, 8, 63, 64, 65, 255, 256, 257, 32_769],
    inRelease: [32_767, 32_768, 100_003])

  @Test(arguments: TestedExecutor.allCases, counts)
  func `has the values of the same arithmetic in Swift, to the last bit`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    let a: [Double] = mixedMagnitudes(count: count, seed: seed)
    let b: [Double] = mixedMagnitudes(count: count, seed: seed + 1)
    let (x, y) = (try pool.array(a), try pool.array(b))
    let r = try pool.evaluate(sqrt(x * x + y * y) - 3 / (1 - x) + -y)
    #expect(
      Array(r).map(\.bitPattern)
        == loop(a, b) { ($0 * $0 + $1 * $1).squareRoot() - 3 / (1 - $0) + -$1 }.map(\.bitPattern))
    let picked = try pool.evaluate(
      select((x .< y) .| (y .> 5) .& .!(x .== 0), max(x, 2), min(1, y)))
    #expect(
      Array(picked).map(\.bitPattern)
        == loop(a, b) { x, y in
          x < y || (y > 5 && !(x == 0)) ? Swift.max(x, 2) : Swift.min(1, y)
        }.map(\.bitPattern))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of Float rounds every operation to Float`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    let a: [Float] = mixedMagnitudes(count: 1001, seed: seed)
    let b: [Float] = mixedMagnitudes(count: 1001, seed: seed + 1)
    let (x, y) = (try pool.array(a), try pool.array(b))
    let r = try pool.evaluate((x * 0.1 + y) / (x - y) * x)
    #expect(
      Array(r).map(\.bitPattern)
        == loop(a, b) { ($0 * 0.1 + $1) / ($0 - $1) * $0 }.map(\.bitPattern))
  }

  @Test(arguments: TestedExecutor.pools)
  func `has the same bits for any number of workers`(_ kind: TestedExecutor) throws {
    let elements = mixedMagnitudes(count: 200_003, seed: 7, of: Double.self)
    var bits: [[UInt64]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let x = try pool.array(elements)
      let y = try pool.evaluate(sin(x) * exp(-abs(x)) + pow(abs(x), 0.3) + log1p(x * x))
      bits.append(Array(y).map(\.bitPattern))
      pool.shutdown()
    }
    #expect(bits.dropFirst().allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `may be written into an array that it reads, and into parts of one`(_ kind: TestedExecutor)
    throws
  {
    let pool = kind.shared
    let x = try pool.array(count: 100_000) { Double($0) }
    #expect(try pool.evaluate(x + 1, into: x).block === x.block)
    #expect(Array(x) == (0..<100_000).map { Double($0 + 1) })
    // The output overlaps the input by all but one element.
    _ = try pool.evaluate(x[0..<99_999] * 2, into: x[1..<100_000])
    #expect(x[0] == 1 && x[1] == 2 && x[99_999] == 2 * 99_999)
    #expect(Array(x[1..<100_000]) == (1..<100_000).map { 2 * Double($0) })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `reads up to eight arrays, and says what to do about more`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let arrays = try (0..<9).map { k in try pool.array(count: 10) { Double($0 * k) } }
    func sum(_ count: Int) -> ArrayExpression<Double> {
      arrays[1..<count].reduce(arrays[0].expression) { $0 + $1 }
    }
    #expect(try Array(pool.evaluate(sum(8))) == (0..<10).map { Double(28 * $0) })
    #expect(throws: ExpressionError.tooManyArrays(count: 9, limit: 8)) { try pool.evaluate(sum(9)) }
    // One array in several places is one.
    #expect(try pool.evaluate(arrays.map { _ in arrays[1] }.reduce(sum(1)) { $0 + $1 })[1] == 9)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of other counts is refused with the counts`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let (x, y) = (
      try pool.array(repeating: 1.0, count: 3), try pool.array(repeating: 1.0, count: 4)
    )
    let error = #expect(throws: KernelError.self) { try pool.evaluate(x + y) }
    #expect("\(error, default: "")".contains("[3, 4]"))
    #expect(throws: KernelError.self) { try pool.evaluate(x * 2, into: y) }
    let number = select(.!(x .> 0), 1.0, 2.0)
    #expect(try Array(pool.evaluate(number)) == [2, 2, 2])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `takes the operands of a function in their order, numbers too`(_ kind: TestedExecutor) throws
  {
    let pool = kind.shared
    let (x, y) = (try pool.array([3.0]), try pool.array([-4.0]))
    func expect(_ value: Double, of expressions: ArrayExpression<Double>...) throws {
      for expression in expressions { #expect(try pool.evaluate(expression)[0] == value) }
    }
    try expect(Glibc.atan2(-4, 3), of: atan2(y, x), atan2(y, 3), atan2(-4, x))
    try expect(5, of: hypot(x, y), hypot(x, -4), hypot(3, y))
    try expect(-3, of: copysign(x, y), copysign(x, -4), copysign(3, y))
    try expect(3, of: fmod(x, y), fmod(x, -4), fmod(3, y))
    try expect(Glibc.pow(3, -4), of: pow(x, y), pow(x, -4), pow(3, y))
    try expect(8, of: exp2(x))
    try expect(1000, of: exp10(x))
    try expect(-1, of: sign(y))
    try expect(2, of: tgamma(x))
    try expect(0, of: lgamma(x - 1), normalQuantile(x / 6))
  }

  @Test func `has the bits of the same function on SIMD vectors`() throws {
    let pool = TestedExecutor.inProcess.shared
    let values: [Double] = (0..<64).map { Double($0) / 11 - 1.3 }
    let x = try pool.array(values)
    func expect(
      _ array: (SharedArray<Double>) -> ArrayExpression<Double>,
      _ lanes: (SIMD16<Double>) -> SIMD16<Double>, line: Int = #line
    ) throws {
      let expected = Array(try pool.evaluate(array(x)))
      let found = stride(from: 0, to: 64, by: 16).flatMap { start in
        let result = lanes(SIMD16(values[start..<start + 16]))
        return result.indices.map { result[$0] }
      }
      for (a, b) in zip(expected, found) {
        #expect(a == b && a.sign == b.sign || a.isNaN && b.isNaN, "line \(line)")
      }
    }
    try expect({ sqrt($0) }, { sqrt($0) })
    try expect({ cbrt($0) }, { cbrt($0) })
    try expect({ exp($0) }, { exp($0) })
    try expect({ exp2($0) }, { exp2($0) })
    try expect({ exp10($0) }, { exp10($0) })
    try expect({ expm1($0) }, { expm1($0) })
    try expect({ log($0) }, { log($0) })
    try expect({ log1p($0) }, { log1p($0) })
    try expect({ log2($0) }, { log2($0) })
    try expect({ log10($0) }, { log10($0) })
    try expect({ sin($0) }, { sin($0) })
    try expect({ cos($0) }, { cos($0) })
    try expect({ tan($0) }, { tan($0) })
    try expect({ asin($0) }, { asin($0) })
    try expect({ acos($0) }, { acos($0) })
    try expect({ atan($0) }, { atan($0) })
    try expect({ sinh($0) }, { sinh($0) })
    try expect({ cosh($0) }, { cosh($0) })
    try expect({ tanh($0) }, { tanh($0) })
    try expect({ asinh($0) }, { asinh($0) })
    try expect({ acosh($0) }, { acosh($0) })
    try expect({ atanh($0) }, { atanh($0) })
    try expect({ sigmoid($0) }, { sigmoid($0) })
    try expect({ erf($0) }, { erf($0) })
    try expect({ erfc($0) }, { erfc($0) })
    try expect({ normalQuantile($0) }, { normalQuantile($0) })
    try expect({ tgamma($0) }, { tgamma($0) })
    try expect({ lgamma($0) }, { lgamma($0) })
    try expect({ sign($0) }, { sign($0) })
    try expect({ abs($0) }, { abs($0) })
    try expect({ floor($0) }, { floor($0) })
    try expect({ ceil($0) }, { ceil($0) })
    try expect({ trunc($0) }, { trunc($0) })
    try expect({ round($0) }, { round($0) })
    try expect({ pow($0, $0) }, { pow($0, $0) })
    try expect({ pow($0, 2.5) }, { pow($0, 2.5) })
    try expect({ atan2($0, 0.5) }, { atan2($0, SIMD16(repeating: 0.5)) })
    try expect({ hypot($0, 0.5) }, { hypot($0, SIMD16(repeating: 0.5)) })
    try expect({ copysign(0.5, $0) }, { copysign(SIMD16(repeating: 0.5), $0) })
    try expect({ fmod(7.5, $0) }, { fmod(SIMD16(repeating: 7.5), $0) })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has the bits of a map over vectors`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let values: [Float] = (0..<8000).map { Float($0) / 1000 }
    let x = try pool.array(values)
    let vectors = try pool.array(count: 1000) { k in SIMD8<Float>(values[8 * k..<8 * k + 8]) }
    let mapped = try pool.startMap(vectors) { sin($0) * exp(-$0) }.checked()
    let expected = try pool.evaluate(sin(x) * exp(-x))
    #expect((0..<8000).allSatisfy { mapped[$0 / 8][$0 % 8] == expected[$0] })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `rounds to whole numbers by any rule`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let values: [Double] = [
      -2.5, -1.5, -1.25, -0.5, -0.0, 0, 0.25, 0.5, 1.5, 2.5, 0x1p52 + 1, .infinity, .nan,
    ]
    let x = try pool.array(values)
    #expect(
      Array(try pool.evaluate(x.rounded())).map(\.bitPattern)
        == values.map { $0.rounded().bitPattern })
    let rules: [FloatingPointRoundingRule] = [
      .toNearestOrAwayFromZero, .toNearestOrEven, .up, .down, .towardZero, .awayFromZero,
    ]
    for rule in rules {
      let rounded = try pool.evaluate((x / 1).rounded(rule))
      #expect(
        Array(rounded).map(\.bitPattern) == values.map { $0.rounded(rule).bitPattern }, "\(rule)")
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is awaited, with a priority and a deadline`(_ kind: TestedExecutor) async throws {
    let pool = kind.shared
    let x = try pool.array(count: 1000) { Double($0) }
    let y = try await pool.evaluate(x / 4, priority: .high, deadline: .seconds(30))
    #expect(y[999] == 999.0 / 4)
  }
}
