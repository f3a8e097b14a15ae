import EchelonLinearAlgebra

/// How the rows of a tall matrix fall into blocks, and the blocks into a tree. Depends on the shape alone.
///
///     level 2                root                  R of the matrix
///     level 1        node           node           the R's of up to 8 blocks, one below the other
///     level 0     leaf … leaf    leaf … leaf       the rows of the matrix
///
/// Every block has as many columns as the matrix, and on level 0 at least 8 times as many rows, on others twice.
struct TallTree: Hashable {
  /// The blocks of a level, and where each has its memory.
  private struct Level: Hashable {
    let count: Int
    /// Of its blocks in memory.
    let leading: Int
    /// Where the first begins, in elements.
    let start: Int
    /// From one block to the next.
    let stride: Int
  }

  let rows: Int
  let columns: Int
  private var levels: [Level] = []
  /// Where the memory of the blocks ends.
  private let end: Int

  /// Blocks under a node, at most.
  private static let fan = 8
  /// Elements of a leaf, about, which with what is made of them lie in the second-level cache of a core.
  private static let leafElementCount = 1 << 16
  /// Leaves that a matrix falls into, if it is long enough, so that all workers have some.
  private static let leastLeafCount = 8

  /// - Precondition: rows ≥ columns ≥ 1.
  init(rows: Int, columns: Int) {
    precondition(rows >= columns && columns >= 1, "\(rows) × \(columns) is not tall")
    (self.rows, self.columns) = (rows, columns)
    let height = max(
      Self.fan * columns, min(Self.leafElementCount / columns, rows / Self.leastLeafCount))
    var (count, tallest, end) = (max(1, rows / height), 0, 0)
    tallest = (rows + count - 1) / count
    while true {
      let leading = Self.leading(tallest)
      // The block, what stands for T, and above the leaves the rows of the result.
      let size = leading * columns * (levels.isEmpty ? 1 : 2) + columns * columns
      let stride = (size + 15) / 16 * 16
      levels.append(Level(count: count, leading: leading, start: end, stride: stride))
      end += count * stride
      guard count > 1 else { break }
      let groups = (count + Self.fan - 1) / Self.fan
      (count, tallest) = (groups, (count + groups - 1) / groups * columns)
    }
    self.end = end
  }

  /// Whole lines of a cache, but no whole pages: the elements of a row would all fall into the same lines.
  private static func leading(_ rows: Int) -> Int {
    let lines = (rows + 15) / 16
    return (lines % 16 == 0 ? lines + 1 : lines) * 16
  }

  /// The level of the root.
  var top: Int { levels.count - 1 }
  /// Blocks of rows.
  var leafCount: Int { levels[0].count }
  /// Rows of the tallest leaf.
  var leafHeight: Int { (rows + leafCount - 1) / leafCount }

  /// Steps: two for each block, and one at the root.
  var stepCount: Int { 2 * levels.reduce(0) { $0 + $1.count } + 1 }

  /// The rows of a leaf, which differ by no more than one.
  func rows(ofLeaf leaf: Int) -> Range<Int> { part(leaf, of: leafCount, total: rows) }

  /// The blocks on the level below whose R's a node is made of.
  func children(_ level: Int, _ node: Int) -> Range<Int> {
    part(node, of: levels[level].count, total: levels[level - 1].count)
  }

  private func part(_ index: Int, of count: Int, total: Int) -> Range<Int> {
    index * total / count..<(index + 1) * total / count
  }

  /// The shape of a block, and of its rows of the result.
  func shape(_ level: Int, _ node: Int) -> ColumnMajorShape {
    let height = level == 0 ? rows(ofLeaf: node).count : children(level, node).count * columns
    return ColumnMajorShape(rows: height, columns: columns, leading: levels[level].leading)
  }

  // Where things lie in memory.

  func block(_ level: Int, _ node: Int) -> Range<Int> {
    piece(levels[level].start + node * levels[level].stride, shape(level, node).extent)
  }

