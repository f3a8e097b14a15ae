import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension Eigendecomposition {
  /// The logarithm of the determinant's modulus, and its sign; see `determinant`.
  public var logDeterminant: LogDeterminant<Element.ComplexNumber> {
    var result = LogDeterminant<Element.ComplexNumber>()
    for value in Array(eigenvalues) { result.multiply(by: value) }
    return result
  }

  /// Starts solving A·X = B and returns the future of X, column-major: V·Λ⁻¹·V⁻¹·B; of a real matrix the real parts.
  /// - Parameters:
  ///   - b: n × k, any view, or a vector of n elements; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: errors grow with the condition number of V, which is large where A is nearly defective; `schur`, `lu` and
  ///   `qr` do not have that.
  /// - Throws: `LinearAlgebraError`: `zeroEigenvalue`, `dependentEigenvectors`,
  ///   `rightSideMismatch`, `notFinite` for B.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    let b = b.rightSides
    if let index = Array(eigenvalues).firstIndex(where: { $0.modulus == 0 }) {
      throw LinearAlgebraError.zeroEigenvalue(index: index)
    }
    let order = eigenvectors.rows
    try checkRightSides(b.rows, of: (order, order), "solve")
    let x: Future<SharedMatrix<Element>> = try executor.startMatrix(
      rows: b.rows, columns: b.columns, "solve", priority
    ) { [eigenvalues, eigenvectors] report, x in
      SolveWithVectors(
        type: Element.ComplexNumber.scalarType, report: report, isReal: !Element.isComplex,
        values: MatrixBytes(eigenvalues.asColumn), vectors: MatrixBytes(eigenvectors),
        b: MatrixBytes(b), x: x)
    }
    return try executor.startSteps { B(solutions: try await finished(x)) }
  }

  /// Starts computing A⁻¹ and returns its future, column-major: V·Λ⁻¹·V⁻¹; see `startSolve`.
  /// - Throws: `LinearAlgebraError`: `zeroEigenvalue`, `dependentEigenvectors`.
  public func startInverse(priority: WorkPriority = .normal) throws -> Future<SharedMatrix<Element>>
  {
    try startSolve(try executor.identity(order: eigenvectors.rows), priority: priority)
  }
}

private struct SolveWithVectors: DenseTask {
  /// Of Λ and V, which are complex.
  let type: ScalarType
  let report: TaskReport
  /// Whether B and X are real.
  let isReal: Bool
  let values: MatrixBytes
  let vectors: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(x.rows, x.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    switch type {
    case .float64, .complexFloat64: try solve(Double.self)
    case .float32, .complexFloat32: try solve(Float.self)
    }
  }

  private func solve<Part: ComplexPart & LinearAlgebraScalar>(
    _: Part.Type
  ) throws(LinearAlgebraError) where Part.Real == Part {
    typealias Number = ComplexElement<Part>
    if isReal {
      try solve(makeNumber: { (part: Part) in Number(part, 0) }, makeElement: { $0.real })
    } else {
      try solve(makeNumber: { (number: Number) in number }, makeElement: { $0 })
    }
  }

  private func solve<Element: LinearAlgebraScalar, Number: LinearAlgebraScalar>(
    makeNumber: (Element) -> Number, makeElement: (Number) -> Element
  ) throws(LinearAlgebraError) {
    try b.checkFinite(Element.self, .b)
    let order = vectors.rows
    let vShape = ColumnMajorShape(rows: order, columns: order)
    let shape = ColumnMajorShape(rows: order, columns: b.columns)
    try withScratch(of: Number.self, shape) { right throws(LinearAlgebraError) in
      let view = b.view
      try b.withSpan(of: Element.self) { b throws(LinearAlgebraError) in
        for column in 0..<shape.columns {
          for row in 0..<order {
            right[row + column * shape.leading] = makeNumber(
              b[row * view.rowStride + column * view.columnStride])
          }
        }
      }
      try withScratch(of: Number.self, vShape) { lu throws(LinearAlgebraError) in
        try withScratch(of: Int32.self, count: order) { pivots throws(LinearAlgebraError) in
          try vectors.copy(into: &lu, vShape)
          if let column = try LAPACK.getrf(&lu, vShape, pivots: &pivots) {
            throw .dependentEigenvectors(index: column)
          }
          try LAPACK.getrs(.plain, lu.span, vShape, pivots: pivots.span, &right, shape)
        }
        try values.withSpan(of: Number.self) { values throws(LinearAlgebraError) in
          for column in 0..<shape.columns {
            for row in 0..<order {
              let place = row + column * shape.leading
              right[place] = right[place] / values[row]
            }
          }
        }
        let right = right.span
        try withScratch(of: Number.self, shape) { product throws(LinearAlgebraError) in
          try vectors.withSpan(of: Number.self) { vectors throws(LinearAlgebraError) in
            LAPACK.gemm(vectors, self.vectors.columnMajor, right, shape, &product, shape)
          }
          let leading = x.columnMajor.leading
          try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
            for column in 0..<shape.columns {
              for row in 0..<order {
                x[row + column * leading] = makeElement(product[row + column * shape.leading])
              }
            }
          }
        }
      }
    }
  }
}
