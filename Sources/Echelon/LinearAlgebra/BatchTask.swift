import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonWire

/// The calls of LAPACK that decompose every matrix of a batch by itself, in chunks: each matrix is copied, decomposed in
/// memory of the worker's own, which is aligned alike in all of them, and its results are written to where nobody else
/// writes, so that a chunk can be run again when its worker dies.
///
/// A type that conforms holds batches as bytes, and makes its closure itself, since one made in generic code does not
/// travel:
///
///     var body: @Sendable (Int) -> Void { { chunk in execute(chunk) } }
protocol BatchTask: Sendable {
  /// The chunks, and the type of the elements.
  var work: BatchWork { get }
  /// Where it says how the work on each matrix ended.
  var report: BatchReport { get }
  /// `execute`, as a closure that travels.
  var body: @Sendable (Int) -> Void { get }
  /// The work on some of the matrices, written once for all element types. What it throws is said of all of them.
  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, on matrices: Range<Int>
  ) throws(LinearAlgebraError)
}

extension BatchTask {
  /// Runs a chunk in a worker.
  func execute(_ chunk: Int) {
    let matrices = work.range(ofChunk: chunk)
    do throws(LinearAlgebraError) {
      try LAPACK.require()
      switch work.type {
      case .float64: try run(Double.self, on: matrices)
      case .float32: try run(Float.self, on: matrices)
      case .complexFloat64: try run(ComplexElement<Double>.self, on: matrices)
      case .complexFloat32: try run(ComplexElement<Float>.self, on: matrices)
      }
    } catch {
      for index in matrices { report.record(index, error) }
    }
  }
}

extension BatchOperand {
  /// Copies one of the matrices into column-major memory.
  /// - Parameter all: the elements of the batch.
  /// - Throws: `LinearAlgebraError.notFinite` for the first NaN or infinity among the elements that count.
  func copy<Element: LinearAlgebraScalar>(
    _ index: Int, of all: Span<Element>, _ operand: MatrixOperand = .a, part: MatrixPart = .all,
    into out: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    let matrix = all.extracting(layout.place(of: index))
    if let place = firstNotFinite(matrix, layout.view, in: part) {
      throw .notFinite(operand: operand, row: place.row, column: place.column)
    }
    copyColumnMajor(matrix, layout.view, into: &out, shape)
  }
}

/// Writes the result of a matrix of a batch to its place, or NaN when there is none.
/// - Parameters:
///   - isThere: whether there is one.
///   - count: elements of each matrix's results.
func store<Element: LinearAlgebraScalar>(
  _ result: Span<Element>, isThere: Bool, of index: Int, count: Int,
  into all: inout MutableSpan<Element>
) {
  var place = all._mutatingExtracting(index * count..<(index + 1) * count)
  if isThere {
    for element in 0..<count { place[element] = result[element] }
  } else {
    for element in place.indices { place[element] = .notANumber }
  }
}

extension WorkExecutor {
  /// Runs the chunks of a task to their end.
  /// - Parameter operation: its name in errors.
  func finish(
    _ task: some BatchTask, _ operation: String, checkingFinite: Bool,
    singular: SingularMatrixPolicy = .fail, _ priority: WorkPriority, _ deadline: Duration?
  ) async throws {
    try await finished(
      startConcurrentPerform(
        iterations: task.work.chunkCount, chunkLength: 1, priority: priority, deadline: deadline,
        task.body))
    try task.report.check(operation, checkingFinite: checkingFinite, singular: singular)
  }

  /// Matrices one behind the other, each column-major as LAPACK has it, whose elements are not set.
  func columnMajorBatch<Element: LinearAlgebraScalar>(
    of type: Element.Type, count: Int, rows: Int, columns: Int
  ) throws -> SharedMatrixBatch<Element> {
    let (elements, isOver) = rows.multipliedReportingOverflow(by: columns)
    let (total, isTotalOver) = elements.multipliedReportingOverflow(by: count)
    guard !isOver, !isTotalOver else { throw ArenaError.invalidSize(bytes: .max) }
    let past = Element.readablePastEnd(leading: max(1, rows), columns: columns)
    return SharedMatrixBatch(
      try uninitializedArray(of: type, count: total + past), count: count, rows: rows,
      columns: columns, matrixStride: elements, rowStride: 1, columnStride: max(1, rows))
  }

  /// A matrix with a row of numbers for each matrix of a batch, which are not set.
  func rows<Element: BitwiseCopyable & Sendable>(
    of type: Element.Type, count: Int, length: Int
  ) throws -> SharedMatrix<Element> {
    let (total, isOver) = count.multipliedReportingOverflow(by: length)
    guard !isOver else { throw ArenaError.invalidSize(bytes: .max) }
    return SharedMatrix(
      try uninitializedArray(of: type, count: total), rows: count, columns: length)
  }
}

extension SharedMatrix {
  /// One of the rows of a matrix in row-major order without gaps.
  func elements(ofRow row: Int) -> SharedArray<Element> {
    storage[row * columns..<(row + 1) * columns]
  }
}

/// - Throws: `LinearAlgebraError`: `noLAPACK`; `tooLarge` for more rows or columns than LAPACK can count.
func requireLAPACK<Element>(
  forBatches batches: SharedMatrixBatch<Element>...
) throws(LinearAlgebraError) {
  try LAPACK.require()
  for batch in batches where max(batch.rows, batch.columns) > Int(Int32.max) {
    throw .tooLarge(view: batch.layout.view)
  }
}

/// - Throws: `LinearAlgebraError.notSquare`.
func checkSquare<Element>(
  _ batch: SharedMatrixBatch<Element>, _ operation: String
) throws(LinearAlgebraError) {
  guard batch.rows == batch.columns else {
    throw .notSquare(operation: operation, rows: batch.rows, columns: batch.columns)
  }
}
