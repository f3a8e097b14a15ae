import Echelon
import EchelonLinearAlgebra
import RealModule
import TestSupport
import Testing

/// A random matrix that is symmetric, or Hermitian.
func hermitian<Element: TestedScalar>(
  of _: Element.Type = Element.self, size: Int, seed: UInt64
) -> Reference<Element> {
  let half = Reference<Element>(rows: size, columns: size, seed: seed)
  return Reference(rows: size, columns: size) { half[$0, $1] + half[$1, $0].conjugate }
}

/// One that is positive definite, too.
func positiveDefinite<Element: TestedScalar>(
  of _: Element.Type = Element.self, size: Int, seed: UInt64
) -> Reference<Element> {
  let half = Reference<Element>(rows: size, columns: size, seed: seed)
  let product = half * half.adjoint
  return Reference(rows: size, columns: size) {
    // Products rounded twice differ by an ulp.
    let element = $0 >= $1 ? product[$0, $1] : product[$1, $0].conjugate
    return $0 == $1 ? Element(real: element.modulus + 1) : element
  }
}

@Suite struct `A symmetric eigendecomposition` {
  @Test(arguments: TestedExecutor.allCases)
  func `multiplied out is the matrix, and its vectors are orthonormal`(
    _ kind: TestedExecutor
  ) throws {
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let seed = testSeed()
      for size in testedSizes where kind.takes(size: size) {
        let a = hermitian(of: Element.self, size: size, seed: seed)
        // What lies in the other triangle is not read.
        for triangle in [MatrixTriangle.lower, .upper] {
          var half = a
          for i in 0..<size {
            for j in 0..<i {
              if triangle == .lower { half[j, i] = 99 } else { half[i, j] = 99 }
            }
          }
          let shared = try half.shared(on: kind.shared, triangle == .lower ? .gaps : .columns)
          let eigen = try kind.shared.symmetricEigen(shared, triangle: triangle)
          let product = Reference(try eigen.reconstruct())
          #expect(ratio(product - a, to: a.norm, count: size) < 30, "n = \(size), \(triangle)")
          expectOrthonormal(Reference(eigen.eigenvectors), "n = \(size)")
          let values = Array(eigen.eigenvalues)
          #expect(values == values.sorted())
          let alone = Array(try kind.shared.symmetricEigenvalues(shared, triangle: triangle))
          let tolerance = 30 * Element.epsilon * Double(size) * a.norm
          #expect(zip(values, alone).allSatisfy { abs(Double($0) - Double($1)) <= tolerance })
          #expect(alone.count == size)
          #expect(Reference(shared) == half, "the input has changed")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of second differences has the eigenvalues of the formula`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let n = 40
    let a = try pool.matrix(rows: n, columns: n) { $0 == $1 ? 2.0 : abs($0 - $1) == 1 ? -1 : 0 }
    let values = Array(try pool.symmetricEigenvalues(a))
    for k in 1...n {
      let half = Double.sin(Double(k) * .pi / Double(2 * (n + 1)))
      #expect(abs(values[k - 1] - 4 * half * half) < 1e-14, "k = \(k)")
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of equal eigenvalues has orthonormal vectors`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let size = 30
    // 1 + u·uᵀ with u of ones: 1, 29 times, and 31.
    let a = try pool.matrix(rows: size, columns: size) { $0 == $1 ? 2.0 : 1 }
    let eigen = try pool.symmetricEigen(a)
    let values = Array(eigen.eigenvalues)
    #expect(values.dropLast().allSatisfy { abs($0 - 1) < 1e-13 })
    #expect(abs(values.last! - Double(size + 1)) < 1e-12)
    expectOrthonormal(Reference(eigen.eigenvectors), "of equal ones")
    let unit = try pool.identityMatrix(of: Float.self, size: 4)
    #expect(Array(try pool.symmetricEigenvalues(unit)) == [1, 1, 1, 1])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of a pair solves A·v = λ·B·v`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let seed = testSeed()
      for size in testedSizes where kind.takes(size: size) {
        let a = hermitian(of: Element.self, size: size, seed: seed)
        let b = positiveDefinite(of: Element.self, size: size, seed: seed &+ 1)
        let (sharedA, sharedB) = (
          try a.shared(on: kind.shared, .gaps), try b.shared(on: kind.shared, .columns)
        )
        let eigen = try kind.shared.symmetricEigen(sharedA, sharedB)
        let v = Reference(eigen.eigenvectors)
        let values = Array(eigen.eigenvalues)
        let right = Reference<Element>(rows: size, columns: size) {
          v[$0, $1].scaled(by: values[$1])
        }
        // LAPACK's measure: ‖A·V - B·V·Λ‖ / (n·‖A‖·‖V‖·ε), for a B of norm 1.
        let scale = (a.norm + b.norm * Double(values.map(\.magnitude).max() ?? 0)) * v.norm
        #expect(ratio(a * v - b * right, to: scale, count: size) < 30, "n = \(size)")
        let unit = Reference<Element>(rows: size, columns: size) { $0 == $1 ? 1 : 0 }
        let weighted = v.adjoint * b * v - unit
        #expect(ratio(weighted, to: b.norm * v.norm * v.norm + 1, count: size) < 30, "n = \(size)")
        let alone = Array(try kind.shared.symmetricEigenvalues(sharedA, sharedB))
        #expect(
          zip(values, alone).allSatisfy {
            abs(Double($0) - Double($1)) <= 300 * Element.epsilon * Double(size) * (a.norm + 1)
          })
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses what does not fit`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let a = try pool.identityMatrix(of: Double.self, size: 5)
    var indefinite = Reference<Double>(rows: 5, columns: 5) { $0 == $1 ? 1 : 0 }
    indefinite[3, 3] = -1
    let b = try indefinite.shared(on: pool)
    #expect(throws: LinearAlgebraError.notPositiveDefinite(operand: .b, column: 3)) {
      try pool.symmetricEigen(a, b)
    }
    #expect(throws: LinearAlgebraError.notPositiveDefinite(operand: .b, column: 3)) {
      try pool.symmetricEigenvalues(a, b)
    }
    let wide = try pool.matrix(repeating: 1.0, rows: 2, columns: 3)
    #expect(
      throws: LinearAlgebraError.notSquare(
        operation: "symmetricEigen (syevd)", rows: 2, columns: 3)
    ) { try pool.symmetricEigen(wide) }
    let small = try pool.identityMatrix(of: Double.self, size: 2)
    #expect(
      throws: LinearAlgebraError.rightSideMismatch(
        operation: "symmetricEigen (sygvd)", rows: 5, columns: 5, rightSideRows: 2)
    ) { try pool.symmetricEigen(a, small) }
    // NaN counts in the triangle that is read.
    var bad = indefinite
    bad[1, 4] = .nan
    let shared = try bad.shared(on: pool, .gaps)
    #expect(throws: LinearAlgebraError.notFinite(row: 1, column: 4)) {
      try pool.symmetricEigen(shared, triangle: .upper)
    }
    #expect(Array(try pool.symmetricEigenvalues(shared)) == [-1, 1, 1, 1, 1])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has the same bits with any number of workers`(_ kind: TestedExecutor) throws {
    let a = hermitian(of: ComplexElement<Double>.self, size: 80, seed: testSeed())
    var first: [String]?
    for workers in [1, 2, 3, 7] {
      let pool = try kind.make(workers)
      let found = bits(try pool.symmetricEigen(try a.shared(on: pool)).eigenvectors)
      #expect(found == first ?? found, "\(workers) workers")
      first = found
      pool.shutdown()
    }
  }

  @Test func `is there for async functions`() async throws {
    let pool = TestedExecutor.spawn.shared
    let a = try pool.identityMatrix(of: Double.self, size: 3)
    let eigen = try await pool.symmetricEigen(a)
    #expect(Reference(try await eigen.reconstruct()) == Reference(a))
    #expect(Array(try await pool.symmetricEigen(a, a).eigenvalues) == [1, 1, 1])
    #expect(Array(try await pool.symmetricEigenvalues(a)) == [1, 1, 1])
  }
}
