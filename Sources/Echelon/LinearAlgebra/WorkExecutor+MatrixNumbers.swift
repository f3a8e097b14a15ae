public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// Numbers that are asked of a matrix, and its inverse.

extension WorkExecutor {
  /// Starts computing A⁻¹ and returns its future, column-major. To solve a system, `solve` is faster and more accurate.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - checkingFinite: whether A is searched for NaN and infinities first.
  ///   - checkingResidual: whether the inverse is measured by `startResidual(ofInverse:of:)`, and refused when its
  ///     ratio is 30, or the number given, or more.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError`: `singular`, `notSquare`, `notFinite`, `largeResidual`, `noLAPACK`.
  /// - Source: LAPACK's getrf and getri.
  public func startInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkSquare(a, "inverse")
    let factoring = try startLU(a, checkingFinite: checkingFinite, priority: priority)
    return try startSteps { [self] in
      let inverse = try await finished(finished(factoring).startInverse(priority: priority))
      if let limit = checkingResidual.ratio {
        let check = try await finished(
          startResidual(ofInverse: inverse, of: a, priority: priority))
        try check.check(limit: limit)
      }
      return inverse
    }
  }

  /// A⁻¹; see `startInverse`.
  public func inverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startInverse(
      a, checkingFinite: checkingFinite, checkingResidual: checkingResidual, priority: priority
    ).value
  }

  /// A⁻¹, blocking; see `startInverse`.
  @available(*, noasync)
  public func inverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startInverse(
      a, checkingFinite: checkingFinite, checkingResidual: checkingResidual, priority: priority
    ).result()
  }

  /// Starts computing the determinant of A and returns its future; see `LUFactorization.determinant`.
  /// - Parameters: as for `startInverse`, without `checkingResidual`.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `notFinite`, `noLAPACK`. That of a singular matrix is 0.
  public func startDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Future<Element> {
    try checkSquare(a, "determinant")
    let factoring = try startLU(a, checkingFinite: checkingFinite, priority: priority)
    return try startSteps { try await finished(factoring).determinant }
  }

  /// The determinant of A; see `startDeterminant`.
  public func determinant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) async throws -> Element {
    try await startDeterminant(a, checkingFinite: checkingFinite, priority: priority).value
  }

  /// The determinant of A, blocking; see `startDeterminant`.
  @available(*, noasync)
  public func determinant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Element {
    try startDeterminant(a, checkingFinite: checkingFinite, priority: priority).result()
  }

  /// Starts computing the sign of the determinant of A and the logarithm of its modulus, and returns their future.
  /// - Parameters: as for `startInverse`.
  /// - Throws: as `startDeterminant`.
  public func startLogDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> Future<LogDeterminant<Element>> {
    try checkSquare(a, "logDeterminant")
    let factoring = try startLU(a, checkingFinite: checkingFinite, priority: priority)
    return try startSteps { try await finished(factoring).logDeterminant }
  }

  /// The sign of the determinant of A and the logarithm of its modulus; see `startLogDeterminant`.
  public func logDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) async throws -> LogDeterminant<Element> {
    try await startLogDeterminant(a, checkingFinite: checkingFinite, priority: priority).value
  }

  /// The sign of the determinant of A and the logarithm of its modulus, blocking; see `startLogDeterminant`.
  @available(*, noasync)
  public func logDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true, priority: WorkPriority = .normal
  ) throws -> LogDeterminant<Element> {
    try startLogDeterminant(a, checkingFinite: checkingFinite, priority: priority).result()
  }

  /// Starts estimating the condition number ‖A‖·‖A⁻¹‖ and returns its future: about as many times larger than A's are
  /// the relative errors of a solution. ∞ of a singular matrix, 1 of no elements.
  /// - Parameter norm: which norm is meant. The others are as for `startInverse`.
  /// - Accuracy: an estimate, seldom more than three times too small; see `LUFactorization.startReciprocalCondition`.
  /// - Throws: as `startDeterminant`.
  /// - Source: LAPACK's gecon.
  public func startConditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, norm: ConditionNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> Future<Double> {
    try checkSquare(a, "conditionNumber")
    let factoring = try startLU(a, checkingFinite: checkingFinite, priority: priority)
    return try startSteps {
      let lu = try await finished(factoring)
      return try await 1 / finished(lu.startReciprocalCondition(norm, priority: priority))
    }
  }

  /// An estimate of ‖A‖·‖A⁻¹‖; see `startConditionNumber`.
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, norm: ConditionNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) async throws -> Double {
    try await startConditionNumber(
      a, norm: norm, checkingFinite: checkingFinite, priority: priority
    ).value
  }

  /// An estimate of ‖A‖·‖A⁻¹‖, blocking; see `startConditionNumber`.
  @available(*, noasync)
  public func conditionNumber<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, norm: ConditionNorm, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> Double {
    try startConditionNumber(
      a, norm: norm, checkingFinite: checkingFinite, priority: priority
    ).result()
  }

  /// Starts computing a norm of a matrix, in double precision for Float too, and returns its future; 0 of no elements,
  /// NaN where an element is.
  /// - Parameters:
  ///   - a: m × n, any view.
  ///   - norm: which norm.
  ///   - priority: how urgent it is.
  /// - Accuracy: sums are of one element after the other: relative error ≤ γₙ for n elements in a sum. Nothing
  ///   overflows or underflows but the result.
  /// - Throws: `LinearAlgebraError.noLAPACK`.
  public func startMatrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ norm: MatrixNorm, priority: WorkPriority = .normal
  ) throws -> Future<Double> {
    try startSteps { [self] in
      let result = try array(repeating: 0.0, count: 1)
      try await finish(
        MeasureNorm(
          type: Element.scalarType, report: TaskReport(on: self), norm: norm, a: MatrixBytes(a),
          result: result),
        "matrixNorm", priority)
      return result[0]
    }
  }

  /// A norm of a matrix; see `startMatrixNorm`.
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ norm: MatrixNorm, priority: WorkPriority = .normal
  ) async throws -> Double {
    try await startMatrixNorm(a, norm, priority: priority).value
  }

  /// A norm of a matrix, blocking; see `startMatrixNorm`.
  @available(*, noasync)
  public func matrixNorm<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ norm: MatrixNorm, priority: WorkPriority = .normal
  ) throws -> Double {
    try startMatrixNorm(a, norm, priority: priority).result()
  }
}

private struct MeasureNorm: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let norm: MatrixNorm
  let a: MatrixBytes
  let result: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    result[0] = try a.withSpan(of: Element.self) {
      EchelonLinearAlgebra.matrixNorm($0, a.view, norm)
    }
  }
}
