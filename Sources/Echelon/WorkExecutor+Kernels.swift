public import EchelonKernels
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Kernels as values: for whoever walks the catalog.
extension WorkExecutor {
  /// Starts any kernel of the catalog and returns the future of its merged partial result.
  ///
  ///     let partial = try await pool.start(KernelFamily.sum.float64, inputs: [x]).value
  ///
  /// The typed functions, such as `sum`, say what the partial result means.
  /// - Parameters:
  ///   - outputs: what the kernel writes, sharing no memory with `inputs`.
  ///   - inputs: what it reads; a vector is a matrix of one row.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`.
  /// - Throws: `KernelError` when operands do not fit the kernel.
  public func start<Element: KernelElement & Sendable>(
    _ kernel: Kernel, outputs: [SharedMatrix<Element>] = [], inputs: [SharedMatrix<Element>],
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<KernelPartial> {
    guard Element.elementType == kernel.elementType else {
      throw KernelError.wrongElementType(
        kernel: kernel.name, operand: 0, found: "\(Element.elementType)",
        expected: "\(kernel.elementType)")
    }
    for (o, output) in outputs.enumerated() {
      if let i = inputs.firstIndex(where: { output.storage.sharesMemory(with: $0.storage) }) {
        throw KernelError.outputOverlapsInput(kernel: kernel.name, output: o, input: i)
      }
    }
    var job = try KernelJob(
      kernel, outputs: outputs.map(\.operand), inputs: inputs.map(\.operand)
    ) { $0 }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}
