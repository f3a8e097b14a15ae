import EchelonMemory
import EchelonTransfer
import EchelonWire
import Glibc
import Synchronization

/// The supervisor: starts workers, sees their deaths, mends what they held, and ends the pool.
///
/// Workers die with the thread that started them (`PR_SET_PDEATHSIG`), so this thread starts them
/// all and outlives them all.
extension PoolEngine {
  /// The body of the supervisor's thread.
  func supervise() {
    while true {
      dismissSurplus()
      startMissingWorkers()
      let watched = state.withLock { state in
        state.workers.indices.compactMap { seat in
          state.workers[seat].map { (seat: seat, descriptor: $0.deathDescriptor) }
        }
      }
      let starterDescriptors = starter.descriptors
      let ready = Readiness.wait(
        for: [attention.descriptor] + watched.map(\.descriptor) + starterDescriptors,
        timeoutMilliseconds: timerMilliseconds)
      if ready[0] { attention.drain() }
      for (index, worker) in watched.enumerated() where ready[index + 1] {
        mendDeath(of: SeatIndex(worker.seat))
      }
      if ready.dropFirst(1 + watched.count).contains(true) { starter.attend() }
      runTimers()
      if endIfOver() { return }
    }
  }

  // MARK: Starting

  private func startMissingWorkers() {
    while true {
      let vacancy = state.withLock { state -> (seat: Int, incarnation: UInt32)? in
        guard state.broken == nil, wire.closing.load() == 0 else { return nil }
        guard state.workers.count(where: { $0 != nil }) < state.wantedWorkers,
          let seat = state.workers.firstIndex(where: { $0 == nil })
        else { return nil }
        state.incarnations[seat] &+= 1
        return (seat, state.incarnations[seat])
      }
      guard let vacancy else { return }
      let seat = wire.seat(SeatIndex(vacancy.seat))
      wire.use(SeatIndex(vacancy.seat))
      seat.order.store(Seat.Order.stay)
      seat.phaseWord.store(SeatPhase.starting.rawValue)
      do {
        guard let worker = try startWorker(vacancy.seat, vacancy.incarnation) else {
          seat.phaseWord.store(SeatPhase.vacant.rawValue)
          return
        }
        state.withLock { state in
          state.workers[vacancy.seat] = worker
          if state.condemned[vacancy.seat] {
            signalCondemned(SeatIndex(vacancy.seat), SIGTERM, &state)
          }
        }
        // ORDER(seated): from here on its death would be seen, so it may begin.
        seat.incarnationWord.store(vacancy.incarnation)
        seat.incarnationWord.wake(.max)
        configuration.report(.workerStarted(processID: worker.processID, seat: vacancy.seat))
        recorder?.note(
          .workerStarted, code: UInt32(vacancy.seat), subject: UInt64(worker.processID))
      } catch {
        seat.phaseWord.store(SeatPhase.vacant.rawValue)
        configuration.report(.workerNotStarted(reason: "\(error.step): \(error.reason)"))
        let refusal: PoolError =
          error.cause.map { .initializerFailed(attempts: 1, error: "\($0)") }
          ?? .cannotStartWorker(step: error.step, reason: error.reason)
        couldNotStart(refusal, cause: error.cause)
        return
      }
    }
  }

  /// Starts a worker, with pipes for what it prints unless it prints for itself.
  private func startWorker(
    _ seat: Int, _ incarnation: UInt32
  ) throws(WorkerStartError) -> (any StartedWorker)? {
    guard let output else {
      return try starter.start(seat: seat, incarnation: incarnation, streams: nil)
    }
    let pipes = try OutputPipes()
    let worker = try starter.start(
      seat: seat, incarnation: incarnation, streams: pipes.streams)
    if let worker { output.add(pipes, processID: worker.processID, seat: seat) }
    return worker
  }

  /// With other workers alive the pool goes on with those; without any it says so to everyone.
  /// - Parameter cause: what the program's own code threw, for those who wait.
  private func couldNotStart(_ error: PoolError, cause: (any Error)? = nil) {
    let alive = locked { state -> Int in
      let alive = state.workers.count { $0 != nil }
      state.wantedWorkers = alive
      state.startFailure = error
      if alive > 0 { failDirectedOfVacantSeats(error, &state) }
      return alive
    }
    if alive == 0 { breakDown(error, cause: cause) }
  }

