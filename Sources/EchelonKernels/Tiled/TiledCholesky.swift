internal import EchelonLinearAlgebra
public import EchelonMemory

extension KernelFamily {
  /// L, lower triangular, with A = L·Lᵀ.
  ///
  /// - Shapes: A is n × n, n ≥ 0, any view, of which the lower triangle is read. Outputs: L, n × n, column-major;
  ///   and a status per column of tiles: 0, or 1 more than the column at which A is not positive definite.
  /// - Chunking: a chunk is a tile of the lower triangle, and computes it to its end from A and the tiles to the left,
  ///   so that it can be run again. The size of tiles depends on n only.
  /// - Accuracy: ‖A − L·Lᵀ‖ ≤ c·n·u·‖A‖.
  /// - Errors: `shapeMismatch`, `tooLarge`.
  /// - Source: Higham, *Accuracy and Stability*, 2nd ed., §10.1.
  public static let tiledCholesky = KernelFamily(
    float64: makeTiledCholesky(Double.self), float32: makeTiledCholesky(Float.self))

  private static func makeTiledCholesky<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    let name = "tiled-cholesky"
    var kernel = Kernel(
      family: 11, name: name, elementType: Element.elementType,
      summary: "Cholesky factorization by tiles", inputCount: 1, outputCount: 2,
      plan: { shape throws(KernelError) in
        let grid = try choleskyGrid(shape, name)
        return .graph(grid.choleskyGraph)
      },
      run: { call, chunk in
        runCholesky(call, chunk, type)
        return KernelPartial()
      },
      merge: { left, _ in left },
      cost: { shape in
        let n = Double(shape.inputs[0].rows)
        return KernelCost(
          bytesMoved: 2 * shape.inputs[0].count * Element.elementType.byteCount,
          operations: n * n * n / 3)
      },
      oracle: .elsewhere)
    kernel.hasGraph = true
    return kernel
  }

  /// The edge of a tile: of a small matrix all of it; of a larger one 128 to 256, so that there are about 16 in a row.
  public static func choleskyEdge(_ n: Int) -> Int {
    n <= 256 ? max(1, n) : min(256, max(128, (n / 16 + 31) / 32 * 32))
  }

  private static func choleskyGrid(_ shape: KernelShape, _ name: String) throws(KernelError)
    -> TileGrid
  {
    let (a, l, status) = (shape.inputs[0], shape.outputs[0], shape.outputs[1])
    let grid = TileGrid(rows: a.rows, columns: a.columns, edge: choleskyEdge(a.rows))
    try checkFactorization(shape, name, statusCount: grid.factorCount)
    guard a.rows == a.columns, l.rows == a.rows, status.count >= grid.factorCount else {
      throw .shapeMismatch(kernel: name, shapes: [a, l].map { "\($0.rows) × \($0.columns)" })
    }
    return grid
  }

  private static func runCholesky<Element: KernelElement>(
    _ call: KernelCall, _ chunk: Int, _ type: Element.Type
  ) {
    guard case .graph(let graph) = call.plan else { preconditionFailure("a plan of steps") }
    let step = graph.steps[chunk]
    let (a, l) = (call.inputs[0], call.outputs[0])
    let grid = TileGrid(
      rows: a.layout.rows, columns: a.layout.columns, edge: choleskyEdge(a.layout.rows))
    let failed = a.withSpan(of: type, 0..<a.layout.extent) { input in
      l.withMutableSpan(of: type, 0..<l.layout.extent) { output in
        computeCholeskyTile(
          input, a.layout.view, into: &output,
          leadingDimension: l.layout.columnMajorLeadingDimension,
          rows: grid.rows(step.row), columns: grid.columns(step.column))
      }
    }
    if step.action == .factor {
      call.outputs[1].store(Element(failed.map { $0 + 1 } ?? 0), at: step.column)
    }
  }

  /// What all factorizations ask for: column-major outputs, in numbers that LAPACK can count.
  static func checkFactorization(
    _ shape: KernelShape, _ name: String, statusCount: Int
  ) throws(KernelError) {
    let (a, x) = (shape.inputs[0], shape.outputs[0])
    guard x.rows == a.rows, x.columns == a.columns, x.rowStride == 1 || x.rows <= 1 else {
      throw .shapeMismatch(kernel: name, shapes: [a, x].map { "\($0.rows) × \($0.columns)" })
    }
    guard x.isInjective else { throw .outputOverlapsItself(kernel: name, output: 0) }
    let limit = Int(Int32.max)
    for layout in [a, x]
    where max(layout.rows, layout.columns, layout.rowStride, layout.columnStride) > limit {
      throw .tooLarge(kernel: name, limit: limit)
    }
  }
}

extension KernelOracle {
  /// Answers that are no numbers of which each has one right value: the tests look at residuals.
  static var elsewhere: KernelOracle {
    KernelOracle(expected: { _ in [] }, observed: { _, _ in [] }, tolerance: { _ in [] })
  }
}

extension OperandLayout {
  var view: MatrixView {
    MatrixView(rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
  /// Of a matrix whose columns lie together.
  var columnMajorLeadingDimension: Int { columns <= 1 ? max(1, rows) : columnStride }
}

extension KernelOperand {
  /// One element of a vector.
  func load<Element: KernelElement>(_ type: Element.Type, at index: Int) -> Element {
    withSpan(of: type, index..<index + 1) { $0[0] }
  }

  func store<Element: KernelElement>(_ value: Element, at index: Int) {
    withMutableSpan(of: Element.self, index..<index + 1) { $0[0] = value }
  }
}
