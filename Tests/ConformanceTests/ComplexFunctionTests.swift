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

  static var sinh: (Wide) -> Wide {
    { z in Wide(.sinh(z.x) * .cos(z.y), .cosh(z.x) * .sin(z.y)) }
  }
  static var cosh: (Wide) -> Wide {
    { z in Wide(.cosh(z.x) * .cos(z.y), .sinh(z.x) * .sin(z.y)) }
  }
  static var tanh: (Wide) -> Wide { { z in sinh(z).divided(by: cosh(z)) } }
  static var exp: (Wide) -> Wide {
    { z in Wide(.exp(z.x) * .cos(z.y), .exp(z.x) * .sin(z.y)) }
  }
  /// A function of i·z, divided by i or not.
  static func turned(_ function: @escaping (Wide) -> Wide, isTurnedBack: Bool) -> (Wide) -> Wide {
    { z in
      let w = function(Wide(-z.y, z.x))
      return isTurnedBack ? Wide(w.y, -w.x) : w
    }
  }

  func times(_ w: Wide) -> Wide { Wide(x * w.x - y * w.y, x * w.y + y * w.x) }
  func divided(by w: Wide) -> Wide {
    let d = w.x * w.x + w.y * w.y
    return Wide((x * w.x + y * w.y) / d, (y * w.x - x * w.y) / d)
  }
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
      let size = Swift.max(Swift.abs(exact.x), Swift.abs(exact.y))
      guard size < Float80(T.greatestFiniteMagnitude) * 0.9999 else { continue }
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
        zip(a, b).map { Wide($0).divided(by: Wide($1)) }, of: b, bound: 6)
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

  /// Trigonometric and hyperbolic functions, also where they alone overflow and next to their zeros and poles.
  private func checkTrigonometry<T: ComplexPart>(_ type: T.Type, seed: UInt64) throws {
    let pool = TestedExecutor.inProcess.shared
    let limit = Double(T.log(.greatestFiniteMagnitude)) + 2
    var random = TestRandom(seed: seed)
    let a: [Complex<T>] = (0..<20_000).map { index in
      var x = Double.random(in: -5..<5, using: &random)
      var y = Double.random(in: -50..<50, using: &random)
      switch index % 8 {
      case 0: x = limit - Double.random(in: 0..<4, using: &random)
      case 1: x = limit * Double.random(in: -1..<1, using: &random)
      case 2: (x, y) = (x * 0x1p-20, y * 0x1p-20)
      case 3: (x, y) = (x * 0x1p-20, Double.pi / 2 * (y / 5).rounded() + y * 0x1p-12)
      case 4: x = 0
      default: break
      }
      return Complex(T(x), T(y))
    }
    let turned = a.map { Complex($0.imaginary, $0.real) }
    let (z, w) = (try pool.array(a), try pool.array(turned))
    func expect(
      _ name: String, _ expression: ComplexExpression<T>, _ reference: (Wide) -> Wide,
      of operands: [Complex<T>], bound: Float80
    ) throws {
      check(
        name, try pool.evaluate(expression).complexNumbers(),
        operands.map { reference(Wide($0)) }, of: operands, bound: bound)
    }
    try expect("sinh", sinh(z), Wide.sinh, of: a, bound: 6)
    try expect("cosh", cosh(z), Wide.cosh, of: a, bound: 6)
    try expect("tanh", tanh(z), Wide.tanh, of: a, bound: 16)
    try expect("sin", sin(w), Wide.turned(Wide.sinh, isTurnedBack: true), of: turned, bound: 6)
    try expect("cos", cos(w), Wide.turned(Wide.cosh, isTurnedBack: false), of: turned, bound: 6)
    try expect("tan", tan(w), Wide.turned(Wide.tanh, isTurnedBack: true), of: turned, bound: 16)
  }

  @Test func `keeps the errors that are stated for sines, tangents and powers, too`() throws {
    let seed = testSeed()
    try checkTrigonometry(Double.self, seed: seed)
    try checkTrigonometry(Float.self, seed: seed)
    try checkPowers(Double.self, seed: seed)
    try checkPowers(Float.self, seed: seed)
  }

  /// In units of what is stated, which depends on the operands.
  private func checkPowers<T: ComplexPart>(_ type: T.Type, seed: UInt64) throws {
    let pool = TestedExecutor.inProcess.shared
    let a = numbers(-8...8, count: 8000, seed: seed &+ 7, of: type)
    let b = numbers(-8...3, count: 8000, seed: seed &+ 8, of: type)
    let (z, w) = (try pool.array(a), try pool.array(b))
    let exponents = zip(a, b).map { wideLog($0).times(Wide($1)) }
    let reals = zip(a, b).map { wideLog($0).times(Wide(Float80($1.real), 0)) }
    let cubes = a.map { wideLog($0).times(Wide(3, 0)) }
    func expect(
      _ expression: ComplexExpression<T>, _ exponents: [Wide], line: Int = #line
    ) throws {
      var worst: Float80 = 0
      for (value, exponent) in zip(try pool.evaluate(expression).complexNumbers(), exponents) {
        let exact = Wide.exp(exponent)
        guard exact.length < Float80(T.greatestFiniteMagnitude) / 2,
          exact.length > Float80(T.leastNormalMagnitude) * 2
        else { continue }
        let wide = Wide(value)
        let error = Wide(wide.x - exact.x, wide.y - exact.y).length / exact.length
        let ratio = error * 2 / Float80(T.ulpOfOne) / (6 + 9 * exponent.length)
        if !(ratio <= worst) { worst = ratio }
      }
      print("pow of \(type), line \(line): \(Double(worst)) of what is stated")
      #expect(worst <= 1 && worst > 0, "line \(line), \(type), seed \(seed)")
    }
    try expect(pow(z, w), exponents)
    try expect(pow(z, w.real), reals)
    try expect(pow(z, 3), cubes)
    try expect(pow(z, Complex(3, 0)), cubes)
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
        var wrong: [String] = []
        for (index, (a, b)) in pairs.enumerated() {
          let expected = body(a, b)
          // Where one of the two overflows by a rounding and the other does not, neither is wrong.
          let isAtTheEdge = [a, b].contains {
            $0.isFinite && $0.magnitude == .greatestFiniteMagnitude
          }
          guard !isAtTheEdge || !(a.isFinite && b.isFinite) else { continue }
          let isSameKind = computed[index].isFinite == expected.isFinite
          // A reciprocal that is taken first loses what is below all normal numbers.
          let isToBeZero = expected.isZero && (a.isZero || !a.isSubnormal)
          if !isSameKind || isToBeZero && !computed[index].isZero {
            wrong.append("\(a.rawStorage), \(b.rawStorage): \(computed[index].rawStorage)")
          }
        }
        #expect(wrong.isEmpty, "\(name) of \(type): \(wrong.count), \(wrong.prefix(3))")
      }
      try expect("+", z + w) { $0 + $1 }
      try expect("*", z * w) { $0 * $1 }
      try expect("/", z / w) { $0 / $1 }
      try expect("exp", exp(z)) { z, _ in .exp(z) }
      try expect("log", log(z)) { z, _ in .log(z) }
      try expect("sqrt", sqrt(z)) { z, _ in .sqrt(z) }
      try expect("sinh", sinh(z)) { z, _ in .sinh(z) }
      try expect("cosh", cosh(z)) { z, _ in .cosh(z) }
      try expect("tanh", tanh(z)) { z, _ in .tanh(z) }
      try expect("sin", sin(z)) { z, _ in .sin(z) }
      try expect("cos", cos(z)) { z, _ in .cos(z) }
      try expect("tan", tan(z)) { z, _ in .tan(z) }
      try expect("pow", pow(z, w)) { z, w in .pow(z, w) }
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
