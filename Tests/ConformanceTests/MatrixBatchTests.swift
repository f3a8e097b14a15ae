import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Matrices with large diagonals, so that a solution is as accurate as its residual is small, in one of several
/// layouts.
private func matrices<Element: LinearAlgebraScalar & BinaryFloatingPoint>(
  _ count: Int, _ rows: Int, _ columns: Int, _ layout: Int, in pool: any WorkExecutor,
  _ random: inout TestRandom, of type: Element.Type = Element.self
) throws -> SharedMatrixBatch<Element> {
  let elements = (0..<count * rows * columns * 2 + 7).map { _ in
    Element(Double.random(in: -1...1, using: &random))
  }
  let storage = try pool.array(elements)
  let batch =
    switch layout {
    case 0: SharedMatrixBatch(storage, count: count, rows: rows, columns: columns)
    case 1: SharedMatrixBatch(storage, count: count, rows: columns, columns: rows).transposed
    // Every element of the first, then every element of the second, and so on.
    case 2:
      SharedMatrixBatch(
        storage, count: count, rows: rows, columns: columns, matrixStride: 1,
        rowStride: max(1, count * columns), columnStride: max(1, count))
    default:
      SharedMatrixBatch(
        storage[3..<storage.count], count: count, rows: rows, columns: columns,
        matrixStride: 2 * rows * columns, rowStride: 2 * max(1, columns), columnStride: 2)
    }
  if rows == columns {
    for index in 0..<count {
      for row in 0..<rows { batch[index][row, row] += Element(rows) }
    }
  }
  return batch
}

/// The largest difference between `a·x` and `b`.
private func difference<Element: LinearAlgebraScalar & BinaryFloatingPoint>(
  _ a: SharedMatrix<Element>, _ x: SharedMatrix<Element>, _ b: SharedMatrix<Element>
) -> Double {
  var worst = 0.0
  for row in 0..<b.rows {
    for column in 0..<b.columns {
      let sum = (0..<a.columns).reduce(-Double(b[row, column])) {
        $0 + Double(a[row, $1]) * Double(x[$1, column])
      }
      worst = sum.isNaN ? .infinity : max(worst, abs(sum))
    }
  }
  return worst
}

