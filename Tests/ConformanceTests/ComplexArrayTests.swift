import ComplexModule
import Echelon
import RealModule
import TestSupport
import Testing

/// Around a vector, a block, a chunk, and primes.
private let counts = sizes(
  [0, 1, 2, 63, 64, 65, 32_769], inRelease: [32_767, 65_537, 100_003])

/// Numbers whose parts have all magnitudes from 1e-8 to 1e8.
func complexNumbers<T: ComplexPart>(
  count: Int, seed: UInt64, of type: T.Type = T.self
) -> [Complex<T>] {
  let x = mixedMagnitudes(count: count, seed: seed, of: type)
  let y = mixedMagnitudes(count: count, seed: seed &+ 1, of: type)
  return zip(x, y).map { Complex($0, $1) }
}

/// Whether two numbers have the same parts, or are both the point at infinity.
func isSame<T>(_ a: Complex<T>, _ b: Complex<T>) -> Bool {
  a.isFinite && b.isFinite ? a.rawStorage == b.rawStorage : a == b
}

private func areSame<T>(_ a: [Complex<T>], _ b: [Complex<T>]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { isSame($0, $1) }
}

@Sendable private func ends(_ z: SharedArray<ComplexElement<Double>>) -> [Double] {
  [z[0].real, z[0].imaginary, z[z.count - 1].real, z[z.count - 1].imaginary]
}

@Sendable private func corner(_ z: SharedMatrix<ComplexElement<Float>>) -> [Float] {
  [z[1, 0].real, z[1, 0].imaginary]
}

