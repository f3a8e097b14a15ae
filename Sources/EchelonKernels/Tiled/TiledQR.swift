internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// A = Q·R, Q as blocks of reflectors.
  ///
  /// - Shapes: A is m × n, m, n ≥ 0, any view. Outputs: R on the diagonal and above, and below it the reflectors, m × n,
  ///   column-major; T of each block of w reflectors I − V·T·Vᴴ, w × w, column-major, one behind the other with
  ///   w² numbers for each, w being the width of block columns; the state of each block column, a number. The scalar
  ///   factors that LAPACK calls τ are the diagonals of T.
  /// - Chunking: a chunk factors a block column or updates one by another. The width of block columns depends on the
  ///   shape only.
  /// - Accuracy: ‖A − Q·R‖ ≤ c·n·u·‖A‖.
  /// - Errors: `shapeMismatch`, `tooLarge`.
  /// - Source: R. Schreiber, C. Van Loan, "A storage-efficient WY representation", *SIAM J. Sci. Stat. Comput.* 10
  ///   (1989); Higham, *Accuracy and Stability*, 2nd ed., §19.3.
  public static let tiledQR = KernelFamily(
    float64: makeTiledQR(Double.self), float32: makeTiledQR(Float.self))

  /// The same of complex numbers, whose operands are described by their parts (`TileElement`).
  public static let complexTiledQR = KernelFamily(
    float64: makeTiledQR(ComplexParts<Double>.self), float32: makeTiledQR(ComplexParts<Float>.self))

  private static func makeTiledQR<Element: TileElement>(_ type: Element.Type) -> Kernel {
    let name = Element.isComplex ? "complex-tiled-qr" : "tiled-qr"
    return .factorization(
      of: type, family: Element.isComplex ? 17 : 13, name: name,
      summary: "QR factorization by block columns", outputCount: 3,
      steps: { shape throws(KernelError) in
        let (a, outputs) = (shape.inputs[0], shape.outputs)
        let grid = TileGrid.blockColumns(rows: a.rows, columns: a.columns)
        guard outputs[1].count >= Element.partCount * grid.factorCount * grid.edge * grid.edge,
          outputs[2].count >= grid.columnCount
        else { throw .countMismatch(kernel: name, counts: outputs.map(\.count)) }
        return grid.blockColumnGraph(finishes: false)
      },
      run: { call, step in TiledQR<Element>(call).run(step) },
      operations: { m, n in
        let k = min(m, n)
        return 4 * m * n * k - 2 * (m + n) * k * k + 4 * k * k * k / 3
      })
  }
}

private struct TiledQR<Element: TileElement> {
  let columns: BlockColumns<Element>
  let reflectors: KernelOperand
  var grid: TileGrid { columns.grid }

  init(_ call: KernelCall) {
    columns = BlockColumns(call, state: call.outputs[2])
    reflectors = call.outputs[1]
  }

  func run(_ step: TileStep) { columns.change(step, factor: factor, update: update) }

  /// Where T of a block column lies.
  private func place(_ panel: Int) -> Range<Int> {
    let start = panel * grid.edge * grid.edge
    return start..<start + grid.factor(panel).count * grid.factor(panel).count
  }

  private func factor(_ panel: Int) {
    let diagonal = grid.factor(panel)
    let t = columns.withMatrix { factorQRPanel(&$0, $1, panel: diagonal) }
    reflectors.mutableElements(of: Element.self, place(panel)) { to in
      for index in t.indices { to[index] = t[index] }
    }
    // What of the block column lies to the right of the last diagonal element.
    apply(panel, to: diagonal.upperBound..<grid.columns(panel).upperBound)
  }

  private func update(_ column: Int, by panel: Int) { apply(panel, to: grid.columns(column)) }

  private func apply(_ panel: Int, to range: Range<Int>) {
    guard !range.isEmpty else { return }
    reflectors.elements(of: Element.self, place(panel)) { t in
      columns.withMatrix { updateQRColumns(&$0, $1, by: grid.factor(panel), t, columns: range) }
    }
  }
}
