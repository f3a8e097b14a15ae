import EchelonLinearAlgebra

/// The task of `solve`.
struct SolveSystem: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let structure: MatrixStructure
  let checksFinite: Bool
  let a: MatrixBytes
  let b: MatrixBytes
  let x: MatrixBytes

  var blasThreadCount: Int {
    DenseOperation.solve(order: a.rows, structure: structure).wideCallThreadCount
  }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    if checksFinite {
      try checkFinite(Element.self)
      try b.checkFinite(Element.self, .b)
    }
    let shape = x.columnMajor
    try x.withMutableSpan(of: Element.self) { x throws(LinearAlgebraError) in
      try b.copy(into: &x, shape)
      switch structure {
      case .general: try solveGeneral(&x, shape)
      case .positiveDefinite: try solvePositiveDefinite(&x, shape)
      case .lowerTriangular: try solveTriangular(.lower, &x, shape)
      case .upperTriangular: try solveTriangular(.upper, &x, shape)
      case .banded(let lower, let upper): try solveBanded(lower, upper, &x, shape)
      case .positiveDefiniteBanded(let width): try solvePositiveDefiniteBanded(width, &x, shape)
      case .tridiagonal: try solveTridiagonal(&x, shape)
      }
    }
  }

  /// Of the elements that count.
  private func checkFinite<Element: LinearAlgebraScalar>(
    _: Element.Type
  ) throws(LinearAlgebraError) {
    let place = try a.withSpan(of: Element.self) { span in
      switch structure {
      case .general: firstNotFinite(span, a.view)
      case .positiveDefinite, .lowerTriangular: firstNotFinite(span, a.view, in: .lower)
      case .upperTriangular: firstNotFinite(span, a.view, in: .upper)
      case .banded(let lower, let upper): firstNotFinite(span, a.view, lower: lower, upper: upper)
      case .positiveDefiniteBanded(let width):
        firstNotFinite(span, a.view, lower: width, upper: 0)
      case .tridiagonal: firstNotFinite(span, a.view, lower: 1, upper: 1)
      }
    }
    if let place { throw .notFinite(row: place.row, column: place.column) }
  }

  // The kinds; each has B in `x`, and leaves X there.

  private func solveGeneral<Element: LinearAlgebraScalar>(
    _ x: inout MutableSpan<Element>, _ xShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    try withScratch(of: Element.self, shape) { lu throws(LinearAlgebraError) in
      try withScratch(of: Int32.self, count: a.rows) { pivots throws(LinearAlgebraError) in
        try a.copy(into: &lu, shape)
        if let column = try LAPACK.getrf(&lu, shape, pivots: &pivots) {
          throw .singular(column: column)
        }
        try LAPACK.getrs(.plain, lu.span, shape, pivots: pivots.span, &x, xShape)
      }
    }
  }

  private func solvePositiveDefinite<Element: LinearAlgebraScalar>(
    _ x: inout MutableSpan<Element>, _ xShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    try withScratch(of: Element.self, shape) { lower throws(LinearAlgebraError) in
      try a.copy(into: &lower, shape)
      if let column = try LAPACK.potrf(.lower, &lower, shape) {
        throw .notPositiveDefinite(column: column)
      }
      try LAPACK.potrs(.lower, lower.span, shape, &x, xShape)
    }
  }

  private func solveTriangular<Element: LinearAlgebraScalar>(
    _ triangle: MatrixTriangle, _ x: inout MutableSpan<Element>, _ xShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: a.rows, columns: a.columns)
    try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
      try a.copy(into: &copy, shape)
      if let column = try LAPACK.trtrs(triangle, copy.span, shape, &x, xShape) {
        throw .singular(column: column)
      }
    }
  }

  private func solveBanded<Element: LinearAlgebraScalar>(
    _ lower: Int, _ upper: Int, _ x: inout MutableSpan<Element>, _ xShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: 2 * lower + upper + 1, columns: a.columns)
    try withScratch(of: Element.self, shape) { band throws(LinearAlgebraError) in
      try withScratch(of: Int32.self, count: a.rows) { pivots throws(LinearAlgebraError) in
        try a.withSpan(of: Element.self) { a throws(LinearAlgebraError) in
          copyBand(
            a, self.a.view, lower: lower, upper: upper, into: &band, shape,
            diagonal: lower + upper)
        }
        if let column = try LAPACK.gbtrf(
          &band, shape, lower: lower, upper: upper, pivots: &pivots)
        {
          throw .singular(column: column)
        }
        try LAPACK.gbtrs(
          .plain, band.span, shape, lower: lower, upper: upper, pivots: pivots.span, &x, xShape)
      }
    }
  }

  private func solvePositiveDefiniteBanded<Element: LinearAlgebraScalar>(
    _ width: Int, _ x: inout MutableSpan<Element>, _ xShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let shape = ColumnMajorShape(rows: width + 1, columns: a.columns)
    try withScratch(of: Element.self, shape) { band throws(LinearAlgebraError) in
      try a.withSpan(of: Element.self) { a throws(LinearAlgebraError) in
        copyBand(a, self.a.view, lower: width, upper: 0, into: &band, shape, diagonal: 0)
      }
      if let column = try LAPACK.pbtrf(&band, shape, width: width) {
        throw .notPositiveDefinite(column: column)
      }
      try LAPACK.pbtrs(band.span, shape, width: width, &x, xShape)
    }
  }

  private func solveTridiagonal<Element: LinearAlgebraScalar>(
    _ x: inout MutableSpan<Element>, _ xShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let n = a.rows
    try withScratch(of: Element.self, count: n) { lower throws(LinearAlgebraError) in
      try withScratch(of: Element.self, count: n) { diagonal throws(LinearAlgebraError) in
        try withScratch(of: Element.self, count: n) { upper throws(LinearAlgebraError) in
          try a.withSpan(of: Element.self) { a throws(LinearAlgebraError) in
            let (down, right) = (self.a.view.rowStride, self.a.view.columnStride)
            for i in 0..<n {
              diagonal[i] = a[i * (down + right)]
              guard i + 1 < n else { continue }
              lower[i] = a[i * (down + right) + down]
              upper[i] = a[i * (down + right) + right]
            }
          }
          let singular = try LAPACK.gtsv(
            lower: &lower, diagonal: &diagonal, upper: &upper, &x, xShape)
          if let singular { throw .singular(column: singular) }
        }
      }
    }
  }
}
