public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// A matrix A as P·L·U: a permutation, a lower triangle with ones on its diagonal, and an upper triangle.
///
/// A matrix that is singular has factors, too; what divides by them throws `LinearAlgebraError.singular`. Work goes to
/// the executor that made the factorization, which must not be shut down.
public struct LUFactorization<Element: LinearAlgebraScalar>: ConditionEstimating {
  /// L below the diagonal, without its ones, and U on it and above; m × n, column-major.
  public let factors: SharedMatrix<Element>
  /// The first column, from 0, whose pivot is exactly 0; nil for none. Always nil for an invertible matrix.
  public let singularColumn: Int?
  /// min(m, n): row i was exchanged with row `pivots[i]` - 1, as LAPACK notes it.
  let pivots: SharedArray<Int32>
  /// ‖A‖₁ and ‖A‖∞.
  let norms: (one: Double, infinity: Double)
  let executor: any WorkExecutor

  /// The number of rows of A.
  public var rows: Int { factors.rows }
  /// The number of columns of A.
  public var columns: Int { factors.columns }

  /// Row i of P⁻¹·A, which is L·U, is row `permutation[i]` of A.
  public var permutation: [Int] {
    var order = Array(0..<rows)
    for (row, other) in Array(pivots).enumerated() { order.swapAt(row, Int(other) - 1) }
    return order
  }

  /// L, m × min(m, n), as a new column-major matrix.
  public var lower: SharedMatrix<Element> {
    get throws {
      try executor.triangle(
        .lower, hasUnitDiagonal: true, of: factors, rows: rows, columns: min(rows, columns))
    }
  }

  /// U, min(m, n) × n, as a new column-major matrix.
  public var upper: SharedMatrix<Element> {
    get throws {
      try executor.triangle(.upper, of: factors, rows: min(rows, columns), columns: columns)
    }
  }

  /// The determinant: ± the product of U's diagonal, rounded once for each factor. It overflows or underflows only
  /// when the determinant itself does. 1 of no elements.
  /// - Throws: `LinearAlgebraError.notSquare`.
  public var determinant: Element {
    get throws {
      try checkSquare("determinant")
      var product = DeterminantProduct<Element>()
      for index in 0..<rows { product.multiply(by: factors[index, index]) }
      return isOdd ? -product.value : product.value
    }
  }

  /// The logarithm of the determinant's modulus, and its sign.
  /// - Throws: `LinearAlgebraError.notSquare`.
  public var logDeterminant: LogDeterminant<Element> {
    get throws {
      try checkSquare("logDeterminant")
      var result = LogDeterminant<Element>(sign: isOdd ? -1 : 1)
      for index in 0..<rows { result.multiply(by: factors[index, index]) }
      return result
    }
  }

  /// Whether the permutation is an odd number of exchanges.
  private var isOdd: Bool { pivots.withSpan { isOddPermutation($0) } }

  private func checkSquare(_ operation: String) throws(LinearAlgebraError) {
    guard rows == columns else {
      throw .notSquare(operation: operation, rows: rows, columns: columns)
    }
  }

  private func checkInvertible(_ operation: String) throws(LinearAlgebraError) {
    try checkSquare(operation)
    if let singularColumn { throw .singular(column: singularColumn) }
  }
}

