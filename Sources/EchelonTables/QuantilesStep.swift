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

  func apply(to table: DataTable) throws -> DataTable { try apply(in: TablePasses(table)) }

  var takesPasses: Bool { true }

  func apply(in passes: TablePasses) throws -> DataTable {
    let names = try columns.of(passes.empty).map(\.name)
    var samples: [RankSearch] = []
    // Each has tables of counts.
    for first in stride(from: 0, to: names.count, by: Self.columnsPerPass) {
      samples += try search(
        names[first..<min(names.count, first + Self.columnsPerPass)], in: passes)
    }
    return DataTable(
      columns: [
        Column(name: "column", text: names),
        Column(name: "count", numbers: samples.map { Double($0.count) }),
      ]
        + levels.map { level in
          Column(
            name: "q" + level.brief,
            numbers: samples.map { search in
              [Double].quantile(level, of: search.count) { search.value($0) }
            })
        })
  }

  private static let columnsPerPass = 64
  /// Keys that a pass keeps of its columns.
  private static let mostKept = 1 << 21

  private func search(
    _ names: ArraySlice<String>, in passes: TablePasses
  ) throws -> [RankSearch] {
    let levels = levels
    var searches = RankSearches(
      names.map { _ in
        RankSearch(
          mostKept: Self.mostKept / names.count, rowCount: passes.rowCount
        ) { count in
          levels.flatMap { level in
            let rank = [Double].rank(level, of: count)
            return [rank, min(count - 1, rank + 1)]
          }
        }
      })
    while searches.isOpen {
      try passes.pass { piece in
        for (index, name) in names.enumerated() {
          searches.add((piece[name]?.numbers ?? []).present, to: index)
        }
      }
      searches.endPass()
    }
    return searches.searches
  }
}

extension [Double] {
  /// The quantile of values in ascending order, as NumPy rounds it; NaN of none.
  func sortedQuantile(_ level: Double) -> Double {
    Self.quantile(level, of: count) { self[$0] }
  }

  /// The rank of the value that a quantile of so many values is, or lies behind.
  static func rank(_ level: Double, of count: Int) -> Int {
    Swift.min(count - 1, Int(level * Double(count - 1)))
  }

  /// The same of values that are known by their ranks.
  static func quantile(_ level: Double, of count: Int, _ value: (Int) -> Double) -> Double {
    guard count > 0 else { return .nan }
    let place = level * Double(count - 1)
    let index = rank(level, of: count)
    let (below, above) = (value(index), value(Swift.min(index + 1, count - 1)))
    // Infinities, too, whose difference is none.
    if below == above { return below }
    let (share, gap) = (place - Double(index), above - below)
    if share == 0 { return below }
    return share < 0.5 ? below + gap * share : above - gap * (1 - share)
  }
}
