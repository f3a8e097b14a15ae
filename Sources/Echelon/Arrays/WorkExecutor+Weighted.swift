import EchelonKernels
public import EchelonLinearAlgebra
import EchelonPool
public import EchelonWire

// Quantiles and histograms of elements that count more or less; moments are in WorkExecutor+Norms.swift.

/// How much weight falls between neighbouring edges.
public struct WeightedHistogram: Sendable, Equatable {
  /// The edges of the bins, as in `Histogram`.
  public let edges: [Double]
  /// The sum of the weights of each bin's elements.
  public let weights: [Double]
  /// The weight of the elements below the first edge.
  public let below: Double
  /// The weight of the elements above the last edge.
  public let above: Double
  /// The weight of the elements that are NaN.
  public let nanWeight: Double
}

extension WorkExecutor {
  /// Starts finding quantiles of weighted elements and returns their future, one number for each probability.
  ///
  /// Quantile p is the smallest element with which, in order, at least the share p of all weight is reached: the
  /// inverse of the distribution function, NumPy's `inverted_cdf` with weights. Elements of weight 0 are none.
  /// - Parameters:
  ///   - x: n elements.
  ///   - probabilities: each from 0 to 1.
  ///   - weights: n finite numbers, none negative.
  ///   - ignoringNaN: whether elements that are NaN are left out; else one of a weight above 0 makes every quantile
  ///     NaN.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Accuracy: weights are added up as `cumulativeSum` does it; the quantiles are elements.
  /// - Throws: `PoolError.invalidArgument` for probabilities or weights out of range, `KernelError.countMismatch`;
  ///   the future fails with `KernelError.emptyInput` when no element has weight.
  public func startQuantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], weights: SharedArray<Double>,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<[Double]> {
    try checkProbabilities(probabilities)
    let operand = try PreparedOperand(x, operation: "quantiles")
    try checkCounts(operand.count, weights.count)
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      try await checkWeights(weights, priority)
      let order = try await finished(startSortedIndices(x, priority: priority))
      let inOrder = try await finished(startGather(weights, order, priority))
      let sums = try await finished(startCumulativeSum(inOrder, priority: priority))
      // NaN are last.
      let known = order.withSpan { order in
        x.withSpan { x in firstRank(of: order.count) { x[order[$0]].doubleValue.isNaN } }
      }
      return try sums.withSpan { sums in
        let total = known > 0 ? sums[known - 1] : 0
        if !ignoringNaN, known < sums.count, sums[sums.count - 1] > total {
          return probabilities.map { _ in .nan }
        }
        guard total > 0 else { throw KernelError.emptyInput(kernel: "quantiles") }
        return probabilities.map { probability in
          let rank = firstRank(of: known - 1) {
            sums[$0] >= probability * total && sums[$0] > 0
          }
          return x[order[rank]].doubleValue
        }
      }
    }
  }

  /// Quantiles of weighted elements, one for each probability; see `startQuantiles`.
  public func quantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], weights: SharedArray<Double>,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> [Double] {
    try await startQuantiles(
      x, probabilities, weights: weights, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// Quantiles of weighted elements, one for each probability, blocking; see `startQuantiles`.
  @available(*, noasync)
  public func quantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], weights: SharedArray<Double>,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> [Double] {
    try startQuantiles(
      x, probabilities, weights: weights, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// Starts adding up the weights of the elements that fall into bins of equal width and returns their future.
  /// - Parameters:
  ///   - x: n elements.
  ///   - weights: n numbers; any are allowed.
  ///   - bins: as for `startHistogram` without weights, which says more.
  ///   - range: from the first edge to the last.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Accuracy: the weights of a bin are added up with the error that each addition makes, at most 64 times, and
  ///   the same again for these sums: within some units in the last place of Σ|w|.
  /// - Throws: `PoolError.invalidArgument` for numbers out of range, `KernelError.countMismatch`.
  public func startHistogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, weights: SharedArray<Double>, bins: Int,
    in range: ClosedRange<Double>, priority: WorkPriority = .normal
  ) throws -> Future<WeightedHistogram> {
    let operand = try PreparedOperand(x, operation: "histogram")
    try checkCounts(operand.count, weights.count)
    let edges = try histogramEdges(bins, range)
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      let cells = bins + 3
      // Together no more than two million sums.
      let parts = PartedArray(x, partLimit: max(1, min(64, 2_000_000 / cells)))
      let sums = try uninitializedArray(of: CompensatedSum.self, count: parts.partCount * cells)
      try await finished(
        startConcurrentPerform(
          iterations: parts.partCount, chunkLength: 1, priority: priority,
          parts.binWeights(edges: array(edges), weights, into: sums)
        ))
      var totals = [CompensatedSum](repeating: CompensatedSum(), count: cells)
      sums.withSpan { sums in
        for index in sums.indices { totals[index % cells].add(sums[index].value) }
      }
      return WeightedHistogram(
        edges: edges, weights: totals[0..<bins].map(\.value), below: totals[bins].value,
        above: totals[bins + 1].value, nanWeight: totals[bins + 2].value)
    }
  }

  /// The weights of the elements that fall into bins of equal width; see `startHistogram`.
  public func histogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, weights: SharedArray<Double>, bins: Int,
    in range: ClosedRange<Double>, priority: WorkPriority = .normal
  ) async throws -> WeightedHistogram {
    try await startHistogram(x, weights: weights, bins: bins, in: range, priority: priority).value
  }

  /// The weights of the elements that fall into bins of equal width, blocking; see `startHistogram`.
  @available(*, noasync)
  public func histogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, weights: SharedArray<Double>, bins: Int,
    in range: ClosedRange<Double>, priority: WorkPriority = .normal
  ) throws -> WeightedHistogram {
    try startHistogram(x, weights: weights, bins: bins, in: range, priority: priority).result()
  }

  /// Quantiles of the weighted elements of every row or column, a row of the result for each; see `startQuantiles` with
  /// weights. All workers find those of one vector after the other's.
  /// - Parameters:
  ///   - x: any view.
  ///   - weights: of the same shape.
  /// - Throws: `KernelError.shapeMismatch`, and what the quantiles of a vector throw.
  public func quantiles<Element: SortableElement>(
    _ x: SharedMatrix<Element>, _ probabilities: [Double], weights: SharedMatrix<Double>,
    each slice: MatrixSlice, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Double> {
    try checkProbabilities(probabilities)
    return try await inSteps {
      let found = try await forEachWeighted(x, weights, each: slice, "quantiles", priority) {
        try await finished(
          startQuantiles(
            $0, probabilities, weights: $1, ignoringNaN: ignoringNaN, priority: priority))
      }
      return SharedMatrix(
        try array(found.flatMap { $0 }), rows: found.count, columns: probabilities.count)
    }
  }

  /// Quantiles of the weighted elements of every row or column, blocking; see the async form.
  @available(*, noasync)
  public func quantiles<Element: SortableElement>(
    _ x: SharedMatrix<Element>, _ probabilities: [Double], weights: SharedMatrix<Double>,
    each slice: MatrixSlice, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Double> {
    try startSteps { [self] in
      try await quantiles(
        x, probabilities, weights: weights, each: slice, ignoringNaN: ignoringNaN,
        priority: priority)
    }.result()
  }

  /// The weights of the elements of every row or column that fall into bins of equal width; see `startHistogram` with
  /// weights. All workers add up those of one vector after the other's.
  /// - Parameters:
  ///   - x: any view.
  ///   - weights: of the same shape.
  /// - Throws: `KernelError.shapeMismatch`, and what the histogram of a vector throws.
  public func histogram<Element: SortableElement>(
    _ x: SharedMatrix<Element>, weights: SharedMatrix<Double>, bins: Int,
    in range: ClosedRange<Double>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) async throws -> [WeightedHistogram] {
    _ = try histogramEdges(bins, range)
    return try await inSteps {
      try await forEachWeighted(x, weights, each: slice, "histogram", priority) {
        try await finished(
          startHistogram($0, weights: $1, bins: bins, in: range, priority: priority))
      }
    }
  }

  /// The weights of the elements of every row or column that fall into bins, blocking; see the async form.
  @available(*, noasync)
  public func histogram<Element: SortableElement>(
    _ x: SharedMatrix<Element>, weights: SharedMatrix<Double>, bins: Int,
    in range: ClosedRange<Double>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) throws -> [WeightedHistogram] {
    try startSteps { [self] in
      try await histogram(
        x, weights: weights, bins: bins, in: range, each: slice, priority: priority)
    }.result()
  }

  private func forEachWeighted<Element, Value>(
    _ x: SharedMatrix<Element>, _ weights: SharedMatrix<Double>, each slice: MatrixSlice,
    _ operation: String, _ priority: WorkPriority,
    _ body: (ArrayView<Element>, SharedArray<Double>) async throws -> Value
  ) async throws -> [Value] {
    guard (x.rows, x.columns) == (weights.rows, weights.columns) else {
      throw KernelError.shapeMismatch(
        kernel: operation,
        shapes: ["\(x.rows) × \(x.columns)", "\(weights.rows) × \(weights.columns)"])
    }
    let (vectors, all) = slice == .row ? (x, weights) : (x.transposed, weights.transposed)
    // One vector's weights behind the other's.
    let inOrder = try await finished(startEvaluate(all, priority: priority))
    var values: [Value] = []
    for index in 0..<vectors.rows {
      let own = inOrder[index * vectors.columns..<(index + 1) * vectors.columns]
      values.append(try await body(vectors.row(index), own))
    }
    return values
  }

  func checkWeights<Element: KernelElement & Sendable>(
    _ weights: SharedArray<Element>, _ priority: WorkPriority
  ) async throws {
    guard weights.count > 0 else { return }
    let least = try await minimum(weights, priority: priority)
    let most = try await maximum(weights, priority: priority)
    guard least >= 0, most.isFinite else {
      throw PoolError.invalidArgument(
        "weights from \(least) to \(most); they are finite and not negative")
    }
  }

  /// Outside of generic code, so that the closure can be sent from debug builds, too.
  private func startGather(
    _ x: SharedArray<Double>, _ places: SharedArray<Int>, _ priority: WorkPriority
  ) throws -> Future<SharedArray<Double>> {
    try startMap(places, priority: priority) { x[$0] }
  }
}

/// The first of some ranks from which on something holds; their count if it does for none.
private func firstRank(of count: Int, where holds: (Int) -> Bool) -> Int {
  var (low, high) = (0, max(0, count))
  while low < high {
    let middle = (low + high) / 2
    if holds(middle) { high = middle } else { low = middle + 1 }
  }
  return low
}
