import Echelon
import EchelonKernels
import TestSupport
import Testing

private let counts = sizes([1, 2, 63, 64, 65, 1009, 65_537], inRelease: [140_009])

@Suite struct `Weighted elements` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `have the quantiles of as many equal ones`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<count).map { _ in Double(Int(random.next() % 1000)) - 500 }
    var weights = (0..<count).map { _ in Double(random.next() % 4) }
    weights[Int(random.next() % UInt64(count))] = 2
    let x = try pool.array(elements)
    let w = try pool.array(weights)
    let repeated = zip(elements, weights).flatMap { Array(repeating: $0, count: Int($1)) }.sorted()
    let probabilities = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1]
    let expected = probabilities.map { probability in
      // The smallest with which the share is reached.
      repeated[max(0, Int((probability * Double(repeated.count)).rounded(.up)) - 1)]
    }
    #expect(try pool.quantiles(x, probabilities, weights: w) == expected, "seed \(seed)")
    let small = try pool.array(elements.map { Float($0) })
    #expect(try pool.quantiles(small, probabilities, weights: w) == expected, "seed \(seed)")
    let column = try pool.array(elements.flatMap { [7, $0] }).reshaped(rows: count, columns: 2)
      .column(1)
    #expect(try pool.quantiles(column, probabilities, weights: w) == expected, "seed \(seed)")
    // NaN of weight 0 are none; of others, all quantiles are NaN, or they are left out.
    let holed = try pool.array(elements + [.nan])
    let light = try pool.array(weights + [0])
    let heavy = try pool.array(weights + [3])
    #expect(try pool.quantiles(holed, probabilities, weights: light) == expected)
    #expect(try pool.quantiles(holed, [0.5], weights: heavy)[0].isNaN)
    #expect(
      try pool.quantiles(holed, probabilities, weights: heavy, ignoringNaN: true) == expected)
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `are added up in the bins in which they are counted`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<count).map { index in
      index % 50 == 7 ? Double.nan : Double.random(in: -1...1.2, using: &random)
    }
    let ones = try pool.array(repeating: 1.0, count: count)
    let x = try pool.array(elements)
    let plain = try pool.histogram(x, bins: 13, in: -0.9...1)
    let same = try pool.histogram(x, weights: ones, bins: 13, in: -0.9...1)
    #expect(same.edges == plain.edges && same.weights == plain.counts.map { Double($0) })
    #expect(same.below == Double(plain.below) && same.above == Double(plain.above))
    #expect(same.nanWeight == Double(plain.nanCount))
    // What plain addition would lose: 1 beside ±2⁶⁰.
    let large = (0..<count).map { index in [0x1p60, 1, -0x1p60, 1][index % 4] }
    let value = try pool.array(repeating: 0.5, count: count)
    let sums = try pool.histogram(value, weights: pool.array(large), bins: 1, in: 0...1)
    let expected = large.reduce(ExactSum()) { sum, term in
      var sum = sum
      sum.add(term)
      return sum
    }
    #expect(sums.weights == [expected.value], "\(count)")
  }

  @Test(arguments: TestedExecutor.pools)
  func `have the same bits for any number of workers`(_ kind: TestedExecutor) throws {
    let seed = testSeed()
    let elements = mixedMagnitudes(count: 300_007, seed: seed, of: Double.self)
    var answers: [[UInt64]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let x = try pool.array(elements)
      let w = try pool.evaluate(abs(x))
      let sketch = try pool.quantileSketch(x, capacity: 128)
      let numbers =
        try pool.quantiles(x, [0.1, 0.5, 0.9], weights: w)
        + pool.histogram(x, weights: w, bins: 7, in: -1...1).weights
        + [pool.autocorrelation(x, lag: 3), sketch.quantile(0.3), sketch.rankErrorBound]
      answers.append(numbers.map(\.bitPattern))
      pool.shutdown()
    }
    #expect(answers.allSatisfy { $0 == answers[0] }, "seed \(seed)")
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are refused when weights or counts cannot be`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([1.0, 2, 3])
    for wrong in [[1.0, -1, 1], [1, .nan, 1], [1, .infinity, 1]] {
      let w = try pool.array(wrong)
      #expect(throws: PoolError.self) { try pool.quantiles(x, [0.5], weights: w) }
    }
    let short = try pool.array([1.0, 2])
    #expect(throws: KernelError.self) { try pool.startQuantiles(x, [0.5], weights: short) }
    #expect(throws: KernelError.self) {
      try pool.startHistogram(x, weights: short, bins: 2, in: 0...1)
    }
    #expect(throws: PoolError.self) { try pool.startQuantiles(x, [1.5], weights: x) }
    let zero = try pool.array(repeating: 0.0, count: 3)
    #expect(throws: KernelError.self) { try pool.quantiles(x, [0.5], weights: zero) }
    #expect(throws: KernelError.self) { try pool.quantiles(x[0..<0], [0.5], weights: x[0..<0]) }
    #expect(throws: PoolError.self) { try pool.startHistogram(x, weights: x, bins: 0, in: 0...1) }
    #expect(throws: PoolError.self) { try pool.startQuantileSketch(x, capacity: 1) }
  }
}

@Suite struct `Weighted observations` {
  @Test(arguments: TestedExecutor.allCases, [2, 3, 63, 64, 65, 1009])
  func `have the covariances of as many equal ones`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let columns = 4
    let elements = (0..<count * columns).map { index in
      Double(index % columns) * 10 + Double.random(in: -1...1, using: &random)
    }
    var weights = (0..<count).map { _ in Double(random.next() % 4) }
    weights[0] = 2
    weights[count - 1] = 1
    let repeated = zip(weights.indices, weights).flatMap { row, weight in
      Array(repeating: Array(elements[row * columns..<(row + 1) * columns]), count: Int(weight))
    }
    let n = Double(repeated.count)
    let x = try pool.array(elements).reshaped(rows: count, columns: columns)
    let w = try pool.array(weights)
    let covariance = try pool.covariance(x, weights: w)
    let correlation = try pool.correlation(x, weights: w)
    let means = (0..<columns).map { column in repeated.reduce(0) { $0 + $1[column] } / n }
    func expected(_ i: Int, _ j: Int) -> Double {
      var sum = CompensatedSum()
      for row in repeated { sum.add(product: row[i] - means[i], row[j] - means[j]) }
      return sum.value / (n - 1)
    }
    for i in 0..<columns {
      for j in 0..<columns {
        let value = expected(i, j)
        #expect(abs(covariance[i, j] - value) < 1e-12, "(\(i), \(j)) of \(count), seed \(seed)")
        #expect(covariance[i, j] == covariance[j, i])
        let share = value / (expected(i, i) * expected(j, j)).squareRoot()
        #expect(
          abs(correlation[i, j] - share) < 1e-11 && abs(correlation[i, j]) <= 1, "seed \(seed)")
      }
      #expect(correlation[i, i] == 1)
    }
    // All weights 1 are none.
    let ones = try pool.array(repeating: 1.0, count: count)
    let (same, plain) = try (pool.covariance(x, weights: ones), pool.covariance(x))
    for i in 0..<columns {
      for j in 0..<columns { #expect(abs(same[i, j] - plain[i, j]) < 1e-13) }
    }
    // A view, in the other precision; and half of everything.
    let small = try pool.array(elements.map { Float($0) }).reshaped(rows: count, columns: columns)
    let half = try pool.array(weights.map { Float($0) / 2 })
    if n > 2 {
      let part = try pool.covariance(small[0..<count, 1..<3], weights: half)
      let wanted = expected(1, 2) * (n - 1) / 2 / (n / 2 - 1)
      #expect(abs(Double(part[0, 1]) - wanted) < 1e-5 * max(1, abs(wanted)), "seed \(seed)")
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are as large as can be represented, or refused`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.matrix(rows: 4, columns: 2) { row, column in
      column == 0 ? Float(row) * 1e30 : 7
    }
    let w = try pool.array([1, 2, 3, 4] as [Float])
    let correlation = try pool.correlation(x, weights: w)
    #expect(correlation[0, 0] == 1 && correlation[0, 1].isNaN && correlation[1, 1].isNaN)
    #expect(throws: KernelError.self) { try pool.startCovariance(x, weights: w[0..<3]) }
    for wrong: [Float] in [
      [1, -1, 1, 1], [1, .nan, 1, 1], [.infinity, 1, 1, 1], [0, 0.5, 0, 0.5],
    ] {
      let weights = try pool.array(wrong)
      #expect(throws: PoolError.self, "\(wrong)") { try pool.covariance(x, weights: weights) }
      #expect(throws: PoolError.self, "\(wrong)") { try pool.correlation(x, weights: weights) }
    }
  }
}

@Suite struct `A sketch of an array` {
  @Test(arguments: TestedExecutor.allCases, [0] + counts)
  func `finds ranks within its bound, and merges with others`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<count).map { _ in Int64(random.next() >> 40) }
    var sketch = try pool.quantileSketch(pool.array(elements), capacity: 256)
    #expect(sketch.count == count && sketch.capacity == 256)
    let more = elements.map { Float($0 / 2) }
    sketch.merge(try pool.quantileSketch(pool.array(more + [.nan]), capacity: 256))
    #expect(sketch.count == 2 * count && sketch.nanCount == 1)
    let sorted = (elements.map { Double($0) } + more.map { Double($0) }).sorted()
    guard count > 0 else { return }
    for probability in [0.0, 0.1, 0.5, 0.9, 1] {
      let value = sketch.quantile(probability)
      let below = sorted.count { $0 < value }
      let notAbove = sorted.count { $0 <= value }
      let wanted = probability * Double(sorted.count - 1)
      let slack = sketch.rankErrorBound * Double(sorted.count) + 1
      #expect(
        Double(below) <= wanted + slack && Double(notAbove) >= wanted - slack,
        "quantile \(probability) of \(count), seed \(seed)")
    }
  }
}
