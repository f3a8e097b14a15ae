public import CEchelon
public import EchelonMemory

/// A chunked job, as it lies in the arena.
///
///     field                              written by        ordered by
///     state                              both              ORDER(job-ready), ORDER(job-done)
///     cursor                             both, a hint
///     kind … parameters                  front end         ORDER(job-ready)
///     failed, failed_chunk, failure      first to fail     ORDER(job-failed)
///     chunk words (elsewhere)            both              ORDER(chunk-done)
///
/// ## Invariants
/// 1. A chunk word changes from unclaimed to claimed by one compare-and-swap that names the owner
///    and the job's generation. Memory of chunk words is never used for anything else, so a late
///    exchange by a worker that looked at an earlier job cannot succeed.
/// 2. The job is done exactly when every chunk word is done; `cursor` only says where to look next.
@frozen public struct JobRecord: Sendable {
  @usableFromInline package let region: Region
  @inlinable init(region: Region) { self.region = region }

  @inlinable public var state: SharedWord64 { region.word64(at: OFFSET_job_record_state) }
  @inlinable public var cursor: SharedWord64 { region.word64(at: OFFSET_job_record_cursor) }
  @inlinable public var failed: SharedWord32 { region.word32(at: OFFSET_job_record_failed) }

  /// The record's plain fields, copied. After copying, the reader checks that `state` is still
  /// running and of the same generation: the front end fills the record under another state.
  public func load() -> job_record {
    let fields: job_record = region.load(at: 0)
    echelon_fence_sequential()  // the copy comes before the reader's second look at `state`
    return fields
  }

  /// Fills the record of a new job, `state` aside, which the caller stores last. Zero in `failed`
  /// and `cursor`.
  public func fill(_ record: job_record) {
    var filled = record
    filled.state = state.load()
    region.store(filled, at: 0)
  }

  /// Copies parameter bytes in; at most `ECHELON_JOB_PARAMETER_BYTES`.
  public func fill(parameters: RawSpan) {
    region.copy(from: parameters, at: OFFSET_job_record_parameters)
  }

  /// Where the parameters lie in `region`.
  public static var parametersOffset: Int { OFFSET_job_record_parameters }
  public static var parameterLimit: Int { ECHELON_JOB_PARAMETER_BYTES }
  public static var operandLimit: Int { ECHELON_JOB_OPERAND_LIMIT }

  /// Writes one operand of a new job.
  public func fill(operand index: Int, _ operand: job_operand) {
    precondition(index < Self.operandLimit)
    region.store(operand, at: OFFSET_job_record_operands + index * MemoryLayout<job_operand>.stride)
  }

  public func operand(_ index: Int) -> job_operand {
    region.load(at: OFFSET_job_record_operands + index * MemoryLayout<job_operand>.stride)
  }

  /// Notes the first failure; later ones are dropped.
  public func fail(chunk: Int, _ failure: JobFailure) {
    guard failed.compareExchange(expected: 0, desired: 1) else { return }
    region.store(UInt64(chunk), at: OFFSET_job_record_failed_chunk)
    // ORDER(job-failed): releases the chunk number; the front end acquires it after ORDER(job-done).
    failed.store(1 + failure.rawValue)
  }

  /// When the first chunk of a job with a deadline was begun, on the monotonic clock; 0 before.
  public var started: SharedWord64 { region.word64(at: OFFSET_job_record_started) }
  public func noteStart(_ moment: UInt64) {
    _ = started.compareExchange(expected: 0, desired: moment)
  }

  public var failedChunk: Int {
    Int(region.load(at: OFFSET_job_record_failed_chunk, as: UInt64.self))
  }
}

/// The chunk words of one job.
@frozen public struct ChunkWords: Sendable {
  @usableFromInline let region: Region
  public let count: Int
  public let generation: UInt32

  @inlinable public init(region: Region, count: Int, generation: UInt32) {
    self.region = region
    self.count = count
    self.generation = generation
  }

  @inlinable public func word(_ chunk: Int) -> SharedWord64 { region.word64(at: 8 &* chunk) }

  /// Claims `chunk` for the worker on `seat`; the claimed word, or nil if it is not to be had.
  @inlinable public func claim(_ chunk: Int, for seat: SeatIndex) -> ChunkWord? {
    let word = word(chunk)
    // MODEL(chunk.2)
    let seen = ChunkWord(bits: word.load())
    guard seen.isAt(.unclaimed), seen.generation == generation else { return nil }
    let mine = ChunkWord(
      generation: generation, attempt: seen.attempt, owner: seat, phase: .claimed)
    // MODEL(chunk.3)
    return word.compareExchange(expected: seen.bits, desired: mine.bits) ? mine : nil
  }

  /// ORDER(chunk-done): releases what the chunk wrote; `allDone` acquires it, and passes it on to the
  /// front end by ORDER(job-done).
  @inlinable public func finish(_ chunk: Int, _ claimed: ChunkWord) {
    let done = ChunkWord(
      generation: generation, attempt: claimed.attempt, owner: claimed.owner, phase: .done)
    // MODEL(chunk.5)
    word(chunk).storeSequential(done.bits)
  }

  /// Whether every chunk is done.
  ///
  /// ORDER(chunk-done): acquires what each `finish` released.
  @inlinable public var allDone: Bool {
    // MODEL(done.1)
    for chunk in 0..<count where !ChunkWord(bits: word(chunk).load()).isAt(.done) { return false }
    return true
  }

  /// Whether a chunk is to be had.
  public var hasUnclaimed: Bool {
    (0..<count).contains { ChunkWord(bits: word($0).load()).isAt(.unclaimed) }
  }

  /// Writes the words of a new job.
  public func reset() {
    let bits = ChunkWord(generation: generation, attempt: 0, phase: .unclaimed).bits
    // MODEL(job.1)
    for chunk in 0..<count { word(chunk).storeRelaxed(bits) }
  }
}
