import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
import EchelonWire
import EchelonWorker

/// One task of dense linear algebra: it copies its inputs, which it never changes, calls LAPACK on the copies, and
/// writes results that nobody else writes, so that it can be run again when its worker dies.
///
/// A type that conforms holds matrices as bytes and their element type beside them, and makes its closure itself:
///
///     var body: @Sendable (Int) -> Void { { _ in execute() } }
///
/// since a closure made in generic code does not travel.
protocol DenseTask: Sendable {
  /// Of the matrices.
  var type: ScalarType { get }
  /// Where it says how it ended.
  var report: TaskReport { get }
  /// Threads of the BLAS in its calls, which depend on shape and type only.
  var blasThreadCount: Int { get }
  /// `execute`, as a closure that travels.
  var body: @Sendable (Int) -> Void { get }
  /// The work, written once for all element types.
  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError)
}

/// - Throws: `LinearAlgebraError`: `noLAPACK`; `tooLarge` for more rows, columns or elements from one column of a copy to
///   the next than LAPACK can count.
func requireLAPACK<Element>(for matrices: SharedMatrix<Element>...) throws(LinearAlgebraError) {
  try LAPACK.require()
  for matrix in matrices where max(matrix.rows, matrix.columns) > Int(Int32.max) {
    throw .tooLarge(
      view: MatrixView(
        rows: matrix.rows, columns: matrix.columns, rowStride: matrix.rowStride,
        columnStride: matrix.columnStride))
  }
}

extension DenseTask {
  /// One: workers beside it would compete with more.
  var blasThreadCount: Int { 1 }

  /// Runs in a worker.
  func execute() {
    report.record { () throws(LinearAlgebraError) in
      try LAPACK.require()
      // In the in-process executor the BLAS is the program's own, with the threads that it has been given.
      let threads = WorkerContext.arena == nil ? nil : blasThreadCount
      try withBLASThreads(threads) { () throws(LinearAlgebraError) in
        switch type {
        case .float64: try run(Double.self)
        case .float32: try run(Float.self)
        case .complexFloat64: try run(ComplexElement<Double>.self)
        case .complexFloat32: try run(ComplexElement<Float>.self)
        }
      }
    }
  }
}

/// The threads of a wide call: one call of LAPACK on a matrix that does not fall into steps, though it is large.
///
/// Their number shows in the bits of the result, so it is the same on every machine, however many processors it has:
/// two, the second of which is one that the pool's other workers leave idle. Smaller matrices gain nothing (0035).
func wideCallThreadCount(_ rows: Int, _ columns: Int) -> Int { min(rows, columns) >= 400 ? 2 : 1 }

extension WorkExecutor {
  /// Runs a task to its end, in one worker.
  /// - Parameter operation: its name in errors.
  func finish(
    _ task: some DenseTask, _ operation: String, _ priority: WorkPriority
  ) async throws {
    try await finished(
      startConcurrentPerform(iterations: 1, priority: priority, task.body))
    try task.report.check(operation)
  }

  /// Starts a task that makes a matrix, in one worker, and returns the matrix's future, column-major.
  /// - Parameters:
  ///   - operation: its name in errors.
  ///   - task: gets where it reports, and what takes the result.
  func startMatrix<Element: LinearAlgebraScalar, Task: DenseTask>(
    of _: Element.Type = Element.self, rows: Int, columns: Int, _ operation: String,
    _ priority: WorkPriority, _ task: @escaping @Sendable (TaskReport, MatrixBytes) -> Task
  ) throws -> Future<SharedMatrix<Element>> {
    try startSteps { [self] in
      let result = try columnMajorMatrix(of: Element.self, rows: rows, columns: columns)
      try await finish(task(TaskReport(on: self), MatrixBytes(result)), operation, priority)
      return result
    }
  }

