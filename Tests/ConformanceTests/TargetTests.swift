import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Around a vector, a block, a chunk, and primes.
private let counts = sizes([0, 1, 2, 63, 64, 65, 32_769], inRelease: [32_767, 65_537])

/// Elements of the types that expressions have.
private func numbers<T: VectorProgramScalar>(
  _ count: Int, _ random: inout TestRandom, of: T.Type = T.self
) -> [T] {
  (0..<count).map { _ in T(nearest: Int64(random.next() % 251)) }
}

/// Whether both are equal, without a list of what differs, which takes minutes for large ones.
private func agree<Element: Equatable>(_ ours: [Element], _ theirs: [Element]) -> Bool {
  ours == theirs
}

@Suite(.timeLimit(.minutes(10))) struct `Results written into a view` {
  @Test(arguments: TestedExecutor.allCases, counts)
  func `are those of an array, and nothing between them is touched`(
    _ kind: TestedExecutor, _ count: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: VectorProgramScalar & Comparable & Numeric>(_ type: T.Type, stride: Int) throws {
      var random = TestRandom(seed: seed)
      let (seven, hundred): (T, T) = (7, 100)
      let elements = numbers(count, &random, of: type)
      let x = try pool.array(elements)
      let before = numbers(count * stride + 5, &random, of: type)
      let storage = try pool.array(before)
      let view = ArrayView(storage[2..<storage.count], count: count, stride: stride)
      let returned = try pool.evaluate(max(x, seven), into: view)
      #expect(returned.count == count && returned.storage.block === storage.block)
      var expected = before
      for (index, element) in elements.enumerated() {
        expected[2 + index * stride] = Swift.max(element, seven)
      }
      #expect(agree(Array(storage), expected), "\(type), seed \(seed)")
      // The view is read as well.
      try pool.evaluate(select(x .> hundred, view, seven), into: view)
      for (index, element) in elements.enumerated() where element <= hundred {
        expected[2 + index * stride] = seven
      }
      #expect(agree(Array(storage), expected), "\(type) in place, seed \(seed)")
      // Truths.
      let truths = try pool.array(repeating: false, count: count * stride)
      try pool.evaluate(x .> hundred, into: ArrayView(truths, count: count, stride: stride))
      var flags = [Bool](repeating: false, count: count * stride)
      for (index, element) in elements.enumerated() { flags[index * stride] = element > hundred }
      #expect(agree(Array(truths), flags))
    }
    for stride in count < 1000 ? [1, 2, 3] : [3] {
      try check(Double.self, stride: stride)
      try check(Float.self, stride: stride)
      try check(Int.self, stride: stride)
      try check(Int64.self, stride: stride)
      try check(Int32.self, stride: stride)
      try check(UInt8.self, stride: stride)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `may go to rows, columns, diagonals, blocks, transposes and other shapes`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    // As many elements as make several chunks.
    let (rows, columns) = (257, 263)
    let original = (0..<rows * columns).map { Double($0) }
    func check(
      _ comment: Comment, _ evaluate: (SharedMatrix<Double>) throws -> Void,
      _ reference: ((Int, Int) -> Double, inout [[Double]]) -> Void
    ) throws {
      let m = try pool.array(original).reshaped(rows: rows, columns: columns)
      try evaluate(m)
      var expected = (0..<rows).map { i in (0..<columns).map { original[i * columns + $0] } }
      reference({ original[$0 * columns + $1] }, &expected)
      #expect(Array(m.storage) == expected.flatMap { $0 }, comment)
    }
    try check("row") {
      try pool.evaluate($0.row(3) + $0.row(5), into: $0.row(4))
    } _: { m, y in
      for j in 0..<columns { y[4][j] = m(3, j) + m(5, j) }
    }
    try check("column") {
      try pool.evaluate($0.column(2) * $0.column(1), into: $0.column(1))
    } _: { m, y in
      for i in 0..<rows { y[i][1] = m(i, 2) * m(i, 1) }
    }
    try check("diagonal") {
      try pool.evaluate(-$0.diagonal(offset: 2), into: $0.diagonal(offset: 1)[0..<257])
    } _: { m, y in
      for i in 0..<257 { y[i][i + 1] = -m(i, i + 2) }
    }
    try check("a part of a column") {
      try pool.evaluate($0.column(9)[0..<100] - 1, into: $0.column(9)[50..<150])
    } _: { m, y in
      for i in 0..<100 { y[50 + i][9] = m(i, 9) - 1 }
    }
    try check("a block beside another") {
      try pool.evaluate($0[0..<200, 0..<130] * 2, into: $0[57..<257, 133..<263])
    } _: { m, y in
      for i in 0..<200 { for j in 0..<130 { y[57 + i][133 + j] = m(i, j) * 2 } }
    }
    try check("a block over another") {
      try pool.evaluateMatrix($0[0..<256, 0..<262] * 2, into: $0[1..<257, 1..<263])
    } _: { m, y in
      for i in 0..<256 { for j in 0..<262 { y[1 + i][1 + j] = m(i, j) * 2 } }
    }
    try check("the transpose of a part of itself") {
      let square = $0[0..<257, 0..<257]
      try pool.evaluate(square + 0.5, into: square.transposed)
    } _: { m, y in
      for i in 0..<257 { for j in 0..<257 { y[j][i] = m(i, j) + 0.5 } }
    }
    try check("a sum with the transpose") {
      let square = $0[0..<257, 0..<257]
      try pool.evaluate(square + square.transposed, into: square)
    } _: { m, y in
      for i in 0..<257 { for j in 0..<257 { y[i][j] = m(i, j) + m(j, i) } }
    }
    try check("all elements as another shape") {
      try pool.evaluate(
        $0.storage.reshaped(rows: columns, columns: rows) - 1,
        into: $0.transposed)
    } _: { m, y in
      for i in 0..<rows { for j in 0..<columns { y[i][j] = original[j * rows + i] - 1 } }
    }
    try check("what is repeated") {
      try pool.evaluate($0 - $0.row(0), into: $0)
    } _: { m, y in
      for i in 0..<rows { for j in 0..<columns { y[i][j] = m(i, j) - m(0, j) } }
    }
    try check("truths") { m in
      let flags = try pool.array(repeating: false, count: rows * columns)
        .reshaped(rows: columns, columns: rows)
      try pool.evaluate(m .> m.row(100), into: flags.transposed)
      let isRight = (0..<rows).allSatisfy { i in
        (0..<columns).allSatisfy { flags[$0, i] == (i > 100) }
      }
      #expect(isRight)
    } _: { _, _ in
    }
  }

  @Test(arguments: [TestedExecutor.inProcess, .spawn])
  func `are right for any two views of one array`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    for round in 0..<6 {
      // Several chunks: within one, everything is read before anything is written.
      let (rows, columns) = (Int(random.next() % 100) + 200, Int(random.next() % 100) + 200)
      let original = numbers(4 * (rows + 3) * (columns + 3) + 20, &random, of: Int32.self)
      let storage = try pool.array(original)
      func layout() -> (start: Int, rowStride: Int, columnStride: Int) {
        let start = Int(random.next() % 12)
        let step = Int(random.next() % 2) + 1
        if random.next() % 3 == 0 {
          return (start, step, step * (rows - 1) + 1 + Int(random.next() % 3))
        }
        return (start, step * (columns - 1) + 1 + Int(random.next() % 3), step)
      }
      func view(_ l: (start: Int, rowStride: Int, columnStride: Int)) -> SharedMatrix<Int32> {
        SharedMatrix(
          storage[l.start..<storage.count], rows: rows, columns: columns, rowStride: l.rowStride,
          columnStride: l.columnStride)
      }
      let (a, b, c) = (layout(), layout(), layout())
      try pool.evaluate(view(a) &* 3 &+ view(b), into: view(c))
      var expected = original
      for i in 0..<rows {
        for j in 0..<columns {
          expected[c.start + i * c.rowStride + j * c.columnStride] =
            original[a.start + i * a.rowStride + j * a.columnStride] &* 3
            &+ original[b.start + i * b.rowStride + j * b.columnStride]
        }
      }
      #expect(agree(Array(storage), expected), "round \(round), seed \(seed): \(a) \(b) \(c)")
      // Vectors at distances that have a divisor in common, or none.
      let count = 40_000
      let (p, q) = (Int(random.next() % 3) + 1, Int(random.next() % 3) + 1)
      let (i, j) = (Int(random.next() % 7), Int(random.next() % 7))
      let values = numbers(3 * count + 7, &random, of: UInt8.self)
      let bytes = try pool.array(values)
      try pool.evaluate(
        ArrayView(bytes[i..<bytes.count], count: count, stride: p) &+ 1,
        into: ArrayView(bytes[j..<bytes.count], count: count, stride: q))
      var after = values
      for index in 0..<count { after[j + index * q] = values[i + index * p] &+ 1 }
      #expect(agree(Array(bytes), after), "round \(round), seed \(seed): \(i) \(p) \(j) \(q)")
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are refused by views that do not fit, with what to do`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array(count: 12) { Double($0) }
    let y = try pool.array(repeating: 0.0, count: 100)
    #expect(throws: KernelError.countMismatch(kernel: "evaluate", counts: [12, 50])) {
      try pool.evaluate(x * 2, into: y.strided(by: 2))
    }
    let m = x.reshaped(rows: 3, columns: 4)
    let error = #expect(throws: KernelError.self) { try pool.evaluate(m * 2, into: m.transposed) }
    #expect(error == .shapeMismatch(kernel: "evaluate", shapes: ["3 × 4", "4 × 3"]))
    #expect(throws: KernelError.shapeMismatch(kernel: "evaluate", shapes: ["1 × 12", "3 × 4"])) {
      try pool.evaluate(x * 2, into: m)
    }
    let window = SharedMatrix(y, rows: 3, columns: 4, rowStride: 1)
    let overlap = #expect(throws: KernelError.self) { try pool.evaluate(m * 2, into: window) }
    #expect(overlap == .outputOverlapsItself(kernel: "evaluate", output: 0))
    #expect("\(overlap, default: "")".contains("dense array"))
    #expect(throws: KernelError.self) { try pool.evaluateMatrix(m * 2, into: window) }
    // Such a matrix can be read.
    #expect(try Array(pool.evaluate(window + 1)) == Array(repeating: 1, count: 12))
    let other = try InProcessExecutor(threads: 1)
    let foreign = try other.array(repeating: 0.0, count: 24).strided(by: 2)
    #expect(throws: ArenaError.self) { try pool.evaluate(x * 2, into: foreign) }
    #expect(Array(y).allSatisfy { $0 == 0 } && Array(x) == (0..<12).map { Double($0) })
    other.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `have the same bits for any number of workers`(_ kind: TestedExecutor) throws {
    let seed = testSeed()
    var bits: [[UInt64]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let values: [Double] = mixedMagnitudes(count: 200_006, seed: seed)
      let x = try pool.array(values)
      try pool.evaluate(sin(x.strided(by: 2)) * x[3..<100_006], into: x.strided(by: 2))
      bits.append(Array(x).map(\.bitPattern))
      pool.shutdown()
    }
    #expect(bits.dropFirst().allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 are right where workers are killed, in place as well`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool()
    let seed = testSeed()
    let (rows, columns) = (20_000, 30)
    let killer = Killer(of: pool, every: 5_000...20_000, seed: seed)
    for round in 0..<16 {
      let m = try pool.array(count: rows * columns) { $0 }.reshaped(rows: rows, columns: columns)
      // A chunk that was hit more often than it is run again says so.
      do {
        if round % 2 == 0 {
          let part = m[0..<rows, 0..<columns - 1]
          try pool.evaluate(part &* 3 &+ 1, into: part)
          #expect(
            Array(m.storage).enumerated().allSatisfy { i, element in
              element == (i % columns < columns - 1 ? i * 3 + 1 : i)
            }, "seed \(seed)")
        } else {
          try pool.evaluate(m[0..<rows, 0..<15] &* 3, into: m[0..<rows, 15..<30])
          #expect(
            Array(m.storage).enumerated().allSatisfy { i, element in
              element == (i % columns < 15 ? i : (i - 15) * 3)
            }, "seed \(seed)")
        }
      } catch is WorkerDied {}
    }
    killer.stop()
    pool.shutdown()
  }
}
