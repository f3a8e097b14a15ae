import EchelonFiles

/// An operation on tables, as it was read from what follows its name.
protocol TableStep: Sendable {
  /// - Throws: `ExpressionFault`, whose text is the argument.
  init(_ argument: String) throws(ExpressionFault)

  /// The file that the operation reads beside the table; nil for most.
  var otherFile: String? { get }

  /// Whether a table can come in pieces, several times.
  var takesPasses: Bool { get }

  /// What `apply(to:)` makes of such a table.
  func apply(in passes: TablePasses) throws -> DataTable

  /// The table after this operation.
  func apply(to table: DataTable) throws -> DataTable
}

extension TableStep {
  var otherFile: String? { nil }
  var takesPasses: Bool { false }
  func apply(in passes: TablePasses) throws -> DataTable {
    preconditionFailure("the step takes a table at once")
  }
}

/// The columns of numbers that an operation works on: those that are named, or all there are.
struct NumberColumns: Sendable {
  /// The whole argument of the operation, for faults.
  let text: String
  let names: [String]?

  /// The columns in a table.
  func of(_ table: DataTable) throws(ExpressionFault) -> [(name: String, values: [Double])] {
    guard let names else {
      let all = table.columns.compactMap { column in
        column.numbers.map { (name: column.name, values: $0) }
      }
      guard !all.isEmpty else {
        throw ExpressionFault(
          "the table has no column of numbers", at: 0..<text.count, of: text)
      }
      return all
    }
    let list = NameList(text, table)
    var columns: [(name: String, values: [Double])] = []
    for name in names {
      guard let numbers = try list.column(name).numbers else {
        throw list.fault("'\(name)' is a column of words, and numbers are needed", at: name)
      }
      columns.append((name, numbers))
    }
    return columns
  }
}

extension [Double] {
  /// Those that are not missing.
  var present: [Double] { filter { !$0.isNaN } }
}
