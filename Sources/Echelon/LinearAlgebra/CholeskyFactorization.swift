public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// A positive definite matrix A as L·Lᴴ: a lower triangle and its adjoint.
///
/// Work goes to the executor that made the factorization, which must not be shut down.
public struct CholeskyFactorization<Element: LinearAlgebraScalar>: Sendable {
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
  ///   - b: n × k, any view; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: X solves a system whose matrix differs from A by γ₍₃ₙ₊₁₎·|L|·|Lᴴ| at most, element-wise (Higham,
  ///   *Accuracy and Stability*, 2nd ed., §10.1).
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`, `notFinite` for B.
  public func startSolve(
    _ b: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkRightSides(b.rows, of: (size, size))
    return try executor.startSteps { [self] in
      let x = try executor.columnMajorMatrix(of: Element.self, rows: b.rows, columns: b.columns)
      try await executor.finish(
        SolveWithCholesky(
          type: Element.scalarType, report: TaskReport(on: executor), lower: MatrixBytes(lower),
          b: MatrixBytes(b), x: MatrixBytes(x)),
        "solve", priority)
      return x
    }
  }

  /// Solves A·X = B; see `startSolve`.
  public func solve(
    _ b: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startSolve(b, priority: priority).value
  }

  /// Solves A·X = B, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve(
    _ b: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startSolve(b, priority: priority).result()
  }

  /// Starts solving A·x = b for a vector; see the form for matrices.
  public func startSolve(
    _ b: SharedArray<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    let solving = try startSolve(b.asColumn, priority: priority)
    return try executor.startSteps { try await finished(solving).storage }
  }

  /// Solves A·x = b for a vector; see `startSolve`.
  public func solve(
    _ b: SharedArray<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startSolve(b.asColumn, priority: priority).value.storage
  }

  /// Solves A·x = b for a vector, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve(
    _ b: SharedArray<Element>, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startSolve(b.asColumn, priority: priority).result().storage
  }

  /// Starts computing A⁻¹, both triangles, and returns its future, column-major. To solve a system, `solve` is faster
  /// and more accurate.
  public func startInverse(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startSteps { [self] in
      let inverse = try executor.columnMajorMatrix(of: Element.self, rows: size, columns: size)
      try await executor.finish(
        InvertCholesky(
          type: Element.scalarType, report: TaskReport(on: executor), lower: MatrixBytes(lower),
          inverse: MatrixBytes(inverse)),
        "inverse", priority)
      return inverse
    }
  }

  /// A⁻¹; see `startInverse`.
  public func inverse(priority: WorkPriority = .normal) async throws -> SharedMatrix<Element> {
    try await startInverse(priority: priority).value
  }

  /// A⁻¹, blocking; see `startInverse`.
  @available(*, noasync)
  public func inverse(priority: WorkPriority = .normal) throws -> SharedMatrix<Element> {
    try startInverse(priority: priority).result()
  }

  /// Starts multiplying L·Lᴴ and returns the future of what should be A, both triangles, column-major.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startSteps { [self] in
      let product = try executor.columnMajorMatrix(of: Element.self, rows: size, columns: size)
      try await executor.finish(
        MultiplyCholesky(
          type: Element.scalarType, report: TaskReport(on: executor), lower: MatrixBytes(lower),
          product: MatrixBytes(product)),
        "reconstruct", priority)
      return product
    }
  }

  /// L·Lᴴ; see `startReconstruct`.
  public func reconstruct(priority: WorkPriority = .normal) async throws -> SharedMatrix<Element> {
    try await startReconstruct(priority: priority).value
  }

  /// L·Lᴴ, blocking; see `startReconstruct`.
  @available(*, noasync)
  public func reconstruct(priority: WorkPriority = .normal) throws -> SharedMatrix<Element> {
    try startReconstruct(priority: priority).result()
  }

  /// Starts estimating 1 / (‖A‖₁·‖A⁻¹‖₁) and returns its future, as `LUFactorization` does; ‖A‖∞ is the same.
  public func startReciprocalCondition(
    priority: WorkPriority = .normal
  ) throws -> Future<Double> {
    try executor.startSteps { [self] in
      let result = try executor.array(repeating: 0.0, count: 1)
      try await executor.finish(
        ConditionOfCholesky(
          type: Element.scalarType, report: TaskReport(on: executor), normOfA: norm,
          lower: MatrixBytes(lower), result: result),
        "reciprocalCondition", priority)
      return result[0]
    }
  }

  /// An estimate of 1 / (‖A‖₁·‖A⁻¹‖₁); see `startReciprocalCondition`.
  public func reciprocalCondition(priority: WorkPriority = .normal) async throws -> Double {
    try await startReciprocalCondition(priority: priority).value
  }

  /// An estimate of 1 / (‖A‖₁·‖A⁻¹‖₁), blocking; see `startReciprocalCondition`.
  @available(*, noasync)
  public func reciprocalCondition(priority: WorkPriority = .normal) throws -> Double {
    try startReciprocalCondition(priority: priority).result()
  }
}

extension WorkExecutor {
  /// Starts factoring a positive definite A into L·Lᴴ and returns the future of the factorization.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed. Only the elements on its diagonal and below are read, and of these
  ///     only the real parts on the diagonal: that it is symmetric, or Hermitian, is taken for granted.
  ///   - checkingFinite: whether these are searched for NaN and infinities first.
  ///   - priority: how urgent it is.
  /// - Accuracy: |L·Lᴴ - A| ≤ γ₍ₙ₊₁₎·|L|·|Lᴴ| element-wise (Higham, *Accuracy and Stability*, 2nd ed., §10.1). The
  ///   bits are those of the LAPACK in use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `notPositiveDefinite`, `notSquare`, `notFinite`, `noLAPACK`.
  /// - Source: LAPACK's potrf; of large matrices of Double or Float all workers compute tiles (`explain`).
  public func startCholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Future<CholeskyFactorization<Element>> {
    try checkSquare(a, "cholesky")
    try LAPACK.require()
    return try startSteps { [self] in
      if isDivided(.cholesky(order: a.rows), of: Element.self) {
        return try await choleskyInSteps(a, checkingFinite, priority)
      }
      let lower = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
      let norm = try array(repeating: 0.0, count: 1)
      try await finish(
        FactorCholesky(
          type: Element.scalarType, report: TaskReport(on: self), checksFinite: checkingFinite,
          a: MatrixBytes(a), lower: MatrixBytes(lower), norm: norm),
        "cholesky", priority)
      return CholeskyFactorization(lower: lower, norm: norm[0], executor: self)
    }
  }

  /// A as L·Lᴴ; see `startCholesky`.
  public func cholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) async throws -> CholeskyFactorization<Element> {
    try await startCholesky(a, checkingFinite: checkingFinite, priority: priority).value
  }

  /// A as L·Lᴴ, blocking; see `startCholesky`.
  @available(*, noasync)
  public func cholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> CholeskyFactorization<Element> {
    try startCholesky(a, checkingFinite: checkingFinite, priority: priority).result()
  }
}

extension WorkExecutor {
  /// A large matrix, which all workers factor.
  private func choleskyInSteps<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ checkingFinite: Bool, _ priority: WorkPriority
  ) async throws -> CholeskyFactorization<Element> {
    let survey = try await survey(
      a, in: .lower, checkingFinite: checkingFinite, "cholesky", priority)
    // What stands in a row of the whole matrix: of the triangle its row and its column, which share the diagonal.
    let norm = (0..<a.rows).reduce(0) {
      Double.maximum($0, survey.rowSums[$1] + survey.columnSums[$1] - Double(a[$1, $1].modulus))
    }
    let (lower, failedColumn) = try await lowerFactor(a, priority)
    if let failedColumn { throw LinearAlgebraError.notPositiveDefinite(column: failedColumn) }
    return CholeskyFactorization(lower: lower, norm: norm, executor: self)
  }

  private func lowerFactor<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ priority: WorkPriority
  ) async throws -> (SharedMatrix<Element>, failedColumn: Int?) {
    // SharedMatrix<Element> is one of these two, as `isDivided` has seen.
    if let a = a as? SharedMatrix<Double> {
      let factor = try await finished(startTiledCholesky(a, priority: priority))
      return (factor.lower as! SharedMatrix<Element>, factor.failedColumn)
    }
    let factor = try await finished(
      startTiledCholesky(a as! SharedMatrix<Float>, priority: priority))
    return (factor.lower as! SharedMatrix<Element>, factor.failedColumn)
  }
}

// The tasks.

private struct FactorCholesky: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let checksFinite: Bool
  let a: MatrixBytes
  let lower: MatrixBytes
  let norm: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite { try a.checkFinite(Element.self, in: .lower) }
    let shape = lower.columnMajor
    try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
      try a.copy(into: &copy, shape)
      mirror(.lower, conjugated: true, &copy, shape)
      norm[0] = matrixNorm(copy.span, lower.view, .one)
      if let column = try LAPACK.potrf(.lower, &copy, shape) {
        throw .notPositiveDefinite(column: column)
      }
      let factor = copy.span
      try lower.withMutableSpan(of: Element.self) { lower throws(LinearAlgebraError) in
        copyTriangle(.lower, factor, shape, into: &lower, shape)
      }
    }
  }
}

private struct SolveWithCholesky: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let lower: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try b.checkFinite(Element.self)
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
