import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// The bits of what the iterating half of linear algebra makes of a matrix.
private func answers(_ pool: ProcessPool, _ a: Reference<Double>) throws -> String {
  let shared = try a.shared(on: pool, .gaps)
  let svd = try pool.svd(shared)
  let schur = try pool.schur(shared)
  let components = try pool.principalComponents(shared, count: 3)
  let real = try [
    svd.u, svd.vAdjoint, svd.reconstruct(), svd.pseudoInverse(), svd.solve(shared), schur.t,
    schur.q, schur.reconstruct(), pool.symmetricEigen(shared).eigenvectors,
    pool.leastSquares(shared, shared).x, pool.ridge(shared, shared, lambda: 0.1),
    pool.matrixExponential(shared), components.components, components.transform(shared),
  ].map { Reference($0).elements }
  let eigen = try pool.eigen(shared, leftVectors: true)
  return "\(real) \(Reference(eigen.eigenvectors).elements) \(Array(eigen.eigenvalues))"
}

@Suite struct `The bits of singular values and eigenvalues` {
  @Test func `are the same when workers are killed on the way`() throws {
    let seed = testSeed()
    let a = Reference<Double>(rows: 60, columns: 60, seed: seed)
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { try answers($0, a) }
  }
}
