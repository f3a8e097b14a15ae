import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Random with a large diagonal: solutions are as accurate as their residuals are small.
private func wellConditioned<Element: TestedScalar>(
  of _: Element.Type, size: Int, seed: UInt64
) -> Reference<Element> {
  var a = Reference<Element>(rows: size, columns: size, seed: seed)
  for index in 0..<size {
    a[index, index] = a[index, index] + Element(real: Element.Real(size))
  }
  return a
}

private func identity<Element: TestedScalar>(
  of _: Element.Type, _ size: Int
) -> Reference<Element> {
  Reference(rows: size, columns: size) { $0 == $1 ? 1 : 0 }
}

@Suite(.timeLimit(.minutes(5))) struct `Decompositions of a square matrix` {
  private let sizes = [0, 1, 2, 3, 5, 10, 50]

  /// Expects that they solve and invert.
  private func check<Element: TestedScalar, Solver: InvertibleFactorization>(
    _ name: String, _ solver: Solver, _ a: Reference<Element>, on pool: some WorkExecutor,
    seed: UInt64
  ) throws where Solver.Element == Element {
    let n = a.rows
    let what = "\(name), \(Element.self), n = \(n), seed \(seed)"
    let b = Reference<Element>(rows: n, columns: 3, seed: seed &+ 1)
    let x = Reference(try solver.solve(try b.shared(on: pool, .gaps)))
    #expect(x.rows == n && x.columns == 3)
    #expect(ratio(a * x - b, to: a.norm * x.norm, count: n) < 30, "\(what)")
    let inverse = Reference(try solver.inverse())
    let rest = a * inverse - identity(of: Element.self, n)
    #expect(ratio(rest, to: a.norm * inverse.norm, count: n) < 30, "\(what)")
    guard n > 0 else { return }
    let vector = try pool.array((0..<n).map { b[$0, 0] })
    let solution = Array(try solver.solve(vector))
    let left = a * Reference(rows: n, columns: 1) { row, _ in solution[row] }
    let difference = left - Reference(rows: n, columns: 1) { row, _ in b[row, 0] }
    #expect(ratio(difference, to: a.norm * x.norm, count: n) < 30, "\(what)")
    #expect(throws: LinearAlgebraError.self) {
      try solver.solve(pool.array([1, 2] + b.elements))
    }
    vector[n - 1] = Element(real: .nan)
    #expect(throws: LinearAlgebraError.notFinite(operand: .b, row: n - 1, column: 0)) {
      try solver.solve(vector)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `solve, invert and have determinants`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_ type: Element.Type) throws {
      for n in sizes where kind.takes(size: n) {
        let a = wellConditioned(of: type, size: n, seed: seed)
        let shared = try a.shared(on: pool, .columns)
        let (svd, schur, eigen) = (
          try pool.svd(shared), try pool.schur(shared), try pool.eigen(shared)
        )
        try self.check("svd", svd, a, on: pool, seed: seed)
        try self.check("schur", schur, a, on: pool, seed: seed)
        try self.check("eigen", eigen, a, on: pool, seed: seed)
        // Sizes above would overflow Float.
        guard n <= 10 else { continue }
        let what = "\(type), n = \(n), seed \(seed)"
        let determinant = try pool.determinant(shared)
        let size = Double(determinant.modulus)
        let bound = 100 * Element.epsilon * Double(n + 1)
        #expect(abs(Double(svd.determinantMagnitude) / size - 1) < bound, "svd, \(what)")
        let difference = schur.determinant - determinant
        #expect(Double(difference.modulus) / size < bound, "schur, \(what)")
        let (log, expected) = (schur.logDeterminant, try pool.logDeterminant(shared))
        #expect(abs(log.logMagnitude - expected.logMagnitude) < bound * 10, "schur, \(what)")
        #expect(Double((log.sign - expected.sign).modulus) < bound, "schur, \(what)")
        let other = eigen.determinant - determinant.asComplex
        #expect(Double(other.modulus) / size < bound, "eigen, \(what)")
        let otherLog = eigen.logDeterminant
        #expect(abs(otherLog.logMagnitude - expected.logMagnitude) < bound * 10, "\(what)")
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `have them of rotations, whose eigenvalues are no real numbers`() throws {
    let pool = pools[1]
    // Blocks of all kinds beside each other: a rotation by a right angle, one that stretches, and a real number below 0.
    let numbers: [[Double]] = [
      [0, -2, 1, 0, 3], [2, 0, 0, 1, 1], [0, 0, 3, -4, 2], [0, 0, 4, 3, 1], [0, 0, 0, 0, -5],
    ]
    let a = Reference<Double>(rows: 5, columns: 5) { numbers[$0][$1] }
    let schur = try pool.schur(try a.shared(on: pool))
    #expect(abs(schur.determinant + 500) < 1e-10)
    #expect(schur.logDeterminant.sign == -1)
    try check("schur", schur, a, on: pool, seed: 1)
    try check("eigen", try pool.eigen(try a.shared(on: pool)), a, on: pool, seed: 1)
  }

  @Test func `refuse what has no inverse`() throws {
    let pool = pools[1]
    let zero = try pool.matrix(repeating: 0.0, rows: 3, columns: 3)
    let b = try pool.array([1.0, 2, 3])
    let (svd, schur, eigen) = (try pool.svd(zero), try pool.schur(zero), try pool.eigen(zero))
    #expect(throws: LinearAlgebraError.zeroSingularValue(index: 0)) { try svd.inverse() }
    #expect(throws: LinearAlgebraError.zeroEigenvalue(index: 0)) { try schur.inverse() }
    #expect(throws: LinearAlgebraError.zeroEigenvalue(index: 0)) { try schur.solve(b) }
    #expect(throws: LinearAlgebraError.zeroEigenvalue(index: 0)) { try eigen.solve(b) }
    #expect(svd.determinantMagnitude == 0 && schur.determinant == 0)
    #expect(schur.logDeterminant.logMagnitude == -.infinity)
    // The shortest of all that are equally far.
    #expect(Array(try svd.solve(b)) == [0, 0, 0])
    // Vectors that are parallel to the last bit: the second one is (-1, ε/1.7e308).
    let block = try pool.matrix(rows: 2, columns: 2) { $0 == $1 ? 1.0 : $0 < $1 ? 1.7e308 : 0 }
    let defective = try pool.eigen(block)
    let dependent = LinearAlgebraError.dependentEigenvectors(index: 1)
    #expect(throws: dependent) { try defective.inverse() }
    #expect(throws: dependent) { try defective.reconstruct() }
    #expect("\(dependent)".contains("`schur`"))
    #expect(Reference(try pool.schur(block).inverse())[0, 1] == -1.7e308)
    let wide = try pool.svd(try pool.matrix(repeating: 1.0, rows: 2, columns: 3))
    #expect(throws: LinearAlgebraError.notSquare(operation: "inverse", rows: 2, columns: 3)) {
      try wide.inverse()
    }
  }

  @Test func `can be awaited`() async throws {
    let pool = pools[1]
    let a = try pool.matrix(rows: 2, columns: 2) { $0 == $1 ? 2.0 : 0 }
    let b = try pool.array([4.0, 6])
    #expect(Array(try await pool.schur(a).solve(b)) == [2, 3])
    #expect(Array(try await pool.eigen(a).solve(b)) == [2, 3])
    #expect(try await pool.svd(a).inverse()[1, 1] == 0.5)
  }
}
