public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Whether a QR factorization exchanges columns.
public enum ColumnPivoting: Sendable, Hashable, Codable {
  /// It takes the columns as they are.
  case none
  /// The column that is left with the largest norm comes next, so that the diagonal of R shows the rank.
  case columns
}

/// A matrix A as Q·R, or with columns exchanged A·P as Q·R: orthonormal columns and an upper triangle.
///
/// Work goes to the executor that made the factorization, which must not be shut down.
public struct QRFactorization<Element: LinearAlgebraScalar>: InvertibleFactorization {
  /// R on the diagonal and above, and the reflections that make Q below it, as LAPACK's geqrf has them; m × n,
  /// column-major.
  public let factors: SharedMatrix<Element>
  /// The factors of the reflections, min(m, n).
  let tau: SharedArray<Element>
  /// n: column j of A·P is column `pivots[j]` - 1 of A; nil where no columns were exchanged.
  let pivots: SharedArray<Int32>?
  let executor: any WorkExecutor

  /// The number of rows of A.
  public var rows: Int { factors.rows }
  /// The number of columns of A.
  public var columns: Int { factors.columns }

  /// Column j of A·P, which is Q·R, is column `permutation[j]` of A.
  public var permutation: [Int] {
    guard let pivots else { return Array(0..<columns) }
    return Array(pivots).map { Int($0) - 1 }
  }

  /// R, min(m, n) × n, as a new column-major matrix.
  public var r: SharedMatrix<Element> {
    get throws {
      try executor.triangle(.upper, of: factors, rows: min(rows, columns), columns: columns)
    }
  }

  /// How many columns are independent: the elements on the diagonal of R that are larger than `tolerance` times the
  /// first one, up to the first that is not. Only column pivoting makes it a rank.
  /// - Parameter tolerance: nil is max(m, n)·ε, ε the distance from 1 to the next number.
  public func rank(tolerance: Double? = nil) -> Int {
    let limit = tolerance ?? Double(max(rows, columns)) * Double(Element.Real.ulpOfOne)
    let count = min(rows, columns)
    guard count > 0 else { return 0 }
    let first = Double(factors[0, 0].modulus)
    return (0..<count).first { !(Double(factors[$0, $0].modulus) > limit * first) } ?? count
  }

  /// The determinant of A: the product of R's diagonal, times that of Q, which has modulus 1. It overflows or
  /// underflows only when the determinant itself does. 1 of no elements.
  /// - Throws: `LinearAlgebraError.notSquare`.
  public var determinant: Element {
    get throws {
      try checkSquare("determinant")
      var product = DeterminantProduct<Element>()
      for index in 0..<rows { product.multiply(by: factors[index, index]) }
      product.multiply(by: turns)
      return product.value
    }
  }

  /// The logarithm of the determinant's modulus, and its sign.
  /// - Throws: `LinearAlgebraError.notSquare`.
  public var logDeterminant: LogDeterminant<Element> {
    get throws {
      try checkSquare("logDeterminant")
      var result = LogDeterminant<Element>(sign: turns)
      for index in 0..<rows { result.multiply(by: factors[index, index]) }
      return result
    }
  }

  /// The determinant of Q·P⁻¹, of modulus 1.
  private var turns: Element {
    // A unitary 1 - τ·v·vᴴ, where ‖v‖² = 2·Re τ / |τ|², has the determinant 1 - τ·‖v‖²; and with τ = 0 it is 1.
    let reflections = Array(tau).reduce(1 as Element) { product, tau in
      tau == 0 ? product : product * (-tau / tau.conjugate)
    }
    let pivots = pivots.map { Array($0) } ?? []
    return isOddOrder(pivots.map { Int($0) - 1 }) ? -reflections : reflections
  }

  private func checkSquare(_ operation: String) throws(LinearAlgebraError) {
    guard rows == columns else {
      throw .notSquare(operation: operation, rows: rows, columns: columns)
    }
  }
}

extension QRFactorization {
  /// Starts making the first min(m, n) columns of Q, and returns the future of them, column-major.
  public func startQ(priority: WorkPriority = .normal) throws -> Future<SharedMatrix<Element>> {
    try executor.startSteps { [self] in
      let q = try executor.columnMajorMatrix(
        of: Element.self, rows: rows, columns: min(rows, columns))
      try await executor.finish(
        MakeQ(
          type: Element.scalarType, report: TaskReport(on: executor),
          factors: MatrixBytes(factors), tau: tau.bytes, q: MatrixBytes(q)),
        "q", priority)
      return q
    }
  }

