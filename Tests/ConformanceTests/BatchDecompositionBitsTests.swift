import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Matrices of a test as a batch, as `layout` says.
func testBatch<Element: TestedScalar>(
  _ matrices: [Reference<Element>], rows: Int, columns: Int, on pool: some WorkExecutor,
  _ layout: TestedLayout = .rows
) throws -> SharedMatrixBatch<Element> {
  let count = matrices.count
  switch layout {
  case .rows:
    return try pool.matrixBatch(count: count, rows: rows, columns: columns) {
      matrices[$0][$1, $2]
    }
  case .columns:
    return try pool.matrixBatch(count: count, rows: columns, columns: rows) {
      matrices[$0][$2, $1]
    }.transposed
  case .gaps:
    let (rowStride, distance) = (3 * columns + 5, rows * (3 * columns + 5) + 1)
    let batch = SharedMatrixBatch(
      try pool.array(repeating: Element(real: .nan), count: count * distance), count: count,
      rows: rows, columns: columns, matrixStride: distance, rowStride: rowStride, columnStride: 3)
    for (index, matrix) in matrices.enumerated() {
      for row in 0..<rows {
        for column in 0..<columns { batch[index][row, column] = matrix[row, column] }
      }
    }
    return batch
  }
}

/// Random matrices.
func randomMatrices<Element: TestedScalar>(
  _ count: Int, _ rows: Int, _ columns: Int, seed: UInt64, of _: Element.Type
) -> [Reference<Element>] {
  (0..<count).map {
    Reference(rows: rows, columns: columns, seed: seed &+ UInt64(1000 * $0 + 7 * rows + columns))
  }
}

/// Aᴴ·A + 1, which is positive definite.
func gramMatrix<Element: TestedScalar>(_ a: Reference<Element>) -> Reference<Element> {
  let product = a.adjoint * a
  return Reference(rows: a.columns, columns: a.columns) {
    $0 == $1
      ? Element(real: product[$0, $1].realPart + 1)
      : $0 > $1 ? product[$0, $1] : product[$1, $0].conjugate
  }
}

/// The bits of all that is found of a batch.
private func answers<Element: TestedEigenScalar>(
  _ pool: ProcessPool, _ matrices: [Reference<Element>], _ layout: TestedLayout
) throws -> BitDigest {
  let (rows, columns) = (matrices[0].rows, matrices[0].columns)
  let a = try testBatch(matrices, rows: rows, columns: columns, on: pool, layout)
  let c = try testBatch(
    matrices.map { gramMatrix($0) }, rows: columns, columns: columns, on: pool, layout)
  var digest = BitDigest()
  let (eigen, svd, qr) = (try pool.symmetricEigen(c), try pool.svd(a), try pool.qr(a))
  let solution = try pool.leastSquares(a, a)
  let other = try pool.leastSquares(a, a, method: .completeOrthogonal)
  let full = try pool.svd(a, vectors: .full)
  for storage in [
    eigen.eigenvectors.storage, svd.u.storage, svd.vAdjoint.storage, qr.q.storage, qr.r.storage,
    solution.x.storage, other.x.storage, full.u.storage, full.vAdjoint.storage,
    try pool.cholesky(c).lower.storage,
  ] { digest.add(storage) }
  for values in [
    eigen.eigenvalues, svd.singularValues, solution.singularValues, try pool.singularValues(a),
    try pool.symmetricEigenvalues(c),
  ] { digest.add(values) }
  let general = try pool.eigen(c)
  digest.add(general.eigenvalues)
  digest.add(general.eigenvectors.storage)
  for solution in [solution, other] {
    digest.add(solution.residualNorms)
    digest.add(Array(solution.ranks))
  }
  return digest
}

@Suite(.timeLimit(.minutes(10))) struct `The bits of batches that are decomposed` {
  @Test func `are the same for 1, 2, 3 and 7 workers, and for all views`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_ type: Element.Type) throws {
      let matrices = randomMatrices(60, 14, 11, seed: seed, of: type)
      let expected = try answers(pools[0], matrices, .rows)
      for (index, layout) in [(1, TestedLayout.columns), (2, .gaps), (3, .rows)] {
        let found = try answers(pools[index], matrices, layout)
        #expect(found == expected, "\(type), \(pools[index].workerCount) workers, \(layout)")
      }
      // Each by itself, and the others make no difference.
      var (alone, together) = (BitDigest(), BitDigest())
      let a = try testBatch(matrices, rows: 14, columns: 11, on: pools[1])
      alone.add(try pools[1].svd(a[29..<30]).u[0])
      together.add(try pools[1].svd(a).u[29])
      #expect(alone == together, "\(type)")
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `are the same when workers are killed on the way`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_ type: Element.Type) throws {
      // The first columns of the second half depend on each other.
      let matrices = randomMatrices(40, 16, 12, seed: seed, of: type).enumerated().map {
        (index, matrix) in
        index < 20 ? matrix : Reference(rows: 16, columns: 12) { matrix[$0, max(4, $1)] }
      }
      try expectSameWhileWorkersAreKilled(seed: seed, deaths: 5, by: ==) {
        try answers($0, matrices, .rows)
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }
}