  /// Fails everything that waits, now and later.
  private func breakDown(_ broken: PoolError, cause: (any Error)? = nil) {
    let error = cause ?? broken
    configuration.report(.broken(broken))
    locked { state in
      state.broken = broken
      wakeAllForRoom(&state)
      let waiting = state.waiting.values
      state.waiting = [:]
      let postponed = state.postponed.values
      state.postponed = [:]
      for task in state.overflow.removeAll() + takeDirected(&state) + waiting + postponed
      where task.place == .queued || task.place == .waiting {
        task.place = .gone
        taskEnded(task, &state)
        state.deferred.append { task.fail(error) }
      }
      for index in state.tasks.indices {
        guard let task = state.tasks[index] else { continue }
        if withdraw(SlotIndex(index), generation: state.generations[index]) {
          fail(task, in: SlotIndex(index), error, &state)
        }
      }
      for job in state.queuedJobs.removeAll() {
        job.place = .gone
        workEnded(hasFailed: true)
        state.deferred.append { job.fail(error) }
      }
      let isDeserted = state.workers.allSatisfy { $0 == nil }
      for index in state.jobs.indices {
        if isDeserted {
          abandon(JobIndex(index), error, &state)
        } else if let job = state.jobs[index] {
          // Workers that are still there pass over the chunks that are left.
          job.failure = job.failure ?? error
          _ = wire.job(JobIndex(index)).failed.compareExchange(expected: 0, desired: 1)
        }
      }
    }
  }

  // MARK: Deaths

  private func mendDeath(of seat: SeatIndex) {
    // Nobody may signal through the descriptor that is closed here.
    let gone = state.withLock { state in
      defer { state.workers[seat.value] = nil }
      return state.workers[seat.value]
    }
    guard let worker = gone else { return }
    let status = worker.reap()
    // Its descriptor is readable only once every thread of the process is gone: nothing of it can still
    // write into the arena.
    let wasStarting = !wire.seat(seat).phase.isUp
    let place = wire.seat(seat).phase == .initializing ? " in its initializer" : ""
    let failure = initializerFailure(of: seat)
    let hasLeft =
      wire.seat(seat).phase == .leaving && (status == .exited(code: 0) || status == .unknown)
    let isExpected = state.withLock { $0.condemned[seat.value] } || hasLeft
    // MODEL(death.1)
    let lastWords = output?.lastWords(of: worker.processID) ?? []
    let counts = status == .signalled(SIGKILL) ? OutOfMemoryCount.now() : nil
    configuration.report(
      .workerEnded(
        processID: worker.processID, seat: seat.value, how: "\(status)", wasExpected: isExpected,
        lastWords: lastWords))
    recorder?.note(
      .workerDied, code: UInt32(seat.value), subject: UInt64(worker.processID),
      detail: FlightDeath.code(status))
    wire.seat(seat).end(now: MonotonicClock.now())
    wire.vacateChairs(of: seat)
    locked { state in
      let place = wire.seat(seat)
      place.phaseWord.store(SeatPhase.vacant.rawValue)
      // MODEL(death.2)
      place.request.store(Seat.Request.none)
      if !isExpected {
        state.statistics.deaths += 1
        state.seatDeaths[seat.value] += 1
      } else if wire.closing.load() == 0 {
        state.statistics.recycled += 1
      }
      state.condemned[seat.value] = false
      state.timers.remove(.grace(seat.value))
      let cause = WorkerDied.Cause(status)
      let outOfMemory = counts?.cause(since: state.outOfMemoryCount)
      state.outOfMemoryCount = counts ?? state.outOfMemoryCount
      let death = Death(
        processID: worker.processID, cause: cause, seat: seat, outOfMemory: outOfMemory,
        lastWords: lastWords)
      // MODEL(death.3)
      mendTasks(after: death, &state)
      if seat.value >= state.workerLimit {
        // Nobody will sit here again: the pool has shrunk.
        failDirectedOfVacantSeats(from: state.workerLimit, PoolError.cancelled, &state)
      }
      // MODEL(death.4)
      mendJobs(after: death, &state)
      mendResultMemory(after: death, &state)
      let shown = FrontEndWords(arena: arena.region)
      shown.deaths.store(UInt64(state.statistics.deaths))
      shown.retries.store(UInt64(state.statistics.retries))
      let othersAreUp = state.workers.indices.contains { index in
        state.workers[index] != nil && wire.seat(SeatIndex(index)).phase.isUp
      }
      // What ends by itself would do so again; what is killed from outside, or for want of memory,
      // might have come up.
      let weight = cause == .signalled(SIGKILL) ? 1 : 10
      let isStillborn = wasStarting && !isExpected && failure == nil && !othersAreUp
      state.stillborn = isStillborn ? state.stillborn + weight : 0
      if failure == nil { state.initializerFailures = 0 }
      if wasStarting, !isExpected { state.stillbornCount += 1 } else { state.stillbornCount = 0 }
    }
    if let failure { initializerFailed(failure) }
    if state.withLock({ $0.stillborn }) >= Self.stillbornLimit {
      breakDown(
        .workersKeepDying(
          count: state.withLock { $0.stillbornCount }, last: "\(WorkerDied.Cause(status))\(place)"))
    }
    wakeCallers()
    // Wake-ups and tickets that the dead worker had taken are taken again by the others.
    // MODEL(death.5)
    wire.wakeAll()
    wire.wakeCollector()
  }

