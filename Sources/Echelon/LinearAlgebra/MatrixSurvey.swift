import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
import EchelonWire

/// What is to be known of a large matrix that is factored in steps: whether all of it is finite, and its norms.
/// One pass over the matrix, shared by all workers.
struct MatrixSurvey: Sendable {
  /// Sums of the moduli of each row, in double precision.
  let rowSums: [Double]
  /// Sums of the moduli of each column.
  let columnSums: [Double]

  /// ‖A‖₁ and ‖A‖∞.
  var norms: (one: Double, infinity: Double) {
    (columnSums.reduce(0, Double.maximum), rowSums.reduce(0, Double.maximum))
  }

  /// Whether all sums are. With numbers near the largest ones a sum may not be, though all elements are.
  var isFinite: Bool { rowSums.allSatisfy(\.isFinite) && columnSums.allSatisfy(\.isFinite) }
}

extension WorkExecutor {
  /// Surveys a matrix while it is factored, by workers that wait for a step of the factorization.
  /// - Parameter start: starts the factorization, which does not change the matrix.
  /// - Throws: what the survey does, also when the factorization comes to grief over a NaN; and what that throws.
  func surveyed<Element: LinearAlgebraScalar, Factors: Sendable>(
    _ a: SharedMatrix<Element>, in part: MatrixPart = .all, checkingFinite: Bool,
    _ operation: String, _ priority: WorkPriority, during start: () throws -> Future<Factors>
  ) async throws -> (MatrixSurvey, Factors) {
    let factors = try start()
    do {
      let survey = try await survey(
        a, in: part, checkingFinite: checkingFinite, operation, priority)
      return (survey, try await finished(factors))
    } catch {
      factors.cancel()
      throw error
    }
  }

  /// Looks at the elements of a matrix that count.
  /// - Throws: `LinearAlgebraError.notFinite` for the first NaN or infinity, if it is to be searched for.
  private func survey<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, in part: MatrixPart = .all, checkingFinite: Bool,
    _ operation: String, _ priority: WorkPriority
  ) async throws -> MatrixSurvey {
    // Along what lies together; the sums have the same bits either way.
    let isTransposed = a.columnStride != 1 && a.rowStride == 1
    let matrix = isTransposed ? a.transposed : a
    let chunkCount = (matrix.rows + modulusSumRows - 1) / modulusSumRows
    let rowSums = try uninitializedArray(of: Double.self, count: matrix.rows)
    let columnParts = try uninitializedArray(of: Double.self, count: chunkCount * matrix.columns)
    try await finished(
      startConcurrentPerform(
        iterations: chunkCount, chunkLength: 1, priority: priority,
        surveyChunk(
          Element.scalarType, MatrixBytes(matrix), isTransposed ? part.transposed : part, rowSums,
          columnParts)))
    var columnSums = [Double](repeating: 0, count: matrix.columns)
    columnParts.withSpan { parts in
      for chunk in 0..<chunkCount {
        for column in columnSums.indices {
          columnSums[column] += parts[chunk * matrix.columns + column]
        }
      }
    }
    let survey =
      isTransposed
      ? MatrixSurvey(rowSums: columnSums, columnSums: Array(rowSums))
      : MatrixSurvey(rowSums: Array(rowSums), columnSums: columnSums)
    if checkingFinite, !survey.isFinite {
      try await checkFinite(a, in: part, operation, priority)
    }
    return survey
  }

  /// - Throws: `LinearAlgebraError.notFinite` for the first NaN or infinity among the elements that count.
  func checkFinite<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, _ operand: MatrixOperand = .a, in part: MatrixPart = .all,
    _ operation: String, _ priority: WorkPriority
  ) async throws {
    let search = FiniteSearch(
      type: Element.scalarType, report: try TaskReport(on: self), operand: operand,
      a: MatrixBytes(a), part: part)
    try await finish(search, operation, priority)
  }
}

/// One chunk, made outside of generic code, since it travels.
private func surveyChunk(
  _ type: ScalarType, _ a: MatrixBytes, _ part: MatrixPart, _ rowSums: SharedArray<Double>,
  _ columnParts: SharedArray<Double>
) -> @Sendable (Int) -> Void {
  { chunk in
    let rows = chunk * modulusSumRows..<min(a.rows, (chunk + 1) * modulusSumRows)
    func run<Element: LinearAlgebraScalar>(_ type: Element.Type) {
      a.bytes.view(as: type).withSpan { elements in
        rowSums[rows].withMutableSpan { rowSums in
          columnParts[chunk * a.columns..<(chunk + 1) * a.columns].withMutableSpan { columnSums in
            sumModuli(
              elements, a.view, rows: rows, in: part, rowSums: &rowSums, columnSums: &columnSums)
          }
        }
      }
    }
    switch type {
    case .float64: run(Double.self)
    case .float32: run(Float.self)
    case .complexFloat64: run(ComplexElement<Double>.self)
    case .complexFloat32: run(ComplexElement<Float>.self)
    }
  }
}

/// Looks for the first NaN or infinity.
private struct FiniteSearch: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let operand: MatrixOperand
  let a: MatrixBytes
  let part: MatrixPart

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try a.checkFinite(Element.self, operand, in: part)
  }
}
