import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

// What a worker does with whole vectors, which it has to itself. All of it travels, and is made outside of generic
// code.

extension MatrixPanels {
  /// Vectors up to this length are put into a worker's own memory.
  static let longestVector = 1 << 17

  /// Calls `body` with each vector of a panel and its number.
  private func forEachVector<Element: VectorProgramScalar>(
    ofPanel panel: Int, _ type: Element.Type, _ body: (Int, Span<Element>) -> Void
  ) {
    let inputs = inputs(ofPanel: panel)
    let computation = VectorComputation(code: codes[0])
    func each(_ x: Span<Element>) {
      for vector in 0..<inputs.vectors.count {
        body(
          inputs.vectors.lowerBound + vector,
          x.extracting(vector * length..<(vector + 1) * length))
      }
    }
    if computation.program.isCopy { return inputs.withInput(0, of: type, each) }
    KernelScratch.withSpan(of: type, count: inputs.count) { computed in
      computation.run(into: &computed, inputs: inputs)
      each(computed.span)
    }
  }

  private func forEachVector(
    ofPanel panel: Int, _ type: SortableType, _ body: some SortableVectorBody
  ) {
    switch type {
    case .float64: forEachVector(ofPanel: panel, Double.self) { body.run($0, $1) }
    case .float32: forEachVector(ofPanel: panel, Float.self) { body.run($0, $1) }
    case .int64: forEachVector(ofPanel: panel, Int64.self) { body.run($0, $1) }
    case .int32: forEachVector(ofPanel: panel, Int32.self) { body.run($0, $1) }
    case .uint8: forEachVector(ofPanel: panel, UInt8.self) { body.run($0, $1) }
    case .int: forEachVector(ofPanel: panel, Int.self) { body.run($0, $1) }
    }
  }

  /// Writes each vector sorted, one behind the other.
  func sorted(
    _ type: SortableType, _ order: SortDirection, into output: SharedArray<UInt8>
  ) -> @Sendable (Int) -> Void {
    { [self] panel in
      forEachVector(ofPanel: panel, type, SortedVector(type: type, order: order, output: output))
    }
  }

  /// Writes where each element of each vector was before sorting.
  func sortedIndices(
    _ type: SortableType, _ order: SortDirection, into output: SharedArray<Int>
  ) -> @Sendable (Int) -> Void {
    { [self] panel in
      forEachVector(ofPanel: panel, type, SortedPositions(order: order, output: output))
    }
  }

  /// Writes the quantiles of each vector, and whether it has any.
  /// - Parameters:
  ///   - quantiles: vectors × probabilities.
  ///   - isEmpty: of each vector, whether no element counts.
  func quantiles(
    _ type: SortableType, _ probabilities: [Double], ignoresNaN: Bool,
    into quantiles: SharedArray<Double>, isEmpty: SharedArray<Bool>
  ) -> @Sendable (Int) -> Void {
    { [self] panel in
      forEachVector(
        ofPanel: panel, type,
        VectorQuantiles(
          probabilities: probabilities, ignoresNaN: ignoresNaN, quantiles: quantiles,
          isEmpty: isEmpty))
    }
  }

  /// Counts the elements of each vector between edges; then those below the first, above the last, and NaN.
  /// - Parameter counts: vectors × (bins + 3).
  func binCounts(
    _ type: SortableType, edges: SharedArray<Double>, into counts: SharedArray<Int>
  ) -> @Sendable (Int) -> Void {
    { [self] panel in
      forEachVector(ofPanel: panel, type, VectorBins(edges: edges, counts: counts))
    }
  }

  /// Writes the exact sum of each vector.
  func exactSums(_ type: SortableType, into sums: SharedArray<UInt8>) -> @Sendable (Int) -> Void {
    { [self] panel in
      forEachVector(ofPanel: panel, type, ExactVectorSum(type: type, sums: sums))
    }
  }

  /// Writes the running sums of each vector, one vector behind the other.
  func runningSums(_ type: ElementType, into output: SharedArray<UInt8>) -> @Sendable (Int) -> Void
  {
    { [self] panel in
      switch type {
      case .float64:
        forEachVector(ofPanel: panel, Double.self) { addUp($0, $1, output.view(as: Double.self)) }
      case .float32:
        forEachVector(ofPanel: panel, Float.self) { addUp($0, $1, output.view(as: Float.self)) }
      }
    }
  }

  /// Writes the running products of each vector, one vector behind the other.
  func runningProducts(
    _ type: ElementType, into output: SharedArray<UInt8>
  ) -> @Sendable (Int) -> Void {
    { [self] panel in
      switch type {
      case .float64:
        forEachVector(ofPanel: panel, Double.self) {
          multiplyUp($0, $1, output.view(as: Double.self))
        }
      case .float32:
        forEachVector(ofPanel: panel, Float.self) {
          multiplyUp($0, $1, output.view(as: Float.self))
        }
      }
    }
  }
}

/// What is done with a vector of a type that can be sorted.
private protocol SortableVectorBody {
  func run<Element: SortableElement>(_ vector: Int, _ x: Span<Element>)
}

