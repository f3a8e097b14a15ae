import EchelonFiles
import EchelonKernels
import EchelonLinearAlgebra

/// What is computed of each group of rows: `count(), mean(x), top = max(y / 2) by class`.
struct GroupPlan: Sendable {
  /// A column of the result.
  struct Value: Sendable {
    let name: String
    let aggregate: Aggregate
    /// Of what; nil for the number of rows.
    let expression: ColumnExpression?
  }

  private let text: String
  private let values: [Value]
  private let keys: [String]

  init(_ text: String) throws(ExpressionFault) {
    self.text = text
    let (parts, keys) = try ExpressionParser.groups(of: text)
    self.keys = keys
    try NameList.refuseRepetition(of: keys, in: text)
    var values: [Value] = []
    for part in parts {
      guard case .call(let function, let operands) = part.tree.content,
        let aggregate = Aggregate(rawValue: function)
      else {
        throw ExpressionFault(
          "expected one of "
            + Aggregate.allCases.map { "\($0.rawValue)()" }.joined(separator: ", "),
          at: part.tree.range, of: text)
      }
      let isCount = aggregate == .count && operands.isEmpty
      guard operands.count == 1 || isCount else {
        throw ExpressionFault("\(function) takes 1 value", at: part.tree.range, of: text)
      }
      let written = String(Array(text)[part.tree.range])
      let name = part.name ?? (isCount ? "count" : written)
      if values.contains(where: { $0.name == name }) || keys.contains(name) {
        throw ExpressionFault(
          "two columns would be called '\(name)'; write another name and = before one",
          at: part.tree.range, of: text)
      }
      values.append(
        Value(
          name: name, aggregate: aggregate,
          expression: operands.first.map { ColumnExpression(text, $0) }))
    }
    self.values = values
  }

  /// The names of columns whose numbers values are computed from; nil if that is not known. Keys are compared with all digits.
  func columnsTaken(of columns: [ColumnDescription]) -> Set<String>? {
    var names: Set<String> = []
    for value in values {
      guard let expression = value.expression else { continue }
      guard let bound = try? expression.bound(to: columns) else { return nil }
      names.formUnion(bound.columns.map { columns[$0].name })
    }
    return names
  }

  /// A row for each group, in the order of the keys, missing ones last.
  func apply(to table: DataTable) throws(ExpressionFault) -> DataTable {
    let list = NameList(text, table)
    var columns: [Column] = []
    for key in keys { columns.append(try list.column(key)) }
    let order = try SortKey.order(of: keys.map { SortKey(name: $0, isDescending: false) }, list)
    let ranks = columns.map(\.ranks)
    // Equal keys are next to one another.
    let starts = order.indices.filter { place in
      place == 0 || ranks.contains { $0[order[place]] != $0[order[place - 1]] }
    }
    let groups = starts.indices.map { index in
      order[starts[index]..<(index + 1 < starts.count ? starts[index + 1] : order.count)]
    }
    let firsts = table.rows(groups.map { $0[$0.startIndex] })
    var result = keys.compactMap { firsts[$0] }
    for value in values {
      let all = try value.expression?.bound(to: table.descriptions).values(in: table)
      result.append(
        Column(
          name: value.name,
          numbers: groups.map { rows in
            guard let all else { return Double(rows.count) }
            return value.aggregate.of(rows.compactMap { all[$0].isNaN ? nil : all[$0] })
          }))
    }
    return DataTable(columns: result)
  }
}

/// A number for a group of numbers, of which the missing ones have been left out.
enum Aggregate: String, CaseIterable, Sendable {
  case count, sum, mean, sd, `var`, min, median, max, first, last

  /// Missing where it needs more values than there are.
  func of(_ values: [Double]) -> Double {
    let count = Double(values.count)
    switch self {
    case .count: return count
    case .sum: return Double.sum(values.span)
    case .mean: return values.isEmpty ? .nan : Double.centralMoments(values.span).mean
    case .sd: return Aggregate.var.of(values).squareRoot()
    case .var: return values.count < 2 ? .nan : Double.centralMoments(values.span).m2 / (count - 1)
    case .min: return values.isEmpty ? .nan : Double.minimum(values.span)
    case .max: return values.isEmpty ? .nan : Double.maximum(values.span)
    case .median:
      var values = values
      var span = values.mutableSpan
      return OrderStatistics.quartiles(of: &span)?.median ?? .nan
    case .first: return values.first ?? .nan
    case .last: return values.last ?? .nan
    }
  }
}
