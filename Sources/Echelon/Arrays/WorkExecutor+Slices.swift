public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Which vectors of a matrix are meant.
public enum MatrixSlice: Sendable, Hashable {
  /// Every row by itself.
  case row
  /// Every column by itself.
  case column
}

// Reductions of every row or column of a matrix. Each has the bits of the reduction of that row by itself.

extension WorkExecutor {
  /// Starts a reduction of every row or column of a matrix and returns the future of their values, in order.
  ///
  ///     let means = try await pool.start(Reduction<Moments>.meanVariance(of: Double.self), m, each: .column).value
  /// - Parameters:
  ///   - reduction: what to compute of each; of one input.
  ///   - matrix: any view.
  ///   - ignoringNaN: whether elements that are NaN are left out.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Throws: `KernelError`; the future fails with `KernelError.emptyInput` where there is no answer.
  public func start<Value: BitwiseCopyable & Sendable, Element: KernelElement & Sendable>(
    _ reduction: Reduction<Value>, _ matrix: SharedMatrix<Element>, each slice: MatrixSlice,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Value>> {
    let kernel = reduction.kernel
    guard kernel.inputCount == 1, kernel.elementType == Element.elementType else {
      throw KernelError.wrongOperandCount(
        kernel: "\(kernel)", inputs: 1, outputs: 0,
        expected: "\(kernel.inputCount) vectors of \(kernel.elementType)")
    }
    let layout = slice == .row ? matrix.layout : matrix.transposed.layout
    return try startSteps { [self] in
      let values = try uninitializedArray(of: Value.self, count: layout.rows)
      if layout.columns > longestGatheredVector {
        var futures: [Future<Value>] = []
        // Those that are left when one fails, or all are cancelled.
        defer { for future in futures { future.cancel() } }
        for index in 0..<layout.rows {
          futures.append(
            try start(
              reduction, slice == .row ? matrix.row(index) : matrix.column(index),
              ignoringNaN: ignoringNaN, priority: priority))
        }
        for (index, future) in futures.enumerated() { values[index] = try await finished(future) }
        return values
      }
      let partials = try uninitializedArray(of: KernelPartial.self, count: layout.rows)
      try await finished(
        startConcurrentPerform(
          iterations: layout.rows, chunkLength: panelLength(layout), priority: priority,
          slicePartials(
            kernel.id, matrix.storage.bytes, Element.elementType, layout, ignoresNaN: ignoringNaN,
            into: partials)
        ))
      try partials.withSpan { partials in
        for index in partials.indices { values[index] = try reduction.finish(partials[index]) }
      }
      return values
    }
  }

  /// `Σ` of every row or column; see `KernelFamily.sum`.
  public func sum<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await start(
      Reduction<Element>.sum, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// `Σ` of every row or column, blocking; see `KernelFamily.sum`.
  @available(*, noasync)
  public func sum<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try start(
      Reduction<Element>.sum, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// `Π` of every row or column; see `KernelFamily.product`.
  public func product<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await start(
      Reduction<Element>.product, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// `Π` of every row or column, blocking; see `KernelFamily.product`.
  @available(*, noasync)
  public func product<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try start(
      Reduction<Element>.product, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The smallest element of every row or column; see `KernelFamily.minimum`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func minimum<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await start(
      Reduction<Element>.minimum, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The smallest element of every row or column, blocking; see `KernelFamily.minimum`.
  @available(*, noasync)
  public func minimum<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try start(
      Reduction<Element>.minimum, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The largest element of every row or column; see `KernelFamily.maximum`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func maximum<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await start(
      Reduction<Element>.maximum, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The largest element of every row or column, blocking; see `KernelFamily.maximum`.
  @available(*, noasync)
  public func maximum<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try start(
      Reduction<Element>.maximum, matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The mean of every row or column; see `KernelFamily.meanVariance`.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func mean<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Double> {
    try await inSteps {
      let moments = try await moments(
        matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority)
      return try array(count: moments.count) { moments[$0].mean }
    }
  }

  /// The mean of every row or column, blocking; see `KernelFamily.meanVariance`.
  @available(*, noasync)
  public func mean<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Double> {
    try startSteps { [self] in
      try await mean(matrix, each: slice, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }

  /// Count, mean and variance of every row or column; see `KernelFamily.meanVariance`.
  public func moments<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Moments> {
    try await start(
      Reduction<Moments>.meanVariance(of: Element.self), matrix, each: slice,
      ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// Count, mean and variance of every row or column, blocking; see `KernelFamily.meanVariance`.
  @available(*, noasync)
  public func moments<Element: KernelElement & Sendable>(
    _ matrix: SharedMatrix<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Moments> {
    try start(
      Reduction<Moments>.meanVariance(of: Element.self), matrix, each: slice,
      ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }
}

/// Vectors up to this length are put into a worker's own memory; each longer one is a job.
private let longestGatheredVector = 1 << 20

/// How many vectors are gathered at a time: neighbouring columns share cache lines.
private func panelLength(_ layout: LeafLayout) -> Int {
  max(1, min(16, longestGatheredVector / max(1, layout.columns)))
}

/// Writes the partial result of one vector; made outside of generic code, since it travels.
private func slicePartials(
  _ kernelID: UInt32, _ bytes: SharedArray<UInt8>, _ type: ElementType, _ layout: LeafLayout,
  ignoresNaN: Bool, into partials: SharedArray<KernelPartial>
) -> @Sendable (Int) -> Void {
  { first in
    // A chunk is called for each of its vectors, and does its work with the first.
    let panel = panelLength(layout)
    guard first % panel == 0 else { return }
    let range = first..<min(layout.rows, first + panel)
    switch type {
    case .float64:
      reducePanel(kernelID, bytes.view(as: Double.self), layout, range, ignoresNaN, partials)
    case .float32:
      reducePanel(kernelID, bytes.view(as: Float.self), layout, range, ignoresNaN, partials)
    }
  }
}

private func reducePanel<Element: KernelElement & Sendable>(
  _ kernelID: UInt32, _ storage: SharedArray<Element>, _ layout: LeafLayout, _ range: Range<Int>,
  _ ignoresNaN: Bool, _ partials: SharedArray<KernelPartial>
) {
  guard let kernel = KernelCatalog.kernel(id: kernelID) else {
    preconditionFailure("this build has no kernel \(kernelID); rebuild the program")
  }
  let length = layout.columns
  KernelScratch.withVector(of: Element.elementType, count: range.count * length) { operand in
    operand.withMutableSpan(of: Element.self, 0..<range.count * length) { gathered in
      storage.withSpan { storage in gather(storage, layout, range, into: &gathered) }
    }
    for row in 0..<range.count {
      let vector = operand.vector(row * length..<(row + 1) * length)
      partials[range.lowerBound + row] =
        ignoresNaN ? partialWithoutNaN(kernel, vector, Element.self) : partial(kernel, vector)
    }
  }
}

private func partial(_ kernel: Kernel, _ vector: KernelOperand) -> KernelPartial {
  do throws(KernelError) { return try KernelCall(kernel, inputs: [vector]).run() } catch {
    preconditionFailure("a vector without gaps, and yet: \(error)")
  }
}

/// Chunk by chunk, as the reduction of a vector by itself leaves NaN out.
private func partialWithoutNaN<Element: KernelElement>(
  _ kernel: Kernel, _ vector: KernelOperand, _ type: Element.Type
) -> KernelPartial {
  guard
    let copy = VectorProgram(
      [.init(.copy, [0], target: 0)], constants: [], inputCount: 1, temporaryCount: 0)
  else { preconditionFailure("a program that copies is sound") }
  let reduction = FusedReduction(
    kernel, of: [VectorComputation(copy, inputs: [0])], ignoresNaN: true)
  let length = FusedReduction.chunkLength
  let chunkCount = vector.count / length + (vector.count % length == 0 ? 0 : 1)
  return kernel.mergeTree(count: chunkCount) { chunk in
    let range = chunk * length..<min(vector.count, (chunk + 1) * length)
    return reduction.partial(of: OneVector(operand: vector.vector(range)), range, type)
  }
}

/// A vector as the only input of a program.
private struct OneVector: VectorInputs {
  let operand: KernelOperand
  func withInput<Element: VectorProgramScalar>(
    _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    operand.withSpan(of: type, 0..<operand.count, body)
  }
}

/// Puts some rows of a layout one behind the other, in the order in which they lie in memory.
private func gather<Element: BitwiseCopyable>(
  _ storage: Span<Element>, _ layout: LeafLayout, _ rows: Range<Int>,
  into gathered: inout MutableSpan<Element>
) {
  let (length, start) = (layout.columns, rows.lowerBound * layout.rowStride)
  if layout.columnStride <= layout.rowStride {
    for row in 0..<rows.count {
      for position in 0..<length {
        gathered[row * length + position] =
          storage[start + row * layout.rowStride + position * layout.columnStride]
      }
    }
  } else {
    for position in 0..<length {
      for row in 0..<rows.count {
        gathered[row * length + position] =
          storage[start + row * layout.rowStride + position * layout.columnStride]
      }
    }
  }
}

extension SharedArray {
  /// The same memory as bytes.
  var bytes: SharedArray<UInt8> {
    SharedArray<UInt8>(
      block: block, byteOffset: byteOffset, count: count * MemoryLayout<Element>.stride)
  }
}
