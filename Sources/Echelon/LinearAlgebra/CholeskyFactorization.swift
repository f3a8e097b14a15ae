public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// A positive definite matrix A as L·Lᴴ: a lower triangle and its adjoint.
///
/// Work goes to the executor that made the factorization, which must not be shut down.
public struct CholeskyFactorization<Element: LinearAlgebraScalar>: ConditionEstimating {
  /// L, column-major; above its diagonal there are zeros.
  public let lower: SharedMatrix<Element>
  /// ‖A‖₁.
  let norm: Double
  let executor: any WorkExecutor

  /// The number of rows and columns of A.
  public var size: Int { lower.rows }

  /// The determinant, which is positive: the square of the product of L's diagonal. It overflows or underflows only
  /// when the determinant itself does. 1 of no elements.
  public var determinant: Element {
    var product = DeterminantProduct<Element>()
    for index in 0..<size {
      product.multiply(by: lower[index, index])
      product.multiply(by: lower[index, index])
    }
    return product.value
  }

  /// ln det A.
  public var logDeterminant: Double {
    var root = LogDeterminant<Element>()
    for index in 0..<size { root.multiply(by: lower[index, index]) }
    return 2 * root.logMagnitude
  }
}

extension CholeskyFactorization {
  /// Starts solving A·X = B and returns the future of X, column-major.
  /// - Parameters:
  ///   - b: n × k, any view, or a vector of n elements; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: X solves a system whose matrix differs from A by γ₍₃ₙ₊₁₎·|L|·|Lᴴ| at most, element-wise (Higham,
  ///   *Accuracy and Stability*, 2nd ed., §10.1).
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`, `notFinite` for B.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    try startSolve(b, checkingFinite: true, priority: priority)
  }

  /// Starts solving; B may have been searched already.
  func startSolve<B: RightHandSide<Element>>(
    _ b: B, checkingFinite: Bool, priority: WorkPriority
  ) throws -> Future<B> {
    let b = b.rightSides
    try checkRightSides(b.rows, of: (size, size), "solve")
    return try executor.startSteps { [self] in
      let x = try executor.columnMajorMatrix(of: Element.self, rows: b.rows, columns: b.columns)
      try await executor.finish(
        SolveWithCholesky(
          type: Element.scalarType, report: TaskReport(on: executor),
          checksFinite: checkingFinite, lower: MatrixBytes(lower), b: MatrixBytes(b),
          x: MatrixBytes(x)),
        "solve", priority)
      return B(solutions: x)
    }
  }

  /// Starts computing A⁻¹, both triangles, and returns its future, column-major. To solve a system, `solve` is faster
  /// and more accurate.
  public func startInverse(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startMatrix(rows: size, columns: size, "inverse", priority) {
      [lower] report, inverse in
      InvertCholesky(
        type: Element.scalarType, report: report, lower: MatrixBytes(lower), inverse: inverse)
    }
  }

  /// Starts multiplying L·Lᴴ and returns the future of what should be A, both triangles, column-major.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startMatrix(rows: size, columns: size, "reconstruct", priority) {
      [lower] report, product in
      MultiplyCholesky(
        type: Element.scalarType, report: report, lower: MatrixBytes(lower), product: product)
    }
  }

  /// Starts estimating 1 / (‖A‖·‖A⁻¹‖) and returns its future, as `LUFactorization` does. Both norms of a symmetric or
  /// Hermitian matrix are the same number, and so is the estimate.
  public func startReciprocalCondition(
    _ norm: ConditionNorm = .one, priority: WorkPriority = .normal
  ) throws -> Future<Double> {
    try executor.startSteps { [self] in
      let result = try executor.array(repeating: 0.0, count: 1)
      try await executor.finish(
        ConditionOfCholesky(
          type: Element.scalarType, report: TaskReport(on: executor), normOfA: self.norm,
          lower: MatrixBytes(lower), result: result),
        "reciprocalCondition", priority)
      return result[0]
    }
  }
}

// The tasks.

private struct SolveWithCholesky: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let checksFinite: Bool
  let lower: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(x.rows, x.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite { try b.checkFinite(Element.self, .b) }
    try lower.withSpan(of: Element.self) { lower throws(LinearAlgebraError) in
      try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
        try b.copy(into: &x, self.x.columnMajor)
        try LAPACK.potrs(.lower, lower, self.lower.columnMajor, &x, self.x.columnMajor)
      }
    }
  }
}

private struct InvertCholesky: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let lower: MatrixBytes
  let inverse: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(inverse.rows, inverse.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try inverse.withMutableSpan(of: Element.self) { inverse throws(LinearAlgebraError) in
      let shape = self.inverse.columnMajor
      try lower.copy(into: &inverse, shape)
      if let column = try LAPACK.potri(.lower, &inverse, shape) { throw .singular(column: column) }
      mirror(.lower, conjugated: true, &inverse, shape)
    }
  }
}

private struct MultiplyCholesky: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let lower: MatrixBytes
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try lower.withSpan(of: Element.self) { lower throws(LinearAlgebraError) in
      try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
        let shape = self.product.columnMajor
        LAPACK.herk(.lower, adjointFirst: false, lower, self.lower.columnMajor, &product, shape)
        mirror(.lower, conjugated: true, &product, shape)
      }
    }
  }
}

private struct ConditionOfCholesky: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let normOfA: Double
  let lower: MatrixBytes
  let result: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    result[0] = try lower.withSpan(of: Element.self) { lower throws(LinearAlgebraError) in
      try LAPACK.pocon(.lower, lower, self.lower.columnMajor, normOfA: normOfA)
    }
  }
}
