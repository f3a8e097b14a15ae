import EchelonLinearAlgebra
import EchelonMemory

// Sums of the moduli of residuals, column by column. All are taken block by block, and the blocks depend on the shape
// alone, so that neither do the bits of a ratio depend on the number of workers.

/// What is read of a matrix, and what stands for the rest.
struct ReadPart: Sendable {
  /// So many diagonals below and above the middle one; beyond them there are zeros.
  var lower = Int.max
  var upper = Int.max
  /// The triangle that counts of a symmetric or Hermitian matrix; the other one mirrors it.
  var mirrored: MatrixTriangle?
  /// Whether the adjoint is meant.
  var isAdjoint = false

  init(mirrored: MatrixTriangle? = nil, isAdjoint: Bool = false) {
    (self.mirrored, self.isAdjoint) = (mirrored, isAdjoint)
  }

  init(_ structure: MatrixStructure) {
    switch structure {
    case .general: break
    case .positiveDefinite: mirrored = .lower
    case .lowerTriangular: upper = 0
    case .upperTriangular: lower = 0
    case .banded(let lower, let upper): (self.lower, self.upper) = (lower, upper)
    case .positiveDefiniteBanded(let width): (lower, mirrored) = (width, .lower)
    case .tridiagonal: (lower, upper) = (1, 1)
    }
  }

  /// Whether so little is read of each row that the rest is better left out.
  func isNarrow(of columns: Int) -> Bool {
    let (lower, above) = (lower, mirrored == nil ? upper : lower)
    return !isAdjoint && lower < columns / 8 && above < columns / 8
  }

  /// The columns that are read of a row, or of what mirrors it.
  func columns(ofRow row: Int, count: Int) -> Range<Int> {
    let above = mirrored == nil ? upper : lower
    return max(0, row - lower)..<min(count, row + above + 1)
  }

  func element<Element: LinearAlgebraScalar>(
    _ a: Span<Element>, _ view: MatrixView, _ row: Int, _ column: Int
  ) -> Element {
    var (row, column) = isAdjoint ? (column, row) : (row, column)
    var isConjugated = isAdjoint
    if let mirrored, mirrored == .lower ? row < column : row > column {
      (row, column) = (column, row)
      isConjugated.toggle()
    }
    if row - column > lower || column - row > upper { return 0 }
    let element = a[row * view.rowStride + column * view.columnStride]
    // Of a Hermitian diagonal the real parts.
    if mirrored != nil, row == column {
      return element.scaled(by: 0.5) + element.conjugate.scaled(by: 0.5)
    }
    return isConjugated ? element.conjugate : element
  }
}

/// Of each column of A, and of A less a product that should be A.
struct DifferenceSums: DenseLoop {
  let type: ScalarType
  let report: TaskReport
  /// Blocks of rows.
  let grid: BlockGrid
  let part: ReadPart
  let a: MatrixBytes
  let product: MatrixBytes
  /// For each block those of the differences, and behind them those of A.
  let sums: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { execute($0) } }

  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError) {
    let (rows, view, productView) = (grid[iteration].rows, a.view, product.view)
    let start = iteration * 2 * a.columns
    try a.withSpan(of: Element.self) { a throws(LinearAlgebraError) in
      try product.withSpan(of: Element.self) { product throws(LinearAlgebraError) in
        for column in 0..<view.columns {
          var (difference, whole) = (0.0, 0.0)
          for row in rows {
            let element = part.element(a, view, row, column)
            let other = product[row * productView.rowStride + column * productView.columnStride]
            difference += Double((element - other).modulus)
            whole += Double(element.modulus)
          }
          sums[start + column] = difference
          sums[start + view.columns + column] = whole
        }
      }
    }
  }
}

