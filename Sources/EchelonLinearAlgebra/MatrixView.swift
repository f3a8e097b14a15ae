/// The shape and the strides, in elements, of a matrix inside a span that starts at its first
/// element. Element (i, j) is at `i·rowStride + j·columnStride`.
public struct MatrixView: Hashable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// Elements from one row to the next.
  public let rowStride: Int
  /// Elements from one column to the next.
  public let columnStride: Int

  /// A view with the given strides; they default to dense row-major order.
  public init(rows: Int, columns: Int, rowStride: Int? = nil, columnStride: Int = 1) {
    precondition(rows >= 0 && columns >= 0, "\(rows) × \(columns) is not a shape")
    let rowStride = rowStride ?? columns * columnStride
    precondition(rowStride >= 0 && columnStride >= 0, "strides must not be negative")
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// Elements from the first to one past the last in memory; 0 when there are none.
  public var extent: Int {
    isEmpty ? 0 : (rows - 1) * rowStride + (columns - 1) * columnStride + 1
  }

  /// Whether there is no element.
  public var isEmpty: Bool { rows == 0 || columns == 0 }

  /// The same memory with rows and columns exchanged.
  public var transposed: MatrixView {
    MatrixView(rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride)
  }

  var shape: String { "\(rows) × \(columns)" }
  var strides: String { "(\(rowStride), \(columnStride))" }

  var isInjective: Bool {
    if isEmpty || rows == 1 && columns == 1 { return true }
    if rows == 1 { return columnStride > 0 }
    if columns == 1 { return rowStride > 0 }
    return columnStride > 0 && rowStride > (columns - 1) * columnStride
      || rowStride > 0 && columnStride > (rows - 1) * rowStride
  }

  /// The leading dimension if BLAS can read this view as row-major; nil otherwise.
  ///
  /// Strides along a dimension of one element say nothing, so they don't stand in the way.
  var rowMajorLeadingDimension: Int? {
    guard columnStride == 1 || columns == 1 else { return nil }
    if rows == 1 { return max(columns, 1) }
    return rowStride >= columns ? rowStride : nil
  }

  /// The leading dimension if BLAS can read this view as column-major; nil otherwise.
  var columnMajorLeadingDimension: Int? { transposed.rowMajorLeadingDimension }
}
