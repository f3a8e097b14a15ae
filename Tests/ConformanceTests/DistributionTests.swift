import Echelon
import EchelonKernels
import TestSupport
import Testing

private let counts = sizes(
  [0, 1, 2, 63, 64, 65, 1009, 65_537], inRelease: [65_535, 140_009])

@Suite struct `Totals on the way` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `cumulative sums are within their bound`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    let elements = mixedMagnitudes(count: count, seed: seed, of: Double.self)
    let y = try pool.cumulativeSum(pool.array(elements))
    var (sum, magnitudes) = (CompensatedSum(), 0.0)
    var worst = 0.0
    y.withSpan { y in
      for index in y.indices {
        sum.add(elements[index])
        magnitudes += abs(elements[index])
        worst = max(worst, abs(y[index] - sum.value) / magnitudes)
      }
    }
    #expect(worst <= 67 * 0x1p-53, "seed \(seed)")
    let whole = (0..<count).map { Float($0 % 7) }
    let small = try pool.cumulativeSum(pool.array(whole))
    var total: Float = 0
    #expect(
      Array(small)
        == whole.map {
          total += $0; return total
        })
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `cumulative products overflow only where the product does`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    // 2, 4, …, 2¹⁵⁰⁰, …, 2, 1, over and over.
    let elements = (0..<count).map { $0 % 3000 < 1500 ? 2.0 : 0.5 }
    let y = Array(try pool.cumulativeProduct(pool.array(elements)))
    for (index, value) in y.enumerated() {
      let step = index % 3000
      let exponent = step < 1500 ? step + 1 : 2999 - step
      #expect(
        value
          == (exponent > 1023 ? .infinity : Double(sign: .plus, exponent: exponent, significand: 1))
      )
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `have the same bits for any number of workers`(_ kind: TestedExecutor) throws {
    let elements = mixedMagnitudes(count: 140_009, seed: 4, of: Double.self)
    var bits: [[UInt64]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let x = try pool.array(elements)
      bits.append(
        try
          (Array(pool.cumulativeSum(x)) + Array(pool.cumulativeProduct(x))
          + [pool.exactSum(x)] + pool.quantiles(x, [0.1, 0.5])).map(\.bitPattern))
      pool.shutdown()
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `exact sums are those of the reference`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let elements = mixedMagnitudes(count: count, seed: testSeed(), of: Double.self)
    var sum = ExactSum()
    for element in elements { sum.add(element) }
    #expect(try pool.exactSum(pool.array(elements)).bitPattern == sum.value.bitPattern)
    #expect(try pool.exactSum(pool.array(elements.reversed())).bitPattern == sum.value.bitPattern)
    let small = elements.map { Float($0) }
    var floats = ExactSum()
    for element in small { floats.add(Double(element)) }
    #expect(try pool.exactSum(pool.array(small)) == floats.value(as: Float.self))
  }
}

@Suite struct `A distribution` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `has the quantiles of its sorted elements`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let probabilities = [0, 0.25, 0.5, 0.75, 1, Double.random(in: 0...1, using: &random)]
    for isWide in [true, false] {
      let elements = (0..<count).map { _ in
        isWide ? Double(Int64(bitPattern: random.next())) : Double(random.next() % 7)
      }
      let x = try pool.array(elements)
      guard count > 0 else {
        #expect(throws: KernelError.self) { try pool.quantiles(x, probabilities) }
        continue
      }
      let sorted = elements.sorted()
      let expected = probabilities.map { probability in
        let position = probability * Double(count - 1)
        let rank = min(count - 1, Int(position)), share = position - Double(rank)
        guard share > 0, rank + 1 < count else { return sorted[rank] }
        let gap = sorted[rank + 1] - sorted[rank]
        return share < 0.5 ? sorted[rank] + gap * share : sorted[rank + 1] - gap * (1 - share)
      }
      #expect(try pool.quantiles(x, probabilities) == expected, "seed \(seed)")
      #expect(try pool.median(x) == expected[2])
      let small = try pool.array(sorted.map { Float($0) })
      #expect(
        try pool.quantiles(small, [0, 1])
          == [sorted[0], sorted[count - 1]].map { Double(Float($0)) })
      let holed = try pool.array(elements.flatMap { [$0, .nan] })
      #expect(try pool.median(holed).isNaN && pool.median(holed, ignoringNaN: true) == expected[2])
    }
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `is counted in bins, edge by edge`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let range = -0.7...1.1
    var elements = (0..<count).map { _ in Double.random(in: -1...1.3, using: &random) }
    let bins = 13
    let width = 1.8 / Double(bins)
    let edges = (0...bins).map { $0 == bins ? 1.1 : -0.7 + Double($0) * width }
    // Elements at the edges, and next to them.
    for (index, edge) in edges.enumerated() where 3 * index + 2 < count {
      elements.replaceSubrange(3 * index..<3 * index + 3, with: [edge, edge.nextUp, edge.nextDown])
    }
    if count > 60 { elements[60] = .nan }
    let found = try pool.histogram(pool.array(elements), bins: bins, in: range)
    #expect(found.edges.map(\.bitPattern) == edges.map(\.bitPattern))
    for bin in 0..<bins {
      let expected = elements.count { x in
        x >= found.edges[bin]
          && (x < found.edges[bin + 1] || (bin == bins - 1 && x == found.edges[bins]))
      }
      #expect(found.counts[bin] == expected, "bin \(bin), seed \(seed)")
    }
    #expect(
      found.below == elements.count { $0 < -0.7 } && found.above == elements.count { $0 > 1.1 })
    #expect(found.nanCount == (count > 60 ? 1 : 0))
    let bytes = try pool.histogram(
      pool.array(elements.indices.map { UInt8($0 % 4) }), bins: 4, in: 0...4)
    #expect(bytes.counts == (0..<4).map { value in elements.indices.count { $0 % 4 == value } })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses numbers out of range`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([1.0])
    #expect(try pool.median(pool.array([1, .infinity])) == .infinity)
    #expect(try pool.median(pool.array([-1.5e308, 1.5e308])) == 0)
    #expect(throws: PoolError.self) { try pool.histogram(x, bins: 0, in: 0...1) }
    #expect(throws: PoolError.self) { try pool.histogram(x, bins: 2, in: 1...1) }
    #expect(throws: PoolError.self) { try pool.histogram(x, bins: 2, in: -.infinity...1) }
    #expect(throws: PoolError.self) { try pool.quantiles(x, [1.5]) }
    #expect(throws: PoolError.self) { try pool.quantiles(x, [.nan]) }
  }
}

