import Echelon
import EchelonFiles

/// One file of a batch, as it goes to a worker.
struct BatchTask: Codable, Sendable {
  let path: String
  let operations: [BatchOperation]
  /// Where each writing operation writes, in their order.
  let outputs: [String]
}

/// What a worker says about a file that is done.
struct BatchResult: Codable, Sendable {
  /// Of the input.
  let rowCount: Int
  let columnCount: Int
  /// Numbers that the operations made undefined: logarithms of negative numbers and the like.
  let undefinedCount: Int
}

/// Reads a file, applies the operations, and writes the outputs; runs in a worker.
///
/// Outputs appear complete or not at all, so that a repetition after a crash does no harm.
@Sendable func runBatchTask(_ task: BatchTask) throws -> BatchResult {
  do {
    let input = try DataFileReader.open(task.path).table()
    var table = input
    var undefinedCount = 0
    var outputs = task.outputs.makeIterator()
    for operation in task.operations {
      if let output = operation.outputExtension != nil ? outputs.next() : nil {
        try operation.write(table, to: output)
        continue
      }
      let before = table.undefinedCount
      table = try operation.apply(to: table, file: task.path)
      if [.log, .sqrt].contains(operation) { undefinedCount += table.undefinedCount - before }
    }
    return BatchResult(
      rowCount: input.rowCount, columnCount: input.columns.count, undefinedCount: undefinedCount)
  } catch {
    throw InputFailure(error, path: task.path)
  }
}

extension DataTable {
  fileprivate var undefinedCount: Int {
    columns.reduce(0) { $0 + ($1.numbers == nil ? 0 : $1.missingCount) }
  }
}

extension BatchOperation {
  /// Writes the table in the format of this operation.
  fileprivate func write(_ table: DataTable, to path: String) throws {
    switch self {
    case .toCSV: try CSVWriter.write(table, to: path)
    case .toJSON: try JSONValue(table).write(to: path)
    case .toNPY:
      let numbers = table.columns.compactMap(\.numbers)
      let shape = numbers.count == 1 ? [table.rowCount] : [table.rowCount, numbers.count]
      // Column after column is Fortran's order, which the header says.
      try NPYWriter.write(
        Array(numbers.joined()).span, shape: shape, isFortranOrder: true, to: path)
    default: preconditionFailure("\(self) writes nothing")
    }
  }
}
