import EchelonMemory
import EchelonTransfer
import EchelonWire
import Glibc

/// Stopping what runs.
///
/// A worker is ended only for what it really runs. The front end stores an order to leave into its
/// seat and then looks at the state word of the task; the worker ends the task and then looks at the
/// order. Both are sequentially consistent, so one sees the other: either the task is found over, and
/// nobody is ended, or the worker takes nothing more after it, and no other task can be hurt.
extension PoolEngine {
  /// Asks a task to stop that a worker has begun, or stops it.
  /// - Returns: whether it is certain to end as cancelled. It does so once nothing of it runs.
  package func stop(_ task: PoolTask, _ mode: CancellationMode) -> Bool {
    locked { state in
      guard case .slot(let slot, let generation) = task.place else {
        // Someone may be looking whether it is worth another attempt.
        if task.place == .gone { task.isUnwanted = true }
        return false
      }
      switch mode {
      case .force:
        return stop(
          task, in: slot, generation: generation, because: PoolError.cancelled, &state)
      case .cooperative:
        if raiseFlag(slot, generation) != nil { ask(task, because: PoolError.cancelled) }
        return false
      }
    }
  }

  /// Raises the flag that a running task can see. Never that of one which is ready, perhaps once more
  /// after a death: the worker that claims it would find itself asked to stop, and nobody would know.
  /// - Returns: whose worker runs it; nil when none does.
  private func raiseFlag(_ slot: SlotIndex, _ generation: UInt32) -> SeatIndex? {
    let word = wire.slot(slot).state
    while true {
      let seen = StateWord(bits: word.load())
      guard seen.phase == .running, seen.generation == generation, let owner = seen.owner
      else { return nil }
      wire.step()
      let flagged = seen.bits | StateWord.Flags.cancelled.mask
      if word.compareExchange(expected: seen.bits, desired: flagged) { return owner }
    }
  }

  /// Whose worker runs a task; nil when none does.
  private func runner(of slot: SlotIndex, _ generation: UInt32) -> SeatIndex? {
    let word = StateWord(bits: wire.slot(slot).state.load())
    return word.phase == .running && word.generation == generation ? word.owner : nil
  }

  /// The task can see that it is to stop: if it throws for that, it ends with `reason`.
  private func ask(_ task: PoolTask, because reason: any Error) {
    task.askedBecause = reason
    task.needsCare = true
  }

  /// Ends the worker that runs a task.
  /// - Parameter element: when the element of a map began that it is to be ended for; nil is for the whole
  ///   task.
  /// - Returns: false when none does, or that element is over.
  @discardableResult func stop(
    _ task: PoolTask, in slot: SlotIndex, generation: UInt32, because reason: any Error,
    unlessPast element: UInt64? = nil, _ state: inout PoolState
  ) -> Bool {
    if let reason = task.stopReason { return reason as? PoolError == .cancelled }
    let seat: SeatIndex
    if task.isOfSeveral, reason as? PoolError != .cancelled {
      // One of several elements is late: the flag would stop those after it, too.
      guard let runner = runner(of: slot, generation) else { return false }
      seat = runner
    } else {
      guard let runner = raiseFlag(slot, generation) else { return false }
      seat = runner
      // It may heed the flag before its worker is ended.
      ask(task, because: reason)
    }
    let isStopped = condemn(seat, &state) {
      let now = StateWord(bits: wire.slot(slot).state.loadSequential())
      return now.phase == .running && now.generation == generation && now.owner == seat
        && (element == nil || wire.seat(seat).since.load() == element)
    }
    guard isStopped else { return false }
    task.stopReason = reason
    task.stoppedElement = element
    // Nobody may be waiting, and the worker may come to the end of the task before its own.
    task.wantsCollector = true
    demandCollector(ofSlot: slot)
    return true
  }

  /// Stops a job that workers have begun: the chunks that are left are passed over, and with
  /// `.force` those that run are ended. The job ends when they have, with the first reason to end it.
  /// - Returns: whether it is certain to end as cancelled.
  package func stop(_ job: PoolJob, _ mode: CancellationMode) -> Bool {
    locked { state in
      guard case .record(let index, _) = job.place else { return false }
      return stop(
        job, in: index, because: PoolError.cancelled, isForced: mode == .force, &state)
    }
  }

