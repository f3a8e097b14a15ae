import EchelonMemory
import EchelonTransfer

/// Many matrices of one shape in the shared memory of a pool, at equal distances.
///
///     let a = try pool.matrixBatch(count: 10_000, rows: 50, columns: 50) { index, row, column in … }
///     let b = try pool.matrixBatch(count: 10_000, rows: 50, columns: 1) { index, row, _ in … }
///     let x = try await pool.solve(a, b)
///     print(x[17])
///
/// Copies are views of the same elements; see `SharedArray`.
public struct SharedMatrixBatch<Element: BitwiseCopyable & Sendable>: Sendable {
  /// The elements from the first to the last of this view, in memory order.
  public let storage: SharedArray<Element>
  /// The number of matrices.
  public let count: Int
  /// The number of rows of each.
  public let rows: Int
  /// The number of columns of each.
  public let columns: Int
  /// Elements of memory from one matrix to the next; 0 if all are the same.
  public let matrixStride: Int
  /// Elements of memory from one row to the next.
  public let rowStride: Int
  /// Elements of memory from one column to the next.
  public let columnStride: Int

  /// Matrices over the elements of `storage`.
  /// - Parameters:
  ///   - storage: holds (count − 1)·matrixStride + (rows − 1)·rowStride + (columns − 1)·columnStride + 1 elements or
  ///     more.
  ///   - matrixStride: nil is dense, one matrix behind the other; 0 has the same one `count` times.
  ///   - rowStride: nil is dense row-major order.
  public init(
    _ storage: SharedArray<Element>, count: Int, rows: Int, columns: Int, matrixStride: Int? = nil,
    rowStride: Int? = nil, columnStride: Int = 1
  ) {
    precondition(
      count >= 0 && rows >= 0 && columns >= 0, "\(count) of \(rows) × \(columns) is no shape")
    let rowStride = rowStride ?? max(1, columns)
    precondition(rowStride > 0 && columnStride > 0, "strides of rows and columns are positive")
    let layout = BatchLayout(
      rows: rows, columns: columns, matrixStride: 0, rowStride: rowStride,
      columnStride: columnStride)
    let matrixStride = matrixStride ?? layout.matrixExtent
    precondition(matrixStride >= 0, "the stride of matrices is not negative")
    let extent =
      count == 0 || layout.matrixExtent == 0 ? 0 : (count - 1) * matrixStride + layout.matrixExtent
    precondition(
      extent <= storage.count,
      "\(count) matrices of \(rows) × \(columns) elements do not fit into \(storage.count)")
    self.storage = storage[0..<extent]
    self.count = count
    self.rows = rows
    self.columns = columns
    self.matrixStride = matrixStride
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// The same matrix `count` times, without a copy.
  public init(repeating matrix: SharedMatrix<Element>, count: Int) {
    self.init(
      matrix.storage, count: count, rows: matrix.rows, columns: matrix.columns, matrixStride: 0,
      rowStride: matrix.rowStride, columnStride: matrix.columnStride)
  }

  /// Each row of a matrix as a matrix of one column, without a copy: one right side for each of many systems.
  public init(rowsAsColumnsOf matrix: SharedMatrix<Element>) {
    self.init(
      matrix.storage, count: matrix.rows, rows: matrix.columns, columns: 1,
      matrixStride: matrix.rowStride, rowStride: matrix.columnStride)
  }

  /// Every matrix with rows and columns exchanged, without a copy.
  public var transposed: SharedMatrixBatch {
    SharedMatrixBatch(
      storage, count: count, rows: columns, columns: rows, matrixStride: matrixStride,
      rowStride: columnStride, columnStride: rowStride)
  }

  /// One of the matrices, without a copy.
  public subscript(index: Int) -> SharedMatrix<Element> {
    precondition((0..<count) ~= index, "matrix \(index) of \(count)")
    let start = storage.isEmpty ? 0 : index * matrixStride
    return SharedMatrix(
      storage[start..<storage.count], rows: rows, columns: columns, rowStride: rowStride,
      columnStride: columnStride)
  }

  /// Some of the matrices, without a copy.
  public subscript(range: Range<Int>) -> SharedMatrixBatch {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "\(range) lies outside 0..<\(count)")
    let start = storage.isEmpty || range.isEmpty ? 0 : range.lowerBound * matrixStride
    return SharedMatrixBatch(
      storage[start..<storage.count], count: range.count, rows: rows, columns: columns,
      matrixStride: matrixStride, rowStride: rowStride, columnStride: columnStride)
  }

