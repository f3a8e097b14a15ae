public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts decomposing A into U·Σ·Vᴴ and returns the future of the decomposition.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed. It is always searched for NaN and infinities: with them the iteration
  ///     need not end, and the search takes no time beside it.
  ///   - vectors: which singular vectors are computed; `.full` ones take the memory of two square matrices.
  ///   - priority: how urgent it is.
  /// - Accuracy: ‖U·Σ·Vᴴ - A‖ and the error of each singular value are a modest multiple of ε·‖A‖, so that small
  ///   singular values have fewer correct digits (*LAPACK Users' Guide*, 3rd ed., §4.9). The bits are those of the LAPACK
  ///   in use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `notFinite`, `noConvergence`, `noLAPACK`.
  /// - Source: LAPACK's gesdd; gesvd for a matrix with which that does not converge. Up to eight singular values, and their
  ///   vectors, are refined (`refineSVD`).
  public func startSVD<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, vectors: SingularVectors = .thin, priority: WorkPriority = .normal
  ) throws -> Future<SingularValueDecomposition<Element>> {
    try requireLAPACK(for: a)
    return try startSteps { [self] in
      let shapes = vectors.shapes(rows: a.rows, columns: a.columns)
      let u = try columnMajorMatrix(
        of: Element.self, rows: shapes.u.rows, columns: shapes.u.columns)
      let vAdjoint = try columnMajorMatrix(
        of: Element.self, rows: shapes.vAdjoint.rows, columns: shapes.vAdjoint.columns)
      let values = try uninitializedArray(
        of: Element.Real.self, count: min(a.rows, a.columns))
      try await finish(
        DecomposeSVD(
          type: Element.scalarType, report: TaskReport(on: self), vectors: vectors,
          a: MatrixBytes(a), values: MatrixBytes(values.asColumn), u: MatrixBytes(u),
          vAdjoint: MatrixBytes(vAdjoint)),
        "svd (gesdd, and then gesvd)", priority)
      return SingularValueDecomposition(
        singularValues: values, u: u, vAdjoint: vAdjoint, vectors: vectors, executor: self)
    }
  }

  /// A as U·Σ·Vᴴ; see `startSVD`.
  public func svd<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, vectors: SingularVectors = .thin, priority: WorkPriority = .normal
  ) async throws -> SingularValueDecomposition<Element> {
    try await startSVD(a, vectors: vectors, priority: priority).value
  }

  /// A as U·Σ·Vᴴ, blocking; see `startSVD`.
  @available(*, noasync)
  public func svd<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, vectors: SingularVectors = .thin, priority: WorkPriority = .normal
  ) throws -> SingularValueDecomposition<Element> {
    try startSVD(a, vectors: vectors, priority: priority).result()
  }

  /// Starts computing the min(m, n) singular values of A, in descending order, and returns their future; see `startSVD`.
  public func startSingularValues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element.Real>> {
    try startWithSingularValues(of: a, priority) { $0.singularValues }
  }

  /// The singular values of A; see `startSingularValues`.
  public func singularValues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element.Real> {
    try await startSingularValues(a, priority: priority).value
  }

  /// The singular values of A, blocking; see `startSingularValues`.
  @available(*, noasync)
  public func singularValues<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element.Real> {
    try startSingularValues(a, priority: priority).result()
  }

  /// What the singular values of A, without vectors, say.
  func startWithSingularValues<Element: LinearAlgebraScalar, Value: Sendable>(
    of a: SharedMatrix<Element>, _ priority: WorkPriority,
    _ value: @escaping @Sendable (SingularValueDecomposition<Element>) -> Value
  ) throws -> Future<Value> {
    let decomposing = try startSVD(a, vectors: .none, priority: priority)
    return try startSteps { value(try await finished(decomposing)) }
  }
}

private struct DecomposeSVD: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let vectors: SingularVectors
  let a: MatrixBytes
  let values: MatrixBytes
  let u: MatrixBytes
  let vAdjoint: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try a.checkFinite(Element.self)
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
      try values.withMutableSpan(of: Element.Real.self) { values throws(LinearAlgebraError) in
        try u.withMutableSpan(of: Element.self) { u throws(LinearAlgebraError) in
          try vAdjoint.withMutableSpan(of: Element.self) { vAdjoint throws(LinearAlgebraError) in
            try decomposeSVD(
              vectors, &copy, shape, values: &values, u: &u, vAdjoint: &vAdjoint
            ) { (copy: inout MutableSpan<Element>) throws(LinearAlgebraError) in
              try a.copy(into: &copy, shape)
            }
          }
        }
      }
    }
  }
}

/// One matrix as U·Σ·Vᴴ: what `svd` of a matrix and of a batch have in common.
/// - Parameters:
///   - copy: memory for A.
///   - u: of the shape that `vectors` says, without gaps, and so is `vAdjoint`.
///   - load: copies A; it is called again when A is lost on the way.
/// - Throws: `LinearAlgebraError.noConvergence`, and what `load` throws.
func decomposeSVD<Element: LinearAlgebraScalar>(
  _ vectors: SingularVectors, _ copy: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  values: inout MutableSpan<Element.Real>, u: inout MutableSpan<Element>,
  vAdjoint: inout MutableSpan<Element>,
  load: (inout MutableSpan<Element>) throws(LinearAlgebraError) -> Void
) throws(LinearAlgebraError) {
  let shapes = vectors.shapes(rows: shape.rows, columns: shape.columns)
  if shape.extent == 0 {
    // LAPACK leaves the vectors unset.
    setIdentity(&u, shapes.u)
    setIdentity(&vAdjoint, shapes.vAdjoint)
    return
  }
  try load(&copy)
  if try !LAPACK.gesdd(vectors, &copy, shape, values: &values, u: &u, vAdjoint: &vAdjoint) {
    try load(&copy)
    try LAPACK.gesvd(vectors, &copy, shape, values: &values, u: &u, vAdjoint: &vAdjoint)
  }
  guard vectors != .none, min(shape.rows, shape.columns) <= refinedSVDLimit else { return }
  try load(&copy)
  refineSVD(
    of: copy.span, shape, values: &values, u: &u, shapes.u, vAdjoint: &vAdjoint, shapes.vAdjoint)
}
