import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts factoring A into Q·R, by Householder reflections, and returns the future of the factorization.
  /// - Parameters:
  ///   - a: m × n, any view; it is not changed.
  ///   - pivoting: whether columns are exchanged, so that the diagonal of R shows the rank.
  ///   - checkingFinite: whether A is searched for NaN and infinities first.
  ///   - priority: how urgent it is.
  /// - Accuracy: each column of Q·R differs from that of A by a small multiple of m·n·u times its norm (Higham,
  ///   *Accuracy and Stability*, 2nd ed., §19.3). The bits are those of the LAPACK in use, and do not depend on the
  ///   number of workers.
  /// - Throws: `LinearAlgebraError`: `notFinite`, `noLAPACK`.
  /// - Source: LAPACK's geqrf and geqp3; without pivoting, `KernelFamily.tiledQR` and `tallQR` for large matrices
  ///   (`explain` says which).
  public func startQR<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, pivoting: ColumnPivoting = .none, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> Future<QRFactorization<Element>> {
    try requireLAPACK(for: a)
    return try startSteps { [self] in
      if pivoting == .none, isDivided(.qr(rows: a.rows, columns: a.columns), of: Element.self) {
        return try await qrInSteps(a, checkingFinite, priority)
      }
      let factors = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
      let tau = try uninitializedArray(of: Element.self, count: min(a.rows, a.columns))
      let pivots = try uninitializedArray(
        of: Int32.self, count: pivoting == .columns ? a.columns : 0)
      try await finish(
        FactorQR(
          type: Element.scalarType, report: TaskReport(on: self), pivoting: pivoting,
          checksFinite: checkingFinite, a: MatrixBytes(a), factors: MatrixBytes(factors),
          tau: tau.bytes, pivots: pivots),
        "qr", priority)
      return QRFactorization(
        factors: factors, tau: tau, pivots: pivoting == .columns ? pivots : nil, executor: self)
    }
  }

  /// A as Q·R; see `startQR`.
  public func qr<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, pivoting: ColumnPivoting = .none, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) async throws -> QRFactorization<Element> {
    try await startQR(
      a, pivoting: pivoting, checkingFinite: checkingFinite, priority: priority
    ).value
  }

  /// A as Q·R, blocking; see `startQR`.
  @available(*, noasync)
  public func qr<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, pivoting: ColumnPivoting = .none, checkingFinite: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> QRFactorization<Element> {
    try startQR(a, pivoting: pivoting, checkingFinite: checkingFinite, priority: priority).result()
  }
}

extension WorkExecutor {
  /// A large matrix, which all workers factor.
  private func qrInSteps<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ checkingFinite: Bool, _ priority: WorkPriority
  ) async throws -> QRFactorization<Element> {
    if KernelFamily.isTall(rows: a.rows, columns: a.columns) {
      return try await qrByTree(a, checkingFinite, priority)
    }
    let qr: TiledQRFactors<Element>
    if checkingFinite {
      qr = try await surveyed(a, checkingFinite: true, "qr", priority) {
        try startTiledQR(a, priority: priority)
      }.1
    } else {
      qr = try await finished(startTiledQR(a, priority: priority))
    }
    return QRFactorization(
      factors: qr.factors, tau: try array(qr.scalarFactors), pivots: nil, executor: self)
  }

  private func qrByTree<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ checkingFinite: Bool, _ priority: WorkPriority
  ) async throws -> QRFactorization<Element> {
    let tall = try await finished(startTallQR(a, priority: priority))
    if checkingFinite, !tall.isFinite { try await checkFinite(a, .a, "qr", priority) }
    return QRFactorization(
      factors: tall.qr.factors, tau: try array(tall.qr.scalarFactors), pivots: nil, executor: self)
  }

  /// QR by a tree of blocks, also of a matrix that is too small for `qr` to choose it: m ≥ n ≥ 1.
  package func startQRByTree<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, checkingFinite: Bool = true
  ) throws -> Future<QRFactorization<Element>> {
    try startSteps { [self] in try await qrByTree(a, checkingFinite, .normal) }
  }
}

private struct FactorQR: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let pivoting: ColumnPivoting
  let checksFinite: Bool
  let a: MatrixBytes
  let factors: MatrixBytes
  let tau: SharedArray<UInt8>
  let pivots: SharedArray<Int32>

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite { try a.checkFinite(Element.self) }
    let shape = factors.columnMajor
    try factors.withMutableSpan(of: Element.self) { factors throws(LinearAlgebraError) in
      try a.copy(into: &factors, shape)
      try tau.view(as: Element.self).withMutableSpan { tau throws(LinearAlgebraError) in
        if pivoting == .none { return try LAPACK.geqrf(&factors, shape, tau: &tau) }
        try pivots.withMutableSpan { pivots throws(LinearAlgebraError) in
          try LAPACK.geqp3(&factors, shape, pivots: &pivots, tau: &tau)
        }
      }
    }
  }
}
