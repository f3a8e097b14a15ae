import EchelonMemory
import EchelonWire
import Synchronization

/// What the engine's lock guards.
///
/// Large, so functions that look at it borrow it: a copy would cost more than a task.
struct PoolState {
  /// The task in each slot.
  var tasks: [PoolTask?]
  var generations: [UInt32]
  var freeSlots: [Int]
  /// Tasks that wait for a slot.
  var overflow = PriorityQueue<PoolTask>()
  /// Tasks that wait for others to end before they are handed to a worker.
  var waiting: [ObjectIdentifier: PoolTask] = [:]

  /// Tasks for one certain worker each, by seat: those that wait, how many of them there are, and the one
  /// in the arena.
  var directed: [Queue<PoolTask>]
  var directedCount = 0
  var directedNow: [PoolTask?]

  var jobs: [PoolJob?]
  var jobGenerations: [UInt32]
  /// Counts jobs, not uses of a record: memory of chunk words moves between records, and a late
  /// claim for an earlier job must not fit.
  var lastJobGeneration: UInt32 = 0
  var queuedJobs = PriorityQueue<PoolJob>()
  /// Memory of chunk words by power of two; never used for anything else (invariant 1 of
  /// `JobRecord`).
  var spareWords: [[ArenaBlock]] = Array(repeating: [], count: 48)

  /// Tasks that wait for the moment of their next attempt.
  var postponed: [ObjectIdentifier: PoolTask] = [:]
  /// What the supervisor is to look at, and when.
  var timers = TimerHeap<TimerKey>()
  var watched = WatchedState()
  var attended = AttendedState()
  /// By seat: the worker was sent a signal that ends it.
  var condemned: [Bool]

  var workers: [(any StartedWorker)?]
  var incarnations: [UInt32]
  /// How many workers have been started on each seat; attempts that failed not among them.
  var starts: [Int]
  /// How many workers there should be now; grows on demand up to `workerLimit`.
  var wantedWorkers = 0
  var workerLimit: Int
  /// Workers that ended before they could take work, since the last one that did not: how many, how
  /// much they weigh against the pool, and by seat how much while others are up.
  var stillbornCount = 0
  /// Deaths that are known, and what they cost is not mended yet.
  var deathsToMend = 0
  var stillborn = 0
  var seatStillborn: [Int]
  /// Seats on which no more workers are tried, unless one has come up there since.
  var hopelessSeats: Set<Int> = []
  /// Seats whose worker was ended because it did not come up in time.
  var lateStarters: Set<Int> = []
  /// Workers in a row whose initializer failed, and when the last one's did.
  var initializerFailures = 0
  var lastInitializerFailure: UInt64 = 0
  /// How many failed since the last that came up, by seat: elsewhere others may come up all the time.
  var seatInitializerFailures: [Int]
  /// No more workers are tried: their initializer fails.
  var hasGivenUpStarting = false
  /// Why the last attempt to start a worker failed, if it did.
  var startFailure: PoolError?
  /// Why the pool cannot go on, once it cannot.
  var broken: PoolError?

  /// Blocks that workers asked for to put large results in, by offset.
  var leases: [Int: (block: ArenaBlock, seat: SeatIndex)] = [:]

  /// Tasks in flight that the limits are for, and the bytes of their calls.
  var limitedTasks = 0
  var limitedBytes = 0
  /// Who waits for room, longest first.
  var roomWaiters = Queue<RoomWaiter>()
  /// The task that is next in the overflow waits for memory, and not for a slot.
  var isShortOfMemory = false
  /// More tasks are published under this turn of the lock; `Wire.settleTail` comes after the last.
  var isPublishingSeveral = false
  /// Tasks went from the overflow into slots: once the lock is let go, workers are to look.
  var hasRefilled = false
  /// Calls into other people's code, to be made once the lock is let go.
  var deferred: [@Sendable () -> Void] = []
  var isShutDown = false
  /// What has not begun is cancelled: work of several jobs begins no further one, and no task is run
  /// again.
  var cancelsPending = false
  /// What runs now is killed and not run again, and no worker is started any more.
  var isEnding = false
  var hasEnded = false

  var statistics = PoolStatistics()
  var seatDeaths: [Int]
  /// As it was at the last death.
  var outOfMemoryCount = OutOfMemoryCount.now()

  init(layout: ArenaLayout, workerLimit: Int) {
    tasks = Array(repeating: nil, count: layout.slotCount)
    generations = Array(repeating: 0, count: layout.slotCount)
    freeSlots = Array((0..<layout.slotCount).reversed())
    directed = Array(repeating: Queue(), count: layout.seatCount)
    directedNow = Array(repeating: nil, count: layout.seatCount)
    jobs = Array(repeating: nil, count: layout.jobCount)
    jobGenerations = Array(repeating: 0, count: layout.jobCount)
    workers = Array(repeating: nil, count: layout.seatCount)
    condemned = Array(repeating: false, count: layout.seatCount)
    incarnations = Array(repeating: 0, count: layout.seatCount)
    seatDeaths = Array(repeating: 0, count: layout.seatCount)
    starts = seatDeaths
    seatStillborn = seatDeaths
    seatInitializerFailures = seatDeaths
    self.workerLimit = workerLimit
  }
}

extension PoolState {
  /// The seats that the pool has now, and who sits there. A worker on one that it had before it shrank
  /// leaves, and does not stand in for one that is missing here: that one may have a task of its own.
  var staff: ArraySlice<(any StartedWorker)?> { workers[..<workerLimit] }

  /// Workers are tried again on every seat, as if none had failed there.
  mutating func forgetFailedStarts() {
    hasGivenUpStarting = false
    hopelessSeats = []
    for seat in seatStillborn.indices {
      seatStillborn[seat] = 0
      seatInitializerFailures[seat] = 0
    }
  }
}

extension PoolEngine {
  /// Runs `body` under the lock, then what it left to be done without it.
  ///
  /// Inlined: what `body` captures would be retained for it else, and released.
  @inline(__always)
  func locked<R: Sendable, E: Error>(
    _ body: (inout PoolState) throws(E) -> R
  ) throws(E) -> R {
    let (result, hasRefilled, deferred) = try state.withLock {
      state throws(E) -> (R, Bool, [@Sendable () -> Void]) in
      let result = try body(&state)
      let hasRefilled = state.hasRefilled
      state.hasRefilled = false
      guard !state.deferred.isEmpty else { return (result, hasRefilled, []) }
      let deferred = state.deferred
      state.deferred = []
      return (result, hasRefilled, deferred)
    }
    if hasRefilled { wire.wakeWorkerIfNeeded() }
    for call in deferred { call() }
    return result
  }
}
