import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// One call of LAPACK on a large matrix, with two threads of the BLAS in it.
@Suite struct `Wide calls` {
  /// The first order at which there are two threads.
  let order = 400

  @Test func `give the same bits whatever else runs`() throws {
    let seed = testSeed()
    try expectSameBits(Double.self, on: pools, seed: seed)
    try expectSameBits(ComplexElement<Float>.self, on: [pools[0], pools[3]], seed: seed)
  }

  private func expectSameBits<Element: TestedEigenScalar>(
    _: Element.Type, on pools: [ProcessPool], seed: UInt64
  ) throws {
    let a = try DenseMatrix<Element>.random(rows: order, columns: order, seed: seed)
    let b = try DenseMatrix<Element>.random(rows: order, columns: 2, seed: seed &+ 1)
    var expected: BitDigest?
    for pool in pools {
      let (a, b) = (try a.shared(on: pool), try b.shared(on: pool))
      // All at once, so that their threads compete for processors.
      let svd = try pool.startSVD(a)
      let symmetric = try pool.startSymmetricEigen(a, triangle: .upper)
      let eigen = try pool.startEigen(a)
      let schur = try pool.startSchur(a)
      let pivoted = try pool.startQR(a, pivoting: .columns)
      let solution = try pool.startLeastSquares(a, b)
      let lu = try pool.startLU(a)
      var digest = BitDigest()
      digest.add(try svd.result().u)
      digest.add(try svd.result().singularValues)
      digest.add(try svd.result().vAdjoint)
      digest.add(try symmetric.result().eigenvalues)
      digest.add(try symmetric.result().eigenvectors)
      digest.add(try eigen.result().eigenvectors)
      digest.add(try schur.result().t)
      digest.add(try schur.result().q)
      digest.add(try pivoted.result().factors)
      digest.add(try solution.result().x)
      digest.add(try lu.result().factors)
      if let expected {
        #expect(
          digest == expected, "\(pool.workerCount) workers, \(Element.self), seed \(seed)")
      }
      expected = expected ?? digest
    }
  }

  @Test func `leave the worker's BLAS at one thread`() throws {
    let pool = try ProcessPool(workers: 1)
    defer { pool.shutdown() }
    let a = try Reference<Double>(rows: order, columns: order, seed: 1).shared(on: pool)
    _ = try pool.singularValues(a)
    #expect(try pool.submit { BLASInfo.current.threadCount }.result() == 1)
  }

  @Test func `are explained`() throws {
    let pool = try ProcessPool(workers: 1)
    defer { pool.shutdown() }
    if BLASInfo.current.implementation == .reference { #expect(!BLASInfo.hasThreads) }
    let most = BLASInfo.hasThreads ? 2 : 1
    for (rows, columns, threads) in [(399, 1000, 1), (1000, 399, 1), (400, 400, most)] {
      let plan = pool.explain(.svd(rows: rows, columns: columns), of: Double.self)
      #expect(plan.blasThreadCount == threads, "\(plan)")
    }
    let plan = pool.explain(.symmetricEigen(order: 1000), of: Float.self)
    #expect(
      plan.description
        == "symmetric eigendecomposition of 1000 × 1000 Float: one call in one worker, with "
        + (BLASInfo.hasThreads ? "2 threads" : "one thread")
        + "; LAPACK has no form of it that falls into steps")
    // Workers share the steps, so that each has one.
    #expect(pool.explain(.lu(rows: 1000, columns: 1000), of: Double.self).blasThreadCount == 1)
  }
}