  /// A matrix whose elements are not set, in column-major order as LAPACK has it.
  /// - Parameter isOfTiles: whether steps write it. Then there is a gap between columns whose length is a multiple of a
  ///   page: their elements of one row would all fall into the same few lines of a cache.
  func columnMajorMatrix<Element: LinearAlgebraScalar>(
    of _: Element.Type = Element.self, rows: Int, columns: Int, isOfTiles: Bool = false
  ) throws -> SharedMatrix<Element> {
    let size = MemoryLayout<Element>.stride
    let (bytes, isOver) = rows.multipliedReportingOverflow(by: size)
    let gap = isOfTiles && rows > 0 && bytes % 4096 == 0 ? 128 / size : 0
    let leading = max(1, rows) + gap
    let (count, overflow) = leading.multipliedReportingOverflow(by: columns)
    guard !isOver, !overflow else { throw ArenaError.invalidSize(bytes: .max) }
    let past = Element.readablePastEnd(leading: leading, columns: columns)
    return SharedMatrix(
      try uninitializedArray(count: count + past), rows: rows, columns: columns, rowStride: 1,
      columnStride: leading)
  }
}

/// A matrix as a task takes it along.
struct MatrixBytes: Sendable {
  let bytes: SharedArray<UInt8>
  var layout: LeafLayout

  init<Element>(_ matrix: SharedMatrix<Element>) {
    bytes = matrix.storage.bytes
    layout = matrix.layout
  }

  var rows: Int { layout.rows }
  var columns: Int { layout.columns }
  var view: MatrixView {
    MatrixView(
      rows: rows, columns: columns, rowStride: layout.rowStride, columnStride: layout.columnStride)
  }
  /// Of a matrix in column-major order, which results are.
  var columnMajor: ColumnMajorShape {
    precondition(layout.rowStride == 1, "not in column-major order")
    return ColumnMajorShape(rows: rows, columns: columns, leading: layout.columnStride)
  }

  /// The matrix itself.
  func matrix<Element: LinearAlgebraScalar>(of _: Element.Type) -> SharedMatrix<Element> {
    SharedMatrix(
      bytes.view(as: Element.self), rows: rows, columns: columns, rowStride: layout.rowStride,
      columnStride: layout.columnStride)
  }

  /// Reads the elements.
  func withSpan<Element: LinearAlgebraScalar, R>(
    of _: Element.Type, _ body: (Span<Element>) throws(LinearAlgebraError) -> R
  ) throws(LinearAlgebraError) -> R {
    try bytes.view(as: Element.self).withSpan(body)
  }

  /// Writes the elements.
  func withMutableSpan<Element: LinearAlgebraScalar, R>(
    of _: Element.Type,
    _ body: (inout MutableSpan<Element>) throws(LinearAlgebraError) -> R
  ) throws(LinearAlgebraError) -> R {
    try bytes.view(as: Element.self).withMutableSpan(body)
  }

  /// Copies the matrix into column-major memory.
  func copy<Element: LinearAlgebraScalar>(
    into out: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    try withSpan(of: Element.self) { span throws(LinearAlgebraError) in
      copyColumnMajor(span, view, into: &out, shape)
    }
  }

  /// - Throws: `LinearAlgebraError.notFinite` for the first NaN or infinity among the elements that count.
  func checkFinite<Element: LinearAlgebraScalar>(
    _: Element.Type, _ operand: MatrixOperand = .a, in part: MatrixPart = .all
  ) throws(LinearAlgebraError) {
    let place = try withSpan(of: Element.self) { firstNotFinite($0, view, in: part) }
    if let place { throw .notFinite(operand: operand, row: place.row, column: place.column) }
  }
}

/// Memory of the worker's own during a call; its elements are not set.
func withScratch<Element: LinearAlgebraScalar, R>(
  of type: Element.Type = Element.self, _ shape: ColumnMajorShape,
  _ body: (inout MutableSpan<Element>) throws(LinearAlgebraError) -> R
) throws(LinearAlgebraError) -> R {
  try withScratch(of: type, count: shape.storageCount(of: type), body)
}

/// Memory of the worker's own during a call; its elements are not set.
func withScratch<Element: BitwiseCopyable, R>(
  of _: Element.Type = Element.self, count: Int,
  _ body: (inout MutableSpan<Element>) throws(LinearAlgebraError) -> R
) throws(LinearAlgebraError) -> R {
  try KernelScratch.withSpan(of: Element.self, count: count) { span in
    do throws(LinearAlgebraError) {
      return Result<R, LinearAlgebraError>.success(try body(&span))
    } catch {
      return .failure(error)
    }
  }.get()
}
