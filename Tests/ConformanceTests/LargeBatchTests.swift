import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// As many as are large enough to be worked on one after the other.
private let order = 1024

/// Random matrices with large diagonals, column-major with gaps.
private func matrices<Element: TestedScalar>(
  _ count: Int, _ rows: Int, _ columns: Int, on pool: some WorkExecutor, seed: UInt64,
  of _: Element.Type
) throws -> SharedMatrixBatch<Element> {
  var random = TestRandom(seed: seed)
  let distance = rows * columns + 3
  let storage = try pool.array(repeating: 0 as Element, count: count * distance)
  storage.withMutableSpan { span in
    for index in span.indices { span[index] = Element.random(&random) }
  }
  let batch = SharedMatrixBatch(
    storage, count: count, rows: rows, columns: columns, matrixStride: distance, rowStride: 1,
    columnStride: max(1, rows))
  if rows == columns {
    for index in 0..<count {
      for row in 0..<rows {
        batch[index][row, row] = batch[index][row, row] + Element(real: Element.Real(rows))
      }
    }
  }
  return batch
}

/// Equal elements, all of them numbers.
private func same<Element: TestedScalar>(
  _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>
) -> Bool {
  Reference(a) == Reference(b)
}

@Suite(.timeLimit(.minutes(10))) struct `Batches of few large matrices` {
  private let pool = pools[1]

  @Test func `are worked on one after the other, with the bits that each has by itself`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(
      _ type: Element.Type,
      product: (SharedMatrix<Element>, SharedMatrix<Element>) throws -> SharedMatrix<Element>
    ) throws {
      let a = try matrices(2, order, order, on: pool, seed: seed, of: type)
      let b = try matrices(2, order, 3, on: pool, seed: seed &+ 1, of: type)
      let given = try matrices(2, order, 3, on: pool, seed: seed &+ 2, of: type).storage
      let (before, gap) = (Array(given), order * 3)
      // Rows of three, and three elements between the matrices, which stay.
      let x = SharedMatrixBatch(given, count: 2, rows: order, columns: 3, matrixStride: gap + 3)
      let taken = try pool.solve(a, b, into: x, checkingFinite: true, checkingResidual: true)
      let inverses = try pool.inverse(a, checkingResidual: true)
      let determinants = try pool.determinant(a)
      let products = try pool.multiply(a, b)
      let squares = try pool.multiply(a, a.transposed)
      for index in 0..<2 {
        let what = "\(type), matrix \(index)"
        #expect(same(taken[index], try pool.solve(a[index], b[index])), "\(what)")
        #expect(same(inverses[index], try pool.inverse(a[index])), "\(what)")
        #expect(determinants[index] == (try pool.determinant(a[index])), "\(what)")
        #expect(same(squares[index], try product(a[index], a[index].transposed)), "\(what)")
        let place = index * (gap + 3) + gap
        #expect(index == 1 || Array(given)[place..<place + 3] == before[place..<place + 3])
        // A product with few columns has chunks.
        #expect(products[index].columns == 3)
      }
      // Positive definite ones read the lower triangle.
      for index in 0..<2 { a[index][0, order - 1] = Element(real: .nan) }
      let definite = try pool.solve(a, b, assuming: .positiveDefinite)
      for index in 0..<2 {
        let expected = try pool.solve(a[index], b[index], structure: .positiveDefinite)
        #expect(same(definite[index], expected), "\(type), matrix \(index)")
      }
    }
    try check(Double.self) { try pool.multiply($0, $1) }
    try check(Float.self) { try pool.multiply($0, $1) }
    try check(ComplexElement<Double>.self) { try pool.multiply($0, $1) }
    try check(ComplexElement<Float>.self) { try pool.multiply($0, $1) }
  }

  @Test func `are explained, and others are not worked on in this way`() throws {
    func way<Element: LinearAlgebraScalar>(
      _ operation: BatchOperation, _ count: Int, _: Element.Type
    ) -> DensePlan.Way { pool.explain(.batch(operation, count: count), of: Element.self).way }
    func isOneByOne(_ way: DensePlan.Way) -> Bool {
      if case .oneByOne = way { true } else { false }
    }
    let solve = BatchOperation.solve(order: order, rightSides: 1)
    guard case .steps(let steps, _, _) = pool.explain(.solve(order: order), of: Double.self).way
    else { return #expect(Bool(false), "systems of \(order) have no steps") }
    #expect(way(solve, 5, Double.self) == .oneByOne(matrices: 5, steps: steps))
    #expect(isOneByOne(way(.inverse(order: order), 1, Float.self)))
    #expect(isOneByOne(way(.determinant(order: order), 7, Double.self)))
    #expect(isOneByOne(way(.determinant(order: 2 * order), 31, Double.self)))
    #expect(!isOneByOne(way(.determinant(order: 2 * order), 32, Double.self)))
    #expect(
      isOneByOne(way(.product(rows: order, inner: order, columns: order), 2, Double.self)))
    #expect(
      isOneByOne(
        way(.product(rows: order, inner: order, columns: order), 2, ComplexElement<Float>.self)))
    #expect(!isOneByOne(way(solve, 8, Double.self)))
    #expect(!isOneByOne(way(.solve(order: order - 1, rightSides: 1), 2, Double.self)))
    #expect(isOneByOne(way(solve, 2, ComplexElement<Double>.self)))
    #expect(!isOneByOne(way(.product(rows: order, inner: order, columns: 9), 2, Double.self)))
    #expect(
      pool.explain(.batch(solve, count: 2), of: Double.self).description
        == "solve of 2 times 1024 × 1024 for 1024 × 1 Double: one matrix after the other, each in \(steps) steps "
        + "shared by all workers, one thread in each")
  }

  @Test func `name the one that is singular, or mark its result`() throws {
    let seed = testSeed()
    let a = try matrices(3, order, order, on: pool, seed: seed, of: Double.self)
    let b = try matrices(3, order, 1, on: pool, seed: seed &+ 1, of: Double.self)
    let expected = try pool.solve(a[2], b[2])
    for row in 0..<order { a[1][row, 7] = 0 }
    #expect(throws: LinearAlgebraError.singularInBatch(index: 1, column: 7)) {
      try pool.solve(a, b)
    }
    #expect(throws: LinearAlgebraError.singularInBatch(index: 1, column: 7)) {
      try pool.inverse(a)
    }
    let x = try pool.solve(a, b, singular: .fillWithNaN, checkingResidual: true)
    #expect(Reference(x[1]).elements.allSatisfy { $0.isNaN })
    #expect(same(x[2], expected))
    #expect(try pool.determinant(a)[1] == 0)
    a[1][7, 7] = -1
    #expect(throws: LinearAlgebraError.notPositiveDefiniteInBatch(index: 1, column: 7)) {
      try pool.solve(a, b, assuming: .positiveDefinite)
    }
    // What is not finite is named, or spoils its own matrix alone.
    a[1][3, 4] = .infinity
    #expect(
      throws: LinearAlgebraError.notFiniteInBatch(index: 1, operand: .a, row: 3, column: 4)
    ) { try pool.solve(a, b, checkingFinite: true) }
    let spoilt = try pool.solve(a, b)
    #expect(Reference(spoilt[1]).elements.allSatisfy { $0.isNaN })
    #expect(same(spoilt[2], expected))
    #expect(try pool.determinant(a)[1].isNaN)
  }

  @Test func `are spoilt by what is not finite in their own right sides, column by column`() throws
  {
    let seed = testSeed()
    let a = try matrices(2, order, order, on: pool, seed: seed, of: Double.self)
    let b = try matrices(2, order, 3, on: pool, seed: seed &+ 1, of: Double.self)
    let expected = try pool.solve(a, b)
    let (whole, untouched) = (Reference(expected[0]), Reference(expected[1]))
    b[0][order / 2, 1] = .nan
    let found = try pool.solve(a, b)
    #expect(Reference(found[1]) == untouched, "seed \(seed)")
    let spoilt = Reference(found[0])
    for column in 0..<3 {
      let isSame = (0..<order).allSatisfy { spoilt[$0, column] == whole[$0, column] }
      #expect(isSame == (column != 1), "column \(column), seed \(seed)")
    }
    #expect((0..<order).contains { spoilt[$0, 1].isNaN })
  }

  @Test func `that are nearly singular have inverses that pass their check`() throws {
    let made = try DenseMatrix<Double>(
      MadeMatrix(
        MatrixType(description: "bad", structure: .full, spread: .oneSmall, condition: 1e8),
        rows: order, columns: order, isComplex: false, seed: testSeed()), .full, .own)
    let a = SharedMatrixBatch(repeating: try made.shared(on: pool, .columns), count: 1)
    let x = try pool.inverse(a, checkingResidual: true)
    let ratio = try pool.residuals(ofInverses: x, of: a)[0]
    #expect(ratio <= made.ratio(ofInverse: DenseMatrix(x[0])) * 1.01 + 1, "\(ratio)")
    x[0][3, 4] += 1e8
    #expect(try pool.residuals(ofInverses: x, of: a)[0] > 30)
  }

  @Test func `are stopped at their deadline`() throws {
    let pool = try ProcessPool(workers: 2)
    defer { pool.shutdown() }
    let a = SharedMatrixBatch(
      repeating: try matrices(1, 2048, 2048, on: pool, seed: 5, of: Double.self)[0], count: 30)
    let error = #expect(throws: PoolError.self) {
      try pool.inverse(a, deadline: .milliseconds(50))
    }
    guard case .deadlineExceeded(.milliseconds(50), _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    // The pool goes on, and enough time is enough.
    #expect(try pool.sum(pool.array([1.0, 2])) == 3)
    #expect(try pool.determinant(a[0..<1], deadline: .seconds(600)).count == 1)
  }

  @Test func `have the same bits after workers are killed at random moments`() throws {
    let seed = testSeed()
    try expectSameWhileWorkersAreKilled(seed: seed, by: { $0 == $1 }) { pool in
      let a = try matrices(1, order, order, on: pool, seed: seed, of: Float.self)
      let b = try matrices(1, order, 2, on: pool, seed: seed &+ 1, of: Float.self)
      return Reference(try pool.solve(a, b)[0]).elements
    }
  }
}
