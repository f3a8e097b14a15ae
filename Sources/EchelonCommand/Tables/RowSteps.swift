import EchelonFiles
import EchelonTables

/// Steps that make of every row what other rows have no part in, for a table that comes in pieces.
struct RowSteps {
  private let steps: [BatchStep]
  /// By step, how many rows it has been given.
  private var rowsBefore: [Int]

  /// - Returns: nil if one of the steps needs all rows at once.
  init?(_ steps: [BatchStep]) {
    guard steps.allSatisfy(\.isRowWise) else { return nil }
    self.steps = steps
    rowsBefore = steps.map { _ in 0 }
  }

  /// See `BatchStep.columnsTaken`.
  func columnsTaken(of columns: [ColumnDescription]) -> Set<String>? {
    BatchStep.columnsTaken(by: steps, of: columns)
  }

  /// What becomes of the next rows.
  /// - Parameters:
  ///   - file: whose rows they are.
  ///   - visit: is called with every step and the tables before and after it.
  mutating func apply(
    to piece: DataTable, file: String,
    visit: (BatchStep, DataTable, DataTable) throws -> Void = { _, _, _ in }
  ) throws -> DataTable {
    var table = piece
    for (index, step) in steps.enumerated() {
      let before = table
      table = try step.apply(to: before, file: file, rowsBefore: rowsBefore[index])
      rowsBefore[index] += before.rowCount
      try visit(step, before, table)
    }
    return table
  }
}

extension BatchStep {
  /// The names of columns whose numbers steps compute or compare with as `Double`s; those of all others keep the digits of
  /// integers of 64 bits.
  /// - Parameter columns: before the first step.
  /// - Returns: nil if that may be so of all.
  static func columnsTaken(
    by steps: [BatchStep], of columns: [ColumnDescription]
  ) -> Set<String>? {
    var taken: Set<String> = []
    var isRenamed = false
    for step in steps {
      switch step {
      case .written, .named(.dropMissing): break
      case .named where step.outputExtension != nil: break
      case .named, .risk, .plot: return nil
      case .table(let operation):
        guard let next = operation.columnsTaken(of: columns), next.isEmpty || !isRenamed else {
          return nil
        }
        taken.formUnion(next)
        isRenamed = isRenamed || operation.renames
      }
    }
    return taken
  }

  /// Whether what becomes of a row depends on that row and its number alone, and what is written is
  /// written row after row.
  var isRowWise: Bool {
    switch self {
    case .table(let operation): operation.isRowWise
    case .written, .risk, .plot: false
    case .named(let operation):
      switch operation {
      case .abs, .log, .sqrt, .dropMissing: true
      case .toCSV, .toTSV, .toJSONLines: true
      case .difference, .standardize, .normalize, .stats, .correlation: false
      case .toNPY, .toNPZ, .toMatrixMarket, .toHDF5, .toNumbers, .toJSON: false
      }
    }
  }
}
