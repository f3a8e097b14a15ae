internal import EchelonLinearAlgebra
internal import EchelonMemory

// What the kernels of factorizations by tiles have in common.

extension Kernel {
  /// A kernel that factors its only input. Its first output has the shape of that, in column-major order.
  /// - Parameters:
  ///   - type: of the elements of the matrix; those of operands are their parts.
  ///   - steps: the steps for a shape whose input and first output have been checked; throws when other outputs do not
  ///     fit.
  ///   - run: one of the steps.
  ///   - operations: how many there are for m × n real elements.
  static func factorization<Element: TileElement>(
    of type: Element.Type, family: UInt32, name: String, summary: String, outputCount: Int,
    steps: @escaping @Sendable (KernelShape) throws(KernelError) -> ChunkGraph,
    run: @escaping @Sendable (KernelCall, TileStep) -> Void,
    operations: @escaping @Sendable (_ m: Double, _ n: Double) -> Double
  ) -> Kernel {
    var kernel = Kernel(
      family: family, name: name, elementType: Element.Part.elementType, summary: summary,
      inputCount: 1,
      outputCount: outputCount,
      plan: { shape throws(KernelError) in
        try checkFactorization(shape, name, partCount: Element.partCount)
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
          bytesMoved: 2 * a.count * MemoryLayout<Element>.stride,
          // A complex product and sum is four of each of real numbers.
          operations: (Element.isComplex ? 4 : 1) * operations(Double(a.rows), Double(a.columns)))
      },
      oracle: .elsewhere)
    kernel.hasGraph = true
    return kernel
  }

  /// What all factorizations ask for: column-major outputs, in numbers that LAPACK can count.
  private static func checkFactorization(
    _ shape: KernelShape, _ name: String, partCount: Int
  ) throws(KernelError) {
    let (a, x) = (shape.inputs[0], shape.outputs[0])
    guard x.rows == a.rows, x.columns == a.columns, x.rowStride == partCount || x.rows <= 1
    else {
      throw .shapeMismatch(kernel: name, shapes: [a, x].map { "\($0.rows) × \($0.columns)" })
    }
    guard x.isInjective else { throw .outputOverlapsItself(kernel: name, output: 0) }
    let limit = Int(Int32.max)
    for layout in [a, x]
    where max(
      layout.rows, layout.columns, layout.rowStride / partCount, layout.columnStride / partCount)
      > limit
    {
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
