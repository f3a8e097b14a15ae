import ComplexModule
import Echelon
import RealModule
import TestSupport
import Testing

/// All pairs of numbers that are special as parts.
func specialNumbers<T: ComplexPart>(_ type: T.Type) -> [Complex<T>] {
  let parts: [T] = [
    0, -0.0, 1, -1, 0.5, 3, .leastNonzeroMagnitude, .leastNormalMagnitude,
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity, .nan,
  ]
  return parts.flatMap { x in parts.map { Complex(x, $0) } }
}

/// A number in extended precision.
private struct Wide {
  var x: Float80
  var y: Float80
  init(_ x: Float80, _ y: Float80) { (self.x, self.y) = (x, y) }
  init<T: ComplexPart>(_ z: Complex<T>) {
    self.init(Float80(z.rawStorage.x), Float80(z.rawStorage.y))
  }
  var length: Float80 { .hypot(x, y) }
}

/// Numbers of a random angle, with magnitudes of 2ⁿ for n in a range.
private func numbers<T: ComplexPart>(
  _ exponents: ClosedRange<Int>, count: Int, seed: UInt64, of: T.Type
) -> [Complex<T>] {
  var random = TestRandom(seed: seed)
  return (0..<count).map { index in
    func part() -> T {
      let value = T(
        sign: .plus, exponent: T.Exponent(Int.random(in: exponents, using: &random)),
        significand: T(Double.random(in: 1..<2, using: &random)))
      return Bool.random(using: &random) ? value : -value
    }
    let first = part()
    // Every other time parts of the same size, and now and then a real or an imaginary number.
    let second = index % 2 == 0 ? first * T(Double.random(in: -2..<2, using: &random)) : part()
    switch index % 16 {
    case 3: return Complex(first, 0)
    case 5: return Complex(0, first)
    default: return Complex(first, second.isFinite ? second : first)
    }
  }
}

@Suite struct `A complex function` {
  /// The largest error in units of u, of results that are normal numbers; fails where one is finite and the other
  /// not.
  private func check<T: ComplexPart>(
    _ name: String, _ computed: [Complex<T>], _ reference: [Wide], of operands: [Complex<T>],
    bound: Float80
  ) {
    var (worst, place) = (Float80(0), 0)
    for index in computed.indices {
      let (z, exact) = (computed[index], reference[index])
      guard exact.length < Float80(T.greatestFiniteMagnitude) / 2 else { continue }
      guard exact.length > Float80(T.leastNormalMagnitude) * 2 else { continue }
      let wide = Wide(z)
      let error =
        Wide(wide.x - exact.x, wide.y - exact.y).length / exact.length * 2 / Float80(T.ulpOfOne)
      if !(error <= worst) { (worst, place) = (error, index) }
    }
    print("\(name) of \(T.self): \(Double(worst)) u")
    let example = operands.isEmpty ? "" : "\(operands[place].rawStorage)"
    #expect(worst <= bound, "\(name) of \(T.self) at \(example)")
  }

  private func checkAll<T: ComplexPart>(_ type: T.Type, widest: Int, seed: UInt64) throws {
    let pool = TestedExecutor.inProcess.shared
    let count = 8000
    let ranges = [
      -2...2, -20...20, -widest...widest, (widest - 4)...widest, -widest...(4 - widest),
    ]
    for (number, range) in ranges.enumerated() {
      let seed = seed &+ UInt64(number) * 10
      let a = numbers(range, count: count, seed: seed, of: type)
      let b = numbers(range, count: count, seed: seed &+ 1, of: type)
      let (z, w) = (try pool.array(a), try pool.array(b))
      check(
        "z / w", try pool.evaluate(z / w).complexNumbers(),
        zip(a, b).map { z, w in
          let (z, w) = (Wide(z), Wide(w))
          let d = w.x * w.x + w.y * w.y
          return Wide((z.x * w.x + z.y * w.y) / d, (z.y * w.x - z.x * w.y) / d)
        }, of: b, bound: 6)
      check(
        "sqrt", try pool.evaluate(sqrt(z)).complexNumbers(),
        a.map { z in
          let z = Wide(z)
          let larger = Float80.sqrt((Swift.abs(z.x) + z.length) / 2)
          let smaller = larger == 0 ? 0 : Swift.abs(z.y) / (2 * larger)
          let signed = z.y.sign == .minus ? Float80(-1) : 1
          return z.x >= 0 ? Wide(larger, signed * smaller) : Wide(smaller, signed * larger)
        }, of: a, bound: 6)
      check("log", try pool.evaluate(log(z)).complexNumbers(), a.map(wideLog), of: a, bound: 6)
    }
    // The range of exponents that matter, and arguments next to the unit circle.
    let limit = T.log(.greatestFiniteMagnitude) + 2
    var random = TestRandom(seed: seed &+ 100)
    let a: [Complex<T>] = (0..<count).map { index in
      let x =
        index % 4 == 0
        ? limit - 4 * T(Double.random(in: 0..<1, using: &random))
        : limit * T(Double.random(in: -1..<1, using: &random))
      return Complex(x, T(Double.random(in: -50..<50, using: &random)))
    }
    check(
      "exp", try pool.evaluate(exp(try pool.array(a))).complexNumbers(),
      a.map { z in
        let (length, y) = (Float80.exp(Float80(z.real)), Float80(z.imaginary))
        return Wide(length * .cos(y), length * .sin(y))
      }, of: a, bound: 6)
    let circle: [Complex<T>] = (0..<count).map { index in
      let angle = Double.random(in: -3.2..<3.2, using: &random) / (index % 2 == 0 ? 1 : 1000)
      return Complex(T(Double.cos(angle)), T(Double.sin(angle)))
    }
    check(
      "log near 1", try pool.evaluate(log(try pool.array(circle))).complexNumbers(),
      circle.map(wideLog), of: circle, bound: 6)
  }

