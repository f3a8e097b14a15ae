import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// The largest modulus of an element.
private func largestModulus<Element: TestedScalar>(_ a: SharedMatrix<Element>) -> Element.Real {
  Reference(a).elements.map(\.modulus).max() ?? 0
}

@Suite struct `The residual of an inverse` {
  private let pool = pools[1]

  @Test func `is the measure of LAPACK's test programs, with the same bits on every pool`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for size in [0, 1, 2, 5, 70] {
        let made = try DenseMatrix<Element>.random(
          rows: size, columns: size, seed: seed &+ UInt64(size))
        let what = "n = \(size), \(Element.self)"
        let (inverse, found) = try onAllPools([made], what) { pool, inputs, digest in
          let inverse = try pool.inverse(inputs[0], checkingResidual: true)
          let check = try pool.residual(ofInverse: inverse, of: inputs[0])
          digest.add(inverse)
          digest.add(try pool.array([check.residual]))
          return (inverse, check)
        }
        #expect(found.isSmall && found.orthogonality == 0, "\(what): \(found)")
        // Changed, rounding does not count any more: the ratios are the same.
        guard size > 0 else { continue }
        // By twice as much, so that it is not 0 then.
        inverse[0, 0] = inverse[0, 0] + Element(real: 2 * largestModulus(inverse))
        let changed = try pool.residual(
          ofInverse: try DenseMatrix(inverse).shared(on: pool, .gaps),
          of: try made.shared(on: pool))
        let expected = made.ratio(ofInverse: DenseMatrix(inverse))
        #expect(!changed.isSmall && abs(changed.residual / expected - 1) < 0.01, "\(what)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `refuses what is too large, and names the operation`() throws {
    let a = try DenseMatrix<Double>.random(rows: 9, columns: 9, seed: 3).shared(on: pool)
    let inverse = try pool.inverse(a)
    let ratio = try pool.residual(ofInverse: inverse, of: a).ratio
    try #require(ratio > 0)
    let error = LinearAlgebraError.largeResidual(operation: "inverse", ratio: ratio, limit: 0)
    #expect(throws: error) { try pool.inverse(a, checkingResidual: 0) }
    inverse[4, 4] = .nan
    #expect(try pool.residual(ofInverse: inverse, of: a).ratio == .infinity)
    let other = try pool.identityMatrix(of: Double.self, size: 3)
    #expect(throws: KernelError.self) { try pool.residual(ofInverse: other, of: a) }
    #expect(throws: LinearAlgebraError.self) {
      try pool.residual(
        ofInverse: other, of: try pool.matrix(repeating: 1.0, rows: 3, columns: 2))
    }
  }

  @Test func `is there for pseudo-inverses of any rank and shape`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for (rows, columns, rank) in [
        (0, 3, 0), (4, 0, 0), (1, 1, 1), (30, 12, 12), (12, 30, 12), (20, 20, 20), (30, 12, 5),
        (12, 30, 5), (6, 4, 0),
      ] {
        let what = "\(rows) × \(columns), rank \(rank), \(Element.self)"
        let left = try DenseMatrix<Element>.random(rows: rows, columns: rank, seed: seed)
        let right = try DenseMatrix<Element>.random(rows: rank, columns: columns, seed: seed &+ 1)
        let made = rank == 0 ? DenseMatrix<Element>(rows: rows, columns: columns) : left * right
        let (inverse, found) = try onAllPools([made], what) { pool, inputs, digest in
          let inverse = try pool.pseudoInverse(inputs[0], checkingResidual: true)
          let check = try pool.residual(ofPseudoInverse: inverse, of: inputs[0], rank: rank)
          digest.add(inverse)
          digest.add(try pool.array([check.residual]))
          return (inverse, check)
        }
        #expect(found.isSmall && found.operation == "pseudoInverse", "\(what): \(found)")
        guard rank > 0, rows * columns > 1 else { continue }
        inverse[0, 0] = inverse[0, 0] + Element(real: largestModulus(inverse))
        let changed = try pool.residual(
          ofPseudoInverse: try DenseMatrix(inverse).shared(on: pool),
          of: try made.shared(on: pool), rank: rank)
        #expect(!changed.isSmall, "\(what): \(changed)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
    let a = try pool.matrix(rows: 3, columns: 2) { Double(1 + $0 * $1 + $1) }
    let error = #expect(throws: LinearAlgebraError.self) {
      try pool.pseudoInverse(a, tolerance: 0.5, checkingResidual: true)
    }
    guard case .largeResidual("pseudoInverse", _, 30) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(throws: KernelError.self) { try pool.residual(ofPseudoInverse: a, of: a) }
  }

  @Test func `is there for batches`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for size in [0, 1, 7, 60] {
        var random = TestRandom(seed: seed &+ UInt64(size))
        let a = try pool.matrixBatch(count: 5, rows: size, columns: size) { _, row, column in
          Element.random(&random) + (row == column ? Element(real: 4) : 0)
        }
        let x = try pool.inverse(a.transposed, checkingResidual: true)
        let ratios = try pool.residuals(ofInverses: x, of: a.transposed)
        #expect(Array(ratios).allSatisfy { $0 < 30 }, "n = \(size), \(Element.self)")
        guard size > 0 else { continue }
        x[3][0, 0] = x[3][0, 0] + Element(real: 0.1)
        let changed = Array(try pool.residuals(ofInverses: x, of: a.transposed))
        #expect(changed.indices.allSatisfy { (changed[$0] < 30) == ($0 != 3) }, "\(changed)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
    // A matrix without an inverse is not measured, and what is refused is the first that is too large.
    let a = try pool.matrixBatch(count: 3, rows: 4, columns: 4) { index, row, column in
      index == 1 ? 0 : row == column ? 3.3 : 0.7
    }
    let x = try pool.inverse(a, singular: .fillWithNaN, checkingResidual: true)
    #expect(x[1][0, 0].isNaN && !x[2][0, 0].isNaN)
    let error = #expect(throws: LinearAlgebraError.self) {
      try pool.inverse(a[2..<3], checkingResidual: 0)
    }
    guard case .largeResidualInBatch(0, _, 0) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `is there for async functions`() async throws {
    let a = try pool.matrix(rows: 2, columns: 2) { $0 == $1 ? 2.0 : 1 }
    let x = try await pool.inverse(a, checkingResidual: true)
    #expect(try await pool.residual(ofInverse: x, of: a).isSmall)
    let y = try await pool.pseudoInverse(a, checkingResidual: true)
    #expect(try await pool.residual(ofPseudoInverse: y, of: a).isSmall)
    let batch = SharedMatrixBatch(repeating: a, count: 2)
    let inverses = try await pool.inverse(batch, checkingResidual: true)
    let ratios = try await pool.residuals(ofInverses: inverses, of: batch)
    #expect(ratios[1] < 30)
  }
}

