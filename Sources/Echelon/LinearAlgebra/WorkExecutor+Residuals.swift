public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts measuring how well X solves A·X = B and returns the future of the measure: the largest
  /// ‖b - A·x‖₁ / (‖A‖₁·‖x‖₁·ε) of all columns.
  /// - Parameters:
  ///   - x: n × k, or a vector of n elements.
  ///   - a: n × n, any view. It is read once, and not copied.
  ///   - b: as X.
  ///   - structure: what was known of A when X was computed; the same elements count.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `rightSideMismatch`, `noLAPACK`; `KernelError.shapeMismatch` where X has
  ///   not as many columns as B.
  /// - Source: LAPACK Working Note 41, xGET02.
  public func startResidual<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    of x: B, solving a: SharedMatrix<Element>, _ b: B, structure: MatrixStructure = .general,
    priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try checkSquare(a, "residual")
    try checkRightSides(b.rightSides.rows, of: (a.rows, a.columns), "residual")
    try checkRightSides(x.rightSides.rows, of: (a.rows, a.columns), "residual of X")
    try LAPACK.require()
    let (x, b) = (x.rightSides, b.rightSides)
    guard x.columns == b.columns else { throw residualShapes(x, a, b) }
    return try startSteps { [self] in
      try await residual(of: x, solving: a, b, ReadPart(structure), priority)
    }
  }

  /// How well X solves A·X = B; see `startResidual`.
  public func residual<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    of x: B, solving a: SharedMatrix<Element>, _ b: B, structure: MatrixStructure = .general,
    priority: WorkPriority = .normal
  ) async throws -> ResidualCheck {
    try await startResidual(of: x, solving: a, b, structure: structure, priority: priority).value
  }

  /// How well X solves A·X = B, blocking; see `startResidual`.
  @available(*, noasync)
  public func residual<Element: LinearAlgebraScalar, B: RightHandSide<Element>>(
    of x: B, solving a: SharedMatrix<Element>, _ b: B, structure: MatrixStructure = .general,
    priority: WorkPriority = .normal
  ) throws -> ResidualCheck {
    try startResidual(of: x, solving: a, b, structure: structure, priority: priority).result()
  }
}

extension WorkExecutor {
  /// The measure of solutions.
  func residual<Element: LinearAlgebraScalar>(
    of x: SharedMatrix<Element>, solving a: SharedMatrix<Element>, _ b: SharedMatrix<Element>,
    _ part: ReadPart, _ priority: WorkPriority
  ) async throws -> ResidualCheck {
    let norms = try await residualNorms(a, part, x, b, times: nil, priority)
    let sizes = columnNorms(x)
    let ratios = zip(norms.residuals, sizes).map {
      residualRatio(Element.self, $0, to: [norms.a, $1])
    }
    return ResidualCheck(operation: "solve", residual: ratios.max() ?? 0, orthogonality: 0)
  }

  /// ‖A - product‖ / (n·‖A‖·ε) of what a factorization multiplies out to.
  /// - Parameter count: n, the number of columns when not given; LAPACK takes that of rows for QR.
  func productRatio<Factors: MatrixFactorization>(
    of factors: Factors, _ a: SharedMatrix<Factors.Element>, _ priority: WorkPriority,
    reading part: ReadPart = ReadPart(), count: Int? = nil
  ) async throws -> Double {
    let product = try await finished(factors.startReconstruct(priority: priority))
    guard product.rows == a.rows, product.columns == a.columns else {
      throw residualShapes(product, a)
    }
    guard a.rows > 0, a.columns > 0 else { return 0 }
    let grid = rowBlocks(a.rows, a.columns)
    let sums = try array(repeating: 0.0, count: grid.count * 2 * a.columns)
    try await finish(
      DifferenceSums(
        type: Factors.Element.scalarType, report: TaskReport(on: self), grid: grid, part: part,
        a: MatrixBytes(a), product: MatrixBytes(product), sums: sums),
      iterations: grid.count, "residual", priority)
    let totals = totals(sums, blocks: grid.count)
    return residualRatio(
      Factors.Element.self, largest(totals[..<a.columns]), to: [largest(totals[a.columns...])],
      count: count ?? a.columns)
  }

