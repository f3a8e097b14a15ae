/// Columns of equal length: what a data file holds.
public struct DataTable: Sendable, Equatable {
  /// The columns, in the order of the file.
  public let columns: [Column]

  /// The number of rows.
  public let rowCount: Int

  /// A table of the given columns, which must be equally long.
  public init(columns: [Column]) {
    rowCount = columns.first?.count ?? 0
    for column in columns {
      precondition(
        column.count == rowCount,
        "column '\(column.name)' has \(column.count) rows, the first has \(rowCount)")
    }
    self.columns = columns
  }

  /// The first column of that name, or nil.
  public subscript(name: String) -> Column? { columns.first { $0.name == name } }

  /// Copies the columns of numbers into `storage`, one after the other.
  func copyNumbers(into storage: inout MutableSpan<Double>) {
    let columns = columns.compactMap(\.numbers)
    precondition(
      storage.count == columns.count * rowCount,
      "storage has \(storage.count) elements, \(columns.count) columns of \(rowCount) rows need "
        + "\(columns.count * rowCount)")
    for (index, numbers) in columns.enumerated() {
      for row in 0..<rowCount { storage[index &* rowCount &+ row] = numbers[row] }
    }
  }
}
