internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// A = Q·R of a matrix with many more rows than columns, by a tree of blocks.
  ///
  /// Each block of rows is factored alone, then R's of several blocks, one below the other, and so on up to one R
  /// (TSQR). Q is then known as a product along the tree. Its first n rows tell the reflectors of which LAPACK's geqrf
  /// would have made a Q with the same columns but for signs; down the tree the others follow.
  ///
  /// - Shapes: A is m × n, m ≥ n ≥ 1, any view. Outputs: R on the diagonal and above, and below it the reflectors, m × n,
  ///   column-major; their n scalar factors, which LAPACK calls τ; memory for the blocks, 1.1 to 1.5
  ///   times m·n numbers (`tallQRScratchCount`), among them some that say whether A is finite (`tallQRFlags`).
  /// - Chunking: a chunk factors a block, or finds the first n rows, or makes a block's rows of the result. The blocks
  ///   depend on the shape only. Each chunk writes what it does not read, so that it can be run again.
  /// - Accuracy: ‖A − Q·R‖ ≤ c·n·u·‖A‖.
  /// - Errors: `shapeMismatch`, `countMismatch`, `tooLarge`.
  /// - Source: J. Demmel, L. Grigori, M. Hoemmen, J. Langou, "Communication-optimal parallel and sequential QR and LU
  ///   factorizations", *SIAM J. Sci. Comput.* 34 (2012); G. Ballard and others, "Reconstructing Householder vectors
  ///   from tall-skinny QR", *J. Parallel Distrib. Comput.* 85 (2015).
  public static let tallQR = KernelFamily(
    float64: makeTallQR(Double.self), float32: makeTallQR(Float.self))

  /// The same of complex numbers, whose operands are described by their parts (`TileElement`).
  public static let complexTallQR = KernelFamily(
    float64: makeTallQR(ComplexParts<Double>.self), float32: makeTallQR(ComplexParts<Float>.self))

  private static func makeTallQR<Element: TileElement>(_ type: Element.Type) -> Kernel {
    let name = Element.isComplex ? "complex-tall-qr" : "tall-qr"
    return .factorization(
      of: type, family: Element.isComplex ? 18 : 14, name: name,
      summary: "QR factorization by a tree of blocks", outputCount: 3,
      steps: { shape throws(KernelError) in
        let (a, outputs) = (shape.inputs[0], shape.outputs)
        guard a.rows >= a.columns, a.columns >= 1 else {
          throw .shapeMismatch(kernel: name, shapes: ["\(a.rows) × \(a.columns)"])
        }
        let tree = TallTree(rows: a.rows, columns: a.columns)
        guard outputs[1].count >= Element.partCount * a.columns,
          outputs[2].count >= Element.partCount * tree.elementCount
        else {
          throw .countMismatch(kernel: name, counts: outputs.map(\.count))
        }
        return tree.graph
      },
      run: { call, step in TallQR<Element>(call).run(step) },
      operations: { m, n in 5 * m * n * n })
  }
}

private struct TallQR<Element: TileElement> {
  let tree: TallTree
  let a: KernelOperand
  let x: KernelOperand
  let tau: KernelOperand
  let memory: KernelOperand
  var n: Int { tree.columns }

  init(_ call: KernelCall) {
    a = call.inputs[0]
    (x, tau, memory) = (call.outputs[0], call.outputs[1], call.outputs[2])
    tree = TallTree(rows: a.layout.rows, columns: a.layout.columns)
  }

  func run(_ step: TileStep) {
    switch step.action {
    case .factor: factor(step.row, step.column)
    case .finish: findFirstRows()
    case .update: update(step.row, step.column)
    }
  }

  private func factor(_ level: Int, _ node: Int) {
    let shape = tree.shape(level, node)
    write(tree.block(level, node)) { block in
      if level == 0 {
        copyRows(tree.rows(ofLeaf: node), into: &block, shape)
        // While they lie in a cache: a search of its own would read the matrix from memory once more.
        let isFinite = isTallBlockFinite(block.span, shape)
        write(tree.flag(node)) { $0[0] = isFinite ? 0 : 1 }
      } else {
        for (index, child) in tree.children(level, node).enumerated() {
          read(tree.block(level - 1, child)) {
            stackTriangle($0, tree.shape(level - 1, child), into: &block, shape, row: index * n)
          }
        }
      }
      write(tree.reflectors(level, node)) { factorTallBlock(&block, shape, &$0) }
    }
  }

  private func copyRows(
    _ rows: Range<Int>, into block: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) {
    let all = a.layout.view(of: Element.self)
    let view = MatrixView(
      rows: rows.count, columns: n, rowStride: all.rowStride, columnStride: all.columnStride)
    let start = rows.lowerBound * all.rowStride
    a.elements(of: Element.self, start..<start + view.extent) {
      copyBlockColumn($0, view, into: &block, shape, columns: 0..<n)
    }
  }

  /// The first n rows of the result, τ, and what those below are made of.
  private func findFirstRows() {
    KernelScratch.withSpan(of: Element.self, count: n * n) { q in
      // The first n rows of Q: of the identity, multiplied by Q of the first block on each level.
      for index in q.indices { q[index] = index % (n + 1) == 0 ? 1 : 0 }
      for level in (0...tree.top).reversed() {
        read(tree.block(level, 0)) { block in
          read(tree.reflectors(level, 0)) { expandTop(block, tree.shape(level, 0), $0, &q) }
        }
      }
      read(tree.block(tree.top, 0)) { r in
        write(tree.seed(tree.top, 0).place) { seed in
          tau.mutableElements(of: Element.self, 0..<n) { tau in
            x.withMutableMatrix(of: Element.self) { factors, shape in
              reconstructReflectors(
                &q, r, tree.shape(tree.top, 0), into: &factors, shape, tau: &tau, x: &seed)
            }
          }
        }
      }
    }
  }

  private func update(_ level: Int, _ node: Int) {
    let shape = tree.shape(level, node)
    let (place, seedShape) = tree.seed(level, node)
    read(tree.block(level, node)) { block in
      read(tree.reflectors(level, node)) { t in
        read(place) { seed in
          if level > 0 {
            write(tree.result(level, node)) {
              expandTallBlock(block, shape, t, by: seed, seedShape, into: &$0, shape)
            }
          } else {
            let start = tree.rows(ofLeaf: node).lowerBound
            let leading = x.layout.columnMajor(of: Element.self).leading
            let rows = ColumnMajorShape(rows: shape.rows, columns: n, leading: leading)
            x.mutableElements(of: Element.self, start..<start + rows.extent) {
              // The first n rows of all are there already.
              expandTallBlock(
                block, shape, t, by: seed, seedShape, into: &$0, rows, skippingTop: node == 0)
            }
          }
        }
      }
    }
  }

  private func read<Result>(_ range: Range<Int>, _ body: (Span<Element>) -> Result) -> Result {
    memory.elements(of: Element.self, range, body)
  }

  private func write<Result>(
    _ range: Range<Int>, _ body: (inout MutableSpan<Element>) -> Result
  ) -> Result {
    memory.mutableElements(of: Element.self, range, body)
  }
}
