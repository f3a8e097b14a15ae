import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// Products by the BLAS in use. Results are cut into blocks by their shape alone, and a block is one call of BLAS, so the
// bits do not depend on the number of workers.

/// A factor of a product.
public enum ProductFactor: Sendable, Hashable, Codable {
  /// A of A·B.
  case left
  /// B of A·B.
  case right
}

/// What is known of a factor of a product.
public enum FactorStructure: Sendable, Hashable, Codable {
  /// Symmetric; only this triangle and the diagonal are read.
  case symmetric(MatrixTriangle)
  /// Hermitian; only this triangle and the real parts of the diagonal are read.
  case hermitian(MatrixTriangle)
  /// A triangle; nothing else is read.
  case triangular(MatrixTriangle)
  /// A triangle with ones on its diagonal; nothing else is read, the diagonal neither.
  case unitTriangular(MatrixTriangle)

  /// The structure of the transposed matrix.
  var transposed: FactorStructure {
    switch self {
    case .symmetric(let triangle): .symmetric(triangle.other)
    case .hermitian(let triangle): .hermitian(triangle.other)
    case .triangular(let triangle): .triangular(triangle.other)
    case .unitTriangular(let triangle): .unitTriangular(triangle.other)
    }
  }
}

extension WorkExecutor {
  /// Starts `C = op(A)·op(B)` of complex matrices and returns the future of C, column-major.
  /// - Parameters:
  ///   - a: any view.
  ///   - b: any view.
  ///   - leftForm: whether A, its transpose or its adjoint is meant.
  ///   - rightForm: the same for B.
  ///   - priority: how urgent it is.
  /// - Accuracy: |C - Ĉ| ≤ γ₍ₖ₊₂₎·|A|·|B| for k terms, in the norm of complex numbers (Higham, *Accuracy and Stability*,
  ///   2nd ed., §3.6).
  /// - Throws: `KernelError` when the shapes do not fit; `LinearAlgebraError.noBLAS`, `noLAPACK`.
  public func startMultiply<Part: ComplexPart & LinearAlgebraScalar>(
    _ a: SharedMatrix<ComplexElement<Part>>, _ b: SharedMatrix<ComplexElement<Part>>,
    leftForm: MatrixForm = .plain, rightForm: MatrixForm = .plain,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<ComplexElement<Part>>> where Part.Real == Part {
    try startProduct(a, leftForm, b, rightForm, priority)
  }

  /// op(A)·op(B) of complex matrices; see `startMultiply`.
  public func multiply<Part: ComplexPart & LinearAlgebraScalar>(
    _ a: SharedMatrix<ComplexElement<Part>>, _ b: SharedMatrix<ComplexElement<Part>>,
    leftForm: MatrixForm = .plain, rightForm: MatrixForm = .plain,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<ComplexElement<Part>> where Part.Real == Part {
    try await startProduct(a, leftForm, b, rightForm, priority).value
  }

  /// op(A)·op(B) of complex matrices, blocking; see `startMultiply`.
  @available(*, noasync)
  public func multiply<Part: ComplexPart & LinearAlgebraScalar>(
    _ a: SharedMatrix<ComplexElement<Part>>, _ b: SharedMatrix<ComplexElement<Part>>,
    leftForm: MatrixForm = .plain, rightForm: MatrixForm = .plain,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<ComplexElement<Part>> where Part.Real == Part {
    try startProduct(a, leftForm, b, rightForm, priority).result()
  }

  /// Starts `C = A·B`, where more is known of a factor, and returns the future of C, column-major if that is A.
  /// - Parameters:
  ///   - a: m × n, any view.
  ///   - b: n × k, any view.
  ///   - structure: what is known of the factor, which is square.
  ///   - factor: of which that is known.
  ///   - priority: how urgent it is.
  /// - Accuracy: as for other products.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `noLAPACK`; `KernelError` when the shapes do not fit.
  /// - Source: BLAS's symm, hemm and trmm.
  public func startMultiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, structure: FactorStructure,
    of factor: ProductFactor = .left, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkSquare(factor == .left ? a : b, "multiply")
    guard b.rows == a.columns else { throw shapes([(a.rows, a.columns), (b.rows, b.columns)]) }
    try requireLAPACK(for: a, b)
    // A·B = (Bᵀ·Aᵀ)ᵀ, and a triangle of B is the other one of its transpose.
    let (a, b) = factor == .left ? (a, b) : (b.transposed, a.transposed)
    let structure = factor == .left ? structure : structure.transposed
    return try startSteps { [self] in
      let c = try columnMajorMatrix(of: Element.self, rows: b.rows, columns: b.columns)
      let grid = BlockGrid.structuredProduct(rows: c.rows, columns: c.columns)
      // Many blocks read A: if it has to be copied, then once.
      let a = grid.count > 1 ? try await columnMajor(a, "multiply", priority) : a
      try await finish(
        MultiplyStructured(
          type: Element.scalarType, report: TaskReport(on: self), structure: structure, grid: grid,
          a: MatrixBytes(a), b: MatrixBytes(b), c: MatrixBytes(c)),
        iterations: grid.count, "multiply", priority)
      return factor == .left ? c : c.transposed
    }
  }

  /// A·B, where more is known of a factor; see `startMultiply`.
  public func multiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, structure: FactorStructure,
    of factor: ProductFactor = .left, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startMultiply(a, b, structure: structure, of: factor, priority: priority).value
  }

  /// A·B, where more is known of a factor, blocking; see `startMultiply`.
  @available(*, noasync)
  public func multiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, structure: FactorStructure,
    of factor: ProductFactor = .left, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startMultiply(a, b, structure: structure, of: factor, priority: priority).result()
  }

