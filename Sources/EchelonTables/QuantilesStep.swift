import EchelonFiles
import EchelonKernels

/// `quantiles 0.05, 0.5, 0.95 of x, y`: a row for each column.
///
/// Quantile p lies at position p·(n − 1) of the n sorted values, between two of them by linear interpolation: type 7, the
/// default of NumPy, pandas and R. Missing values are left out; of none the quantiles are missing.
struct QuantilesStep: TableStep {
  private let levels: [Double]
  private let columns: NumberColumns

  init(_ argument: String) throws(ExpressionFault) {
    var reader = try TokenReader(argument)
    levels = try reader.levels()
    columns = try reader.columns()
    try reader.expectEnd()
  }

  func apply(to table: DataTable) throws -> DataTable {
    let columns = try columns.of(table)
    let samples = columns.map { $0.values.present.sorted() }
    return DataTable(
      columns: [
        Column(name: "column", text: columns.map(\.name)),
        Column(name: "count", numbers: samples.map { Double($0.count) }),
      ]
        + levels.map { level in
          Column(
            name: "q" + level.brief, numbers: samples.map { $0.sortedQuantile(level) })
        })
  }
}

extension [Double] {
  /// The quantile of values in ascending order, as NumPy rounds it; NaN of none.
  func sortedQuantile(_ level: Double) -> Double {
    guard !isEmpty else { return .nan }
    let place = level * Double(count - 1)
    let index = Swift.min(count - 1, Int(place))
    let (below, above) = (self[index], self[Swift.min(index + 1, count - 1)])
    // Infinities, too, whose difference is none.
    if below == above { return below }
    let (share, gap) = (place - Double(index), above - below)
    if share == 0 { return below }
    return share < 0.5 ? below + gap * share : above - gap * (1 - share)
  }
}
