import EchelonMemory
import EchelonPool
import EchelonTransfer

/// A matrix in the shared memory of a pool, row-major when made, with transposes and blocks as views.
///
/// Copies are views of the same elements; see `SharedArray`.
public struct SharedMatrix<Element: BitwiseCopyable & Sendable>: Sendable {
  /// The elements from the first to the last of this view, in memory order.
  public let storage: SharedArray<Element>
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// Elements of memory from one row to the next.
  public let rowStride: Int
  /// Elements of memory from one column to the next.
  public let columnStride: Int

  /// A matrix over the elements of `storage`.
  /// - Parameters:
  ///   - storage: holds (rows − 1)·rowStride + (columns − 1)·columnStride + 1 elements or more.
  ///   - rowStride: nil is dense row-major order.
  public init(
    _ storage: SharedArray<Element>, rows: Int, columns: Int, rowStride: Int? = nil,
    columnStride: Int = 1
  ) {
    let rowStride = rowStride ?? max(1, columns)
    precondition(rows >= 0 && columns >= 0, "\(rows) × \(columns) is not a shape")
    precondition(rowStride > 0 && columnStride > 0, "strides are positive")
    let extent =
      rows == 0 || columns == 0 ? 0 : (rows - 1) * rowStride + (columns - 1) * columnStride + 1
    precondition(
      extent <= storage.count, "\(rows) × \(columns) elements do not fit into \(storage.count)")
    self.storage = storage[0..<extent]
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// The number of elements.
  public var count: Int { rows * columns }

  /// The same elements with rows and columns exchanged, without a copy.
  public var transposed: SharedMatrix {
    SharedMatrix(
      storage, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride)
  }

  /// The element in a row and a column; for tests and odd ones.
  public subscript(row: Int, column: Int) -> Element {
    get { storage[offset(row, column)] }
    nonmutating set { storage[offset(row, column)] = newValue }
  }

  /// A block of rows and columns, without a copy.
  public subscript(rowRange: Range<Int>, columnRange: Range<Int>) -> SharedMatrix {
    precondition(
      rowRange.lowerBound >= 0 && rowRange.upperBound <= rows && columnRange.lowerBound >= 0
        && columnRange.upperBound <= columns,
      "\(rowRange) × \(columnRange) lies outside \(rows) × \(columns)")
    let isEmpty = rowRange.isEmpty || columnRange.isEmpty
    let start =
      isEmpty ? 0 : rowRange.lowerBound * rowStride + columnRange.lowerBound * columnStride
    return SharedMatrix(
      storage[start..<storage.count], rows: rowRange.count, columns: columnRange.count,
      rowStride: rowStride, columnStride: columnStride)
  }

  private func offset(_ row: Int, _ column: Int) -> Int {
    precondition(
      (0..<rows) ~= row && (0..<columns) ~= column,
      "(\(row), \(column)) lies outside \(rows) × \(columns)")
    return row * rowStride + column * columnStride
  }

  var operand: JobOperand {
    JobOperand(
      block: storage.block, byteOffset: storage.byteOffset, count: count, rows: rows,
      columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
}

extension SharedMatrix: HandleTransferable, Codable {
  package func encodeHandle(into encoder: inout HandleEncoder) throws(TransferError) {
    try storage.encodeHandle(into: &encoder)
    for number in [rows, columns, rowStride, columnStride] { encoder.encode(Int64(number)) }
  }

  package init(handle decoder: inout HandleDecoder) throws(TransferError) {
    let storage = try SharedArray<Element>(handle: &decoder)
    let rows = try decoder.decode(Int64.self)
    let columns = try decoder.decode(Int64.self)
    let rowStride = try decoder.decode(Int64.self)
    let columnStride = try decoder.decode(Int64.self)
    // Numbers of another process: nothing may overflow.
    func lastPlace(_ count: Int64, _ stride: Int64) -> Int64? {
      let (place, isOver) = (count - 1).multipliedReportingOverflow(by: stride)
      return isOver ? nil : place
    }
    let isEmpty = rows == 0 || columns == 0
    guard rows >= 0, columns >= 0, rowStride > 0, columnStride > 0,
      !rows.multipliedReportingOverflow(by: columns).overflow,
      let lastRow = isEmpty ? 0 : lastPlace(rows, rowStride),
      let lastColumn = isEmpty ? 0 : lastPlace(columns, columnStride),
      isEmpty || (lastRow < storage.count && lastColumn < Int64(storage.count) - lastRow)
    else {
      throw .decodingFailed(
        type: "\(Self.self)", path: "", reason: "\(rows) × \(columns) elements do not fit")
    }
    self.init(
      storage, rows: Int(rows), columns: Int(columns), rowStride: Int(rowStride),
      columnStride: Int(columnStride))
  }

  /// Writes the handle; works with Echelon's own coder only.
  public func encode(to encoder: any Encoder) throws { try encodeHandle(to: encoder) }
  /// Reads the handle; works with Echelon's own coder only.
  public init(from decoder: any Decoder) throws { self = try Self.decodeHandle(from: decoder) }
}

extension SharedMatrix: CustomStringConvertible {
  /// The shape, and the elements as a table; of a large matrix its corners.
  public var description: String {
    let shownRows = Self.shown(of: rows)
    let shownColumns = Self.shown(of: columns)
    let cells = shownRows.map { row in
      shownColumns.map { column in
        row.flatMap { row in column.map { "\(self[row, $0])" } ?? "…" } ?? "⋮"
      }
    }
    let widths = shownColumns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.map { line in
      zip(line, widths).map { cell, width in
        String(repeating: " ", count: width - cell.count) + cell
      }.joined(separator: "  ")
    }
    return (["\(rows) × \(columns) matrix"] + lines).joined(separator: "\n")
  }

  /// The indices that are shown; nil stands for those in between.
  private static func shown(of count: Int) -> [Int?] {
    count <= 8 ? Array(0..<count) : Array(0..<4) + [nil] + Array(count - 3..<count)
  }
}