  /// The first min(m, n) columns of Q; see `startQ`.
  public func q(priority: WorkPriority = .normal) async throws -> SharedMatrix<Element> {
    try await startQ(priority: priority).value
  }

  /// The first min(m, n) columns of Q, blocking; see `startQ`.
  @available(*, noasync)
  public func q(priority: WorkPriority = .normal) throws -> SharedMatrix<Element> {
    try startQ(priority: priority).result()
  }

  /// Starts multiplying Q·C, or Qᴴ·C, by all m × m of Q, which is not made for it, and returns the future of the
  /// product, column-major.
  /// - Parameters:
  ///   - c: m × k, any view; it is not changed.
  ///   - adjoint: whether Qᴴ is meant.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`.
  public func startApplyingQ(
    to c: SharedMatrix<Element>, adjoint: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkRightSides(c.rows, of: (rows, rows), "applyingQ")
    return try executor.startSteps { [self] in
      let product = try executor.columnMajorMatrix(
        of: Element.self, rows: c.rows, columns: c.columns)
      try await executor.finish(
        ApplyQ(
          type: Element.scalarType, report: TaskReport(on: executor), adjoint: adjoint,
          factors: MatrixBytes(factors), tau: tau.bytes, c: MatrixBytes(c),
          product: MatrixBytes(product)),
        "applyingQ", priority)
      return product
    }
  }

  /// Q·C, or Qᴴ·C; see `startApplyingQ`.
  public func applyingQ(
    to c: SharedMatrix<Element>, adjoint: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startApplyingQ(to: c, adjoint: adjoint, priority: priority).value
  }

  /// Q·C, or Qᴴ·C, blocking; see `startApplyingQ`.
  @available(*, noasync)
  public func applyingQ(
    to c: SharedMatrix<Element>, adjoint: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startApplyingQ(to: c, adjoint: adjoint, priority: priority).result()
  }

  /// Starts finding the X for which ‖A·X - B‖ is smallest, column by column, and returns its future, column-major.
  ///
  /// A has full rank and at least as many rows as columns; with as many, X solves A·X = B.
  /// - Parameters:
  ///   - b: m × k, any view, or a vector of m elements; it is not changed.
  ///   - priority: how urgent it is.
  /// - Accuracy: X is the exact answer for an A that differs by a small multiple of m·n·u·‖A‖ column-wise (Higham,
  ///   *Accuracy and Stability*, 2nd ed., §20.2).
  /// - Throws: `LinearAlgebraError`: `singular` for a 0 on the diagonal of R, `tooFewRows`, `rightSideMismatch`,
  ///   `notFinite` for B.
  public func startSolve<B: RightHandSide<Element>>(
    _ b: B, priority: WorkPriority = .normal
  ) throws -> Future<B> {
    let b = b.rightSides
    guard rows >= columns else {
      throw LinearAlgebraError.tooFewRows(operation: "solve", rows: rows, columns: columns)
    }
    try checkRightSides(b.rows, of: (rows, columns), "solve")
    return try executor.startSteps { [self] in
      let x = try executor.columnMajorMatrix(of: Element.self, rows: columns, columns: b.columns)
      try await executor.finish(
        SolveWithQR(
          type: Element.scalarType, report: TaskReport(on: executor),
          factors: MatrixBytes(factors), tau: tau.bytes, permutation: permutation,
          b: MatrixBytes(b), x: MatrixBytes(x)),
        "solve", priority)
      return B(solutions: x)
    }
  }

  /// Starts computing A⁻¹ and returns its future, column-major. To solve a system, `solve` is faster and more accurate.
  /// - Throws: `LinearAlgebraError`: `singular` for a 0 on the diagonal of R, `notSquare`.
  public func startInverse(priority: WorkPriority = .normal) throws -> Future<SharedMatrix<Element>>
  {
    try checkSquare("inverse")
    return try startSolve(try executor.identity(order: rows), priority: priority)
  }

  /// Starts multiplying Q·R, columns put back in their places, and returns the future of what should be A,
  /// column-major.
  public func startReconstruct(
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try executor.startSteps { [self] in
      let product = try executor.columnMajorMatrix(of: Element.self, rows: rows, columns: columns)
      try await executor.finish(
        MultiplyQR(
          type: Element.scalarType, report: TaskReport(on: executor),
          factors: MatrixBytes(factors), tau: tau.bytes, permutation: permutation,
          product: MatrixBytes(product)),
        "reconstruct", priority)
      return product
    }
  }
}

