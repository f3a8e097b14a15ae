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
    let reference = Reference<Double>(rows: order, columns: order, seed: seed)
    var first: [Double]?
    for workers in [1, 2, 3] {
      let pool = try ProcessPool(workers: workers)
      defer { pool.shutdown() }
      let a = try reference.shared(on: pool)
      // Three at once, so that their threads compete for processors.
      let running = try (0..<3).map { _ in
        (
          try pool.startSVD(a), try pool.startSymmetricEigen(a, triangle: .upper)
        )
      }
      for (svd, eigen) in running {
        let (svd, eigen) = (try svd.result(), try eigen.result())
        let found =
          Array(svd.u.storage) + Array(svd.singularValues) + Array(svd.vAdjoint.storage)
          + Array(eigen.eigenvalues) + Array(eigen.eigenvectors.storage)
        if let first {
          let isSame = found.map(\.bitPattern) == first.map(\.bitPattern)
          #expect(isSame, "\(workers) workers, seed \(seed)")
        } else {
          first = found
        }
      }
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
    for (rows, columns, threads) in [(399, 1000, 1), (1000, 399, 1), (400, 400, 2)] {
      let plan = pool.explain(.svd(rows: rows, columns: columns), of: Double.self)
      #expect(plan.blasThreadCount == threads, "\(plan)")
    }
    let plan = pool.explain(.symmetricEigen(order: 1000), of: Float.self)
    #expect(
      plan.description
        == "symmetric eigendecomposition of 1000 × 1000 Float: one call in one worker, with 2 threads; "
        + "LAPACK has no form of it that falls into steps")
    // Workers share the steps, so that each has one.
    #expect(pool.explain(.lu(rows: 1000, columns: 1000), of: Double.self).blasThreadCount == 1)
  }
}
