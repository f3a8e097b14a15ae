import Echelon
import EchelonLinearAlgebra
import RealModule
import TestSupport
import Testing

/// Numbers at the ends of the range of their type, in what linear algebra makes of them on the way.
@Suite(.timeLimit(.minutes(5))) struct `Linear algebra of extreme numbers` {
  private let pool = pools[1]

  private func square<Element: LinearAlgebraScalar>(
    _ elements: [Element]
  ) throws -> SharedMatrix<Element> {
    let size = Int(Double(elements.count).squareRoot())
    return SharedMatrix(try pool.array(elements), rows: size, columns: size)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `finds principal components, or says that they are out of range`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    func check<Element: TestedScalar>(_: Element.Type) throws {
      func column(_ values: [Double]) throws -> SharedMatrix<Element> {
        let most = Element.Real.greatestFiniteMagnitude
        return try pool.array(values.map { Element(real: Element.Real($0) * most) }).asColumn
      }
      // The sum is no number, the mean is.
      let constant = try pool.principalComponents(try column([0.75, 0.75, 0.75, 0.75]))
      #expect(constant.explainedVariance == [0])
      #expect(constant.means[0].modulus == 0.75 * Element.Real.greatestFiniteMagnitude)
      // Deviations that are none; of Double also variances.
      let hostile = Element.Real.self == Double.self ? [[1, -1], [1e-100, 2e-100]] : [[1, -1]]
      for values in hostile {
        let error = #expect(throws: LinearAlgebraError.self) {
          try pool.principalComponents(try column(values))
        }
        guard case .outOfRange? = error else {
          Issue.record("\(values): \(String(describing: error))")
          continue
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `refuses a wrong solution also where the norm of the matrix is out of range`() throws {
    let a = try square([1e308, 1e308, 1e308, -1e308])
    let b = try pool.array([1e308, 0])
    let wrong = try pool.array([0.5, 0])
    #expect(try pool.residual(of: wrong, solving: a, b).ratio == .infinity)
    let ratios = try pool.residuals(
      of: SharedMatrixBatch(repeating: wrong.asColumn, count: 1),
      solving: SharedMatrixBatch(repeating: a, count: 1),
      SharedMatrixBatch(repeating: b.asColumn, count: 1))
    #expect(Array(ratios) == [.infinity])
  }

  @Test func `has the sign and the logarithm of determinants that have no inverse`() throws {
    func expect<Element: TestedScalar>(
      _ element: Element, sign: Element, logMagnitude: Double,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let found = try pool.logDeterminant(try square([element]))
      let difference = (found.sign - sign).modulus
      #expect(Double(difference) < 4 * Element.epsilon, sourceLocation: sourceLocation)
      let error = abs(found.logMagnitude / logMagnitude - 1)
      #expect(error < 1e-5, "\(found)", sourceLocation: sourceLocation)
    }
    try expect(-0x1p-1050, sign: -1, logMagnitude: -1050 * .log(2))
    try expect(Float(0x1p-140), sign: 1, logMagnitude: -140 * .log(2))
    try expect(
      ComplexElement<Double>(0, -0x1p-1050), sign: ComplexElement(0, -1),
      logMagnitude: -1050 * .log(2))
    try expect(
      ComplexElement<Float>(0, 0x1p-140), sign: ComplexElement(0, 1), logMagnitude: -140 * .log(2))
    // A modulus that is no number.
    try expect(
      ComplexElement(0x1.8p1023, 0x1.8p1023),
      sign: ComplexElement(0.5.squareRoot(), 0.5.squareRoot()),
      logMagnitude: 1023 * .log(2) + .log(1.5) + .log(2) / 2)
    let product = try pool.determinant(
      try square([ComplexElement(0x1.8p1023, 0x1.8p1023), 0, 0, ComplexElement(0x1p-997, 0)]))
    #expect(product == ComplexElement(0x1.8p26, 0x1.8p26))
  }

  @Test func `estimates a condition also where the norm is out of the range of Float`() throws {
    let a = try square([Float(3e38), 1e38, 1e38, 3e38])
    for norm in [ConditionNorm.one, .infinity] {
      let found = try pool.conditionNumber(a, norm: norm)
      #expect(abs(found - 2) < 1e-5, "\(found)")
      #expect(abs(try pool.lu(a).reciprocalCondition(norm) - 0.5) < 1e-5)
    }
    #expect(abs(try pool.cholesky(a).reciprocalCondition() - 0.5) < 1e-5)
    let zero = try square([Float(0), 0, 0, 0])
    #expect(try pool.lu(zero).reciprocalCondition(.one) == 0)
  }

  @Test func `refuses tolerances that are none, and roots of λ that are no Float`() throws {
    let a = try square([Float(1), 0, 0, 0])
    let b = try pool.array([Float(1), 1])
    let svd = try pool.svd(a)
    for tolerance in [-1, .nan] as [Double] {
      #expect(throws: PoolError.self) { try svd.solve(b, tolerance: tolerance) }
      #expect(throws: PoolError.self) { try svd.pseudoInverse(tolerance: tolerance) }
      #expect(throws: PoolError.self) { try pool.leastSquares(a, b, tolerance: tolerance) }
    }
    #expect(throws: PoolError.self) {
      try pool.ridge(a, b, lambda: 1e80, checkingResidual: true)
    }
    #expect(Array(try pool.ridge(a, b, lambda: 1e80)).allSatisfy { abs($0) < 1e-37 })
  }
}
