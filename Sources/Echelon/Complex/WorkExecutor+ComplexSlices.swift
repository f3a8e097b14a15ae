import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire
public import RealModule

// Rows and columns of complex matrices: each part has the bits of the real reduction.

extension WorkExecutor {
  /// `Σ` of every row or column, in order.
  /// - Throws: as the sum of the rows or columns of a real matrix.
  public func sum<Part: ComplexPart>(
    _ matrix: SharedMatrix<ComplexElement<Part>>, each slice: MatrixSlice,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<ComplexElement<Part>> {
    try await inSteps { try await slices(.sum, matrix, slice, priority) { $0 } }
  }

  /// `Σ` of every row or column, blocking; see the async form.
  @available(*, noasync)
  public func sum<Part: ComplexPart>(
    _ matrix: SharedMatrix<ComplexElement<Part>>, each slice: MatrixSlice,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<ComplexElement<Part>> {
    try startSteps { [self] in try await slices(.sum, matrix, slice, priority) { $0 } }.result()
  }

  /// The arithmetic mean of every row or column, in order, in double precision for Float too.
  /// - Throws: `KernelError.emptyInput` for rows or columns of no elements.
  public func mean<Part: ComplexPart>(
    _ matrix: SharedMatrix<ComplexElement<Part>>, each slice: MatrixSlice,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<ComplexElement<Double>> {
    try await inSteps {
      try await slices(.meanVariance(of: Part.self), matrix, slice, priority) { $0.mean }
    }
  }

  /// The arithmetic mean of every row or column, blocking; see the async form.
  @available(*, noasync)
  public func mean<Part: ComplexPart>(
    _ matrix: SharedMatrix<ComplexElement<Part>>, each slice: MatrixSlice,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<ComplexElement<Double>> {
    try startSteps { [self] in
      try await slices(.meanVariance(of: Part.self), matrix, slice, priority) { $0.mean }
    }.result()
  }

  private func slices<
    Part: ComplexPart, Value: BitwiseCopyable & Sendable, Result: ComplexPart
  >(
    _ reduction: Reduction<Value>, _ matrix: SharedMatrix<ComplexElement<Part>>,
    _ slice: MatrixSlice, _ priority: WorkPriority, _ part: (Value) -> Result
  ) async throws -> SharedArray<ComplexElement<Result>> {
    let (real, imaginary) = parts(of: matrix)
    let x = try await finished(start(reduction, real, each: slice, priority: priority))
    let y = try await finished(start(reduction, imaginary, each: slice, priority: priority))
    return try array(count: x.count) { ComplexElement(part(x[$0]), part(y[$0])) }
  }
}

/// The real and the imaginary parts, without a copy.
private func parts<Part: ComplexPart>(
  of matrix: SharedMatrix<ComplexElement<Part>>
) -> (real: SharedMatrix<Part>, imaginary: SharedMatrix<Part>) {
  let numbers = matrix.storage.bytes.view(as: Part.self)
  func part(from start: Int) -> SharedMatrix<Part> {
    SharedMatrix(
      numbers[min(start, numbers.count)..<numbers.count], rows: matrix.rows,
      columns: matrix.columns, rowStride: 2 * matrix.rowStride,
      columnStride: 2 * matrix.columnStride)
  }
  return (part(from: 0), part(from: 1))
}
