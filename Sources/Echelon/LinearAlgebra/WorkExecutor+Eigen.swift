import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// The eigenvalues and eigenvectors of a square matrix.
///
/// They come in LAPACK's order, the two of a conjugate pair of a real matrix one after the other, the one with the
/// positive imaginary part first. Each vector has the 2-norm 1, and its largest component is real. A defective matrix,
/// which has fewer eigenvectors, gets some that are parallel to working precision. Work goes
/// to the executor that made the decomposition, which must not be shut down.
public struct Eigendecomposition<Element: EigenScalar>: InvertibleFactorization {
  /// The n eigenvalues.
  public let eigenvalues: SharedArray<Element.ComplexNumber>
  /// The right eigenvectors as columns, n × n, column-major: A·v = λ·v.
  public let eigenvectors: SharedMatrix<Element.ComplexNumber>
  /// The left eigenvectors as columns, n × n, column-major: uᴴ·A = λ·uᴴ; nil when they were not asked for.
  public let leftEigenvectors: SharedMatrix<Element.ComplexNumber>?
  let executor: any WorkExecutor

  /// The determinant, the product of the eigenvalues: of a real matrix real, but for rounding. It overflows or
  /// underflows only when the determinant itself does. 1 of no elements.
  public var determinant: Element.ComplexNumber {
    var product = DeterminantProduct<Element.ComplexNumber>()
    for value in Array(eigenvalues) { product.multiply(by: value) }
    return product.value
  }

  /// Starts computing V·Λ·V⁻¹ and returns the future of what should be A, column-major; of a real matrix the real
  /// parts.
  /// - Accuracy: it differs from A by ε·‖A‖ times the condition number of V, which is large where A is nearly
  ///   defective; what `schur` reconstructs does not.
  /// - Throws: `LinearAlgebraError`: `dependentEigenvectors`, `noLAPACK`.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startMatrix(
      rows: eigenvectors.rows, columns: eigenvectors.rows, "reconstruct", priority
    ) { [eigenvalues, eigenvectors] report, product in
      MultiplyGeneral(
        type: Element.ComplexNumber.scalarType, report: report, isReal: !Element.isComplex,
        values: MatrixBytes(eigenvalues.asColumn), vectors: MatrixBytes(eigenvectors),
        product: product)
    }
  }
}

extension WorkExecutor {
  /// Starts computing the eigenvalues and eigenvectors of a square matrix and returns their future. For a symmetric or
  /// Hermitian one, `symmetricEigen` is faster, and its vectors are orthonormal.
  /// - Parameters:
  ///   - a: n × n, any view; it is not changed. Rows and columns are exchanged and scaled by powers of 2 first.
  ///   - leftVectors: whether left eigenvectors are computed, too.
  ///   - priority: how urgent it is.
  /// - Accuracy: they are those of a matrix that differs from A by a modest multiple of ε·‖A‖; of a defective one, or
  ///   one near it, eigenvalues may differ by the root of that (*LAPACK Users' Guide*, 3rd ed., §4.8). The bits are
  ///   those of the LAPACK in use, and do not depend on the number of workers.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `notFinite`, `noConvergence`, `noLAPACK`.
  /// - Source: LAPACK's geev.
  public func startEigen<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, leftVectors: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<Eigendecomposition<Element>> {
    try startEigen(a, hasRight: true, hasLeft: leftVectors, "eigen (geev)", priority)
  }

