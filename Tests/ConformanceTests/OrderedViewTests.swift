import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Around a block, a run and a chunk, and primes; in a matrix as many rows.
private let counts = sizes(
  [0, 1, 2, 63, 64, 65, 1009, 32_769, 65_537], inRelease: [140_009])

/// The bits of a result; NaN have their own as well.
private func bits(_ x: SharedArray<Double>) -> [UInt64] { Array(x).map(\.bitPattern) }

/// Whether both are equal, without a list of what differs, which takes minutes for large ones.
private func agree<Element: Equatable>(_ ours: [Element], _ theirs: [Element]) -> Bool {
  ours == theirs
}

@Suite(.timeLimit(.minutes(10))) struct `Views and expressions in work of several passes` {
  /// An operand, and an array of the same elements.
  private struct Pair<Element: SortableElement> {
    let name: Comment
    let operand: ArrayExpression<Element>
    let array: SharedArray<Element>
  }

  /// Elements of which many are equal, as every view and an expression.
  private func pairs<Element: SortableElement>(
    _ pool: any WorkExecutor, _ count: Int, seed: UInt64, of type: Element.Type
  ) throws -> [Pair<Element>] {
    var random = TestRandom(seed: seed)
    let x = try pool.array(count: 3 * count + 7) { _ in Element(nearest: Int64(random.next() % 251))
    }
    let m = x[1..<1 + 3 * count].reshaped(rows: count, columns: 3)
    func pair(_ name: Comment, _ operand: some ArrayOperand<Element>, _ place: (Int) -> Int) throws
      -> Pair<Element>
    {
      Pair(
        name: "\(name) of \(type), seed \(seed)", operand: operand.expression,
        array: try pool.array(count: count) { x[place($0)] })
    }
    return [
      try pair("a slice", x[5..<5 + count]) { 5 + $0 },
      try pair("every second", x.strided(by: 2)[0..<count]) { 2 * $0 },
      try pair("a column", m.column(2)) { 3 * $0 + 3 },
      try pair("a transposed block", m.transposed[1..<2, 0..<count]) { 3 * $0 + 2 },
    ]
  }

  private func check<Element: SortableElement>(
    _ pool: any WorkExecutor, _ count: Int, seed: UInt64, of type: Element.Type
  ) throws {
    for pair in try pairs(pool, count, seed: seed, of: type) {
      let (x, y) = (pair.operand, pair.array)
      func keys(_ x: SharedArray<Element>) -> [UInt64] { Array(x).map(\.sortKey) }
      for order in [SortDirection.ascending, .descending] {
        #expect(try keys(pool.sorted(x, order)) == keys(pool.sorted(y, order)), pair.name)
        #expect(
          try Array(pool.sortedIndices(x, order)) == Array(pool.sortedIndices(y, order)), pair.name)
        for kept in [0, 3, 5_000] {
          let (ours, theirs) = (
            try pool.top(kept, of: x, order), try pool.top(kept, of: y, order)
          )
          #expect(ours.map(\.index) == theirs.map(\.index), pair.name)
          #expect(ours.map(\.value.sortKey) == theirs.map(\.value.sortKey), pair.name)
        }
      }
      #expect(
        try pool.histogram(x, bins: 17, in: 3...200) == pool.histogram(y, bins: 17, in: 3...200),
        pair.name)
    }
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `are sorted, ranked and counted as arrays are`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    try check(pool, count, seed: seed, of: Double.self)
    guard count < 70_000 else { return }
    try check(pool, count, seed: seed, of: Float.self)
    try check(pool, count, seed: seed, of: Int.self)
    try check(pool, count, seed: seed, of: Int64.self)
    try check(pool, count, seed: seed, of: Int32.self)
    try check(pool, count, seed: seed, of: UInt8.self)
  }

  @Test(arguments: TestedExecutor.allCases, counts)
  func `have the quantiles, totals and exact sums of arrays`(_ kind: TestedExecutor, _ count: Int)
    throws
  {
    let pool = kind.shared
    let seed = testSeed()
    func check<Element: SortableElement & KernelElement>(_ type: Element.Type) throws {
      for pair in try pairs(pool, count, seed: seed, of: type) {
        let (x, y) = (pair.operand, pair.array)
        #expect(
          try Array(pool.cumulativeSum(x)) == Array(pool.cumulativeSum(y)), pair.name)
        let (p, q) = (try pool.evaluate(x * 0.01), try pool.evaluate(y * 0.01))
        #expect(
          try Array(pool.cumulativeProduct(x * 0.01)) == Array(pool.cumulativeProduct(q)), pair.name
        )
        #expect(Array(p) == Array(q))
        #expect(try pool.exactSum(x) == pool.exactSum(y), pair.name)
        if count == 0 {
          #expect(throws: KernelError.emptyInput(kernel: "quantiles")) { try pool.median(x) }
        } else {
          let shares = [0, 0.1, 0.5, 0.77, 1]
          #expect(try pool.quantiles(x, shares) == pool.quantiles(y, shares), pair.name)
          #expect(try pool.median(x) == pool.median(y), pair.name)
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `may be computed, converted, and matrices in row-major order`(_ kind: TestedExecutor) throws
  {
    let pool = kind.shared
    let x = try pool.array([3, -1, 2, -7, 5, 0])
    #expect(try Array(pool.sorted(abs(x))) == [0, 1, 2, 3, 5, 7])
    #expect(try Array(pool.sortedIndices(0 &- x)) == [4, 0, 2, 5, 1, 3])
    let halves = x.converted(to: Double.self) / 2
    #expect(try Array(pool.cumulativeSum(halves)) == [1.5, 1, 2, -1.5, 1, 1])
    #expect(try pool.median(halves) == 0.5)
    let m = x.reshaped(rows: 2, columns: 3)
    #expect(try Array(pool.sortedIndices(m)) == [3, 1, 5, 2, 0, 4])
    // 3 -7, -1 5, 2 0
    #expect(try Array(pool.sortedIndices(m.transposed)) == [1, 2, 5, 4, 0, 3])
    #expect(try pool.top(1, of: m.transposed).map(\.index) == [3])
    #expect(throws: KernelError.countMismatch(kernel: "sorted", counts: [6, 2])) {
      try pool.sorted(x &+ x[0..<2])
    }
    #expect(throws: KernelError.countMismatch(kernel: "cumulativeSum", counts: [6, 2])) {
      try pool.cumulativeSum(halves + x[0..<2].converted(to: Double.self))
    }
  }

  @Test(arguments: TestedExecutor.allCases, [0, 1, 2, 65, 30_011, 140_009])
  func `are sorted into views, also into themselves`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let before = (0..<3 * count).map { _ in Double(bitPattern: random.next()) }
    func check(
      _ comment: Comment, _ order: SortDirection, from: (Int) -> Int, to: (Int) -> Int,
      _ sort: (SharedMatrix<Double>) throws -> Void
    ) throws {
      let m = try pool.array(before).reshaped(rows: count, columns: 3)
      try sort(m)
      var expected = before.map(\.bitPattern)
      let sorted = (0..<count).map { before[from($0)] }
        .sorted {
          order == .ascending
            ? $0.sortKey < $1.sortKey : $0.descendingSortKey < $1.descendingSortKey
        }
      // All NaN have the same key, and become the same.
      for (index, element) in sorted.enumerated() {
        expected[to(index)] = Double(sortKey: element.sortKey).bitPattern
      }
      #expect(agree(bits(m.storage), expected), "\(comment), seed \(seed)")
    }
    try check("a column in place", .ascending) {
      3 * $0 + 1
    } to: {
      3 * $0 + 1
    } _: {
      let view = try pool.sorted($0.column(1), into: $0.column(1))
      #expect(view.count == count)
    }
    try check("a column into another", .descending) {
      3 * $0
    } to: {
      3 * $0 + 2
    } _: {
      try pool.sorted($0.column(0), .descending, into: $0.column(2))
    }
    try check("a row in place", .ascending) {
      $0
    } to: {
      $0
    } _: { m in
      let row = m.storage[0..<count].reshaped(rows: 1, columns: count).transposed
      try pool.sorted(row, into: row)
    }
    try check("a column into a part of an array", .ascending) {
      3 * $0
    } to: {
      $0 + count
    } _: { m in
      _ = try pool.sorted(m.column(0), into: m.storage[count..<2 * count])
    }
    let m = try pool.array(before).reshaped(rows: count, columns: 3)
    #expect(throws: KernelError.self) {
      try pool.sorted(m.column(0), into: try pool.array(repeating: 0.0, count: 9).strided(by: 3))
    }
    if count > 1 {
      #expect(throws: KernelError.self) { try pool.sorted(m, into: m.transposed) }
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 are sorted in place where workers are killed`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool()
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let elements = (0..<400_000).map { _ in Int(random.next() % 1_000_000) }
    var expected = elements
    for (index, element) in stride(from: 0, to: 400_000, by: 2).map({ elements[$0] }).sorted()
      .enumerated()
    {
      expected[2 * index] = element
    }
    let killer = Killer(of: pool, every: 20_000...60_000, seed: seed)
    for _ in 0..<5 {
      let x = try pool.array(elements).strided(by: 2)
      // A chunk that was hit more often than it is run again says so; then the view is as torn as it says.
      do {
        try pool.sorted(x, into: x)
        #expect(Array(x.storage) == expected.dropLast(), "seed \(seed)")
      } catch is WorkerDied {}
    }
    killer.stop()
    pool.shutdown()
  }
}
