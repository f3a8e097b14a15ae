public import EchelonFiles

/// How the rows of two tables are brought together by key columns.
///
///     let join = try TableJoin(.left, on: "id, day = date")
///     let table = try join.joined(left, right, rightName: "prices.csv")
///
/// Rows belong together where all keys are equal; a missing key equals none, as in SQL. Rows are in the order of the left
/// table, for each those of the right table in theirs, and with `outer` the right rows without a partner behind. A column of
/// the right table whose name the left one has, too, gets `_right` behind its name.
public struct TableJoin: Sendable {
  /// Which rows without a partner stay.
  public enum Kind: String, CaseIterable, Sendable {
    /// None.
    case inner
    /// Those of the left table, with missing values in the columns of the right one.
    case left
    /// Those of both.
    case outer
  }

  /// What became of keys that are there several times.
  public struct Outcome: Sendable {
    /// The rows of both.
    public let table: DataTable
    /// Keys that several rows of the left table have, and of the right one.
    public let duplicateKeys: (left: Int, right: Int)
  }

  private let kind: Kind
  private let text: String
  private let keys: [(left: String, right: String)]
  private let allowsAllPairs: Bool

  /// Reads keys.
  /// - Parameters:
  ///   - keys: `id, day = date`: names of columns, with = between them where the tables have different ones.
  ///   - allowsAllPairs: whether a key may be there several times on both sides, which gives a row for every pair.
  /// - Throws: `ExpressionFault` in the keys.
  public init(
    _ kind: Kind, on keys: String, allowsAllPairs: Bool = false
  ) throws(ExpressionFault) {
    self.kind = kind
    self.allowsAllPairs = allowsAllPairs
    text = keys
    var reader = try TokenReader(keys)
    var pairs: [(left: String, right: String)] = []
    repeat {
      let left = try reader.name()
      pairs.append((left, reader.take("=") ? try reader.name() : left))
    } while reader.take(",")
    try reader.expectEnd()
    try NameList.refuseRepetition(of: pairs.map(\.left), in: keys)
    try NameList.refuseRepetition(of: pairs.map(\.right), in: keys)
    self.keys = pairs
  }

  /// The rows of two tables that belong together.
  /// - Parameter rightName: what the right table is called in faults.
  /// - Throws: `ExpressionFault` for keys that are not there, are numbers here and words there, or are there several times on
  ///   both sides.
  public func joined(
    _ left: DataTable, _ right: DataTable, rightName: String
  ) throws(ExpressionFault) -> Outcome {
    let (leftKeys, rightKeys) = try keyColumns(left, right, rightName)
    let (leftRows, rightRows) = (KeyRows(leftKeys), KeyRows(rightKeys))
    let duplicates = (
      left: leftRows.rows.count { $1.count > 1 }, right: rightRows.rows.count { $1.count > 1 }
    )
    if !allowsAllPairs { try refusePairs(leftRows, rightRows, leftKeys, rightName) }

    var (fromLeft, fromRight): ([Int?], [Int?]) = ([], [])
    var isPaired = [Bool](repeating: false, count: right.rowCount)
    for row in 0..<left.rowCount {
      let partners = leftRows.keys[row].flatMap { rightRows.rows[$0] } ?? []
      for partner in partners {
        fromLeft.append(row)
        fromRight.append(partner)
        isPaired[partner] = true
      }
      if partners.isEmpty, kind != .inner {
        fromLeft.append(row)
        fromRight.append(nil)
      }
    }
    if kind == .outer {
      for row in 0..<right.rowCount where !isPaired[row] {
        fromLeft.append(nil)
        fromRight.append(row)
      }
    }

    let keyNames = keys.map(\.left)
    var columns = left.columns.map { column in
      guard let key = keyNames.firstIndex(of: column.name) else { return column.taking(fromLeft) }
      return column.taking(fromLeft, orElse: rightKeys[key], fromRight)
    }
    let others = right.columns.filter { column in !keys.contains { $0.right == column.name } }
    for column in others {
      let isTaken = left[column.name] != nil
      let name = isTaken ? column.name + "_right" : column.name
      guard !columns.contains(where: { $0.name == name }) else {
        throw fault("two columns would be called '\(name)'; rename one before")
      }
      columns.append(column.named(name).taking(fromRight))
    }
    return Outcome(table: DataTable(columns: columns), duplicateKeys: duplicates)
  }

  /// The names that a column of a table may have in the result.
  public func names(of column: String) -> [String] {
    [column, column + "_right"] + keys.filter { $0.right == column }.map(\.left)
  }

