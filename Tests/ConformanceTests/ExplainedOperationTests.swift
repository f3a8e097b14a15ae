import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Makes what every operation of linear algebra that `explain` knows works on, and then does it.
private struct Performer {
  let pool: ProcessPool

  /// Positive definite, symmetric, and well conditioned.
  private func matrix<Element: TestedScalar>(
    _ rows: Int, _ columns: Int, of _: Element.Type
  ) throws -> SharedMatrix<Element> {
    try Reference<Element>(rows: rows, columns: columns) {
      $0 == $1 ? Element(real: 100) : abs($0 - $1) == 1 ? 1 : 0
    }.shared(on: pool, .columns)
  }

  private func vector<Element: TestedScalar>(
    _ count: Int, of _: Element.Type
  ) throws -> SharedArray<Element> {
    try pool.array(repeating: 1 as Element, count: count)
  }

  private func batch<Element: TestedScalar>(
    _ count: Int, _ rows: Int, _ columns: Int, of _: Element.Type
  ) throws -> SharedMatrixBatch<Element> {
    SharedMatrixBatch(repeating: try matrix(rows, columns, of: Element.self), count: count)
  }

  /// A product has one function for real and one for complex elements.
  func product(_ rows: Int, _ inner: Int, _ columns: Int) throws -> () throws -> Void {
    let (a, b) = (
      try matrix(rows, inner, of: Double.self), try matrix(inner, columns, of: Double.self)
    )
    return { _ = try pool.multiply(a, b) }
  }
  func complexProduct(_ rows: Int, _ inner: Int, _ columns: Int) throws -> () throws -> Void {
    let a = try matrix(rows, inner, of: ComplexElement<Double>.self)
    let b = try matrix(inner, columns, of: ComplexElement<Double>.self)
    return { _ = try pool.multiply(a, b) }
  }

  /// - Returns: what does it.
  func prepared<Element: TestedScalar & EigenScalar>(
    _ operation: DenseOperation, of type: Element.Type
  ) throws -> () throws -> Void {
    let pool = pool
    func square(_ n: Int) throws -> SharedMatrix<Element> { try matrix(n, n, of: type) }
    switch operation {
    case .product(let rows, let inner, let columns):
      return try Element.isComplex
        ? complexProduct(rows, inner, columns) : product(rows, inner, columns)
    case .structuredProduct(let structure, let order, let columns):
      let (a, b) = (try square(order), try matrix(order, columns, of: type))
      return { _ = try pool.multiply(a, b, structure: structure) }
    case .matrixVector(let rows, let columns):
      let (a, x) = (try matrix(columns, rows, of: type), try vector(columns, of: type))
      return { _ = try pool.multiply(a, x, form: .transposed) }
    case .outer(let rows, let columns):
      let (x, y) = (try vector(rows, of: type), try vector(columns, of: type))
      return { _ = try pool.outer(x, y) }
    case .lu(let rows, let columns):
      let a = try matrix(rows, columns, of: type)
      return { _ = try pool.lu(a) }
    case .cholesky(let order):
      let a = try square(order)
      return { _ = try pool.cholesky(a) }
    case .qr(let rows, let columns):
      // What searches for numbers that are not finite has chunks of its own.
      let a = try matrix(rows, columns, of: type)
      return { _ = try pool.qr(a, checkingFinite: false) }
    case .pivotedQR(let rows, let columns):
      let a = try matrix(rows, columns, of: type)
      return { _ = try pool.qr(a, pivoting: .columns, checkingFinite: false) }
    case .solve(let order, let structure):
      let (a, b) = (try square(order), try vector(order, of: type))
      return { _ = try pool.solve(a, b, structure: structure) }
    case .byFactors(_, let rows, let columns):
      let (lu, b) = (try pool.lu(matrix(rows, columns, of: type)), try vector(rows, of: type))
      return { _ = try lu.solve(b) }
    case .svd(let rows, let columns):
      let a = try matrix(rows, columns, of: type)
      return { _ = try pool.svd(a) }
    case .symmetricEigen(let order):
      let a = try square(order)
      return { _ = try pool.symmetricEigen(a) }
    case .eigen(let order):
      let a = try square(order)
      return { _ = try pool.eigen(a) }
    case .schur(let order):
      let a = try square(order)
      return { _ = try pool.schur(a) }
    case .leastSquares(let rows, let columns):
      let (a, b) = (try matrix(rows, columns, of: type), try vector(rows, of: type))
      return { _ = try pool.leastSquares(a, b) }
    case .principalComponents(let observations, let variables):
      let a = try matrix(observations, variables, of: type)
      return { _ = try pool.principalComponents(a) }
    case .matrixExponential(let order):
      let a = try square(order)
      return { _ = try pool.matrixExponential(a) }
    case .matrixNorm(let rows, let columns):
      let a = try matrix(rows, columns, of: type)
      return { _ = try pool.matrixNorm(a, MatrixNorm.one) }
    case .batch(let operation, let count): return try prepared(operation, count, of: type)
    case .other: return { _ = try pool.determinant(square(3)) }
    }
  }

