import EchelonKernels
import EchelonMemory
import EchelonPool

/// A job of a built-in kernel, planned: what reductions and linear algebra hand to an executor.
public struct KernelJob<Value: Sendable>: Sendable {
  let kernel: Kernel
  let outputs: [JobOperand]
  let inputs: [JobOperand]
  let plan: ChunkPlan
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
    plan = try kernel.plan(
      for: KernelShape(
        inputs: inputs.map { $0.layout(of: kernel.elementType) },
        outputs: outputs.map { $0.layout(of: kernel.elementType) }))
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
