import ComplexModule
import Echelon
import RealModule
import TestSupport
import Testing

/// Around a vector, a block, a chunk, and primes.
private let counts = [0, 1, 2, 63, 64, 65, 65_537, 100_003]

private func agree<T>(_ a: [Complex<T>], _ b: [Complex<T>]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { isSame($0, $1) }
}

/// Numbers of random angles and of magnitudes about 1.
private func unitNumbers<T: ComplexPart>(
  count: Int, seed: UInt64, of: T.Type = T.self
) -> [Complex<T>] {
  var random = TestRandom(seed: seed)
  return (0..<count).map { _ in
    let (length, angle) = (
      Double.random(in: 0.9..<1.11, using: &random), Double.random(in: -3..<3, using: &random)
    )
    return Complex(T(length * .cos(angle)), T(length * .sin(angle)))
  }
}

/// A product in extended precision, and its power of two apart.
private struct WideProduct {
  var (real, imaginary, exponent): (Float80, Float80, Int) = (1, 0, 0)

  mutating func multiply<T: ComplexPart>(_ z: Complex<T>) {
    let (x, y) = (Float80(z.real), Float80(z.imaginary))
    (real, imaginary) = (real * x - imaginary * y, real * y + imaginary * x)
    let size = max(abs(real), abs(imaginary))
    guard size > 0 else { return }
    let scale = Float80(sign: .plus, exponent: -Int(size.exponent), significand: 1)
    (real, imaginary, exponent) = (real * scale, imaginary * scale, exponent + Int(size.exponent))
  }

  /// Whether a number is this one, up to the error of that many multiplications and a rounding; all is where
  /// this one is not in the range of the type.
  func agrees<T: ComplexPart>(with z: Complex<T>, after count: Int) -> Bool {
    guard real != 0 || imaginary != 0 else { return z.isZero }
    let (least, most) = (
      Int(T.leastNormalMagnitude.exponent) + 2, Int(T.greatestFiniteMagnitude.exponent) - 2
    )
    if exponent < least { return z.length < T.leastNormalMagnitude * 16 }
    if exponent > most { return !z.isFinite || z.magnitude > T.greatestFiniteMagnitude / 16 }
    let scale = Float80(sign: .plus, exponent: exponent, significand: 1)
    let error = Float80.hypot(
      Float80(z.real) - real * scale, Float80(z.imaginary) - imaginary * scale)
    let allowed = Float80(count) * 2.25 * 0x1p-53 + Float80(T.ulpOfOne)
    return error <= allowed * .hypot(real, imaginary) * scale
  }
}