// The tasks.

private struct MakeQ: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let factors: MatrixBytes
  let tau: SharedArray<UInt8>
  let q: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(q.rows, q.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let shape = self.q.columnMajor
    try q.withMutableSpan(of: Element.self) { q throws(LinearAlgebraError) in
      try factors.firstColumns(shape.columns).copy(into: &q, shape)
      try tau.view(as: Element.self).withSpan { tau throws(LinearAlgebraError) in
        try LAPACK.orgqr(&q, shape, tau: tau)
      }
    }
  }
}

private struct ApplyQ: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let adjoint: Bool
  let factors: MatrixBytes
  let tau: SharedArray<UInt8>
  let c: MatrixBytes
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let shape = self.product.columnMajor
    try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
      try c.copy(into: &product, shape)
      try applyQ(factors, tau, adjoint: adjoint, to: &product, shape)
    }
  }
}

private struct SolveWithQR: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let factors: MatrixBytes
  let tau: SharedArray<UInt8>
  let permutation: [Int]
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(x.rows, x.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try b.checkFinite(Element.self, .b)
    let shape = ColumnMajorShape(rows: b.rows, columns: b.columns)
    let n = factors.columns
    try withScratch(of: Element.self, shape) { work throws(LinearAlgebraError) in
      try b.copy(into: &work, shape)
      try applyQ(factors, tau, adjoint: true, to: &work, shape)
      // R, and the rows of Qᴴ·B beside it, lie at the beginnings of the columns of what is larger.
      let top = ColumnMajorShape(rows: n, columns: shape.columns, leading: shape.leading)
      let triangle = ColumnMajorShape(rows: n, columns: n, leading: factors.columnMajor.leading)
      try factors.withSpan(of: Element.self) { factors throws(LinearAlgebraError) in
        if let column = try LAPACK.trtrs(.upper, factors, triangle, &work, top) {
          throw .singular(column: permutation[column])
        }
      }
      let solution = work.span
      try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
        let leading = self.x.columnMajor.leading
        for column in 0..<shape.columns {
          for row in 0..<n {
            x[permutation[row] + column * leading] = solution[row + column * shape.leading]
          }
        }
      }
    }
  }
}

private struct MultiplyQR: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let factors: MatrixBytes
  let tau: SharedArray<UInt8>
  let permutation: [Int]
  let product: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(product.rows, product.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let shape = factors.columnMajor
    try withScratch(of: Element.self, shape) { work throws(LinearAlgebraError) in
      let dense = ColumnMajorShape(rows: shape.rows, columns: shape.columns)
      try factors.withSpan(of: Element.self) { factors throws(LinearAlgebraError) in
        copyTriangle(.upper, factors, shape, into: &work, dense)
      }
      try applyQ(factors, tau, adjoint: false, to: &work, dense)
      let found = work.span
      try product.withMutableSpan(of: Element.self) { product throws(LinearAlgebraError) in
        for column in 0..<shape.columns {
          let (from, to) = (
            column * dense.leading, permutation[column] * self.product.columnMajor.leading
          )
          for row in 0..<shape.rows { product[to + row] = found[from + row] }
        }
      }
    }
  }
}

/// C becomes Q·C or Qᴴ·C.
private func applyQ<Element: LinearAlgebraScalar>(
  _ factors: MatrixBytes, _ tau: SharedArray<UInt8>, adjoint: Bool,
  to c: inout MutableSpan<Element>, _ shape: ColumnMajorShape
) throws(LinearAlgebraError) {
  let reflections = factors.firstColumns(min(factors.rows, factors.columns))
  let aShape = ColumnMajorShape(rows: reflections.rows, columns: reflections.columns)
  // A copy, because LAPACK puts ones into it on its way.
  try withScratch(of: Element.self, aShape) { a throws(LinearAlgebraError) in
    try reflections.copy(into: &a, aShape)
    try tau.view(as: Element.self).withSpan { tau throws(LinearAlgebraError) in
      try LAPACK.ormqr(adjoint: adjoint, &a, aShape, tau: tau, &c, shape)
    }
  }
}

extension MatrixBytes {
  /// The first columns of a matrix.
  fileprivate func firstColumns(_ count: Int) -> MatrixBytes {
    var part = self
    part.layout.columns = count
    return part
  }
}
