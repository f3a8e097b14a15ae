import CReference
import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// The first element of matrices on which all that iterates gives up, and on which divide and conquer does.
private let (mark, dividedMark) = (0x1.5bf0a8b145769p+3, 0x1.921fb54442d18p+3)

/// For the workers of a pool.
@Sendable private func makeRoutinesGiveUp(_ mark: Double, _ dividedMark: Double) throws {
  try LAPACK.require()
  reference_lapack_gives_up(mark, dividedMark)
}

@Suite(.timeLimit(.minutes(5))) struct `An iteration that does not converge` {
  @Test(arguments: TestedExecutor.pools)
  func `is an error that names the operation, and the first matrix of a batch`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.makePool(
      2, initializer: WorkerInitializer(makeRoutinesGiveUp, mark, dividedMark))
    defer { pool.shutdown() }
    let seed = testSeed()
    let matrices = randomMatrices(400, 4, 4, seed: seed, of: Double.self).map { gramMatrix($0) }
    let a = try testBatch(matrices, rows: 4, columns: 4, on: pool)
    for index in [171, 233] { a[index][0, 0] = mark }

    func expect<Results>(
      _ operation: String, _ all: (SharedMatrixBatch<Double>) throws -> Results,
      one: (SharedMatrix<Double>) throws -> Void
    ) throws {
      let error = #expect(
        throws: LinearAlgebraError.noConvergenceInBatch(
          index: 171, operation: operation, remaining: 2)
      ) { _ = try all(a) }
      #expect("\(error!)".contains("171"), "\(error!)")
      #expect(
        throws: LinearAlgebraError.noConvergenceInBatch(
          index: 0, operation: operation, remaining: 2)
      ) { _ = try all(a[233..<234]) }
      #expect(throws: LinearAlgebraError.noConvergence(operation: operation, remaining: 2)) {
        try one(a[171])
      }
      // The others have results.
      _ = try all(a[0..<171])
      _ = try all(a[234..<400])
      try one(a[170])
    }
    try expect("eigen (geev)") {
      try pool.eigen($0)
    } one: {
      _ = try pool.eigen($0)
    }
    try expect("eigenvalues (geev)") {
      try pool.eigenvalues($0)
    } one: {
      _ = try pool.eigenvalues($0)
    }
    try expect("symmetricEigen (syevd)") {
      try pool.symmetricEigen($0)
    } one: {
      _ = try pool.symmetricEigen($0)
    }
    try expect("symmetricEigenvalues (syevd)") {
      try pool.symmetricEigenvalues($0)
    } one: {
      _ = try pool.symmetricEigenvalues($0)
    }
    try expect("svd (gesdd, and then gesvd)") {
      try pool.svd($0)
    } one: {
      _ = try pool.svd($0)
    }
    try expect("leastSquares (gelsd)") {
      try pool.leastSquares($0, $0)
    } one: {
      _ = try pool.leastSquares($0, $0)
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `of singular values by divide and conquer is followed by one that does`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.makePool(
      2, initializer: WorkerInitializer(makeRoutinesGiveUp, mark, dividedMark))
    defer { pool.shutdown() }
    let seed = testSeed()
    for (rows, columns) in [(12, 12), (14, 10), (4, 4)] {
      let a = try testBatch(
        randomMatrices(30, rows, columns, seed: seed, of: Double.self), rows: rows,
        columns: columns, on: pool)
      a[17][0, 0] = dividedMark
      for vectors in [SingularVectors.thin, .full] {
        let svd = try pool.svd(a, vectors: vectors)
        let check = try svd[17].residual(of: a[17])
        #expect(check.isSmall, "\(rows) × \(columns), \(check), seed \(seed)")
        let single = try pool.svd(a[17], vectors: vectors)
        #expect(Reference(svd.u[17]) == Reference(single.u), "\(rows) × \(columns), seed \(seed)")
        let inProcess = TestedExecutor.inProcess.shared
        let other = try inProcess.svd(
          try Reference(a[17]).shared(on: inProcess), vectors: vectors)
        for (found, expected) in zip(Array(single.singularValues), Array(other.singularValues)) {
          #expect(abs(found - expected) <= 1e-13 * dividedMark, "\(rows) × \(columns)")
        }
      }
    }
  }
}
