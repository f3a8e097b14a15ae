import Echelon
import EchelonLinearAlgebra
import Glibc
import TestSupport
import Testing

/// What `body` gives on every pool is the same, bit for bit.
private func sameBits<Bits: Equatable>(
  _ what: String, _ body: (ProcessPool) throws -> Bits,
  at location: SourceLocation = #_sourceLocation
) throws {
  let expected = try body(pools[0])
  for pool in pools.dropFirst() {
    #expect(
      try body(pool) == expected, "\(what) on \(pool.workerCount) workers", sourceLocation: location
    )
  }
}

private func bits<Element: BinaryFloatingPoint>(_ value: Element) -> UInt64 {
  Double(value).bitPattern
}

@Suite struct `The same bits for 1, 2, 3 and 7 workers` {
  static let edges = [
    1, 2, 63, 64, 65, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 200_001,
  ]

  @Test func `are proved with data whose sum depends on the order`() {
    for count in Self.edges where count > 2 {
      let values = mixedMagnitudes(count: count, seed: 21, of: Double.self)
      #expect(orderShows(in: values), "n = \(count)")
      #expect(orderShows(in: values.map { $0 * $0 }), "squares, n = \(count)")
      #expect(
        orderShows(in: mixedMagnitudes(count: count, seed: 21, of: Float.self)), "n = \(count)")
    }
  }

  /// Whether naive sums in several orders, and cut as a schedule would cut them, differ.
  private func orderShows<Element: BinaryFloatingPoint>(in values: [Element]) -> Bool {
    func sum(_ values: some Sequence<Element>) -> Element {
      values.reduce(into: 0) { $0 += $1 }
    }
    let (low, high) = (values.prefix(values.count / 2), values.dropFirst(values.count / 2))
    let sums: [Element] = [
      sum(values), sum(values.reversed()), sum(values.sorted()), sum(low) + sum(high),
      sum(high) + sum(low.reversed()),
    ]
    return Set(sums.map { bits($0) }).count > 1
  }

  @Test(arguments: edges)
  func `of sum, dot, minimum, maximum and moments in double precision`(_ count: Int) throws {
    try reductions(count, of: Double.self)
  }

  @Test(arguments: edges)
  func `of sum, dot, minimum, maximum and moments in single precision`(_ count: Int) throws {
    try reductions(count, of: Float.self)
  }

  private func reductions<Element: KernelElement & Sendable>(_ count: Int, of type: Element.Type)
    throws
  {
    let values = mixedMagnitudes(count: count, seed: 21, of: Element.self)
    let others = mixedMagnitudes(count: count, seed: 22, of: Element.self)
    for _ in 0..<2 {
      try sameBits("n = \(count)") { pool in
        let (x, y) = (try pool.array(values), try pool.array(others))
        let moments = try pool.start(Reduction<Moments>.meanVariance(of: Element.self), x).checked()
        return [
          bits(try pool.start(Reduction<Element>.sum, x).checked()),
          bits(try pool.start(Reduction<Element>.dot, x, y).checked()),
          bits(try pool.start(Reduction<Element>.minimum, x).checked()),
          bits(try pool.start(Reduction<Element>.maximum, x).checked()),
          UInt64(moments.count), moments.mean.bitPattern, moments.variance.bitPattern,
        ]
      }
    }
  }

  @Test(arguments: [0, 1, 65, 32_768, 200_001])
  func `of maps`(_ count: Int) throws {
    let values = mixedMagnitudes(count: count, seed: 23, of: Double.self)
    try sameBits("n = \(count)") { pool in
      let x = try pool.array(values)
      let one = try pool.startMap(x) { sin($0) * 1.1 + $0 }.checked()
      let two = try pool.startMap(x, one) { $0 / ($1 + 3) }.checked()
      let three = try pool.startMap(two, with: 0.3) { $0 * $1 - 1 / $0 }.checked()
      let four = try pool.startMap(three, into: three) { $0 * 1.7 }.checked()
      return [one, two, four].flatMap { Array($0).map(\.bitPattern) }
    }
  }

  @Test(arguments: [
    (0, 0, 0), (0, 3, 2), (3, 0, 2), (1, 1, 1), (1, 7, 1), (2, 3, 5), (33, 65, 129), (129, 31, 257),
    (300, 200, 301), (513, 64, 511),
  ])
  func `of matrix products, transposes and blocks included, in both precisions`(
    _ shape: (Int, Int, Int)
  ) throws {
    try product(shape, of: Double.self)
    try product(shape, of: Float.self)
  }

  private func product<Element: KernelElement & Sendable>(
    _ shape: (m: Int, k: Int, n: Int), of type: Element.Type
  ) throws {
    let a = mixedMagnitudes(count: shape.m * shape.k, seed: 24, of: Element.self)
    let b = mixedMagnitudes(count: shape.k * shape.n, seed: 25, of: Element.self)
    try sameBits("\(shape)") { pool in
      let left = SharedMatrix(try pool.array(a), rows: shape.m, columns: shape.k)
      let right = SharedMatrix(try pool.array(b), rows: shape.k, columns: shape.n)
      let leftT = SharedMatrix(try pool.array(a), rows: shape.k, columns: shape.m).transposed
      let rightT = SharedMatrix(try pool.array(b), rows: shape.n, columns: shape.k).transposed
      var products = try [
        pool.startMultiply(left, right), pool.startMultiply(leftT, right),
        pool.startMultiply(left, rightT), pool.startMultiply(leftT, rightT),
      ].map { try $0.checked() }
      if shape.m > 2, shape.k > 2, shape.n > 2 {
        products.append(
          try pool.startMultiply(
            left[1..<shape.m, 0..<shape.k - 1], right[0..<shape.k - 1, 1..<shape.n]
          ).checked())
      }
      // Right, not only equal: against the plain triple loop, where it is short enough.
      if pool === pools[0], shape.m * shape.k * shape.n < 300_000 {
        check(products[0], left, right)
        check(products[3], leftT, rightT)
      }
      return products.flatMap { Array($0.storage).map(bits) }
    }
  }

  private func check<Element: KernelElement & Sendable>(
    _ c: SharedMatrix<Element>, _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>
  ) {
    #expect(c.rows == a.rows && c.columns == b.columns)
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        var (sum, bound) = (0.0, 0.0)
        for k in 0..<a.columns {
          let term = Double(a[i, k]) * Double(b[k, j])
          sum += term
          bound += abs(term)
        }
        // Higham, §3.5: |error| ≤ γₖ |A||B|.
        let error = abs(Double(c[i, j]) - sum)
        let unit = Double(Element.ulpOfOne)
        if error > Double(a.columns + 2) * unit * bound {
          Issue.record("(\(i), \(j)) of \(c.rows) × \(c.columns) is wrong by \(error)")
        }
      }
    }
  }

  @Test(arguments: edges)
  func `of norms, log-sum-exp, weighted moments, positions and the order`(_ count: Int) throws {
    let elements = mixedMagnitudes(count: count, seed: 22, of: Double.self)
    try sameBits("n = \(count)") { pool in
      let whole = try pool.array(elements + elements)
      let pairs = whole.reshaped(rows: count, columns: 2)
      let columns = try pool.array(elements + elements.reversed()).reshaped(rows: 2, columns: count)
      // As it lies, every second one, and a column of a transpose.
      return try others(pool, whole[0..<count].expression)
        + others(pool, pairs.column(1).expression)
        + others(pool, columns.transposed.column(1).expression)
    }
  }

  private func others(_ pool: ProcessPool, _ x: ArrayExpression<Double>) throws -> [UInt64] {
    var words: [UInt64] = []
    for norm in [VectorNorm.one, .two, .infinity, .p(2.5)] {
      words.append(bits(try pool.norm(x, norm)))
    }
    words.append(bits(try pool.logSumExp(sin(x))))
    let weighted = try pool.weightedMoments(x, weights: abs(sin(x)))
    words += [weighted.sumOfWeights, weighted.mean, weighted.populationVariance].map(bits)
    let (least, most) = (try pool.minimumPosition(x), try pool.maximumPosition(x))
    words += [UInt64(least.index), bits(least.value), UInt64(most.index), bits(most.value)]
    words += [
      UInt64(try pool.count(where: x .> 0)), try pool.any(x .> 1e6) ? 1 : 0,
      try pool.all(x .< 0) ? 1 : 0,
    ]
    let histogram = try pool.histogram(x, bins: 17, in: -1...1)
    words += (histogram.counts + [histogram.below, histogram.above]).map { UInt64($0) }
    words += try pool.quantiles(x, [0.1, 0.5, 0.9]).map(bits)
    words += try pool.top(5, of: x).flatMap { [bits($0.value), UInt64($0.index)] }
    words += Array(try pool.cumulativeSum(x)).suffix(3).map(bits)
    words.append(bits(try pool.exactSum(x)))
    return words
  }

  @Test func `of rows, columns and covariances`() throws {
    let elements = mixedMagnitudes(count: 70_001 * 3, seed: 23, of: Double.self)
    try sameBits("70,001 × 3") { pool in
      let m = try pool.array(elements).reshaped(rows: 70_001, columns: 3)
      var words: [UInt64] = []
      for slice in [MatrixSlice.row, .column] {
        words += Array(try pool.mean(m, each: slice)).map(bits)
        words += Array(try pool.product(m, each: slice)).map(bits)
        words += Array(try pool.maximum(m, each: slice)).map(bits)
        words += Array(try pool.moments(m, each: slice)).map { bits($0.populationVariance) }
      }
      words += Array(try pool.covariance(m).storage).map(bits)
      return words + Array(try pool.correlation(m).storage).map(bits)
    }
  }

  @Test(arguments: [1, 7, 50, 65, 300])
  func `of systems, inverses, determinants and products in batches, and of one by itself`(
    _ n: Int
  ) throws {
    let count = n < 300 ? 200 : 3
    let elements = mixedMagnitudes(count: count * n * n + n, seed: 26, of: Double.self)
    try sameBits("\(count) of \(n) × \(n)") { pool in
      let storage = try pool.array(elements)
      let a = SharedMatrixBatch(storage, count: count, rows: n, columns: n)
      let b = SharedMatrixBatch(storage, count: count, rows: n, columns: 2, matrixStride: n)
      let x = try pool.solve(a, b)
      let alone = try pool.solve(a[count - 1..<count], b[count - 1..<count])
      #expect(Array(alone.storage) == Array(x[count - 1].storage))
      var words = Array(x.storage).map(bits)
      words += Array(try pool.inverse(a).storage).map(bits)
      words += Array(try pool.determinant(a)).map(bits)
      words += Array(try pool.multiply(a, b).storage).map(bits)
      return words
    }
  }

  @Test func `of what is asked of every row and column, as it lies and with gaps`() throws {
    let elements = mixedMagnitudes(count: 1_009 * 130, seed: 24, of: Double.self)
    try sameBits("1,009 × 65 and its transpose") { pool in
      let m = try pool.array(elements).reshaped(rows: 1_009, columns: 130)
      let gaps = SharedMatrix(m.storage, rows: 1_009, columns: 65, rowStride: 130, columnStride: 2)
      var words: [UInt64] = []
      for view in [gaps, gaps.transposed] {
        for norm in [VectorNorm.one, .two, .infinity, .p(2.5)] {
          words += Array(try pool.norm(view, norm, each: .row)).map(bits)
        }
        words += Array(try pool.logSumExp(sin(view), each: .row)).map(bits)
        words += Array(try pool.dot(view, view + 1, each: .row)).map(bits)
        words += Array(try pool.exactSum(view, each: .row)).map(bits)
        words += Array(try pool.higherMoments(view, each: .row)).map { bits($0.kurtosis) }
        words += Array(try pool.weightedMoments(view, weights: abs(view), each: .row)).map {
          bits($0.variance)
        }
        words += Array(try pool.minimumPosition(view, each: .row)).map { UInt64($0.index) }
        words += Array(try pool.count(where: view .> 0, each: .row)).map { UInt64($0) }
        words += Array(try pool.quantiles(view, [0.2, 0.5], each: .row).storage).map(bits)
        words += Array(try pool.cumulativeSum(view, each: .row).storage).map(bits)
        words += Array(try pool.cumulativeProduct(view, each: .row).storage).map(bits)
        words += Array(try pool.sortedIndices(view, each: .row).storage).map { UInt64($0) }
        words += try pool.histogram(view, bins: 5, in: -1...1, each: .row).flatMap {
          ($0.counts + [$0.below, $0.above]).map { UInt64($0) }
        }
      }
      return words
    }
  }

  @Test(arguments: edges)
  func `of whole numbers`(_ count: Int) throws {
    try sameBits("n = \(count)") { pool in
      try wholeNumbers(pool, count, Int64.self) + wholeNumbers(pool, count, Int32.self)
        + wholeNumbers(pool, count, UInt8.self)
    }
  }

  private func wholeNumbers<Element: VectorInteger & SortableElement>(
    _ pool: ProcessPool, _ count: Int, _: Element.Type
  ) throws -> [UInt64] {
    let whole = try pool.array(count: 2 * count) {
      Element(truncatingIfNeeded: ($0 &* 0x9E37_79B9) >> 7 & 0xff_ffff)
    }
    // As they lie, and every second one.
    return try [whole[0..<count].expression, whole.strided(by: 2).expression].flatMap { x in
      let (least, most) = (try pool.minimumPosition(x), try pool.maximumPosition(x))
      let few: Int = try pool.sum(x, where: x .> 100)
      let numbers = [Int(try pool.sum(x)), few, least.index, Int(least.value), most.index]
      let made = try pool.evaluate((x &* 7 &+ x) ^ x)
      return
        (numbers + Array(made).suffix(3).map { Int($0) }
        + Array(try pool.sorted(x)).prefix(3).map { Int($0) }).map { UInt64(bitPattern: Int64($0)) }
    }
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
  func `of Monte Carlo estimates`(_ samples: Int) throws {
    try sameBits("\(samples) samples") { pool in
      let estimate = try pool.startMonteCarlo(samples: samples, seed: 42) { rng in
        let u = rng.uniform()
        let v = rng.uniform()
        return u * u + v * v < 1 ? 4 : u / 3
      }.checked()
      return [
        UInt64(estimate.sampleCount), estimate.mean.bitPattern, estimate.variance.bitPattern,
        estimate.standardError.bitPattern,
      ]
    }
  }

  @Test func `of Monte Carlo estimates depend on the seed`() throws {
    let means = Set(
      try (0..<20 as Range<UInt64>).map { seed in
        try pools[1].startMonteCarlo(samples: 10_000, seed: seed) { $0.uniform() }.checked().mean
      })
    #expect(means.count == 20)
    #expect(means.allSatisfy { abs($0 - 0.5) < 0.02 })
  }
}