  /// Wakes everyone who sleeps on a task or a job to look again. The dead worker may have ended one
  /// and told nobody, and since then another thread may have collected it and used its cell again:
  /// the state words say no more who is owed a wake-up.
  private func wakeCallers() {
    // MODEL(death.6)
    for index in 0..<wire.layout.slotCount {
      wire.slot(SlotIndex(index)).state.lowHalf.wake(.max)
    }
    for index in 0..<wire.layout.jobCount {
      wire.job(JobIndex(index)).state.lowHalf.wake(.max)
    }
  }

  /// A few more are tried, since what it needed may come; then it is an error, not a loop.
  private func initializerFailed(_ failure: StartFailure) {
    let attempts = state.withLock { state in
      state.initializerFailures += 1
      return state.initializerFailures
    }
    guard attempts >= Self.initializerFailureLimit else { return }
    let error: PoolError
    var cause: (any Error)?
    switch failure {
    case .thrown(let thrown):
      cause = thrown
      error = .initializerFailed(attempts: attempts, error: "\(thrown)")
    case .notRun(let text): error = .initializerFailed(attempts: attempts, error: text)
    case .threads: return
    }
    state.withLock { state in
      state.initializerFailures = 0
      state.hasGivenUpStarting = true
    }
    couldNotStart(error, cause: cause)
  }

  private static var stillbornLimit: Int { 200 }

  private struct Death {
    let processID: Int32
    let cause: WorkerDied.Cause
    let seat: SeatIndex
    let outOfMemory: String?
    let lastWords: [String]

    func report(
      what: String, chunk: Int? = nil, elements: Range<Int>? = nil, attempts: Int
    ) -> WorkerDied {
      WorkerDied(
        processID: processID, cause: cause, what: what, chunk: chunk, elements: elements,
        attempts: attempts, outOfMemory: outOfMemory, lastWords: lastWords)
    }
  }

  private func mendTasks(after death: Death, _ state: inout PoolState) {
    for index in state.tasks.indices {
      guard let task = state.tasks[index] else { continue }
      let slot = SlotIndex(index)
      let word = StateWord(bits: wire.slot(slot).state.load())
      guard word.owner == death.seat else { continue }
      switch word.phase {
      case .running:
        let progress =
          task.isOfSeveral ? elementProgress(in: slot, word, under: death.seat, state) : nil
        if let reason = task.stopReason ?? (task.isAskedToStop ? PoolError.cancelled : nil) {
          fail(task, in: slot, reason, after: progress, &state)
          continue
        }
        task.attempt += 1
        if let progress {
          // Whoever made the call takes care of the elements that are left.
          let error = death.report(
            what: task.name(ofElement: progress.finished), attempts: task.attempt)
          fail(task, in: slot, error, after: progress, &state)
          continue
        }
        if task.attempt <= task.retries, state.broken == nil, !state.isEnding,
          task.retryPolicy?.deaths?(death.cause) != false
        {
          state.statistics.retries += 1
          noteRetry(of: task, slot, &state)
          if let pause = task.retryPolicy?.pauseNanoseconds(before: task.attempt), pause > 0 {
            leave(slot, with: task, &state)
            postpone(task, by: pause, &state)
            continue
          }
          // MODEL(mend.1)
          if !enqueue(task, in: index, &state) { requeue(task, from: slot, &state) }
          continue
        }
        let error = death.report(what: task.name, attempts: task.attempt)
        noteLoss(error, .taskLost, slot.value, state.generations[index], &state)
        fail(task, in: slot, error, &state)
      case .done:
        // It may have died between the end of the task and the calls that tell of it.
        // MODEL(mend.3)
        _ = wire.finishedSlots(index / 64).fetchOr(1 << UInt64(index % 64))
      case .free, .ready:
        break
      }
    }
  }

