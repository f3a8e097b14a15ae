import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// Every row or every column of what expressions compute, cut into panels: some neighbouring vectors, of each one
/// chunk of elements. Panels depend on the shape alone, and are what one worker computes at a time.
struct MatrixPanels: Sendable {
  let codes: [ComputationCode]
  /// How the inputs lie, each vector a row.
  let sources: [LeafSource]
  let arrays: [SharedArray<UInt8>]
  /// How many vectors there are.
  let vectorCount: Int
  /// Elements of a vector.
  let length: Int
  /// Whether a panel has whole vectors; else chunks, the same as those of a vector by itself, whose bits its reduction
  /// has.
  let isWhole: Bool

  /// - Throws: as an expression of all would.
  init(
    _ roots: [ExpressionNode<ArrayLeaf>], each slice: MatrixSlice, operation: String,
    isWhole: Bool = false
  ) throws {
    if roots.count > 1 { _ = try ExpressionShape(same: roots, operation: operation) }
    let plan = try ExpressionPlan(roots, operation: operation)
    let isTransposed = slice == .column
    codes = plan.codes
    sources = plan.sources.map { source in
      var source = source
      if isTransposed { source.layout = source.layout.transposed }
      return source
    }
    arrays = plan.leaves.map(\.reference.bytes)
    vectorCount = isTransposed ? plan.shape.columns : plan.shape.rows
    length = isTransposed ? plan.shape.rows : plan.shape.columns
    self.isWhole = isWhole
  }

  /// Elements of a chunk.
  private var chunkLength: Int { isWhole ? max(1, length) : FusedReduction.chunkLength }

  /// How many chunks a vector has, and partial results.
  var chunksPerVector: Int { length / chunkLength + (length % chunkLength == 0 ? 0 : 1) }

  /// Vectors of a panel. As many elements as a chunk of a reduction has, at least. Of columns of a matrix that lies row
  /// by row, 64 if they are short and eight if they are long: they share cache lines, and several of these lie side by
  /// side. Few vectors that are much work are shared out all the same.
  private var height: Int {
    let columns = max(1, min(length, chunkLength))
    let neighbours = areNeighbours ? max(8, min(64, (1 << 19) / columns)) : 1
    let most = max(FusedReduction.chunkLength / columns, neighbours)
    guard areNeighbours || isWhole else { return max(1, min(vectorCount, most)) }
    return max(1, min(vectorCount, most, max(areNeighbours ? 4 : 1, (vectorCount + 7) / 8)))
  }
  private var areNeighbours: Bool {
    sources.contains { $0.layout.rowStride < $0.layout.columnStride }
  }
  private var panelsPerChunk: Int { vectorCount / height + (vectorCount % height == 0 ? 0 : 1) }

  /// How many panels there are.
  var count: Int { panelsPerChunk * chunksPerVector }

  /// Which vectors a panel has, and which elements of each.
  func extent(ofPanel panel: Int) -> (vectors: Range<Int>, elements: Range<Int>) {
    let (chunk, place) = panel.quotientAndRemainder(dividingBy: panelsPerChunk)
    return (
      place * height..<min(vectorCount, (place + 1) * height),
      chunk * chunkLength..<min(length, (chunk + 1) * chunkLength)
    )
  }

  /// What lends a program the elements of a panel.
  func inputs(ofPanel panel: Int) -> PanelInputs {
    let (vectors, elements) = extent(ofPanel: panel)
    return PanelInputs(panels: self, vectors: vectors, elements: elements)
  }
}

/// The elements of a panel, one vector behind the other.
struct PanelInputs: VectorInputs {
  let panels: MatrixPanels
  let vectors: Range<Int>
  let elements: Range<Int>

  var count: Int { vectors.count * elements.count }

  func withInput<Element: VectorProgramScalar>(
    _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    if let start = startInPlace(index, of: type) {
      return panels.arrays[index].view(as: type)[start..<start + count].withSpan(body)
    }
    KernelScratch.withSpan(of: type, count: count) { gathered in
      gather(index, into: &gathered)
      body(gathered.span)
    }
  }

  func gatherInput<Element: VectorProgramScalar>(
    _ index: Int, into output: inout MutableSpan<Element>
  ) -> Bool {
    guard startInPlace(index, of: Element.self) == nil else { return false }
    gather(index, into: &output)
    return true
  }

  /// Where the elements lie one behind the other as they are; nil where they do not.
  private func startInPlace<Element: VectorProgramScalar>(
    _ index: Int, of type: Element.Type
  ) -> Int? {
    let source = panels.sources[index]
    let layout = source.layout
    let isRun =
      (layout.columnStride == 1 || elements.count == 1)
      && (vectors.count == 1 || layout.rowStride == elements.count)
    guard count > 0, isRun, source.type == type.vectorType else { return nil }
    return vectors.lowerBound * layout.rowStride + elements.lowerBound * layout.columnStride
  }

  private func gather<Element: VectorProgramScalar>(
    _ index: Int, into output: inout MutableSpan<Element>
  ) {
    let source = panels.sources[index]
    panels.arrays[index].withSpan { bytes in
      if source.layout.rowStride < source.layout.columnStride, elements.count < 64 {
        gatherAcross(source, bytes, into: &output)
      } else {
        gatherAlong(source, bytes, into: &output)
      }
    }
  }

  /// Of neighbouring columns some elements of each at a time, so that their cache lines are read once.
  private func gatherAlong<Element: VectorProgramScalar>(
    _ source: LeafSource, _ bytes: Span<UInt8>, into output: inout MutableSpan<Element>
  ) {
    let blockLength = vectors.count == 1 ? elements.count : 256
    for block in stride(from: 0, to: elements.count, by: max(1, blockLength)) {
      let length = min(blockLength, elements.count - block)
      for vector in 0..<vectors.count {
        let place = vector * elements.count + block
        source.gather(
          bytes,
          from: (vectors.lowerBound + vector) * panels.length + elements.lowerBound + block,
          into: &output, at: place..<place + length)
      }
    }
  }

  /// Of many short columns one element of each at a time.
  private func gatherAcross<Element: VectorProgramScalar>(
    _ source: LeafSource, _ bytes: Span<UInt8>, into output: inout MutableSpan<Element>
  ) {
    var source = source
    source.layout = source.layout.transposed
    KernelScratch.withSpan(of: Element.self, count: vectors.count) { across in
      for element in 0..<elements.count {
        source.gather(
          bytes, from: (elements.lowerBound + element) * panels.vectorCount + vectors.lowerBound,
          into: &across)
        for vector in 0..<vectors.count {
          output[vector * elements.count + element] = across[vector]
        }
      }
    }
  }
}
