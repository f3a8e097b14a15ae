import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `Products of packed factors` {
  /// What is asked for: sums over 3 KiB of a row at a time, by one multiply-add for each product.
  private func expected<Element: BLASScalar>(
    _ c: Element, depth: Int, _ isSubtracted: Bool, _ factors: (Int) -> (Element, Element)
  ) -> Element {
    let part = 3072 / MemoryLayout<Element>.stride
    var c = c
    for start in stride(from: 0, to: depth, by: part) {
      var sum: Element = 0
      for p in start..<min(depth, start + part) {
        let (a, b) = factors(p)
        sum.addProduct(a, b)
      }
      c = isSubtracted ? c - sum : start == 0 ? sum : c + sum
    }
    return c
  }

  private func check<Element: BLASScalar>(
    _ m: Int, _ n: Int, _ k: Int, isSubtracted: Bool, _ random: inout TestRandom,
    of type: Element.Type
  ) {
    func numbers(_ count: Int) -> [Element] {
      (0..<count).map { _ in Element(Double.random(in: -1...1, using: &random)) }
    }
    // Rows that lie together in one factor, columns in the other, and gaps in both.
    let aView = MatrixView(rows: m, columns: k, rowStride: k + 3, columnStride: 1)
    let bView = MatrixView(rows: n, columns: k, rowStride: 1, columnStride: n + 1)
    let (a, b) = (numbers(aView.extent), numbers(bView.extent))
    let shape = ColumnMajorShape(rows: m, columns: n, leading: m + 2)
    let before = numbers(shape.leading * n)
    let levels = InstructionSet.available.filter {
      PackedFactors<Element>.areAvailable(at: $0)
    }
    var results = levels.map { _ in before }
    for (index, level) in levels.enumerated() {
      var c = results[index].mutableSpan
      multiplyByPanels(
        a.span, aView, b.span, bView, into: &c, shape, isSubtracted: isSubtracted, level: level)
    }
    for j in 0..<n {
      for i in 0..<shape.leading {
        let place = i + j * shape.leading
        let right =
          i < m
          ? expected(isSubtracted ? before[place] : 0, depth: k, isSubtracted) {
            (a[i * aView.rowStride + $0], b[j + $0 * bView.columnStride])
          } : before[place]
        for (result, level) in zip(results, levels) where result[place] != right {
          Issue.record(
            "\(Element.self), \(m) × \(n), \(k) deep, \(level): \(result[place]), not \(right)"
          )
          return
        }
      }
    }
  }

  @Test func `have the bits of sums of multiply-adds at every level, at all edges`() {
    var random = TestRandom(seed: testSeed("PackedFactorTests"))
    let shapes = [
      (1, 1, 1), (24, 8, 5), (25, 9, 7), (48, 24, 384), (23, 7, 385), (47, 31, 768), (49, 25, 769),
      (97, 6, 3), (7, 97, 100), (200, 48, 10), (0, 3, 4), (3, 0, 4),
      (2060, 2, 9), (3, 1030, 9),
    ]
    let drawn = (0..<20).map { _ in
      (
        Int.random(in: 1...130, using: &random), Int.random(in: 1...60, using: &random),
        Int.random(in: 1...500, using: &random)
      )
    }
    for (m, n, k) in shapes + drawn {
      check(m, n, k, isSubtracted: k % 2 == 1, &random, of: Double.self)
      check(m, n, k, isSubtracted: m >= n, &random, of: Float.self)
    }
  }

  @Test func `are there where there is a fused multiply-add, for real numbers`() {
    for level in InstructionSet.available {
      let isFused = level.name != "sse2"
      #expect(PackedFactors<Double>.areAvailable(at: level) == isFused)
      #expect(PackedFactors<Float>.areAvailable(at: level) == isFused)
      #expect(!PackedFactors<ComplexParts<Double>>.areAvailable(at: level))
    }
  }

  /// NaN in a row of a factor stays in its row of the product: what fills a panel is not read from elsewhere.
  @Test func `keep NaN where it belongs`() {
    var a = [Double](repeating: 1, count: 30 * 4)
    a[7] = .nan  // row 7 of 30, column 0
    let b = [Double](repeating: 1, count: 5 * 4)
    var c = [Double](repeating: 0, count: 30 * 5)
    guard PackedFactors<Double>.areAvailable else { return }
    var span = c.mutableSpan
    multiplyByPanels(
      a.span, MatrixView(rows: 30, columns: 4, rowStride: 1, columnStride: 30), b.span,
      MatrixView(rows: 5, columns: 4), into: &span,
      ColumnMajorShape(rows: 30, columns: 5, leading: 30))
    for (index, x) in c.enumerated() { #expect(index % 30 == 7 ? x.isNaN : x == 4) }
  }
}
