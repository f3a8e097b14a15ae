import EchelonMemory
import EchelonWire

/// What the front end saw when it last looked who is at work.
struct AttendedState {
  /// Also in a pool that has a processor for each worker, where nobody looks.
  var isOn = false
  /// By seat: what its worker was at, and for how many looks in a row.
  var pieces: [(piece: UInt64, looks: Int)] = []
  var idleLooks = 0
  var interval = PoolEngine.shortestLook
}

/// Which workers need no processor, or have had one for long, in pools of more workers than processors.
///
/// Publishers and workers wake nobody while as many are awake as can run at once (`Wire.wakeOneOfUse`): of
/// sixty-four workers on two processors, sixty-two would but take turns with these. A task may wait for
/// something else, though, or for another task, or be long while others are short. So once a millisecond,
/// as long as there is work that nobody has begun, the front end counts those that wait, and those that have been
/// at the same piece of work for some looks, and wakes as many others: at first one for each, then, as long
/// as nobody else is awake, twice as many each time.
extension PoolEngine {
  fileprivate static var shortestLook: UInt64 { 1_000_000 }
  private static var longestLook: UInt64 { 16_000_000 }
  /// Looks in a row that find a worker at the same piece, after which it does not count as one that will look
  /// for the next piece soon.
  private static var patience: Int { 4 }
  /// Looks that find nothing to begin, before it stops looking.
  private static var idleLimit: Int { 4 }

  /// Called with the lock held whenever a worker has come or gone.
  func countSurplus(_ state: inout PoolState) {
    let surplus = max(0, state.workers.count { $0 != nil } - processors)
    wire.surplusWorkers.storeSequential(UInt32(surplus))
    if surplus > 0 {
      state.attended.isOn = state.timers.moment(of: .attendance) != nil
      if state.watched.isOn { startAttending(&state) }
    }
  }

  func startAttending(_ state: inout PoolState) {
    guard wire.surplusWorkers.load() > 0 else {
      state.attended.isOn = true
      return
    }
    let isLooking = state.timers.moment(of: .attendance) != nil
    state.attended.isOn = true
    guard !isLooking else { return }
    state.attended.pieces = Array(repeating: (0, 0), count: wire.layout.seatCount)
    state.attended.idleLooks = 0
    state.attended.interval = Self.shortestLook
    armNoLater(.attendance, at: MonotonicClock.now() &+ Self.shortestLook, &state)
  }

  /// Counts who will look for work soon, and wakes as many as are missing.
  func lookWhoIsAtWork(_ state: inout PoolState) {
    guard wire.closing.load() == 0, wire.surplusWorkers.load() > 0 else { return }
    let hasWork =
      wire.readyTickets > 0 || wire.activeJobs.loadSequential() != 0 || !state.overflow.isEmpty
    state.attended.idleLooks = hasWork ? 0 : state.attended.idleLooks + 1
    guard state.attended.idleLooks < Self.idleLimit else {
      state.attended.isOn = false
      return
    }
    if hasWork, wire.hasSleeper {
      state.attended.interval = Self.shortestLook
      let (free, held) = attendance(&state)
      let missing = free == 0 ? max(processors, held) : processors - free
      for _ in 0..<max(0, missing) {
        // MODEL(attend.1)
        if !wire.wakeOne() { break }
      }
    } else if hasWork {
      // Nobody is left to wake; that may last for hours.
      state.attended.interval = min(2 * state.attended.interval, Self.longestLook)
    }
    arm(.attendance, at: MonotonicClock.now() &+ state.attended.interval, &state)
  }

  /// How many of those that are awake will look for work soon, and how many are held by what they do.
  private func attendance(_ state: inout PoolState) -> (free: Int, held: Int) {
    var (free, held) = (0, 0)
    for index in wire.usedSeats {
      guard let worker = state.workers[index], !wire.isAsleep(SeatIndex(index)) else {
        state.attended.pieces[index] = (0, 0)
        continue
      }
      let seat = wire.seat(SeatIndex(index))
      // Changes with every task and every chunk.
      let piece = seat.current.load() &+ (seat.tasksRun.load() &+ seat.chunksRun.load()) << 20
      let isSame = piece == state.attended.pieces[index].piece
      let looks = isSame ? state.attended.pieces[index].looks + 1 : 0
      state.attended.pieces[index] = (piece, looks)
      // The system is asked only as long as it matters.
      let isHeld =
        seat.phase == .busy
        && (looks >= Self.patience || free < processors && !worker.isRunning)
      if isHeld { held += 1 } else { free += 1 }
    }
    return (free, held)
  }
}
