import EchelonLinearAlgebra
import EchelonPool
import EchelonWire

/// A loop of dense linear algebra, whose iterations write parts of a result that nobody else writes; see `DenseTask`,
/// which is the same for one.
///
///     var body: @Sendable (Int) -> Void { { execute($0) } }
protocol DenseLoop: Sendable {
  /// Of the matrices.
  var type: ScalarType { get }
  /// Where an iteration says why it failed.
  var report: TaskReport { get }
  /// `execute`, as a closure that travels.
  var body: @Sendable (Int) -> Void { get }
  /// One iteration, written once for all element types.
  func run<Element: LinearAlgebraScalar>(
    _: Element.Type, _ iteration: Int
  ) throws(LinearAlgebraError)
}

extension DenseLoop {
  /// Runs in a worker.
  func execute(_ iteration: Int) {
    report.recordFailure { () throws(LinearAlgebraError) in
      try LAPACK.require()
      switch type {
      case .float64: try run(Double.self, iteration)
      case .float32: try run(Float.self, iteration)
      case .complexFloat64: try run(ComplexElement<Double>.self, iteration)
      case .complexFloat32: try run(ComplexElement<Float>.self, iteration)
      }
    }
  }
}

extension WorkExecutor {
  /// Runs all iterations of a loop to their end, each a chunk of its own.
  /// - Parameter operation: its name in errors.
  func finish(
    _ loop: some DenseLoop, iterations: Int, _ operation: String, _ priority: WorkPriority
  ) async throws {
    try await finished(
      startConcurrentPerform(
        iterations: iterations, chunkLength: 1, priority: priority, loop.body))
    try loop.report.checkFailure(operation)
  }
}

/// How a result is cut into blocks of rows and columns; it depends on the shape alone.
struct BlockGrid: Sendable, Codable, BitwiseCopyable {
  var rows: Int
  var columns: Int
  var blockRows: Int
  var blockColumns: Int

  /// The blocks of a product: about 64, of 128 at least, below which a product is mostly packing; see the kernel
  /// `matrixProduct`.
  static func product(rows: Int, columns: Int) -> BlockGrid {
    let ideal = Int((Double(rows) * Double(columns) / 64).squareRoot())
    let edge = min(512, max(128, (ideal + 31) / 32 * 32))
    return BlockGrid(rows: rows, columns: columns, blockRows: edge, blockColumns: edge)
  }

  /// The blocks of columns of a product whose left factor is symmetric or triangular: BLAS packs that for each block,
  /// which is to be little beside the product.
  static func structuredProduct(rows: Int, columns: Int) -> BlockGrid {
    BlockGrid(
      rows: rows, columns: columns, blockRows: max(1, rows),
      blockColumns: max(64, (columns + 15) / 16))
  }

  /// The blocks of a product of m × n with a vector, m × 1, so that a block reads a few hundred KiB, and there are not
  /// more than some hundred.
  static func matrixVector(rows: Int, columns: Int) -> BlockGrid {
    let length = max(rows / 256, 65_536 / max(1, columns), 16)
    return BlockGrid(rows: rows, columns: 1, blockRows: length, blockColumns: 1)
  }

  private var down: Int { (rows + blockRows - 1) / blockRows }
  private var across: Int { (columns + blockColumns - 1) / blockColumns }
  var count: Int { down * across }

  subscript(index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (row, column) = (index % down * blockRows, index / down * blockColumns)
    return (row..<min(rows, row + blockRows), column..<min(columns, column + blockColumns))
  }
}
