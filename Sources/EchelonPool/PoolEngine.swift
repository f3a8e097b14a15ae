package import EchelonMemory
package import EchelonWire
import Glibc
import Synchronization

/// Starts, watches, stops and replaces workers, and carries tasks and jobs to them. Knows no
/// mathematics and no futures.
///
/// Threads of its own: the supervisor (starts workers, sees deaths), the collector (collects for those
/// who cannot do it themselves), and `OutputCollector`'s (gives on what workers print). They hold the
/// engine, so a pool object that is dropped with work queued leaves an engine that finishes it.
package final class PoolEngine: Sendable {
  package let wire: Wire
  package let arena: Arena
  let configuration: PoolConfiguration
  /// Whether tasks in flight are counted.
  let hasLimits: Bool
  /// How many workers can run at once.
  let processors: Int
  /// Where a test has the front end die; nil in programs.
  let fault: FrontEndFault?
  let state: Mutex<PoolState>
  let attention: EventSignal
  let starter: any WorkerStarter
  /// Collects what workers print; nil when they print for themselves.
  let output: OutputCollector?
  /// Tasks and jobs handed over and not yet over. Grows under the lock only.
  let pending = Atomic(0)
  /// Those that ended with an error or were cancelled.
  let failures = Atomic(0)
  /// The same as `isShutDown` of the state, for whoever does not hold the lock.
  let isShuttingDown = Atomic(false)
  /// Notes what happens; nil when nobody asked for it.
  package let recorder: FlightRecorder?
  /// The file that it was to write.
  package var recorderPath: String { configuration.recorder?.path ?? "" }
  /// Open when every worker is gone and nothing is pending.
  let ended = Gate()

  /// - Parameter makeStarter: where workers come from, once the arena is there; nil starts processes
  ///   as the configuration says.
  package init(
    _ configuration: PoolConfiguration, makeStarter: ((Wire) throws -> any WorkerStarter)? = nil
  ) throws {
    let count = configuration.workerCount
    guard (1...256) ~= count else { throw PoolError.invalidWorkerCount(count) }
    self.configuration = configuration
    hasLimits = configuration.hasLimits
    processors = MachineLimits.processors().count
    fault = configuration.frontEndFault
    let layout = configuration.layout ?? ArenaLayout(seatCount: Self.seatCount(for: count))
    arena =
      try SimulatedMachine.current?.makeArena(
        limitBytes: configuration.memoryLimit, controlBytes: layout.controlBytes)
      ?? Arena(
        backing: configuration.backing, limitBytes: configuration.memoryLimit,
        controlBytes: layout.controlBytes,
        committedBytes: layout.committedBytes(seatCount: count))
    ArenaRegistry.add(arena)
    layout.writeHeader(to: arena, frontEndPID: getpid())
    wire = Wire(arena: arena, layout: layout)
    let identity = arena.identity
    recorder = try configuration.recorder.map { file throws(FileSystemError) in
      try FlightRecorder(
        creating: file.path, seatCount: count, eventsPerRing: file.eventsPerRing,
        identity: identity, processID: getpid())
    }
    let shown = FrontEndWords(arena: arena.region)
    shown.madeAt.store(MonotonicClock.now())
    shown.limitBytes.store(UInt64(arena.limitBytes))
    shown.workerLimit.store(UInt32(count))
    shown.recorderDescriptor.store(UInt32(recorder?.descriptor ?? 0))
    output = OutputCollector(configuration.output)
    starter = try makeStarter?(wire) ?? Self.processStarter(configuration, arena)
    // One processor is the front end's; a spinner beside it must not take the last one from a
    // worker that has something to do.
    wire.chairCount = max(1, min(processors - 1, count))
    wire.spinNanoseconds = UInt32(clamping: configuration.spin.nanoseconds)
    wire.workerLimits = (
      UInt32(clamping: configuration.maxTasksPerWorker ?? 0),
      UInt64(clamping: configuration.maxMemoryPerWorker ?? 0)
    )
    guard let attention = EventSignal() else {
      throw PoolError.cannotStartWorker(
        step: "making an event counter", reason: "no descriptors left")
    }
    self.attention = attention
    state = Mutex(PoolState(layout: layout, workerLimit: count))
    var error = SystemThread.start(name: "echelon-watch") { [self] in supervise() }
    if error == 0 {
      error = SystemThread.start(name: "echelon-collect") { [self] in collectForOthers() }
    }
    guard error == 0 else {
      // Ends the supervisor, when it was the collector that could not start.
      shutDown(cancelPending: true)
      throw PoolError.cannotStartWorker(step: "starting a thread", reason: systemMessage(error))
    }
  }

  // MARK: Memory

  /// Allocates a block. Results that are done and that nobody has asked for are collected before the
  /// memory is said to be used up: they may hold what is missing.
  package func allocate(byteCount: Int) throws(ArenaError) -> ArenaBlock {
    do {
      return try arena.allocate(byteCount: byteCount)
    } catch ArenaError.outOfMemory {
      collectAllDone()
      do {
        let block = try arena.allocate(byteCount: byteCount)
        configuration.report(.memoryPressure(neededBytes: byteCount, isExhausted: false))
        return block
      } catch {
        configuration.report(.memoryPressure(neededBytes: byteCount, isExhausted: true))
        throw error
      }
    }
  }

  /// The same for work that allocates under the lock: `body` takes the lock, and leaves everything as
  /// it was when it throws.
  @inline(__always)
  func collectingIfFull<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch ArenaError.outOfMemory {
      collectAllDone()
      return try body()
    }
  }

  // MARK: Functions

  /// Puts a function signature into the arena.
  package func register(function bytes: [UInt8]) throws(PoolError) -> FunctionIndex {
    let index = state.withLock { _ in wire.functions.append(bytes) }
    guard let index else { throw .tooManyFunctions }
    return index
  }

  // MARK: Workers on demand

  /// Asks for as many workers as can be of use now. Called with the lock held, after `demand` pieces
  /// of work were published.
  func summonWorkers(_ state: inout PoolState, demand: Int) {
    guard state.wantedWorkers < state.workerLimit, !state.hasGivenUpStarting else { return }
    state.wantedWorkers = min(state.workerLimit, state.wantedWorkers + max(1, demand))
    if state.wantedWorkers < state.workerLimit {
      _ = wire.interest.fetchOr(CollectorInterest.growth)
    } else {
      _ = wire.interest.fetchAnd(~CollectorInterest.growth)
    }
    attention.signal()
  }

  /// Whether tasks are ready, every worker there has something to do, and fewer are coming than
  /// could be of use.
  func needsWorker(_ state: borrowing PoolState) -> Bool {
    guard state.wantedWorkers < state.workerLimit, !state.hasGivenUpStarting, !wire.hasIdleWorker
    else { return false }
    return wire.readyTickets > state.wantedWorkers - readyCount(state)
  }

  /// How many workers have come up.
  func readyCount(_ state: borrowing PoolState) -> Int {
    var count = 0
    for seat in wire.usedSeats
    where state.workers[seat] != nil && wire.seat(SeatIndex(seat)).phase.isUp { count += 1 }
    return count
  }

  /// Starts all workers and waits until they look for work.
  package func warmUp() throws(PoolError) {
    state.withLock { state in
      state.wantedWorkers = state.workerLimit
      state.startFailure = nil
      state.forgetFailedStarts()
    }
    attention.signal()
    while true {
      // The limit, too, may change meanwhile.
      let (broken, ready, limit) = state.withLock { state in
        (
          state.broken ?? state.startFailure ?? (state.isShutDown ? .shutDown : nil),
          readyCount(state), state.workerLimit
        )
      }
      if let broken { throw broken }
      if ready >= limit { return }
      readySignal.wait(upTo: limit, wire: wire)
    }
  }

  /// The processes of the pool now.
  package var processIDs: [Int32] {
    state.withLock { state in state.workers.compactMap { $0?.processID } }
  }

  /// Those of them that look for work, have some, or sleep until there is some.
  package var readyProcessIDs: [Int32] {
    state.withLock { state in
      state.workers.indices.compactMap { seat in
        let phase = wire.seat(SeatIndex(seat)).phase
        return phase.isUp ? state.workers[seat]?.processID : nil
      }
    }
  }

  /// Jobs that workers were told of, since the pool was made.
  package var publishedJobs: UInt32 { state.withLock { $0.lastJobGeneration } }

  package var statistics: PoolStatistics {
    let now = MonotonicClock.now()
    var statistics = state.withLock { state in
      var statistics = state.statistics
      statistics.workers = state.workers.count { $0 != nil }
      statistics.pendingTasks = pending.load(ordering: .relaxed)
      statistics.waitersForRoom = state.roomWaiters.waitingCount
      statistics.failed = failures.load(ordering: .relaxed)
      statistics.waitingTasks = state.overflow.count
      statistics.seats = (0..<max(state.workerLimit, wire.usedSeats.count)).map { index in
        var seat = SeatStatistics(wire.seat(SeatIndex(index)), now: now)
        seat.processID = state.workers[index]?.processID
        if seat.processID == nil { seat.state = .vacant }
        seat.starts = state.starts[index]
        seat.deaths = state.seatDeaths[index]
        return seat
      }
      return statistics
    }
    statistics.readyTasks = wire.readyTickets
    statistics.tasksRun = statistics.seats.map { UInt64($0.tasks) }
    statistics.chunksRun = statistics.seats.map { UInt64($0.chunks) }
    let usage = arena.usage
    statistics.usedBytes = usage.usedBytes
    statistics.peakBytes = usage.peakBytes
    // Without the lock: the kernel is asked.
    for index in statistics.seats.indices {
      statistics.seats[index].residentBytes =
        statistics.seats[index].processID.flatMap(ProcessFacts.residentBytes(of:))
    }
    return statistics
  }

  // MARK: The end

  /// Takes no more work. What was handed over is finished first, unless it is cancelled.
  package func shutDown(cancelPending: Bool) {
    if cancelPending { cancelAllPending() }
    locked { state in
      state.isShutDown = true
      isShuttingDown.store(true, ordering: .sequentiallyConsistent)
      pass(.shuttingDown)
      wakeAllForRoom(&state)
      // From now on every end goes through the collector, which sees when the last has come.
      for index in state.tasks.indices where state.tasks[index] != nil {
        demandCollector(ofSlot: SlotIndex(index))
      }
      for index in state.jobs.indices where state.jobs[index] != nil {
        demandCollector(ofJob: JobIndex(index))
      }
    }
    attention.signal()
    ringCollector()
  }

  /// Waits until everything has ended.
  /// - Returns: false when `deadline` came first.
  package func waitUntilEnded(deadline: UInt64?) -> Bool {
    guard ended.wait(until: deadline) else { return false }
    output?.waitUntilFinished(deadline: deadline)
    return true
  }

  /// Waits until what workers have printed so far has been given on.
  /// - Returns: false when `deadline` came first.
  package func flushOutput(deadline: UInt64?) -> Bool { output?.flush(deadline: deadline) ?? true }

  /// Kills every worker now, for the end of the pool: what they run is not run again.
  package func killWorkers() {
    locked { state in
      state.isEnding = true
      for worker in state.workers { worker?.send(signal: SIGKILL) }
      // With nobody there, no death follows after which `mendJobs` would do this.
      guard state.workers.allSatisfy({ $0 == nil }), state.deathsToMend == 0 else { return }
      for index in state.jobs.indices.map(JobIndex.init)
      where StateWord(bits: wire.job(index).state.load()).phase != .done {
        abandon(index, PoolError.cancelled, &state)
      }
    }
  }

  /// One count of workers becoming ready; `warmUp` waits on it.
  let readySignal = ReadySignal()

  func ringCollector() { wire.ringCollector() }
}

/// Waits for workers to come up by the word that each changes when it is ready.
struct ReadySignal: Sendable {
  func wait(upTo limit: Int, wire: Wire) {
    // A seat that is still starting: its phase word changes when the worker looks for work. The
    // worker does not know that anyone waits, so this sleeps in short turns.
    for index in 0..<limit {
      let word = wire.seat(SeatIndex(index)).phaseWord
      let value = word.load()
      if SeatPhase(rawValue: value)?.isUp == false {
        word.sleep(while: value, timeoutNanoseconds: 1_000_000)
        return
      }
    }
  }
}
