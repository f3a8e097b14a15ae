internal import CEchelonKernels

/// `C = A·B`, by one call of BLAS; of large real matrices by packing their factors, where the instruction set in use has
/// such products.
///
/// - Shapes: A is m × k, B is k × n, C is m × n, any of them 0; each a view with strides into its
///   span. With k = 0, C becomes 0. The old contents of C are not read, NaN or not.
/// - Strides: row-major and column-major factors, with gaps between rows or columns, go to BLAS as they are when
///   they are large, and so does a row-major C; others are first copied (A, B) or scattered (C) through dense memory.
/// - Bits: the same for all strides. BLAS computes a row-major C alone, because the edges of its blocks lie elsewhere
///   in a column-major one, and small factors are row-major, because OpenBLAS has other loops for each way in which
///   they can lie.
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

  if PackedFactors<Element>.areAvailable, min(cView.rows, cView.columns) >= leastPackedSide,
    !isSmall(aView, cView, of: Element.self)
  {
    multiplyByPanels(a, aView, b, bView, into: &c, cView)
  } else if cView.rowMajorLeadingDimension != nil {
    product(a, aView, b, bView, into: &c, cView)
  } else {
    scatter(into: &c, cView) { product(a, aView, b, bView, into: &$0, $1) }
  }
}

private func check(_ view: MatrixView, count: Int) throws(LinearAlgebraError) {
  guard view.extent <= count else { throw .outOfBounds(view: view, count: count) }
  let limit = Int(Int32.max)
  guard max(view.rows, view.columns, view.rowStride, view.columnStride) <= limit else {
    throw .tooLarge(view: view)
  }
}

/// Multiply-adds up to which factors are copied. OpenBLAS has loops of its own up to 100 × 100 × 100, and in builds for one
/// processor with AVX-512 some for Float up to 28 · 512² (`sgemm_direct`).
private func mostOfSmallProduct<Element>(of _: Element.Type) -> Int {
  MemoryLayout<Element>.stride == MemoryLayout<Float>.stride ? 1 << 23 : 1 << 21
}

/// Rows and columns of C from which on packing takes little beside multiplying.
private let leastPackedSide = 48

private func isSmall<Element>(_ a: MatrixView, _ c: MatrixView, of type: Element.Type) -> Bool {
  c.rows * c.columns <= mostOfSmallProduct(of: type) / a.columns
}

/// Into a C whose rows or columns may have gaps between their elements. Everything is checked and nothing is empty.
private func multiplyByPanels<Element: BLASElement>(
  _ a: Span<Element>, _ aView: MatrixView, _ b: Span<Element>, _ bView: MatrixView,
  into c: inout MutableSpan<Element>, _ cView: MatrixView
) {
  if let leading = cView.columnMajorLeadingDimension {
    multiplyByPanels(
      a, aView, b, bView.transposed, into: &c,
      ColumnMajorShape(rows: cView.rows, columns: cView.columns, leading: leading))
  } else if let leading = cView.rowMajorLeadingDimension {
    // Rows are the columns of the transpose.
    multiplyByPanels(
      b, bView.transposed, a, aView, into: &c,
      ColumnMajorShape(rows: cView.columns, columns: cView.rows, leading: leading))
  } else {
    scatter(into: &c, cView) { dense, view in
      multiplyByPanels(a, aView, b, bView, into: &dense, view)
    }
  }
}

/// Computes C in dense rows, and puts them to where its elements lie.
private func scatter<Element: BLASElement>(
  into c: inout MutableSpan<Element>, _ cView: MatrixView,
  _ body: (_ dense: inout MutableSpan<Element>, _ view: MatrixView) -> Void
) {
  let dense = MatrixView(rows: cView.rows, columns: cView.columns)
  var result = [Element](repeating: 0, count: dense.extent)
  var span = result.mutableSpan
  body(&span, dense)
  // SAFETY: both views lie inside their spans, and the shim, which sees columns for rows, touches no more.
  unsafe withAddress(span.span) { result in
    unsafe withAddress(&c) { c in
      unsafe ek_unpack(
        MemoryLayout<Element>.stride, dense.columns, dense.rows, result!, dense.columns, c!,
        cView.columnStride, cView.rowStride)
    }
  }
}

/// Into a row-major C. Everything is checked and nothing is empty.
private func product<Element: BLASElement>(
  _ a: Span<Element>, _ aView: MatrixView, _ b: Span<Element>, _ bView: MatrixView,
  into c: inout MutableSpan<Element>, _ cView: MatrixView
) {
  let isSmall = isSmall(aView, cView, of: Element.self)
  withFactor(a, aView, isCopied: isSmall) { a, transposeA, leadingA in
    withFactor(b, bView, isCopied: isSmall) { b, transposeB, leadingB in
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

/// Hands a factor over as BLAS can read it, copied to dense rows when no leading dimension fits or `isCopied` is set
/// and it is not in rows already.
private func withFactor<Element: BLASElement>(
  _ x: Span<Element>, _ view: MatrixView, isCopied: Bool,
  _ body: (_ x: Span<Element>, _ transposed: Bool, _ leading: Int) -> Void
) {
  if let leading = view.rowMajorLeadingDimension {
    body(x, false, leading)
  } else if !isCopied, let leading = view.columnMajorLeadingDimension {
    body(x, true, leading)
  } else {
    var dense = [Element](repeating: 0, count: view.rows * view.columns)
    var span = dense.mutableSpan
    // SAFETY: the view lies inside its span (`check`), and the shim, which sees columns for rows, touches no more.
    unsafe withAddress(x) { x in
      unsafe withAddress(&span) { dense in
        unsafe ek_pack(
          MemoryLayout<Element>.stride, view.columns, view.rows, x!, view.columnStride,
          view.rowStride, dense!, view.columns)
      }
    }
    body(dense.span, false, view.columns)
  }
}
