internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// `C = A·B`.
  ///
  /// - Shapes: A is m × k, B is k × n, C is m × n, any dimension 0 or more, each a view with row and
  ///   column strides, transposed views included. With k = 0, C becomes 0.
  /// - Units: the product of those of A and B.
  /// - Chunking: tiles of C whose size depends on m and n only; a tile is one call of BLAS over the
  ///   whole inner dimension, or, where it is large and the instruction set in use has a fused multiply-add, a product of
  ///   factors that the worker packs. C shares no memory with A or B, so a tile can be run again.
  /// - Accuracy: |C - Ĉ| ≤ γₖ·|A|·|B| element-wise, u that of the element type.
  /// - Errors: `shapeMismatch`, `outputOverlapsItself`, `tooLarge`. NaN and infinities propagate; in small
  ///   products as the BLAS in use does it.
  /// - Source: K. Goto, R. A. van de Geijn, "Anatomy of high-performance matrix multiplication",
  ///   *ACM TOMS* 34 (2008); Higham, *Accuracy and Stability*, 2nd ed., §3.5.
  public static let matrixProduct = KernelFamily(
    float64: makeMatrixProduct(Double.self), float32: makeMatrixProduct(Float.self))

  private static func makeMatrixProduct<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    let name = "matrix-product"
    return Kernel(
      family: 6, name: name, elementType: Element.elementType,
      summary: "product of two matrices, by BLAS", inputCount: 2, outputCount: 1,
      plan: { shape throws(KernelError) in
        let (a, b, c) = (shape.inputs[0], shape.inputs[1], shape.outputs[0])
        guard a.columns == b.rows, c.rows == a.rows, c.columns == b.columns else {
          throw .shapeMismatch(
            kernel: name, shapes: [a, b, c].map { "\($0.rows) × \($0.columns)" })
        }
        guard c.isInjective else { throw .outputOverlapsItself(kernel: name, output: 0) }
        let limit = Int(Int32.max)
        for layout in [a, b, c]
        where max(layout.rows, layout.columns, layout.rowStride, layout.columnStride) > limit {
          throw .tooLarge(kernel: name, limit: limit)
        }
        let tile = tileSize(rows: c.rows, columns: c.columns)
        return .tiles(
          rows: c.rows, columns: c.columns, tileRows: tile.rows, tileColumns: tile.columns)
      },
      run: { call, chunk in
        multiplyTile(call, chunk, type)
        return KernelPartial()
      },
      merge: { left, _ in left },
      cost: { shape in
        let elements = (shape.inputs + shape.outputs).reduce(0) { $0 + $1.count }
        let (a, b) = (shape.inputs[0], shape.inputs[1])
        return KernelCost(
          bytesMoved: elements * Element.elementType.byteCount,
          operations: 2 * Double(a.rows) * Double(a.columns) * Double(b.columns))
      },
      oracle: KernelOracle(
        expected: { entries($0, type) { $0 * $1 } },
        observed: { call, _ in call.outputs[0].values(of: type) },
        tolerance: { call in
          let roundings = Double(call.inputs[0].layout.columns + 1)
          return entries(call, type) { abs($0 * $1) * roundings * Element.unitRoundoff * 1.01 }
        }))
  }

  /// A panel of rows, as wide as C if that is no more than 2048 columns: each tile packs its part of B anew, which
  /// costs a square tile of 512 a sixth of its time. Eight panels share the rows, so that workers share evenly;
  /// each has at least 128 rows, below which a product is mostly packing, and at most a million elements.
  private static func tileSize(rows: Int, columns: Int) -> (rows: Int, columns: Int) {
    let parts = max(1, (columns + 2047) / 2048)
    let width = max(1, (columns + parts - 1) / parts)
    let height = max(128, min((rows + 7) / 8, (1 << 20) / width))
    return ((height + 31) / 32 * 32, parts == 1 ? width : (width + 31) / 32 * 32)
  }

  private static func multiplyTile<Element: KernelElement>(
    _ call: KernelCall, _ chunk: Int, _ type: Element.Type
  ) {
    let (rows, columns) = call.plan.tile(ofChunk: chunk)
    let (a, b, c) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let inner = 0..<a.layout.columns
    let aTile = MatrixTile(of: a.layout, rows: rows, columns: inner)
    let bTile = MatrixTile(of: b.layout, rows: inner, columns: columns)
    let cTile = MatrixTile(of: c.layout, rows: rows, columns: columns)
    a.withSpan(of: type, aTile.range) { a in
      b.withSpan(of: type, bTile.range) { b in
        c.withMutableSpan(of: type, cTile.range) { c in
          do {
            try multiply(a, aTile.view, b, bTile.view, into: &c, cTile.view)
          } catch {
            preconditionFailure("the plan has checked all shapes, and yet: \(error)")
          }
        }
      }
    }
  }

  /// All entries of the product in row-major order, by the definition, in double precision.
  private static func entries<Element: KernelElement>(
    _ call: KernelCall, _ type: Element.Type, _ term: (Double, Double) -> Double
  ) -> [Double] {
    let (a, b) = (call.inputs[0].values(of: type), call.inputs[1].values(of: type))
    let (m, k) = (call.inputs[0].layout.rows, call.inputs[0].layout.columns)
    let n = call.inputs[1].layout.columns
    var result: [Double] = []
    for i in 0..<m {
      for j in 0..<n {
        var sum = CompensatedSum()
        for l in 0..<k { sum.add(term(a[i * k + l], b[l * n + j])) }
        result.append(sum.value)
      }
    }
    return result
  }
}

/// A rectangle of an operand: where it lies in memory, and its shape from there on.
private struct MatrixTile {
  let range: Range<Int>
  let view: MatrixView

  init(of layout: OperandLayout, rows: Range<Int>, columns: Range<Int>) {
    view = MatrixView(
      rows: rows.count, columns: columns.count, rowStride: layout.rowStride,
      columnStride: layout.columnStride)
    let start =
      view.isEmpty
      ? 0 : rows.lowerBound * layout.rowStride + columns.lowerBound * layout.columnStride
    range = start..<start + view.extent
  }
}
