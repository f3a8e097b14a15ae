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

/// The same of any element type, with all singular vectors and with pairs of matrices.
private func digest<Element: TestedEigenScalar>(
  _ pool: ProcessPool, _ a: Reference<Element>, definite: Reference<Element>
) throws -> BitDigest {
  let (shared, b) = (try a.shared(on: pool, .gaps), try definite.shared(on: pool, .columns))
  var digest = BitDigest()
  for vectors in [SingularVectors.none, .thin, .full] {
    let svd = try pool.svd(shared[0..<a.rows, 0..<a.columns - 7], vectors: vectors)
    digest.add(svd.u)
    digest.add(svd.singularValues)
    digest.add(svd.vAdjoint)
  }
  for triangle in [MatrixTriangle.lower, .upper] {
    let pair = try pool.symmetricEigen(shared, b, triangle: triangle)
    digest.add(pair.eigenvalues)
    digest.add(pair.eigenvectors)
    digest.add(try pool.symmetricEigenvalues(shared, triangle: triangle))
  }
  let eigen = try pool.eigen(shared, leftVectors: true)
  digest.add(eigen.eigenvalues)
  digest.add(eigen.eigenvectors)
  if let left = eigen.leftEigenvectors { digest.add(left) }
  digest.add(try pool.eigenvalues(shared))
  let schur = try pool.schur(shared)
  digest.add(schur.t)
  digest.add(schur.q)
  return digest
}

@Suite(.timeLimit(.minutes(10))) struct `The bits of singular values and eigenvalues` {
  @Test func `are the same when workers are killed on the way`() throws {
    let seed = testSeed()
    let a = Reference<Double>(rows: 60, columns: 60, seed: seed)
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { try answers($0, a) }
  }
  @Test func `and those of all element types, of full vectors and of pairs, are so, too`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_: Element.Type) throws {
      let a = Reference<Element>(rows: 40, columns: 40, seed: seed)
      let definite = gramMatrix(a)
      try expectSameWhileWorkersAreKilled(seed: seed, deaths: 5, by: ==) {
        try digest($0, a, definite: definite)
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }
}