@Suite struct `The residual of principal components` {
  private let pool = pools[1]

  @Test func `fails where a component, a variance or the observations were changed`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let made = try DenseMatrix<Element>.random(rows: 40, columns: 7, seed: seed)
      let x = try made.shared(on: pool)
      for (scaled, count) in [(false, 7), (true, 7), (true, 2), (false, 0)] {
        let found = try pool.principalComponents(x, count: count, scaled: scaled)
        let check = try found.residual(of: x)
        #expect(check.isSmall && check.operation == "principalComponents", "\(check)")
        guard count > 0 else { continue }
        let old = x[3, 2]
        x[3, 2] = old + 1
        #expect(try !found.residual(of: x).isSmall, "\(scaled), \(count)")
        x[3, 2] = old
        found.components[1, 2] = found.components[1, 2] + Element(real: 0.01)
        let changed = try found.residual(of: x)
        #expect(changed.residual >= 30 && changed.orthogonality >= 30, "\(changed)")
        found.components[0, 0] = Element(real: .nan)
        #expect(try found.residual(of: x).ratio == .infinity)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `does not overflow where the observations do not`() throws {
    for size in [1e150, 1e-150, 1e-300] {
      let x = try pool.matrix(rows: 30, columns: 3) { size * Double(($0 * 7 + $1 * 5) % 11) }
      let found = try pool.principalComponents(x)
      // Variances are squares: of the smallest numbers nothing is left of them.
      #expect(try found.residual(of: x).isSmall == (size > 1e-200), "\(size)")
      let scaled = try pool.principalComponents(x, scaled: true)
      #expect(try scaled.residual(of: x).isSmall, "\(size)")
    }
  }

