import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// The bits of what linear algebra makes of a matrix.
private func answers<Element: TestedScalar>(
  _ pool: ProcessPool, _ a: Reference<Element>
) throws -> [[Element]] {
  let shared = try a.shared(on: pool, .gaps)
  let lu = try pool.lu(shared)
  let qr = try pool.qr(shared, pivoting: .columns)
  let gram = a.adjoint * a
  let cholesky = try pool.cholesky(try gram.shared(on: pool, .columns))
  let vector = try pool.array(a.elements.prefix(a.rows))
  return try [
    lu.factors, lu.solve(shared), lu.inverse(), lu.reconstruct(), qr.factors, qr.q(),
    qr.solve(shared), cholesky.lower, cholesky.solve(shared), pool.solve(shared, shared),
    pool.multiply(shared, shared, structure: .symmetric(.lower)), pool.outer(vector, vector),
  ].map { Reference($0).elements } + [Array(pool.multiply(shared, vector)), [lu.determinant]]
}

/// Equal bits, which for numbers that are equal only zeros of two signs have not.
private func same<Element: TestedScalar>(_ a: [[Element]], _ b: [[Element]]) -> Bool {
  "\(a)" == "\(b)"
}

@Suite struct `The bits of linear algebra` {
  @Test func `are the same for 1, 2, 3 and 7 workers`() throws {
    let seed = testSeed()
    let pools = try [1, 2, 3, 7].map { try ProcessPool(workers: $0) }
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      for size in [1, 33, 150] {
        let a = Reference<Element>(rows: size, columns: size, seed: seed)
        let expected = try answers(pools[0], a)
        for pool in pools.dropFirst() {
          #expect(
            same(try answers(pool, a), expected), "n = \(size), \(pool.workerCount) workers")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
    for pool in pools { pool.shutdown() }
  }

  @Test func `are the same when workers are killed on the way`() throws {
    let seed = testSeed()
    let a = Reference<Double>(rows: 150, columns: 150, seed: seed)
    try expectSameWhileWorkersAreKilled(seed: seed, by: same) { try answers($0, a) }
  }
}