  private func wideLog<T: ComplexPart>(_ z: Complex<T>) -> Wide {
    let z = Wide(z)
    let (a, b) = (
      Swift.max(Swift.abs(z.x), Swift.abs(z.y)), Swift.min(Swift.abs(z.x), Swift.abs(z.y))
    )
    let length =
      0.5...2 ~= a ? Float80.log(onePlus: (a - 1) * (a + 1) + b * b) / 2 : Float80.log(z.length)
    return Wide(length, .atan2(y: z.y, x: z.x))
  }

  @Test func `keeps the errors that are stated, against extended precision`() throws {
    let seed = testSeed()
    try checkAll(Double.self, widest: 1020, seed: seed)
    try checkAll(Float.self, widest: 124, seed: seed)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `treats special values as Complex does`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    func check<T: ComplexPart>(_ type: T.Type) throws {
      let values = specialNumbers(type)
      let pairs = values.flatMap { z in values.map { (z, $0) } }
      let (z, w) = (try pool.array(pairs.map(\.0)), try pool.array(pairs.map(\.1)))
      func expect(
        _ name: String, _ expression: ComplexExpression<T>,
        _ body: (Complex<T>, Complex<T>) -> Complex<T>
      ) throws {
        let computed = try pool.evaluate(expression).complexNumbers()
        for (index, (a, b)) in pairs.enumerated() {
          let expected = body(a, b)
          // Where one of the two overflows by a rounding and the other does not, neither is wrong.
          let isAtTheEdge = [a, b].contains {
            $0.isFinite && $0.magnitude == .greatestFiniteMagnitude
          }
          guard !isAtTheEdge || !(a.isFinite && b.isFinite) else { continue }
          #expect(
            computed[index].isFinite == expected.isFinite,
            "\(name) of \(a.rawStorage), \(b.rawStorage): \(computed[index].rawStorage)")
          // A reciprocal that is taken first loses what is below all normal numbers.
          guard expected.isZero, a.isZero || !a.isSubnormal else { continue }
          #expect(computed[index].isZero, "\(name) of \(a.rawStorage), \(b.rawStorage)")
        }
      }
      try expect("+", z + w) { $0 + $1 }
      try expect("*", z * w) { $0 * $1 }
      try expect("/", z / w) { $0 / $1 }
      try expect("exp", exp(z)) { z, _ in .exp(z) }
      try expect("log", log(z)) { z, _ in .log(z) }
      try expect("sqrt", sqrt(z)) { z, _ in .sqrt(z) }
      let lengths = try Array(pool.evaluate(modulus(z)))
      #expect(
        zip(lengths, pairs).allSatisfy { length, pair in pair.0.isFinite || length == .infinity })
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has the cuts where C has them`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let z = try pool.array([Complex(-4.0, 0.0), Complex(-4.0, -0.0), Complex(0.0, -0.0)])
    let roots = try pool.evaluate(sqrt(z)).complexNumbers()
    #expect(roots.map(\.imaginary) == [2, -2, 0] && roots[2].imaginary.sign == .minus)
    #expect(roots.map(\.real) == [0, 0, 0])
    #expect(try Array(pool.evaluate(phase(z))) == [.pi, -.pi, -0.0])
    #expect(try pool.evaluate(log(z[0..<2])).complexNumbers().map(\.imaginary) == [.pi, -.pi])
  }
}
