public import EchelonMemory

/// One kernel, the memory it works on, and how the work falls into chunks: checked once, so that
/// running a chunk checks nothing again.
public struct KernelCall: Sendable {
  /// What is computed.
  public let kernel: Kernel
  /// What it reads, in the order that the kernel documents.
  public let inputs: [KernelOperand]
  /// What it writes.
  public let outputs: [KernelOperand]
  /// What it is told besides.
  public let parameters: KernelParameters
  /// The chunks, by the shapes alone.
  public let plan: ChunkPlan

  /// Checks the operands against the kernel and plans the chunks.
  ///
  /// Outputs must be writable and share no byte with any input: every chunk can then be run again
  /// after a worker died in it.
  public init(
    _ kernel: Kernel, inputs: [KernelOperand], outputs: [KernelOperand] = [],
    parameters: KernelParameters = KernelParameters()
  ) throws(KernelError) {
    plan = try kernel.plan(
      for: KernelShape(inputs: inputs.map(\.layout), outputs: outputs.map(\.layout)))
    for (o, output) in outputs.enumerated() {
      guard output.isWritable else {
        throw .outputNotWritable(kernel: kernel.name, output: o)
      }
      if let i = inputs.firstIndex(where: output.overlaps) {
        throw .outputOverlapsInput(kernel: kernel.name, output: o, input: i)
      }
    }
    self.kernel = kernel
    self.inputs = inputs
    self.outputs = outputs
    self.parameters = parameters
  }

  /// The shapes of the operands.
  public var shape: KernelShape {
    KernelShape(inputs: inputs.map(\.layout), outputs: outputs.map(\.layout))
  }

  /// Runs one chunk. May be called again for the same chunk, and in any order.
  public func run(chunk: Int) -> KernelPartial { kernel.run(self, chunk: chunk) }

  /// Runs all chunks here and merges them: the plain in-process executor.
  public func run() -> KernelPartial {
    kernel.mergeTree(count: plan.chunkCount) { run(chunk: $0) }
  }
}
