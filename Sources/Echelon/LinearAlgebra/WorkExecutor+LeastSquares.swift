public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// How a least-squares problem is solved. Both find the solution of least norm also when columns depend on each other.
public enum LeastSquaresMethod: Sendable, Codable, Hashable {
  /// By singular values, which tell the rank most reliably.
  case singularValues
  /// By QR with column pivoting, several times faster for large matrices.
  case completeOrthogonal
}

/// The X of least norm among those that minimize ‖A·X - B‖ for each column.
public struct LeastSquaresSolution<Element: LinearAlgebraScalar>: Sendable {
  /// X, n × k, column-major; of a vector b, n × 1, and then `x.storage` is the vector.
  public let x: SharedMatrix<Element>
  /// The numerical rank of A.
  public let rank: Int
  /// ‖A·x - b‖ in the 2-norm for each of the k columns.
  public let residualNorms: [Double]
  /// The min(m, n) singular values of A, in descending order; none when another method was asked for.
  public let singularValues: SharedArray<Element.Real>
}

extension WorkExecutor {
  /// Starts computing the X of least norm among those that minimize ‖A·X - B‖ for each column, and returns the future of
  /// the solution. An intercept is a column of ones in A.
  /// - Parameters:
  ///   - a: m × n, any view, of any rank; it is not changed.
  ///   - b: m × k, any view, or a vector of m elements; it is not changed.
  ///   - method: how.
  ///   - tolerance: singular values, or diagonal elements of R, up to about this part of the largest one count
  ///     as 0; nil is max(m, n)·ε.
  ///   - checkingResidual: whether X is measured by `startResidual(of:fitting:_:)`, and refused when its ratio is 30, or
  ///     the number given, or more. A `tolerance` far above max(m, n)·ε makes it a solution of another problem, which
  ///     shows.
  ///   - priority: how urgent it is.
  /// - Accuracy: backward stable; the error of X grows with the condition number of A, and with its square where the
  ///   residual is large (Å. Björck, *Numerical Methods for Least Squares Problems*, §1.4). The bits are those of the
  ///   LAPACK in use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`, `notFinite` for A and B, `noConvergence`,
  ///   `largeResidual`, `noLAPACK`; `PoolError.invalidArgument` for a negative tolerance.
  /// - Source: LAPACK's gelsd and gelsy.
  public func startLeastSquares<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: some RightHandSide<Element>,
    method: LeastSquaresMethod = .singularValues, tolerance: Double? = nil,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) throws -> Future<LeastSquaresSolution<Element>> {
    let b = b.rightSides
    try checkTolerance(tolerance, "leastSquares")
    try checkRightSides(b.rows, of: (a.rows, a.columns), "leastSquares")
    try requireLAPACK(for: a, b)
    return try startSteps { [self] in
      let x = try columnMajorMatrix(of: Element.self, rows: a.columns, columns: b.columns)
      let values = try uninitializedArray(
        of: Element.Real.self, count: method == .singularValues ? min(a.rows, a.columns) : 0)
      let norms = try array(repeating: 0.0, count: b.columns)
      let rank = try array(repeating: 0, count: 1)
      try await finish(
        SolveLeastSquares(
          type: Element.scalarType, report: TaskReport(on: self), method: method,
          tolerance: tolerance
            ?? SingularValueDecomposition<Element>.defaultTolerance(
              rows: a.rows, columns: a.columns),
          a: MatrixBytes(a), b: MatrixBytes(b), x: MatrixBytes(x),
          values: MatrixBytes(values.asColumn), norms: norms, rank: rank),
        method == .singularValues ? "leastSquares (gelsd)" : "leastSquares (gelsy)", priority)
      if let limit = checkingResidual.ratio {
        try await residual(of: x, fitting: a, b, rank: rank[0], priority).check(limit: limit)
      }
      return LeastSquaresSolution(
        x: x, rank: rank[0], residualNorms: Array(norms), singularValues: values)
    }
  }

  /// The X of least norm that minimizes ‖A·X - B‖; see `startLeastSquares`.
  public func leastSquares<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: some RightHandSide<Element>,
    method: LeastSquaresMethod = .singularValues, tolerance: Double? = nil,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) async throws -> LeastSquaresSolution<Element> {
    try await startLeastSquares(
      a, b, method: method, tolerance: tolerance, checkingResidual: checkingResidual,
      priority: priority
    ).value
  }

  /// The X of least norm that minimizes ‖A·X - B‖, blocking; see `startLeastSquares`.
  @available(*, noasync)
  public func leastSquares<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: some RightHandSide<Element>,
    method: LeastSquaresMethod = .singularValues, tolerance: Double? = nil,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal
  ) throws -> LeastSquaresSolution<Element> {
    try startLeastSquares(
      a, b, method: method, tolerance: tolerance, checkingResidual: checkingResidual,
      priority: priority
    ).result()
  }
}

