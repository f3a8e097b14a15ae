public import EchelonMemory
package import EchelonWire

/// One chunked job as the pool carries it; a subclass knows what its chunks amount to.
///
/// The engine's lock guards every stored property; `finish` and `fail` are called without it, once.
open class PoolJob: @unchecked Sendable {
  /// What the chunks run and on what.
  package struct Request: Sendable {
    package var kind: JobKind
    package var code: UInt32
    package var chunkCount: Int
    package var elementCount: Int
    package var chunkLength: Int
    package var operands: [JobOperand]
    package var parameters: [UInt8]
    /// Holds the parameters when they are too large for the record.
    package var parameterBlock: ArenaBlock?
    /// What the parameters name by handle.
    package var retained: [ArenaBlock] = []
    package var hasPartials: Bool
    package var retries: Int
    package var priority: WorkPriority
    /// Whether a chunk is so much work that a worker claims one at a time, for who claimed several would have
    /// others wait at the end; and that who waits for the job sleeps at once, for its processor is needed.
    package var hasLargeChunks = false

    package init(
      kind: JobKind, code: UInt32, chunkCount: Int, elementCount: Int, chunkLength: Int,
      operands: [JobOperand], parameters: [UInt8], hasPartials: Bool, retries: Int,
      priority: WorkPriority = .normal
    ) {
      self.kind = kind
      self.code = code
      self.chunkCount = chunkCount
      self.elementCount = elementCount
      self.chunkLength = chunkLength
      self.operands = operands
      self.parameters = parameters
      self.hasPartials = hasPartials
      self.retries = retries
      self.priority = priority
    }

    /// The elements of a chunk, where the chunks are runs of elements.
    func elements(ofChunk chunk: Int) -> Range<Int>? {
      guard chunkLength > 0 else { return nil }
      let start = min(elementCount, chunk * chunkLength)
      // Not the end of a whole chunk, which may be a larger number than there is.
      return start..<start + min(chunkLength, elementCount - start)
    }
  }

  package enum Place: Equatable {
    case new, queued
    case record(JobIndex, generation: UInt32)
    case gone
  }

  package final let request: Request
  /// Keeps the blocks of operands and parameters alive until the job is over.
  package final let retained: [ArenaBlock]
  package final var place = Place.new
  package final var words: ChunkWords?
  package final var wordBlock: ArenaBlock?
  package final var partials: ArenaBlock?
  /// What it ends with, once anything of it has failed or it is being stopped; the first reason stays.
  package final var failure: (any Error)?
  /// The workers that run it are being ended.
  package final var isForced = false
  package final var wantsCollector = false
  /// How long it may take from its first chunk's beginning to its end; 0 is without a limit.
  package final var deadlineNanoseconds: UInt64 = 0
  /// Whether it is a further step of work that was handed over before, which a shutdown lets finish.
  package final var isContinuation = false
  /// Whether such a step is left out by a shutdown that cancels what has not begun.
  package final var isOptional = false

  package init(_ request: Request, retaining blocks: [ArenaBlock]) {
    self.request = request
    retained = blocks
  }

  /// What the job runs, for messages.
  open var name: String { "a job" }

  /// The error of a job that took too long.
  final var lateness: PoolError {
    .deadlineExceeded(.nanoseconds(Int64(clamping: deadlineNanoseconds)), what: name)
  }

  /// Every chunk is done; `partials` holds 64 bytes per chunk, in chunk order, if there are any.
  open func finish(partials: ArenaBlock?) {
    preconditionFailure("a subclass merges the partial results")
  }

  /// The end without an answer.
  open func fail(_ error: any Error) {
    preconditionFailure("a subclass passes the error on")
  }
}

/// One array or matrix of a job, in the front end.
package struct JobOperand: Sendable {
  package var block: ArenaBlock
  /// Bytes from the start of the block to the first element.
  package var byteOffset: Int
  package var count: Int
  package var rows: Int
  package var columns: Int
  /// Elements from one row to the next, and from one column to the next.
  package var rowStride: Int
  package var columnStride: Int

  package init(
    block: ArenaBlock, byteOffset: Int, count: Int, rows: Int = 0, columns: Int = 0,
    rowStride: Int = 0, columnStride: Int = 0
  ) {
    self.block = block
    self.byteOffset = byteOffset
    self.count = count
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }
}
