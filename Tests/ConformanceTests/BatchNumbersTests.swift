import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Numbers, NaN among them, as text that is the same where their bits are.
private func text(_ values: some Collection<Double>) -> String { "\(Array(values))" }

@Suite(.timeLimit(.minutes(10))) struct `Numbers of batches, and their LU factors` {
  private static let norms: [MatrixNorm] = [.one, .infinity, .frobenius, .maximum]

  /// Compares what is found of each with what it has by itself.
  private func check<Element: TestedScalar>(
    _ type: Element.Type, _ rows: Int, _ columns: Int, on pool: any WorkExecutor,
    _ layout: TestedLayout, seed: UInt64
  ) throws {
    let what = "\(type), \(rows) × \(columns), \(layout), seed \(seed)"
    var matrices = randomMatrices(4, rows, columns, seed: seed, of: type)
    // One of deficient rank, and without a pivot.
    for row in 0..<rows where columns > 1 { matrices[2][row, columns - 1] = 0 }
    let a = try testBatch(matrices, rows: rows, columns: columns, on: pool, layout)
    let lu = try pool.lu(a)
    let ranks = Array(try pool.rank(a))
    let coarse = Array(try pool.rank(a, tolerance: 0.5))
    let conditions = Array(try pool.conditionNumber(a))
    let inverses = try pool.pseudoInverse(a)
    let few = try pool.pseudoInverse(a, tolerance: 0.5)
    #expect(lu.count == 4)
    for index in 0..<4 {
      let one = a[index]
      let single = try pool.lu(one)
      #expect(Reference(lu[index].factors) == Reference(single.factors), "\(what)")
      #expect(lu[index].permutation == single.permutation, "\(what)")
      #expect(lu[index].singularColumn == single.singularColumn, "\(what)")
      let difference = Reference(try lu[index].reconstruct()) - matrices[index]
      #expect(
        ratio(difference, to: matrices[index].norm, count: max(rows, columns)) < 30, "\(what)")
      #expect(try lu[index].residual(of: one).isSmall, "\(what)")

      #expect(ranks[index] == (try pool.rank(one)), "\(what)")
      #expect(coarse[index] == (try pool.rank(one, tolerance: 0.5)), "\(what)")
      #expect(text([conditions[index]]) == text([try pool.conditionNumber(one)]), "\(what)")
      #expect(Reference(inverses[index]) == Reference(try pool.pseudoInverse(one)), "\(what)")
      #expect(
        Reference(few[index]) == Reference(try pool.pseudoInverse(one, tolerance: 0.5)), "\(what)")
    }
    #expect(inverses.rows == columns && inverses.columns == rows)
    for norm in Self.norms {
      let expected = try (0..<4).map { try pool.matrixNorm(a[$0], norm) }
      #expect(text(Array(try pool.matrixNorm(a, norm))) == text(expected), "\(norm), \(what)")
    }
    for norm in [SingularValueNorm.spectral, .nuclear] {
      let expected = try (0..<4).map { try pool.matrixNorm(a[$0], norm) }
      #expect(text(Array(try pool.matrixNorm(a, norm))) == text(expected), "\(norm), \(what)")
    }
    guard rows == columns else { return }
    let logarithms = Array(try pool.logDeterminant(a))
    for norm in [ConditionNorm.one, .infinity] {
      let expected = try (0..<4).map { try pool.conditionNumber(a[$0], norm: norm) }
      let found = Array(try pool.conditionNumber(a, norm: norm))
      #expect(text(found) == text(expected), "\(norm), \(what)")
      #expect(columns < 2 || found[2] == .infinity, "\(what)")
    }
    let sides = try Reference<Element>(rows: rows, columns: 2, seed: seed).shared(on: pool)
    for index in 0..<4 {
      #expect(logarithms[index] == (try pool.logDeterminant(a[index])), "\(what)")
      let (ours, theirs) = (lu[index], try pool.lu(a[index]))
      #expect(try ours.determinant == theirs.determinant, "\(what)")
      guard ours.singularColumn == nil else { continue }
      #expect(Reference(try ours.solve(sides)) == Reference(try theirs.solve(sides)), "\(what)")
      #expect(Reference(try ours.inverse()) == Reference(try theirs.inverse()), "\(what)")
      #expect(try ours.reciprocalCondition() == theirs.reciprocalCondition(), "\(what)")
    }
  }

  @Test(arguments: [0, 1, 2, 5, 40])
  func `are those that each matrix has by itself`(_ n: Int) throws {
    let seed = testSeed()
    for scalar in testedScalars {
      for (rows, columns, layout) in [
        (n, n, TestedLayout.rows), (n + 3, n, .gaps), (n, n + 2, .columns),
      ] {
        try check(scalar, rows, columns, on: pools[1], layout, seed: seed)
      }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are those on every executor`(_ kind: TestedExecutor) throws {
    try check(Double.self, 6, 6, on: kind.shared, .gaps, seed: testSeed())
    try check(ComplexElement<Float>.self, 4, 6, on: kind.shared, .columns, seed: testSeed())
  }

  @Test func `can be awaited, and come in the order of the matrices`() async throws {
    let pool = pools[2]
    // More than a chunk: diagonal matrices whose values say which they are.
    let a = try pool.matrixBatch(count: 500, rows: 3, columns: 3) { index, row, column in
      row != column || (index % 7 == 3 && row == 2) ? 0 : Double(1 + index + row)
    }
    let (lu, logarithms) = (try await pool.lu(a), try await pool.logDeterminant(a))
    let (ranks, inverses) = (try await pool.rank(a), try await pool.pseudoInverse(a))
    let conditions = try await pool.conditionNumber(a)
    let estimates = try await pool.conditionNumber(a, norm: .one)
    let norms = try await pool.matrixNorm(a, MatrixNorm.one)
    let nuclear = try await pool.matrixNorm(a, .nuclear)
    for index in 0..<500 {
      let isDeficient = index % 7 == 3
      let values = (0..<3).map { isDeficient && $0 == 2 ? 0 : Double(1 + index + $0) }
      #expect(lu[index].singularColumn == (isDeficient ? 2 : nil))
      #expect(try lu[index].determinant == values.reduce(1, *))
      #expect(logarithms[index].sign == (isDeficient ? 0 : 1))
      #expect(ranks[index] == (isDeficient ? 2 : 3))
      #expect(conditions[index].isInfinite == isDeficient)
      #expect(estimates[index].isInfinite == isDeficient)
      if !isDeficient { #expect(abs(estimates[index] - values[2] / values[0]) < 1e-11) }
      #expect(norms[index] == values.max())
      #expect(abs(nuclear[index] - values.reduce(0, +)) < 1e-11)
      for row in 0..<3 {
        let expected = values[row] == 0 ? 0 : 1 / values[row]
        #expect(abs(inverses[index][row, row] - expected) < 1e-15)
      }
    }
  }

  @Test func `name the first matrix with NaN, or spoil its results alone`() throws {
    let pool = pools[1]
    let seed = testSeed()
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let matrices = randomMatrices(40, 4, 4, seed: seed, of: type)
      let a = try testBatch(matrices, rows: 4, columns: 4, on: pool)
      let (lu, inverses) = (try pool.lu(a), try pool.pseudoInverse(a))
      let (conditions, ranks) = (Array(try pool.conditionNumber(a)), Array(try pool.rank(a)))
      let norms = Array(try pool.matrixNorm(a, .frobenius))
      a[31][2, 1] = Element(real: .infinity)
      a[17][3, 0] = Element(real: .nan)
      let error = LinearAlgebraError.notFiniteInBatch(index: 17, operand: .a, row: 3, column: 0)
      #expect(throws: error) { try pool.lu(a) }
      #expect(throws: error) { try pool.logDeterminant(a) }
      #expect(throws: error) { try pool.conditionNumber(a, norm: .one) }
      #expect(throws: error) { try pool.conditionNumber(a) }
      #expect(throws: error) { try pool.rank(a) }
      #expect(throws: error) { try pool.pseudoInverse(a) }
      #expect(throws: error) { try pool.matrixNorm(a, .spectral) }

      let spoiltLU = try pool.lu(a, checkingFinite: false)
      let spoiltInverses = try pool.pseudoInverse(a, checkingFinite: false)
      let logarithms = try pool.logDeterminant(a, checkingFinite: false)
      let spoiltRanks = try pool.rank(a, checkingFinite: false)
      let spoiltConditions = try pool.conditionNumber(a, checkingFinite: false)
      let estimates = try pool.conditionNumber(a, norm: .infinity, checkingFinite: false)
      let spectral = try pool.matrixNorm(a, .spectral, checkingFinite: false)
      let spoiltNorms = try pool.matrixNorm(a, .frobenius)
      for index in 0..<40 {
        let isSpoilt = index == 17 || index == 31
        for (found, expected) in [
          (spoiltLU.factors[index], lu.factors[index]), (spoiltInverses[index], inverses[index]),
        ] {
          let (found, expected) = (Reference(found), Reference(expected))
          if isSpoilt {
            #expect(found.elements.allSatisfy { $0.realPart.isNaN }, "\(type), matrix \(index)")
          } else {
            #expect(found == expected, "\(type), matrix \(index)")
          }
        }
        #expect(try spoiltLU[index].determinant.realPart.isNaN == isSpoilt)
        #expect(spoiltLU[index].permutation.sorted() == Array(0..<4))
        #expect(logarithms[index].sign.realPart.isNaN == isSpoilt)
        #expect(spoiltRanks[index] == (isSpoilt ? 0 : ranks[index]))
        #expect(spoiltConditions[index].isNaN == isSpoilt)
        #expect(isSpoilt || spoiltConditions[index] == conditions[index])
        #expect(estimates[index].isNaN == isSpoilt)
        #expect(spectral[index].isNaN == isSpoilt)
        #expect(spoiltNorms[index].isNaN == (index == 17))
        #expect(isSpoilt || spoiltNorms[index] == norms[index])
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `may be of no matrices, and are refused when shapes do not fit`() throws {
    let pool = pools[3]
    let none = try pool.matrixBatch(count: 0, rows: 3, columns: 3) { _, _, _ in Double.nan }
    #expect(try pool.lu(none).count == 0)
    #expect(try pool.pseudoInverse(none).count == 0)
    #expect(Array(try pool.rank(none)).isEmpty)
    #expect(Array(try pool.logDeterminant(none)).isEmpty)
    #expect(Array(try pool.conditionNumber(none)).isEmpty)
    #expect(Array(try pool.conditionNumber(none, norm: .one)).isEmpty)
    #expect(Array(try pool.matrixNorm(none, MatrixNorm.one)).isEmpty)
    let a = try pool.matrixBatch(count: 4, rows: 3, columns: 2) { _, _, _ in 1.0 }
    #expect(
      throws: LinearAlgebraError.notSquare(operation: "logDeterminant", rows: 3, columns: 2)
    ) { try pool.startLogDeterminant(a) }
    #expect(
      throws: LinearAlgebraError.notSquare(operation: "conditionNumber", rows: 3, columns: 2)
    ) { try pool.startConditionNumber(a, norm: .one) }
    #expect(throws: PoolError.self) { try pool.startPseudoInverse(a, tolerance: -1) }
    #expect(throws: PoolError.self) { try pool.startRank(a, tolerance: -.infinity) }
    #expect(throws: LinearAlgebraError.self) { try pool.lu(a)[1].determinant }
  }

  @Test func `have the same bits for any number of workers and view, and when those are killed`()
    throws
  {
    let seed = testSeed()
    func answers<Element: TestedScalar>(
      _ pool: ProcessPool, _ matrices: [Reference<Element>], _ layout: TestedLayout
    ) throws -> BitDigest {
      let a = try testBatch(matrices, rows: 20, columns: 20, on: pool, layout)
      var digest = BitDigest()
      let lu = try pool.lu(a)
      digest.add(lu.factors.storage)
      for index in [0, 1, lu.count - 1] { digest.add(lu[index].permutation) }
      digest.add(try pool.pseudoInverse(a).storage)
      let logarithms = Array(try pool.logDeterminant(a))
      digest.add(try pool.array(logarithms.map(\.sign)))
      digest.add(try pool.array(logarithms.map(\.logMagnitude)))
      digest.add(try pool.rank(a, tolerance: 0.1))
      digest.add(try pool.conditionNumber(a))
      digest.add(try pool.conditionNumber(a, norm: .infinity))
      for norm in Self.norms { digest.add(try pool.matrixNorm(a, norm)) }
      digest.add(try pool.matrixNorm(a, .nuclear))
      return digest
    }
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let matrices = randomMatrices(60, 20, 20, seed: seed, of: type)
      let expected = try answers(pools[0], matrices, .rows)
      for (index, layout) in [(1, TestedLayout.columns), (2, .gaps), (3, .rows)] {
        let found = try answers(pools[index], matrices, layout)
        #expect(found == expected, "\(type), \(pools[index].workerCount) workers, \(layout)")
      }
      try expectSameWhileWorkersAreKilled(seed: seed, deaths: 5, by: ==) {
        try answers($0, matrices, .rows)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }
}
