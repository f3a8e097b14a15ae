import EchelonFiles

/// What a worker says about a file that is done.
struct BatchResult: Codable, Equatable, Sendable {
  /// Of the input.
  let rowCount: Int
  let columnCount: Int
  /// Numbers that the operations made undefined: logarithms of negative numbers and the like.
  let undefinedCount: Int
  /// Rows of text that had more or fewer fields than the header.
  let raggedRows: RaggedRowCounts
  /// Columns of text whose whole numbers were rounded; nil where there are none.
  let roundedColumns: [String]?
  /// Columns of arrays and datasets whose integers of 64 bits were rounded; nil where there are none.
  let roundedIntegers: [String]?
  /// Columns of JSON and matrices whose whole numbers were rounded; nil where there are none.
  var roundedLiterals: [String]?
  /// Columns with numbers that became infinite; nil where there are none.
  var infiniteColumns: [String]?
  /// Columns that are text for a few words among numbers; nil where there are none.
  var oddWords: [OddWords]?
  /// What is said of arrays that were left out; nil where there are none.
  var leftOutNote: String?
  /// Columns of text that may be numbers with a decimal comma; nil where there are none.
  var decimalCommaColumns: [String]?

  /// Whether its numbers are those of a file: what was decoded may be anything.
  var isPossible: Bool {
    [rowCount, columnCount, undefinedCount, raggedRows.filled, raggedRows.cut, raggedRows.skipped]
      .allSatisfy { 0..<1 << 60 ~= $0 }
  }
}
