import CEchelon
import EchelonKernels
import EchelonMemory
import EchelonTransfer
import EchelonWire

/// Claims chunks of jobs and runs them.
struct JobRunner {
  let wire: Wire
  let seat: SeatIndex
  private let place: Seat
  private let flight: FlightRing?
  private var programs: [UInt32: any ChunkProgram.Type] = [:]
  /// How long a chunk of the last job took; 0 once that has been asked for.
  private var chunkNanoseconds: UInt64 = 0

  init(wire: Wire, seat: SeatIndex, flight: FlightRing? = nil) {
    self.wire = wire
    self.flight = flight
    self.seat = seat
    place = wire.seat(seat)
  }

  /// How long a chunk took, if one has been run since the last call.
  mutating func takeChunkNanoseconds() -> UInt64 {
    defer { chunkNanoseconds = 0 }
    return chunkNanoseconds
  }

  /// Runs chunks of one active job of a priority until none is left to claim, something more urgent is
  /// there, or this worker has run as much as it may.
  /// - Returns: false when there was none to claim.
  mutating func runSome(_ priority: WorkPriority, _ limits: inout WorkerLimits) -> Bool {
    var active = wire.activeJobs(priority)
    while active != 0 {
      let index = JobIndex(active.trailingZeroBitCount)
      active &= active - 1
      if run(index, priority, &limits) { return true }
    }
    return false
  }

  private mutating func run(
    _ index: JobIndex, _ priority: WorkPriority, _ limits: inout WorkerLimits
  ) -> Bool {
    let record = wire.job(index)
    // ORDER(job-ready): acquires the record and the words that `publish` released.
    // MODEL(job.5)
    let state = StateWord(bits: record.state.load())
    guard state.phase == .running else {
      retire(index, state)
      return false
    }
    wire.step()
    // MODEL(job.6)
    let fields = record.load()
    // The record may have been filled for another job while it was read: that begins when the state
    // is done, and under the old generation still.
    // MODEL(job.7)
    let again = StateWord(bits: record.state.load())
    guard again.phase == .running, again.generation == state.generation,
      let words = words(fields, state)
    else { return false }
    place.current.store(CurrentWork.job(index, generation: state.generation).bits)
    wire.pass(.jobSeen)
    // Chunks that wait for others: what they wait for has to be known before one is claimed.
    let graphBody = isOfGraph(fields) ? makeBody(record, fields, state.generation) : nil
    let start = MonotonicClock.now()
    let count = runChunks(of: record, index, fields, words, graphBody, priority, &limits)
    if count > 0 { chunkNanoseconds = (MonotonicClock.now() &- start) / UInt64(count) }
    finishIfDone(index, record, state, words)
    retire(index, state, graphBody?.graph)
    return count > 0
  }

  private func words(_ fields: job_record, _ state: StateWord) -> ChunkWords? {
    let count = Int(clamping: fields.chunk_count)
    let offset = Int(clamping: fields.words_offset)
    guard count > 0, offset % 64 == 0, offset < wire.arena.region.byteCount,
      count <= (wire.arena.region.byteCount - offset) / 8
    else { return nil }
    let region = wire.arena.region.subregion(at: offset, byteCount: count * 8)
    return ChunkWords(region: region, count: count, generation: state.generation)
  }

