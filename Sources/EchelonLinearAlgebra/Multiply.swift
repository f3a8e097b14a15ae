internal import CEchelonKernels

/// `C = A·B` by one call of BLAS.
///
/// - Shapes: A is m × k, B is k × n, C is m × n, any of them 0; each a view with strides into its
///   span. With k = 0, C becomes 0. The old contents of C are not read, NaN or not.
/// - Strides: row-major and column-major views, with gaps between rows or columns, go to BLAS as
///   they are; others are first copied (A, B) or scattered (C) through dense memory.
/// - Errors: no BLAS, shapes that don't fit, views that reach outside, a C whose elements overlap.
/// - Accuracy: |C - Ĉ| ≤ γₖ·|A|·|B| element-wise, γₖ = k·u / (1 - k·u), for any BLAS that does not
///   use Strassen's method (Higham, *Accuracy and Stability*, 2nd ed., §3.5).
public func multiply<Element: BLASElement>(
  _ a: Span<Element>, _ aView: MatrixView, _ b: Span<Element>, _ bView: MatrixView,
  into c: inout MutableSpan<Element>, _ cView: MatrixView
) throws(LinearAlgebraError) {
  guard aView.columns == bView.rows, cView.rows == aView.rows, cView.columns == bView.columns
  else { throw .shapeMismatch(left: aView, right: bView, result: cView) }
  try check(aView, count: a.count)
  try check(bView, count: b.count)
  try check(cView, count: c.count)
  guard cView.isInjective else { throw .overlappingElements(view: cView) }
  if cView.isEmpty { return }
  if aView.columns == 0 {
    for i in 0..<cView.rows {
      for j in 0..<cView.columns { c[i * cView.rowStride + j * cView.columnStride] = 0 }
    }
    return
  }
  try BLASInfo.require()

  if cView.rowMajorLeadingDimension != nil {
    product(a, aView, b, bView, into: &c, cView)
  } else if cView.columnMajorLeadingDimension != nil {
    // Cᵀ = Bᵀ·Aᵀ, and the transposed views are row-major where these are column-major.
    product(b, bView.transposed, a, aView.transposed, into: &c, cView.transposed)
  } else {
    let dense = MatrixView(rows: cView.rows, columns: cView.columns)
    var result = [Element](repeating: 0, count: dense.extent)
    var span = result.mutableSpan
    product(a, aView, b, bView, into: &span, dense)
    for i in 0..<cView.rows {
      for j in 0..<cView.columns {
        c[i * cView.rowStride + j * cView.columnStride] = span[i * dense.columns + j]
      }
    }
  }
}

private func check(_ view: MatrixView, count: Int) throws(LinearAlgebraError) {
  guard view.extent <= count else { throw .outOfBounds(view: view, count: count) }
  let limit = Int(Int32.max)
  guard max(view.rows, view.columns, view.rowStride, view.columnStride) <= limit else {
    throw .tooLarge(view: view)
  }
}

/// Into a row-major C. Everything is checked and nothing is empty.
private func product<Element: BLASElement>(
  _ a: Span<Element>, _ aView: MatrixView, _ b: Span<Element>, _ bView: MatrixView,
  into c: inout MutableSpan<Element>, _ cView: MatrixView
) {
  withFactor(a, aView) { a, transposeA, leadingA in
    withFactor(b, bView) { b, transposeB, leadingB in
      unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
          unsafe c.withUnsafeMutableBufferPointer { c in
            // SAFETY: the views lie inside the buffers (`check`), which outlive the call; none is
            // empty, so each has a base; C is injective.
            unsafe ek_product(
              Element.scalarType.rawValue, transposeA ? 1 : 0, transposeB ? 1 : 0,
              Int32(cView.rows), Int32(cView.columns), Int32(aView.columns), a.baseAddress!,
              Int32(leadingA), b.baseAddress!, Int32(leadingB), c.baseAddress!,
              Int32(cView.rowMajorLeadingDimension!))
          }
        }
      }
    }
  }
}

/// Hands a factor over as BLAS can read it, copied to dense memory when no leading dimension fits.
private func withFactor<Element: BLASElement>(
  _ x: Span<Element>, _ view: MatrixView,
  _ body: (_ x: Span<Element>, _ transposed: Bool, _ leading: Int) -> Void
) {
  if let leading = view.rowMajorLeadingDimension {
    body(x, false, leading)
  } else if let leading = view.columnMajorLeadingDimension {
    body(x, true, leading)
  } else {
    var dense: [Element] = []
    dense.reserveCapacity(view.rows * view.columns)
    for i in 0..<view.rows {
      for j in 0..<view.columns { dense.append(x[i * view.rowStride + j * view.columnStride]) }
    }
    body(dense.span, false, view.columns)
  }
}