  @discardableResult func stop(
    _ job: PoolJob, in index: JobIndex, because reason: any Error, isForced: Bool,
    _ state: inout PoolState
  ) -> Bool {
    let record = wire.job(index)
    guard StateWord(bits: record.state.load()).phase == .running, let words = job.words else {
      // It may have been cancelled, and all of its chunks passed over, a moment ago.
      return job.failure as? PoolError == .cancelled
    }
    // A job that has failed already, or was asked to stop before, ends with that.
    if job.failure == nil { job.failure = reason }
    _ = record.failed.compareExchange(expected: 0, desired: 1)
    job.wantsCollector = true
    demandCollector(ofJob: index)
    let isCancelled = job.failure as? PoolError == .cancelled
    guard isForced else { return isCancelled }
    job.isForced = true
    for chunk in 0..<words.count {
      let word = words.word(chunk)
      let seen = ChunkWord(bits: word.load())
      guard seen.phase == .claimed, let seat = seen.owner else { continue }
      condemn(seat, &state) { ChunkWord(bits: word.loadSequential()) == seen }
    }
    return isCancelled
  }

  /// Ends the worker on a seat if `isGuilty` still holds once it can take nothing more.
  @discardableResult private func condemn(
    _ seat: SeatIndex, _ state: inout PoolState, if isGuilty: () -> Bool
  ) -> Bool {
    let order = wire.seat(seat).order
    // ORDER(order): sequential, before the look at what the worker runs.
    // MODEL(order.2)
    let before = order.exchange(Seat.Order.leave)
    wire.step()
    // MODEL(order.3)
    guard isGuilty() else {
      // Should it have seen the order meanwhile, it leaves, and a fresh one comes.
      // MODEL(order.5)
      if before == Seat.Order.stay { order.store(Seat.Order.stay) }
      return false
    }
    // Without a worker there: it is dead already, and being mended.
    // MODEL(order.4)
    end(seat, with: SIGTERM, &state)
    return true
  }

  /// Sends a worker the signal that ends it, and the one that ends it for certain when its time is
  /// over: it may be stopped, or handle the first.
  func end(_ seat: SeatIndex, with signal: Int32, _ state: inout PoolState) {
    if state.condemned[seat.value] {
      // It was given time to end; now it is not.
      if signal == SIGKILL { state.workers[seat.value]?.send(signal: SIGKILL) }
      return
    }
    state.condemned[seat.value] = true
    // Without a worker there: it is dead and about to be mended, which forgets this; or it has come up
    // before the supervisor has written it down, which then ends it.
    if state.workers[seat.value] != nil { signalCondemned(seat, signal, &state) }
  }

  func signalCondemned(_ seat: SeatIndex, _ signal: Int32, _ state: inout PoolState) {
    state.workers[seat.value]?.send(signal: signal)
    if signal != SIGKILL {
      let moment = MonotonicClock.now() &+ configuration.gracePeriod.nanoseconds
      arm(.grace(seat.value), at: moment, &state)
    }
  }

  /// Ends every worker. What they run fails with `WorkerDied`, or runs again; the rest is run by those
  /// that replace them.
  package func endWorkers(with signal: Int32) {
    locked { state in
      for seat in state.workers.indices where state.workers[seat] != nil {
        end(SeatIndex(seat), with: signal, &state)
      }
    }
  }

  // MARK: What came of it

  /// Whether the task is to be treated as stopped, although its worker came to its end.
  func isStopped(_ task: PoolTask, _ outcome: TaskOutcomeBytes, _ bytes: RawSpan) -> Bool {
    guard task.askedBecause != nil, outcome == .thrown else { return false }
    let error = Self.error(in: bytes)
    return error is CancellationError
      || (error as? RemoteError)?.typeName == String(reflecting: CancellationError.self)
  }

  /// Whether the task threw an error that is worth another attempt.
  func isWorthRetrying(_ task: PoolTask, _ outcome: TaskOutcomeBytes, _ bytes: RawSpan) -> Bool {
    // One that was asked to stop has had its say.
    guard let errors = task.retryPolicy?.errors, task.attempt < task.retries, outcome == .thrown,
      task.askedBecause == nil,
      let error = Self.error(in: bytes)
    else { return false }
    return errors(error)
  }

  private static func error(in bytes: RawSpan) -> (any Error)? {
    ByteReader.reading(bytes) { reader in try? reader.readError() }
  }

  /// Gives the memory of a result back that nobody wants.
  func discardResult(in slot: SlotIndex, _ state: inout PoolState) {
    let cell = wire.slot(slot)
    if cell.resultPlace == .block { state.leases[cell.resultOffset] = nil }
  }
}
