import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonWire

/// A job of chunks.
class InProcessJob<Value: Sendable>: InProcessWork, @unchecked Sendable {
  final let future: Future<Value>

  init(core: InProcessCore, future: Future<Value>, chunkCount: Int, _ options: JobOptions) {
    self.future = future
    super.init(core: core, future: future, pieceCount: chunkCount)
    priority = options.priority
    deadlineNanoseconds = options.deadlineNanoseconds
  }

  final override var leavesOutWhatIsLeft: Bool { true }

  /// The value, when all chunks are done.
  func value() throws -> Value { preconditionFailure("a subclass merges the partial results") }

  final override func finish() {
    // Only a wish to stop has it end before its last chunk.
    if isAskedToStop { return fail(CancellationError(), isCancelled: true) }
    future.complete(Result { try value() })
  }
}

/// A job of a built-in kernel: the chunks and the merges are those of a pool.
final class InProcessKernelJob<Value: Sendable>: InProcessJob<Value>, @unchecked Sendable {
  private let job: KernelJob<Value>
  private let call: KernelCall
  private let partials: ArenaBlock?

  init(
    core: InProcessCore, arena: Arena, future: Future<Value>, _ job: KernelJob<Value>
  ) throws {
    self.job = job
    call = try KernelCall(
      job.kernel, inputs: job.inputs.map { try $0.kernelOperand(job.kernel, isWritable: false) },
      outputs: job.outputs.map { try $0.kernelOperand(job.kernel, isWritable: true) })
    let count = job.plan.chunkCount
    partials = count == 0 ? nil : try arena.allocate(byteCount: 64 * count)
    // Chunks that wait for one another are run in their order, by one thread.
    let pieceCount = job.plan.graph == nil ? count : min(1, count)
    super.init(core: core, future: future, chunkCount: pieceCount, job.options)
  }

  override var name: String { "kernel \(job.kernel)" }

  override func run(_ piece: Int) -> PieceOutcome {
    if job.plan.graph != nil {
      _ = call.run()
      return .done
    }
    partials?.withMutableSpan(of: KernelPartial.self, byteOffset: 64 * piece, count: 1) {
      $0[0] = call.run(chunk: piece)
    }
    return .done
  }

  override func value() throws -> Value { try job.value(of: partials) }
}

/// A job whose chunks a user's closure works on.
final class InProcessClosureJob<Program: ChunkProgram, Value: Sendable>: InProcessJob<Value>,
  @unchecked Sendable
{
  private let job: ClosureJob<Program, Value>
  private let partials: ArenaBlock?
  /// The operands, and the parameters in memory of the arena.
  private let memory: ProgramMemory
  private let parameters: ArenaBlock

  init(
    core: InProcessCore, arena: Arena, future: Future<Value>, _ job: ClosureJob<Program, Value>
  ) throws {
    self.job = job
    let hasPartials = job.hasPartials && job.chunkCount > 0
    partials = hasPartials ? try arena.allocate(byteCount: 64 * job.chunkCount) : nil
    let parameters = try arena.allocate(byteCount: max(64, job.parameters.bytes.count))
    job.parameters.bytes.withRawSpan { parameters.region.copy(from: $0, at: 0) }
    self.parameters = parameters
    guard
      let memory = ProgramMemory(
        arena: arena, operands: try job.operands.map { try $0.window() },
        hasOutput: job.output != nil, parameters: parameters.region, parametersAt: 0,
        partials: partials?.region, elementCount: job.elementCount, chunkLength: job.chunkLength)
    else { preconditionFailure("a job of typed arrays fits its memory") }
    self.memory = memory
    super.init(core: core, future: future, chunkCount: job.chunkCount, job.options)
  }

  override var name: String { job.label }

  override func run(_ piece: Int) -> PieceOutcome {
    job.function.run(memory.chunk(piece))
    return .done
  }

  override func value() throws -> Value {
    if let output = job.output, let destination = job.destination {
      let (from, to) = (output.bytes, destination.bytes)
      from.withSpan { source in
        to.withMutableSpan { target in for index in source.indices { target[index] = source[index] }
        }
      }
    }
    return try job.merge(partials)
  }
}

extension JobOperand {
  /// The memory from its first element to the end of its block.
  func window() throws(ArenaError) -> ArenaWindow {
    let handle = block.handle
    return try ArenaWindow(
      in: block.arena, offset: handle.offset + UInt64(byteOffset),
      byteCount: handle.byteCount - UInt64(byteOffset), index: handle.index,
      generation: handle.generation, file: handle.file)
  }

  func kernelOperand(_ kernel: Kernel, isWritable: Bool) throws -> KernelOperand {
    guard
      let operand = try window().operand(layout(of: kernel.elementType), isWritable: isWritable)
    else { preconditionFailure("a typed array holds its elements") }
    return operand
  }
}
