/// The type of the elements of an operand, as it is written into shared memory.
public enum ElementType: UInt32, CaseIterable, Sendable, CustomStringConvertible {
  case float64 = 1  // never renumbered: attached workers rely on it
  case float32 = 2

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float64: 8
    case .float32: 4
    }
  }

  /// The name used in messages: `float64`, `float32`.
  public var description: String {
    switch self {
    case .float64: "float64"
    case .float32: "float32"
    }
  }
}

/// How the elements of an operand lie in memory: rows × columns with strides in elements.
///
/// A vector is one row. Strides are not negative; element (i, j) lies `i·rowStride + j·columnStride`
/// elements after the first, so a transposed view is the same memory with both pairs swapped.
public struct OperandLayout: Hashable, Sendable {
  /// The type of every element.
  public let elementType: ElementType
  /// The number of rows; 1 for a vector.
  public let rows: Int
  /// The number of columns; the count of a vector.
  public let columns: Int
  /// Elements from one row to the next.
  public let rowStride: Int
  /// Elements from one column to the next.
  public let columnStride: Int

  /// A contiguous vector of `count` elements.
  public init(vectorOf elementType: ElementType, count: Int) {
    self.init(
      matrixOf: elementType, rows: 1, columns: count, rowStride: count, columnStride: 1)
  }

  /// A matrix view; the strides default to dense row-major order.
  public init(
    matrixOf elementType: ElementType, rows: Int, columns: Int, rowStride: Int? = nil,
    columnStride: Int = 1
  ) {
    precondition(rows >= 0 && columns >= 0, "\(rows) × \(columns) is not a shape")
    let rowStride = rowStride ?? columns * columnStride
    precondition(rowStride >= 0 && columnStride >= 0, "strides must not be negative")
    self.elementType = elementType
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// The number of elements.
  public var count: Int { rows * columns }

  /// Elements from the first to one past the last in memory; 0 when there are none.
  public var extent: Int {
    count == 0 ? 0 : (rows - 1) * rowStride + (columns - 1) * columnStride + 1
  }

  /// Whether the elements follow one another in row-major order without a gap.
  public var isContiguous: Bool {
    count == 0 || ((columnStride == 1 || columns == 1) && (rowStride == columns || rows == 1))
  }

  /// Whether no two elements share an address, so that the view can be written.
  public var isInjective: Bool {
    if count <= 1 { return true }
    if rows == 1 { return columnStride > 0 }
    if columns == 1 { return rowStride > 0 }
    return columnStride > 0 && rowStride > (columns - 1) * columnStride
      || rowStride > 0 && columnStride > (rows - 1) * rowStride
  }

  /// The same memory with rows and columns exchanged.
  public var transposed: OperandLayout {
    OperandLayout(
      matrixOf: elementType, rows: columns, columns: rows, rowStride: columnStride,
      columnStride: rowStride)
  }
}

/// An input or output of a kernel: a window of mapped memory that hands out only checked, typed
/// views.
///
/// ## Invariants
/// 1. `base` is aligned for the element type, and `byteCount` bytes from it stay mapped for as long
///    as the operand is used: whoever calls the initialiser holds the arena or the array.
/// 2. The layout's last element lies inside `byteCount`: checked by the initialiser.
/// 3. While a kernel runs, no one writes its inputs, and it alone writes the elements of its chunk.
@safe public struct KernelOperand: @unchecked Sendable {  // a view; invariant 3 keeps the peace
  let base: UnsafeMutableRawPointer
  /// The mapped bytes that the operand may touch.
  public let byteCount: Int
  /// How the elements lie in them.
  public let layout: OperandLayout
  /// Whether `withMutableSpan` is allowed.
  public let isWritable: Bool

  /// Describes `byteCount` bytes at `base`; traps if the layout does not fit into them.
  ///
  /// The caller promises invariants 1 and 3. With no elements `base` is never read.
  public init(
    base: UnsafeMutableRawPointer, byteCount: Int, layout: OperandLayout, isWritable: Bool
  ) {
    let size = layout.elementType.byteCount
    precondition(
      layout.extent <= byteCount / size,
      "\(layout.extent) elements of \(size) bytes do not fit into \(byteCount) bytes")
    let address = UInt(bitPattern: base)
    precondition(address % UInt(size) == 0, "operand is not aligned to \(size) bytes")
    unsafe self.base = base
    self.byteCount = byteCount
    self.layout = layout
    self.isWritable = isWritable
  }

  /// The number of elements.
  public var count: Int { layout.count }

  /// Reads a range of the memory, counted in elements from the first one.
  ///
  /// The range is over memory, not over the shape: for a matrix it runs up to `layout.extent`.
  /// - Parameter parts: how many of the layout's elements, one behind the other, are one here: two for complex numbers,
  ///   of which the range then counts the whole.
  @inlinable
  public func withSpan<Element: BitwiseCopyable, Result: ~Copyable, Failure: Error>(
    of type: Element.Type, parts: Int = 1, _ range: Range<Int>,
    _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: `checkedAddress` has checked bounds and alignment; invariant 1 keeps the bytes mapped
    // and invariant 3 unchanged while the span lives, which ends with this call.
    let elements = unsafe UnsafeBufferPointer(
      start: checkedAddress(range, of: type, parts).assumingMemoryBound(to: type),
      count: range.count)
    return try unsafe body(elements.span)
  }

  /// Writes a range of the memory, counted in elements from the first one; see `withSpan`.
  @inlinable
  public func withMutableSpan<Element: BitwiseCopyable, Result: ~Copyable, Failure: Error>(
    of type: Element.Type, parts: Int = 1, _ range: Range<Int>,
    _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(isWritable, "operand is read-only")
    // SAFETY: as in `withSpan`; the memory is writable (checked) and this caller's (invariant 3).
    let elements = unsafe UnsafeMutableBufferPointer(
      start: checkedAddress(range, of: type, parts).assumingMemoryBound(to: type),
      count: range.count)
    var span = unsafe elements.mutableSpan
    return try body(&span)
  }

  /// Some of the elements of a vector, as a vector.
  public func vector(_ range: Range<Int>) -> KernelOperand {
    precondition(
      layout.isContiguous && range.lowerBound >= 0 && range.upperBound <= count,
      "elements \(range) of \(count)")
    let size = layout.elementType.byteCount
    // SAFETY: inside of what this operand may touch, by the check above.
    return unsafe KernelOperand(
      base: base + range.lowerBound * size, byteCount: byteCount - range.lowerBound * size,
      layout: OperandLayout(vectorOf: layout.elementType, count: range.count),
      isWritable: isWritable)
  }

  /// Whether any byte between the first and the last element of both is the same.
  public func overlaps(_ other: KernelOperand) -> Bool {
    if count == 0 || other.count == 0 { return false }
    return addresses.overlaps(other.addresses)
  }

  private var addresses: Range<UInt> {
    // SAFETY: only the number of the address is looked at.
    let start = unsafe UInt(bitPattern: base)
    return start..<start + UInt(layout.extent * layout.elementType.byteCount)
  }

  @usableFromInline
  func checkedAddress<Element: BitwiseCopyable>(
    _ range: Range<Int>, of type: Element.Type, _ parts: Int
  ) -> UnsafeMutableRawPointer {
    let stride = MemoryLayout<Element>.stride
    precondition(
      stride == parts * layout.elementType.byteCount,
      "a span of \(type) over elements of type \(layout.elementType)")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= byteCount / stride,
      "elements \(range) lie outside \(byteCount) bytes")
    // SAFETY: inside the mapped bytes by the check above.
    return unsafe base + range.lowerBound * stride
  }
}