  /// Ends the task in a slot that no worker holds.
  func fail(
    _ task: PoolTask, in slot: SlotIndex, _ error: any Error,
    after progress: ElementProgress? = nil, _ state: inout PoolState
  ) {
    let word = wire.slot(slot).state
    // MODEL(mend.2)
    word.storeSequential(StateWord(generation: state.generations[slot.value], phase: .free).bits)
    word.lowHalf.wake(.max)
    task.place = .gone
    task.argumentBlock = nil
    task.retained = []
    state.tasks[slot.value] = nil
    free(slot, &state)
    taskEnded(task, &state)
    state.deferred.append {
      if let progress { task.fail(error, after: progress) } else { task.fail(error) }
    }
  }

  /// Frees the memory of results that the dead worker never published. What it did publish stays
  /// until it is collected: such a slot is done, under its seat.
  private func mendResultMemory(after death: Death, _ state: inout PoolState) {
    var published: Set<Int> = []
    var outboxResults: UInt32 = 0
    for index in state.tasks.indices {
      let slot = wire.slot(SlotIndex(index))
      let word = StateWord(bits: slot.state.load())
      guard word.phase == .done, word.owner == death.seat else { continue }
      switch slot.resultPlace {
      case .slot: break
      case .outbox: outboxResults += 1
      case .block: published.insert(slot.resultOffset)
      }
    }
    state.leases = state.leases.filter { offset, lease in
      lease.seat != death.seat || published.contains(offset)
    }
    let seat = wire.seat(death.seat)
    seat.outboxCollected.store(seat.outboxPublished.load() &- outboxResults)
  }

  private func mendJobs(after death: Death, _ state: inout PoolState) {
    for index in state.jobs.indices {
      guard let job = state.jobs[index], let words = job.words else { continue }
      let record = wire.job(JobIndex(index))
      for chunk in 0..<words.count {
        let word = ChunkWord(bits: words.word(chunk).load())
        guard word.phase == .claimed, word.owner == death.seat else { continue }
        let attempts = Int(word.attempt) + 1
        if attempts > job.request.retries || state.isEnding, job.failure == nil {
          let error = death.report(
            what: job.name, chunk: chunk, elements: job.request.elements(ofChunk: chunk),
            attempts: attempts)
          job.failure = error
          noteLoss(error, .jobLost, index, words.generation, &state)
          _ = record.failed.compareExchange(expected: 0, desired: 1)
        } else {
          state.statistics.retries += 1
          noteRetry(of: job, JobIndex(index), chunk, attempts, &state)
        }
        let again = ChunkWord(
          generation: words.generation, attempt: UInt8(clamping: attempts), phase: .unclaimed)
        // MODEL(mend.4)
        words.word(chunk).storeSequential(again.bits)
      }
      if StateWord(bits: record.state.load()).phase == .done {
        // It may have died between the end of the job and the calls that tell of it.
        // MODEL(mend.5)
        _ = wire.finishedJobs.fetchOr(1 << UInt64(index))
        continue
      }
      // Chunks that the dead worker had looked at without claiming them, too, are to be found again,
      // and it may have died between finishing the last one and saying so.
      // MODEL(mend.6)
      record.cursor.storeSequential(0)
      _ = wire.activeJobs.fetchOr(1 << UInt64(index))
      if state.workers.allSatisfy({ $0 == nil }), state.broken != nil {
        abandon(JobIndex(index), state.broken!, &state)
      }
    }
  }

  /// Ends a job that no worker is at.
  private func abandon(_ index: JobIndex, _ error: any Error, _ state: inout PoolState) {
    guard let job = state.jobs[index.value] else { return }
    let word = wire.job(index).state
    _ = wire.activeJobs.fetchAnd(~(1 << UInt64(index.value)))
    word.storeSequential(
      StateWord(generation: state.jobGenerations[index.value], phase: .free).bits)
    word.lowHalf.wake(.max)
    job.place = .gone
    state.jobs[index.value] = nil
    workEnded(hasFailed: true)
    state.deferred.append { job.fail(error) }
  }

  // MARK: The end

  /// - Returns: true when every worker is gone and the thread may end.
  private func endIfOver() -> Bool {
    let (isOver, workersLeft) = state.withLock { state in
      (
        state.isShutDown && pending.load(ordering: .sequentiallyConsistent) == 0,
        state.workers.contains { $0 != nil }
      )
    }
    guard isOver else { return false }
    if wire.closing.load() == 0 {
      wire.closing.storeSequential(1)
      wire.wakeAll()
    }
    guard !workersLeft else { return false }
    starter.close()
    output?.close()
    recorder?.note(.shutDown)
    let statistics = state.withLock { $0.statistics }
    configuration.report(
      .ended(
        deaths: statistics.deaths, retries: statistics.retries, completed: statistics.submitted))
    ended.open()
    ringCollector()
    return true
  }
}
