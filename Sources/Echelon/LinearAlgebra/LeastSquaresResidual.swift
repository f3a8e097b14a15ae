public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts measuring how well X solves the least-squares problem of A and B, and returns the future of the measure. It
  /// is the largest of these ratios, which together tell of any solution whether it is the one of least norm:
  ///
  /// - where A has more rows than its rank, ‖(B - A·X)ᴴ·A‖₁ / (max(m, n, k)·‖A‖₁·(‖B‖₁ + ‖A‖₁·‖X‖₁)·ε): nothing of what
  ///   is left lies in A's range. LAPACK's programs divide by ‖B‖ alone, and measure matrices whose X is not larger; of
  ///   others the roundings of A alone leave that much;
  /// - where it has not, the largest ‖b - A·x‖₁ / (max(m, n)·‖A‖₁·‖x‖₁·ε) of all columns: nothing is left;
  /// - where it has more columns than its rank, the largest ‖x'‖₁ / (max(m, n, k)·‖Aᴴ‖₁·‖y‖₁·ε) of all columns, where
  ///   x = Aᴴ·y + x': nothing of a solution lies outside of the range of Aᴴ, so that none is shorter. LAPACK's programs
  ///   divide by ‖x‖, which is about as large for their matrices.
  ///
  /// Of ridge regression, with λ > 0, A has √λ·1 below it and B zeros: that is the problem which X solves.
  ///
  /// One worker does it, in as much memory as A, B and X take.
  /// - Parameters:
  ///   - x: n × k, or a vector of n elements.
  ///   - a: m × n, any view; it is not changed.
  ///   - b: m × k, or a vector of m elements.
  ///   - rank: A's, as `LeastSquaresSolution.rank` and `SingularValueDecomposition.rank` have it; nil is min(m, n).
  ///     With λ > 0 it does not matter.
  ///   - lambda: λ of ridge regression, 0 or more, finite.
  ///   - priority: how urgent it is.
  /// - Throws: `LinearAlgebraError`: `rightSideMismatch`, `noLAPACK`; `KernelError.shapeMismatch` of X;
  ///   `PoolError.invalidArgument` for λ, and for a rank that A cannot have.
  /// - Source: LAPACK Working Note 41: xQRT17, xQRT16 and xQRT14, as xDRVLS takes them.
  public func startResidual<Element: LinearAlgebraScalar>(
    of x: some RightHandSide<Element>, fitting a: SharedMatrix<Element>,
    _ b: some RightHandSide<Element>, rank: Int? = nil, lambda: Double = 0,
    priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    let (x, b) = (x.rightSides, b.rightSides)
    try checkRoot(ofLambda: lambda, for: Element.self)
    try checkRightSides(b.rows, of: (a.rows, a.columns), "residual")
    try requireLAPACK(for: a, b, x)
    guard x.rows == a.columns, x.columns == b.columns else {
      throw residualShapes(x, a, b)
    }
    let rank = rank ?? min(a.rows, a.columns)
    guard 0...min(a.rows, a.columns) ~= rank else {
      throw PoolError.invalidArgument(
        "a residual of rank \(rank); a matrix of \(a.rows) × \(a.columns) has 0 to \(min(a.rows, a.columns))"
      )
    }
    return try startSteps { [self] in
      try await residual(of: x, fitting: a, b, rank: rank, lambda: lambda, priority)
    }
  }

  /// How well X solves the least-squares problem of A and B; see `startResidual(of:fitting:_:)`.
  public func residual<Element: LinearAlgebraScalar>(
    of x: some RightHandSide<Element>, fitting a: SharedMatrix<Element>,
    _ b: some RightHandSide<Element>, rank: Int? = nil, lambda: Double = 0,
    priority: WorkPriority = .normal
  ) async throws -> ResidualCheck {
    try await startResidual(of: x, fitting: a, b, rank: rank, lambda: lambda, priority: priority)
      .value
  }

  /// How well X solves the least-squares problem of A and B, blocking; see `startResidual(of:fitting:_:)`.
  @available(*, noasync)
  public func residual<Element: LinearAlgebraScalar>(
    of x: some RightHandSide<Element>, fitting a: SharedMatrix<Element>,
    _ b: some RightHandSide<Element>, rank: Int? = nil, lambda: Double = 0,
    priority: WorkPriority = .normal
  ) throws -> ResidualCheck {
    try startResidual(of: x, fitting: a, b, rank: rank, lambda: lambda, priority: priority).result()
  }

  /// The measure of checked shapes.
  func residual<Element: LinearAlgebraScalar>(
    of x: SharedMatrix<Element>, fitting a: SharedMatrix<Element>, _ b: SharedMatrix<Element>,
    rank: Int, lambda: Double = 0, _ priority: WorkPriority
  ) async throws -> ResidualCheck {
    let ratio = try array(repeating: 0.0, count: 1)
    try await finish(
      LeastSquaresResidual(
        type: Element.scalarType, report: TaskReport(on: self),
        rank: lambda > 0 ? a.columns : rank, lambda: lambda, a: MatrixBytes(a),
        b: MatrixBytes(b), x: MatrixBytes(x), ratio: ratio),
      "residual", priority)
    return ResidualCheck(
      operation: lambda > 0 ? "ridge" : "leastSquares", residual: ratio[0], orthogonality: 0)
  }
}

