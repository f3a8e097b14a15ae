import Echelon
import EchelonLinearAlgebra
import RealModule
import TestSupport
import Testing

@Suite struct `A matrix exponential` {
  @Test(arguments: TestedExecutor.allCases)
  func `of a nilpotent matrix is a polynomial`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    // Ones above the diagonal: 1 / k! on the k-th diagonal.
    let a = try pool.matrix(rows: 6, columns: 6) { $0 + 1 == $1 ? 1.0 : 0 }
    let exponential = Reference(try pool.matrixExponential(a))
    for i in 0..<6 {
      for j in 0..<6 {
        let factorial = (0..<max(0, j - i)).reduce(1.0) { $0 * Double($1 + 1) }
        #expect(abs(exponential[i, j] - (j < i ? 0 : 1 / factorial)) < 1e-15, "\(i), \(j)")
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of a rotation's generator is the rotation, whatever its norm`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    // Norms for which each of the approximants is taken, and some with squarings.
    for angle in [0, 0.01, 0.2, 0.9, 2, 5, 20, 1000.0] {
      let a = try pool.array([0, -angle, angle, 0]).reshaped(rows: 2, columns: 2)
      let found = Reference(try pool.matrixExponential(a))
      let (cosine, sine) = (Double.cos(angle), Double.sin(angle))
      let expected = Reference<Double>(rows: 2, columns: 2) {
        $0 == $1 ? cosine : $0 < $1 ? -sine : sine
      }
      #expect((found - expected).norm < 1e-15 * max(8, 4 * angle), "angle \(angle)")
      let floats = try pool.matrix(rows: 2, columns: 2) { Float(a[$0, $1]) }
      let foundFloats = Reference(try pool.matrixExponential(floats))
      let rounded = Float(angle)
      let floatSine = Float.sin(rounded)
      #expect(abs(foundFloats[1, 0] - floatSine) < 1e-6 * max(1, rounded), "angle \(angle)")
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `times that of the negative is the identity`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      try forEachMatrix(of: type, seed: testSeed(), on: kind.shared) { matrix, _ in
        let n = matrix.rows
        guard kind.takes(size: n) else { return }
        // Norms up to about 2, so that neither factor is large.
        let factor = Element.Real(2 / Double(max(1, n)))
        let a = Reference<Element>(rows: n, columns: n) { matrix[$0, $1].scaled(by: factor) }
        let negative = Reference<Element>(rows: n, columns: n) { -a[$0, $1] }
        let e = Reference(try kind.shared.matrixExponential(try a.shared(on: kind.shared, .gaps)))
        let inverse = Reference(
          try kind.shared.matrixExponential(try negative.shared(on: kind.shared, .columns)))
        let unit = Reference<Element>(rows: n, columns: n) { $0 == $1 ? 1 : 0 }
        #expect(ratio(e * inverse - unit, to: e.norm * inverse.norm, count: n) < 30, "n = \(n)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `agrees with known answers`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    // C. Moler, C. Van Loan, Nineteen dubious ways (1978), example 1: Taylor's series fails on it.
    let a = try pool.array([-49.0, 24, -64, 31]).reshaped(rows: 2, columns: 2)
    let found = Reference(try pool.matrixExponential(a))
    // (V·e^Λ·V⁻¹ of eigenvalues -1 and -17.)
    let (slow, fast) = (Double.exp(-1), Double.exp(-17))
    let expected = Reference<Double>(rows: 2, columns: 2) {
      [
        [-2 * slow + 3 * fast, 1.5 * slow - 1.5 * fast],
        [-4 * slow + 4 * fast, 3 * slow - 2 * fast],
      ][
        $0][$1]
    }
    #expect((found - expected).norm < 1e-13)
    let one = try pool.matrix(rows: 1, columns: 1) { _, _ in ComplexElement<Double>(1, .pi) }
    let e = try pool.matrixExponential(one)[0, 0]
    #expect(abs(e.real + Double.exp(1)) < 1e-14 && abs(e.imaginary) < 1e-14)
    let huge = try pool.matrix(repeating: -1e308, rows: 1, columns: 1)
    #expect(try pool.matrixExponential(huge)[0, 0] == 0)
    #expect(try pool.matrixExponential(pool.matrix(repeating: 1.0, rows: 0, columns: 0)).count == 0)
  }

  @Test func `is there for async functions`() async throws {
    let pool = TestedExecutor.spawn.shared
    let zero = try pool.matrix(repeating: 0.0, rows: 3, columns: 3)
    let unit = try pool.identityMatrix(of: Double.self, size: 3)
    #expect(Reference(try await pool.matrixExponential(zero)) == Reference(unit))
  }
}
