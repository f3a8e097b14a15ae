import CEchelon
import EchelonKernels
import EchelonMemory
import EchelonWire

/// A job made ready to run chunk by chunk. A class, so that a chunk costs one call and no copy.
class ChunkBody {
  /// - Returns: why it could not be run.
  func run(_ chunk: Int) -> JobFailure? { preconditionFailure("a subclass runs it") }
  /// Which chunks wait for which; nil when none does.
  var graph: ChunkGraph? { nil }
}

/// One that cannot be run.
final class FailedBody: ChunkBody {
  private let failure: JobFailure

  init(_ failure: JobFailure) { self.failure = failure }

  override func run(_ chunk: Int) -> JobFailure? { failure }
}

/// A kernel of the catalog.
final class KernelBody: ChunkBody {
  private let call: KernelCall
  /// 64 bytes per chunk for partial results; nil when there are none.
  private let partials: Int?
  private let region: Region

  init(_ call: KernelCall, _ wire: Wire, _ fields: job_record) {
    self.call = call
    region = wire.arena.region
    partials = fields.partials_offset == 0 ? nil : Int(fields.partials_offset)
  }

  override var graph: ChunkGraph? { call.plan.graph }

  override func run(_ chunk: Int) -> JobFailure? {
    guard chunk < call.plan.chunkCount else { return .badParameters }
    let partial = call.run(chunk: chunk)
    if let partials { region.store(partial, at: partials + 64 * chunk) }
    return nil
  }
}

/// A user's closure.
private final class ProgramBody<Program: ChunkProgram>: ChunkBody {
  private let program: Program
  private let memory: ProgramMemory

  init(_ program: Program, _ memory: ProgramMemory) {
    self.program = program
    self.memory = memory
  }

  override func run(_ chunk: Int) -> JobFailure? {
    program.run(memory.chunk(chunk))
    return nil
  }
}

func programBody<Program: ChunkProgram>(
  _ program: Program, _ memory: ProgramMemory
) -> ChunkBody {
  ProgramBody(program, memory)
}
