public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Which singular vectors are computed.
public typealias SingularVectors = LAPACK.SingularVectors

/// A matrix A as U·Σ·Vᴴ: columns of U and rows of Vᴴ are orthonormal, and Σ is a diagonal of singular values, real and
/// not negative.
///
/// Vectors are determined but for a factor of modulus 1 common to a column of U and its row of Vᴴ, and those of equal
/// singular values but for a rotation among them; they are as LAPACK gives them. Work goes to the executor that made the
/// decomposition, which must not be shut down.
public struct SingularValueDecomposition<Element: LinearAlgebraScalar>: LinearSolver {
  /// The min(m, n) singular values, in descending order.
  public let singularValues: SharedArray<Element.Real>
  /// The left singular vectors as columns, column-major: m × min(m, n), with all vectors m × m, with none m × 0.
  public let u: SharedMatrix<Element>
  /// The right singular vectors as rows, conjugated, column-major: min(m, n) × n, with all vectors n × n, with none
  /// 0 × n. For real elements it is the transpose of V.
  public let vAdjoint: SharedMatrix<Element>
  /// Which of them there are.
  public let vectors: SingularVectors
  let executor: any WorkExecutor

  /// The number of rows of A.
  public var rows: Int { u.rows }
  /// The number of columns of A.
  public var columns: Int { vAdjoint.columns }

  /// How many singular values exceed `tolerance` times the largest one.
  /// - Parameter tolerance: nil is max(m, n)·ε, where ε is the distance from 1 to the next number of the
  ///   elements' precision, as NumPy and MATLAB have it.
  public func rank(tolerance: Double? = nil) -> Int {
    let tolerance = tolerance ?? Self.defaultTolerance(rows: rows, columns: columns)
    return singularValues.withSpan { numericalRank(ofSingularValues: $0, tolerance: tolerance) }
  }

  /// The condition number in the 2-norm: the largest singular value divided by the smallest; ∞ where that is 0, and 1
  /// of no elements.
  public var conditionNumber: Double {
    let values = singularValuesInDouble
    guard let largest = values.first, let smallest = values.last else { return 1 }
    return smallest == 0 ? .infinity : largest / smallest
  }

  /// The norm of A that these singular values give.
  public func norm(_ norm: SingularValueNorm) -> Double {
    let values = singularValuesInDouble
    switch norm {
    case .spectral: return values.first ?? 0
    // The small ones first: their sum is rounded less.
    case .nuclear: return values.reversed().reduce(0, +)
    }
  }

  var singularValuesInDouble: [Double] {
    singularValues.withSpan { span in span.indices.map { Double(span[$0]) } }
  }

  static func defaultTolerance(rows: Int, columns: Int) -> Double {
    Double(max(rows, columns)) * Double(Element.Real.ulpOfOne)
  }

  func checkVectors(_ operation: String) {
    precondition(vectors != .none, "\(operation) needs singular vectors: decompose with `.thin`")
  }
}

/// How many singular values, in descending order, exceed `tolerance` times the first.
func numericalRank<Real: LinearAlgebraScalar & BinaryFloatingPoint>(
  ofSingularValues values: Span<Real>, tolerance: Double
) -> Int {
  guard !values.isEmpty else { return 0 }
  let least = tolerance * Double(values[0])
  return values.indices.reduce(0) { $0 + (Double(values[$1]) > least ? 1 : 0) }
}

extension SingularValueDecomposition where Element.Real == Element {
  /// The right singular vectors as columns: the transpose of `vAdjoint`, without a copy.
  public var v: SharedMatrix<Element> { vAdjoint.transposed }
}

/// A norm of a matrix that its singular values give.
public enum SingularValueNorm: Sendable, Hashable {
  /// The largest one: how much the matrix stretches a vector at most, in the 2-norm.
  case spectral
  /// Their sum.
  case nuclear
}

