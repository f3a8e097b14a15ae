import EchelonFiles

/// A column that rows are put in the order of.
struct SortKey: Sendable {
  let name: String
  let isDescending: Bool

  /// The rows of a table in the order of some columns, the first of which counts most; rows that are equal stay in their order.
  static func order(of keys: [SortKey], _ list: NameList) throws(ExpressionFault) -> [Int] {
    var columns: [(ranks: [Int], isDescending: Bool)] = []
    for key in keys {
      let column = try list.column(key.name)
      columns.append((column.ranks, key.isDescending))
    }
    let count = columns.first?.ranks.count ?? 0
    return (0..<count).sorted { a, b in
      for (ranks, isDescending) in columns where ranks[a] != ranks[b] {
        // Missing values come last, in either direction.
        if ranks[a] == .max || ranks[b] == .max { return ranks[b] == .max }
        return (ranks[a] < ranks[b]) != isDescending
      }
      return a < b
    }
  }
}

extension Column {
  /// For each row the place of its value among all different values, from 0; `Int.max` where it is missing. Words are in the
  /// order of their Unicode scalars.
  var ranks: [Int] {
    switch values {
    case .numbers(let numbers):
      let present = numbers.indices.filter { !numbers[$0].isNaN }
      if let integers {
        let order = present.sorted(by: integers.isLess)
        return Self.ranks(order, count: numbers.count) { integers.bits[$0] == integers.bits[$1] }
      }
      let order = present.sorted { numbers[$0] < numbers[$1] }
      return Self.ranks(order, count: numbers.count) { numbers[$0] == numbers[$1] }
    case .text(let words):
      let order = words.indices.filter { words[$0] != nil }.sorted {
        (words[$0] ?? "").unicodeScalars.lexicographicallyPrecedes((words[$1] ?? "").unicodeScalars)
      }
      return Self.ranks(order, count: words.count) {
        (words[$0] ?? "").utf8.elementsEqual((words[$1] ?? "").utf8)
      }
    }
  }

  private static func ranks(
    _ order: [Int], count: Int, _ isSame: (Int, Int) -> Bool
  ) -> [Int] {
    var ranks = [Int](repeating: .max, count: count)
    var rank = 0
    for (place, row) in order.enumerated() {
      if place > 0, !isSame(order[place - 1], row) { rank += 1 }
      ranks[row] = rank
    }
    return ranks
  }
}
