import Echelon
import EchelonMemory
import EchelonPool
import EchelonWire

/// A pool of another process, looked at from outside.
struct PoolObserver {
  private let arena: ObservedArena
  private let view: PoolView
  private let command: String

  private init?(_ arena: ObservedArena) {
    guard let view = try? PoolView(arena) else { return nil }
    self.arena = arena
    self.view = view
    command = ProcessFacts.commandLine(of: arena.processID) ?? "?"
  }

  /// The pools of a process, at least one.
  static func all(of processID: Int32) throws(ObservationError) -> [PoolObserver] {
    let pools = try ObservedArena.all(of: processID).compactMap { PoolObserver($0) }
    guard !pools.isEmpty else { throw .noPool(processID) }
    return pools
  }

  /// Every pool that this user may look at.
  static func all() -> [PoolObserver] { ObservedArena.all().compactMap { PoolObserver($0) } }

  /// The numbers now.
  func read() -> PoolReading {
    let now = MonotonicClock.now()
    let words = view.frontEnd
    var seats: [PoolReading.Seat] = []
    for index in view.shownSeats {
      let seat = view.seat(index)
      var statistics = SeatStatistics(seat, now: now)
      let isThere = statistics.state != .vacant && statistics.state != .starting
      // A seat keeps the number of its last worker only while that is up.
      let processID = isThere && seat.processID > 0 ? seat.processID : nil
      statistics.residentBytes = processID.flatMap(ProcessFacts.residentBytes(of:))
      seats.append(
        PoolReading.Seat(
          processID: processID, starts: Int(seat.incarnation), statistics: statistics))
    }
    let isGone = !ProcessFacts.exists(arena.processID)
    let isClosed = view.isClosing && seats.allSatisfy { $0.statistics.state == .vacant }
    return PoolReading(
      time: now, processID: arena.processID, identity: arena.identity, command: command,
      age: Double(now &- words.madeAt.load()) / 1e9, seats: seats, queued: view.readyTasks,
      waiting: Int(clamping: words.waitingTasks.load()), activeJobs: view.activeJobs,
      deaths: Int(clamping: words.deaths.load()), retries: Int(clamping: words.retries.load()),
      usedBytes: Int(clamping: words.usedBytes.load()),
      peakBytes: Int(clamping: words.peakBytes.load()),
      limitBytes: Int(clamping: words.limitBytes.load()), hasEnded: isGone || isClosed)
  }
}

/// What a pool's memory said at one moment.
struct PoolReading {
  struct Seat {
    let processID: Int32?
    let starts: Int
    let statistics: SeatStatistics
  }
  /// Monotonic nanoseconds.
  let time: UInt64
  let processID: Int32
  let identity: UInt64
  let command: String
  /// Seconds since the pool was made.
  let age: Double
  let seats: [Seat]
  /// Tasks that a worker could take.
  let queued: Int
  /// Tasks that wait in the program for a slot.
  let waiting: Int
  let activeJobs: Int
  let deaths: Int
  let retries: Int
  let usedBytes: Int
  let peakBytes: Int
  let limitBytes: Int
  let hasEnded: Bool
}
