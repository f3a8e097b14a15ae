import EchelonLinearAlgebra
import EchelonMemory

/// How the work on each matrix of a batch ended, in memory that chunks and the front end share; see `TaskReport`.
struct BatchReport: Sendable {
  /// For each matrix the number of the error's case and of the matrix that it carries, and two numbers more.
  private let words: SharedArray<Int>
  private static let length = 3

  init(on executor: some WorkExecutor, count: Int) throws {
    words = try executor.uninitializedArray(of: Int.self, count: BatchReport.length * count)
  }

  /// Works on one matrix and notes how that ends.
  /// - Returns: whether it has a result.
  func record(_ index: Int, _ body: () throws(LinearAlgebraError) -> Void) -> Bool {
    do throws(LinearAlgebraError) {
      try body()
      for word in 0..<BatchReport.length { words[BatchReport.length * index + word] = 0 }
      return true
    } catch {
      record(index, error)
      return false
    }
  }

  /// Notes of one matrix that its work failed.
  func record(_ index: Int, _ error: LinearAlgebraError) {
    let found = error.words
    words[BatchReport.length * index] = found[0] << 8 | found[3]
    words[BatchReport.length * index + 1] = found[1]
    words[BatchReport.length * index + 2] = found[2]
  }

  /// - Parameters:
  ///   - operation: its name in errors.
  ///   - checkingFinite: whether NaN and infinities are an error.
  ///   - singular: whether a matrix that is not positive definite is one.
  /// - Throws: what the first matrix with an error has met.
  func check(
    _ operation: String, checkingFinite: Bool, singular: SingularMatrixPolicy
  ) throws(LinearAlgebraError) {
    let all = Array(words)
    for index in 0..<all.count / BatchReport.length {
      let start = BatchReport.length * index
      let (first, row, column) = (all[start], all[start + 1], all[start + 2])
      if first == 0 { continue }
      guard
        let error = LinearAlgebraError(
          words: [first >> 8, row, column, first & 255], operation: operation)
      else { continue }
      switch error {
      case .notFinite(let operand, let row, let column):
        guard checkingFinite else { continue }
        throw .notFiniteInBatch(index: index, operand: operand, row: row, column: column)
      case .notPositiveDefinite(_, let column):
        guard singular == .fail else { continue }
        throw .notPositiveDefiniteInBatch(index: index, column: column)
      case .noConvergence(let operation, let remaining):
        throw .noConvergenceInBatch(index: index, operation: operation, remaining: remaining)
      default: throw error
      }
    }
  }
}
