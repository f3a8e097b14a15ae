import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Batches that are searched for NaN and infinities` {
  /// Matrices with large diagonals, and right sides, in one of two layouts.
  private func system<Element: TestedScalar>(
    _ count: Int, on pool: any WorkExecutor, isTransposed: Bool, seed: UInt64
  ) throws -> (a: SharedMatrixBatch<Element>, b: SharedMatrixBatch<Element>) {
    var random = TestRandom(seed: seed)
    let a = try pool.matrixBatch(count: count, rows: 5, columns: 5) { _, row, column in
      Element.random(&random) + (row == column ? Element(real: 9) : 0)
    }
    let b = try pool.matrixBatch(count: count, rows: 5, columns: 2) { _, _, _ in
      Element.random(&random)
    }
    return (isTransposed ? a.transposed : a, b)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `name the first matrix that has one, and where`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for (isTransposed, hostile) in [(false, Double.nan), (true, .infinity), (true, -.infinity)] {
        let (a, b): (SharedMatrixBatch<Element>, SharedMatrixBatch<Element>) = try system(
          700, on: pool, isTransposed: isTransposed, seed: seed)
        let bad = Element(real: Element.Real(hostile))
        let clean = try pool.solve(a, b)
        let checked = try pool.solve(a, b, checkingFinite: true)
        #expect(Array(checked.storage) == Array(clean.storage))
        // One in B alone, then others in A.
        b[400][3, 1] = bad
        expect(.notFiniteInBatch(index: 400, operand: .b, row: 3, column: 1)) {
          try pool.solve(a, b, checkingFinite: true)
        }
        _ = try pool.inverse(a, checkingFinite: true)
        for (index, row, column) in [(699, 0, 0), (611, 4, 2), (611, 2, 3)] {
          a[index][row, column] = bad
        }
        let error = LinearAlgebraError.notFiniteInBatch(index: 611, operand: .a, row: 2, column: 3)
        let untouched = try pool.matrixBatch(count: 700, rows: 5, columns: 2) { _, _, _ in
          Element(real: 7)
        }
        expect(error) { try pool.solve(a, b, into: untouched, checkingFinite: true) }
        #expect(Array(untouched.storage).allSatisfy { $0 == Element(real: 7) })
        expect(error) {
          try pool.solve(a, b, singular: .fillWithNaN, checkingFinite: true)
        }
        expect(error) { try pool.inverse(a, checkingFinite: true) }
        expect(error) { try pool.determinant(a, checkingFinite: true) }
        // Unless it is asked for, all others are solved.
        let x = try pool.solve(a, b)
        for index in 0..<700 where ![400, 611, 699].contains(index) {
          let (row, column) = (index % 5, index % 2)
          #expect(x[index][row, column] == clean[index][row, column], "\(index)")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }

    func expect<R>(_ error: LinearAlgebraError, _ body: () throws -> R) {
      #expect(throws: error) { _ = try body() }
    }
  }

  @Test func `look at what is read of positive definite matrices`() throws {
    let pool = pools[1]
    let a = try pool.matrixBatch(count: 3, rows: 4, columns: 4) { _, row, column in
      row < column ? Double.nan : row == column ? 9 : 1
    }
    let b = try pool.matrixBatch(count: 3, rows: 4, columns: 1) { _, _, _ in 1.0 }
    let x = try pool.solve(a, b, assuming: .positiveDefinite, checkingFinite: true)
    #expect(Array(x.storage).allSatisfy { $0.isFinite })
    #expect(
      throws: LinearAlgebraError.notFiniteInBatch(index: 0, operand: .a, row: 0, column: 1)
    ) { try pool.solve(a, b, checkingFinite: true) }
    a[1][3, 2] = .infinity
    #expect(
      throws: LinearAlgebraError.notFiniteInBatch(index: 1, operand: .a, row: 3, column: 2)
    ) { try pool.solve(a, b, assuming: .positiveDefinite, checkingFinite: true) }
  }

  @Test func `may be empty, or one matrix for all`() throws {
    let pool = pools[2]
    let none = try pool.matrixBatch(count: 0, rows: 3, columns: 3) { _, _, _ in Float.nan }
    #expect(try pool.solve(none, none, checkingFinite: true).count == 0)
    let flat = try pool.matrixBatch(count: 4, rows: 0, columns: 0) { _, _, _ in Float.nan }
    #expect(Array(try pool.determinant(flat, checkingFinite: true)) == [1, 1, 1, 1])
    let one = try pool.matrix(rows: 2, columns: 2) { $0 == 1 && $1 == 0 ? Float.nan : 1 }
    let same = SharedMatrixBatch(repeating: one, count: 5)
    #expect(
      throws: LinearAlgebraError.notFiniteInBatch(index: 0, operand: .a, row: 1, column: 0)
    ) { try pool.inverse(same, checkingFinite: true) }
  }
}
