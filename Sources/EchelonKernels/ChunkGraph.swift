/// One step of a factorization by tiles, or by a tree of blocks (`TallTree`): what is done, and to which.
public struct TileStep: Hashable, Sendable {
  /// What the steps of factorizations do.
  public enum Action: Hashable, Sendable {
    /// Factors the tile, the block column, or the block of a tree, `column`.
    case factor
    /// Brings up to date by what is factored: the tiles (`row`..<`rowEnd`, `column`), or the block column `column` by
    /// the block column `row`; or makes what the block `column` of a tree adds to the result.
    case update
    /// The last thing that is done to the block column `column`; of a tree, the first rows of the result.
    case finish
  }

  /// What is done.
  public let action: Action
  /// A row of tiles, the block column by which another is updated, or the level of a tree.
  public let row: Int
  /// One more than the last row of tiles of a step that works on several, one below the other.
  public let rowEnd: Int
  /// A column of tiles, or a block on its level of a tree.
  public let column: Int

  init(action: Action, row: Int, rowEnd: Int? = nil, column: Int) {
    self.action = action
    self.row = row
    self.rowEnd = rowEnd ?? row + 1
    self.column = column
  }
}

/// Steps of which some wait for others, numbered so that each waits for lower numbers only.
///
/// Whoever is free takes the lowest one that is ready, so the order of the numbers is that of urgency: the
/// steps that most others wait for come early, before the rest of an earlier round (look-ahead).
/// Source: J. Kurzak, A. Buttari, J. Dongarra, "Solving systems of linear equations on the CELL processor using
/// Cholesky factorization", IEEE Trans. Parallel Distrib. Syst. 19 (2008), §3.
public struct ChunkGraph: Hashable, Sendable {
  /// What each chunk does.
  public private(set) var steps: [TileStep] = []
  /// The chunks that chunk c waits for are `edges[starts[c]..<starts[c + 1]]`.
  private var starts: [Int32] = [0]
  private var edges: [Int32] = []

  /// Adds a step, which gets the next number.
  /// - Parameter predecessors: the numbers of those that it waits for.
  /// - Returns: its number.
  @discardableResult
  mutating func add(_ step: TileStep, after predecessors: [Int]) -> Int {
    precondition(
      predecessors.allSatisfy { (0..<steps.count) ~= $0 }, "a step waits for a later one")
    steps.append(step)
    edges += predecessors.map(Int32.init)
    starts.append(Int32(edges.count))
    return steps.count - 1
  }

  /// The chunks that `chunk` waits for.
  public func predecessors(of chunk: Int) -> [Int] {
    edges[Int(starts[chunk])..<Int(starts[chunk + 1])].map(Int.init)
  }

  /// Whether all that `chunk` waits for is done.
  public func isReady(_ chunk: Int, isDone: (Int) -> Bool) -> Bool {
    for edge in Int(starts[chunk])..<Int(starts[chunk + 1]) where !isDone(Int(edges[edge])) {
      return false
    }
    return true
  }
}
