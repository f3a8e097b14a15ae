import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// How many chunks the workers of a pool run meanwhile.
func chunkCount<Value>(on pool: ProcessPool, _ body: () throws -> Value) throws -> Int {
  let before = pool.statistics.chunksRun.reduce(0, +)
  _ = try body()
  return Int(pool.statistics.chunksRun.reduce(0, +) - before)
}

extension DensePlan {
  /// How many chunks a job has that is divided in this way.
  var chunkCount: Int {
    switch way {
    case .oneCall: 1
    case .steps(let count, _, _), .tree(let count, _, _), .chunks(let count, _): count
    case .oneByOne(let matrices, let steps): matrices * steps
    }
  }
}

@Suite struct `The division of linear algebra is explained` {
  @Test func `but for sizes that no matrix has, which end the program`() async {
    await #expect(processExitsWith: .success) {
      let pool = try InProcessExecutor(threads: 1)
      print(pool.explain(.outer(rows: 0, columns: .init(Int32.max)), of: Double.self))
    }
    await #expect(processExitsWith: .failure) {
      let pool = try InProcessExecutor(threads: 1)
      print(pool.explain(.outer(rows: -1, columns: 5), of: Double.self))
    }
    await #expect(processExitsWith: .failure) {
      let pool = try InProcessExecutor(threads: 1)
      print(pool.explain(.batch(.inverse(order: 3), count: -1), of: Double.self))
    }
  }

  @Test func `for batches, and workers take as many chunks as it says`() throws {
    let pool = try ProcessPool(workers: 2)
    defer { pool.shutdown() }
    let (count, n) = (300, 50)
    let a = try pool.matrixBatch(count: count, rows: n, columns: n) { index, i, j in
      i == j ? 100.0 : Double((index + i * j) % 7)
    }
    let b = try pool.matrixBatch(count: count, rows: n, columns: 2) { index, i, _ in Double(i) }
    func check(
      _ operation: BatchOperation, _ expected: DensePlan.Way, _ body: () throws -> Void
    ) throws {
      let plan = pool.explain(.batch(operation, count: count), of: Double.self)
      #expect(plan.way == expected, "\(operation)")
      #expect(try chunkCount(on: pool, body) == plan.chunkCount, "\(operation)")
    }
    try check(.solve(order: n, rightSides: 2), .chunks(43, matrices: 7)) {
      _ = try pool.solve(a, b)
    }
    try check(.inverse(order: n), .chunks(150, matrices: 2)) { _ = try pool.inverse(a) }
    try check(.determinant(order: n), .chunks(38, matrices: 8)) { _ = try pool.determinant(a) }
    try check(.product(rows: n, inner: n, columns: 2), .chunks(3, matrices: 149)) {
      _ = try pool.multiply(a, b)
    }
  }

  @Test func `for products of complex matrices, too`() throws {
    let pool = try ProcessPool(workers: 2)
    defer { pool.shutdown() }
    for (m, k, n) in [(100, 7, 128), (300, 2, 129), (1, 0, 0)] {
      let a = try pool.matrix(rows: m, columns: k) { ComplexElement(Double($0), Double($1)) }
      let b = try pool.matrix(rows: k, columns: n) { ComplexElement(Double($1), Double($0)) }
      let plan = pool.explain(
        .product(rows: m, inner: k, columns: n), of: ComplexElement<Double>.self)
      #expect((plan.way == .oneCall) == (m != 300), "\(plan)")
      guard n > 0 else { continue }  // no elements, no call
      #expect(try chunkCount(on: pool) { try pool.multiply(a, b) } == plan.chunkCount, "\(plan)")
    }
  }

  @Test func `for systems as for the factorization that solves them`() throws {
    let pool = try ProcessPool(workers: 1)
    defer { pool.shutdown() }
    func way(_ operation: DenseOperation) -> DensePlan.Way {
      pool.explain(operation, of: Float.self).way
    }
    for n in [0, 1, 256, 257, 1000] {
      #expect(way(.solve(order: n)) == way(.lu(rows: n, columns: n)), "\(n)")
      #expect(
        way(.solve(order: n, structure: .positiveDefinite)) == way(.cholesky(order: n)), "\(n)")
      #expect(way(.solve(order: n, structure: .upperTriangular)) == .oneCall, "\(n)")
    }
    #expect(way(.solve(order: 257)) != .oneCall)
    #expect(
      pool.explain(.solve(order: 1000), of: ComplexElement<Float>.self).way
        == way(.solve(order: 1000)))
  }

  @Test func `in sentences`() throws {
    let pool = try ProcessPool(workers: 1)
    defer { pool.shutdown() }
    func sentence(_ operation: DenseOperation) -> String {
      pool.explain(operation, of: Double.self).description
    }
    #expect(
      sentence(.batch(.solve(order: 50, rightSides: 1), count: 10_000))
        == "solve of 10000 times 50 × 50 for 50 × 1 Double: 1429 chunks of up to 7 matrices, shared by all "
        + "workers, one thread in each; each matrix is worked on by one worker")
    #expect(
      sentence(.batch(.determinant(order: 2), count: 3))
        == "determinant of 3 times 2 × 2 Double: 1 chunk of up to 3 matrices, shared by all workers, "
        + "one thread in each; each matrix is worked on by one worker")
    #expect(
      sentence(.svd(rows: 30, columns: 20))
        == "SVD of 30 × 20 Double: one call in one worker, with one thread; LAPACK has no form of it that "
        + "falls into steps")
    #expect(
      sentence(.solve(order: 999, structure: .banded(lower: 1, upper: 2)))
        == "solve of banded 999 × 999 Double: one call in one worker, with one thread; its structure leaves "
        + "too little work to divide")
    #expect(
      sentence(.qr(rows: 100_000, columns: 50))
        == "QR of 100000 × 50 Double: 179 steps on a tree over 76 blocks of up to 1316 rows, shared by all workers, "
        + "one thread in each")
    #expect(
      sentence(.solve(order: 9))
        == "solve of 9 × 9 Double: one call in one worker, with one thread; it has too few rows or columns to divide"
    )
    let wide = pool.explain(.schur(order: 999), of: ComplexElement<Double>.self)
    #expect(
      wide.description.hasSuffix(
        "with \(BLASInfo.hasThreads ? "2 threads" : "one thread"); LAPACK has no form of it that falls into steps"
      ))
    #expect(wide.blasThreadCount == (BLASInfo.hasThreads ? 2 : 1))
  }
}