  /// What stands for T.
  func reflectors(_ level: Int, _ node: Int) -> Range<Int> {
    let level = levels[level]
    return piece(level.start + node * level.stride + level.leading * columns, columns * columns)
  }

  /// The rows of the result that a node gives to the blocks below it.
  func result(_ level: Int, _ node: Int) -> Range<Int> {
    piece(reflectors(level, node).upperBound, shape(level, node).extent)
  }

  /// The n × n numbers that a block's rows of the result are made of, and their shape: part of the result of the node
  /// above.
  func seed(_ level: Int, _ node: Int) -> (place: Range<Int>, shape: ColumnMajorShape) {
    guard level < top else {
      let shape = ColumnMajorShape(rows: columns, columns: columns)
      return (piece(end, columns * columns), shape)
    }
    let parent = ((node + 1) * levels[level + 1].count - 1) / levels[level].count
    let shape = ColumnMajorShape(
      rows: columns, columns: columns, leading: levels[level + 1].leading)
    let row = (node - children(level + 1, parent).lowerBound) * columns
    return (piece(result(level + 1, parent).lowerBound + row, shape.extent), shape)
  }

  /// A number for each leaf, which is 0 if all of its rows of the matrix are finite.
  var flags: Range<Int> { piece(end + columns * columns, leafCount) }

  func flag(_ leaf: Int) -> Range<Int> { piece(flags.lowerBound + leaf, 1) }

  /// Elements of all memory that the tree needs.
  var elementCount: Int { flags.upperBound }

  private func piece(_ start: Int, _ count: Int) -> Range<Int> { start..<start + count }

  /// The steps: `factor` each block when those below it are, then `finish` the first rows, then `update` each block's
  /// rows of the result when those above are there. A step's row is its level, its column its block.
  ///
  /// A node comes right after what it is made of, while that is in a cache; and on the way down, the last come first.
  var graph: ChunkGraph {
    var graph = ChunkGraph()
    func factor(_ level: Int, _ node: Int) -> Int {
      let children = level == 0 ? [] : children(level, node).map { factor(level - 1, $0) }
      return graph.add(TileStep(action: .factor, row: level, column: node), after: children)
    }
    func update(_ level: Int, _ node: Int, after step: Int) {
      let this = graph.add(TileStep(action: .update, row: level, column: node), after: [step])
      guard level > 0 else { return }
      for child in children(level, node).reversed() { update(level - 1, child, after: this) }
    }
    let root = factor(top, 0)
    let first = graph.add(TileStep(action: .finish, row: top, column: 0), after: [root])
    update(top, 0, after: first)
    return graph
  }
}

extension KernelFamily {
  /// Whether a QR factorization is to go by a tree of blocks: of many more rows than columns, and too large for one
  /// call to keep in the caches of a core. A tree has twice the operations of that call.
  public static func isTall(rows: Int, columns: Int) -> Bool {
    (1...256).contains(columns) && rows / 16 >= columns && rows >= (1 << 20) / columns
  }

  /// Steps of a QR factorization by a tree of blocks, and how many blocks of rows there are, and of how many rows.
  public static func tallQRSteps(
    rows: Int, columns: Int
  ) -> (count: Int, blockCount: Int, blockRows: Int) {
    let tree = TallTree(rows: rows, columns: columns)
    return (tree.stepCount, tree.leafCount, tree.leafHeight)
  }

  /// Elements that a QR factorization by a tree of blocks needs beside its results; 0 for shapes that it refuses.
  public static func tallQRScratchCount(rows: Int, columns: Int) -> Int {
    guard rows >= columns, columns >= 1 else { return 0 }
    return TallTree(rows: rows, columns: columns).elementCount
  }

  /// Which of these say that there is NaN or an infinity in the matrix, by not being 0.
  public static func tallQRFlags(rows: Int, columns: Int) -> Range<Int> {
    TallTree(rows: rows, columns: columns).flags
  }
}