@Suite struct `A complex array` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `is made, read, mapped by closures, and travels`(_ kind: TestedExecutor, _ count: Int)
    throws
  {
    let pool = kind.shared
    let a = complexNumbers(count: count, seed: testSeed(), of: Double.self)
    let z = try pool.array(a)
    #expect(areSame(z.complexNumbers(), a))
    #expect(areSame(try pool.map(z) { $0 * $0 - 1 }.complexNumbers(), a.map { $0 * $0 - 1 }))
    #expect(try Array(pool.map(z) { $0.value.length }) == a.map(\.length))
    guard let first = a.first, let last = a.last else { return }
    let parts = [first.real, first.imaginary, last.real, last.imaginary]
    #expect(try pool.submit(ends, z).result() == parts)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `travels as a matrix and its transpose`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let z = try pool.array((0..<6).map { Complex(Float($0), 0.5) }).reshaped(rows: 2, columns: 3)
    #expect(try pool.submit(corner, z).result() == [3, 0.5])
    #expect(try pool.submit(corner, z.transposed).result() == [1, 0.5])
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `has the sums, differences and products of Complex, to the last bit`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: ComplexPart>(_ type: T.Type) throws {
      let a = complexNumbers(count: count, seed: seed, of: type)
      let b = complexNumbers(count: count, seed: seed &+ 2, of: type)
      let r = mixedMagnitudes(count: count, seed: seed &+ 4, of: type)
      let (z, w, x) = (try pool.array(a), try pool.array(b), try pool.array(r))
      func expect(
        _ expression: ComplexExpression<T>, _ body: (Complex<T>, Complex<T>, T) -> Complex<T>,
        line: Int = #line
      ) throws {
        let expected = a.indices.map { body(a[$0], b[$0], r[$0]) }
        let computed = try pool.evaluate(expression).complexNumbers()
        #expect(areSame(computed, expected), "line \(line), \(type)")
      }
      let c = Complex<T>(3, -2)
      try expect(z + w) { z, w, _ in z + w }
      try expect(z - w * z) { z, w, _ in z - w * z }
      try expect(-z) { z, _, _ in -z }
      try expect(z.conjugate) { z, _, _ in z.conjugate }
      try expect(z + c) { z, _, _ in z + c }
      try expect(c - z) { z, _, _ in c - z }
      try expect(z * c) { z, _, _ in z * c }
      try expect(z + 2) { z, _, _ in z + Complex(2) }
      try expect(2 - z) { z, _, _ in Complex(2) - z }
      try expect(z * 2.5) { z, _, _ in z * Complex(2.5) }
      try expect(z / 4) { z, _, _ in Complex(z.real / 4, z.imaginary / 4) }
      try expect(x + z) { z, _, x in Complex(x) + z }
      try expect(z - x) { z, _, x in z - Complex(x) }
      try expect(x * z) { z, _, x in Complex(x * z.real, x * z.imaginary) }
      try expect(z / x) { z, _, x in Complex(z.real / x, z.imaginary / x) }
      try expect(x * c) { _, _, x in Complex(x * 3, x * -2) }
      try expect(c - x) { _, _, x in c - Complex(x) }
      try expect(ComplexExpression(x, x * 2)) { _, _, x in Complex(x, x * 2) }
      try expect(ComplexExpression(z.imaginary, z.real)) { z, _, _ in Complex(z.imaginary, z.real) }
      let isLeft = z.real .< 0
      try expect(select(isLeft, z, w)) { z, w, _ in z.real < 0 ? z : w }
      // A part that is a number and no array.
      try expect(x + c) { _, _, x in Complex(x) + c }
      #expect(try Array(pool.evaluate((x + c).imaginary)) == r.map { _ in -2 })
      let lengths = try Array(pool.evaluate(modulus(z)))
      #expect(zip(lengths, a).allSatisfy { Swift.abs($0 - $1.length) <= 2 * $0.ulp })
      let angles = try Array(pool.evaluate(phase(z)))
      #expect(zip(angles, a).allSatisfy { Swift.abs($0 - $1.phase) <= 4 * $0.ulp })
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is computed through views, into given arrays, and into its own input`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    let a = complexNumbers(count: 70_001, seed: seed, of: Double.self)
    let z = try pool.array(a)
    typealias Number = Complex<Double>
    let two = Number(2)
    let doubled: [Number] = a[3..<69_000].map { $0 * two }
    #expect(areSame(try pool.evaluate(z[3..<69_000] * 2).complexNumbers(), doubled))
    let odd = z[1..<70_001].strided(by: 2)
    let others: [Number] = stride(from: 1, to: 70_001, by: 2).map { a[$0] + Number(1) }
    #expect(areSame(try pool.evaluate(odd + 1).complexNumbers(), others))
    let m = z[0..<60_000].reshaped(rows: 200, columns: 300)
    let (column, row) = (m.column(7), m.row(3)[0..<200])
    let differences: [Number] = (0..<200).map { (i: Int) -> Number in
      a[i * 300 + 7] - a[900 + i]
    }
    #expect(areSame(try pool.evaluate(column - row).complexNumbers(), differences))
    let t = try pool.evaluateMatrix(m.transposed * m[5..<6, 0..<200])
    #expect((t.rows, t.columns) == (300, 200))
    var expected: [Number] = []
    for i in 0..<300 {
      for j in 0..<200 { expected.append(a[j * 300 + i] * a[1500 + j]) }
    }
    #expect(areSame(t.storage.complexNumbers(), expected))

    let output = try pool.array(a)
    _ = try pool.evaluate(z + z, into: output)
    let sums: [Number] = a.map { $0 + $0 }
    #expect(areSame(output.complexNumbers(), sums))
    // Each element from another one of the same memory.
    _ = try pool.evaluate(z[0..<70_000] - z[1..<70_001], into: z[1..<70_001])
    let steps: [Number] = (0..<70_000).map { (i: Int) -> Number in a[i] - a[i + 1] }
    #expect(areSame(z.complexNumbers(), [a[0]] + steps))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is compared as Complex is`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let values = specialNumbers(Double.self)
    let pairs = values.flatMap { z in values.map { (z, $0) } }
    let (z, w) = (try pool.array(pairs.map(\.0)), try pool.array(pairs.map(\.1)))
    #expect(try Array(pool.evaluate(z .== w)) == pairs.map { $0 == $1 })
    #expect(try Array(pool.evaluate(z .!= w)) == pairs.map { $0 != $1 })
    #expect(try pool.count(where: z .== Complex(1, 0)) == pairs.count { $0.0 == 1 })
    #expect(try pool.count(where: z .== .infinity) == pairs.count { !$0.0.isFinite })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses arrays that do not fit`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let a = complexNumbers(count: 5, seed: 1, of: Double.self)
    let (z, w) = (try pool.array(a), try pool.array(a.dropLast()))
    let x = try pool.array([1.0, 2.0])
    #expect(throws: KernelError.self) { try pool.evaluate(z + w) }
    #expect(throws: KernelError.self) { try pool.evaluate((z + x).imaginary) }
    #expect(throws: KernelError.self) { try pool.evaluate(z * 2, into: w) }
    #expect(throws: KernelError.self) { try pool.dot(z, w) }
    #expect(throws: KernelError.self) { try pool.sum(x + w) }
    #expect(throws: KernelError.self) { try pool.mean(z[0..<0]) }
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `is summed and multiplied as its parts are`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: ComplexPart>(_ type: T.Type) throws {
      let a = complexNumbers(count: count, seed: seed, of: type)
      let b = complexNumbers(count: count, seed: seed &+ 2, of: type)
      let (z, w) = (try pool.array(a), try pool.array(b))
      let (x, y) = (try pool.array(a.map(\.real)), try pool.array(a.map(\.imaginary)))
      #expect(isSame(try pool.sum(z), Complex(try pool.sum(x), try pool.sum(y))))
      let mask = z.real .> 0
      #expect(
        isSame(
          try pool.sum(z, where: mask),
          Complex(try pool.sum(x, where: x .> 0), try pool.sum(y, where: x .> 0))))
      if count > 0 {
        #expect(isSame(try pool.mean(z), Complex(try pool.mean(x), try pool.mean(y))))
      }
      var (plain, conjugated, size) = (DotReference(), DotReference(), Float80(0))
      for index in a.indices {
        plain.add(a[index], b[index])
        conjugated.add(a[index].conjugate, b[index])
        size += Float80(a[index].length) * Float80(b[index].length)
      }
      // Double's bound for the sums, and one rounding to the type.
      let allowed = 40 * 0x1p-53 * size
      func expect(_ dot: Complex<T>, _ reference: DotReference) {
        let error = Float80.hypot(
          Float80(dot.real) - reference.real, Float80(dot.imaginary) - reference.imaginary)
        let rounding = Float80(T.ulpOfOne) * Float80.hypot(reference.real, reference.imaginary)
        #expect(error <= allowed + rounding, "\(type), \(count)")
      }
      expect(try pool.dot(z, w), plain)
      expect(try pool.conjugatedDot(z, w), conjugated)
      #expect(try pool.conjugatedDot(z, z).imaginary == 0)
      let length = a.reduce(Float80(0)) { $0 + Float80($1.lengthSquared) }
      let norm = Float80(try pool.norm(z))
      #expect(Swift.abs(norm - Float80.sqrt(length)) <= Float80(T.ulpOfOne) * 8 * norm)
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has a norm that does not overflow or underflow on the way`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let large = try pool.array([Complex(3e300, 4e300), Complex(0, 0)])
    let small = try pool.array([Complex(3e-300, 4e-300)])
    #expect(Swift.abs(try pool.norm(large) / 5e300 - 1) < 1e-15)
    #expect(Swift.abs(try pool.norm(small) / 5e-300 - 1) < 1e-15)
    #expect(Swift.abs(try pool.norm(large, .infinity) / 5e300 - 1) < 1e-15)
    #expect(Swift.abs(try pool.norm(small, .one) / 5e-300 - 1) < 1e-15)
    for number in [Complex<Double>.infinity, Complex(1, .nan), Complex(.nan, -.infinity)] {
      let z = try pool.array([1, number, 2])
      for norm in [VectorNorm.one, .two, .infinity, .p(3)] {
        #expect(try pool.norm(z, norm) == .infinity, "\(norm)")
      }
    }
  }

  @Test func `gives the same bits for any number of workers`() throws {
    let seed = testSeed()
    let count = isReleaseBuild ? 300_007 : 100_003
    let a = complexNumbers(count: count, seed: seed, of: Double.self)
    let b = complexNumbers(count: count, seed: seed &+ 2, of: Double.self)
    #expect(a.reduce(.zero, +) != a.reversed().reduce(.zero, +), "the order does not show")
    var results: Set<[UInt64]> = []
    for kind in [TestedExecutor.inProcess, .spawn] {
      for workers in [1, 2, 3, 7] {
        let pool = try kind.make(workers)
        defer { pool.shutdown() }
        let (z, w) = (try pool.array(a), try pool.array(b))
        let numbers = [
          try pool.sum(z), try pool.dot(z, w), try pool.conjugatedDot(z, w), try pool.mean(z),
          try pool.sum(exp(z / (z * z + w)) + sqrt(w)), Complex(try pool.norm(z), 0),
          try pool.product(z / modulus(z)), try pool.sum(pool.cumulativeProduct(z / modulus(z))),
          try pool.sum(pool.cumulativeSum(z)),
        ]
        results.insert(
          numbers.flatMap { [$0.rawStorage.x.bitPattern, $0.rawStorage.y.bitPattern] })
      }
    }
    #expect(results.count == 1)
  }
}

/// A dot product in extended precision.
private struct DotReference {
  var real: Float80 = 0
  var imaginary: Float80 = 0

  mutating func add<T: ComplexPart>(_ x: Complex<T>, _ y: Complex<T>) {
    let (a, b) = (Float80(x.real), Float80(x.imaginary))
    let (c, d) = (Float80(y.real), Float80(y.imaginary))
    real += a * c - b * d
    imaginary += a * d + b * c
  }
}
