import EchelonMemory
import EchelonWire
import Glibc
import Synchronization

/// What the watchdog saw when it last looked.
struct WatchedState {
  var isOn = false
  var ticketsTaken: UInt64 = 0
  var chairs: [UInt32] = Array(repeating: 0, count: Wire.chairLimit)
  var idleLooks = 0
  var stuckLooks = 0
}

/// Work that is ready and that nobody takes, since whoever was to look for it has been stopped.
///
/// A publisher leaves its work to a worker on a chair, or to the one that it wakes. Dead workers are
/// seen by their pidfds; one that is stopped (SIGSTOP) at that moment is seen here. The watchdog looks
/// ten times a second while there is work, and not at all in an idle pool.
extension PoolEngine {
  private static var interval: UInt64 { 100_000_000 }

  /// Called with every hand-over of work; does something once per busy period.
  @inline(__always)
  func beginWatching(_ state: inout PoolState) {
    if !state.watched.isOn { startWatching(&state) }
    if !state.attended.isOn { startAttending(&state) }
  }

  /// Whether the watchdog sleeps; for tests.
  package var isUnwatched: Bool { state.withLock { !$0.watched.isOn } }

  private func startWatching(_ state: inout PoolState) {
    state.watched = WatchedState()
    state.watched.isOn = true
    state.watched.ticketsTaken = wire.ticketsTaken
    armNoLater(.watchdog, at: MonotonicClock.now() &+ Self.interval, &state)
  }

  func watch(_ state: inout PoolState) {
    if wire.closing.load() != 0 { return watchClosing(&state) }
    restoreJobs(state)
    let taken = wire.ticketsTaken
    let isReady = wire.readyTickets > 0
    let hasJobs = wire.activeJobs.loadSequential() != 0
    let hasDirected = state.directedNow.contains { $0 != nil }
    let hasSurplus = endStoppedSurplus(&state)
    if isReady || hasJobs || hasDirected || hasSurplus || !state.overflow.isEmpty {
      state.watched.idleLooks = 0
    } else {
      state.watched.idleLooks += 1
      state.watched.stuckLooks = 0
      if state.watched.idleLooks > 10 {
        state.watched.isOn = false
        return
      }
    }
    let isStuck =
      isReady && taken == state.watched.ticketsTaken || hasJobs && hasUnattendedJob(state)
    for index in state.watched.chairs.indices {
      let chair = wire.chair(index)
      let sitter = chair.loadSequential()
      // Nobody spins for so long: publishers are not to count on it.
      if (isStuck || hasJobs) && sitter != 0 && sitter == state.watched.chairs[index] {
        _ = chair.compareExchange(expected: sitter, desired: 0)
      }
      state.watched.chairs[index] = sitter
    }
    state.watched.ticketsTaken = taken
    if hasStoppedAddressee(state) {
      // The others do not help: the task is for this one.
      state.watched.stuckLooks += 1
      if state.watched.stuckLooks >= 10 { endStoppedIdlers(&state) }
    } else if isStuck || hasJobs, !wire.wakeOne(), isStuck {
      state.watched.stuckLooks += 1
      if state.watched.stuckLooks >= 10 { endStoppedIdlers(&state) }
    } else {
      state.watched.stuckLooks = 0
    }
    arm(.watchdog, at: MonotonicClock.now() &+ Self.interval, &state)
  }

  /// Whether there is a job with chunks to claim and nobody at any of its chunks.
  private func hasUnattendedJob(_ state: PoolState) -> Bool {
    let active = wire.activeJobs.loadSequential()
    return state.jobs.indices.contains { index in
      guard active & (1 << UInt64(index)) != 0 else { return false }
      return !wire.usedSeats.contains { number in
        let seat = wire.seat(SeatIndex(number))
        return state.workers[number] != nil && seat.phase == .busy
          && CurrentWork(bits: seat.current.load()).job == JobIndex(index)
      }
    }
  }

  /// Whether a task waits for a worker that has been stopped.
  private func hasStoppedAddressee(_ state: PoolState) -> Bool {
    state.directedNow.indices.contains { index in
      guard let task = state.directedNow[index], case .slot(let slot, _) = task.place,
        StateWord(bits: wire.slot(slot).state.load()).phase == .ready
      else { return false }
      return state.workers[index]?.isStopped == true
    }
  }

  /// Ends workers that are to leave, have nothing to do and are stopped.
  /// - Returns: whether any is still there that is to leave.
  private func endStoppedSurplus(_ state: inout PoolState) -> Bool {
    var isThere = false
    for index in state.workers.indices {
      let seat = SeatIndex(index)
      guard let worker = state.workers[index], wire.seat(seat).order.load() == Seat.Order.leave
      else { continue }
      isThere = true
      if worker.isStopped, wire.seat(seat).phase != .busy, !holdsWork(seat, state) {
        end(seat, with: SIGKILL, &state)
      }
    }
    return isThere
  }

  /// Nothing is left to do, and all workers are to leave: a stopped one cannot, and has nothing to lose.
  private func watchClosing(_ state: inout PoolState) {
    state.watched.stuckLooks += 1
    if state.watched.stuckLooks >= 10 {
      for index in state.workers.indices where state.workers[index]?.isStopped == true {
        wire.seat(SeatIndex(index)).order.storeSequential(Seat.Order.leave)
        end(SeatIndex(index), with: SIGKILL, &state)
      }
    }
    arm(.watchdog, at: MonotonicClock.now() &+ Self.interval, &state)
  }

  /// Puts jobs back on the list that a worker took off it and was stopped before it looked again.
  private func restoreJobs(_ state: PoolState) {
    let active = wire.activeJobs.loadSequential()
    for index in state.jobs.indices where active & (1 << UInt64(index)) == 0 {
      guard let words = state.jobs[index]?.words else { continue }
      let hasUnclaimed = (0..<words.count).contains {
        ChunkWord(bits: words.word($0).load()).phase == .unclaimed
      }
      if hasUnclaimed { _ = wire.activeJobs.fetchOr(1 << UInt64(index)) }
    }
  }

  /// Ends workers that are stopped and run nothing, when tasks have waited for long and no worker is
  /// left to wake. One that a debugger holds is in another state, and is left alone.
  private func endStoppedIdlers(_ state: inout PoolState) {
    for index in state.workers.indices {
      guard let worker = state.workers[index], !state.condemned[index] else { continue }
      let seat = SeatIndex(index)
      let isAtWork = wire.seat(seat).phase == .busy || holdsWork(seat, state)
      guard !isAtWork, worker.isStopped else { continue }
      wire.seat(seat).order.storeSequential(Seat.Order.leave)
      if !holdsWork(seat, state) { end(seat, with: SIGKILL, &state) }
    }
  }

  private func holdsWork(_ seat: SeatIndex, _ state: PoolState) -> Bool {
    state.tasks.indices.contains { index in
      guard state.tasks[index] != nil else { return false }
      let word = StateWord(bits: wire.slot(SlotIndex(index)).state.loadSequential())
      return word.phase == .running && word.owner == seat
    }
  }
}
