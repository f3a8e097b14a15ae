import CEchelon
import EchelonMemory
import EchelonWire
import Synchronization

/// Chunked jobs: submit, collect, wait.
extension PoolEngine {
  /// Hands a job over. A job without chunks is over at once.
  package func submit(_ job: PoolJob) throws {
    let isEmpty = job.request.chunkCount == 0
    try collectingIfFull { try handOver(job, isEmpty: isEmpty) }
    if isEmpty { return job.finish(partials: nil) }
    // As many workers as there are chunks and processors for; each that comes finds out itself that it is late.
    wire.wakeWorkerIfNeeded()
    for _ in 1..<max(1, min(job.request.chunkCount, wire.layout.seatCount)) {
      if wire.wakeOneOfUse() != .woken { break }
    }
  }

  /// Puts the job into a record, or into the queue in front of the records.
  private func handOver(_ job: PoolJob, isEmpty: Bool) throws {
    try locked { state in
      if let broken = state.broken { throw broken }
      if state.isShutDown {
        // Workers that are being killed take nothing more.
        if !job.isContinuation || state.isEnding { throw PoolError.shutDown }
        if job.isOptional, state.cancelsPending { throw PoolError.cancelled }
      }
      guard !isEmpty else {
        job.place = .gone
        return
      }
      if job.request.hasPartials {
        job.partials = try arena.allocate(byteCount: 64 * job.request.chunkCount)
      }
      if let index = freeRecord(for: job.request.priority, state) {
        try publish(job, in: index, &state)
      } else {
        job.place = .queued
        state.queuedJobs.append(job, job.request.priority)
        // Whichever job ends first makes room, even if nobody waits for it.
        for index in state.jobs.indices { demandCollector(ofJob: JobIndex(index)) }
      }
      pending.add(1, ordering: .relaxed)
      state.statistics.submitted += 1
      beginWatching(&state)
      if state.wantedWorkers < state.workerLimit {
        summonWorkers(&state, demand: job.request.chunkCount)
      }
    }
  }

  /// A record for a job; a few are kept for urgent ones, so that these need not wait for others' ends.
  private func freeRecord(for priority: WorkPriority, _ state: PoolState) -> Int? {
    let usable = state.jobs.count - (priority == .high ? 0 : Self.urgentRecords)
    return state.jobs[..<usable].firstIndex { $0 == nil }
  }

  private static var urgentRecords: Int { 8 }

  /// Keeps the pool open for work of several steps, of which the next begins when the last has ended.
  package func beginSteps(isContinuation: Bool = false) throws(PoolError) {
    try state.withLock { state throws(PoolError) in
      if let broken = state.broken { throw broken }
      if state.isShutDown, !isContinuation { throw .shutDown }
      pending.add(1, ordering: .relaxed)
      state.statistics.submitted += 1
    }
  }

  /// The last step has begun, or there will be none.
  package func endSteps() { state.withLock { state in workEnded() } }

  private func publish(_ job: PoolJob, in index: Int, _ state: inout PoolState) throws {
    let request = job.request
    state.lastJobGeneration &+= 1
    let generation = state.lastJobGeneration
    let block = try takeWords(count: request.chunkCount, &state)
    let words = ChunkWords(region: block.region, count: request.chunkCount, generation: generation)
    words.reset()
    state.jobGenerations[index] = generation
    job.words = words
    job.wordBlock = block
    let record = wire.job(JobIndex(index))
    wire.step()
    // MODEL(job.2)
    record.fill(
      request, wordsOffset: block.offset, partialsOffset: job.partials?.offset ?? 0,
      isTimed: job.deadlineNanoseconds > 0,
      batchLimit: request.hasLargeChunks
        ? 1 : max(1, request.chunkCount / (8 * state.workerLimit)))
    state.jobs[index] = job
    job.place = .record(JobIndex(index), generation: generation)
    wire.setPriority(of: JobIndex(index), request.priority)
    noteSubmission(of: job, index, generation)
    // ORDER(job-ready): releases the record and the words; workers acquire them.
    // MODEL(job.3)
    record.state.storeSequential(StateWord(generation: generation, phase: .running).bits)
    beginWatching(&state)
    wire.step()
    pass(.jobPublishing)
    // MODEL(job.4)
    _ = wire.activeJobs.fetchOr(1 << UInt64(index))
    if job.deadlineNanoseconds > 0 {
      armNoLater(.deadlines, at: MonotonicClock.now() &+ job.deadlineNanoseconds, &state)
    }
    if job.wantsCollector || state.isShutDown || !state.queuedJobs.isEmpty {
      demandCollector(ofJob: JobIndex(index))
    }
  }

  private func takeWords(count: Int, _ state: inout PoolState) throws -> ArenaBlock {
    // More than any arena holds.
    guard count <= 1 << 40 else { throw ArenaError.invalidSize(bytes: count) }
    let shape = Self.wordClass(count)
    if let spare = state.spareWords[shape].popLast() { return spare }
    let block = try arena.allocate(byteCount: 8 << shape)
    // What an earlier use of these bytes left must not look like a word of any generation.
    block.region.zero(at: 0, byteCount: block.byteCount)
    return block
  }

  private static func wordClass(_ count: Int) -> Int {
    max(3, Int.bitWidth - (count - 1).leadingZeroBitCount)
  }

  /// Asks for the collector to be rung when the job ends.
  func demandCollector(ofJob index: JobIndex) {
    let word = wire.job(index).state
    let before = StateWord(bits: word.fetchOr(StateWord.Flags.collector.mask))
    if before.phase == .done {
      _ = wire.finishedJobs.fetchOr(1 << UInt64(index.value))
      ringCollector()
    }
  }

