public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// A symmetric or Hermitian matrix A as V·Λ·Vᴴ: the columns of V are eigenvectors, A·v = λ·v, and Λ is a diagonal of
/// eigenvalues, which are real. Of a pair A, B the vectors are A·v = λ·B·v.
///
/// Vectors are determined but for a factor of modulus 1, and those of equal eigenvalues but for a rotation among them;
/// they are as LAPACK gives them. Work goes to the executor that made the decomposition, which must not be shut down.
public struct SymmetricEigendecomposition<Element: LinearAlgebraScalar>: MatrixFactorization {
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

private struct MultiplyEigen: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let values: MatrixBytes
  let vectors: MatrixBytes
  let product: MatrixBytes

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let factors = try values.withSpan(of: Element.Real.self) { Array(copying: $0) }
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
