internal import EchelonLinearAlgebra
internal import EchelonMemory

// What the kernels of factorizations by tiles have in common.

extension Kernel {
  /// A kernel that factors its only input. Its first output has the shape of that, in column-major order.
  /// - Parameters:
  ///   - steps: the steps for a shape whose input and first output have been checked; throws when other outputs do not
  ///     fit.
  ///   - run: one of the steps.
  ///   - operations: how many there are for m × n elements.
  static func factorization(
    family: UInt32, name: String, elementType: ElementType, summary: String, outputCount: Int,
    steps: @escaping @Sendable (KernelShape) throws(KernelError) -> ChunkGraph,
    run: @escaping @Sendable (KernelCall, TileStep) -> Void,
    operations: @escaping @Sendable (_ m: Double, _ n: Double) -> Double
  ) -> Kernel {
    var kernel = Kernel(
      family: family, name: name, elementType: elementType, summary: summary, inputCount: 1,
      outputCount: outputCount,
      plan: { shape throws(KernelError) in
        try checkFactorization(shape, name)
        return .graph(try steps(shape))
      },
      run: { call, chunk in
        guard let graph = call.plan.graph else { preconditionFailure("a plan of steps") }
        run(call, graph.steps[chunk])
        return KernelPartial()
      },
      merge: { left, _ in left },
      cost: { shape in
        let a = shape.inputs[0]
        return KernelCost(
          bytesMoved: 2 * a.count * elementType.byteCount,
          operations: operations(Double(a.rows), Double(a.columns)))
      },
      oracle: .elsewhere)
    kernel.hasGraph = true
    return kernel
  }

  /// What all factorizations ask for: column-major outputs, in numbers that LAPACK can count.
  private static func checkFactorization(
    _ shape: KernelShape, _ name: String
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
  fileprivate static var elsewhere: KernelOracle {
    KernelOracle(expected: { _ in [] }, observed: { _, _ in [] }, tolerance: { _ in [] })
  }
}

extension OperandLayout {
  var view: MatrixView {
    MatrixView(rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
  /// Of a matrix whose columns lie together.
  var columnMajor: ColumnMajorShape {
    ColumnMajorShape(
      rows: rows, columns: columns, leading: columns <= 1 ? max(1, rows) : columnStride)
  }
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
