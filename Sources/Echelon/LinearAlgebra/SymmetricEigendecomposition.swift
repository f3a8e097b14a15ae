public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// A symmetric or Hermitian matrix A as V·Λ·Vᴴ: the columns of V are eigenvectors, A·v = λ·v, and Λ is a diagonal of
/// eigenvalues, which are real. Of a pair A, B the vectors are A·v = λ·B·v.
///
/// Vectors are determined but for a factor of modulus 1, and those of equal eigenvalues but for a rotation among them;
/// they are as LAPACK gives them. Work goes to the executor that made the decomposition, which must not be shut down.
public struct SymmetricEigendecomposition<Element: LinearAlgebraScalar>: InvertibleFactorization {
  /// The n eigenvalues, in ascending order.
  public let eigenvalues: SharedArray<Element.Real>
  /// The eigenvectors as columns, n × n, column-major: orthonormal, Vᴴ·V = 1; of a pair A, B instead Vᴴ·B·V = 1.
  public let eigenvectors: SharedMatrix<Element>
  /// Which triangle of A, and of B, was read.
  let triangle: MatrixTriangle
  /// Whether it is of a pair.
  let isOfPair: Bool
  let executor: any WorkExecutor

  /// Starts multiplying V·Λ·Vᴴ and returns the future of what should be A, column-major. Of a pair A, B it is instead
  /// B⁻¹·A·B⁻¹.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    let order = eigenvectors.rows
    return try executor.startMatrix(rows: order, columns: order, "reconstruct", priority) {
      [eigenvalues, eigenvectors] report, product in
      MultiplyEigen(
        type: Element.scalarType, report: report, values: MatrixBytes(eigenvalues.asColumn),
        vectors: MatrixBytes(eigenvectors), product: product)
    }
  }
}

extension SymmetricEigendecomposition {
  /// The determinant of A, the product of the eigenvalues; of a pair A, B instead det A / det B. It overflows or
  /// underflows only when the determinant itself does. 1 of no elements.
  public var determinant: Element.Real {
    var product = DeterminantProduct<Element.Real>()
    for value in Array(eigenvalues) { product.multiply(by: value) }
    return product.value
  }

  /// The logarithm of the determinant's modulus, and its sign; see `determinant`.
  public var logDeterminant: LogDeterminant<Element> {
    var result = LogDeterminant<Element>()
    for value in Array(eigenvalues) { result.multiply(by: Element(real: value)) }
    return result
  }

  /// Starts solving A·X = B and returns the future of X, column-major: V·Λ⁻¹·Vᴴ·B. Of a pair, A is its first matrix.
  /// - Parameters:
  ///   - b: n × k, any view, or a vector of n elements; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: ‖B - A·X‖ is a modest multiple of ε·‖A‖·‖X‖·κ at most, κ the ratio of the largest to the smallest
  ///   modulus of an eigenvalue; `lu` and `cholesky` do better where that is large.
  /// - Throws: `LinearAlgebraError`: `zeroEigenvalue`, `rightSideMismatch`, `notFinite` for B.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    let b = b.rightSides
    try checkInvertible()
    try checkRightSides(b.rows, of: (eigenvectors.rows, eigenvectors.rows), "solve")
    let x: Future<SharedMatrix<Element>> = try executor.startMatrix(
      rows: b.rows, columns: b.columns, "solve", priority
    ) { [eigenvalues, eigenvectors] report, x in
      SolveWithEigen(
        type: Element.scalarType, report: report, values: MatrixBytes(eigenvalues.asColumn),
        vectors: MatrixBytes(eigenvectors), b: MatrixBytes(b), x: x)
    }
    return try executor.startSteps { B(solutions: try await finished(x)) }
  }

  /// Starts computing A⁻¹ and returns its future, column-major: V·Λ⁻¹·Vᴴ. Of a pair, A is its first matrix.
  /// - Throws: `LinearAlgebraError.zeroEigenvalue`.
  public func startInverse(priority: WorkPriority = .normal) throws -> Future<SharedMatrix<Element>>
  {
    try checkInvertible()
    let order = eigenvectors.rows
    return try executor.startMatrix(rows: order, columns: order, "inverse", priority) {
      [eigenvalues, eigenvectors] report, product in
      MultiplyEigen(
        type: Element.scalarType, report: report, isInverse: true,
        values: MatrixBytes(eigenvalues.asColumn), vectors: MatrixBytes(eigenvectors),
        product: product)
    }
  }

  private func checkInvertible() throws(LinearAlgebraError) {
    if let index = Array(eigenvalues).firstIndex(of: 0) { throw .zeroEigenvalue(index: index) }
  }
}

private struct SolveWithEigen: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let values: MatrixBytes
  let vectors: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(x.rows, x.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try b.checkFinite(Element.self, .b)
    let divisors = try values.withSpan(of: Element.Real.self) { Array(copying: $0) }
    let shape = ColumnMajorShape(rows: b.rows, columns: b.columns)
    let vShape = vectors.columnMajor
    try withScratch(of: Element.self, shape) { right throws(LinearAlgebraError) in
      try withScratch(of: Element.self, shape) { projected throws(LinearAlgebraError) in
        try b.copy(into: &right, shape)
        let right = right.span
        try vectors.withSpan(of: Element.self) { vectors throws(LinearAlgebraError) in
          LAPACK.gemm(vectors, vShape, aForm: .adjoint, right, shape, &projected, shape)
          // Divided, since the inverse of a subnormal eigenvalue is none.
          for column in 0..<shape.columns {
            for row in 0..<shape.rows {
              let place = row + column * shape.leading
              projected[place] = projected[place] / Element(real: divisors[row])
            }
          }
          let projected = projected.span
          try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
            LAPACK.gemm(vectors, vShape, projected, shape, &x, self.x.columnMajor)
          }
        }
      }
    }
  }
}

private struct MultiplyEigen: DenseTask {
  let type: ScalarType
  let report: TaskReport
  /// Whether Λ⁻¹ stands for Λ.
  var isInverse = false
  let values: MatrixBytes
  let vectors: MatrixBytes
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let values = try values.withSpan(of: Element.Real.self) { Array(copying: $0) }
    let factors = isInverse ? values.map { 1 / $0 } : values
    let shape = vectors.columnMajor
    try withScratch(of: Element.self, shape) { scaled throws(LinearAlgebraError) in
      try vectors.copy(into: &scaled, shape)
      scaleColumns(&scaled, shape, by: factors)
      let scaled = scaled.span
      try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
        try vectors.withSpan(of: Element.self) { vectors throws(LinearAlgebraError) in
          LAPACK.gemm(
            scaled, shape, vectors, shape, bForm: .adjoint, &product, self.product.columnMajor)
        }
      }
    }
  }
}
