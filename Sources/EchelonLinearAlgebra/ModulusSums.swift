internal import CEchelonKernels

/// The sums of the moduli of some rows of a matrix, and of what of its columns lies in them.
///
/// - Parameters:
///   - a: the whole matrix, of Double or Float.
///   - rows: which rows.
///   - part: which elements count.
///   - rowSums: takes one number per row of `rows`.
///   - columnSums: takes one number per column.
/// - Accuracy: relative error ≤ γₙ for n elements in a sum. NaN and infinities show in the sums.
public func sumModuli<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView, rows: Range<Int>, in part: MatrixPart,
  rowSums: inout MutableSpan<Double>, columnSums: inout MutableSpan<Double>
) {
  precondition(!Element.isComplex, "of real numbers")
  precondition(view.extent <= a.count && rows.lowerBound >= 0 && rows.upperBound <= view.rows)
  precondition(rowSums.count >= rows.count && columnSums.count >= view.columns)
  guard !rows.isEmpty, view.columns > 0 else { return }
  // SAFETY: the rows lie inside the span, and the sums have room, by the checks.
  unsafe a.withUnsafeBufferPointer { a in
    unsafe rowSums.withUnsafeMutableBufferPointer { rowSums in
      unsafe columnSums.withUnsafeMutableBufferPointer { columnSums in
        unsafe ek_sum_moduli(
          Element.scalarType.rawValue, part.letter, rows.lowerBound, rows.count, view.columns,
          a.baseAddress! + rows.lowerBound * view.rowStride, view.rowStride, view.columnStride,
          rowSums.baseAddress!, columnSums.baseAddress!)
      }
    }
  }
}
