public import EchelonFiles

/// `join [inner|left|outer] [pairs] FILE on NAME, …`: the columns of another file, where key columns agree.
struct JoinStep: TableStep {
  private let path: String
  var otherFile: String? { path }
  private let join: TableJoin

  init(_ argument: String) throws(ExpressionFault) {
    var rest = argument
    func takeWord(_ words: [String]) -> String? {
      guard let word = words.first(where: { rest.hasPrefix($0 + " ") }) else { return nil }
      rest = String(rest.dropFirst(word.count)).trimmed
      return word
    }
    let kind = takeWord(TableJoin.Kind.allCases.map(\.rawValue))
    let allowsAllPairs = takeWord(["pairs"]) != nil
    let separator = " on "
    guard let on = rest.indices.last(where: { rest[$0...].hasPrefix(separator) }) else {
      throw ExpressionFault(
        "expected a file, on, and the columns whose values tell which rows belong together: "
          + "left prices.csv on id, day",
        at: argument.count..<argument.count, of: argument)
    }
    path = OtherFile.path(rest[..<on])
    join = try TableJoin(
      kind.flatMap(TableJoin.Kind.init) ?? .inner,
      on: String(rest[rest.index(on, offsetBy: separator.count)...]).trimmed,
      allowsAllPairs: allowsAllPairs)
  }

  func apply(to table: DataTable) throws -> DataTable {
    try join.joined(table, OtherFile.table(path), rightName: path).table
  }
}

/// `concat FILE`: the rows of another file, which has the same columns, below those of the table.
struct ConcatenationStep: TableStep {
  private let path: String
  var otherFile: String? { path }

  init(_ argument: String) throws(ExpressionFault) {
    path = try OtherFile.requiredPath(argument)
  }

  func apply(to table: DataTable) throws -> DataTable {
    let other = try OtherFile.table(path)
    do throws(TableMismatch) { return try table.concatenated(other) } catch {
      throw TableMismatch("\(path): \(error)")
    }
  }
}

/// Why a table does not fit another one, or an operation on matrices.
public struct TableMismatch: Error, Equatable, CustomStringConvertible {
  /// What is different, and what to do about it.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension DataTable {
  /// The rows of another table below those of this one.
  /// - Parameter other: has the same columns, in any order.
  /// - Throws: `TableMismatch` for other columns, and for numbers below words or words below numbers.
  public func concatenated(_ other: DataTable) throws(TableMismatch) -> DataTable {
    if let extra = other.columns.first(where: { self[$0.name] == nil }) {
      throw TableMismatch(
        "'\(extra.name)' is no column of the rows above; drop it, or rename it")
    }
    var columns: [Column] = []
    for column in self.columns {
      guard let more = other[column.name] else {
        throw TableMismatch("there is no column '\(column.name)', which the rows above have")
      }
      switch (column.values, more.values) {
      case (.numbers(let a), .numbers(let b)):
        let integers = StoredIntegers(of: [column, more], count: a.count + b.count) { row in
          row < a.count ? (0, row) : (1, row - a.count)
        }
        columns.append(Column(name: column.name, numbers: a + b, integers: integers))
      case (.text(let a), .text(let b)): columns.append(Column(name: column.name, text: a + b))
      // A column without any value can be either.
      case (.text(let a), .numbers) where more.isEmpty:
        columns.append(
          Column(name: column.name, text: a + [String?](repeating: nil, count: more.count)))
      case (.numbers, .text(let b)) where column.isEmpty:
        columns.append(
          Column(name: column.name, text: [String?](repeating: nil, count: column.count) + b))
      default:
        func kind(_ column: Column) -> String { column.kind == .number ? "numbers" : "words" }
        throw TableMismatch(
          "'\(column.name)' has \(kind(more)), and \(kind(column)) in the rows above; read it as "
            + "text everywhere with --types \(column.name)=text")
      }
    }
    return DataTable(columns: columns)
  }
}