private struct SortedVector: SortableVectorBody {
  let type: SortableType
  let order: SortDirection
  let output: SharedArray<UInt8>

  func run<Element: SortableElement>(_ vector: Int, _ x: Span<Element>) {
    withSortedKeys(of: x, order) { keys in
      write(keys, type, order, into: output, from: vector * x.count)
    }
  }
}

private struct SortedPositions: SortableVectorBody {
  let order: SortDirection
  let output: SharedArray<Int>

  func run<Element: SortableElement>(_ vector: Int, _ x: Span<Element>) {
    KernelScratch.withSpan(of: IndexedKey.self, count: x.count) { keys in
      for index in x.indices {
        let key = order == .ascending ? x[index].sortKey : x[index].descendingSortKey
        keys[index] = IndexedKey(key: key, index: index)
      }
      KernelScratch.withSpan(of: IndexedKey.self, count: x.count) { spare in
        radixSort(&keys, spare: &spare)
      }
      output.withMutableSpan { output in
        for index in x.indices { output[vector * x.count + index] = keys[index].index }
      }
    }
  }
}

private struct VectorQuantiles: SortableVectorBody {
  let probabilities: [Double]
  let ignoresNaN: Bool
  let quantiles: SharedArray<Double>
  let isEmpty: SharedArray<Bool>

  func run<Element: SortableElement>(_ vector: Int, _ x: Span<Element>) {
    withSortedKeys(of: x, .ascending) { keys in
      var known = keys.count
      while known > 0, Element(sortKey: keys[known - 1]).doubleValue.isNaN { known -= 1 }
      let count = ignoresNaN ? known : keys.count
      isEmpty[vector] = count == 0
      guard count > 0 else { return }
      quantiles.withMutableSpan { quantiles in
        for (index, probability) in probabilities.enumerated() {
          quantiles[vector * probabilities.count + index] =
            known < count
            ? .nan
            : QuantilePosition(probability, count: count).value {
              Element(sortKey: keys[$0]).doubleValue
            }
        }
      }
    }
  }
}

private struct VectorBins: SortableVectorBody {
  let edges: SharedArray<Double>
  let counts: SharedArray<Int>

  func run<Element: SortableElement>(_ vector: Int, _ x: Span<Element>) {
    let width = edges.count + 2
    edges.withSpan { edges in
      counts[vector * width..<(vector + 1) * width].withMutableSpan { counts in
        for index in counts.indices { counts[index] = 0 }
        for index in x.indices { counts[bin(of: x[index].doubleValue, edges)] += 1 }
      }
    }
  }
}

private struct ExactVectorSum: SortableVectorBody {
  let type: SortableType
  let sums: SharedArray<UInt8>

  func run<Element: SortableElement>(_ vector: Int, _ x: Span<Element>) {
    var sum = ExactSum()
    for index in x.indices { sum.add(x[index].doubleValue) }
    switch type {
    case .float32: sums.view(as: Float.self)[vector] = sum.value(as: Float.self)
    default: sums.view(as: Double.self)[vector] = sum.value(as: Double.self)
    }
  }
}

/// Lends the keys of a vector's elements in their order.
private func withSortedKeys<Element: SortableElement>(
  of x: Span<Element>, _ order: SortDirection, _ body: (Span<UInt64>) -> Void
) {
  KernelScratch.withSpan(of: UInt64.self, count: x.count) { keys in
    switch order {
    case .ascending: for index in x.indices { keys[index] = x[index].sortKey }
    case .descending: for index in x.indices { keys[index] = x[index].descendingSortKey }
    }
    KernelScratch.withSpan(of: UInt64.self, count: x.count) { spare in
      UInt64.sort(&keys, spare: &spare, from: 0)
    }
    body(keys.span)
  }
}

/// Chunk by chunk, as a vector by itself is added up.
private func addUp<Element: KernelElement & Sendable>(
  _ vector: Int, _ x: Span<Element>, _ output: SharedArray<Element>
) {
  output.withMutableSpan { output in
    var before = CompensatedSum()
    for start in stride(from: 0, to: x.count, by: CumulativeCode.chunkLength) {
      let chunk = x.extracting(start..<min(x.count, start + CumulativeCode.chunkLength))
      addUp(chunk, before.value, into: &output, from: vector * x.count + start)
      before.add(Element.sum(chunk, level: nil))
    }
  }
}

/// Chunk by chunk, as a vector by itself is multiplied.
private func multiplyUp<Element: KernelElement & Sendable>(
  _ vector: Int, _ x: Span<Element>, _ output: SharedArray<Element>
) {
  output.withMutableSpan { output in
    var before = ScaledProduct(mantissa: 1, exponent: 0)
    for start in stride(from: 0, to: x.count, by: CumulativeCode.chunkLength) {
      let chunk = x.extracting(start..<min(x.count, start + CumulativeCode.chunkLength))
      Element.runningProduct(
        chunk, after: before, into: &output, from: vector * x.count + start, level: nil)
      before = before.multiplied(by: Element.product(chunk, level: nil))
    }
  }
}
