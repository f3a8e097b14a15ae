import EchelonKernels
import EchelonMemory
import EchelonPool

/// A job of a built-in kernel, planned: what reductions and linear algebra hand to an executor.
public struct KernelJob<Value: Sendable>: Sendable {
  let kernel: Kernel
  let outputs: [JobOperand]
  let inputs: [JobOperand]
  let plan: ChunkPlan
  /// Whether a chunk is much more work than to wake a worker.
  let hasLargeChunks: Bool
  var options = JobOptions()
  /// Makes the value of the merged partial result.
  let finish: @Sendable (KernelPartial) throws -> Value

  /// - Throws: `KernelError` when the operands do not fit the kernel.
  init(
    _ kernel: Kernel, outputs: [JobOperand] = [], inputs: [JobOperand],
    finish: @escaping @Sendable (KernelPartial) throws -> Value
  ) throws(KernelError) {
    self.kernel = kernel
    self.outputs = outputs
    self.inputs = inputs
    self.finish = finish
    let shape = KernelShape(
      inputs: inputs.map { $0.layout(of: kernel.elementType) },
      outputs: outputs.map { $0.layout(of: kernel.elementType) })
    plan = try kernel.plan(for: shape)
    hasLargeChunks =
      switch plan {
      // Four million operations of a BLAS take 50 µs or more.
      case .tiles, .graph: kernel.cost(of: shape).operations >= 4e6 * Double(plan.chunkCount)
      default: false
      }
  }

  /// The value of partial results that lie in memory in chunk order; nil for none.
  func value(of partials: ArenaBlock?) throws -> Value {
    guard let partials else { return try finish(kernel.identity) }
    return try partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: plan.chunkCount) {
      span in try finish(kernel.mergeTree(span))
    }
  }
}

extension JobOperand {
  /// How its elements lie in memory.
  func layout(of type: ElementType) -> OperandLayout {
    OperandLayout(
      matrixOf: type, rows: rows, columns: columns, rowStride: rowStride,
      columnStride: columnStride)
  }
}