  private func prepared<Element: TestedScalar & EigenScalar>(
    _ operation: BatchOperation, _ count: Int, of type: Element.Type
  ) throws -> () throws -> Void {
    let pool = pool
    switch operation {
    case .solve(let order, let rightSides):
      let a = try batch(count, order, order, of: type)
      let b = try batch(count, order, rightSides, of: type)
      return { _ = try pool.solve(a, b) }
    case .inverse(let order):
      let a = try batch(count, order, order, of: type)
      return { _ = try pool.inverse(a) }
    case .determinant(let order):
      let a = try batch(count, order, order, of: type)
      return { _ = try pool.determinant(a) }
    case .product(let rows, let inner, let columns):
      let a = try batch(count, rows, inner, of: type)
      let b = try batch(count, inner, columns, of: type)
      return { _ = try pool.multiply(a, b) }
    case .lu(let rows, let columns):
      let a = try batch(count, rows, columns, of: type)
      if rows == columns { return { _ = try pool.conditionNumber(a, norm: .one) } }
      return { _ = try pool.lu(a) }
    case .cholesky(let order):
      let a = try batch(count, order, order, of: type)
      return { _ = try pool.cholesky(a) }
    case .qr(let rows, let columns):
      let a = try batch(count, rows, columns, of: type)
      return { _ = try pool.qr(a) }
    case .leastSquares(let rows, let columns, let rightSides):
      let a = try batch(count, rows, columns, of: type)
      let b = try batch(count, rows, rightSides, of: type)
      return { _ = try pool.leastSquares(a, b) }
    case .svd(let rows, let columns):
      let a = try batch(count, rows, columns, of: type)
      return { _ = try pool.svd(a) }
    case .pseudoInverse(let rows, let columns):
      let a = try batch(count, rows, columns, of: type)
      return { _ = try pool.pseudoInverse(a) }
    case .matrixNorm(let rows, let columns):
      let a = try batch(count, rows, columns, of: type)
      return { _ = try pool.matrixNorm(a, MatrixNorm.one) }
    case .symmetricEigen(let order):
      let a = try batch(count, order, order, of: type)
      return { _ = try pool.symmetricEigen(a) }
    case .eigen(let order):
      let a = try batch(count, order, order, of: type)
      return { _ = try pool.eigen(a) }
    }
  }
}

/// What a plan is to say besides its number of chunks.
private enum Division { case one, several }

