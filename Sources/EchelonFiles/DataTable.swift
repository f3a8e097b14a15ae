/// Columns of equal length: what a CSV or a two-dimensional NPY file holds.
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
}
