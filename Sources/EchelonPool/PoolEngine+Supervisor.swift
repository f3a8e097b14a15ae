import EchelonMemory
import EchelonTransfer
import EchelonWire
import Glibc
import Synchronization

/// The supervisor: starts workers, sees their deaths, has mended what they held, and ends the pool.
///
/// Workers die with the thread that started them (`PR_SET_PDEATHSIG`), so this thread starts them
/// all and outlives them all.
extension PoolEngine {
  /// The body of the supervisor's thread.
  func supervise() {
    while true {
      dismissSurplus()
      wire.turn()
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
      wire.turn()
      runTimers()
      if endIfOver() { return }
    }
  }

  // MARK: Starting

  private func startMissingWorkers() {
    while true {
      let vacancy = state.withLock { state -> (seat: Int, incarnation: UInt32)? in
        guard state.broken == nil, !state.isEnding, wire.closing.load() == 0 else { return nil }
        let seats = state.staff
        let count = seats.count { $0 != nil }
        let awaited = seats.indices.first { seats[$0] == nil && isAwaited(SeatIndex($0), state) }
        if count >= state.wantedWorkers {
          guard awaited != nil else { return nil }
          state.wantedWorkers = count + 1
        }
        let free = seats.indices.first { seats[$0] == nil && !state.hopelessSeats.contains($0) }
        guard let seat = awaited ?? free else { return nil }
        state.incarnations[seat] &+= 1
        return (seat, state.incarnations[seat])
      }
      guard let vacancy else { return }
      let seat = wire.seat(SeatIndex(vacancy.seat))
      wire.use(SeatIndex(vacancy.seat))
      seat.order.store(Seat.Order.stay)
      seat.phaseWord.store(SeatPhase.starting.rawValue)
      do {
        pass(.startingWorker)
        guard let worker = try startWorker(vacancy.seat, vacancy.incarnation) else {
          seat.phaseWord.store(SeatPhase.vacant.rawValue)
          watchStart(.template)
          return
        }
        wire.turn()
        watchStart(.starting(vacancy.seat))
        state.withLock { state in
          state.workers[vacancy.seat] = worker
          countSurplus(&state)
          state.starts[vacancy.seat] += 1
          if state.condemned[vacancy.seat] {
            signalCondemned(SeatIndex(vacancy.seat), SIGTERM, &state)
          }
        }
        wire.step()
        pass(.workerStarted)
        // ORDER(seated): from here on its death would be seen, so it may begin.
        seat.incarnationWord.store(vacancy.incarnation)
        seat.incarnationWord.wake(.max)
        pass(.seated)
        configuration.report(.workerStarted(processID: worker.processID, seat: vacancy.seat))
        recorder?.note(
          .workerStarted, code: UInt32(vacancy.seat), subject: UInt64(worker.processID))
      } catch {
        seat.phaseWord.store(SeatPhase.vacant.rawValue)
        configuration.report(.workerNotStarted(reason: "\(error.step): \(error.reason)"))
        let refusal: PoolError =
          error.cause.map { .initializerFailed(attempts: 1, error: "\($0)", lastWords: []) }
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
      defer {
        state.workers[seat.value] = nil
        countSurplus(&state)
      }
      if state.workers[seat.value] != nil { state.deathsToMend += 1 }
      return state.workers[seat.value]
    }
    guard let worker = gone else { return }
    wire.turn()
    let status = worker.reap()
    pass(.deathSeen)
    // Its descriptor is readable only once every thread of the process is gone: nothing of it can still
    // write into the arena.
    let wasStarting = !wire.seat(seat).phase.isUp
    let wasInitializing = wire.seat(seat).phase == .initializing
    let hasLeft =
      wire.seat(seat).phase == .leaving && (status == .exited(code: 0) || status == .unknown)
    let isExpected = state.withLock { $0.condemned[seat.value] } || hasLeft
    let cause = WorkerDied.Cause(status)
    let failure =
      initializerFailure(of: seat) ?? lateStart(of: seat)
      ?? (wasInitializing && !isExpected ? deathInInitializer(cause) : nil)
    // MODEL(death.1)
    let lastWords = output?.lastWords(of: worker.processID) ?? []
    let counts = status == .signalled(SIGKILL) ? OutOfMemoryCount.now() : nil
    configuration.report(
      .workerEnded(
        processID: worker.processID, seat: seat.value, how: "\(status)", wasExpected: isExpected,
        lastWords: lastWords))
    let isRecycled =
      hasLeft && wire.seat(seat).order.load() == Seat.Order.stay && wire.closing.load() == 0
    if isRecycled {
      configuration.report(.workerRecycled(processID: worker.processID, seat: seat.value))
    }
    recorder?.note(
      .workerDied, code: UInt32(seat.value), subject: UInt64(worker.processID),
      detail: FlightDeath.code(status))
    wire.seat(seat).end(now: MonotonicClock.now())
    wire.vacateChairs(of: seat)
    wire.turn()
    let refused = tasksNotWorthRetrying(after: cause, of: seat)
    locked { state in
      let place = wire.seat(seat)
      place.phaseWord.store(SeatPhase.vacant.rawValue)
      wire.step()
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
      state.timers.remove(.starting(seat.value))
      let outOfMemory = counts?.cause(since: state.outOfMemoryCount)
      state.outOfMemoryCount = counts ?? state.outOfMemoryCount
      let death = Death(
        processID: worker.processID, cause: cause, seat: seat, outOfMemory: outOfMemory,
        lastWords: lastWords)
      // MODEL(death.3)
      mendTasks(after: death, refused: refused, &state)
      pass(.tasksMended)
      if seat.value >= state.workerLimit {
        // Nobody will sit here again: the pool has shrunk.
        failDirectedOfVacantSeats(from: state.workerLimit, PoolError.cancelled, &state)
      }
      // MODEL(death.4)
      mendJobs(after: death, &state)
      state.deathsToMend -= 1
      mendResultMemory(after: death, &state)
      let shown = FrontEndWords(arena: arena.region)
      shown.deaths.store(UInt64(state.statistics.deaths))
      shown.retries.store(UInt64(state.statistics.retries))
      let othersAreUp = state.staff.indices.contains { index in
        state.staff[index] != nil && wire.seat(SeatIndex(index)).phase.isUp
      }
      if !wasStarting {
        state.hopelessSeats.remove(seat.value)
        state.seatInitializerFailures[seat.value] = 0
      }
      // What ends by itself would do so again; what is killed from outside, or for want of memory,
      // might have come up.
      let weight = cause == .signalled(SIGKILL) ? 1 : 10
      let isStillborn = wasStarting && !isExpected && failure == nil
      state.stillborn = isStillborn && !othersAreUp ? state.stillborn + weight : 0
      state.seatStillborn[seat.value] = isStillborn ? state.seatStillborn[seat.value] + weight : 0
      if failure == nil { state.initializerFailures = 0 }
      if wasStarting, !isExpected { state.stillbornCount += 1 } else { state.stillbornCount = 0 }
    }
    wire.turn()
    pass(.mended)
    if let failure { initializerFailed(failure, on: seat, lastWords) }
    let (stillborn, seatStillborn, count) = state.withLock { state in
      (state.stillborn, state.seatStillborn[seat.value], state.stillbornCount)
    }
    let keepDying = PoolError.workersKeepDying(
      count: count, last: cause.ending + (wasInitializing ? " in its initializer" : ""),
      lastWords: lastWords)
    if stillborn >= Self.stillbornLimit {
      breakDown(keepDying)
    } else if seatStillborn >= Self.stillbornLimit {
      giveUp(seat, keepDying)
    }
    wakeCallers()
    // Wake-ups and tickets that the dead worker had taken are taken again by the others.
    wire.turn()
    // MODEL(death.5)
    wire.wakeAll()
    wire.wakeCollector()
  }

  /// Nobody comes up on one seat. The pool goes on with the others that it has used, and tries no more.
  private func giveUp(_ seat: SeatIndex, _ error: PoolError, cause: (any Error)? = nil) {
    configuration.report(.workerNotStarted(reason: "\(error)"))
    let left = locked { state -> Int in
      state.seatStillborn[seat.value] = 0
      state.seatInitializerFailures[seat.value] = 0
      state.hopelessSeats.insert(seat.value)
      state.hasGivenUpStarting = true
      state.startFailure = error
      failDirected(of: seat.value, error, &state)
      // One that was recycled a moment ago is missing, and not for long.
      let left = state.staff.indices.count { index in
        state.staff[index] != nil
          || (state.starts[index] > 0 && !state.hopelessSeats.contains(index))
      }
      state.wantedWorkers = min(state.wantedWorkers, left)
      return left
    }
    if left == 0 { breakDown(error, cause: cause) }
  }

  /// A few more are tried, since what it needed may come; then it is an error, not a loop.
  private func initializerFailed(
    _ failure: StartFailure, on seat: SeatIndex, _ lastWords: [String]
  ) {
    let (attempts, attemptsThere) = state.withLock { state in
      // In a row: not when one has come up since the last.
      let hasComeUp = state.workers.indices.contains { index in
        let seat = wire.seat(SeatIndex(index))
        return state.workers[index] != nil && seat.phase.isUp
          && seat.cameUpAt.load() > state.lastInitializerFailure
      }
      state.initializerFailures = hasComeUp ? 1 : state.initializerFailures + 1
      state.lastInitializerFailure = MonotonicClock.now()
      state.seatInitializerFailures[seat.value] += 1
      return (state.initializerFailures, state.seatInitializerFailures[seat.value])
    }
    let most = max(attempts, attemptsThere)
    guard most >= Self.initializerFailureLimit else { return }
    let error: PoolError
    var cause: (any Error)?
    switch failure {
    case .thrown(let thrown):
      cause = thrown
      error = .initializerFailed(
        attempts: most, error: "\(thrown)", lastWords: lastWords)
    case .notRun(let text):
      error = .initializerFailed(attempts: most, error: text, lastWords: lastWords)
    case .threads: return
    }
    guard attemptsThere < Self.initializerFailureLimit else {
      return giveUp(seat, error, cause: cause)
    }
    state.withLock { state in
      state.initializerFailures = 0
      state.hasGivenUpStarting = true
    }
    couldNotStart(error, cause: cause)
  }

  private static var stillbornLimit: Int { 200 }

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
      pass(.closing)
      wire.closing.storeSequential(1)
      wire.wakeAll()
      locked { state in beginWatching(&state) }
    }
    guard !workersLeft else { return false }
    pass(.workersGone)
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
