import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// A block inside a larger matrix, whose rows, or columns, begin where no line of a cache does. Around it there is NaN.
private func block<Element: TestedScalar>(
  _ matrix: Reference<Element>, on pool: some WorkExecutor, isByColumns: Bool
) throws -> SharedMatrix<Element> {
  let (rows, columns) = (matrix.rows, matrix.columns)
  let frame = Element(real: .nan)
  let whole = try pool.matrix(repeating: frame, rows: rows + 2, columns: columns + 2)
  let transposed = try pool.matrix(repeating: frame, rows: columns + 2, columns: rows + 2)
  let view = (isByColumns ? transposed.transposed : whole)[1..<rows + 1, 1..<columns + 1]
  view.storage.withMutableSpan { span in
    for row in 0..<rows {
      for column in 0..<columns {
        span[row * view.rowStride + column * view.columnStride] = matrix[row, column]
      }
    }
  }
  return view
}

/// How the matrices of a test lie.
private enum Place: CaseIterable { case compact, rows, columns }

@Suite(.timeLimit(.minutes(10))) struct `The bits of blocks inside of larger matrices` {
  /// What is asked of all pools; the first answer is that of compact copies.
  private func expectSame(
    _ what: String, seed: UInt64, _ answer: (ProcessPool, Place) throws -> BitDigest
  ) throws {
    let expected = try answer(pools[0], .compact)
    for pool in pools {
      for place in pool === pools[1] ? Place.allCases : [.rows, .columns] {
        let found = try answer(pool, place)
        #expect(found == expected, "\(what), \(pool.workerCount) workers, \(place), seed \(seed)")
      }
    }
  }

  private func placed<Element: TestedScalar>(
    _ matrix: Reference<Element>, on pool: ProcessPool, _ place: Place
  ) throws -> SharedMatrix<Element> {
    place == .compact
      ? try matrix.shared(on: pool, .rows)
      : try block(matrix, on: pool, isByColumns: place == .columns)
  }

  @Test func `are those of compact copies, of products`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(
      _ type: Element.Type, sizes: [(Int, Int, Int)],
      product: (ProcessPool, SharedMatrix<Element>, SharedMatrix<Element>) throws ->
        SharedMatrix<Element>
    ) throws {
      for (rows, inner, columns) in sizes {
        let a = Reference<Element>(rows: rows, columns: inner, seed: seed)
        let b = Reference<Element>(rows: inner, columns: columns, seed: seed &+ 1)
        let square = Reference<Element>(rows: inner, columns: inner, seed: seed &+ 2)
        // With an element before it, since a vector may begin anywhere, too.
        let vector = [Element(real: .nan)] + b.transposed.elements.prefix(inner)
        try expectSame("\(type), \(rows) × \(inner) × \(columns)", seed: seed) { pool, place in
          let left = try placed(a, on: pool, place)
          let right = try placed(b, on: pool, place)
          let symmetric = try placed(square, on: pool, place)
          let x =
            place == .compact
            ? try pool.array(vector.dropFirst()) : try pool.array(vector)[1..<vector.count]
          var digest = BitDigest()
          digest.add(try product(pool, left, right))
          digest.add(try product(pool, right.transposed, left.transposed))
          digest.add(try pool.multiply(symmetric, right, structure: .symmetric(.lower)))
          digest.add(try pool.multiply(symmetric, right, structure: .triangular(.upper)))
          digest.add(try pool.multiply(left, x))
          digest.add(try pool.outer(x, x))
          return digest
        }
      }
    }
    try check(Double.self, sizes: [(5, 7, 9), (63, 64, 65), (300, 150, 200)]) {
      try $0.multiply($1, $2)
    }
    try check(Float.self, sizes: [(5, 7, 9), (130, 70, 90)]) { try $0.multiply($1, $2) }
    try check(ComplexElement<Double>.self, sizes: [(5, 7, 9), (70, 40, 30)]) {
      try $0.multiply($1, $2)
    }
    try check(ComplexElement<Float>.self, sizes: [(33, 34, 35)]) { try $0.multiply($1, $2) }
  }

  @Test func `are those of compact copies, of factorizations and decompositions`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_ type: Element.Type, size: Int) throws {
      let a = Reference<Element>(rows: size, columns: size, seed: seed)
      let b = Reference<Element>(rows: size, columns: 3, seed: seed &+ 1)
      try expectSame("\(type), \(size) × \(size)", seed: seed) { pool, place in
        let (a, b) = (try placed(a, on: pool, place), try placed(b, on: pool, place))
        var digest = BitDigest()
        let (lu, qr) = (try pool.lu(a), try pool.qr(a))
        digest.add(lu.factors)
        digest.add(try lu.solve(b))
        digest.add(try lu.inverse())
        digest.add(qr.factors)
        digest.add(try qr.solve(b))
        digest.add(try pool.qr(a, pivoting: .columns).factors)
        digest.add(try pool.solve(a, b))
        digest.add(try pool.solve(a, b, structure: .upperTriangular))
        digest.add(try pool.leastSquares(a, b).x)
        let (svd, symmetric) = (try pool.svd(a), try pool.symmetricEigen(a))
        digest.add(svd.u)
        digest.add(svd.singularValues)
        digest.add(try svd.solve(b))
        digest.add(symmetric.eigenvectors)
        digest.add(try symmetric.solve(b))
        let schur = try pool.schur(a)
        digest.add(schur.q)
        digest.add(try schur.solve(b))
        digest.add(try pool.eigen(a).eigenvectors)
        digest.add(try pool.matrixExponential(a))
        digest.add(try pool.array([try pool.conditionNumber(a, norm: .one)]))
        for index in 0..<size { a[index, index] = Element(real: Element.Real(4 * size)) }
        digest.add(try pool.cholesky(a).lower)
        return digest
      }
    }
    try check(Double.self, size: 61)
    try check(Double.self, size: 270)
    try check(Float.self, size: 61)
    try check(ComplexElement<Double>.self, size: 61)
    try check(ComplexElement<Float>.self, size: 33)
  }
}
