import Echelon
import EchelonFiles
import EchelonLinearAlgebra
import EchelonTables

extension BatchOperation {
  /// The table after this operation; those that write leave it as it is.
  /// - Parameter file: the name that the statistics give.
  func apply(to table: DataTable, file: String) throws -> DataTable {
    switch self {
    case .abs: table.mapNumbers { $0.map { Swift.abs($0) } }
    case .log: try table.mapNumbers(Self.logarithms)
    case .sqrt: table.mapNumbers { $0.map { $0.squareRoot() } }
    case .difference: table.differences
    case .standardize: try table.mapNumbers { try $0.standardized }
    case .normalize: table.mapNumbers { $0.normalized }
    case .dropMissing: table.withoutIncompleteRows
    case .stats:
      StatsReport.dataTable([try FileSummary(file: file, table)], withFileNames: false)
    case .correlation: try table.correlations
    case .toCSV, .toTSV, .toNPY, .toNPZ, .toMatrixMarket, .toHDF5, .toNumbers, .toJSON,
      .toJSONLines:
      table
    }
  }

  /// As `map` has them: the system's function gives other bits on other processors, where a level is pinned, too.
  private static func logarithms(_ numbers: [Double]) throws -> [Double] {
    let column = Column(name: "x", numbers: numbers)
    return try ColumnExpression("log(x)").bound(to: [column.description])
      .values(in: DataTable(columns: [column]))
  }
}

extension DataTable {
  /// The same with every column of numbers replaced.
  fileprivate func mapNumbers(_ body: ([Double]) throws -> [Double]) rethrows -> DataTable {
    DataTable(
      columns: try columns.map { column in
        guard let numbers = column.numbers else { return column }
        return Column(name: column.name, numbers: try body(numbers))
      })
  }

  private func filterRows(_ isWanted: (Int) -> Bool) -> DataTable {
    rows((0..<rowCount).filter(isWanted))
  }

  /// Numbers less those of the row before, words as they are, from the second row on.
  fileprivate var differences: DataTable {
    mapNumbers { values in
      values.indices.map { $0 == 0 ? .nan : values[$0] - values[$0 - 1] }
    }.filterRows { $0 > 0 }
  }

  fileprivate var withoutIncompleteRows: DataTable {
    filterRows { row in !columns.contains { $0.isMissing(at: row) } }
  }

  /// A row and a column for each column of numbers, from the rows in which none of them is missing.
  ///
  /// NaN where a column is constant, or fewer than two rows are left.
  fileprivate var correlations: DataTable {
    get throws {
      let all = DataTable(columns: columns.filter { $0.numbers != nil })
      let complete = all.withoutIncompleteRows
      let (rows, count) = (complete.rowCount, complete.columns.count)
      var standardized: [Double] = []
      standardized.reserveCapacity(rows * count)
      for column in complete.columns {
        let values = column.numbers ?? []
        let spread = try ColumnSummary.moments(values)?.standardDeviation ?? .nan
        standardized += try spread > 0 ? values.standardized : values.map { _ in .nan }
      }
      // Rᵀ·R / (n − 1), where the columns of R lie one after the other.
      var products = [Double](repeating: 0, count: count * count)
      var span = products.mutableSpan
      let columnsAsRows = MatrixView(rows: count, columns: rows)
      try multiply(
        standardized.span, columnsAsRows, standardized.span, columnsAsRows.transposed, into: &span,
        MatrixView(rows: count, columns: count))
      let names = complete.columns.map(\.name)
      return DataTable(
        columns: [Column(name: "column", text: names)]
          + names.indices.map { j in
            Column(
              name: names[j],
              numbers: names.indices.map { i in
                let r = products[min(i, j) * count + max(i, j)] / Double(rows - 1)
                return r.isNaN || rows < 2 ? .nan : i == j ? 1 : Swift.max(-1, Swift.min(1, r))
              })
          })
    }
  }
}

extension [Double] {
  /// (x − mean) / SD over the values that are not missing; 0 for a constant column.
  fileprivate var standardized: [Double] {
    get throws {
      guard let moments = try ColumnSummary.moments(filter { !$0.isNaN }) else { return self }
      let spread = moments.standardDeviation
      return map { $0.isNaN ? .nan : spread > 0 ? ($0 - moments.mean) / spread : 0 }
    }
  }

  /// (x − min) / (max − min) over the values that are not missing; 0 for a constant column.
  fileprivate var normalized: [Double] {
    let present = lazy.filter { !$0.isNaN }
    guard let low = present.min(), let high = present.max() else { return self }
    return map { $0.isNaN ? .nan : high > low ? ($0 - low) / (high - low) : 0 }
  }
}
