import EchelonFiles
import EchelonLinearAlgebra

/// `cov [complete] [of NAME, …]`: a row and a column for each column of numbers.
///
/// Of two columns the rows count in which neither is missing, as in pandas; with `complete`, those in which none of all is.
/// The divisor is n − 1; fewer than two rows have none.
struct CovarianceStep: TableStep {
  private let pairs: ColumnPairs

  init(_ argument: String) throws(ExpressionFault) {
    var reader = try TokenReader(argument)
    let isComplete = reader.take(word: "complete")
    pairs = ColumnPairs(isComplete: isComplete, columns: try reader.columns())
    try reader.expectEnd(orOneOf: "complete", "of and names of columns")
  }

  func apply(to table: DataTable) throws -> DataTable {
    try pairs.matrix(of: table) { x, y in
      x.count < 2 ? .nan : x.centered.productSum(y.centered) / Double(x.count - 1)
    }
  }
}

/// `corr [spearman] [complete] [of NAME, …]`: the same with correlations.
///
/// Spearman's is Pearson's of the ranks, equal values having their mean rank. A column that does not vary has none.
struct CorrelationStep: TableStep {
  private let pairs: ColumnPairs
  private let usesRanks: Bool

  init(_ argument: String) throws(ExpressionFault) {
    var reader = try TokenReader(argument)
    usesRanks = reader.take(word: "spearman")
    if !usesRanks { _ = reader.take(word: "pearson") }
    let isComplete = reader.take(word: "complete")
    pairs = ColumnPairs(isComplete: isComplete, columns: try reader.columns())
    try reader.expectEnd(orOneOf: "spearman", "complete", "of and names of columns")
  }

  func apply(to table: DataTable) throws -> DataTable {
    try pairs.matrix(of: table) { x, y in
      usesRanks ? Self.pearson(x.meanRanks, y.meanRanks) : Self.pearson(x, y)
    }
  }

  private static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    // Rounding leaves a constant column a spread.
    guard x.count > 1, x.min() != x.max(), y.min() != y.max() else { return .nan }
    let (u, v) = (x.centered.scaled, y.centered.scaled)
    if u == v { return 1 }
    let r = u.productSum(v) / (u.productSum(u).squareRoot() * v.productSum(v).squareRoot())
    return r.isNaN ? .nan : max(-1, min(1, r))
  }
}

/// Every two columns, and the rows of them that count.
private struct ColumnPairs: Sendable {
  /// Whether a row counts for no pair if a value of any column is missing.
  let isComplete: Bool
  let columns: NumberColumns

  /// A symmetric matrix, with the names of the columns before it.
  func matrix(
    of table: DataTable, _ value: ([Double], [Double]) -> Double
  ) throws(ExpressionFault) -> DataTable {
    var columns = try columns.of(table)
    guard !columns.contains(where: { $0.name == "column" }) else {
      throw ExpressionFault(
        "a column is called 'column', as that of the names in the result is; rename it before",
        at: 0..<self.columns.text.count, of: self.columns.text)
    }
    if isComplete {
      let all = columns
      let rows = (0..<table.rowCount).filter { row in !all.contains { $0.values[row].isNaN } }
      columns = all.map { column in (column.name, rows.map { column.values[$0] }) }
    }
    let count = columns.count
    let isWhole = columns.map { !$0.values.contains(where: \.isNaN) }
    var matrix = [[Double]](repeating: [Double](repeating: .nan, count: count), count: count)
    for i in 0..<count {
      for j in 0...i {
        var (x, y) = (columns[i].values, columns[j].values)
        if !isWhole[i] || !isWhole[j] {
          let rows = x.indices.filter { !x[$0].isNaN && !y[$0].isNaN }
          (x, y) = (rows.map { x[$0] }, rows.map { y[$0] })
        }
        matrix[i][j] = value(x, y)
        matrix[j][i] = matrix[i][j]
      }
    }
    let names = columns.map(\.name)
    return DataTable(
      columns: [Column(name: "column", text: names)]
        + names.indices.map { Column(name: names[$0], numbers: matrix[$0]) })
  }
}

extension [Double] {
  /// The values less their mean, to which the mean of what rounding has left is added.
  var centered: [Double] {
    let (values, n) = (self, Double(count))
    let mean = Double.sum(values.span) / n
    let differences = values.map { $0 - mean }
    let rest = Double.sum(differences.span) / n
    return rest.isFinite ? differences.map { $0 - rest } : differences
  }

  /// The values over the largest magnitude, so that their squares stay in the range of numbers.
  fileprivate var scaled: [Double] {
    let largest = reduce(0) { Swift.max($0, abs($1)) }
    return map { $0 / largest }
  }

  fileprivate func productSum(_ other: [Double]) -> Double {
    let products = zip(self, other).map { $0 * $1 }
    return Double.sum(products.span)
  }

  /// From 1; equal values have the mean of their ranks.
  var meanRanks: [Double] {
    let order = indices.sorted { self[$0] < self[$1] }
    var ranks = [Double](repeating: 0, count: count)
    var start = 0
    while start < count {
      var end = start + 1
      while end < count, self[order[end]] == self[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}
