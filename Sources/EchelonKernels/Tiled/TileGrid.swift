public import EchelonLinearAlgebra

/// How the rows and columns of a matrix fall into tiles or block columns. Depends on the shape alone.
struct TileGrid: Hashable {
  let rows: Int
  let columns: Int
  /// Of a tile, or the width of a block column.
  let edge: Int

  /// The tiles of a Cholesky factorization: of a small matrix all of it; of a larger one 96 to 240 wide, so that there
  /// are about 20 in a row, by whole panels of packed factors.
  static func choleskyTiles(order n: Int) -> TileGrid {
    let edge = n <= 256 ? max(1, n) : min(240, max(96, n / 20 / 48 * 48))
    return TileGrid(rows: n, columns: n, edge: edge)
  }

  /// The block columns of an LU or QR factorization: of a small matrix all of it.
  static func blockColumns(rows: Int, columns: Int) -> TileGrid {
    let n = min(rows, columns)
    let edge = n <= 128 ? max(1, columns) : n < 768 ? 64 : n < 3000 ? 128 : 192
    return TileGrid(rows: rows, columns: columns, edge: edge)
  }

  /// Tiles of the shorter side: as many as there are factors.
  var factorCount: Int { (min(rows, columns) + edge - 1) / edge }
  /// Tiles of the columns.
  var columnCount: Int { (columns + edge - 1) / edge }
  /// Block columns that others are updated by: those with one to their right.
  var updatingCount: Int { max(0, min(factorCount, columnCount - 1)) }

  func columns(_ index: Int) -> Range<Int> { index * edge..<min(columns, (index + 1) * edge) }
  /// The rows of tiles that a step works on.
  func rows(_ step: TileStep) -> Range<Int> { step.row * edge..<min(rows, step.rowEnd * edge) }
  /// The columns whose diagonal lies inside the matrix.
  func factor(_ index: Int) -> Range<Int> { index * edge..<min(rows, columns, (index + 1) * edge) }

  /// The steps of a factorization by block columns: each is updated by those before it, one after the other, and
  /// then factored itself if it has a diagonal.
  ///
  /// The next block column comes first in each round, and is factored at once, so that the rest of the round is
  /// there to do meanwhile.
  func blockColumnGraph(finishes: Bool) -> ChunkGraph {
    var graph = ChunkGraph()
    guard rows > 0, columns > 0 else { return graph }
    var factored = graph.add(TileStep(action: .factor, row: 0, column: 0), after: [])
    var last = [Int?](repeating: nil, count: columnCount)
    for panel in 0..<factorCount {
      var next = factored
      for column in panel + 1..<max(panel + 1, columnCount) {
        let update = graph.add(
          TileStep(action: .update, row: panel, column: column),
          after: [factored, last[column]].compactMap(\.self))
        last[column] = update
        if column == panel + 1, column < factorCount {
          next = graph.add(TileStep(action: .factor, row: column, column: column), after: [update])
        }
      }
      factored = next
    }
    if finishes {
      // Nobody reads a factor any more: the last one comes after all others, and what lies to its right has been
      // brought up to date.
      let ends = [factored] + last.dropFirst(factorCount).compactMap(\.self)
      for column in 0..<max(0, factorCount - 1) {
        graph.add(TileStep(action: .finish, row: column, column: column), after: ends)
      }
    }
    return graph
  }

  /// Tiles in one step of a Cholesky factorization, at most.
  static let tallestBlock = 6

  /// The steps of a Cholesky factorization: one for each tile on the diagonal, and for those below it one for up to
  /// `tallestBlock`, since a BLAS multiplies tall blocks sooner than square ones.
  ///
  /// In each round the tile below the diagonal comes first and alone, and then the next one on the diagonal, so that
  /// the rest of the round is there to do meanwhile.
  var choleskyGraph: ChunkGraph {
    var graph = ChunkGraph()
    guard rows > 0 else { return graph }
    var diagonal = graph.add(TileStep(action: .factor, row: 0, column: 0), after: [])
    var left = [Int?](repeating: nil, count: factorCount)
    for column in 0..<factorCount - 1 {
      var next = diagonal
      var row = column + 1
      while row < factorCount {
        let end =
          row == column + 1
          ? row + 1 : min(factorCount, (row / TileGrid.tallestBlock + 1) * TileGrid.tallestBlock)
        let block = graph.add(
          TileStep(action: .update, row: row, rowEnd: end, column: column),
          after: [diagonal] + Set(left[row..<end].compactMap(\.self)).sorted())
        for tile in row..<end { left[tile] = block }
        if row == column + 1 {
          next = graph.add(TileStep(action: .factor, row: row, column: row), after: [block])
        }
        row = end
      }
      diagonal = next
    }
    return graph
  }
}

extension KernelFamily {
  /// How many tiles there are on the diagonal for a Cholesky factorization.
  public static func choleskyTileCount(order: Int) -> Int {
    TileGrid.choleskyTiles(order: order).factorCount
  }

  /// Elements of memory in which a Cholesky factorization packs L; 0 where a BLAS multiplies.
  public static func choleskyPackedCount<Element: BLASElement>(
    order: Int, of type: Element.Type
  ) -> Int {
    guard PackedFactors<Element>.areAvailable else { return 0 }
    let grid = TileGrid.choleskyTiles(order: order)
    return PackedTriangle<Element>(order: order, edge: grid.edge).count
  }

  /// Elements of memory in which an LU factorization packs L; 0 where a BLAS multiplies.
  public static func luPackedCount<Element: BLASElement>(
    rows: Int, columns: Int, of type: Element.Type
  ) -> Int {
    guard PackedFactors<Element>.areAvailable else { return 0 }
    let grid = TileGrid.blockColumns(rows: rows, columns: columns)
    return PackedBlockColumns<Element>(rows: rows, width: grid.edge).start(grid.updatingCount)
  }

  /// How many block columns there are for an LU or QR factorization.
  public static func blockColumnCount(rows: Int, columns: Int) -> Int {
    TileGrid.blockColumns(rows: rows, columns: columns).columnCount
  }

  /// The width of a block column for an LU or QR factorization.
  public static func blockColumnWidth(rows: Int, columns: Int) -> Int {
    TileGrid.blockColumns(rows: rows, columns: columns).edge
  }

  /// Steps of an LU factorization, and the width of a block column.
  public static func luSteps(rows: Int, columns: Int) -> (count: Int, width: Int) {
    let grid = TileGrid.blockColumns(rows: rows, columns: columns)
    return (grid.blockColumnGraph(finishes: true).steps.count, grid.edge)
  }

  /// Steps of a QR factorization, and the width of a block column.
  public static func qrSteps(rows: Int, columns: Int) -> (count: Int, width: Int) {
    let grid = TileGrid.blockColumns(rows: rows, columns: columns)
    return (grid.blockColumnGraph(finishes: false).steps.count, grid.edge)
  }

  /// Steps of a Cholesky factorization, and the most rows and columns of one.
  public static func choleskySteps(order: Int) -> (count: Int, height: Int, width: Int) {
    let grid = TileGrid.choleskyTiles(order: order)
    return (
      grid.choleskyGraph.steps.count, TileGrid.tallestBlock * grid.edge, grid.edge
    )
  }
}