private struct LeastSquaresResidual: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let rank: Int
  let lambda: Double
  let a: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes
  let ratio: SharedArray<Double>

  var blasThreadCount: Int { wideCallThreadCount(a.rows, a.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    guard a.rows > 0, a.columns > 0, b.columns > 0 else { return }
    var largest = try residual(of: Element.self)
    if a.columns > rank { largest = max(largest, try partOutsideOfRows(of: Element.self)) }
    ratio[0] = largest
  }

  private var longest: Int { max(a.rows, a.columns, b.columns) }
  /// Rows of √λ·1 below A.
  private var rowsBelow: Int { lambda > 0 ? a.columns : 0 }

  /// What is left, or what of it lies in the range of A.
  private func residual<Element: LinearAlgebraScalar>(
    of _: Element.Type
  ) throws(LinearAlgebraError) -> Double {
    let aShape = ColumnMajorShape(rows: a.rows + rowsBelow, columns: a.columns)
    let bShape = ColumnMajorShape(rows: b.rows + rowsBelow, columns: b.columns)
    let xShape = ColumnMajorShape(rows: x.rows, columns: x.columns)
    return try withScratch(of: Element.self, aShape) { a throws(LinearAlgebraError) in
      try withScratch(of: Element.self, bShape) { rest throws(LinearAlgebraError) in
        try withScratch(of: Element.self, xShape) { x throws(LinearAlgebraError) in
          try self.a.copy(into: &a, part(aShape))
          try self.b.copy(into: &rest, part(bShape))
          fillBelow(&a, aShape, diagonal: lambda.squareRoot())
          fillBelow(&rest, bShape, diagonal: 0)
          try self.x.copy(into: &x, xShape)
          // A and B by powers of 2 of about 1: the square of A would overflow, or underflow.
          let exponents = (exponent(a.span, aShape), exponent(rest.span, bShape))
          scale(&a, byPowerOf2: -exponents.0)
          scale(&rest, byPowerOf2: -exponents.1)
          scale(&x, byPowerOf2: exponents.0 - exponents.1)
          let (aNorm, bNorm) = (norm(a.span, aShape), norm(rest.span, bShape))
          LAPACK.gemm(
            alpha: -1, a.span, aShape, x.span, xShape, beta: 1, &rest, bShape)
          guard rank < aShape.rows else {
            return (0..<bShape.columns).reduce(0) { largest, column in
              let scales = [aNorm, norm(x.span, xShape, column: column)]
              let ratio = residualRatio(
                Element.self, norm(rest.span, bShape, column: column), to: scales,
                count: max(aShape.rows, aShape.columns))
              return max(largest, ratio)
            }
          }
          let shape = ColumnMajorShape(rows: bShape.columns, columns: aShape.columns)
          let scales = [aNorm, bNorm + aNorm * norm(x.span, xShape)]
          return try withScratch(of: Element.self, shape) { product throws(LinearAlgebraError) in
            LAPACK.gemm(rest.span, bShape, aForm: .adjoint, a.span, aShape, &product, shape)
            return residualRatio(
              Element.self, norm(product.span, shape), to: scales, count: longest)
          }
        }
      }
    }
  }

  /// The rows of A or B.
  private func part(_ shape: ColumnMajorShape) -> ColumnMajorShape {
    ColumnMajorShape(rows: a.rows, columns: shape.columns, leading: shape.leading)
  }

  /// Sets what is below A or B.
  private func fillBelow<Element: LinearAlgebraScalar>(
    _ matrix: inout MutableSpan<Element>, _ shape: ColumnMajorShape, diagonal: Double
  ) {
    for column in 0..<shape.columns {
      for row in 0..<rowsBelow {
        matrix[column * shape.leading + a.rows + row] =
          row == column ? Element(real: Element.Real(diagonal)) : 0
      }
    }
  }

  /// What of X lies outside of the range of Aᴴ, by QR with column pivoting, whose first columns are as many as the rank
  /// that span it.
  private func partOutsideOfRows<Element: LinearAlgebraScalar>(
    of _: Element.Type
  ) throws(LinearAlgebraError) -> Double {
    let shape = ColumnMajorShape(rows: a.columns, columns: a.rows)
    let xShape = ColumnMajorShape(rows: x.rows, columns: x.columns)
    let count = min(shape.rows, shape.columns)
    return try withScratch(of: Element.self, shape) { adjoint throws(LinearAlgebraError) in
      try withScratch(of: Element.self, xShape) { x throws(LinearAlgebraError) in
        try withScratch(of: Element.self, count: count) { tau throws(LinearAlgebraError) in
          var transposed = a
          transposed.layout = a.layout.transposed
          try transposed.copy(into: &adjoint, shape)
          if Element.isComplex {
            for index in adjoint.indices { adjoint[index] = adjoint[index].conjugate }
          }
          try self.x.copy(into: &x, xShape)
          scale(&adjoint, byPowerOf2: -exponent(adjoint.span, shape))
          scale(&x, byPowerOf2: -exponent(x.span, xShape))
          let adjointNorm = norm(adjoint.span, shape)
          try withScratch(of: Int32.self, count: shape.columns) {
            pivots throws(LinearAlgebraError) in
            try LAPACK.geqp3(&adjoint, shape, pivots: &pivots, tau: &tau)
          }
          try LAPACK.ormqr(adjoint: true, &adjoint, shape, tau: tau.span, &x, xShape)
          let rank = (0..<rank).first { adjoint[$0 * (shape.leading + 1)] == 0 } ?? rank
          // R·y = Qᴴ·x in the first rows; below them there is x'.
          let triangle = ColumnMajorShape(rows: rank, columns: rank, leading: shape.leading)
          let top = ColumnMajorShape(
            rows: rank, columns: xShape.columns, leading: xShape.leading)
          _ = try LAPACK.trtrs(.upper, adjoint.span, triangle, &x, top)
          return (0..<xShape.columns).reduce(0) { largest, column in
            let start = column * xShape.leading
            func size(_ rows: Range<Int>) -> Double {
              norm(
                x.span.extracting(start + rows.lowerBound..<start + rows.upperBound),
                ColumnMajorShape(rows: rows.count, columns: 1))
            }
            let ratio = residualRatio(
              Element.self, size(rank..<xShape.rows), to: [adjointNorm, size(0..<rank)],
              count: longest)
            return max(largest, ratio)
          }
        }
      }
    }
  }
}

