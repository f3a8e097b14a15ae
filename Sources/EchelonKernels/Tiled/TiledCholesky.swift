internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// L, lower triangular, with A = L·Lᴴ.
  ///
  /// - Shapes: A is n × n, n ≥ 0, any view, of which the lower triangle is read. Outputs: L, n × n, column-major;
  ///   a status per column of tiles: 0, or 1 more than the column at which A is not positive definite; and
  ///   `choleskyPackedCount` elements for L packed, of use while the job runs only: with fewer a BLAS multiplies.
  /// - Chunking: a chunk is a tile of the lower triangle, or some below one another, and computes them to their end
  ///   from A and the tiles to the left, so that it can be run again. The size of tiles depends on n only.
  /// - Accuracy: ‖A − L·Lᴴ‖ ≤ c·n·u·‖A‖.
  /// - Errors: `shapeMismatch`, `tooLarge`.
  /// - Source: Higham, *Accuracy and Stability*, 2nd ed., §10.1.
  public static let tiledCholesky = KernelFamily(
    float64: makeTiledCholesky(Double.self), float32: makeTiledCholesky(Float.self))

  /// The same of complex numbers, whose operands are described by their parts (`TileElement`).
  public static let complexTiledCholesky = KernelFamily(
    float64: makeTiledCholesky(ComplexParts<Double>.self),
    float32: makeTiledCholesky(ComplexParts<Float>.self))

  private static func makeTiledCholesky<Element: TileElement>(_ type: Element.Type) -> Kernel {
    let name = Element.isComplex ? "complex-tiled-cholesky" : "tiled-cholesky"
    return .factorization(
      of: type, family: Element.isComplex ? 15 : 11, name: name,
      summary: "Cholesky factorization by tiles", outputCount: 3,
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

  private static func runCholesky<Element: TileElement>(
    _ call: KernelCall, _ step: TileStep, _ type: Element.Type
  ) {
    let (a, l) = (call.inputs[0], call.outputs[0])
    let grid = TileGrid.choleskyTiles(order: a.layout.rows)
    let needed = choleskyPackedCount(order: a.layout.rows, of: type)
    let count = call.outputs[2].layout.count >= needed ? needed : 0
    let failed = a.withMatrix(of: type) { input in
      l.withMutableMatrix(of: type) { output, shape in
        call.outputs[2].mutableElements(of: type, 0..<count) { packed in
          computeCholeskyTile(
            input, a.layout.view(of: type), into: &output, shape, packed: &packed,
            PackedTriangle(order: grid.rows, edge: grid.edge),
            rows: grid.rows(step), columns: grid.columns(step.column))
        }
      }
    }
    if step.action == .factor {
      call.outputs[1].store(Element.Part(failed.map { $0 + 1 } ?? 0), at: step.column)
    }
  }
}
