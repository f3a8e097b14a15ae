import EchelonMemory
import EchelonWire
import Synchronization

/// More workers, or fewer, on a live pool.
extension PoolEngine {
  /// The most seats that a pool made for `count` workers has: its layout never changes.
  static func seatCount(for count: Int) -> Int { max(count, 64) }

  /// The most workers that the pool may have.
  package var seatLimit: Int { wire.layout.seatCount }

  /// The most workers that it runs now.
  package var workerLimit: Int { state.withLock { $0.workerLimit } }

  /// Changes the most workers that the pool runs. More are started as there is work for them; what is
  /// too many leaves between two tasks, the highest seats first.
  package func resize(to count: Int) throws {
    guard (1...seatLimit) ~= count else {
      throw PoolError.invalidArgument(
        "a pool made for \(configuration.workerCount) workers can be resized to 1 to \(seatLimit), not to \(count); make a new one"
      )
    }
    try arena.commitControl(byteCount: wire.layout.committedBytes(seatCount: count))
    try recorder?.grow(seatCount: count)
    let before = locked { state -> Int in
      let before = state.workerLimit
      state.workerLimit = count
      state.forgetFailedStarts()
      FrontEndWords(arena: arena.region).workerLimit.store(UInt32(count))
      wire.chairCount = max(1, min(processors - 1, count))
      failDirectedOfVacantSeats(from: count, PoolError.cancelled, &state)
      let ready = wire.readyTickets + unclaimedChunks(state) + state.queuedJobs.count
      let isUseful = ready > 0 && state.wantedWorkers < count
      state.wantedWorkers = min(count, state.wantedWorkers)
      if isUseful {
        summonWorkers(&state, demand: ready)
      } else if state.wantedWorkers < count {
        _ = wire.interest.fetchOr(CollectorInterest.growth)
      } else {
        _ = wire.interest.fetchAnd(~CollectorInterest.growth)
      }
      return before
    }
    if before != count { configuration.report(.resized(from: before, to: count)) }
    attention.signal()
  }

  /// How many chunks of all jobs nobody has begun.
  private func unclaimedChunks(_ state: borrowing PoolState) -> Int {
    var count = 0
    for case let words? in state.jobs.map({ $0?.words }) {
      count += (0..<words.count).count {
        ChunkWord(bits: words.word($0).load()).phase == .unclaimed
      }
    }
    return count
  }

  /// Has workers leave that are too many. Called by the supervisor.
  func dismissSurplus() {
    let dismissed = state.withLock { state -> [SeatIndex] in
      var staying = state.workers.indices.filter { index in
        state.workers[index] != nil && !state.condemned[index]
          && wire.seat(SeatIndex(index)).order.load() == Seat.Order.stay
      }
      var dismissed: [SeatIndex] = []
      while let last = staying.last,
        staying.count > state.wantedWorkers || last >= state.workerLimit
      {
        staying.removeLast()
        // ORDER(order): sequential, before the wake-up; the worker looks at it before it sleeps.
        // MODEL(order.6)
        wire.seat(SeatIndex(last)).order.storeSequential(Seat.Order.leave)
        wire.step()
        dismissed.append(SeatIndex(last))
      }
      return dismissed
    }
    guard !dismissed.isEmpty else { return }
    // One that is stopped does not leave by itself.
    locked { state in beginWatching(&state) }
    for seat in dismissed { wire.wake(seat) }
  }
}

extension PoolEngine {
  /// Waits until everything has ended; what is late is killed, and its futures end with `WorkerDied`.
  package func waitUntilEnded(killingAfter deadline: Duration?) {
    let moment = deadline.flatMap(MonotonicClock.deadline(after:))
    while !waitUntilEnded(deadline: moment) {
      shutDown(cancelPending: true)
      killWorkers()
      _ = waitUntilEnded(deadline: MonotonicClock.deadline(after: .milliseconds(50)))
    }
  }
}
