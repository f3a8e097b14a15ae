public import Echelon
public import EchelonFiles

/// Delimited text in shared memory: what all workers of a pool have read together.
///
///     let table = try await pool.table(reading: "measurements.csv")
///     let speed = table.numbers(2)                    // a SharedArray, or nil for words
///     let mean = try speed.map { try pool.mean($0) }
public struct SharedTable: Sendable {
  /// The path as it was given.
  public let path: String

  /// The columns, in the order of the file.
  public let columns: [ColumnDescription]

  /// The number of rows.
  public let rowCount: Int

  /// For each column of words, how many rows have none; 0 for a column of numbers, whose missing
  /// values are NaN.
  public let missingCounts: [Int]

  /// The rows that had more or fewer fields than the header, by what the dialect says becomes of them.
  public let raggedRows: RaggedRowCounts

  /// What was found out when it was read. What had to be decompressed is where it says only as long as its reader lives.
  package let outline: CSVOutline

  private let storage: SharedArray<Double>
  /// For each column of numbers, where it lies in the storage, in columns.
  private let slots: [Int?]

  init(
    _ outline: CSVOutline, missingCounts: [Int], _ storage: SharedArray<Double>, slots: [Int]
  ) {
    self.outline = outline
    path = outline.path
    columns = outline.columns
    rowCount = outline.rowCount
    raggedRows = outline.raggedRows
    self.storage = storage
    var next = slots.makeIterator()
    self.slots = columns.map { $0.kind == .number ? next.next() : nil }
    self.missingCounts = zip(columns, missingCounts).map { $0.kind == .text ? $1 : 0 }
  }

  /// The values of column `index`, `rowCount` of them, NaN where one is missing; nil for a column of
  /// words.
  public func numbers(_ index: Int) -> SharedArray<Double>? {
    slots[index].map { storage[$0 * rowCount..<($0 + 1) * rowCount] }
  }
}
