internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// P·A = L·U with partial pivoting.
  ///
  /// - Shapes: A is m × n, m, n ≥ 0, any view. Outputs: L below the diagonal and U on it and above, m × n, column-major;
  ///   the row that each of the first min(m, n) was exchanged with, counted from 0; the state of each block column, two
  ///   numbers; m elements for each to save a column in; and `luPackedCount` for L packed, of use while the job runs
  ///   only: with fewer a BLAS multiplies. Numbers of rows are exact in Float, too: m ≤ 2²⁴.
  /// - Chunking: a chunk factors a block column, or updates one by another, or puts the rows of one in their final
  ///   order. The width of block columns depends on the shape only.
  /// - Accuracy: ‖P·A − L·U‖ ≤ c·n·u·‖|L|·|U|‖.
  /// - Errors: `shapeMismatch`, `tooLarge`. A pivot that is 0 is found on the diagonal of U.
  /// - Source: Higham, *Accuracy and Stability*, 2nd ed., §9.3.
  public static let tiledLU = KernelFamily(
    float64: makeTiledLU(Double.self), float32: makeTiledLU(Float.self))

  /// The same of complex numbers, whose operands are described by their parts (`TileElement`).
  public static let complexTiledLU = KernelFamily(
    float64: makeTiledLU(ComplexParts<Double>.self), float32: makeTiledLU(ComplexParts<Float>.self))

  private static func makeTiledLU<Element: TileElement>(_ type: Element.Type) -> Kernel {
    let name = Element.isComplex ? "complex-tiled-lu" : "tiled-lu"
    return .factorization(
      of: type, family: Element.isComplex ? 16 : 12, name: name,
      summary: "LU factorization by block columns", outputCount: 5,
      steps: { shape throws(KernelError) in
        let (a, outputs) = (shape.inputs[0], shape.outputs)
        let grid = TileGrid.blockColumns(rows: a.rows, columns: a.columns)
        guard outputs[1].count >= min(a.rows, a.columns), outputs[2].count >= 2 * grid.columnCount,
          outputs[3].count >= Element.partCount * a.rows * grid.columnCount
        else { throw .countMismatch(kernel: name, counts: outputs.map(\.count)) }
        guard a.rows <= 1 << 24 else { throw .tooLarge(kernel: name, limit: 1 << 24) }
        return grid.blockColumnGraph(finishes: true)
      },
      run: { call, step in TiledLU<Element>(call).run(step) },
      operations: { m, n in
        let k = min(m, n)
        return 2 * m * n * k - (m + n) * k * k + 2 * k * k * k / 3
      })
  }
}

private struct TiledLU<Element: TileElement> {
  let columns: BlockColumns<Element>
  let pivots: KernelOperand
  let saved: KernelOperand
  /// What is below the diagonal of the block columns that are factored, packed: what they were before rows of L are
  /// exchanged, as their updates need it.
  let packed: KernelOperand
  var grid: TileGrid { columns.grid }

  init(_ call: KernelCall) {
    columns = BlockColumns(call, state: call.outputs[2])
    pivots = call.outputs[1]
    saved = call.outputs[3]
    packed = call.outputs[4]
  }

  func run(_ step: TileStep) {
    switch step.action {
    case .factor, .update:
      columns.change(step, factor: factor, update: update)
    case .finish: exchangeRows(step.column)
    }
  }

  private func factor(_ panel: Int) {
    let range = grid.columns(panel)
    let found = columns.withMatrix { matrix, shape in
      packed.mutableElements(of: Element.self, packedRange(panel)) {
        factorLUPanel(&matrix, shape, panel: range, packed: &$0)
      }
    }
    for (index, pivot) in found.enumerated() {
      pivots.store(Element.Part(range.lowerBound + Int(pivot) - 1), at: range.lowerBound + index)
    }
    columns.state.store(Element.Part(0), at: exchangeState(panel))
  }

  private func update(_ column: Int, by panel: Int) {
    let range = grid.factor(panel)
    let exchanged = range.map {
      Int32(pivots.load(Element.Part.self, at: $0)) + 1 - Int32(range.lowerBound)
    }
    columns.withMatrix { matrix, shape in
      packed.elements(of: Element.self, packedRange(panel)) {
        updateLUColumns(
          &matrix, shape, by: range, exchanged, packed: $0, columns: grid.columns(column))
      }
    }
  }

  /// Where a block column is packed; nowhere, if no other is updated by it.
  private func packedRange(_ panel: Int) -> Range<Int> {
    let needed = KernelFamily.luPackedCount(
      rows: grid.rows, columns: grid.columns, of: Element.self)
    guard needed > 0, packed.layout.count >= needed, panel < grid.updatingCount else {
      return 0..<0
    }
    let places = PackedBlockColumns<Element>(rows: grid.rows, width: grid.edge)
    return places.start(panel)..<places.start(panel + 1)
  }

  private func exchangeState(_ panel: Int) -> Int { grid.columnCount + panel }

  /// Exchanges the rows of L in a block column as those to its right have chosen, column by column: what a column
  /// was is saved before it is changed, so that it can be done again.
  private func exchangeRows(_ panel: Int) {
    let (range, rows) = (grid.factor(panel), grid.rows)
    var order = Array(range.upperBound..<rows)
    for index in range.upperBound..<min(rows, grid.columns) {
      let other = Int(pivots.load(Element.Part.self, at: index))
      order.swapAt(index - range.upperBound, other - range.upperBound)
    }
    let cell = exchangeState(panel)
    let first = range.upperBound
    for column in range {
      let index = column - range.lowerBound
      let seen = Int(columns.state.load(Element.Part.self, at: cell))
      if seen > 2 * index + 1 { continue }
      let start = column * columns.shape.leading
      let place = panel * rows
      if seen == 2 * index {
        columns.x.elements(of: Element.self, start + first..<start + rows) { from in
          saved.mutableElements(of: Element.self, place + first..<place + rows) { to in
            for row in from.indices { to[row] = from[row] }
          }
        }
        columns.state.store(Element.Part(2 * index + 1), at: cell)
      }
      saved.elements(of: Element.self, place + first..<place + rows) { from in
        columns.x.mutableElements(of: Element.self, start + first..<start + rows) { to in
          for row in order.indices { to[row] = from[order[row] - first] }
        }
      }
      columns.state.store(Element.Part(2 * index + 2), at: cell)
    }
  }
}
