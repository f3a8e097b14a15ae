import EchelonLinearAlgebra
import EchelonMemory

/// How a task of linear algebra ended, in memory that the task and the front end share: errors as numbers, since a
/// chunk has no other way to say why it failed.
struct TaskReport: Sendable {
  /// The number of the error's case, and what that carries, a matrix as the last.
  let words: SharedArray<Int>

  init(on executor: some WorkExecutor) throws {
    words = try executor.array(repeating: TaskReport.notRun, count: 4)
  }

  private static let notRun = -1

  /// Runs a task and notes how it ends.
  func record(_ body: () throws(LinearAlgebraError) -> Void) {
    let found: [Int]
    do throws(LinearAlgebraError) {
      try body()
      found = [0, 0, 0, 0]
    } catch {
      found = error.words
    }
    for index in found.indices { words[index] = found[index] }
  }

  /// Runs one of several that share the report, and notes how it ends if it fails.
  func recordFailure(_ body: () throws(LinearAlgebraError) -> Void) {
    do throws(LinearAlgebraError) {
      try body()
    } catch {
      for (index, word) in error.words.enumerated() { words[index] = word }
    }
  }

  /// - Throws: what one of several has thrown.
  func checkFailure(_ operation: String) throws(LinearAlgebraError) {
    if let error = LinearAlgebraError(words: Array(words), operation: operation) { throw error }
  }

  /// - Parameter operation: its name in errors.
  /// - Throws: what the task has thrown.
  func check(_ operation: String) throws(LinearAlgebraError) {
    precondition(words[0] != TaskReport.notRun, "\(operation) has ended and not reported")
    if let error = LinearAlgebraError(words: Array(words), operation: operation) { throw error }
  }
}

/// By their numbers in a report.
private let operands: [MatrixOperand] = [.a, .b, .observations]

private func number(_ operand: MatrixOperand) -> Int {
  switch operand {
  case .a: 0
  case .b: 1
  case .observations: 2
  }
}

extension LinearAlgebraError {
  /// Those that a task meets, as a report has them.
  var words: [Int] {
    switch self {
    case .noBLAS: [1, 0, 0, 0]
    case .noLAPACK: [2, 0, 0, 0]
    case .singular(let column): [3, column, 0, 0]
    case .notPositiveDefinite(let operand, let column): [4, column, 0, number(operand)]
    case .noConvergence(_, let remaining): [5, remaining, 0, 0]
    case .notFinite(let operand, let row, let column): [6, row, column, number(operand)]
    case .outOfMemory: [7, 0, 0, 0]
    case .workTooLarge: [8, 0, 0, 0]
    case .outOfRange: [9, 0, 0, 0]
    case .dependentEigenvectors(let index): [10, index, 0, 0]
    default: preconditionFailure("the front end has not checked: \(self)")
    }
  }

  /// What a report says; nil for nothing.
  init?(words: [Int], operation: String) {
    switch words[0] {
    case 1: self = .noBLAS
    case 2: self = .noLAPACK
    case 3: self = .singular(column: words[1])
    case 4: self = .notPositiveDefinite(operand: operands[words[3]], column: words[1])
    case 5: self = .noConvergence(operation: operation, remaining: words[1])
    case 6:
      self = .notFinite(operand: operands[words[3]], row: words[1], column: words[2])
    case 7: self = .outOfMemory(operation: operation)
    case 8: self = .workTooLarge(operation: operation)
    case 9: self = .outOfRange(operation: operation)
    case 10: self = .dependentEigenvectors(index: words[1])
    default: return nil
    }
  }
}
