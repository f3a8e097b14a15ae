import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonWire

/// A task or a job on its way through an `InProcessExecutor`.
///
/// The lock of the core guards every stored property of this class; `run`, `finish` and `fail` are
/// called without it.
class InProcessWork: FutureSource, @unchecked Sendable {
  private let core: InProcessCore
  private let untypedFuture: AnyFuture
  /// How many pieces it has, 0 for a job over nothing.
  final let pieceCount: Int
  /// Set before it is handed over.
  final var priority = WorkPriority.normal
  private final var nextPiece = 0
  private final var endedPieces = 0
  private final var isTakenBack = false

  init(core: InProcessCore, future: AnyFuture, pieceCount: Int) {
    self.core = core
    self.pieceCount = pieceCount
    untypedFuture = future
  }

  // MARK: For the core, under its lock

  final var hasPiecesLeft: Bool { !isTakenBack && nextPiece < pieceCount }
  final var hasBegun: Bool { nextPiece > 0 }

  /// The piece that the caller is to run; nil when there is none.
  final func takePiece() -> Int? {
    guard hasPiecesLeft else { return nil }
    nextPiece += 1
    return nextPiece - 1
  }

  /// - Returns: whether it was the last one.
  final func pieceEnded() -> Bool {
    endedPieces += 1
    return endedPieces == pieceCount
  }

  /// - Returns: whether it had not begun, and now never will.
  final func takeBack() -> Bool {
    guard nextPiece == 0, !isTakenBack else { return false }
    isTakenBack = true
    return true
  }

  // MARK: For the threads

  func run(_ piece: Int) { preconditionFailure("a subclass runs it") }
  func finish() { preconditionFailure("a subclass completes its future") }
  final func fail(_ error: any Error, isCancelled: Bool) {
    untypedFuture.fail(error, isCancelled: isCancelled)
  }

  // MARK: FutureSource

  final var isRunning: Bool { core.isRunning(self) }
  final func poll() {}
  final func cancel() -> Bool { core.cancel(self) }
  final func demandCompletion() { core.mayBlock() }
  final func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool {
    core.whileBlocked(park)
  }
}

/// The call of one function.
final class InProcessTask<Output: Sendable>: InProcessWork, @unchecked Sendable {
  private let future: Future<Output>
  private let site: CallSite
  // Written by the one thread that runs the piece, read by the same one in `finish`. The body goes as
  // soon as it has run, and the arguments with it.
  private var body: (@Sendable () throws -> Output)?
  private var result: Result<Output, any Error>?

  init(
    core: InProcessCore, future: Future<Output>, site: CallSite,
    _ body: @escaping @Sendable () throws -> Output
  ) {
    self.future = future
    self.site = site
    self.body = body
    super.init(core: core, future: future, pieceCount: 1)
  }

  override func run(_ piece: Int) {
    guard let body else { return }
    result = Result { try body() }.mapError { asReceived($0, submittedAt: site) }
    self.body = nil
  }

  override func finish() { if let result { future.complete(result) } }
}

/// A job of chunks.
class InProcessJob<Value: Sendable>: InProcessWork, @unchecked Sendable {
  final let future: Future<Value>

  init(core: InProcessCore, future: Future<Value>, chunkCount: Int) {
    self.future = future
    super.init(core: core, future: future, pieceCount: chunkCount)
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
    super.init(core: core, future: future, chunkCount: count)
  }

  override func run(_ piece: Int) {
    partials?.withMutableSpan(of: KernelPartial.self, byteOffset: 64 * piece, count: 1) {
      $0[0] = call.run(chunk: piece)
    }
  }

  override func finish() { future.complete(Result { try job.value(of: partials) }) }
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
    let hasPartials = job.output == nil && job.chunkCount > 0
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
    super.init(core: core, future: future, chunkCount: job.chunkCount)
  }

  override func run(_ piece: Int) { job.function.run(memory.chunk(piece)) }

  override func finish() {
    if let output = job.output, let destination = job.destination {
      let (from, to) = (output.bytes, destination.bytes)
      from.withSpan { source in
        to.withMutableSpan { target in for index in source.indices { target[index] = source[index] }
        }
      }
    }
    future.complete(Result { try job.merge(partials) })
  }
}

extension JobOperand {
  /// The memory from its first element to the end of its block.
  func window() throws(ArenaError) -> ArenaWindow {
    let handle = block.handle
    return try ArenaWindow(
      in: block.arena, offset: handle.offset + UInt64(byteOffset),
      byteCount: handle.byteCount - UInt64(byteOffset), index: handle.index,
      generation: handle.generation)
  }

  func kernelOperand(_ kernel: Kernel, isWritable: Bool) throws -> KernelOperand {
    guard
      let operand = try window().operand(layout(of: kernel.elementType), isWritable: isWritable)
    else { preconditionFailure("a typed array holds its elements") }
    return operand
  }
}
