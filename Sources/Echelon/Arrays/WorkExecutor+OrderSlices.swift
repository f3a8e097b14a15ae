public import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// What needs whole rows or columns: order, bins, running totals. Short vectors are a worker's own, some at a time;
// long ones are worked on by all workers, one after the other. Each has the bits that it has by itself.

extension WorkExecutor {
  /// - Parameters:
  ///   - panel: what a worker does with the vectors of a panel.
  ///   - vector: what all do with a long vector, and its number.
  private func forEachVector<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, _ panels: MatrixPanels, _ priority: WorkPriority,
    panel: @escaping @Sendable (Int) -> Void,
    vector: (Int, ArrayView<X.Element>) async throws -> Void
  ) async throws {
    if panels.length <= MatrixPanels.longestVector {
      return try await finished(
        startConcurrentPerform(
          iterations: panels.count, chunkLength: 1, priority: priority, panel))
    }
    let matrix: SharedMatrix<X.Element>
    if let x = x as? SharedMatrix<X.Element> {
      matrix = x
    } else {
      matrix = try await finished(startEvaluateMatrix(x, priority: priority))
    }
    for index in 0..<panels.vectorCount {
      try await vector(index, slice == .row ? matrix.row(index) : matrix.column(index))
    }
  }

  private func wholePanels(
    _ x: some ArrayOperand, each slice: MatrixSlice, operation: String
  ) throws -> MatrixPanels {
    try MatrixPanels([x.expression.node], each: slice, operation: operation, isWhole: true)
  }

  /// Starts sorting every row or column by itself, and returns the future of a matrix of the same shape.
  ///
  ///     let sorted = try await pool.sorted(m, each: .column)
  /// - Parameters:
  ///   - x: a matrix, any view, or an expression with one in it; an array is one row.
  ///   - slice: rows or columns. Those of the result lie one behind the other in memory: of columns it is the transpose
  ///     of a matrix in row-major order.
  ///   - order: NaN are last in either.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Throws: as `startSorted` of an array.
  public func startSorted<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    let panels = try wholePanels(x, each: slice, operation: "sorted")
    return try startSteps { [self] in
      let result = try uninitializedArray(
        of: Element.self, count: panels.vectorCount * panels.length)
      try await forEachVector(
        x, each: slice, panels, priority,
        panel: panels.sorted(Element.sortType, order, into: result.bytes)
      ) { index, vector in
        _ = try await finished(
          startSorted(vector, order, into: panels.part(index, of: result), priority: priority))
      }
      return panels.matrix(result, each: slice)
    }
  }

  /// Starts finding the positions of the elements of every row or column in sorted order; equal ones keep theirs.
  /// - Parameters: as for `startSorted` of every row or column, which also says what is thrown.
  public func startSortedIndices<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Int>> {
    let panels = try wholePanels(x, each: slice, operation: "sortedIndices")
    return try startSteps { [self] in
      let result = try uninitializedArray(of: Int.self, count: panels.vectorCount * panels.length)
      try await forEachVector(
        x, each: slice, panels, priority,
        panel: panels.sortedIndices(Element.sortType, order, into: result)
      ) { index, vector in
        let found = try await finished(startSortedIndices(vector, order, priority: priority))
        panels.part(index, of: result).copy(found)
      }
      return panels.matrix(result, each: slice)
    }
  }

  /// Starts finding the exact quantiles of every row or column, and returns the future of a matrix with a row for each
  /// of them and a column for each probability.
  /// - Parameters:
  ///   - x: a matrix, any view, or an expression with one in it; an array is one row.
  ///   - probabilities: each from 0 to 1.
  ///   - slice: rows or columns.
  ///   - ignoringNaN: whether elements that are NaN are left out; else one makes every quantile of its vector NaN.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Throws: `PoolError.invalidArgument` for probabilities out of range; the future fails with
  ///   `KernelError.emptyInput` where no element counts.
  public func startQuantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], each slice: MatrixSlice,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Double>> {
    try checkProbabilities(probabilities)
    let panels = try wholePanels(x, each: slice, operation: "quantiles")
    return try startSteps { [self] in
      let width = probabilities.count
      let result = try uninitializedArray(of: Double.self, count: panels.vectorCount * width)
      let isEmpty = try array(repeating: panels.length == 0, count: panels.vectorCount)
      try await forEachVector(
        x, each: slice, panels, priority,
        panel: panels.quantiles(
          Element.sortType, probabilities, ignoresNaN: ignoringNaN, into: result, isEmpty: isEmpty)
      ) { index, vector in
        let found = try await finished(
          startQuantiles(vector, probabilities, ignoringNaN: ignoringNaN, priority: priority))
        for (place, quantile) in found.enumerated() { result[index * width + place] = quantile }
      }
      if isEmpty.indices.contains(where: { isEmpty[$0] }) {
        throw KernelError.emptyInput(kernel: "quantiles")
      }
      return SharedMatrix(result, rows: panels.vectorCount, columns: width)
    }
  }

  /// Starts counting how many elements of every row or column fall into bins of equal width, and returns the future of
  /// a histogram for each.
  /// - Parameters:
  ///   - x: a matrix, any view, or an expression with one in it; an array is one row.
  ///   - bins: how many, 1 to 1,000,000; see `startHistogram` of an array.
  ///   - range: from the first edge to the last.
  ///   - slice: rows or columns.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Throws: `PoolError.invalidArgument` for numbers out of range.
  public func startHistogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, bins: Int, in range: ClosedRange<Double>,
    each slice: MatrixSlice, priority: WorkPriority = .normal
  ) throws -> Future<[Histogram]> {
    let edges = try histogramEdges(bins, range)
    let panels = try wholePanels(x, each: slice, operation: "histogram")
    return try startSteps { [self] in
      let width = bins + 3
      let counts = try array(repeating: 0, count: panels.vectorCount * width)
      var long: [Histogram] = []
      try await forEachVector(
        x, each: slice, panels, priority,
        panel: panels.binCounts(Element.sortType, edges: array(edges), into: counts)
      ) { _, vector in
        long.append(
          try await finished(startHistogram(vector, bins: bins, in: range, priority: priority)))
      }
      guard long.isEmpty else { return long }
      return counts.withSpan { counts in
        (0..<panels.vectorCount).map { vector in
          Histogram(edges: edges, counts: (0..<width).map { counts[vector * width + $0] })
        }
      }
    }
  }

  /// Starts computing the sum of every row or column without any rounding but that of the answer, and returns the
  /// future of the sums; see `ExactSum`.
  /// - Parameters:
  ///   - x: a matrix, any view, or an expression with one in it; an array is one row.
  ///   - slice: rows or columns.
  ///   - ignoringNaN: whether elements that are NaN are left out.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Throws: `ArenaError` when memory runs out.
  public func startExactSum<Element: KernelElement & SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    if ignoringNaN {
      return try startExactSum(x.expression.without(nan: 0), each: slice, priority: priority)
    }
    let panels = try wholePanels(x, each: slice, operation: "exactSum")
    return try startSteps { [self] in
      let result = try array(repeating: Element.zero, count: panels.vectorCount)
      try await forEachVector(
        x, each: slice, panels, priority,
        panel: panels.exactSums(Element.sortType, into: result.bytes)
      ) { index, vector in
        result[index] = try await finished(startExactSum(vector, priority: priority))
      }
      return result
    }
  }

  /// Starts computing the running sums of every row or column, and returns the future of a matrix of the same shape.
  /// - Parameters:
  ///   - x: a matrix, any view, or an expression with one in it; an array is one row.
  ///   - slice: rows or columns. Those of the result lie one behind the other in memory.
  ///   - ignoringNaN: whether elements that are NaN add nothing.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Accuracy: as `startCumulativeSum` of an array.
  /// - Throws: `ArenaError` when memory runs out.
  public func startCumulativeSum<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    if ignoringNaN {
      return try startCumulativeSum(x.expression.without(nan: 0), each: slice, priority: priority)
    }
    return try startRunning(
      x, each: slice, operation: "cumulativeSum", priority,
      panel: { $0.runningSums(Element.elementType, into: $1) }
    ) { executor, vector in try executor.startCumulativeSum(vector, priority: priority) }
  }

  /// Starts computing the running products of every row or column, and returns the future of a matrix of the same
  /// shape.
  /// - Parameters: as for `startCumulativeSum` of every row or column; NaN that are ignored count as 1.
  /// - Accuracy: as `startCumulativeProduct` of an array.
  /// - Throws: `ArenaError` when memory runs out.
  public func startCumulativeProduct<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    if ignoringNaN {
      return try startCumulativeProduct(
        x.expression.without(nan: 1), each: slice, priority: priority)
    }
    return try startRunning(
      x, each: slice, operation: "cumulativeProduct", priority,
      panel: { $0.runningProducts(Element.elementType, into: $1) }
    ) { executor, vector in try executor.startCumulativeProduct(vector, priority: priority) }
  }

  /// - Parameters:
  ///   - panel: writes the running totals of the vectors of a panel, all of them one behind the other.
  ///   - vector: starts those of a long vector.
  private func startRunning<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, operation: String, _ priority: WorkPriority,
    panel: (MatrixPanels, SharedArray<UInt8>) -> @Sendable (Int) -> Void,
    vector:
      @escaping @Sendable (Self, ArrayView<X.Element>) throws -> Future<SharedArray<X.Element>>
  ) throws -> Future<SharedMatrix<X.Element>> {
    let panels = try wholePanels(x, each: slice, operation: operation)
    let result = try uninitializedArray(
      of: X.Element.self, count: panels.vectorCount * panels.length)
    let body = panel(panels, result.bytes)
    return try startSteps { [self] in
      try await forEachVector(x, each: slice, panels, priority, panel: body) { index, elements in
        panels.part(index, of: result).copy(try await finished(vector(self, elements)))
      }
      return panels.matrix(result, each: slice)
    }
  }
}

extension MatrixPanels {
  /// The elements of one vector, of which all lie one behind the other.
  fileprivate func part<T>(_ vector: Int, of result: SharedArray<T>) -> SharedArray<T> {
    result[vector * length..<(vector + 1) * length]
  }

  /// The matrix whose vectors these are.
  fileprivate func matrix<Element>(
    _ result: SharedArray<Element>, each slice: MatrixSlice
  ) -> SharedMatrix<Element> {
    let matrix = SharedMatrix(result, rows: vectorCount, columns: length)
    return slice == .row ? matrix : matrix.transposed
  }
}

extension SharedArray {
  /// Takes the elements of another one, of the same count.
  fileprivate func copy(_ other: SharedArray) {
    other.withSpan { other in
      withMutableSpan { own in for index in own.indices { own[index] = other[index] } }
    }
  }
}