/// The view of column-major memory.
func view(_ shape: ColumnMajorShape) -> MatrixView {
  MatrixView(rows: shape.rows, columns: shape.columns, rowStride: 1, columnStride: shape.leading)
}

/// ‖·‖₁.
private func norm<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ shape: ColumnMajorShape
) -> Double {
  matrixNorm(a, view(shape), .one)
}

/// ‖·‖₁ of one column.
private func norm<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ shape: ColumnMajorShape, column: Int
) -> Double {
  let start = column * shape.leading
  return norm(
    a.extracting(start..<start + shape.rows), ColumnMajorShape(rows: shape.rows, columns: 1))
}

/// That of the largest modulus; 0 where there is none, or no number.
private func exponent<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ shape: ColumnMajorShape
) -> Int {
  let size = matrixNorm(a, view(shape), .maximum)
  return size > 0 && size.isFinite ? Int(size.exponent) : 0
}

/// Multiplies all elements. In two steps, since no number may be that large or small.
func scale<Element: LinearAlgebraScalar>(
  _ a: inout MutableSpan<Element>, byPowerOf2 exponent: Int
) {
  guard exponent != 0 else { return }
  let half = exponent / 2
  for step in [half, exponent - half] {
    let factor = Element.Real(sign: .plus, exponent: .init(step), significand: 1)
    for index in a.indices { a[index] = a[index].scaled(by: factor) }
  }
}