  /// Collects the job if it is done and still of that generation.
  @discardableResult func collect(_ index: JobIndex, generation: UInt32) -> Bool {
    var hasPublished = false
    let taken = locked { state -> (PoolJob, (any Error)?)? in
      guard let job = state.jobs[index.value], job.place == .record(index, generation: generation)
      else { return nil }
      let record = wire.job(index)
      // ORDER(job-done): acquires the worker's finding that every chunk is done.
      // MODEL(jobCollect.1)
      guard StateWord(bits: record.state.load()).phase == .done else { return nil }
      let failure = job.failure ?? failure(of: job, record)
      job.place = .gone
      state.jobs[index.value] = nil
      if let block = job.wordBlock {
        state.spareWords[Self.wordClass(block.byteCount / 8)].append(block)
      }
      job.words = nil
      job.wordBlock = nil
      hasPublished = !state.queuedJobs.isEmpty
      publishQueued(&state)
      return (job, failure)
    }
    guard let (job, failure) = taken else { return false }
    if let failure { job.fail(failure) } else { job.finish(partials: job.partials) }
    locked { state in
      job.partials = nil
      workEnded(hasFailed: failure != nil)
    }
    if hasPublished { wire.wakeWorkerIfNeeded() }
    return true
  }

  /// Moves the jobs that are to be next into records that have become free.
  private func publishQueued(_ state: inout PoolState) {
    while let next = state.queuedJobs.popFirst() {
      guard let index = freeRecord(for: next.request.priority, state) else {
        return state.queuedJobs.prepend(next, next.request.priority)
      }
      do { try publish(next, in: index, &state) } catch {
        next.place = .gone
        workEnded(hasFailed: true)
        state.deferred.append { next.fail(error) }
      }
    }
  }

  private func failure(of job: PoolJob, _ record: JobRecord) -> (any Error)? {
    // ORDER(job-failed): acquires the chunk number that `fail` released.
    let code = record.failed.load()
    guard code > 1, let failure = JobFailure(rawValue: code - 1) else { return nil }
    let reason =
      switch failure {
      case .unknownKernel: "the worker's build has no such kernel; rebuild the program"
      case .unknownFunction: "the worker cannot find the function; rebuild the program"
      case .badOperand: "an array was released or damaged before the worker came to it"
      case .badParameters: "the parameters do not have the size the function expects"
      }
    return PoolError.chunkFailed(what: job.name, chunk: record.failedChunk, reason: reason)
  }

  /// Blocks until the job is over; as `wait(for:until:isOver:park:)` of a task.
  package func wait(
    for job: PoolJob, until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool
  ) -> Bool {
    while !isOver() {
      switch locked({ _ in job.place }) {
      case .record(let index, let generation):
        guard
          sleep(
            on: wire.job(index).state, generation, until: deadline,
            spins: !job.request.hasLargeChunks)
        else { return isOver() }
        collect(index, generation: generation)
      case .queued:
        demandCollector(of: job)
        if !park() { return isOver() }
      case .new, .gone:
        if !park() { return isOver() }
      }
    }
    return true
  }

  package func demandCollector(of job: PoolJob) {
    locked { _ in
      job.wantsCollector = true
      if case .record(let index, _) = job.place { demandCollector(ofJob: index) }
    }
  }

  /// Whether workers may be at the job's chunks at this moment.
  package func isRunning(_ job: PoolJob) -> Bool {
    locked { _ in
      guard case .record(let index, let generation) = job.place else { return false }
      let word = StateWord(bits: wire.job(index).state.load())
      guard word.generation == generation, word.phase == .running, let words = job.words
      else { return false }
      return (0..<words.count).contains {
        ChunkWord(bits: words.word($0).load()).phase != .unclaimed
      }
    }
  }

  package func collectIfDone(_ job: PoolJob) {
    if case .record(let index, let generation) = locked({ _ in job.place }) {
      collect(index, generation: generation)
    }
  }

  /// Stops a job: chunks that no worker has begun are passed over. The job ends when those that run
  /// have ended.
  /// - Returns: whether no chunk had been begun.
  package func cancel(_ job: PoolJob) -> Bool {
    locked { state in
      switch job.place {
      case .queued:
        job.place = .gone
        state.queuedJobs.removeAll { $0 === job }
        workEnded(hasFailed: true)
        return true
      case .record(let index, let generation):
        // MODEL(jobCancel.1)
        guard let words = job.words, hasNoClaims(words) else { return false }
        // Claims from here on see the mark and pass the chunk over.
        let record = wire.job(index)
        guard StateWord(bits: record.state.load()).generation == generation else { return false }
        noteCancellation(of: job.name, .jobCancelled, index.value, generation, &state)
        job.failure = PoolError.cancelled
        wire.step()
        // MODEL(jobCancel.2)
        _ = record.failed.compareExchange(expected: 0, desired: 1)
        // Nobody waits any more: the collector gives record and memory back.
        job.wantsCollector = true
        demandCollector(ofJob: index)
        // One that came just before runs to its end, and the job ends after it.
        return hasNoClaims(words)
      case .new, .gone:
        return false
      }
    }
  }

  private func hasNoClaims(_ words: ChunkWords) -> Bool {
    (0..<words.count).allSatisfy {
      ChunkWord(bits: words.word($0).loadSequential()).phase == .unclaimed
    }
  }
}