@Suite(.timeLimit(.minutes(10))) struct `Batches of matrices` {
  @Test(arguments: TestedExecutor.allCases, [0, 1, 2, 5, 17])
  func `are solved, inverted and multiplied in every layout`(_ kind: TestedExecutor, _ n: Int)
    throws
  {
    let pool = kind.shared
    let seed = testSeed()
    func check<Element: LinearAlgebraScalar & BinaryFloatingPoint>(_ type: Element.Type) throws {
      var random = TestRandom(seed: seed)
      let bound = 100 * Double(n + 1) * Double(Element.ulpOfOne)
      for (layout, count) in [(0, 1), (0, 7), (1, 5), (2, 3), (3, 3), (2, 0)] {
        let a = try matrices(count, n, n, layout, in: pool, &random, of: type)
        let b = try matrices(count, n, 3, 3 - layout, in: pool, &random, of: type)
        let x = try pool.solve(a, b)
        let inverse = try pool.inverse(a)
        let product = try pool.multiply(a, b)
        // Given matrices take the results, and what lies between them stays.
        let given = try matrices(count, n, 3, layout, in: pool, &random, of: type)
        let before = Array(given.storage)
        let taken = try pool.solve(a, b, into: given)
        #expect(x.count == count && x.rows == n && x.columns == 3)
        for index in 0..<count {
          let case_ = "\(type), layout \(layout), matrix \(index), seed \(seed)"
          #expect(difference(a[index], x[index], b[index]) <= bound, "\(case_)")
          #expect(difference(a[index], b[index], product[index]) <= bound, "\(case_)")
          let identity = try pool.identityMatrix(of: type, size: n)
          #expect(difference(a[index], inverse[index], identity) <= bound, "\(case_)")
          for row in 0..<n {
            for column in 0..<3 {
              let (ours, theirs) = (taken[index][row, column], x[index][row, column])
              #expect(ours == theirs, "\(case_)")
            }
          }
        }
        let changed = zip(before, Array(given.storage)).count { $0 != $1 }
        #expect(changed <= count * n * 3)
      }
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `may be the same matrix each time, or rows as right sides`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let one = try matrices(1, 20, 20, 0, in: pool, &random, of: Double.self)[0]
    let sides = try pool.matrix(rows: 40, columns: 20) { _, _ in
      Double.random(in: -1...1, using: &random)
    }
    let a = SharedMatrixBatch(repeating: one, count: 40)
    let b = SharedMatrixBatch(rowsAsColumnsOf: sides)
    let x = try pool.solve(a, b)
    for index in 0..<40 { #expect(difference(one, x[index], b[index]) < 1e-12, "seed \(seed)") }
    // The same systems as one with many right sides.
    let together = try pool.solve(
      SharedMatrixBatch(repeating: one, count: 1),
      SharedMatrixBatch(repeating: sides.transposed, count: 1))
    for index in 0..<40 {
      #expect((0..<20).allSatisfy { x[index][$0, 0] == together[0][$0, index] })
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `that are positive definite are solved by what lies below their diagonals`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    var random = TestRandom(seed: testSeed())
    let a = try matrices(30, 33, 33, 0, in: pool, &random, of: Double.self)
    let b = try matrices(30, 33, 2, 0, in: pool, &random, of: Double.self)
    let lower = try pool.matrixBatch(count: 30, rows: 33, columns: 33) { a[$0][$1, $2] }
    for index in 0..<30 {
      for row in 0..<33 {
        for column in 0..<row {
          a[index][column, row] = a[index][row, column]
          lower[index][column, row] = .nan
        }
      }
    }
    let x = try pool.solve(lower, b, assuming: .positiveDefinite)
    for index in 0..<30 { #expect(difference(a[index], x[index], b[index]) < 1e-11) }
    lower[17][5, 5] = -1000
    lower[23][4, 4] = -1000
    #expect(throws: LinearAlgebraError.notPositiveDefiniteInBatch(index: 17, column: 5)) {
      try pool.solve(lower, b, assuming: .positiveDefinite)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `with singular ones among them name the first, and the others are solved`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    var random = TestRandom(seed: testSeed())
    let a = try matrices(300, 10, 10, 0, in: pool, &random, of: Float.self)
    let b = try matrices(300, 10, 1, 0, in: pool, &random, of: Float.self)
    for (index, column) in [(211, 3), (299, 0)] {
      for row in 0..<10 { a[index][row, column] = 0 }
    }
    let x = try pool.matrixBatch(count: 300, rows: 10, columns: 1) { _, _, _ in Float(0) }
    #expect(throws: LinearAlgebraError.singularInBatch(index: 211, column: 3)) {
      try pool.solve(a, b, into: x)
    }
    #expect(throws: LinearAlgebraError.singularInBatch(index: 211, column: 3)) {
      try pool.inverse(a)
    }
    let filled = try pool.solve(a, b, singular: .fillWithNaN)
    for index in 0..<300 {
      let isSingular = index == 211 || index == 299
      for result in [x[index], filled[index]] {
        let isNaN = (0..<10).allSatisfy { result[$0, 0].isNaN }
        #expect(isNaN == isSingular)
        if !isSingular { #expect(difference(a[index], result, b[index]) < 1e-3) }
      }
    }
    let determinants = try pool.determinant(a)
    #expect((0..<300).filter { determinants[$0] == 0 } == [211, 299])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `have determinants that no product on the way makes infinite`(_ kind: TestedExecutor) throws
  {
    let pool = kind.shared
    let sizes = [1e300, 1e-300, 1e200, 1e-200]
    let a = try pool.matrixBatch(count: 3, rows: 4, columns: 4) { index, row, column in
      row == 3 - column ? sizes[row] * (index == 1 ? -1 : 1) : 0
    }
    a[2][0, 3] = .nan
    let determinants = try pool.determinant(a)
    // Reversing four columns is two exchanges.
    for index in 0..<2 { #expect(abs(determinants[index] - 1) < 1e-14) }
    #expect(determinants[2].isNaN)
    let none = try pool.matrixBatch(count: 2, rows: 0, columns: 0) { _, _, _ in 0.0 }
    #expect(Array(try pool.determinant(none)) == [1, 1])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are refused when shapes do not fit or results would overlap`(_ kind: TestedExecutor) throws
  {
    let pool = kind.shared
    func zeros(_ count: Int, _ rows: Int, _ columns: Int) throws -> SharedMatrixBatch<Double> {
      try pool.matrixBatch(count: count, rows: rows, columns: columns) { _, _, _ in 0 }
    }
    let (a, b) = (try zeros(4, 3, 3), try zeros(4, 3, 2))
    #expect(throws: KernelError.self) { try pool.startSolve(b, a) }
    #expect(throws: KernelError.self) { try pool.startSolve(a, zeros(5, 3, 2)) }
    #expect(throws: KernelError.self) { try pool.startSolve(a, zeros(4, 2, 2)) }
    #expect(throws: KernelError.self) { try pool.startSolve(a, b, into: zeros(4, 3, 3)) }
    #expect(throws: KernelError.self) { try pool.startMultiply(b, a) }
    #expect(throws: KernelError.self) { try pool.startInverse(b) }
    #expect(throws: KernelError.self) { try pool.startDeterminant(b) }
    #expect(
      throws: KernelError.outputOverlapsInput(kernel: "solve", output: 0, input: 1)
    ) { try pool.startSolve(a, b, into: b) }
    let same = SharedMatrixBatch(repeating: try zeros(1, 3, 2)[0], count: 4)
    #expect(throws: KernelError.outputOverlapsItself(kernel: "solve", output: 0)) {
      try pool.startSolve(a, b, into: same)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `travel to tasks as views`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let batch = try pool.matrixBatch(count: 5, rows: 2, columns: 3) { index, row, column in
      Double(100 * index + 10 * row + column)
    }
    let view = batch.transposed[1..<4]
    let told = try pool.submit(
      { (batch: SharedMatrixBatch<Double>) in
        batch[2][0, 1] = -1
        return [
          batch[0][2, 1], Double(batch.count), Double(batch.rows), Double(batch.matrixStride),
        ]
      }, view
    ).checked()
    #expect(told == [112, 3, 3, 6])
    #expect(batch[3][1, 0] == -1)
    #expect("\(batch[0..<1])".hasPrefix("1 matrix, 2 × 3, the first: 2 × 3 matrix\n"))
  }
}