extension SingularValueDecomposition {
  /// Starts multiplying U·Σ·Vᴴ and returns the future of what should be A, column-major.
  /// - Precondition: there are vectors.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    checkVectors("reconstruct")
    return try executor.startMatrix(rows: rows, columns: columns, "reconstruct", priority) {
      [u, singularValues, vAdjoint] report, product in
      MultiplySVD(
        type: Element.scalarType, report: report, u: MatrixBytes(u),
        values: MatrixBytes(singularValues.asColumn), vAdjoint: MatrixBytes(vAdjoint),
        product: product)
    }
  }

  /// Starts computing the pseudo-inverse A⁺ (Moore and Penrose's) and returns its future, n × m, column-major.
  /// - Parameter tolerance: as for `rank`; singular values up to it count as 0.
  /// - Precondition: there are vectors.
  /// - Throws: `PoolError.invalidArgument` for a negative tolerance.
  public func startPseudoInverse(
    tolerance: Double? = nil, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    checkVectors("pseudoInverse")
    try checkTolerance(tolerance, "pseudoInverse")
    return try startInverse(ofRank: rank(tolerance: tolerance), "pseudoInverse", priority)
  }

  /// Starts multiplying V·Σ⁻¹·Uᴴ, of the largest singular values.
  func startInverse(
    ofRank rank: Int, _ operation: String, _ priority: WorkPriority
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startMatrix(rows: columns, columns: rows, operation, priority) {
      [u, singularValues, vAdjoint] report, inverse in
      InvertSVD(
        type: Element.scalarType, report: report, rank: rank, u: MatrixBytes(u),
        values: MatrixBytes(singularValues.asColumn), vAdjoint: MatrixBytes(vAdjoint),
        inverse: inverse)
    }
  }

  /// A⁺; see `startPseudoInverse`.
  public func pseudoInverse(
    tolerance: Double? = nil, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startPseudoInverse(tolerance: tolerance, priority: priority).value
  }

  /// A⁺, blocking; see `startPseudoInverse`.
  @available(*, noasync)
  public func pseudoInverse(
    tolerance: Double? = nil, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startPseudoInverse(tolerance: tolerance, priority: priority).result()
  }
}

// The tasks.

private struct MultiplySVD: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let u: MatrixBytes
  let values: MatrixBytes
  let vAdjoint: MatrixBytes
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let factors = try values.withSpan(of: Element.Real.self) { Array(copying: $0) }
    try withScaledRows(of: vAdjoint, by: factors) {
      (scaled: Span<Element>, shape) throws(LinearAlgebraError) in
      try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
        try u.withSpan(of: Element.self) { u throws(LinearAlgebraError) in
          LAPACK.gemm(
            u, self.u.first(columns: factors.count).columnMajor, scaled, shape, &product,
            self.product.columnMajor)
        }
      }
    }
  }
}

private struct InvertSVD: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let rank: Int
  let u: MatrixBytes
  let values: MatrixBytes
  let vAdjoint: MatrixBytes
  let inverse: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(inverse.rows, inverse.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try values.withSpan(of: Element.Real.self) { values throws(LinearAlgebraError) in
      try u.withSpan(of: Element.self) { u throws(LinearAlgebraError) in
        try vAdjoint.withSpan(of: Element.self) { vAdjoint throws(LinearAlgebraError) in
          try inverse.withMutableSpan(of: Element.self) { inverse throws(LinearAlgebraError) in
            try invertSVD(
              ofRank: rank, u, self.u.columnMajor, values, vAdjoint, self.vAdjoint.columnMajor,
              into: &inverse, self.inverse.columnMajor)
          }
        }
      }
    }
  }
}

/// V·Σ⁻¹·Uᴴ of the largest singular values: what pseudo-inverses of a matrix and of a batch have in common.
func invertSVD<Element: LinearAlgebraScalar>(
  ofRank rank: Int, _ u: Span<Element>, _ uShape: ColumnMajorShape, _ values: Span<Element.Real>,
  _ vAdjoint: Span<Element>, _ vShape: ColumnMajorShape, into inverse: inout MutableSpan<Element>,
  _ shape: ColumnMajorShape
) throws(LinearAlgebraError) {
  let scaledShape = ColumnMajorShape(rows: rank, columns: vShape.columns)
  try withScratch(of: Element.self, scaledShape) { scaled throws(LinearAlgebraError) in
    let first = MatrixView(
      rows: rank, columns: vShape.columns, rowStride: 1, columnStride: vShape.leading)
    copyColumnMajor(vAdjoint, first, into: &scaled, scaledShape)
    scaleRows(&scaled, scaledShape, by: (0..<rank).map { 1 / values[$0] })
    LAPACK.gemm(
      scaled.span, scaledShape, aForm: .adjoint, u,
      ColumnMajorShape(rows: uShape.rows, columns: rank, leading: uShape.leading),
      bForm: .adjoint, &inverse, shape)
  }
}

/// Hands over the first rows of a matrix, as many as there are factors, each times its factor.
private func withScaledRows<Element: LinearAlgebraScalar>(
  of matrix: MatrixBytes, by factors: [Element.Real],
  _ body: (Span<Element>, ColumnMajorShape) throws(LinearAlgebraError) -> Void
) throws(LinearAlgebraError) {
  let shape = ColumnMajorShape(rows: factors.count, columns: matrix.columns)
  try withScratch(of: Element.self, shape) { scaled throws(LinearAlgebraError) in
    try matrix.first(rows: factors.count).copy(into: &scaled, shape)
    scaleRows(&scaled, shape, by: factors)
    try body(scaled.span, shape)
  }
}
