import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

extension WorkExecutor {
  /// Matrices of one shape as a batch, in one of the layouts or element by element interleaved.
  fileprivate func batch<Element: TestedScalar>(
    _ matrices: [Reference<Element>], _ layout: TestedLayout? = .rows
  ) throws -> SharedMatrixBatch<Element> {
    let (count, rows, columns) = (matrices.count, matrices[0].rows, matrices[0].columns)
    let storage = try array(repeating: 7 as Element, count: 3 * count * rows * columns)
    let batch =
      switch layout {
      case .rows: SharedMatrixBatch(storage, count: count, rows: rows, columns: columns)
      case .columns:
        SharedMatrixBatch(storage, count: count, rows: columns, columns: rows).transposed
      case .gaps:
        SharedMatrixBatch(
          storage, count: count, rows: rows, columns: columns, matrixStride: 3 * rows * columns,
          rowStride: max(1, 3 * columns), columnStride: 3)
      case nil:
        SharedMatrixBatch(
          storage, count: count, rows: rows, columns: columns, matrixStride: 1,
          rowStride: max(1, count * columns), columnStride: count)
      }
    batch.storage.withMutableSpan { span in
      for (index, matrix) in matrices.enumerated() {
        for row in 0..<rows {
          for column in 0..<columns {
            span[index * batch.matrixStride + row * batch.rowStride + column * batch.columnStride] =
              matrix[row, column]
          }
        }
      }
    }
    return batch
  }
}

/// Matrices whose condition is small: random ones with a large diagonal.
private func matrices<Element: TestedScalar>(
  _ count: Int, _ n: Int, seed: UInt64, of _: Element.Type = Element.self
) -> [Reference<Element>] {
  (0..<count).map { index in
    var a = Reference<Element>(rows: n, columns: n, seed: seed &+ UInt64(index))
    for i in 0..<n { a[i, i] = a[i, i] + Element(real: Element.Real(2 * n)) }
    return a
  }
}

private func rightSides<Element: TestedScalar>(
  _ count: Int, _ n: Int, _ columns: Int, seed: UInt64
) -> [Reference<Element>] {
  (0..<count).map { Reference(rows: n, columns: columns, seed: seed &+ 1000 &+ UInt64($0)) }
}

extension Reference {
  /// Symmetric or Hermitian, and positive definite when the diagonal is large, from what lies below the diagonal.
  fileprivate var hermitian: Reference {
    Reference(rows: rows, columns: columns) { i, j in
      i == j
        ? Element(real: self[i, i].modulus) : i > j ? self[i, j] : self[j, i].conjugate
    }
  }

  /// With other numbers right of the diagonal.
  fileprivate func withGarbageAbove(_ garbage: Element) -> Reference {
    Reference(rows: rows, columns: columns) { i, j in j > i ? garbage : self[i, j] }
  }
}

/// ‖b − a·x‖ / (n·‖a‖·‖x‖·ε).
private func residual<Element: TestedScalar>(
  _ a: Reference<Element>, _ x: Reference<Element>, _ b: Reference<Element>
) -> Double {
  ratio(b - a * x, to: a.norm * x.norm, count: a.rows)
}

