internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// L, lower triangular, with A = L·Lᵀ.
  ///
  /// - Shapes: A is n × n, n ≥ 0, any view, of which the lower triangle is read. Outputs: L, n × n, column-major;
  ///   and a status per column of tiles: 0, or 1 more than the column at which A is not positive definite.
  /// - Chunking: a chunk is a tile of the lower triangle, or some below one another, and computes them to their end
  ///   from A and the tiles to the left, so that it can be run again. The size of tiles depends on n only.
  /// - Accuracy: ‖A − L·Lᵀ‖ ≤ c·n·u·‖A‖.
  /// - Errors: `shapeMismatch`, `tooLarge`.
  /// - Source: Higham, *Accuracy and Stability*, 2nd ed., §10.1.
  public static let tiledCholesky = KernelFamily(
    float64: makeTiledCholesky(Double.self), float32: makeTiledCholesky(Float.self))

  private static func makeTiledCholesky<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    let name = "tiled-cholesky"
    return .factorization(
      family: 11, name: name, elementType: Element.elementType,
      summary: "Cholesky factorization by tiles", outputCount: 2,
      steps: { shape throws(KernelError) in
        let (a, status) = (shape.inputs[0], shape.outputs[1])
        let grid = TileGrid.choleskyTiles(order: a.rows)
        guard a.rows == a.columns, status.count >= grid.factorCount else {
          throw .shapeMismatch(kernel: name, shapes: ["\(a.rows) × \(a.columns)"])
        }
        return grid.choleskyGraph
      },
      run: { call, step in runCholesky(call, step, type) },
      operations: { n, _ in n * n * n / 3 })
  }

  private static func runCholesky<Element: KernelElement>(
    _ call: KernelCall, _ step: TileStep, _ type: Element.Type
  ) {
    let (a, l) = (call.inputs[0], call.outputs[0])
    let grid = TileGrid.choleskyTiles(order: a.layout.rows)
    let failed = a.withSpan(of: type, 0..<a.layout.extent) { input in
      l.withMutableSpan(of: type, 0..<l.layout.extent) { output in
        computeCholeskyTile(
          input, a.layout.view, into: &output, l.layout.columnMajor,
          rows: grid.rows(step), columns: grid.columns(step.column))
      }
    }
    if step.action == .factor {
      call.outputs[1].store(Element(failed.map { $0 + 1 } ?? 0), at: step.column)
    }
  }
}
