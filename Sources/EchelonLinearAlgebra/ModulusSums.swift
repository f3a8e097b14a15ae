internal import CEchelonKernels

/// Rows that `sumModuli` takes at a time.
public let modulusSumRows = Int(EK_SUM_BLOCK)

/// The sums of the moduli of some rows of a matrix, and of what of its columns lies in them.
///
/// A row is summed in the order that a column is summed in, when the sums of what lies in its blocks are added from the
/// first to the last: so the sums of a transposed matrix are the same numbers, bit for bit.
/// - Parameters:
///   - a: the whole matrix.
///   - rows: which rows: `modulusSumRows`, from a multiple of it on, or as many as are left.
///   - part: which elements count; of the diagonal of a complex triangle the real parts, as of a Hermitian matrix.
///   - rowSums: takes one number per row of `rows`.
///   - columnSums: takes one number per column.
/// - Accuracy: relative error ≤ γₙ for n elements in a sum. NaN and infinities show in the sums.
public func sumModuli<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView, rows: Range<Int>, in part: MatrixPart,
  rowSums: inout MutableSpan<Double>, columnSums: inout MutableSpan<Double>
) {
  precondition(view.extent <= a.count && rows.lowerBound >= 0 && rows.upperBound <= view.rows)
  precondition(
    rows.lowerBound % modulusSumRows == 0 && rows.count <= modulusSumRows, "not a block of rows")
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
