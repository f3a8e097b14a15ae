import EchelonFiles
import EchelonLinearAlgebra

/// `pca [N] [scaled] [scores] [of NAME, …]`: a row for each principal component, or the coordinates of the rows along them.
///
/// By the singular values of the centred columns, which with `scaled` are divided by their standard deviations. The largest
/// loading of a component is positive. Rows in which a value is missing are left out; their scores are missing.
struct PrincipalComponentsStep: TableStep {
  private let count: Int?
  private let isScaled: Bool
  private let givesScores: Bool
  private let columns: NumberColumns
  private let text: String

  init(_ argument: String) throws(ExpressionFault) {
    text = argument
    var reader = try TokenReader(argument)
    count =
      if case .number = reader.kind {
        try reader.integer("the number of components", in: 1...100_000)
      } else { nil }
    var (isScaled, givesScores) = (false, false)
    while true {
      if reader.take(word: "scaled") {
        isScaled = true
      } else if reader.take(word: "scores") {
        givesScores = true
      } else {
        break
      }
    }
    (self.isScaled, self.givesScores) = (isScaled, givesScores)
    columns = try reader.columns()
    try reader.expectEnd(orOneOf: "scaled", "scores", "of and names of columns")
  }

  func apply(to table: DataTable) throws -> DataTable {
    try LAPACK.require()
    let columns = try columns.of(table)
    if let column = columns.first(where: { $0.values.contains(where: \.isInfinite) }) {
      throw fault("'\(column.name)' has infinite values")
    }
    let rows = (0..<table.rowCount).filter { row in
      !columns.contains { $0.values[row].isNaN }
    }
    guard rows.count >= 2 else {
      throw fault(
        "two rows without missing values are needed, and there \(rows.count == 1 ? "is 1" : "are \(rows.count)")"
      )
    }
    let most = min(rows.count, columns.count)
    let kept = count ?? most
    guard kept <= most else {
      throw fault("\(rows.count) rows of \(columns.count) columns have \(most) components")
    }
    var data: [Double] = []
    for column in columns {
      let values = rows.map { column.values[$0] }
      var centered = values.centered
      if isScaled {
        let squares = centered.map { $0 * $0 }
        let deviation = (Double.sum(squares.span) / Double(rows.count - 1)).squareRoot()
        guard deviation > 4 * .ulpOfOne * values.largestMagnitude else {
          throw fault(
            "'\(column.name)' is the same in every row and cannot be scaled; leave it out")
        }
        centered = centered.map { $0 / deviation }
      }
      data += centered
    }
    let found = try Self.decompose(data, rows: rows.count, columns: columns.count)
    return givesScores
      ? try scores(found, data, kept, rows, of: table)
      : try summary(found, kept, names: columns.map(\.name), rowCount: rows.count)
  }

  /// Singular values in descending order, and a row of p loadings for each.
  private static func decompose(
    _ data: [Double], rows: Int, columns: Int
  ) throws -> (values: [Double], loadings: [[Double]]) {
    let shape = ColumnMajorShape(rows: rows, columns: columns)
    let found = try SingularValues(data, shape)
    let (count, v) = (found.values.count, found.vTransposed)
    let loadings = (0..<count).map { k in
      let row = (0..<columns).map { v[k + $0 * count] }
      let largest = row.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
      return largest < 0 ? row.map { -$0 } : row
    }
    return (found.values, loadings)
  }

  private func summary(
    _ found: (values: [Double], loadings: [[Double]]), _ kept: Int, names: [String], rowCount: Int
  ) throws(ExpressionFault) -> DataTable {
    let variances = found.values.map { $0 * $0 / Double(rowCount - 1) }
    // The small ones first: their sum is rounded less.
    let total = variances.reversed().reduce(0, +)
    let ratios = variances.map { total > 0 ? $0 / total : .nan }
    var cumulative: [Double] = []
    for ratio in ratios { cumulative.append((cumulative.last ?? 0) + ratio) }
    let heads = [
      ("component", (1...max(1, kept)).map(Double.init)), ("variance", variances),
      ("ratio", ratios), ("cumulative", cumulative),
    ]
    if let (name, _) = heads.first(where: { names.contains($0.0) }) {
      throw fault("a column is called '\(name)', as one of the result is; rename it before")
    }
    return DataTable(
      columns: heads.map { Column(name: $0.0, numbers: Array($0.1.prefix(kept))) }
        + names.indices.map { index in
          Column(name: names[index], numbers: found.loadings.prefix(kept).map { $0[index] })
        })
  }

  /// The table with columns `pc1`, `pc2`, ….
  private func scores(
    _ found: (values: [Double], loadings: [[Double]]), _ data: [Double], _ kept: Int,
    _ rows: [Int], of table: DataTable
  ) throws(ExpressionFault) -> DataTable {
    var result = table
    for (k, loadings) in found.loadings.prefix(kept).enumerated() {
      let name = "pc\(k + 1)"
      guard table[name] == nil else {
        throw fault("a column is called '\(name)' already; rename it before")
      }
      var scores = [Double](repeating: .nan, count: table.rowCount)
      for (place, row) in rows.enumerated() {
        var sum = 0.0
        for (column, loading) in loadings.enumerated() {
          sum += loading * data[column * rows.count + place]
        }
        scores[row] = sum
      }
      result = result.setting(Column(name: name, numbers: scores))
    }
    return result
  }

  private func fault(_ problem: String) -> ExpressionFault {
    ExpressionFault(problem, at: 0..<text.count, of: text)
  }
}
