import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// What is asked of every row or column has the bits of the same asked of that one by itself, which other suites
/// compare with references.
@Suite struct `Every row and column` {
  /// Matrices and how they lie: as made, transposed, and a block with gaps.
  private func matrices(
    _ pool: any WorkExecutor, _ shape: (rows: Int, columns: Int), seed: UInt64, nanEvery: Int? = nil
  ) throws -> [SharedMatrix<Double>] {
    var elements = mixedMagnitudes(
      count: 2 * shape.rows * (shape.columns + 1), seed: seed, of: Double.self)
    if let nanEvery {
      for index in stride(from: 200, to: elements.count, by: nanEvery) { elements[index] = .nan }
    }
    let matrix = try pool.array(elements).reshaped(rows: 2 * shape.rows, columns: shape.columns + 1)
    let block = SharedMatrix(
      matrix.storage, rows: shape.rows, columns: shape.columns, rowStride: 2 * (shape.columns + 1))
    let dense = try pool.evaluateMatrix(block)
    return [dense, dense.transposed, block]
  }

  private func vectors(
    of m: SharedMatrix<Double>, _ slice: MatrixSlice
  ) -> [(index: Int, vector: ArrayView<Double>)] {
    let count = slice == .row ? m.rows : m.columns
    return Set([0, 1, 16, count / 2, count - 1]).sorted().filter { (0..<count) ~= $0 }
      .map { ($0, slice == .row ? m.row($0) : m.column($0)) }
  }

  private static let shapes = [
    (1, 1), (2, 63), (64, 2), (33, 17), (1_701, 40), (3, 70_001), (2, 140_001), (1, 65), (0, 5),
    (5, 0),
  ]

  /// Which way to look at a matrix; not at tens of thousands of vectors, which take long and are no other case.
  private func slices(of m: SharedMatrix<Double>) -> [MatrixSlice] {
    (m.rows < 10_000 ? [.row] : []) + (m.columns < 10_000 ? [.column] : [])
  }