  private func keyColumns(
    _ left: DataTable, _ right: DataTable, _ rightName: String
  ) throws(ExpressionFault) -> (left: [Column], right: [Column]) {
    var (leftKeys, rightKeys): ([Column], [Column]) = ([], [])
    for key in keys {
      guard let column = left[key.left] else {
        throw NameList(text, left).fault(
          "the table that \(rightName) is joined to has no column '\(key.left)'", at: key.left)
      }
      guard let other = right[key.right] else {
        throw NameList(text, right).fault(
          "\(rightName) has no column '\(key.right)'", at: key.right)
      }
      // A column without any value can be either.
      guard column.kind == other.kind || column.isEmpty || other.isEmpty else {
        func kind(_ column: Column) -> String { column.kind == .number ? "numbers" : "words" }
        throw NameList(text, left).fault(
          "'\(key.left)' has \(kind(column)), and '\(key.right)' of \(rightName) has \(kind(other))",
          at: key.left)
      }
      leftKeys.append(column)
      rightKeys.append(other)
    }
    return (leftKeys, rightKeys)
  }

  private func refusePairs(
    _ left: KeyRows, _ right: KeyRows, _ columns: [Column], _ rightName: String
  ) throws(ExpressionFault) {
    for row in left.keys.indices {
      guard let key = left.keys[row], let rows = left.rows[key], rows.count > 1,
        let others = right.rows[key], others.count > 1
      else { continue }
      let values = columns.map { column in
        switch column.values {
        case .numbers(let values):
          "\(column.name) = \(column.integers?.text(row) ?? values[row].brief)"
        case .text(let values): "\(column.name) = \(values[row] ?? "")"
        }
      }.joined(separator: ", ")
      throw fault(
        "\(rows.count) rows here and \(others.count) of \(rightName) have the key \(values); "
          + "add a key that tells them apart, or pairs, for every pair of them")
    }
  }

  private func fault(_ problem: String) -> ExpressionFault {
    ExpressionFault(problem, at: 0..<text.count, of: text)
  }
}

/// Which rows have which key.
private struct KeyRows {
  enum Part: Hashable {
    case number(Double)
    /// A whole number that no `Double` is.
    case digits(String)
    /// By bytes: Swift's strings are also equal where these are not.
    case text([UInt8])
  }

  /// Of each row; nil where a part is missing.
  let keys: [[Part]?]
  let rows: [[Part]: [Int]]

  init(_ columns: [Column]) {
    var (keys, rows): ([[Part]?], [[Part]: [Int]]) = ([], [:])
    for row in 0..<(columns.first?.count ?? 0) {
      if columns.contains(where: { $0.isMissing(at: row) }) {
        keys.append(nil)
        continue
      }
      let key = columns.map { column -> Part in
        switch column.values {
        case .numbers(let values):
          if let integers = column.integers, integers.isRounded(row),
            let digits = integers.text(row)
          {
            .digits(digits)
          } else {
            .number(values[row])
          }
        case .text(let values): .text(Array((values[row] ?? "").utf8))
        }
      }
      keys.append(key)
      rows[key, default: []].append(row)
    }
    (self.keys, self.rows) = (keys, rows)
  }
}

extension Double {
  /// Whole numbers without a fraction.
  var brief: String {
    let text = description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension Column {
  /// Whether every value is missing.
  var isEmpty: Bool { missingCount == count }

  /// The values of some rows, missing where there is no row; or there those of another column.
  func taking(_ rows: [Int?], orElse other: Column? = nil, _ otherRows: [Int?] = []) -> Column {
    switch values {
    case .numbers(let values):
      let others = other?.numbers
      let columns = [self] + [other].compactMap(\.self)
      let integers = StoredIntegers(of: columns, count: rows.count) { place in
        if let row = rows[place] { return (0, row) }
        guard others != nil, let row = otherRows[place] else { return nil }
        return (1, row)
      }
      return Column(
        name: name,
        numbers: rows.indices.map { place in
          if let row = rows[place] { return values[row] }
          guard let others, let row = otherRows[place] else { return .nan }
          return others[row]
        }, integers: integers)
    case .text(let values):
      let others = other?.text
      return Column(
        name: name,
        text: rows.indices.map { place in
          if let row = rows[place] { return values[row] }
          guard let others, let row = otherRows[place] else { return nil }
          return others[row]
        })
    }
  }

  /// The same by another name.
  func named(_ name: String) -> Column {
    switch values {
    case .numbers(let values): Column(name: name, numbers: values, integers: integers)
    case .text(let values): Column(name: name, text: values)
    }
  }
}
