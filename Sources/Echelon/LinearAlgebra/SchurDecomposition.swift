import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// A square matrix A as Q·T·Qᴴ: Q is orthogonal, or unitary, and T upper triangular. Of a real matrix T is real and
/// quasi-triangular: each pair of conjugate eigenvalues has a block of 2 × 2 on the diagonal, [a b; c a] with b·c < 0.
///
/// Work goes to the executor that made the decomposition, which must not be shut down.
public struct SchurDecomposition<Element: EigenScalar>: InvertibleFactorization {
  /// T, n × n, column-major; what lies below its diagonal, or its blocks, is exactly 0.
  public let t: SharedMatrix<Element>
  /// Q, n × n, column-major; its columns are the Schur vectors.
  public let q: SharedMatrix<Element>
  /// The n eigenvalues, in the order in which they stand on the diagonal of T.
  public let eigenvalues: SharedArray<Element.ComplexNumber>
  let executor: any WorkExecutor

  /// Starts multiplying Q·T·Qᴴ and returns the future of what should be A, column-major.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startMatrix(rows: t.rows, columns: t.rows, "reconstruct", priority) {
      [t, q] report, product in
      MultiplySchur(
        type: Element.scalarType, report: report, t: MatrixBytes(t), q: MatrixBytes(q),
        product: product)
    }
  }
}

extension WorkExecutor {
  /// Starts decomposing a square matrix into Q·T·Qᴴ and returns the future of the decomposition.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: ‖Q·T·Qᴴ - A‖ is a modest multiple of ε·‖A‖, also for a defective A. The bits are those of the LAPACK in
  ///   use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `notFinite`, `noConvergence`, `noLAPACK`.
  /// - Source: LAPACK's gees.
  public func startSchur<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SchurDecomposition<Element>> {
    try checkSquare(a, "schur")
    try LAPACK.require()
    return try startSteps { [self] in
      let t = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.rows)
      let q = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.rows)
      let values = try uninitializedArray(of: Element.ComplexNumber.self, count: a.rows)
      try await finish(
        DecomposeSchur(
          type: Element.scalarType, report: TaskReport(on: self), a: MatrixBytes(a),
          t: MatrixBytes(t), q: MatrixBytes(q), values: MatrixBytes(values.asColumn)),
        "schur (gees)", priority)
      return SchurDecomposition(t: t, q: q, eigenvalues: values, executor: self)
    }
  }

  /// A square matrix as Q·T·Qᴴ; see `startSchur`.
  public func schur<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SchurDecomposition<Element> {
    try await startSchur(a, priority: priority).value
  }

  /// A square matrix as Q·T·Qᴴ, blocking; see `startSchur`.
  @available(*, noasync)
  public func schur<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SchurDecomposition<Element> {
    try startSchur(a, priority: priority).result()
  }
}

private struct DecomposeSchur: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let a: MatrixBytes
  let t: MatrixBytes
  let q: MatrixBytes
  /// Of complex numbers, written as pairs of real ones.
  let values: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try a.checkFinite(Element.self)
    try t.withMutableSpan(of: Element.self) { t throws(LinearAlgebraError) in
      try q.withMutableSpan(of: Element.self) { q throws(LinearAlgebraError) in
        try values.withMutableSpan(of: Element.Real.self) { values throws(LinearAlgebraError) in
          let shape = self.t.columnMajor
          try a.copy(into: &t, shape)
          try LAPACK.gees(&t, shape, values: &values, q: &q, self.q.columnMajor)
        }
      }
    }
  }
}

private struct MultiplySchur: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let t: MatrixBytes
  let q: MatrixBytes
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let shape = q.columnMajor
    try withScratch(of: Element.self, shape) { left throws(LinearAlgebraError) in
      try q.withSpan(of: Element.self) { q throws(LinearAlgebraError) in
        try t.withSpan(of: Element.self) { t throws(LinearAlgebraError) in
          LAPACK.gemm(q, shape, t, self.t.columnMajor, &left, shape)
        }
        let left = left.span
        try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
          LAPACK.gemm(left, shape, q, shape, bForm: .adjoint, &product, self.product.columnMajor)
        }
      }
    }
  }
}