  @Test(arguments: [TestedExecutor.inProcess, .spawn], shapes)
  func `are reduced as each is by itself`(
    _ kind: TestedExecutor, _ shape: (rows: Int, columns: Int)
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    for m in try matrices(pool, shape, seed: seed, nanEvery: 1009) {
      for slice in slices(of: m) {
        let note: Comment = "\(m.rows) × \(m.columns), \(slice), seed \(seed)"
        let mask = m .> 0
        let counts = try pool.count(where: mask, each: slice)
        let (anys, alls) = (try pool.any(mask, each: slice), try pool.all(mask, each: slice))
        let sums = try pool.sum(m, each: slice, where: mask, ignoringNaN: true)
        let dots = try pool.dot(m, m * 2, each: slice)
        let products = try pool.sum(m * m, each: slice)
        let norms = try [VectorNorm.one, .two, .infinity, .p(2.5)].map {
          ($0, try pool.norm(m, $0, each: slice, ignoringNaN: true))
        }
        let exponentials = try pool.logSumExp(m / 4, each: slice)
        let weighted = try pool.weightedMoments(
          m, weights: abs(m), each: slice, ignoringNaN: true)
        let exact = try pool.exactSum(m, each: slice, ignoringNaN: true)
        let (running, grown) = (
          try pool.cumulativeSum(m, each: slice, ignoringNaN: true),
          try pool.cumulativeProduct(m, each: slice)
        )
        #expect((running.rows, running.columns) == (m.rows, m.columns))
        let bins = try pool.histogram(m, bins: 7, in: -2...2, each: slice)
        let (sorted, order) = (
          try pool.sorted(m, each: slice), try pool.sortedIndices(m, each: slice, .descending)
        )
        for (index, x) in vectors(of: m, slice) {
          #expect(try counts[index] == pool.count(where: x .> 0), note)
          #expect(try anys[index] == pool.any(x .> 0), note)
          #expect(try alls[index] == pool.all(x .> 0), note)
          #expect(sums[index] == (try pool.sum(x, where: x .> 0, ignoringNaN: true)), note)
          #expect(isSame(dots[index], try pool.dot(x, x.expression * 2)), note)
          #expect(isSame(products[index], try pool.sum(x.expression * x)), note)
          for (norm, found) in norms {
            #expect(found[index] == (try pool.norm(x, norm, ignoringNaN: true)), "\(norm), \(note)")
          }
          #expect(isSame(exponentials[index], try pool.logSumExp(x.expression / 4)), note)
          let moments = try pool.weightedMoments(x, weights: abs(x), ignoringNaN: true)
          #expect(isSame(weighted[index].mean, moments.mean), note)
          #expect(isSame(weighted[index].variance, moments.variance), note)
          #expect(exact[index] == (try pool.exactSum(x, ignoringNaN: true)), note)
          #expect(bins[index] == (try pool.histogram(x, bins: 7, in: -2...2)), note)
          expectSame(row(running, index, slice), try pool.cumulativeSum(x, ignoringNaN: true), note)
          expectSame(row(grown, index, slice), try pool.cumulativeProduct(x), note)
          expectSame(row(sorted, index, slice), try pool.sorted(x), note)
          #expect(
            Array(row(order, index, slice)) == Array(try pool.sortedIndices(x, .descending)), note)
        }
      }
    }
  }

  @Test(arguments: [TestedExecutor.inProcess, .spawn], shapes)
  func `have the extremes, the moments and the quantiles that each has by itself`(
    _ kind: TestedExecutor, _ shape: (rows: Int, columns: Int)
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    for m in try matrices(pool, shape, seed: seed, nanEvery: 1009) {
      for slice in slices(of: m) {
        let note: Comment = "\(m.rows) × \(m.columns), \(slice), seed \(seed)"
        guard m.count > 0 else {
          let isNothing = (slice == .row ? m.rows : m.columns) == 0
          if isNothing {
            #expect(try pool.median(m, each: slice).isEmpty, note)
          } else {
            #expect(throws: KernelError.self, note) { try pool.median(m, each: slice) }
            #expect(throws: KernelError.self, note) { try pool.minimumPosition(m, each: slice) }
          }
          continue
        }
        let (least, most) = (
          try pool.minimumPosition(m, each: slice, ignoringNaN: true),
          try pool.maximumPosition(m, each: slice)
        )
        let moments = try pool.higherMoments(m, each: slice, ignoringNaN: true)
        let quantiles = try pool.quantiles(m, [0, 0.3, 1], each: slice, ignoringNaN: true)
        let medians = try pool.median(m, each: slice)
        for (index, x) in vectors(of: m, slice) {
          #expect(least[index] == (try pool.minimumPosition(x, ignoringNaN: true)), note)
          let extreme = try pool.maximumPosition(x)
          #expect(
            most[index].index == extreme.index && isSame(most[index].value, extreme.value), note)
          let own = try pool.higherMoments(x, ignoringNaN: true)
          #expect(isSame(moments[index].mean, own.mean), note)
          #expect(isSame(moments[index].kurtosis, own.kurtosis), note)
          let expected = try pool.quantiles(x, [0, 0.3, 1], ignoringNaN: true)
          #expect(Array(quantiles.row(index)) == expected, note)
          #expect(isSame(medians[index], try pool.median(x)), note)
        }
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases, [(2, 65), (1_701, 40), (70_001, 2), (0, 4), (4, 0)])
  func `of whole numbers are reduced as each is by itself`(
    _ kind: TestedExecutor, _ shape: (rows: Int, columns: Int)
  ) throws {
    try integers(kind.shared, shape, Int64.self)
    try integers(kind.shared, shape, Int32.self)
    try integers(kind.shared, shape, UInt8.self)
  }

  private func integers<Element: VectorInteger & SortableElement>(
    _ pool: any WorkExecutor, _ shape: (rows: Int, columns: Int), _ type: Element.Type
  ) throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<shape.rows * shape.columns).map { _ in
      Element(truncatingIfNeeded: random.next() >> 24)
    }
    let matrix = try pool.array(elements).reshaped(rows: shape.rows, columns: shape.columns)
    for m in [matrix, matrix.transposed] where m.columns < 10_000 {
      let note: Comment = "\(type), \(m.rows) × \(m.columns), seed \(seed)"
      let sums = try pool.sum(m, each: .column)
      let counts = try pool.count(where: m .> 100, each: .column)
      let (median, bins) = (
        try pool.sorted(m, each: .column),
        try pool.histogram(m, bins: 5, in: 0...200, each: .column)
      )
      guard m.count > 0 else {
        #expect(Array(sums) == Array(repeating: 0, count: m.columns), note)
        if m.columns > 0 {
          #expect(throws: KernelError.self, note) { try pool.maximum(m, each: .column) }
        }
        continue
      }
      let few = try pool.minimum(m, each: .column, where: m .> 100 .| m .< 200)
      let (least, most) = (
        try pool.minimumPosition(m, each: .column), try pool.maximumPosition(m, each: .column)
      )
      for index in Set([0, m.columns / 2, m.columns - 1]) {
        let x = m.column(index)
        #expect(sums[index] == (try pool.sum(x)), note)
        #expect(counts[index] == (try pool.count(where: x .> 100)), note)
        #expect(few[index] == (try pool.minimum(x, where: x .> 100 .| x .< 200)), note)
        #expect(least[index] == (try pool.minimumPosition(x)), note)
        #expect(most[index] == (try pool.maximumPosition(x)), note)
        #expect(Array(median.column(index)) == Array(try pool.sorted(x)), note)
        #expect(bins[index] == (try pool.histogram(x, bins: 5, in: 0...200)), note)
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of what is computed and repeated are reduced in one pass`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let m = try pool.matrix(rows: 300, columns: 200) { Double($0 * 1000 + $1) }
    let row = try pool.array(count: 200) { Double($0) }
    let column = try pool.array(count: 300) { Double($0) }.asColumn
    let rest = m - column * 1000
    #expect(try Array(pool.sum(rest - row, each: .row)) == .init(repeating: 0, count: 300))
    #expect(try Array(pool.maximum(rest, each: .column)) == (0..<200).map(Double.init))
    #expect(
      try Array(pool.sum(row.asRow * column, each: .column))
        == (0..<200).map { 44_850 * Double($0) })
    #expect(try Array(pool.median(rest, each: .row)) == .init(repeating: 99.5, count: 300))
    // An array is one row, and each of its elements a column.
    #expect(try Array(pool.sum(row, each: .row)) == [19_900])
    #expect(try Array(pool.sum(row, each: .column)) == Array(row))
    #expect(throws: KernelError.self) { try pool.dot(m, m.transposed, each: .row) }
    #expect(throws: KernelError.self) { try pool.sum(m, each: .row, where: m.transposed .> 0) }
    #expect(throws: KernelError.self) { try pool.start(Reduction<Double>.dot, m, each: .row) }
    // Squares that overflow in one row only, and one of nothing but zeros.
    let scaled = try pool.evaluateMatrix(
      m * pool.array(count: 300) { $0 == 7 ? 1e300 : $0 == 8 ? 0 : 1 }.asColumn)
    let norms = try pool.norm(scaled, each: .row)
    for index in [6, 7, 8, 9] {
      #expect(norms[index] == (try pool.norm(scaled.row(index))) && norms[index].isFinite)
    }
    #expect(norms[8] == 0)
    // As many arrays as an expression can have, and what these take besides.
    let eight = try (0..<8).map { k in try pool.matrix(rows: 3, columns: 50) { Double($0 + k * $1) }
    }
    let total = eight.dropFirst().reduce(eight[0].expression) { $0 + $1 }
    let made = try pool.evaluateMatrix(total)
    #expect(try Array(pool.logSumExp(total, each: .row)) == Array(pool.logSumExp(made, each: .row)))
    #expect(
      try Array(pool.norm(total, .p(3), each: .column))
        == Array(pool.norm(made, .p(3), each: .column)))
    #expect(
      try Array(pool.weightedMoments(total, weights: eight[7], each: .row))
        == Array(pool.weightedMoments(made, weights: eight[7], each: .row)))
    #expect(throws: PoolError.self) { try pool.norm(m, .p(-1), each: .row) }
    #expect(throws: PoolError.self) { try pool.quantiles(m, [2], each: .row) }
    let nan = try pool.matrix(repeating: Double.nan, rows: 2, columns: 3)
    #expect(throws: KernelError.self) { try pool.median(nan, each: .row, ignoringNaN: true) }
    #expect(try Array(pool.median(nan, each: .row)).allSatisfy(\.isNaN))
    #expect(try pool.weightedMoments(nan, weights: nan, each: .row)[1].populationVariance.isNaN)
  }

  @Test(arguments: TestedExecutor.allCases, [(3, 101), (101, 3)])
  func `have weighted quantiles and histograms of their own`(
    _ kind: TestedExecutor, _ shape: (rows: Int, columns: Int)
  ) throws {
    let pool = kind.shared
    for m in try matrices(pool, shape, seed: testSeed()).prefix(2) {
      let weights = try pool.evaluateMatrix(abs(sin(m)))
      for slice in [MatrixSlice.row, .column] {
        let quantiles = try pool.quantiles(m, [0.25, 0.5], weights: weights, each: slice)
        let bins = try pool.histogram(m, weights: weights, bins: 5, in: -1...1, each: slice)
        for (index, x) in vectors(of: m, slice) {
          let own = try pool.evaluate(slice == .row ? weights.row(index) : weights.column(index))
          #expect(
            Array(quantiles.row(index)) == (try pool.quantiles(x, [0.25, 0.5], weights: own)))
          #expect(bins[index] == (try pool.histogram(x, weights: own, bins: 5, in: -1...1)))
        }
      }
      #expect(throws: KernelError.self) {
        try pool.quantiles(m, [0.5], weights: weights.transposed, each: .row)
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `with a NaN leave an observation out of covariances`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let m = try pool.matrix(rows: 400, columns: 3) { row, column in
      row % 7 == 3 && row % 3 == column ? .nan : Double(row * (column + 1) % 101)
    }
    let complete = (0..<400).filter { $0 % 7 != 3 }
    let kept = try pool.matrix(rows: complete.count, columns: 3) { m[complete[$0], $1] }
    for view in [m, try pool.evaluateMatrix(m.transposed).transposed] {
      #expect(
        Array(try pool.covariance(view, ignoringNaN: true).storage)
          == Array(try pool.covariance(kept).storage))
      #expect(
        Array(try pool.correlation(view, ignoringNaN: true).storage)
          == Array(try pool.correlation(kept).storage))
    }
    #expect(try pool.covariance(m)[0, 1].isNaN)
    let nan = try pool.matrix(repeating: Double.nan, rows: 9, columns: 2)
    #expect(throws: PoolError.self) { try pool.covariance(nan, ignoringNaN: true) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `running totals go on after a NaN that is ignored`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([1, .nan, 2, 4])
    #expect(Array(try pool.cumulativeSum(x, ignoringNaN: true)) == [1, 1, 3, 7])
    #expect(Array(try pool.cumulativeProduct(x, ignoringNaN: true)) == [1, 1, 2, 8])
    #expect(try pool.cumulativeSum(x)[3].isNaN && pool.exactSum(x).isNaN)
    #expect(try pool.exactSum(x, ignoringNaN: true) == 7)
  }
}

/// The same bits, or both NaN.
private func isSame(_ a: Double, _ b: Double) -> Bool {
  a.bitPattern == b.bitPattern || a.isNaN && b.isNaN
}

private func row<T>(_ m: SharedMatrix<T>, _ index: Int, _ slice: MatrixSlice) -> ArrayView<T> {
  slice == .row ? m.row(index) : m.column(index)
}

private func expectSame(_ a: ArrayView<Double>, _ b: SharedArray<Double>, _ note: Comment) {
  #expect(a.count == b.count, note)
  #expect(zip(Array(a), Array(b)).allSatisfy { isSame($0, $1) }, note)
}