private struct SolveLeastSquares: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let method: LeastSquaresMethod
  let tolerance: Double
  let a: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes
  let values: MatrixBytes
  let norms: SharedArray<Double>
  let rank: SharedArray<Int>

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try a.checkFinite(Element.self)
    try b.checkFinite(Element.self, .b)
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    try values.withMutableSpan(of: Element.Real.self) { values throws(LinearAlgebraError) in
      try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
        rank[0] = try solveLeastSquares(
          shape, rightSides: b.columns, method, tolerance, values: &values, x: &x
        ) { (copy: inout MutableSpan<Element>) throws(LinearAlgebraError) in
          try a.copy(into: &copy, shape)
        } loadB: { (copy: inout MutableSpan<Element>, shape) throws(LinearAlgebraError) in
          try b.copy(into: &copy, shape)
        } takeNorm: {
          norms[$0] = $1
        }
      }
    }
  }
}

/// The X of least norm that minimizes ‖A·X - B‖: what `leastSquares` of a matrix and of a batch have in common.
/// - Parameters:
///   - shape: of A, m × n.
///   - count: k.
///   - values: min(m, n) singular values of A, when the method finds them.
///   - x: n × k, without gaps.
///   - loadA: copies A; it is called twice, since A is lost on the way, and so is `loadB`, with where B's columns lie.
///   - takeNorm: gets the number of a column and its ‖A·x - b‖.
/// - Returns: the rank.
/// - Throws: `LinearAlgebraError.noConvergence`, and what `loadA` and `loadB` throw.
func solveLeastSquares<Element: LinearAlgebraScalar>(
  _ shape: ColumnMajorShape, rightSides count: Int, _ method: LeastSquaresMethod,
  _ tolerance: Double, values: inout MutableSpan<Element.Real>, x: inout MutableSpan<Element>,
  loadA: (inout MutableSpan<Element>) throws(LinearAlgebraError) -> Void,
  loadB: (inout MutableSpan<Element>, ColumnMajorShape) throws(LinearAlgebraError) -> Void,
  takeNorm: (Int, Double) -> Void
) throws(LinearAlgebraError) -> Int {
  let bShape = ColumnMajorShape(rows: shape.rows, columns: count)
  let xShape = ColumnMajorShape(rows: shape.columns, columns: count)
  // B and X share memory. Without right sides LAPACK does not tell the rank: then there is one of zeros.
  let bothShape = ColumnMajorShape(
    rows: max(shape.rows, shape.columns), columns: max(1, count))
  return try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
    var rank = 0
    try withScratch(of: Element.self, bothShape) { both throws(LinearAlgebraError) in
      try loadA(&copy)
      for index in both.indices { both[index] = 0 }
      try loadB(
        &both, ColumnMajorShape(rows: shape.rows, columns: count, leading: bothShape.leading))
      // Without an element LAPACK leaves X unset; it is 0.
      guard shape.extent > 0 else {
        for index in x.indices { x[index] = 0 }
        return
      }
      rank =
        method == .singularValues
        ? try LAPACK.gelsd(&copy, shape, &both, bothShape, values: &values, tolerance: tolerance)
        : try LAPACK.gelsy(&copy, shape, &both, bothShape, tolerance: tolerance)
      let view = MatrixView(
        rows: xShape.rows, columns: xShape.columns, rowStride: 1, columnStride: bothShape.leading)
      copyColumnMajor(both.span, view, into: &x, xShape)
    }
    // The norms of B - A·X, since LAPACK gives those only for matrices of full rank.
    try loadA(&copy)
    try withScratch(of: Element.self, bShape) { rest throws(LinearAlgebraError) in
      try loadB(&rest, bShape)
      if shape.extent > 0 {
        LAPACK.gemm(alpha: -1, copy.span, shape, x.span, xShape, beta: 1, &rest, bShape)
      }
      let column = MatrixView(rows: bShape.rows, columns: 1, rowStride: 1)
      for side in 0..<count {
        let start = side * bShape.leading
        takeNorm(
          side,
          matrixNorm(rest.span.extracting(start..<start + bShape.rows), column, .frobenius))
      }
    }
    return rank
  }
}
