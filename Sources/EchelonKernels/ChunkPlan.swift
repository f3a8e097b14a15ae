public import EchelonMemory

/// The shapes a kernel is asked to work on; all that a plan may depend on.
public struct KernelShape: Hashable, Sendable {
  /// The layouts of the inputs.
  public let inputs: [OperandLayout]
  /// The layouts of the outputs.
  public let outputs: [OperandLayout]

  /// Inputs and outputs in the order that the kernel documents.
  public init(inputs: [OperandLayout], outputs: [OperandLayout] = []) {
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// How a job falls into chunks.
///
/// Made from shape and type alone, never from the number of workers: this is what makes results the
/// same bits whoever ran what. Chunks are numbered from 0, tiles in row-major order of the grid.
public enum ChunkPlan: Hashable, Sendable {
  /// Contiguous runs of `length` elements; the last may be shorter. No elements, no chunks.
  case runs(count: Int, length: Int)
  /// Tiles of `tileRows` × `tileColumns` over a matrix; those at the edges may be smaller.
  case tiles(rows: Int, columns: Int, tileRows: Int, tileColumns: Int)
  /// Steps of which some wait for others; a chunk is one step.
  case graph(ChunkGraph)

  /// The number of chunks, 0 when there is nothing to do.
  public var chunkCount: Int {
    switch self {
    case .runs(let count, let length): Self.pieces(count, length)
    case .tiles(let rows, let columns, let tileRows, let tileColumns):
      Self.pieces(rows, tileRows) * Self.pieces(columns, tileColumns)
    case .graph(let graph): graph.steps.count
    }
  }

  /// Which chunks wait for which; nil when none does.
  public var graph: ChunkGraph? {
    if case .graph(let graph) = self { graph } else { nil }
  }

  /// The elements of a chunk; traps for a plan of tiles.
  public func elements(ofChunk chunk: Int) -> Range<Int> {
    guard case .runs(let count, let length) = self else {
      preconditionFailure("a plan of tiles has no runs")
    }
    precondition((0..<chunkCount) ~= chunk, "chunk \(chunk) of \(chunkCount)")
    return Self.piece(chunk, count, length)
  }

  /// The rows and columns of a chunk; traps for a plan of runs.
  public func tile(ofChunk chunk: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    guard case .tiles(let rows, let columns, let tileRows, let tileColumns) = self else {
      preconditionFailure("a plan of runs has no tiles")
    }
    precondition((0..<chunkCount) ~= chunk, "chunk \(chunk) of \(chunkCount)")
    let across = Self.pieces(columns, tileColumns)
    return (
      Self.piece(chunk / across, rows, tileRows), Self.piece(chunk % across, columns, tileColumns)
    )
  }

  private static func pieces(_ count: Int, _ length: Int) -> Int {
    count / length + (count % length == 0 ? 0 : 1)
  }

  private static func piece(_ index: Int, _ count: Int, _ length: Int) -> Range<Int> {
    index * length..<min(count, (index + 1) * length)
  }
}
