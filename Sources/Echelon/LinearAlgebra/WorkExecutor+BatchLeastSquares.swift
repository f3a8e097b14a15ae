import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Of many problems the X of least norm among those that minimize ‖A·X - B‖ for each column: what `leastSquares` of a
/// batch finds.
public struct LeastSquaresSolutionBatch<Element: LinearAlgebraScalar>: Sendable {
  /// X of each, n × k, column-major.
  public let x: SharedMatrixBatch<Element>
  /// The numerical rank of each A; 0 where A or B is not finite.
  public let ranks: SharedArray<Int>
  /// ‖A·x - b‖ in the 2-norm for each of the k columns, a row for each problem.
  public let residualNorms: SharedMatrix<Double>
  /// The min(m, n) singular values of each A as a row, in descending order; none when another method was asked for.
  public let singularValues: SharedMatrix<Element.Real>

  /// The number of problems.
  public var count: Int { x.count }

  /// That of one problem, without a copy of X.
  public subscript(index: Int) -> LeastSquaresSolution<Element> {
    LeastSquaresSolution(
      x: x[index], rank: ranks[index],
      residualNorms: Array(residualNorms.elements(ofRow: index)),
      singularValues: singularValues.elements(ofRow: index))
  }
}

extension WorkExecutor {
  /// Starts computing, for every pair of matrices of two batches, the X of least norm among those that minimize
  /// ‖A·X - B‖ for each column, each by one worker, and returns the future of all solutions.
  /// - Parameters:
  ///   - a: m × n, any view, of any rank; it is not changed. `SharedMatrixBatch(repeating:count:)` has one for all.
  ///   - b: m × k, any view, of as many matrices; it is not changed.
  ///   - method: how.
  ///   - tolerance: as for `startLeastSquares` of one matrix.
  ///   - checkingFinite: whether NaN or an infinity in `a` or `b` is an error. Otherwise the results of that problem are
  ///     NaN, and those of the others are not touched by it. The search itself is always made.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`.
  /// - Accuracy: as `startLeastSquares` of one matrix. The bits of a problem do not depend on the others, nor on the
  ///   number of workers; below 400 rows or columns they are those that it has by itself, above, LAPACK's with one
  ///   thread.
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`, `noLAPACK`; `KernelError.shapeMismatch` for batches of different
  ///   lengths; `PoolError.invalidArgument` for a negative tolerance. The future fails with `notFiniteInBatch` or
  ///   `noConvergenceInBatch`, which name the first problem.
  /// - Source: LAPACK's gelsd and gelsy.
  public func startLeastSquares<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    method: LeastSquaresMethod = .singularValues, tolerance: Double? = nil,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<LeastSquaresSolutionBatch<Element>> {
    try checkTolerance(tolerance, "leastSquares")
    try checkRightSides(b.rows, of: (a.rows, a.columns), "leastSquares")
    guard a.count == b.count else {
      throw KernelError.shapeMismatch(
        kernel: "leastSquares",
        shapes: [a, b].map { "\($0.count) of \($0.rows) × \($0.columns)" })
    }
    try requireLAPACK(forBatches: a, b)
    let count = a.count
    let x = try columnMajorBatch(
      of: Element.self, count: count, rows: a.columns, columns: b.columns)
    let values = try rows(
      of: Element.Real.self, count: count,
      length: method == .singularValues ? min(a.rows, a.columns) : 0)
    let norms = try rows(of: Double.self, count: count, length: b.columns)
    let ranks = try uninitializedArray(of: Int.self, count: count)
    let operation = BatchOperation.leastSquares(
      rows: a.rows, columns: a.columns, rightSides: b.columns)
    let task = SolveBatchByLeastSquares(
      work: BatchWork(Element.scalarType, count: count, operation),
      report: try BatchReport(on: self, count: count), method: method,
      tolerance: tolerance
        ?? SingularValueDecomposition<Element>.defaultTolerance(rows: a.rows, columns: a.columns),
      a: BatchOperand(a), b: BatchOperand(b), x: x.storage.bytes, values: values.storage.bytes,
      norms: norms.storage, ranks: ranks)
    return try startSteps { [self] in
      try await finish(
        task, method == .singularValues ? "leastSquares (gelsd)" : "leastSquares (gelsy)",
        checkingFinite: checkingFinite, priority, deadline)
      return LeastSquaresSolutionBatch(
        x: x, ranks: ranks, residualNorms: norms, singularValues: values)
    }
  }

  /// The X of least norm that minimizes ‖A·X - B‖ for every pair of two batches; see `startLeastSquares`.
  public func leastSquares<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    method: LeastSquaresMethod = .singularValues, tolerance: Double? = nil,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> LeastSquaresSolutionBatch<Element> {
    try await startLeastSquares(
      a, b, method: method, tolerance: tolerance, checkingFinite: checkingFinite,
      priority: priority, deadline: deadline
    ).value
  }

  /// The X of least norm that minimizes ‖A·X - B‖ for every pair of two batches, blocking; see `startLeastSquares`.
  @available(*, noasync)
  public func leastSquares<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    method: LeastSquaresMethod = .singularValues, tolerance: Double? = nil,
    checkingFinite: Bool = true, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> LeastSquaresSolutionBatch<Element> {
    try startLeastSquares(
      a, b, method: method, tolerance: tolerance, checkingFinite: checkingFinite,
      priority: priority, deadline: deadline
    ).result()
  }
}

private struct SolveBatchByLeastSquares: BatchTask {
  let work: BatchWork
  let report: BatchReport
  let method: LeastSquaresMethod
  let tolerance: Double
  let a: BatchOperand
  let b: BatchOperand
  let x: SharedArray<UInt8>
  /// Empty when the method finds none.
  let values: SharedArray<UInt8>
  let norms: SharedArray<Double>
  let ranks: SharedArray<Int>

  var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }

  func run<Element: LinearAlgebraScalar>(
    _ type: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: a.layout.rows, columns: a.layout.columns)
    let sideCount = b.layout.columns
    let xShape = ColumnMajorShape(rows: shape.columns, columns: sideCount)
    let valueCount = method == .singularValues ? min(shape.rows, shape.columns) : 0
    try withScratch(of: type, xShape) { solution throws(LinearAlgebraError) in
      try withScratch(of: Element.Real.self, count: valueCount) {
        found throws(LinearAlgebraError) in
        a.bytes.view(as: type).withSpan { allA in
          b.bytes.view(as: type).withSpan { allB in
            x.view(as: type).withMutableSpan { x in
              values.view(as: Element.Real.self).withMutableSpan { values in
                for index in matrices {
                  let isDone = report.record(index) { () throws(LinearAlgebraError) in
                    ranks[index] = try solveLeastSquares(
                      shape, rightSides: sideCount, method, tolerance, values: &found, x: &solution
                    ) { (copy: inout MutableSpan<Element>) throws(LinearAlgebraError) in
                      try a.copy(index, of: allA, into: &copy, shape)
                    } loadB: {
                      (copy: inout MutableSpan<Element>, shape) throws(LinearAlgebraError) in
                      try b.copy(index, of: allB, .b, into: &copy, shape)
                    } takeNorm: {
                      norms[index * sideCount + $0] = $1
                    }
                  }
                  if !isDone { forget(index) }
                  store(solution.span, isThere: isDone, of: index, count: xShape.extent, into: &x)
                  store(found.span, isThere: isDone, of: index, count: valueCount, into: &values)
                }
              }
            }
          }
        }
      }
    }
  }

  /// What there is of a problem without a solution.
  private func forget(_ index: Int) {
    ranks[index] = 0
    for column in 0..<b.layout.columns { norms[index * b.layout.columns + column] = .nan }
  }
}
