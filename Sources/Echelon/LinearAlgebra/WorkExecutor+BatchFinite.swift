import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonWire

extension WorkExecutor {
  /// Searches all matrices of a batch, one pass over their memory that all workers share.
  /// - Throws: `LinearAlgebraError.notFiniteInBatch` for the first matrix with a NaN or infinity among the elements that
  ///   count.
  func checkFinite<Element: LinearAlgebraScalar>(
    _ batch: SharedMatrixBatch<Element>, _ operand: MatrixOperand, in part: MatrixPart = .all,
    _ priority: WorkPriority, _ deadline: Duration?
  ) async throws {
    // Of one matrix for all, one.
    let count = batch.matrixStride == 0 ? min(1, batch.count) : batch.count
    let places = try uninitializedArray(of: Int.self, count: count)
    let work = BatchWork(
      Element.scalarType, count: count,
      .product(rows: batch.rows, inner: 1, columns: batch.columns))
    try await finished(
      startConcurrentPerform(
        iterations: work.chunkCount, chunkLength: 1, priority: priority, deadline: deadline,
        work.search(BatchOperand(batch), in: part, into: places)))
    let first = places.withSpan { places in places.indices.first { places[$0] != finite } }
    guard let index = first else { return }
    throw LinearAlgebraError.notFiniteInBatch(
      index: index, operand: operand, row: places[index] / batch.columns,
      column: places[index] % batch.columns)
  }
}

/// In the place of a position, in row-major order, where all elements are finite.
private let finite = -1

extension BatchWork {
  /// Searches the matrices of a chunk.
  fileprivate func search(
    _ a: BatchOperand, in part: MatrixPart, into places: SharedArray<Int>
  ) -> @Sendable (Int) -> Void {
    { [self] chunk in
      func run<Element: LinearAlgebraScalar>(_ type: Element.Type) {
        let view = a.layout.view
        a.bytes.view(as: type).withSpan { all in
          for index in range(ofChunk: chunk) {
            let matrix = all.extracting(a.layout.place(of: index))
            let place = firstNotFinite(matrix, view, in: part)
            places[index] = place.map { $0.row * view.columns + $0.column } ?? finite
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
}