  /// First by the cursor, several at a time; then by looking at every word, which finds what a slow
  /// or dead worker had looked at and not claimed, or one that turned to more urgent work.
  private mutating func runChunks(
    of record: JobRecord, _ index: JobIndex, _ fields: job_record, _ words: ChunkWords,
    _ graphBody: ChunkBody?, _ priority: WorkPriority, _ limits: inout WorkerLimits
  ) -> Int {
    var body = graphBody
    var count = 0
    let subject = FlightRing.subject(index.value, generation: words.generation)
    let isArmed = wire.faultSeed.load() != 0
    func take(_ chunk: Int) {
      // ORDER(order): after the end of the last chunk, as in `Worker.run`. What this worker leaves
      // is found by the others: `retire` puts the job back on the list.
      guard place.order.loadSequential() == Seat.Order.stay else { return }
      guard let claimed = words.claim(chunk, for: seat) else { return }
      if isArmed { wire.pass(.chunkClaimed) }
      count += 1
      // Whoever published other work may have relied on this worker, as it sat on a chair.
      if count == 1 { wire.passOn(besides: index) }
      // MODEL(chunk.4)
      if record.failed.load() == 0 {
        if fields.is_timed != 0, count == 1 { record.noteStart(MonotonicClock.now()) }
        place.phaseWord.store(SeatPhase.busy.rawValue)
        flight?.note(
          .chunkBegan, code: fields.code, subject: subject, detail: UInt64(chunk))
        let work = body ?? makeBody(record, fields, words.generation)
        if body == nil { body = work }
        if let failure = work.run(chunk) { record.fail(chunk: chunk, failure) }
        flight?.note(
          .chunkEnded, code: fields.code, subject: subject, detail: UInt64(chunk))
        place.chunksRun.storeRelaxed(place.chunksRun.loadRelaxed() &+ 1)
      }
      if isArmed { wire.pass(.beforeChunkFinish) }
      words.finish(chunk, claimed)
      if isArmed { wire.pass(.afterChunkFinish) }
    }
    func mustTurn() -> Bool {
      wire.hasWork(above: priority) || place.directed.load() != 0 || limits.areReached(place)
    }
    defer {
      if count > 0 { StandardStream.flushIfPending() }
      place.phaseWord.store(SeatPhase.looking.rawValue)
    }
    if let graph = graphBody?.graph {
      var start = 0
      while true {
        start = words.firstNotDone(from: start)
        guard let chunk = words.firstReady(of: graph, from: start) else { return count }
        let mine = count
        offerNext(after: chunk, of: graph, words, index)
        take(chunk)
        if mustTurn() || count == mine && place.order.load() != Seat.Order.stay { return count }
      }
    }
    let batch = UInt64(max(1, fields.batch_limit))
    while true {
      // MODEL(chunk.1)
      let first = record.cursor.fetchAdd(batch)
      guard first < UInt64(words.count) else { break }
      // The front end wakes as many as there is work for, but the first of them may have taken its processor.
      if count == 0, first + batch < UInt64(words.count) { wire.passOn() }
      for chunk in Int(first)..<Int(min(UInt64(words.count), first + batch)) {
        take(chunk)
        if mustTurn() { return count }
      }
    }
    wire.step()
    // MODEL(chunk.6)
    for chunk in 0..<words.count
    where ChunkWord(bits: words.word(chunk).load()).isAt(.unclaimed) {
      take(chunk)
      if mustTurn() { return count }
    }
    return count
  }

  /// Has another worker look at a chunk that is ready beside the one that this worker is about to take.
  ///
  /// Whoever found none ready has taken the job off the list and gone to sleep; only the end of a chunk
  /// makes others ready, and whoever ended it comes here, or dies, and then everyone is woken.
  private func offerNext(
    after chunk: Int, of graph: ChunkGraph, _ words: ChunkWords, _ index: JobIndex
  ) {
    guard words.firstReady(of: graph, from: chunk + 1) != nil else { return }
    let bit = UInt64(1) << UInt64(index.value)
    // ORDER(wake-up): sequential, after the end of the chunk; `retire` clears the bit, then looks again.
    // MODEL(offer.1)
    if wire.activeJobs.loadSequential() & bit == 0 { _ = wire.activeJobs.fetchOr(bit) }
    // MODEL(offer.2)
    wire.passOn()
  }

  /// The job is done when every chunk is. Whoever finishes the last one sees that here, or the
  /// supervisor has another worker look after a death.
  private func finishIfDone(
    _ index: JobIndex, _ record: JobRecord, _ state: StateWord, _ words: ChunkWords
  ) {
    guard words.allDone else { return }
    let word = record.state
    while true {
      // MODEL(done.2)
      let seen = StateWord(bits: word.load())
      guard seen.phase == .running, seen.generation == state.generation else { return }
      let done = StateWord(generation: state.generation, phase: .done)
      // ORDER(job-done): releases all chunks' results (their words were acquired in `allDone`).
      wire.step()
      // MODEL(done.3)
      guard word.compareExchange(expected: seen.bits, desired: done.bits) else { continue }
      wire.pass(.jobEnded)
      // MODEL(done.4)
      if seen.flags.contains(.waiter) { word.lowHalf.wake(.max) }
      if seen.flags.contains(.collector) {
        wire.step()
        // MODEL(done.5)
        _ = wire.finishedJobs.fetchOr(1 << UInt64(index.value))
        wire.ringCollector()
      }
      return
    }
  }

