import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension SchurDecomposition {
  /// The determinant of A, the product of the eigenvalues, which is real of a real matrix. It overflows or underflows only
  /// when the determinant itself does. 1 of no elements.
  public var determinant: Element {
    var product = DeterminantProduct<Element>()
    forEachFactor { product.multiply(by: $0) }
    return product.value
  }

  /// The logarithm of the determinant's modulus, and its sign; see `determinant`.
  public var logDeterminant: LogDeterminant<Element> {
    var result = LogDeterminant<Element>()
    forEachFactor { result.multiply(by: $0) }
    return result
  }

  /// Calls a function with numbers whose product is the determinant: what stands on the diagonal of T, and for a block the
  /// modulus of its eigenvalues twice.
  private func forEachFactor(_ body: (Element) -> Void) {
    for row in 0..<t.rows {
      let isInBlock =
        row > 0 && t[row, row - 1] != 0 || row + 1 < t.rows && t[row + 1, row] != 0
      body(isInBlock ? Element(real: eigenvalues[row].modulus) : t[row, row])
    }
  }

  /// Starts solving A·X = B and returns the future of X, column-major: Q·T⁻¹·Qᴴ·B.
  /// - Parameters:
  ///   - b: n × k, any view, or a vector of n elements; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: as that of a solution by `qr`: X solves a system whose matrix differs from A by a modest multiple of ε·‖A‖.
  /// - Throws: `LinearAlgebraError`: `zeroEigenvalue`, `rightSideMismatch`, `notFinite` for B.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    let b = b.rightSides
    try checkInvertible()
    try checkRightSides(b.rows, of: (t.rows, t.rows), "solve")
    let x: Future<SharedMatrix<Element>> = try executor.startMatrix(
      rows: b.rows, columns: b.columns, "solve", priority
    ) { [t, q] report, x in
      SolveWithSchur(
        type: Element.scalarType, report: report, t: MatrixBytes(t), q: MatrixBytes(q),
        b: MatrixBytes(b), x: x)
    }
    return try executor.startSteps { B(solutions: try await finished(x)) }
  }

  /// Starts computing A⁻¹ and returns its future, column-major: the solution for the columns of the identity.
  /// - Throws: `LinearAlgebraError.zeroEigenvalue`.
  public func startInverse(priority: WorkPriority = .normal) throws -> Future<SharedMatrix<Element>>
  {
    try startSolve(try executor.identity(order: t.rows), priority: priority)
  }

  private func checkInvertible() throws(LinearAlgebraError) {
    if let index = Array(eigenvalues).firstIndex(where: { $0.modulus == 0 }) {
      throw .zeroEigenvalue(index: index)
    }
  }
}

private struct SolveWithSchur: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let t: MatrixBytes
  let q: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(x.rows, x.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try b.checkFinite(Element.self, .b)
    let shape = ColumnMajorShape(rows: b.rows, columns: b.columns)
    let qShape = q.columnMajor
    try withScratch(of: Element.self, shape) { right throws(LinearAlgebraError) in
      try withScratch(of: Element.self, shape) { projected throws(LinearAlgebraError) in
        try b.copy(into: &right, shape)
        let right = right.span
        try q.withSpan(of: Element.self) { q throws(LinearAlgebraError) in
          LAPACK.gemm(q, qShape, aForm: .adjoint, right, shape, &projected, shape)
          try t.withSpan(of: Element.self) { t throws(LinearAlgebraError) in
            for column in 0..<shape.columns {
              solveQuasiTriangle(t, self.t.columnMajor, &projected, from: column * shape.leading)
            }
          }
          let projected = projected.span
          try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
            LAPACK.gemm(q, qShape, projected, shape, &x, self.x.columnMajor)
          }
        }
      }
    }
  }
}

/// Solves T·x = y in the place of y, from below; T has blocks of 1 × 1 and 2 × 2 on its diagonal, none of them singular.
/// - Parameter start: where y begins.
private func solveQuasiTriangle<Element: LinearAlgebraScalar>(
  _ t: Span<Element>, _ shape: ColumnMajorShape, _ y: inout MutableSpan<Element>, from start: Int
) {
  func element(_ row: Int, _ column: Int) -> Element { t[row + column * shape.leading] }
  /// Takes the part of a solved element out of the rows above.
  func eliminate(_ column: Int, above row: Int, _ y: inout MutableSpan<Element>) {
    let factor = y[start + column]
    for above in 0..<row { y[start + above] = y[start + above] - element(above, column) * factor }
  }
  var row = shape.rows - 1
  while row >= 0 {
    guard row > 0, element(row, row - 1) != 0 else {
      y[start + row] = y[start + row] / element(row, row)
      eliminate(row, above: row, &y)
      row -= 1
      continue
    }
    // By elimination with the larger of the two below each other as the pivot.
    let upper = row - 1
    let isExchanged = element(row, upper).modulus > element(upper, upper).modulus
    let (first, second) = isExchanged ? (row, upper) : (upper, row)
    let factor = element(second, upper) / element(first, upper)
    let last =
      (y[start + second] - factor * y[start + first])
      / (element(second, row) - factor * element(first, row))
    y[start + upper] =
      (y[start + first] - element(first, row) * last) / element(first, upper)
    y[start + row] = last
    eliminate(row, above: upper, &y)
    eliminate(upper, above: upper, &y)
    row -= 2
  }
}