/// Of each column of B·Λ - A·X, and of A.
struct SolutionSums: DenseLoop {
  /// Of B, X and Λ.
  let type: ScalarType
  let report: TaskReport
  /// Blocks of rows.
  let grid: BlockGrid
  let part: ReadPart
  /// Whether A is real, where the others may be complex.
  let isReal: Bool
  let a: MatrixBytes
  let x: MatrixBytes
  let b: MatrixBytes
  /// Λ as a column; without rows where it is 1. With the adjoint of A it is conjugated.
  let values: MatrixBytes
  /// For each block those of the residuals, and behind them those of A.
  let sums: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { execute($0) } }

  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError) {
    let rows = grid[iteration].rows
    let start = iteration * (x.columns + a.columns)
    if part.isNarrow(of: a.columns), !isReal, values.rows == 0 {
      return try addBandSums(rows, of: Element.self, at: start)
    }
    let aShape = ColumnMajorShape(rows: rows.count, columns: a.columns)
    let shape = ColumnMajorShape(rows: rows.count, columns: x.columns)
    try withScratch(of: Element.self, aShape) { block throws(LinearAlgebraError) in
      try copyRows(rows, into: &block, aShape)
      addSums(block.span, aShape, at: start + shape.columns)
      try withScratch(of: Element.self, shape) { rest throws(LinearAlgebraError) in
        try copyRightSides(rows, into: &rest, shape)
        let block = block.span
        try withColumnMajor { (x: Span<Element>, xShape) throws(LinearAlgebraError) in
          LAPACK.gemm(alpha: -1, block, aShape, x, xShape, beta: 1, &rest, shape)
        }
        addSums(rest.span, shape, at: start)
      }
    }
  }

  /// The same of a band, element by element: a product would be one with zeros, most of them.
  private func addBandSums<Element: LinearAlgebraScalar>(
    _ rows: Range<Int>, of _: Element.Type, at start: Int
  ) throws(LinearAlgebraError) {
    let (view, xView, bView) = (a.view, x.view, b.view)
    for index in start..<start + xView.columns + view.columns { sums[index] = 0 }
    try a.withSpan(of: Element.self) { a throws(LinearAlgebraError) in
      try x.withSpan(of: Element.self) { x throws(LinearAlgebraError) in
        try b.withSpan(of: Element.self) { b throws(LinearAlgebraError) in
          for row in rows {
            let band = part.columns(ofRow: row, count: view.columns)
            for column in band {
              sums[start + xView.columns + column] += Double(
                part.element(a, view, row, column).modulus)
            }
            for side in 0..<xView.columns {
              var rest = b[row * bView.rowStride + side * bView.columnStride]
              for column in band {
                rest =
                  rest - part.element(a, view, row, column)
                  * x[column * xView.rowStride + side * xView.columnStride]
              }
              sums[start + side] += Double(rest.modulus)
            }
          }
        }
      }
    }
  }

  private func copyRows<Element: LinearAlgebraScalar>(
    _ rows: Range<Int>, into block: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let view = a.view
    if isReal {
      try a.withSpan(of: Element.Real.self) { a throws(LinearAlgebraError) in
        for column in 0..<shape.columns {
          for row in rows {
            block[row - rows.lowerBound + column * shape.leading] = Element(
              real: part.element(a, view, row, column))
          }
        }
      }
    } else {
      try a.withSpan(of: Element.self) { a throws(LinearAlgebraError) in
        for column in 0..<shape.columns {
          for row in rows {
            block[row - rows.lowerBound + column * shape.leading] = part.element(
              a, view, row, column)
          }
        }
      }
    }
  }

  private func copyRightSides<Element: LinearAlgebraScalar>(
    _ rows: Range<Int>, into rest: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let view = b.view
    try values.withSpan(of: Element.self) { values throws(LinearAlgebraError) in
      try b.withSpan(of: Element.self) { b throws(LinearAlgebraError) in
        for column in 0..<shape.columns {
          let value: Element = self.values.rows == 0 ? 1 : values[column]
          let factor = part.isAdjoint ? value.conjugate : value
          for row in rows {
            let element = b[row * view.rowStride + column * view.columnStride]
            rest[row - rows.lowerBound + column * shape.leading] =
              self.values.rows == 0 ? element : element * factor
          }
        }
      }
    }
  }

  /// X as BLAS takes it, copied only where it lies otherwise.
  private func withColumnMajor<Element: LinearAlgebraScalar>(
    _ body: (Span<Element>, ColumnMajorShape) throws(LinearAlgebraError) -> Void
  ) throws(LinearAlgebraError) {
    let layout = x.layout
    if layout.rowStride == 1, layout.columnStride >= max(1, layout.rows) {
      try x.withSpan(of: Element.self) { x throws(LinearAlgebraError) in
        try body(x, self.x.columnMajor)
      }
      return
    }
    let shape = ColumnMajorShape(rows: x.rows, columns: x.columns)
    try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
      try x.copy(into: &copy, shape)
      try body(copy.span, shape)
    }
  }

  private func addSums<Element: LinearAlgebraScalar>(
    _ block: Span<Element>, _ shape: ColumnMajorShape, at start: Int
  ) {
    for column in 0..<shape.columns {
      sums[start + column] = columnSum(block, shape, column)
    }
  }
}

/// Of each column of 1 - Qᴴ·P, where P is Q or B·Q, or of 1 - Q·Qᴴ where the rows are to be orthonormal.
struct OrthogonalitySums: DenseLoop {
  let type: ScalarType
  let report: TaskReport
  /// Blocks of columns of the product.
  let grid: BlockGrid
  let areRows: Bool
  let q: MatrixBytes
  /// In the order and with the leading dimension of Q, which it is where `areRows`.
  let p: MatrixBytes
  let sums: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { execute($0) } }

  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError) {
    let columns = grid[iteration].columns
    let whole = q.columnMajor
    let part = ColumnMajorShape(
      rows: areRows ? columns.count : whole.rows, columns: areRows ? whole.columns : columns.count,
      leading: whole.leading)
    let shape = ColumnMajorShape(rows: grid.rows, columns: columns.count)
    try withScratch(of: Element.self, shape) { rest throws(LinearAlgebraError) in
      for column in 0..<shape.columns {
        for row in 0..<shape.rows {
          rest[row + column * shape.leading] = row == column + columns.lowerBound ? 1 : 0
        }
      }
      try q.withSpan(of: Element.self) { q throws(LinearAlgebraError) in
        try p.withSpan(of: Element.self) { p throws(LinearAlgebraError) in
          let start = columns.lowerBound * (areRows ? 1 : whole.leading)
          let few = p.extracting(start..<p.count)
          LAPACK.gemm(
            alpha: -1, q, whole, aForm: areRows ? .plain : .adjoint, few, part,
            bForm: areRows ? .adjoint : .plain, beta: 1, &rest, shape)
        }
      }
      for column in 0..<shape.columns {
        sums[columns.lowerBound + column] = columnSum(rest.span, shape, column)
      }
    }
  }
}

private func columnSum<Element: LinearAlgebraScalar>(
  _ block: Span<Element>, _ shape: ColumnMajorShape, _ column: Int
) -> Double {
  var sum = 0.0
  for row in 0..<shape.rows { sum += Double(block[row + column * shape.leading].modulus) }
  return sum
}
