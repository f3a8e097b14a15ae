import EchelonMemory
import EchelonWire
import Synchronization

/// What the engine's lock guards.
struct PoolState {
  /// The task in each slot.
  var tasks: [PoolTask?]
  var generations: [UInt32]
  var freeSlots: [Int]
  /// Tasks that wait for a slot, oldest first.
  var overflow = Queue<PoolTask>()

  var jobs: [PoolJob?]
  var jobGenerations: [UInt32]
  var queuedJobs = Queue<PoolJob>()
  /// Memory of chunk words by power of two; never used for anything else (invariant 1 of
  /// `JobRecord`).
  var spareWords: [[ArenaBlock]] = Array(repeating: [], count: 48)

  var workers: [WorkerProcess?]
  var incarnations: [UInt32]
  /// How many workers there should be now; grows on demand up to `workerLimit`.
  var wantedWorkers = 0
  var workerLimit: Int
  /// Workers that ended before they could take work, since the last one that did not: how many, and
  /// how much they weigh against the pool.
  var stillbornCount = 0
  var stillborn = 0
  /// Why the last attempt to start a worker failed, if it did.
  var startFailure: PoolError?
  /// Why the pool cannot go on, once it cannot.
  var broken: PoolError?

  /// Blocks that workers asked for to put large results in, by offset.
  var leases: [Int: (block: ArenaBlock, seat: SeatIndex)] = [:]

  /// Tasks and jobs handed over and not yet over.
  var pending = 0
  /// Calls into other people's code, to be made once the lock is let go.
  var deferred: [@Sendable () -> Void] = []
  var isShutDown = false
  /// What runs now is killed and not run again.
  var isEnding = false
  var hasEnded = false

  var statistics = PoolStatistics()

  init(layout: ArenaLayout, workerLimit: Int) {
    tasks = Array(repeating: nil, count: layout.slotCount)
    generations = Array(repeating: 0, count: layout.slotCount)
    freeSlots = Array((0..<layout.slotCount).reversed())
    jobs = Array(repeating: nil, count: layout.jobCount)
    jobGenerations = Array(repeating: 0, count: layout.jobCount)
    workers = Array(repeating: nil, count: layout.seatCount)
    incarnations = Array(repeating: 0, count: layout.seatCount)
    self.workerLimit = workerLimit
  }
}

/// First in, first out, without moving the rest at every removal.
struct Queue<Element> {
  private var items: [Element?] = []
  private var first = 0

  var count: Int { items.count - first }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element) { items.append(element) }

  mutating func popFirst() -> Element? {
    guard first < items.count else { return nil }
    let element = items[first]
    items[first] = nil
    first += 1
    if first == items.count || (first >= 1024 && first * 2 > items.count) {
      items.removeFirst(first)
      first = 0
    }
    return element
  }

  /// Removes and returns everything.
  mutating func removeAll() -> [Element] {
    defer { items = []; first = 0 }
    return items[first...].compactMap { $0 }
  }

  mutating func removeAll(where matches: (Element) -> Bool) {
    items = items[first...].filter { item in item.map { !matches($0) } ?? false }
    first = 0
  }
}

extension PoolEngine {
  /// Runs `body` under the lock, then what it deferred without it.
  func locked<R: Sendable, E: Error>(
    _ body: (inout PoolState) throws(E) -> R
  ) throws(E) -> R {
    let (result, deferred) = try state.withLock {
      state throws(E) -> (R, [@Sendable () -> Void]) in
      let result = try body(&state)
      guard !state.deferred.isEmpty else { return (result, []) }
      let deferred = state.deferred
      state.deferred = []
      return (result, deferred)
    }
    for call in deferred { call() }
    return result
  }
}
