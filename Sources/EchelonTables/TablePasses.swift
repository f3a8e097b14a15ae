package import EchelonFiles

/// A table that comes in pieces, as often as it is asked for.
package struct TablePasses {
  /// The columns of every piece.
  package let columns: [ColumnDescription]
  /// The rows of all pieces.
  package let rowCount: Int
  /// Gives all pieces in their order.
  package let pass: (_ take: (DataTable) throws -> Void) throws -> Void

  /// A table of which `pass` gives all pieces in their order.
  package init(
    columns: [ColumnDescription], rowCount: Int,
    pass: @escaping (_ take: (DataTable) throws -> Void) throws -> Void
  ) {
    self.columns = columns
    self.rowCount = rowCount
    self.pass = pass
  }

  /// A table that is one piece.
  init(_ table: DataTable) {
    self.init(columns: table.descriptions, rowCount: table.rowCount) { take in try take(table) }
  }

  /// A table with these columns and no row.
  var empty: DataTable {
    DataTable(
      columns: columns.map {
        $0.kind == .number
          ? Column(name: $0.name, numbers: []) : Column(name: $0.name, text: [])
      })
  }
}
