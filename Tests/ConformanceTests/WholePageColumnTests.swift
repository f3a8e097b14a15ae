import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Matrices whose columns are a whole number of pages long: results of steps have gaps between them, others have not.
@Suite struct `Columns as long as a page` {
  @Test func `are decomposed, multiplied out and solved`() throws {
    let seed = testSeed()
    try check(Reference<Double>(rows: 512, columns: 512, seed: seed), seed)
    try check(Reference<Float>(rows: 1024, columns: 1024, seed: seed), seed, isLarge: true)
    try check(Reference<ComplexElement<Double>>(rows: 256, columns: 256, seed: seed), seed)
  }

  private func check<Element: TestedScalar & EigenScalar>(
    _ reference: Reference<Element>, _ seed: UInt64, isLarge: Bool = false
  ) throws {
    let pool = try ProcessPool(workers: 2)
    defer { pool.shutdown() }
    let a = try reference.shared(on: pool)
    let n = a.rows
    func expect(_ check: ResidualCheck) {
      #expect(check.ratio < 30, "\(check) of \(n) × \(n) \(Element.self), seed \(seed)")
    }
    expect(try pool.lu(a).residual(of: a))
    expect(try pool.qr(a).residual(of: a))
    expect(try pool.qr(a, pivoting: .columns).residual(of: a))
    // A diagonal larger than what else is in a row.
    let positive = try Reference<Element>(rows: n, columns: n) { row, column in
      if row == column { return 2048 }
      return row > column ? reference[row, column] : reference[column, row].conjugate
    }.shared(on: pool)
    expect(try pool.cholesky(positive).residual(of: positive))
    let x = try pool.solve(a, positive)
    expect(try pool.residual(of: x, solving: a, positive))
    expect(try pool.symmetricEigen(positive).residual(of: positive))
    expect(try pool.svd(a).residual(of: a))
    if isLarge { return }  // the general problem takes seconds
    expect(try pool.eigen(a, leftVectors: true).residual(of: a))
    expect(try pool.schur(a).residual(of: a))
  }

  @Test func `have an exponential and a pseudo-inverse`() throws {
    let pool = try ProcessPool(workers: 1)
    defer { pool.shutdown() }
    let twice = try pool.matrix(rows: 512, columns: 512) { $0 == $1 ? 2.0 : 0 }
    let exponential = Reference(try pool.matrixExponential(twice))
    let inverse = Reference(try pool.pseudoInverse(twice))
    var largest = 0.0
    for row in 0..<512 {
      for column in 0..<512 {
        let (e, half) = row == column ? (7.389_056_098_930_65, 0.5) : (0, 0)
        largest = max(
          largest, abs(exponential[row, column] - e), abs(inverse[row, column] - half))
      }
    }
    #expect(largest < 1e-13)
  }
}