@Suite(.timeLimit(.minutes(5))) struct `Every operation of linear algebra` {
  private static let small = 40
  private static let operations: [(DenseOperation, Division)] = [
    (.product(rows: 100, inner: 7, columns: 100), .one),
    (.product(rows: 300, inner: 7, columns: 200), .several),
    (.structuredProduct(.symmetric(.lower), order: 50, columns: 64), .one),
    (.structuredProduct(.symmetric(.upper), order: 50, columns: 65), .several),
    (.structuredProduct(.hermitian(.lower), order: 90, columns: 300), .several),
    (.structuredProduct(.triangular(.upper), order: 90, columns: 2000), .several),
    (.structuredProduct(.unitTriangular(.lower), order: 1, columns: 129), .several),
    (.matrixVector(rows: 300, columns: 200), .one),
    (.matrixVector(rows: 700, columns: 300), .several),
    (.matrixVector(rows: 5000, columns: 16), .several),
    (.outer(rows: 128, columns: 128), .one),
    (.outer(rows: 300, columns: 129), .several),
    (.outer(rows: 1, columns: 5000), .several),
    (.lu(rows: small, columns: 30), .one),
    (.cholesky(order: small), .one),
    (.qr(rows: small, columns: 30), .one),
    (.pivotedQR(rows: 300, columns: 300), .one),
    (.solve(order: small), .one),
    (.solve(order: 300, structure: .upperTriangular), .one),
    (.byFactors(name: "solve", rows: small, columns: small), .one),
    (.svd(rows: small, columns: 30), .one),
    (.symmetricEigen(order: small), .one),
    (.eigen(order: small), .one),
    (.schur(order: small), .one),
    (.leastSquares(rows: small, columns: 30), .one),
    (.principalComponents(observations: small, variables: 30), .one),
    (.matrixExponential(order: small), .one),
    (.matrixNorm(rows: small, columns: 30), .one),
    (.batch(.solve(order: 50, rightSides: 2), count: 300), .several),
    (.batch(.solve(order: 5, rightSides: 1), count: 2), .one),
    (.batch(.inverse(order: 50), count: 100), .several),
    (.batch(.determinant(order: 50), count: 100), .several),
    (.batch(.product(rows: 60, inner: 50, columns: 40), count: 100), .several),
    (.batch(.lu(rows: 25, columns: 20), count: 100), .several),
    (.batch(.lu(rows: 20, columns: 20), count: 100), .several),
    (.batch(.cholesky(order: 20), count: 100), .several),
    (.batch(.cholesky(order: 2), count: 3), .one),
    (.batch(.qr(rows: 25, columns: 20), count: 60), .several),
    (.batch(.leastSquares(rows: 25, columns: 20, rightSides: 2), count: 60), .several),
    (.batch(.svd(rows: 25, columns: 20), count: 60), .several),
    (.batch(.pseudoInverse(rows: 25, columns: 20), count: 60), .several),
    (.batch(.matrixNorm(rows: 60, columns: 50), count: 1000), .several),
    (.batch(.symmetricEigen(order: 20), count: 60), .several),
    (.batch(.eigen(order: 20), count: 60), .several),
  ]

  @Test func `runs in as many chunks as are explained, of real and of complex numbers`() throws {
    let pool = try ProcessPool(workers: 2)
    defer { pool.shutdown() }
    func check<Element: TestedScalar & EigenScalar>(
      _ operation: DenseOperation, _ division: Division, of type: Element.Type
    ) throws {
      let plan = pool.explain(operation, of: type)
      let work = try Performer(pool: pool).prepared(operation, of: type)
      #expect((plan.chunkCount > 1) == (division == .several), "\(plan)")
      #expect(try chunkCount(on: pool, work) == plan.chunkCount, "\(plan)")
    }
    for (operation, division) in Self.operations {
      try check(operation, division, of: Double.self)
      try check(operation, division, of: ComplexElement<Double>.self)
    }
    // Factorizations in steps.
    try check(.qr(rows: 300, columns: 300), .several, of: Double.self)
    try check(.qr(rows: 4096, columns: 256), .several, of: Double.self)
    try check(.qr(rows: 300, columns: 300), .several, of: ComplexElement<Double>.self)
    try check(.qr(rows: 4096, columns: 256), .several, of: ComplexElement<Float>.self)
  }

  @Test func `is explained in a sentence`() {
    let pool = pools[0]
    func sentence(_ operation: DenseOperation) -> String {
      pool.explain(operation, of: ComplexElement<Float>.self).description
    }
    #expect(
      sentence(.structuredProduct(.triangular(.upper), order: 500, columns: 200))
        == "product of upper triangular 500 × 500 by 500 × 200 ComplexElement<Float>: 4 steps on up to "
        + "500 × 64 elements each, shared by all workers, one thread in each")
    #expect(
      sentence(.matrixVector(rows: 1000, columns: 1000))
        == "product of 1000 × 1000 by a vector of 1000 ComplexElement<Float>: 16 steps on up to 65 × 1000 "
        + "elements each, shared by all workers, one thread in each")
    #expect(
      sentence(.outer(rows: 30, columns: 20))
        == "outer product of 30 by 20 ComplexElement<Float>: one call in one worker, with one thread; it is too "
        + "small to divide")
    #expect(
      sentence(.batch(.solve(order: 50, rightSides: 1), count: 1000))
        == "solve of 1000 times 50 × 50 for 50 × 1 ComplexElement<Float>: 1000 chunks of one matrix each, "
        + "shared by all workers, one thread in each; each matrix is worked on by one worker")
    #expect(
      sentence(.byFactors(name: "solve", rows: 900, columns: 2))
        == "solve by factors, a result of 900 × 2 ComplexElement<Float>: one call in one worker, with one thread; "
        + "only the factorization before it is divided")
    for (operation, _) in Self.operations {
      let threads = pool.explain(operation, of: Double.self).blasThreadCount
      #expect(threads == 1, "\(operation)")
    }
    let wide: [DenseOperation] = [
      .pivotedQR(rows: 500, columns: 400), .matrixExponential(order: 400),
      .byFactors(name: "inverse", rows: 400, columns: 400),
      .principalComponents(observations: 1000, variables: 400),
    ]
    for operation in wide {
      let threads = BLASInfo.hasThreads ? "2 threads" : "one thread"
      #expect(sentence(operation).contains("one call in one worker, with \(threads); "))
    }
  }
}
