public import EchelonKernels
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
    return startSteps { [self] in
      let values = try uninitializedArray(of: Value.self, count: layout.rows)
      if layout.columns > longestGatheredVector {
        let futures = try (0..<layout.rows).map { index in
          try start(
            reduction, slice == .row ? matrix.row(index) : matrix.column(index),
            ignoringNaN: ignoringNaN, priority: priority)
        }
        for (index, future) in futures.enumerated() { values[index] = try await future.value }
        return values
      }
      let partials = try uninitializedArray(of: KernelPartial.self, count: layout.rows)
      try await startConcurrentPerform(
        iterations: layout.rows, chunkLength: panelLength(layout), priority: priority,
        slicePartials(
          kernel.id, matrix.storage.bytes, Element.elementType, layout, ignoresNaN: ignoringNaN,
          into: partials)
      ).value
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
    // How many elements of each vector count.
    var counts = [Int](repeating: length, count: range.count)
    operand.withMutableSpan(of: Element.self, 0..<range.count * length) { gathered in
      storage.withSpan { storage in
        gather(storage, layout, range, into: &gathered)
      }
      guard ignoresNaN else { return }
      for row in 0..<range.count {
        var kept = row * length
        for index in kept..<kept + length where !gathered[index].isNaN {
          gathered[kept] = gathered[index]
          kept += 1
        }
        counts[row] = kept - row * length
      }
    }
    partials.withMutableSpan { partials in
      for row in 0..<range.count {
        let vector = operand.vector(row * length..<row * length + counts[row])
        do throws(KernelError) {
          partials[range.lowerBound + row] =
            counts[row] == 0 ? kernel.identity : try KernelCall(kernel, inputs: [vector]).run()
        } catch {
          preconditionFailure("vectors without gaps, and yet: \(error)")
        }
      }
    }
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