  /// ‖1 - Qᴴ·Q‖ / (n·ε) of a column-major Q.
  /// - Parameters:
  ///   - product: B·Q, where Qᴴ·B·Q is to be 1; column-major, with the same leading dimension.
  ///   - areRows: whether the rows are to be orthonormal, and not the columns.
  func orthogonalityRatio<Element: LinearAlgebraScalar>(
    of q: SharedMatrix<Element>, times product: SharedMatrix<Element>? = nil,
    areRows: Bool = false, _ priority: WorkPriority
  ) async throws -> Double {
    let count = areRows ? q.rows : q.columns
    guard count > 0 else { return 0 }
    let grid = BlockGrid(
      rows: count, columns: count, blockRows: count, blockColumns: max(64, (count + 63) / 64))
    let sums = try array(repeating: 0.0, count: count)
    try await finish(
      OrthogonalitySums(
        type: Element.scalarType, report: TaskReport(on: self), grid: grid, areRows: areRows,
        q: MatrixBytes(q), p: MatrixBytes(product ?? q), sums: sums),
      iterations: grid.count, "residual", priority)
    return residualRatio(
      Element.self, largest(Array(sums)[...]),
      to: product.map { [largest(columnNorms(q)[...]), largest(columnNorms($0)[...])] } ?? [],
      count: max(q.rows, q.columns))
  }

  /// ‖·‖₁ of each column of B·Λ - A·X, and of A.
  /// - Parameter values: Λ; nil for 1.
  func residualNorms<Element: LinearAlgebraScalar, Other: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ part: ReadPart, _ x: SharedMatrix<Other>,
    _ b: SharedMatrix<Other>, times values: SharedArray<Other>?, _ priority: WorkPriority
  ) async throws -> (residuals: [Double], a: Double) {
    guard a.rows > 0, x.columns > 0 else { return ([], 0) }
    let grid = rowBlocks(a.rows, max(a.columns, x.columns))
    let sums = try array(repeating: 0.0, count: grid.count * (x.columns + a.columns))
    let values = try values ?? array(repeating: 0, count: 0)
    try await finish(
      SolutionSums(
        type: Other.scalarType, report: TaskReport(on: self), grid: grid, part: part,
        isReal: Element.isComplex != Other.isComplex, a: MatrixBytes(a), x: MatrixBytes(x),
        b: MatrixBytes(b), values: MatrixBytes(values.asColumn), sums: sums),
      iterations: grid.count, "residual", priority)
    let totals = totals(sums, blocks: grid.count)
    return (Array(totals[..<x.columns]), largest(totals[x.columns...]))
  }

  /// Blocks of whole rows.
  private func rowBlocks(_ rows: Int, _ columns: Int) -> BlockGrid {
    BlockGrid(
      rows: rows, columns: columns, blockRows: max(64, (rows + 63) / 64), blockColumns: columns)
  }
}

/// A norm of each column, ‖·‖₁ when not given.
func columnNorms<Element: LinearAlgebraScalar>(
  _ x: SharedMatrix<Element>, _ norm: MatrixNorm = .one
) -> [Double] {
  // Without rows there is no element that a column begins with.
  guard x.rows > 0 else { return [Double](repeating: 0, count: x.columns) }
  return x.storage.withSpan { span in
    (0..<x.columns).map { column in
      let start = column * x.columnStride
      return matrixNorm(
        span.extracting(start..<span.count),
        MatrixView(rows: x.rows, columns: 1, rowStride: x.rowStride), norm)
    }
  }
}

/// The sums over all blocks.
private func totals(_ sums: SharedArray<Double>, blocks: Int) -> [Double] {
  let count = sums.count / blocks
  return sums.withSpan { sums in
    (0..<count).map { index in
      (0..<blocks).reduce(0) { $0 + sums[index + $1 * count] }
    }
  }
}

/// The largest one, NaN where there is one.
func largest(_ sums: ArraySlice<Double>) -> Double {
  sums.reduce(0) { $0.isNaN || $0 > $1 ? $0 : $1 }
}

/// The error of matrices that do not belong together.
func residualShapes<Element>(_ matrices: SharedMatrix<Element>...) -> KernelError {
  .shapeMismatch(kernel: "residual", shapes: matrices.map { "\($0.rows) × \($0.columns)" })
}