  /// Takes the job off the list of those worth looking at, unless there is something again: a new
  /// job in this record, chunks that a dead worker had claimed, or an end that nobody has told of,
  /// since the worker that finished the last chunk died before it could.
  private func retire(_ index: JobIndex, _ state: StateWord, _ graph: ChunkGraph? = nil) {
    let bit = UInt64(1) << UInt64(index.value)
    // MODEL(retire.1)
    _ = wire.activeJobs.fetchAnd(~bit)
    wire.pass(.retiring)
    let record = wire.job(index)
    // MODEL(retire.2)
    let now = StateWord(bits: record.state.loadSequential())
    guard now.phase == .running else { return }
    wire.step()
    // MODEL(retire.3)
    let isToDo =
      now.generation != state.generation
      || words(record.load(), now).map { words in
        // What waits for a chunk that somebody is at is brought back when that ends.
        words.allDone || graph.map { words.firstReady(of: $0) != nil } ?? words.hasUnclaimed
      } ?? false
    guard isToDo else { return }
    // MODEL(retire.4)
    _ = wire.activeJobs.fetchOr(bit)
    wire.step()
    // MODEL(retire.5)
    while wire.wakeOneOfUse() == .woken {}  // who looked in between has gone to sleep
  }

  // MARK: What a chunk runs

  private func isOfGraph(_ fields: job_record) -> Bool {
    JobKind(rawValue: fields.kind) == .kernel
      && KernelCatalog.kernel(id: fields.code)?.hasGraph == true
  }

  private func isRunning(_ record: JobRecord, _ generation: UInt32) -> Bool {
    let state = StateWord(bits: record.state.load())
    return state.phase == .running && state.generation == generation
  }

  private mutating func makeBody(
    _ record: JobRecord, _ fields: job_record, _ generation: UInt32
  ) -> ChunkBody {
    do throws(JobProblem) {
      let operands = try JobOperands(record, fields, in: wire.arena)
      switch JobKind(rawValue: fields.kind) {
      case .kernel:
        guard let kernel = KernelCatalog.kernel(id: fields.code) else {
          throw JobProblem(.unknownKernel)
        }
        return KernelBody(try operands.call(kernel, record, fields), wire, fields)
      case .program:
        let (program, consumed) = try program(fields.code, operands.parameters)
        let memory = try operands.memory(record, fields, parametersAt: consumed)
        return programBody(program, memory)
      case nil: throw JobProblem(.unknownFunction)
      }
    } catch {
      // Of a job that has ended since it was looked at, the memory may be gone: nobody is to hear of that.
      if let message = error.message, isRunning(record, generation) {
        WorkerContext.complain(message)
      }
      return FailedBody(error.failure)
    }
  }

  private mutating func program(
    _ code: UInt32, _ parameters: Region
  ) throws(JobProblem) -> (any ChunkProgram, Int) {
    do throws(TransferError) {
      let type = try programType(code)
      return try parameters.withBytes(
        at: 0, byteCount: parameters.byteCount
      ) { bytes throws(TransferError) in
        try ByteReader.reading(bytes) { reader throws(TransferError) in
          let program = try decodeProgram(type, from: &reader)
          return (program, parameters.byteCount - reader.remaining)
        }
      }
    } catch {
      throw JobProblem(.unknownFunction, message: "\(error)")
    }
  }

  private mutating func programType(
    _ code: UInt32
  ) throws(TransferError) -> any ChunkProgram.Type {
    if let known = programs[code] { return known }
    guard let bytes = wire.functions.withBytes(of: FunctionIndex(code), { $0.copied() }) else {
      throw .malformed(what: "function \(code) is not in the table")
    }
    guard let type = try TypeCode.type(from: bytes) as? any ChunkProgram.Type else {
      throw .malformed(what: "function \(code) does not run chunks")
    }
    programs[code] = type
    return type
  }
}

private func decodeProgram<Program: ChunkProgram>(
  _ type: Program.Type, from reader: inout ByteReader
) throws(TransferError) -> any ChunkProgram {
  try decodeFunction(as: Program.self, from: &reader)
}

/// Why a job's chunks cannot be run here.
struct JobProblem: Error {
  let failure: JobFailure
  /// For the person at the terminal.
  let message: String?
  init(_ failure: JobFailure, message: String? = nil) {
    self.failure = failure
    self.message = message
  }
}
