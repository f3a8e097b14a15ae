import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import TestSupport
import Testing

typealias SystemScalar = LinearAlgebraScalar & BLASScalar

@Suite struct `Systems of equations` {
  /// Around panels, vectors, and where LAPACK takes over.
  static let sizes = [
    0, 1, 2, 3, 5, 8, 10, 16, 31, 32, 33, 50, 64, 65, 100, 128, 129, 200, 256, 257,
  ]

  /// An n × n matrix in a view of memory, and its values in double precision.
  struct Sample<Element: SystemScalar> {
    let view: MatrixView
    var memory: [Element]

    init(_ view: MatrixView, _ value: (Int, Int) -> Double) {
      self.view = view
      memory = [Element](repeating: .nan, count: view.extent)
      for i in 0..<view.rows {
        for j in 0..<view.columns { self[i, j] = Element(value(i, j)) }
      }
    }

    subscript(i: Int, j: Int) -> Element {
      get { memory[i * view.rowStride + j * view.columnStride] }
      set { memory[i * view.rowStride + j * view.columnStride] = newValue }
    }
  }

  static func views(_ rows: Int, _ columns: Int) -> [MatrixView] {
    [
      MatrixView(rows: rows, columns: columns),
      MatrixView(rows: columns, columns: rows).transposed,
      MatrixView(rows: rows, columns: columns, rowStride: 3 * columns + 2, columnStride: 3),
    ]
  }

  static func random<Element: SystemScalar>(
    _ view: MatrixView, _ random: inout TestRandom, of type: Element.Type = Element.self
  ) -> Sample<Element> {
    Sample(view) { _, _ in Double.random(in: -1...1, using: &random) }
  }

  /// A symmetric matrix with a diagonal that outweighs each row, and NaN where nothing is read.
  static func positive<Element: SystemScalar>(
    _ view: MatrixView, _ random: inout TestRandom, of type: Element.Type = Element.self
  ) -> Sample<Element> {
    var sample: Sample<Element> = Self.random(view, &random)
    for i in 0..<view.rows {
      sample[i, i] = Element(view.rows)
      for j in i + 1..<max(i + 1, view.columns) { sample[i, j] = .nan }
    }
    return sample
  }

  static func solution<Element: SystemScalar>(
    _ a: Sample<Element>, _ b: Sample<Element>, into x: inout Sample<Element>,
    isPositiveDefinite: Bool = false, level: InstructionSet? = nil
  ) -> Int? {
    KernelScratch.withSpan(
      of: Element.self,
      count: solveScratch(of: Element.self, size: a.view.rows, sides: b.view.columns)
    ) { scratch in
      // Whatever was there before.
      for index in scratch.indices { scratch[index] = .signalingNaN }
      let view = x.view
      var span = x.memory.mutableSpan
      return solve(
        a.memory.span, a.view, b.memory.span, b.view, into: &span, view,
        isPositiveDefinite: isPositiveDefinite,
        scratch: &scratch, level: level)
    }
  }

  /// ‖b − A·x‖ / (‖A‖·‖x‖·n·ε) in the norm of the largest sums, of the worst of a few columns.
  static func residual<Element: SystemScalar>(
    _ a: Sample<Element>, _ b: Sample<Element>, _ x: Sample<Element>, isSymmetric: Bool = false
  ) -> Double {
    let n = a.view.rows
    func element(_ i: Int, _ j: Int) -> Double {
      Double(isSymmetric && j > i ? a[j, i] : a[i, j])
    }
    let norm = (0..<n).map { i in (0..<n).reduce(0) { $0 + abs(element(i, $1)) } }.max() ?? 0
    var worst = 0.0
    for column in Set([0, b.view.columns / 2, b.view.columns - 1]) where b.view.columns > 0 {
      var (rest, size) = (0.0, 0.0)
      for i in 0..<n {
        let sum = (0..<n).reduce(Double(b[i, column])) {
          $0 - element(i, $1) * Double(x[$1, column])
        }
        rest = sum.isNaN ? .infinity : max(rest, abs(sum))
        size = max(size, abs(Double(x[i, column])))
      }
      if rest > 0 {
        worst = max(worst, rest / (norm * size * Double(n) * Double(Element.ulpOfOne)))
      }
    }
    return worst
  }