  /// The eigenvalues and eigenvectors of a square matrix; see `startEigen`.
  public func eigen<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, leftVectors: Bool = false, priority: WorkPriority = .normal
  ) async throws -> Eigendecomposition<Element> {
    try await startEigen(a, leftVectors: leftVectors, priority: priority).value
  }

  /// The eigenvalues and eigenvectors of a square matrix, blocking; see `startEigen`.
  @available(*, noasync)
  public func eigen<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, leftVectors: Bool = false, priority: WorkPriority = .normal
  ) throws -> Eigendecomposition<Element> {
    try startEigen(a, leftVectors: leftVectors, priority: priority).result()
  }

  /// Starts computing the eigenvalues of a square matrix without vectors, which is faster, and returns their future;
  /// see `startEigen`.
  public func startEigenvalues<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element.ComplexNumber>> {
    let decomposing = try startEigen(
      a, hasRight: false, hasLeft: false, "eigenvalues (geev)", priority)
    return try startSteps { try await finished(decomposing).eigenvalues }
  }

  /// The eigenvalues of a square matrix; see `startEigenvalues`.
  public func eigenvalues<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element.ComplexNumber> {
    try await startEigenvalues(a, priority: priority).value
  }

  /// The eigenvalues of a square matrix, blocking; see `startEigenvalues`.
  @available(*, noasync)
  public func eigenvalues<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element.ComplexNumber> {
    try startEigenvalues(a, priority: priority).result()
  }

  private func startEigen<Element: EigenScalar>(
    _ a: SharedMatrix<Element>, hasRight: Bool, hasLeft: Bool, _ operation: String,
    _ priority: WorkPriority
  ) throws -> Future<Eigendecomposition<Element>> {
    try checkSquare(a, operation)
    try LAPACK.require()
    return try startSteps { [self] in
      let values = try uninitializedArray(of: Element.ComplexNumber.self, count: a.rows)
      let right = try columnMajorMatrix(
        of: Element.ComplexNumber.self, rows: a.rows, columns: hasRight ? a.rows : 0)
      let left = try columnMajorMatrix(
        of: Element.ComplexNumber.self, rows: a.rows, columns: hasLeft ? a.rows : 0)
      try await finish(
        DecomposeGeneral(
          type: Element.scalarType, report: TaskReport(on: self), a: MatrixBytes(a),
          values: MatrixBytes(values.asColumn), left: MatrixBytes(left),
          right: MatrixBytes(right)),
        operation, priority)
      return Eigendecomposition(
        eigenvalues: values, eigenvectors: right, leftEigenvectors: hasLeft ? left : nil,
        executor: self)
    }
  }
}

private struct DecomposeGeneral: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let a: MatrixBytes
  /// Of complex numbers, and so are the vectors; written as pairs of real ones.
  let values: MatrixBytes
  /// Without columns when they are not wanted.
  let left: MatrixBytes
  let right: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try a.checkFinite(Element.self)
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
      try values.withMutableSpan(of: Element.Real.self) { values throws(LinearAlgebraError) in
        try left.withMutableSpan(of: Element.Real.self) { left throws(LinearAlgebraError) in
          try right.withMutableSpan(of: Element.Real.self) { right throws(LinearAlgebraError) in
            try a.copy(into: &copy, shape)
            try LAPACK.geev(&copy, shape, values: &values, left: &left, right: &right)
          }
        }
      }
    }
  }
}

/// V·Λ·V⁻¹, by solving Vᵀ·Aᵀ = (V·Λ)ᵀ.
private struct MultiplyGeneral: DenseTask {
  /// Of Λ and V, which are complex.
  let type: ScalarType
  let report: TaskReport
  /// Whether the product takes real parts.
  let isReal: Bool
  let values: MatrixBytes
  let vectors: MatrixBytes
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    switch type {
    case .float64, .complexFloat64: try multiply(Double.self)
    case .float32, .complexFloat32: try multiply(Float.self)
    }
  }

  private func multiply<Part: ComplexPart & LinearAlgebraScalar>(
    _: Part.Type
  ) throws(LinearAlgebraError) where Part.Real == Part {
    typealias Number = ComplexElement<Part>
    let order = vectors.rows
    let shape = ColumnMajorShape(rows: order, columns: order)
    try withScratch(of: Number.self, shape) { lu throws(LinearAlgebraError) in
      try withScratch(of: Number.self, shape) { right throws(LinearAlgebraError) in
        try vectors.copy(into: &lu, shape)
        try values.withSpan(of: Number.self) { values throws(LinearAlgebraError) in
          for column in 0..<order {
            for row in 0..<order {
              right[column + row * shape.leading] =
                lu[row + column * shape.leading] * values[column]
            }
          }
        }
        try withScratch(of: Int32.self, count: order) { pivots throws(LinearAlgebraError) in
          if let column = try LAPACK.getrf(&lu, shape, pivots: &pivots) {
            throw .dependentEigenvectors(index: column)
          }
          try LAPACK.getrs(.transposed, lu.span, shape, pivots: pivots.span, &right, shape)
        }
        if isReal {
          try store(right.span, shape) { $0.real }
        } else {
          try store(right.span, shape) { $0 }
        }
      }
    }
  }

  /// The transpose of what was solved for.
  private func store<Number, Element: LinearAlgebraScalar>(
    _ transposed: Span<Number>, _ shape: ColumnMajorShape, _ convert: (Number) -> Element
  ) throws(LinearAlgebraError) {
    let leading = product.columnMajor.leading
    try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
      for column in 0..<shape.columns {
        for row in 0..<shape.rows {
          product[row + column * leading] = convert(transposed[column + row * shape.leading])
        }
      }
    }
  }
}
