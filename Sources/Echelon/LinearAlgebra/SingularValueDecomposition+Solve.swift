import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension SingularValueDecomposition {
  /// Starts computing the X of least norm among those that minimize ‖A·X - B‖ for each column, and returns its future,
  /// n × k, column-major. Singular values that count as 0 for `rank` do so here.
  /// - Parameters:
  ///   - b: m × k, any view, or a vector of m elements; it is not changed.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`, `notFinite` for B.
  /// - Precondition: there are vectors.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    try startSolve(b, tolerance: nil, priority: priority)
  }

  /// Starts the same with another tolerance; see the form without.
  /// - Parameter tolerance: as for `rank`; singular values up to it count as 0.
  /// - Throws: as that form; `PoolError.invalidArgument` for a negative tolerance.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, tolerance: Double?, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    try checkTolerance(tolerance, "solve")
    return try startSolve(b, lambda: 0, rank: rank(tolerance: tolerance), "solve", priority)
  }

  /// The X of least norm that minimizes ‖A·X - B‖; see `startSolve`.
  public func solve<B: RightHandSide<Element>>(
    _ b: B, tolerance: Double?, priority: WorkPriority = .normal
  ) async throws -> B {
    try await startSolve(b, tolerance: tolerance, priority: priority).value
  }

  /// The X of least norm that minimizes ‖A·X - B‖, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<B: RightHandSide<Element>>(
    _ b: B, tolerance: Double?, priority: WorkPriority = .normal
  ) throws -> B {
    try startSolve(b, tolerance: tolerance, priority: priority).result()
  }

  /// Starts computing the X that minimizes ‖A·X - B‖² + λ·‖X‖² for each column, and returns its future, n × k,
  /// column-major: V·diag(σᵢ / (σᵢ² + λ))·Uᴴ·B. One decomposition serves any number of λ.
  /// - Parameters:
  ///   - b: m × k, any view, or a vector of m elements; it is not changed.
  ///   - lambda: λ ≥ 0, finite, in units of A's squared. With 0 it is `startSolve`.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`, `notFinite` for B; `PoolError.invalidArgument` for λ.
  /// - Precondition: there are vectors.
  /// - Source: A. E. Hoerl, R. W. Kennard, *Ridge regression: biased estimation for nonorthogonal problems*,
  ///   Technometrics 12 (1970).
  public func startRidge<B: RightHandSide<Element>>(
    _ b: B, lambda: Double, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    try checkLambda(lambda)
    return try startSolve(
      b, lambda: lambda, rank: lambda == 0 ? rank() : singularValues.count, "ridge", priority)
  }

  /// The X that minimizes ‖A·X - B‖² + λ·‖X‖²; see `startRidge`.
  public func ridge<B: RightHandSide<Element>>(
    _ b: B, lambda: Double, priority: WorkPriority = .normal
  ) async throws -> B {
    try await startRidge(b, lambda: lambda, priority: priority).value
  }

  /// The X that minimizes ‖A·X - B‖² + λ·‖X‖², blocking; see `startRidge`.
  @available(*, noasync)
  public func ridge<B: RightHandSide<Element>>(
    _ b: B, lambda: Double, priority: WorkPriority = .normal
  ) throws -> B {
    try startRidge(b, lambda: lambda, priority: priority).result()
  }

  private func startSolve<B: RightHandSide<Element>>(
    _ b: B, lambda: Double, rank: Int, _ operation: String, _ priority: WorkPriority
  ) throws -> Future<B> {
    let b = b.rightSides
    checkVectors(operation)
    try checkRightSides(b.rows, of: (rows, columns), operation)
    return try executor.startSteps { [self] in
      let x = try executor.columnMajorMatrix(of: Element.self, rows: columns, columns: b.columns)
      try await executor.finish(
        SolveWithSVD(
          type: Element.scalarType, report: TaskReport(on: executor), rank: rank, lambda: lambda,
          u: MatrixBytes(u), values: MatrixBytes(singularValues.asColumn),
          vAdjoint: MatrixBytes(vAdjoint), b: MatrixBytes(b), x: MatrixBytes(x)),
        operation, priority)
      return B(solutions: x)
    }
  }
}

/// - Throws: `PoolError.invalidArgument`.
func checkLambda(_ lambda: Double) throws(PoolError) {
  guard lambda >= 0, lambda.isFinite else {
    throw .invalidArgument("ridge with λ = \(lambda); take a finite number that is not negative")
  }
}

/// The residual is that of a problem with √λ among its elements.
/// - Throws: `PoolError.invalidArgument`.
func checkRoot<Element: LinearAlgebraScalar>(
  ofLambda lambda: Double, for _: Element.Type
) throws(PoolError) {
  try checkLambda(lambda)
  guard Element.Real(lambda.squareRoot()).isFinite else {
    throw .invalidArgument(
      "the residual of ridge with λ = \(lambda), whose root is no \(Element.Real.self); take Double, or no residual"
    )
  }
}

/// - Throws: `PoolError.invalidArgument`.
func checkTolerance(_ tolerance: Double?, _ operation: String) throws(PoolError) {
  guard tolerance.map({ $0 >= 0 }) ?? true else {
    throw .invalidArgument(
      "\(operation) with a tolerance of \(tolerance!); take a part of the largest singular value, 0 or more, or nil"
    )
  }
}

private struct SolveWithSVD: DenseTask {
  let type: ScalarType
  let report: TaskReport
  /// How many of the singular values count.
  let rank: Int
  let lambda: Double
  let u: MatrixBytes
  let values: MatrixBytes
  let vAdjoint: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(x.rows, x.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try b.checkFinite(Element.self, .b)
    // Squares of singular values would overflow and underflow where the quotient does not.
    let factors = try values.withSpan(of: Element.Real.self) { values in
      (0..<rank).map { Element.Real(1 / (Double(values[$0]) + lambda / Double(values[$0]))) }
    }
    let bShape = ColumnMajorShape(rows: b.rows, columns: b.columns)
    let shape = ColumnMajorShape(rows: rank, columns: b.columns)
    try withScratch(of: Element.self, bShape) { right throws(LinearAlgebraError) in
      try withScratch(of: Element.self, shape) { projected throws(LinearAlgebraError) in
        try b.copy(into: &right, bShape)
        let right = right.span
        try u.withSpan(of: Element.self) { u throws(LinearAlgebraError) in
          LAPACK.gemm(
            u, self.u.first(columns: rank).columnMajor, aForm: .adjoint, right, bShape, &projected,
            shape)
        }
        scaleRows(&projected, shape, by: factors)
        let projected = projected.span
        try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
          try vAdjoint.withSpan(of: Element.self) { vAdjoint throws(LinearAlgebraError) in
            LAPACK.gemm(
              vAdjoint, self.vAdjoint.first(rows: rank).columnMajor, aForm: .adjoint, projected,
              shape, &x, self.x.columnMajor)
          }
        }
      }
    }
  }
}
