public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts decomposing a symmetric matrix, Hermitian for complex elements, into V·Λ·Vᴴ and returns the future of the
  /// decomposition.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - triangle: the one that is read, with the diagonal, whose imaginary parts count as 0; the other one is taken to
  ///     mirror it.
  ///   - priority: how urgent it is.
  /// - Accuracy: ‖V·Λ·Vᴴ - A‖ and the error of each eigenvalue are a modest multiple of ε·‖A‖ (*LAPACK Users' Guide*,
  ///   3rd ed., §4.7). The bits are those of the LAPACK in use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `notFinite` for the triangle, `noConvergence`, `noLAPACK`.
  /// - Source: LAPACK's syevd and heevd.
  public func startSymmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, triangle: MatrixTriangle = .lower, priority: WorkPriority = .normal
  ) throws -> Future<SymmetricEigendecomposition<Element>> {
    try startSymmetricEigen(a, nil, triangle, vectors: true, "symmetricEigen (syevd)", priority)
  }

  /// A symmetric matrix as V·Λ·Vᴴ; see `startSymmetricEigen`.
  public func symmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, triangle: MatrixTriangle = .lower, priority: WorkPriority = .normal
  ) async throws -> SymmetricEigendecomposition<Element> {
    try await startSymmetricEigen(a, triangle: triangle, priority: priority).value
  }

  /// A symmetric matrix as V·Λ·Vᴴ, blocking; see `startSymmetricEigen`.
  @available(*, noasync)
  public func symmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, triangle: MatrixTriangle = .lower, priority: WorkPriority = .normal
  ) throws -> SymmetricEigendecomposition<Element> {
    try startSymmetricEigen(a, triangle: triangle, priority: priority).result()
  }

  /// Starts solving A·v = λ·B·v, A symmetric, or Hermitian, and B positive definite, and returns the future of all
  /// eigenvalues and vectors.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - b: n × n, any view; it is not changed.
  ///   - triangle: of both, the one that is read.
  ///   - priority: how urgent it is.
  /// - Accuracy: errors grow with the condition number of B (*LAPACK Users' Guide*, 3rd ed., §4.10).
  /// - Throws: `LinearAlgebraError`: `notPositiveDefinite` with the column of B, `notSquare`, `rightSideMismatch`,
  ///   `notFinite`, `noConvergence`, `noLAPACK`.
  /// - Source: LAPACK's sygvd and hegvd.
  public func startSymmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, triangle: MatrixTriangle = .lower,
    priority: WorkPriority = .normal
  ) throws -> Future<SymmetricEigendecomposition<Element>> {
    try startSymmetricEigen(a, b, triangle, vectors: true, "symmetricEigen (sygvd)", priority)
  }

  /// The eigenvalues and vectors of A·v = λ·B·v; see `startSymmetricEigen`.
  public func symmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, triangle: MatrixTriangle = .lower,
    priority: WorkPriority = .normal
  ) async throws -> SymmetricEigendecomposition<Element> {
    try await startSymmetricEigen(a, b, triangle: triangle, priority: priority).value
  }

  /// The eigenvalues and vectors of A·v = λ·B·v, blocking; see `startSymmetricEigen`.
  @available(*, noasync)
  public func symmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, triangle: MatrixTriangle = .lower,
    priority: WorkPriority = .normal
  ) throws -> SymmetricEigendecomposition<Element> {
    try startSymmetricEigen(a, b, triangle: triangle, priority: priority).result()
  }

  /// Starts computing the eigenvalues of a symmetric matrix, in ascending order, and returns their future: without
  /// vectors, which is several times faster. See `startSymmetricEigen`.
  /// - Parameter b: where the eigenvalues are those of A·v = λ·B·v.
  public func startSymmetricEigenvalues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>? = nil,
    triangle: MatrixTriangle = .lower, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element.Real>> {
    let decomposing = try startSymmetricEigen(
      a, b, triangle, vectors: false, "symmetricEigenvalues (\(b == nil ? "syevd" : "sygvd"))",
      priority)
    return try startSteps { try await finished(decomposing).eigenvalues }
  }

  /// The eigenvalues of a symmetric matrix; see `startSymmetricEigenvalues`.
  public func symmetricEigenvalues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>? = nil,
    triangle: MatrixTriangle = .lower, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element.Real> {
    try await startSymmetricEigenvalues(a, b, triangle: triangle, priority: priority).value
  }

  /// The eigenvalues of a symmetric matrix, blocking; see `startSymmetricEigenvalues`.
  @available(*, noasync)
  public func symmetricEigenvalues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>? = nil,
    triangle: MatrixTriangle = .lower, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element.Real> {
    try startSymmetricEigenvalues(a, b, triangle: triangle, priority: priority).result()
  }

  private func startSymmetricEigen<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>?, _ triangle: MatrixTriangle,
    vectors: Bool, _ operation: String, _ priority: WorkPriority
  ) throws -> Future<SymmetricEigendecomposition<Element>> {
    try checkSquare(a, operation)
    if let b {
      try checkSquare(b, operation, .b)
      try checkRightSides(b.rows, of: (a.rows, a.columns), operation)
    }
    try LAPACK.require()
    return try startSteps { [self] in
      let eigenvectors = try columnMajorMatrix(
        of: Element.self, rows: a.rows, columns: vectors ? a.rows : 0)
      let values = try uninitializedArray(of: Element.Real.self, count: a.rows)
      try await finish(
        DecomposeSymmetric(
          type: Element.scalarType, report: TaskReport(on: self), triangle: triangle,
          hasB: b != nil, a: MatrixBytes(a), b: MatrixBytes(b ?? a),
          values: MatrixBytes(values.asColumn), vectors: MatrixBytes(eigenvectors)),
        operation, priority)
      return SymmetricEigendecomposition(
        eigenvalues: values, eigenvectors: eigenvectors, triangle: triangle, isOfPair: b != nil,
        executor: self)
    }
  }
}

private struct DecomposeSymmetric: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let triangle: MatrixTriangle
  /// Whether `b` counts.
  let hasB: Bool
  let a: MatrixBytes
  let b: MatrixBytes
  let values: MatrixBytes
  /// Without columns when no vectors are wanted.
  let vectors: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let part: MatrixPart = triangle == .lower ? .lower : .upper
    try a.checkFinite(Element.self, in: part)
    if hasB { try b.checkFinite(Element.self, .b, in: part) }
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    if vectors.columns == a.columns {
      try vectors.withMutableSpan(of: Element.self) { vectors throws(LinearAlgebraError) in
        try decompose(&vectors, shape, hasVectors: true)
      }
    } else {
      try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
        try decompose(&copy, shape, hasVectors: false)
      }
    }
  }

  /// - Parameter copy: takes A, and then the vectors.
  private func decompose<Element: LinearAlgebraScalar>(
    _ copy: inout MutableSpan<Element>, _ shape: ColumnMajorShape, hasVectors: Bool
  ) throws(LinearAlgebraError) {
    try a.copy(into: &copy, shape)
    try values.withMutableSpan(of: Element.Real.self) { values throws(LinearAlgebraError) in
      guard hasB else {
        try LAPACK.syevd(vectors: hasVectors, triangle, &copy, shape, values: &values)
        return
      }
      try withScratch(of: Element.self, shape) { bCopy throws(LinearAlgebraError) in
        try b.copy(into: &bCopy, shape)
        try LAPACK.sygvd(
          vectors: hasVectors, triangle, &copy, shape, &bCopy, shape, values: &values)
      }
    }
  }
}