extension LUFactorization {
  /// Starts solving A·X = B and returns the future of X, column-major.
  /// - Parameters:
  ///   - b: n × k, any view, or a vector of n elements; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: X solves a system whose matrix differs from A by 3·γₙ·|L|·|U| at most, element-wise (Higham,
  ///   *Accuracy and Stability*, 2nd ed., §9.3).
  /// - Throws: `LinearAlgebraError`: `singular`, `notSquare`, `rightSideMismatch`, `notFinite` for B.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    try startSolve(b, .plain, priority: priority)
  }

  /// Starts solving a system with A's transpose or adjoint on its left; see the form without.
  /// - Parameter form: whether A, its transpose or its adjoint stands there.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, _ form: MatrixForm, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    try startSolve(b, form, checkingFinite: true, priority: priority)
  }

  /// Starts solving; B may have been searched already.
  func startSolve<B: RightHandSide<Element>>(
    _ b: B, _ form: MatrixForm, checkingFinite: Bool, priority: WorkPriority
  ) throws -> Future<B> {
    let b = b.rightSides
    try checkInvertible("solve")
    try checkRightSides(b.rows, of: (rows, columns), "solve")
    return try executor.startSteps { [self] in
      let x = try executor.columnMajorMatrix(of: Element.self, rows: b.rows, columns: b.columns)
      try await executor.finish(
        SolveWithLU(
          type: Element.scalarType, report: TaskReport(on: executor), form: form,
          checksFinite: checkingFinite, factors: MatrixBytes(factors), pivots: pivots,
          b: MatrixBytes(b), x: MatrixBytes(x)),
        "solve", priority)
      return B(solutions: x)
    }
  }

  /// Solves a system with A's transpose or adjoint on its left; see `startSolve`.
  public func solve<B: RightHandSide<Element>>(
    _ b: B, _ form: MatrixForm, priority: WorkPriority = .normal
  ) async throws -> B {
    try await startSolve(b, form, priority: priority).value
  }

  /// Solves a system with A's transpose or adjoint on its left, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<B: RightHandSide<Element>>(
    _ b: B, _ form: MatrixForm, priority: WorkPriority = .normal
  ) throws -> B {
    try startSolve(b, form, priority: priority).result()
  }

  /// Starts computing A⁻¹ and returns its future, column-major. To solve a system, `solve` is faster and more accurate.
  /// - Throws: `LinearAlgebraError`: `singular`, `notSquare`.
  public func startInverse(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkInvertible("inverse")
    return try executor.startMatrix(rows: rows, columns: columns, "inverse", priority) {
      [factors, pivots] report, inverse in
      InvertLU(
        type: Element.scalarType, report: report, factors: MatrixBytes(factors), pivots: pivots,
        inverse: inverse)
    }
  }

  /// Starts multiplying P·L·U and returns the future of what should be A, column-major.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startMatrix(rows: rows, columns: columns, "reconstruct", priority) {
      [factors, pivots] report, product in
      MultiplyLU(
        type: Element.scalarType, report: report, factors: MatrixBytes(factors), pivots: pivots,
        product: product)
    }
  }

  /// Starts estimating 1 / (‖A‖·‖A⁻¹‖) and returns its future: near the unit roundoff, no digit of a solution can be
  /// trusted; 0 for a singular matrix, 1 of no elements.
  /// - Accuracy: an estimate, seldom more than three times too large (Higham, *Accuracy and Stability*, ch. 15).
  /// - Throws: `LinearAlgebraError.notSquare`.
  public func startReciprocalCondition(
    _ norm: ConditionNorm = .one, priority: WorkPriority = .normal
  ) throws -> Future<Double> {
    try checkSquare("reciprocalCondition")
    return try executor.startSteps { [self] in
      guard singularColumn == nil else { return 0 }
      let result = try executor.array(repeating: 0.0, count: 1)
      try await executor.finish(
        ConditionOfLU(
          type: Element.scalarType, report: TaskReport(on: executor), norm: norm,
          normOfA: norm == .one ? norms.one : norms.infinity, factors: MatrixBytes(factors),
          result: result),
        "reciprocalCondition", priority)
      return result[0]
    }
  }
}

// The tasks.

private struct SolveWithLU: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let form: MatrixForm
  let checksFinite: Bool
  let factors: MatrixBytes
  let pivots: SharedArray<Int32>
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(x.rows, x.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite { try b.checkFinite(Element.self, .b) }
    try factors.withSpan(of: Element.self) { factors throws(LinearAlgebraError) in
      try pivots.withSpan { pivots throws(LinearAlgebraError) in
        try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
          try b.copy(into: &x, self.x.columnMajor)
          try LAPACK.getrs(
            form, factors, self.factors.columnMajor, pivots: pivots, &x, self.x.columnMajor)
        }
      }
    }
  }
}

private struct InvertLU: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let factors: MatrixBytes
  let pivots: SharedArray<Int32>
  let inverse: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(inverse.rows, inverse.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try inverse.withMutableSpan(of: Element.self) { inverse throws(LinearAlgebraError) in
      try factors.copy(into: &inverse, self.inverse.columnMajor)
      try pivots.withSpan { pivots throws(LinearAlgebraError) in
        if let column = try LAPACK.getri(&inverse, self.inverse.columnMajor, pivots: pivots) {
          throw .singular(column: column)
        }
      }
    }
  }
}

private struct MultiplyLU: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let factors: MatrixBytes
  let pivots: SharedArray<Int32>
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let (rows, columns) = (factors.rows, factors.columns)
    let lowerShape = ColumnMajorShape(rows: rows, columns: min(rows, columns))
    let upperShape = ColumnMajorShape(rows: min(rows, columns), columns: columns)
    try withScratch(of: Element.self, lowerShape) { lower throws(LinearAlgebraError) in
      try withScratch(of: Element.self, upperShape) { upper throws(LinearAlgebraError) in
        try factors.withSpan(of: Element.self) { factors throws(LinearAlgebraError) in
          let shape = self.factors.columnMajor
          copyTriangle(.lower, hasUnitDiagonal: true, factors, shape, into: &lower, lowerShape)
          copyTriangle(.upper, factors, shape, into: &upper, upperShape)
        }
        try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
          let shape = self.product.columnMajor
          LAPACK.gemm(lower.span, lowerShape, upper.span, upperShape, &product, shape)
          pivots.withSpan { LAPACK.laswp(undoing: $0, &product, shape) }
        }
      }
    }
  }
}

private struct ConditionOfLU: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let norm: ConditionNorm
  let normOfA: Double
  let factors: MatrixBytes
  let result: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    result[0] = try factors.withSpan(of: Element.self) { factors throws(LinearAlgebraError) in
      try LAPACK.gecon(norm, factors, self.factors.columnMajor, normOfA: normOfA)
    }
  }
}