@Suite struct `Rows and columns` {
  @Test(
    arguments: TestedExecutor.allCases,
    [(1, 1), (3, 70_001), (70_001, 3), (33, 17), (0, 5), (5, 0)])
  func `are reduced as each would be by itself`(
    _ kind: TestedExecutor, _ shape: (rows: Int, columns: Int)
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    let elements = mixedMagnitudes(count: shape.rows * shape.columns, seed: seed, of: Double.self)
    let matrix = try pool.array(elements).reshaped(rows: shape.rows, columns: shape.columns)
    for m in [matrix, matrix.transposed] {
      let (rows, columns) = try (pool.sum(m, each: .row), pool.sum(m, each: .column))
      #expect(rows.count == m.rows && columns.count == m.columns)
      for index in Set([0, 1, m.rows / 2, m.rows - 1]) where (0..<m.rows) ~= index {
        #expect(try rows[index].bitPattern == pool.sum(m.row(index)).bitPattern)
      }
      for index in Set([0, 1, m.columns / 2, m.columns - 1]) where (0..<m.columns) ~= index {
        #expect(try columns[index].bitPattern == pool.sum(m.column(index)).bitPattern)
      }
      guard m.columns > 0 else {
        if m.rows > 0 { #expect(throws: KernelError.self) { try pool.moments(m, each: .row) } }
        continue
      }
      let moments = try pool.moments(m, each: .row)
      let means = try pool.mean(m, each: .row)
      let (least, most) = (try pool.minimum(m, each: .row), try pool.maximum(m, each: .row))
      let products = try pool.product(m, each: .row)
      for index in Set([0, m.rows - 1]) where m.rows > 0 {
        let row = m.row(index)
        #expect(try moments[index] == pool.moments(row))
        #expect(try means[index].bitPattern == pool.mean(row).bitPattern)
        #expect(try least[index] == pool.minimum(row) && most[index] == pool.maximum(row))
        #expect(try products[index].bitPattern == pool.product(row).bitPattern)
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `leave NaN out, and long ones are jobs of their own`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let matrix = try pool.matrix(rows: 2, columns: 1_100_000) { row, column in
      (row + column) % 1000 == 7 ? Double.nan : 1
    }
    #expect(try Array(pool.sum(matrix, each: .row, ignoringNaN: true)) == [1_098_900, 1_098_900])
    let head = matrix[0..<2, 0..<2000]
    #expect(try Array(pool.sum(head, each: .row, ignoringNaN: true)) == [1998, 1998])
    #expect(try Array(pool.sum(head, each: .column, ignoringNaN: true)).reduce(0, +) == 3996)
    #expect(try pool.sum(head, each: .row)[0].isNaN)
    // Longer than a chunk: each as by itself, positions too.
    let long = try pool.matrix(rows: 2, columns: 140_001) { row, column in
      column % 3 == 0 ? Double.nan : 1 / Double(column + row)
    }
    let (sums, extremes) = try (
      pool.sum(long, each: .row, ignoringNaN: true),
      pool.start(
        Reduction<Extreme<Double>>.minimumPosition(), long, each: .row, ignoringNaN: true
      ).checked()
    )
    for row in 0..<2 {
      #expect(try sums[row].bitPattern == pool.sum(long.row(row), ignoringNaN: true).bitPattern)
      #expect(try extremes[row] == pool.minimumPosition(long.row(row), ignoringNaN: true))
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are repeated in expressions`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let m = try pool.matrix(rows: 300, columns: 200) { Double($0 * 1000 + $1) }
    let row = try pool.array(count: 200) { Double($0) }
    let column = try pool.array(count: 300) { Double($0) }.asColumn
    let centered = try pool.evaluateMatrix(m - row - column * 1000)
    #expect(centered.rows == 300 && centered.columns == 200)
    #expect(try pool.all(centered .== 0))
    let outer = try pool.evaluateMatrix(column * row.asRow)
    #expect(outer[299, 199] == 299 * 199 && outer[3, 0] == 0)
    let turned = try pool.evaluateMatrix(m.transposed + column.transposed * 0)
    #expect(turned.rows == 200 && turned[7, 11] == m[11, 7])
    // A block into a block of its own shape, and back into what it reads.
    let block = m[10..<20, 5..<15]
    #expect(try Array(pool.evaluate(block * 2))[0] == 2 * m[10, 5])
    _ = try pool.evaluateMatrix(centered + m, into: centered)
    #expect(try pool.all(centered .== m))
    #expect(throws: KernelError.self) { try pool.evaluateMatrix(m + m.transposed) }
    _ = try pool.evaluateMatrix(block, into: m[0..<10, 0..<10])
    #expect(m[0, 0] == 10_005 && m[9, 9] == 19_014 && m[9, 10] == 9_010 && m[10, 0] == 10_000)
    #expect(throws: KernelError.self) { try pool.evaluateMatrix(block, into: m) }
    #expect("\(block[0..<2, 0..<2])" == "2 × 2 matrix\n10005.0  10006.0\n11005.0  11006.0")
    #expect(
      "\(m)".split(separator: "\n").count == 9 && "\(m)".contains("⋮") && "\(m)".contains("…"))
  }
}

@Suite struct `Columns of observations` {
  @Test(arguments: TestedExecutor.allCases)
  func `have the covariances of their definition`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let (n, k) = (501, 7)
    let elements = (0..<n * k).map {
      1e3 * Double($0 % k) + Double.random(in: -1...1, using: &random)
    }
    let matrix = try pool.array(elements).reshaped(rows: n, columns: k)
    let means = (0..<k).map { column in
      (0..<n).reduce(0) { $0 + elements[$1 * k + column] } / Double(n)
    }
    let (covariance, correlation) = try (pool.covariance(matrix), pool.correlation(matrix))
    for i in 0..<k {
      for j in 0..<k {
        var sum = CompensatedSum()
        for row in 0..<n {
          sum.add(product: elements[row * k + i] - means[i], elements[row * k + j] - means[j])
        }
        #expect(
          abs(covariance[i, j] - sum.value / Double(n - 1)) < 1e-11, "(\(i), \(j)), seed \(seed)")
        #expect(covariance[i, j] == covariance[j, i] && abs(correlation[i, j]) <= 1)
        let expected = covariance[i, j] / (covariance[i, i] * covariance[j, j]).squareRoot()
        #expect(abs(correlation[i, j] - expected) < 1e-12)
      }
    }
    #expect((0..<k).allSatisfy { correlation[$0, $0] == 1 })
    #expect(try pool.correlation(pool.matrix(repeating: 2.0, rows: 3, columns: 2))[0, 0].isNaN)
    #expect(throws: PoolError.self) { try pool.covariance(matrix[0..<1, 0..<k]) }
    // A mean between two neighbouring numbers, and a deviation whose square is not to be represented.
    let close = try pool.matrix(rows: 4, columns: 2) { row, column in
      column == 0 ? Float(16_777_216 + 2 * (row % 2)) : Float(row) * 1e30
    }
    #expect(try pool.covariance(close[0..<4, 0..<1])[0, 0] == Float(4) / 3)
    #expect(try pool.correlation(close)[0, 1].isFinite && pool.correlation(close)[1, 1] == 1)
  }
}

@Suite struct `Arrays by rule` {
  @Test(arguments: TestedExecutor.allCases)
  func `begin and end where they are told`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.linspace(from: 0.1, through: 0.7, count: 7)
    #expect(x[0] == 0.1 && x[6] == 0.7 && abs(x[3] - 0.4) < 1e-15)
    #expect(try Array(pool.linspace(from: Float(5), through: 9, count: 1)) == [5])
    #expect(try pool.linspace(from: 1.0, through: 2, count: 0).isEmpty)
    let identity = try pool.identityMatrix(of: Float.self, size: 3)
    #expect(try Array(pool.sum(identity, each: .row)) == [1, 1, 1] && identity[2, 2] == 1)
    #expect(try pool.identityMatrix(of: Int32.self, size: 0).count == 0)
  }
}