@Suite(.timeLimit(.minutes(10))) struct `An array of complex numbers` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `is multiplied to one number and on the way`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: ComplexPart>(_ type: T.Type) throws {
      let a = unitNumbers(count: count, seed: seed, of: type)
      let z = try pool.array(a)
      var (product, positive) = (WideProduct(), WideProduct())
      let running = try pool.cumulativeProduct(z).complexNumbers()
      #expect(running.count == count)
      var wrong: Int?
      for (index, number) in a.enumerated() {
        product.multiply(number)
        if number.real > 0 { positive.multiply(number) }
        if wrong == nil, !product.agrees(with: running[index], after: index + 1) { wrong = index }
      }
      #expect(wrong == nil, "\(type), \(count)")
      #expect(product.agrees(with: try pool.product(z), after: count), "\(type), \(count)")
      let ofMasked = try pool.product(z, where: z.real .> 0)
      #expect(positive.agrees(with: ofMasked, after: count), "\(type), \(count)")
      // Of an expression and of a view with gaps.
      var doubled = WideProduct()
      for number in a.prefix(40) { doubled.multiply(number * Complex(2)) }
      let few = z[0..<min(40, count)] * 2
      #expect(doubled.agrees(with: try pool.product(few), after: 80))
      if let last = try pool.cumulativeProduct(few).complexNumbers().last {
        #expect(doubled.agrees(with: last, after: 80))
      }
      var odd = WideProduct()
      for number in stride(from: 0, to: count, by: 3).map({ a[$0] }) { odd.multiply(number) }
      #expect(odd.agrees(with: try pool.product(z.strided(by: 3)), after: count))
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has a product that overflows and underflows only as a whole`(_ kind: TestedExecutor) throws
  {
    let pool = kind.shared
    func check<T: ComplexPart>(_ type: T.Type) throws {
      let (large, small) = (T.greatestFiniteMagnitude / 4, T.leastNonzeroMagnitude)
      let up = [Complex<T>](repeating: Complex(large, -large), count: 3000)
      let down = [Complex<T>](repeating: Complex(0, 1 / large), count: 3000)
      // The magnitude of (1 − i)·i is √2, so all together have one next to 1.
      let halves = [Complex<T>](repeating: Complex(0.5), count: 1500)
      var product = WideProduct()
      for number in up + down + halves { product.multiply(number) }
      let z = try pool.array(up + down + halves)
      let value = try pool.product(z)
      #expect(product.agrees(with: value, after: 7500) && value.isFinite && !value.isZero)
      let last = try pool.cumulativeProduct(z).complexNumbers()
      #expect(isSame(last[last.count - 1], value) && !last[3000].isFinite)
      #expect(try pool.product(pool.array([Complex(small, small)])) == Complex(small, small))
      #expect(
        try pool.product(pool.array([Complex(small), Complex(large)])) == Complex(small * large))
      #expect(try pool.product(pool.array(up)).isFinite == false)
      #expect(try pool.product(pool.array(down)).isZero)
      #expect(try pool.product(pool.array(up + [.zero])).isZero)
      #expect(try pool.product(pool.array([Complex<T>.infinity, .zero])).isFinite == false)
      #expect(try pool.product(pool.array([.zero, Complex<T>(1, .nan), 1])).isFinite == false)
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `is added up on the way as its parts are`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: ComplexPart>(_ type: T.Type) throws {
      let a = complexNumbers(count: count, seed: seed, of: type)
      let z = try pool.array(a)
      let (x, y) = (try pool.array(a.map(\.real)), try pool.array(a.map(\.imaginary)))
      let (re, im) = (try pool.cumulativeSum(x), try pool.cumulativeSum(y))
      let expected = a.indices.map { Complex(re[$0], im[$0]) }
      #expect(agree(try pool.cumulativeSum(z).complexNumbers(), expected))
      // A part that is a number and no array.
      let ones = try pool.cumulativeSum(x + Complex(0, 1)).complexNumbers()
      #expect(ones.map(\.imaginary) == a.indices.map { T($0 + 1) })
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has every row and column summed and averaged as by itself`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: ComplexPart>(_ type: T.Type) throws {
      let z = try pool.array(complexNumbers(count: 71 * 53, seed: seed, of: type))
      let m = z.reshaped(rows: 71, columns: 53)
      for view in [m, m.transposed, m[3..<40, 7..<8], m[3..<4, 7..<50], m[1..<70, 2..<51]] {
        let rows = try pool.sum(view, each: .row).complexNumbers()
        #expect(agree(rows, try (0..<view.rows).map { try pool.sum(view.row($0)) }))
        let columns = try pool.sum(view, each: .column).complexNumbers()
        #expect(agree(columns, try (0..<view.columns).map { try pool.sum(view.column($0)) }))
        let means = try pool.mean(view, each: .column).complexNumbers()
        #expect(agree(means, try (0..<view.columns).map { try pool.mean(view.column($0)) }))
        let averages = try pool.mean(view, each: .row).complexNumbers()
        #expect(agree(averages, try (0..<view.rows).map { try pool.mean(view.row($0)) }))
      }
      let empty = m[0..<0, 0..<53]
      #expect(try pool.sum(empty, each: .column).complexNumbers() == .init(repeating: 0, count: 53))
      #expect(try pool.sum(empty, each: .row).isEmpty)
      #expect(throws: KernelError.self) { try pool.mean(empty, each: .column) }
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases, [1, 2, 65, 65_537])
  func `is written into every n-th element, and nothing between them is touched`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: ComplexPart>(_ type: T.Type, stride: Int) throws {
      let a = complexNumbers(count: count, seed: seed, of: type)
      let before = complexNumbers(count: count * stride + 5, seed: seed &+ 2, of: type)
      let (z, storage) = (try pool.array(a), try pool.array(before))
      let view = ArrayView(storage[2..<storage.count], count: count, stride: stride)
      let returned = try pool.evaluate(z * Complex(0, 2), into: view)
      #expect(returned.count == count && returned.storage.block === storage.block)
      var expected = before
      for (index, number) in a.enumerated() {
        expected[2 + index * stride] = number * Complex<T>(0, 2)
      }
      #expect(agree(storage.complexNumbers(), expected), "\(type), seed \(seed)")
      // The view is read as well.
      try pool.evaluate(view - z.conjugate, into: view)
      for (index, number) in a.enumerated() {
        expected[2 + index * stride] = expected[2 + index * stride] - number.conjugate
      }
      #expect(agree(storage.complexNumbers(), expected), "\(type) in place, seed \(seed)")
    }
    for stride in [1, 2, 3] {
      try check(Double.self, stride: stride)
      try check(Float.self, stride: stride)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is written into columns, diagonals, blocks and transposes of what is read`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    let (rows, columns) = (257, 263)
    func check<T: ComplexPart>(_ type: T.Type) throws {
      typealias Number = Complex<T>
      let original = (0..<rows * columns).map { Complex(T($0), T($0 % 101)) }
      func expect(
        _ comment: Comment, _ evaluate: (SharedMatrix<ComplexElement<T>>) throws -> Void,
        _ reference: ((Int, Int) -> Number, inout [[Number]]) -> Void
      ) throws {
        let m = try pool.array(original).reshaped(rows: rows, columns: columns)
        try evaluate(m)
        var expected = (0..<rows).map { i in (0..<columns).map { original[i * columns + $0] } }
        reference({ original[$0 * columns + $1] }, &expected)
        #expect(agree(m.storage.complexNumbers(), expected.flatMap { $0 }), comment)
      }
      try expect("column") {
        try pool.evaluate($0.column(2) * $0.column(1), into: $0.column(1))
      } _: { m, y in
        for i in 0..<rows { y[i][1] = m(i, 2) * m(i, 1) }
      }
      try expect("diagonal") {
        try pool.evaluate($0.diagonal(offset: 2).conjugate, into: $0.diagonal(offset: 1)[0..<257])
      } _: { m, y in
        for i in 0..<257 { y[i][i + 1] = m(i, i + 2).conjugate }
      }
      try expect("a block over another") {
        _ = try pool.evaluateMatrix($0[0..<256, 0..<262] * 2, into: $0[1..<257, 1..<263])
      } _: { m, y in
        for i in 0..<256 { for j in 0..<262 { y[1 + i][1 + j] = m(i, j) * Number(2) } }
      }
      try expect("the conjugate transpose of a part of itself") {
        let square = $0[0..<257, 0..<257]
        try pool.evaluate(square.conjugate, into: square.transposed)
      } _: { m, y in
        for i in 0..<257 { for j in 0..<257 { y[j][i] = m(i, j).conjugate } }
      }
    }
    try check(Double.self)
    try check(Float.self)
    let m = try pool.matrix(repeating: ComplexElement<Double>(1, 0), rows: 4, columns: 5)
    #expect(throws: KernelError.self) { try pool.evaluate(m.row(0) + 1, into: m.column(0)) }
    #expect(throws: KernelError.self) { try pool.evaluateMatrix(m + 1, into: m.transposed) }
    let folded = SharedMatrix(m.storage, rows: 3, columns: 3, rowStride: 1)
    #expect(throws: KernelError.self) {
      try pool.evaluateMatrix(m[0..<3, 0..<3] + 1, into: folded)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is made of one number, and of numbers where a mask holds`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let z = try pool.array(repeating: Complex(1.5, -2.0), count: 70_001)
    #expect(z.complexNumbers() == .init(repeating: Complex(1.5, -2.0), count: 70_001))
    let numbers = try pool.array(count: 5) { Complex(Double($0), 1) }
    #expect(numbers.complexNumbers() == (0..<5).map { Complex(Double($0), 1) })
    let isSmall = numbers.real .< 2
    let selected = try pool.evaluate(select(isSmall, numbers, Complex(7, 8))).complexNumbers()
    #expect(selected == [Complex(0, 1), Complex(1, 1)] + .init(repeating: Complex(7, 8), count: 3))
    let others = try pool.evaluate(select(isSmall, 0, numbers)).complexNumbers()
    #expect(others == [0, 0, Complex(2, 1), Complex(3, 1), Complex(4, 1)])
    #expect("\(numbers[0..<2])" == "[(0.0, 1.0), (1.0, 1.0)]")
  }
}