  @Test func `refuses other shapes, and is there for async functions`() async throws {
    let x = try pool.matrix(rows: 5, columns: 3) { Double(($0 * 7 + $1 * 5) % 11) }
    let found = try await pool.principalComponents(x)
    #expect(try await found.residual(of: x).isSmall)
    await #expect(throws: KernelError.self) { try await found.residual(of: x.transposed) }
    let row = try pool.matrix(rows: 1, columns: 3) { Double($0 + $1) }
    await #expect(throws: PoolError.self) { try await found.residual(of: row) }
    let none = try pool.matrix(rows: 5, columns: 0) { _, _ in 0.0 }
    #expect(try await pool.principalComponents(none).residual(of: none).isSmall)
  }
}

extension `Residuals over LAPACK's matrix types` {
  @Test(arguments: MatrixSource.available)
  func `of principal components are small`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool) throws {
      // Near overflow the variances, which are squares, are no numbers.
      let types = generalTypes(Element.precision).dropLast() + rankTypes(Element.precision)
      try forEachMatrix(
        of: all ? Array(types) : [types[3]], Element.self, source, sizes: sizes, isSquare: false,
        seed: seed
      ) { a, _, type, what in
        guard a.rows >= 2 else { return }
        for isScaled in [false, true] where isScaled || type.norm >= 1 {
          let (found, measured) = try onAllPools([a], what) { pool, inputs, digest in
            let found = try pool.principalComponents(inputs[0], scaled: isScaled)
            let check = try found.residual(of: inputs[0])
            digest.add(found.components)
            digest.add(try pool.array(found.explainedVariance))
            digest.add(try pool.array([check.residual, check.orthogonality]))
            return (found, check)
          }
          ratios.expect("residual", measured.residual, what)
          ratios.expect("orthogonality", measured.orthogonality, what)
          // The test's own: the largest ‖SᴴS·v - λ·v‖₂ / (2·max(n, p)·‖S‖²·ε), S scaled by a power of 2.
          let (means, scales) = (Array(found.means), Array(found.scales))
          var s = DenseMatrix<Element>(rows: a.rows, columns: a.columns)
          for column in 0..<a.columns {
            for row in 0..<a.rows {
              let place = row + column * a.rows
              s.elements[place] =
                (a.elements[place] - means[column]) / Element(real: scales[column])
            }
          }
          let size = s.columnNorms.max() ?? 0
          guard size > 0 else { continue }
          let exponent = Int(size.exponent)
          s = s.scaled(exponent: -exponent)
          let count = found.components.rows
          var v = DenseMatrix<Element>(rows: a.columns, columns: count)
          v.add(1, DenseMatrix(found.components), .adjoint, .identity(count))
          let lambda = found.explainedVariance.map { variance in
            let root = (variance * Double(a.rows - 1)).squareRoot()
            let scaled = Double(sign: .plus, exponent: -exponent, significand: root)
            return Element(real: Element.Real(scaled * scaled))
          }
          var difference = DenseMatrix<Element>(rows: a.columns, columns: count)
          difference.add(1, s, .adjoint, s * v)
          difference.add(-1, v, DenseMatrix(diagonal: lambda))
          func squares(_ elements: some Sequence<Element>) -> Double {
            elements.reduce(0.0) { $0 + Double($1.modulus) * Double($1.modulus) }
          }
          let lengths = (0..<count).map { squares(difference.column($0).elements).squareRoot() }
          ratios.expect(
            "components",
            Element.ratio(
              lengths.max() ?? 0, to: [2 * squares(s.elements)], count: max(a.rows, a.columns)),
            what)
        }
      }
    }
    try forEachScalar(source) { try check($0, sizes: $1, all: $2) }
    ratios.report("principal components, \(source)")
  }
}