  /// Starts `y = A·x` and returns the future of y.
  /// - Parameters:
  ///   - a: m × n, any view.
  ///   - x: n elements.
  ///   - form: whether A, its transpose or its adjoint is meant.
  ///   - priority: how urgent it is.
  /// - Accuracy: as for other products.
  /// - Throws: `KernelError` when the shapes do not fit; `LinearAlgebraError.noBLAS`, `noLAPACK`.
  /// - Source: BLAS's gemv.
  public func startMultiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ x: SharedArray<Element>, form: MatrixForm = .plain,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    let (rows, columns) = form == .plain ? (a.rows, a.columns) : (a.columns, a.rows)
    guard columns == x.count else { throw shapes([(rows, columns), (x.count, 1)]) }
    try requireLAPACK(for: a)
    return try startSteps { [self] in
      let y = try uninitializedArray(of: Element.self, count: rows)
      let grid = BlockGrid.matrixVector(rows: rows, columns: columns)
      try await finish(
        MultiplyVector(
          type: Element.scalarType, report: TaskReport(on: self), form: form, grid: grid,
          a: MatrixBytes(a), x: x.bytes, y: y.bytes),
        iterations: grid.count, "multiply", priority)
      return y
    }
  }

  /// A·x; see `startMultiply`.
  public func multiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ x: SharedArray<Element>, form: MatrixForm = .plain,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startMultiply(a, x, form: form, priority: priority).value
  }

  /// A·x, blocking; see `startMultiply`.
  @available(*, noasync)
  public func multiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ x: SharedArray<Element>, form: MatrixForm = .plain,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startMultiply(a, x, form: form, priority: priority).result()
  }

  /// Starts the outer product x·yᵀ and returns its future, m × n, column-major: element (i, j) is xᵢ·yⱼ.
  /// - Parameters:
  ///   - x: m elements.
  ///   - y: n elements.
  ///   - conjugated: whether x·yᴴ is meant.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError.noBLAS`, `noLAPACK`.
  public func startOuter<Element: LinearAlgebraScalar>(
    _ x: SharedArray<Element>, _ y: SharedArray<Element>, conjugated: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try startProduct(
      x.asColumn, .plain, y.asColumn, conjugated ? .adjoint : .transposed, priority)
  }

  /// x·yᵀ; see `startOuter`.
  public func outer<Element: LinearAlgebraScalar>(
    _ x: SharedArray<Element>, _ y: SharedArray<Element>, conjugated: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startOuter(x, y, conjugated: conjugated, priority: priority).value
  }

  /// x·yᵀ, blocking; see `startOuter`.
  @available(*, noasync)
  public func outer<Element: LinearAlgebraScalar>(
    _ x: SharedArray<Element>, _ y: SharedArray<Element>, conjugated: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startOuter(x, y, conjugated: conjugated, priority: priority).result()
  }

  func startProduct<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ leftForm: MatrixForm, _ b: SharedMatrix<Element>,
    _ rightForm: MatrixForm, _ priority: WorkPriority
  ) throws -> Future<SharedMatrix<Element>> {
    let (rows, inner) = leftForm == .plain ? (a.rows, a.columns) : (a.columns, a.rows)
    let (depth, columns) = rightForm == .plain ? (b.rows, b.columns) : (b.columns, b.rows)
    guard inner == depth else { throw shapes([(rows, inner), (depth, columns)]) }
    try requireLAPACK(for: a, b)
    return try startSteps { [self] in
      let c = try columnMajorMatrix(of: Element.self, rows: rows, columns: columns)
      let grid = BlockGrid.product(rows: rows, columns: columns)
      try await finish(
        MultiplyBlocks(
          type: Element.scalarType, report: TaskReport(on: self), leftForm: leftForm,
          rightForm: rightForm, grid: grid, a: MatrixBytes(a), b: MatrixBytes(b),
          c: MatrixBytes(c)),
        iterations: grid.count, "multiply", priority)
      return c
    }
  }

  /// A matrix as BLAS reads it, column by column: itself if it lies so, else a copy that all workers make.
  private func columnMajor<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ operation: String, _ priority: WorkPriority
  ) async throws -> SharedMatrix<Element> {
    if a.isColumnMajor { return a }
    let copy = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
    let grid = BlockGrid.structuredProduct(rows: a.rows, columns: a.columns)
    try await finish(
      CopyColumns(
        type: Element.scalarType, report: TaskReport(on: self), grid: grid, a: MatrixBytes(a),
        copy: MatrixBytes(copy)), iterations: grid.count, operation, priority)
    return copy
  }

  private func shapes(_ shapes: [(rows: Int, columns: Int)]) -> KernelError {
    .shapeMismatch(kernel: "multiply", shapes: shapes.map { "\($0.rows) × \($0.columns)" })
  }
}
