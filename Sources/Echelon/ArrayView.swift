import EchelonMemory

/// Elements of a shared array at equal distances, seen as a vector without a copy: every other element, a
/// column of a matrix, a diagonal.
///
/// Expressions, reductions and sorting take it like an array, and `evaluate` and `sorted` put results into it. For
/// work on a span, `evaluate` makes an array of it.
public struct ArrayView<Element: BitwiseCopyable & Sendable>: Sendable {
  /// The elements from the first to the last of this view, in memory order.
  public let storage: SharedArray<Element>
  /// The number of elements.
  public let count: Int
  /// Elements of memory from one to the next.
  public let stride: Int

  /// - Parameter storage: holds (count − 1)·stride + 1 elements or more.
  public init(_ storage: SharedArray<Element>, count: Int, stride: Int) {
    precondition(count >= 0 && stride > 0, "\(count) elements at a distance of \(stride)")
    let extent = count == 0 ? 0 : (count - 1) * stride + 1
    precondition(extent <= storage.count, "\(extent) elements do not fit into \(storage.count)")
    self.storage = storage[0..<extent]
    self.count = count
    self.stride = stride
  }

  /// Whether there are no elements.
  public var isEmpty: Bool { count == 0 }
  /// The indices, 0 ..< count.
  public var indices: Range<Int> { 0..<count }

  /// One element; for tests and odd ones.
  public subscript(index: Int) -> Element {
    get {
      precondition(indices ~= index, "\(index) lies outside \(indices)")
      return storage[index * stride]
    }
    nonmutating set {
      precondition(indices ~= index, "\(index) lies outside \(indices)")
      storage[index * stride] = newValue
    }
  }

  /// A part of the view, without a copy.
  public subscript(range: Range<Int>) -> ArrayView {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "\(range) lies outside \(indices)")
    let start = range.isEmpty ? 0 : range.lowerBound * stride
    return ArrayView(storage[start..<storage.count], count: range.count, stride: stride)
  }
}

extension Array where Element: BitwiseCopyable & Sendable {
  /// A copy of the elements of a view.
  public init(_ view: ArrayView<Element>) { self = view.indices.map { view[$0] } }
}

extension ArrayView: CustomStringConvertible {
  /// The first and last elements, and how many there are.
  public var description: String { describe(count: count) { "\(self[$0])" } }
}

extension SharedArray {
  /// Every `stride`-th element, the first one first, without a copy.
  /// - Parameter stride: 1 or more.
  public func strided(by stride: Int) -> ArrayView<Element> {
    precondition(stride > 0, "a stride of \(stride); it is 1 or more")
    return ArrayView(self, count: count == 0 ? 0 : (count - 1) / stride + 1, stride: stride)
  }

  /// The same elements as a matrix in row-major order, without a copy.
  /// - Parameters: `rows`·`columns` is the number of elements.
  public func reshaped(rows: Int, columns: Int) -> SharedMatrix<Element> {
    precondition(
      rows >= 0 && columns >= 0 && rows.multipliedReportingOverflow(by: columns) == (count, false),
      "\(rows) × \(columns) is no shape for \(count) elements")
    return SharedMatrix(self, rows: rows, columns: columns)
  }

  /// The same elements as a matrix of one column, without a copy: in an expression with a matrix it is
  /// repeated for every column.
  public var asColumn: SharedMatrix<Element> { reshaped(rows: count, columns: 1) }
  /// The same elements as a matrix of one row, without a copy: in an expression with a matrix it is repeated
  /// for every row, as an array is.
  public var asRow: SharedMatrix<Element> { reshaped(rows: 1, columns: count) }
}

extension SharedMatrix {
  /// A row, without a copy.
  public func row(_ index: Int) -> ArrayView<Element> {
    precondition((0..<rows) ~= index, "row \(index) lies outside \(rows) × \(columns)")
    return view(from: index * rowStride, count: columns, stride: columnStride)
  }

  /// A column, without a copy.
  public func column(_ index: Int) -> ArrayView<Element> {
    precondition((0..<columns) ~= index, "column \(index) lies outside \(rows) × \(columns)")
    return view(from: index * columnStride, count: rows, stride: rowStride)
  }

  /// A diagonal, without a copy.
  /// - Parameter offset: 0 is the main one; above it they are counted upwards, below it downwards.
  public func diagonal(offset: Int = 0) -> ArrayView<Element> {
    let count = max(
      0,
      offset >= 0
        ? min(rows, columns - min(offset, columns)) : min(rows + max(offset, -rows), columns))
    let start = count == 0 ? 0 : offset >= 0 ? offset * columnStride : -offset * rowStride
    return view(from: start, count: count, stride: rowStride + columnStride)
  }

  /// Whether the elements follow one another in row-major order without a gap.
  public var isContiguous: Bool { layout.isContiguous }

  /// All elements in row-major order, without a copy; nil when they do not lie like that. `evaluate` copies
  /// them into an array.
  public var flattened: SharedArray<Element>? { isContiguous ? storage[0..<count] : nil }

  private func view(from start: Int, count: Int, stride: Int) -> ArrayView<Element> {
    ArrayView(
      count == 0 ? storage[0..<0] : storage[start..<storage.count], count: count, stride: stride)
  }

  var layout: LeafLayout {
    LeafLayout(rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
}