@Suite(.timeLimit(.minutes(10))) struct `Batches of complex matrices` {
  @Test(arguments: TestedExecutor.allCases, [0, 1, 2, 5, 17, 60])
  func `give what each matrix gives by itself, in every layout`(
    _ kind: TestedExecutor, _ n: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      // In which rows are exchanged.
      let a = (0..<4).map { Reference<Element>(rows: n, columns: n, seed: seed &+ UInt64($0)) }
      let b: [Reference<Element>] = rightSides(4, n, 3, seed: seed)
      let layouts: [TestedLayout?] = n > 17 ? [.gaps] : [.rows, .columns, .gaps, nil]
      for layout in layouts {
        let (left, right) = (try pool.batch(a, layout), try pool.batch(b, layout))
        let solutions = try pool.solve(left, right)
        let given = try pool.batch(b, .gaps)
        _ = try pool.solve(left, right, into: given)
        let inverses = try pool.inverse(left)
        let determinants = try pool.determinant(left)
        let products = try pool.multiply(left, right)
        for index in 0..<4 {
          let context: Comment = "\(Element.self), \(n), \(layout as Any), \(index), seed \(seed)"
          let (one, side) = (try a[index].shared(on: pool), try b[index].shared(on: pool))
          let x = Reference(solutions[index])
          #expect(x == Reference(try pool.solve(one, side)), context)
          #expect(Reference(given[index]) == x, context)
          #expect(residual(a[index], x, b[index]) < 30, context)
          let identity = Reference<Element>(rows: n, columns: n) { $0 == $1 ? 1 : 0 }
          #expect(residual(a[index], Reference(inverses[index]), identity) < 30, context)
          #expect(determinants[index] == (try pool.determinant(one)), context)
          let product = Reference(products[index])
          let error = ratio(
            product - a[index] * b[index], to: a[index].norm * b[index].norm, count: n)
          #expect(error < 30, context)
        }
      }
      // A batch without matrices, and systems without right sides.
      let none = try pool.batch(a)[0..<0]
      #expect(try pool.solve(none, none).count == 0)
      #expect(try pool.determinant(none).count == 0)
      let noSides = rightSides(4, n, 0, seed: seed) as [Reference<Element>]
      #expect(try pool.solve(pool.batch(a), pool.batch(noSides)).columns == 0)
    }
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases, [1, 2, 5, 33])
  func `that are Hermitian and positive definite are read below their diagonals, like real ones`(
    _ kind: TestedExecutor, _ n: Int
  ) throws {
    let pool = kind.shared
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let a = matrices(3, n, seed: seed, of: Element.self).map(\.hermitian)
      let b: [Reference<Element>] = rightSides(3, n, 2, seed: seed)
      let right = try pool.batch(b)
      let clean = try pool.solve(pool.batch(a), right, assuming: .positiveDefinite)
      for garbage in [Element(real: .nan), Element(real: .infinity), 1000] {
        for layout in [.rows, .columns, .gaps, nil] as [TestedLayout?] {
          let left = try pool.batch(a.map { $0.withGarbageAbove(garbage) }, layout)
          let x = try pool.solve(left, right, assuming: .positiveDefinite)
          for index in 0..<3 {
            let context: Comment = "\(Element.self), \(n), \(layout as Any), seed \(seed)"
            #expect(Reference(x[index]) == Reference(clean[index]), context)
            #expect(residual(a[index], Reference(x[index]), b[index]) < 30, context)
            // The same triangle as a matrix by itself; its method is another for real numbers.
            let one = try pool.solve(left[index], right[index], structure: .positiveDefinite)
            #expect(residual(a[index], Reference(one), b[index]) < 30, context)
            if Element.isComplex { #expect(Reference(one) == Reference(x[index]), context) }
          }
        }
      }
      // What is read is what counts.
      var spoilt = a
      spoilt[1][n - 1, n - 1] = Element(real: -1)
      #expect(throws: LinearAlgebraError.notPositiveDefiniteInBatch(index: 1, column: n - 1)) {
        try pool.solve(pool.batch(spoilt), right, assuming: .positiveDefinite)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `that LAPACK solves for their size are read below their diagonals`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    let n = 270
    let a = matrices(2, n, seed: 5, of: Double.self).map(\.hermitian)
    let b: [Reference<Double>] = rightSides(2, n, 1, seed: 5)
    let left = try pool.batch(a.map { $0.withGarbageAbove(.nan) })
    let x = try pool.solve(left, pool.batch(b), assuming: .positiveDefinite)
    for index in 0..<2 { #expect(residual(a[index], Reference(x[index]), b[index]) < 30) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `with singular ones among them name the first, and the others are solved`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    func check<Part: ComplexPart & TestedScalar>(_: Part.Type) throws where Part.Real == Part {
      var a = matrices(40, 6, seed: 9, of: ComplexElement<Part>.self)
      let b: [Reference<ComplexElement<Part>>] = rightSides(40, 6, 2, seed: 9)
      for (index, column) in [(23, 4), (31, 0)] {
        for row in 0..<6 { a[index][row, column] = 0 }
      }
      // NaN is no zero, wherever it stands.
      for row in 0..<6 { a[35][row, 0] = row < 5 ? 0 : ComplexElement(0, .nan) }
      let (left, right) = (try pool.batch(a), try pool.batch(b))
      let x = try pool.batch(b)
      let error = LinearAlgebraError.singularInBatch(index: 23, column: 4)
      #expect(throws: error) { try pool.solve(left, right, into: x) }
      #expect(throws: error) { try pool.inverse(left) }
      let filled = try pool.solve(left, right, singular: .fillWithNaN)
      let inverses = try pool.inverse(left, singular: .fillWithNaN)
      let determinants = try pool.determinant(left)
      for index in 0..<40 {
        let isNaN = [23, 31, 35].contains(index)
        for result in [x[index], filled[index], inverses[index]] {
          let elements = Reference(result).elements
          #expect(elements.allSatisfy { $0.real.isNaN && $0.imaginary.isNaN } == isNaN, "\(index)")
        }
        if !isNaN { #expect(residual(a[index], Reference(filled[index]), b[index]) < 30) }
      }
      #expect((0..<40).filter { determinants[$0] == 0 } == [23, 31])
      #expect((0..<40).filter { determinants[$0].real.isNaN } == [35])
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test func `have determinants that no product on the way makes infinite`() throws {
    let pool = pools[1]
    let sizes = [1e300, 1e-300, 1]
    let a = try pool.matrixBatch(count: 2, rows: 3, columns: 3) { index, row, column in
      row == 2 - column ? ComplexElement(0, sizes[row] * (index == 1 ? -1 : 1)) : 0
    }
    let determinants = try pool.determinant(a)
    // Reversing three columns is one exchange; i³ is -i.
    #expect((determinants[0] - ComplexElement(0, 1)).modulus < 1e-14)
    #expect((determinants[1] - ComplexElement(0, -1)).modulus < 1e-14)
  }

  @Test func `have the same bits when workers are killed on the way`() throws {
    let seed = testSeed()
    let a = matrices(200, 30, seed: seed, of: ComplexElement<Double>.self)
    let b: [Reference<ComplexElement<Double>>] = rightSides(200, 30, 2, seed: seed)
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) {
      (pool) -> [[ComplexElement<Double>]] in
      let (left, right) = (try pool.batch(a), try pool.batch(b))
      var answers: [[ComplexElement<Double>]] = []
      answers.append(Array(try pool.solve(left, right).storage))
      answers.append(Array(try pool.inverse(left).storage))
      answers.append(Array(try pool.determinant(left)))
      answers.append(Array(try pool.multiply(left, right).storage))
      return answers
    }
  }

  @Test(arguments: [3, 40])
  func `have the same bits for any number of workers, and by themselves`(_ n: Int) throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let count = n < 10 ? 300 : 60
      let a = matrices(count, n, seed: seed, of: Element.self)
      let b: [Reference<Element>] = rightSides(count, n, 2, seed: seed)
      var expected: [[Element]]?
      for pool in pools {
        let (left, right) = (try pool.batch(a, .gaps), try pool.batch(b, nil))
        let x = try pool.solve(left, right)
        let last = count - 1
        let alone = try pool.solve(left[last..<count], right[last..<count])
        #expect(Array(alone.storage) == Array(x[last].storage))
        let found = [
          Array(x.storage), Array(try pool.inverse(left).storage),
          Array(try pool.determinant(left)), Array(try pool.multiply(left, right).storage),
        ]
        #expect(found == expected ?? found, "\(Element.self), seed \(seed)")
        expected = found
      }
    }
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }
}