  @Test(arguments: sizes, InstructionSet.available)
  func `are solved with a small residual in every layout`(_ n: Int, _ level: InstructionSet) {
    var random = TestRandom(seed: testSeed("SystemTests.residual"))
    func check<Element: SystemScalar>(_ type: Element.Type) {
      for sides in n <= 33 ? [0, 1, 2, 17, 64, 65, 130] : [1, 65] {
        for (aView, xView) in zip(Self.views(n, n), Self.views(n, sides).reversed()).prefix(
          n <= 65 ? 3 : 1)
        {
          for isPositive in [false, true] {
            let a: Sample<Element> =
              isPositive ? Self.positive(aView, &random) : Self.random(aView, &random)
            let b: Sample<Element> = Self.random(MatrixView(rows: n, columns: sides), &random)
            var x = Sample<Element>(xView) { _, _ in .nan }
            #expect(
              Self.solution(a, b, into: &x, isPositiveDefinite: isPositive, level: level) == nil)
            let residual = Self.residual(a, b, x, isSymmetric: isPositive)
            #expect(
              residual < 30,
              "\(type) \(n) × \(n), \(sides) sides, positive: \(isPositive), \(aView)")
            #expect(x.memory.count { !$0.isNaN } == n * sides, "wrote into a gap")
          }
        }
      }
    }
    check(Double.self)
    check(Float.self)
  }

  @Test(arguments: sizes)
  func `have the same bits at every level with a fused multiply-add, and for each side by itself`(
    _ n: Int
  ) {
    var random = TestRandom(seed: testSeed("SystemTests.bits"))
    func check<Element: SystemScalar>(_ type: Element.Type) {
      let sides = 70
      let a: Sample<Element> = Self.random(MatrixView(rows: n, columns: n), &random)
      let b: Sample<Element> = Self.random(MatrixView(rows: n, columns: sides), &random)
      var all: [[Element]] = []
      for level in InstructionSet.available where level.name != "sse2" {
        var x = Sample<Element>(b.view) { _, _ in .nan }
        #expect(Self.solution(a, b, into: &x, level: level) == nil)
        all.append(x.memory)
        for side in n > 65 ? [] : [0, 7, 69] {
          let one = Sample<Element>(MatrixView(rows: n, columns: 1)) { i, _ in Double(b[i, side]) }
          var y = one
          #expect(Self.solution(a, one, into: &y, level: level) == nil)
          #expect(y.memory == (0..<n).map { x[$0, side] }, "\(type), side \(side) at \(level)")
        }
      }
      #expect(all.allSatisfy { $0 == all[0] }, "\(type), \(n) × \(n)")
    }
    check(Double.self)
    check(Float.self)
  }

  @Test(arguments: sizes.dropFirst(), InstructionSet.available)
  func `that are singular name the first column without a pivot, and leave the result alone`(
    _ n: Int, _ level: InstructionSet
  ) {
    var random = TestRandom(seed: testSeed("SystemTests.singular"))
    func check<Element: SystemScalar>(_ type: Element.Type) {
      for column in Set([0, n / 2, n - 1]) {
        var a: Sample<Element> = Self.random(MatrixView(rows: n, columns: n), &random)
        for i in 0..<n { a[i, column] = 0 }
        let b: Sample<Element> = Self.random(MatrixView(rows: n, columns: 1), &random)
        var x = b
        #expect(Self.solution(a, b, into: &x, level: level) == column)
        #expect(x.memory == b.memory)
        // What is not positive definite: the diagonal alone tells.
        var symmetric: Sample<Element> = Self.positive(a.view, &random)
        for value in [0, -1] as [Element] {
          symmetric[column, column] = value
          for j in 0..<n where j != column { symmetric[max(j, column), min(j, column)] = 0 }
          #expect(
            Self.solution(symmetric, b, into: &x, isPositiveDefinite: true, level: level) == column)
        }
        #expect(x.memory == b.memory)
        // NaN in that column is no zero.
        a[n - 1, column] = .nan
        #expect(Self.solution(a, b, into: &x, level: level) == nil)
        let isAllNaN = x.memory.allSatisfy { $0.isNaN }
        #expect(isAllNaN, "\(type) \(n) × \(n), NaN in column \(column)")
      }
    }
    check(Double.self)
    check(Float.self)
  }

  @Test(arguments: InstructionSet.available)
  func `with pivots whose inverse is infinite, or elements that are, are no trap`(
    _ level: InstructionSet
  ) {
    for n in [1, 2, 9, 50] {
      let tiny = Double.leastNonzeroMagnitude * 4
      let a = Sample<Double>(MatrixView(rows: n, columns: n)) { $0 == $1 ? tiny : 0 }
      let b = Sample<Double>(MatrixView(rows: n, columns: 1)) { i, _ in tiny * Double(i) }
      var x = b
      #expect(Self.solution(a, b, into: &x, level: level) == nil)
      #expect(x.memory == (0..<n).map { Double($0) })
      var infinite = a
      infinite[0, 0] = .infinity
      #expect(Self.solution(infinite, b, into: &x, level: level) == nil)
    }
  }

  @Test(arguments: sizes.filter { $0 <= 129 }, InstructionSet.available)
  func `give inverses and determinants`(_ n: Int, _ level: InstructionSet) {
    var random = TestRandom(seed: testSeed("SystemTests.inverse"))
    func check<Element: SystemScalar>(_ type: Element.Type) {
      let a: Sample<Element> = Self.random(MatrixView(rows: n, columns: n), &random)
      let identity = Sample<Element>(a.view) { $0 == $1 ? 1 : 0 }
      var (x, y) = (identity, identity)
      #expect(Self.solution(a, identity, into: &x, level: level) == nil)
      let count = solveScratch(of: Element.self, size: n, sides: n)
      KernelScratch.withSpan(of: Element.self, count: count) { scratch in
        var span = y.memory.mutableSpan
        #expect(
          invert(a.memory.span, a.view, into: &span, a.view, scratch: &scratch, level: level) == nil
        )
        // A matrix of which the determinant is known: a permuted triangle.
        let shift = n / 3
        let triangle = Sample<Element>(a.view) { i, j in
          let row = (i + shift) % max(1, n)
          return row == j ? 2 : row < j ? Double(a[i, j]) : 0
        }
        let found = determinant(
          triangle.memory.span, triangle.view, scratch: &scratch, level: level)
        // A cycle of k has the sign of k − 1 exchanges; shifting by s makes gcd(n, s) cycles.
        let isOdd = shift * (n - shift) % 2 == 1
        #expect(found.exponent == Double(n) && found.mantissa == (isOdd ? -1 : 1), "\(n)")
        let zero = Sample<Element>(a.view) { _, _ in 0 }
        let none = determinant(zero.memory.span, zero.view, scratch: &scratch, level: level)
        #expect(none.mantissa == (n == 0 ? 1 : 0))
      }
      #expect(x.memory == y.memory, "\(type)")
    }
    check(Double.self)
    check(Float.self)
  }
}