  /// How each of them lies.
  var layout: BatchLayout {
    BatchLayout(
      rows: rows, columns: columns, matrixStride: matrixStride, rowStride: rowStride,
      columnStride: columnStride)
  }
}

extension SharedMatrixBatch: HandleTransferable, Codable {
  package func encodeHandle(into encoder: inout HandleEncoder) throws(TransferError) {
    try storage.encodeHandle(into: &encoder)
    for number in [count, rows, columns, matrixStride, rowStride, columnStride] {
      encoder.encode(Int64(number))
    }
  }

  package init(handle decoder: inout HandleDecoder) throws(TransferError) {
    let storage = try SharedArray<Element>(handle: &decoder)
    let count = try decoder.decode(Int64.self)
    let rows = try decoder.decode(Int64.self)
    let columns = try decoder.decode(Int64.self)
    let matrixStride = try decoder.decode(Int64.self)
    let rowStride = try decoder.decode(Int64.self)
    let columnStride = try decoder.decode(Int64.self)
    // Numbers of another process: nothing may overflow.
    func lastPlace(_ dimensions: [(count: Int64, stride: Int64)]) -> Int64? {
      var last: Int64 = 0
      for (count, stride) in dimensions {
        let (place, isOver) = (count - 1).multipliedReportingOverflow(by: stride)
        let (sum, isSumOver) = last.addingReportingOverflow(place)
        if isOver || isSumOver { return nil }
        last = sum
      }
      return last
    }
    let isEmpty = count == 0 || rows == 0 || columns == 0
    guard count >= 0, rows >= 0, columns >= 0, matrixStride >= 0, rowStride > 0, columnStride > 0,
      !rows.multipliedReportingOverflow(by: columns).overflow,
      let last = isEmpty
        ? -1 : lastPlace([(count, matrixStride), (rows, rowStride), (columns, columnStride)]),
      last < Int64(storage.count)
    else {
      throw .decodingFailed(
        type: "\(Self.self)", path: "",
        reason: "\(count) matrices of \(rows) × \(columns) elements do not fit")
    }
    self.init(
      storage, count: Int(count), rows: Int(rows), columns: Int(columns),
      matrixStride: Int(matrixStride), rowStride: Int(rowStride), columnStride: Int(columnStride))
  }

  /// Writes the handle; works with Echelon's own coder only.
  public func encode(to encoder: any Encoder) throws { try encodeHandle(to: encoder) }
  /// Reads the handle; works with Echelon's own coder only.
  public init(from decoder: any Decoder) throws { self = try Self.decodeHandle(from: decoder) }
}

extension SharedMatrixBatch: CustomStringConvertible {
  /// How many matrices there are, their shape, and the first.
  public var description: String {
    let counted = count == 1 ? "1 matrix" : "\(count) matrices"
    let shape = "\(counted), \(rows) × \(columns)"
    return count == 0 ? shape : "\(shape), the first: \(self[0])"
  }
}

extension WorkExecutor {
  /// Matrices one behind the other, element (i, j) of number k being `value(k, i, j)`, computed here.
  /// - Throws: `ArenaError` when memory runs out.
  public func matrixBatch<Element: BitwiseCopyable & Sendable>(
    count: Int, rows: Int, columns: Int, _ value: (Int, Int, Int) -> Element
  ) throws(ArenaError) -> SharedMatrixBatch<Element> {
    let batch = try uninitializedMatrixBatch(
      of: Element.self, count: count, rows: rows, columns: columns)
    batch.storage.withMutableSpan { span in
      var place = 0
      for index in 0..<(batch.storage.isEmpty ? 0 : count) {
        for row in 0..<rows {
          for column in 0..<columns {
            span[place] = value(index, row, column)
            place += 1
          }
        }
      }
    }
    return batch
  }

  /// Matrices one behind the other whose elements are not set.
  /// - Throws: `ArenaError` when memory runs out.
  public func uninitializedMatrixBatch<Element: BitwiseCopyable & Sendable>(
    of type: Element.Type = Element.self, count: Int, rows: Int, columns: Int
  ) throws(ArenaError) -> SharedMatrixBatch<Element> {
    let (elements, isOver) = rows.multipliedReportingOverflow(by: columns)
    let (total, isTotalOver) = elements.multipliedReportingOverflow(by: count)
    guard count >= 0, rows >= 0, columns >= 0, !isOver, !isTotalOver else {
      throw .invalidSize(bytes: .max)
    }
    return SharedMatrixBatch(
      try uninitializedArray(of: type, count: total), count: count, rows: rows, columns: columns)
  }
}
