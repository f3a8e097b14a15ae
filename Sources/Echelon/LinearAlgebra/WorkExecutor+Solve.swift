public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts solving A·X = B and returns the future of X, column-major. For several B one after the other, `lu` is
  /// faster.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - b: n × k, any view; it is not changed.
  ///   - checkingFinite: whether A and B are searched for NaN and infinities first.
  ///   - priority: how urgent it is.
  /// - Accuracy: as `LUFactorization.startSolve`.
  /// - Throws: `LinearAlgebraError`: `singular`, `notSquare`, `rightSideMismatch`, `notFinite`, `noLAPACK`.
  /// - Source: LAPACK's getrf and getrs.
  public func startSolve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    guard a.rows == a.columns else {
      throw LinearAlgebraError.notSquare(operation: "solve", rows: a.rows, columns: a.columns)
    }
    try checkRightSides(b.rows, of: (a.rows, a.columns))
    try LAPACK.require()
    return try startSteps { [self] in
      let x = try columnMajorMatrix(of: Element.self, rows: b.rows, columns: b.columns)
      try await finish(
        SolveSystem(
          type: Element.scalarType, report: TaskReport(on: self), checksFinite: checkingFinite,
          a: MatrixBytes(a), b: MatrixBytes(b), x: MatrixBytes(x)),
        "solve", priority)
      return x
    }
  }

  /// Solves A·X = B; see `startSolve`.
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startSolve(a, b, checkingFinite: checkingFinite, priority: priority).value
  }

  /// Solves A·X = B, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startSolve(a, b, checkingFinite: checkingFinite, priority: priority).result()
  }

  /// Starts solving A·x = b for a vector; see the form for matrices.
  public func startSolve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    let solving = try startSolve(
      a, b.asColumn, checkingFinite: checkingFinite, priority: priority)
    return try startSteps { try await finished(solving).storage }
  }

  /// Solves A·x = b for a vector; see `startSolve`.
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startSolve(a, b, checkingFinite: checkingFinite, priority: priority).value
  }

  /// Solves A·x = b for a vector, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedArray<Element>, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startSolve(a, b, checkingFinite: checkingFinite, priority: priority).result()
  }
}

private struct SolveSystem: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let checksFinite: Bool
  let a: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite {
      try a.checkFinite(Element.self)
      try b.checkFinite(Element.self)
    }
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    try withScratch(of: Element.self, shape) { factors throws(LinearAlgebraError) in
      try withScratch(of: Int32.self, count: a.rows) { pivots throws(LinearAlgebraError) in
        try a.copy(into: &factors, shape)
        if let column = try LAPACK.getrf(&factors, shape, pivots: &pivots) {
          throw .singular(column: column)
        }
        let (lu, pivots) = (factors.span, pivots.span)
        try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
          try b.copy(into: &x, self.x.columnMajor)
          try LAPACK.getrs(.plain, lu, shape, pivots: pivots, &x, self.x.columnMajor)
        }
      }
    }
  }
}
