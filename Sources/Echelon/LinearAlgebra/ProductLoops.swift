import EchelonLinearAlgebra
import EchelonMemory

// The loops of products.

/// Blocks of op(A)·op(B).
struct MultiplyBlocks: DenseLoop {
  let type: ScalarType
  let report: TaskReport
  let leftForm: MatrixForm
  let rightForm: MatrixForm
  let grid: BlockGrid
  let a: MatrixBytes
  let b: MatrixBytes
  let c: MatrixBytes

  var body: @Sendable (Int) -> Void { { execute($0) } }

  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError) {
    let (rows, columns) = grid[iteration]
    let (a, b) = (self.a.matrix(of: Element.self), self.b.matrix(of: Element.self))
    let block = c.matrix(of: Element.self)[rows, columns]
    let left = leftForm == .plain ? a[rows, 0..<a.columns] : a[0..<a.rows, rows]
    let right = rightForm == .plain ? b[0..<b.rows, columns] : b[columns, 0..<b.columns]
    // A form of BLAS has bits of its own: factors that lie by rows are copied, so that it is always the same.
    try withColumnMajor(left) { left, leftShape throws(LinearAlgebraError) in
      try withColumnMajor(right) { right, rightShape throws(LinearAlgebraError) in
        block.storage.withMutableSpan { c in
          LAPACK.gemm(
            left, leftShape, aForm: leftForm, right, rightShape, bForm: rightForm, &c,
            MatrixBytes(block).columnMajor)
        }
      }
    }
  }
}

/// Blocks of rows of op(A)·x.
struct MultiplyVector: DenseLoop {
  let type: ScalarType
  let report: TaskReport
  let form: MatrixForm
  let grid: BlockGrid
  let a: MatrixBytes
  let x: SharedArray<UInt8>
  let y: SharedArray<UInt8>

  var body: @Sendable (Int) -> Void { { execute($0) } }

  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError) {
    let rows = grid[iteration].rows
    let a = self.a.matrix(of: Element.self)
    let block = form == .plain ? a[rows, 0..<a.columns] : a[0..<a.rows, rows]
    // As with products of matrices, but by rows, as matrices lie that are made of arrays: what lies by rows is its
    // transpose by columns. BLAS has no conjugate of that alone.
    let isAdjoint = form == .adjoint && Element.isComplex
    let factor = isAdjoint ? block : block.transposed
    let factorForm: MatrixForm = isAdjoint ? .adjoint : form == .plain ? .transposed : .plain
    try withColumnMajor(factor) { a, shape throws(LinearAlgebraError) in
      x.view(as: Element.self).withSpan { x in
        y.view(as: Element.self)[rows].withMutableSpan { y in
          LAPACK.gemv(factorForm, a, shape, x, &y)
        }
      }
    }
  }
}

/// Blocks of columns of A·B, where more is known of A.
struct MultiplyStructured: DenseLoop {
  let type: ScalarType
  let report: TaskReport
  let structure: FactorStructure
  let grid: BlockGrid
  let a: MatrixBytes
  let b: MatrixBytes
  let c: MatrixBytes

  var body: @Sendable (Int) -> Void { { execute($0) } }

  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError) {
    let columns = grid[iteration].columns
    let all = 0..<c.rows
    let right = MatrixBytes(b.matrix(of: Element.self)[all, columns])
    let block = MatrixBytes(c.matrix(of: Element.self)[all, columns])
    let left = a.matrix(of: Element.self)
    try withColumnMajor(left) { factor, shape throws(LinearAlgebraError) in
      try block.withMutableSpan(of: Element.self) { c throws(LinearAlgebraError) in
        switch structure {
        case .symmetric(let triangle):
          try multiply(isHermitian: false, triangle, factor, shape, right, &c, block.columnMajor)
        case .hermitian(let triangle):
          try multiply(isHermitian: true, triangle, factor, shape, right, &c, block.columnMajor)
        case .triangular(let triangle):
          try right.copy(into: &c, block.columnMajor)
          LAPACK.trmm(triangle, factor, shape, &c, block.columnMajor)
        case .unitTriangular(let triangle):
          try right.copy(into: &c, block.columnMajor)
          LAPACK.trmm(triangle, hasUnitDiagonal: true, factor, shape, &c, block.columnMajor)
        }
      }
    }
  }

  private func multiply<Element: LinearAlgebraScalar>(
    isHermitian: Bool, _ triangle: MatrixTriangle, _ a: Span<Element>, _ aShape: ColumnMajorShape,
    _ right: MatrixBytes, _ c: inout MutableSpan<Element>, _ cShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: right.rows, columns: right.columns)
    try withScratch(of: Element.self, shape) { b throws(LinearAlgebraError) in
      try right.copy(into: &b, shape)
      LAPACK.symm(isHermitian: isHermitian, triangle, a, aShape, b.span, shape, &c, cShape)
    }
  }
}

/// Columns of a copy of A.
struct CopyColumns: DenseLoop {
  let type: ScalarType
  let report: TaskReport
  let grid: BlockGrid
  let a: MatrixBytes
  let copy: MatrixBytes

  var body: @Sendable (Int) -> Void { { execute($0) } }

  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError) {
    let columns = grid[iteration].columns
    let source = MatrixBytes(a.matrix(of: Element.self)[0..<a.rows, columns])
    let block = MatrixBytes(copy.matrix(of: Element.self)[0..<a.rows, columns])
    try block.withMutableSpan(of: Element.self) { out throws(LinearAlgebraError) in
      try source.copy(into: &out, block.columnMajor)
    }
  }
}

extension SharedMatrix {
  /// Whether its columns are such as BLAS can read.
  var isColumnMajor: Bool {
    rowStride == 1 && columnStride >= max(1, rows) && columnStride <= Int(Int32.max)
  }
}

/// Hands a matrix over column by column: where it lies if it lies so, else as a copy.
private func withColumnMajor<Element: LinearAlgebraScalar, R>(
  _ matrix: SharedMatrix<Element>,
  _ body: (Span<Element>, ColumnMajorShape) throws(LinearAlgebraError) -> R
) throws(LinearAlgebraError) -> R {
  if matrix.isColumnMajor {
    return try matrix.storage.withSpan { span throws(LinearAlgebraError) in
      try body(span, MatrixBytes(matrix).columnMajor)
    }
  }
  let shape = ColumnMajorShape(rows: matrix.rows, columns: matrix.columns)
  return try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
    try MatrixBytes(matrix).copy(into: &copy, shape)
    return try body(copy.span, shape)
  }
}
