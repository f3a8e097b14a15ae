import CEchelon
package import EchelonMemory

/// What the arena tells of a pool, to the front end and to whoever looks on from another process.
package struct PoolView: Sendable {
  private let region: Region
  private let layout: ArenaLayout
  private let hot: Region

  /// A view of an arena's control area.
  package init(region: Region, layout: ArenaLayout) {
    self.region = region
    self.layout = layout
    hot = region.subregion(
      at: OFFSET_arena_header_hot, byteCount: MemoryLayout<arena_hot_words>.size)
  }

  /// A view of another process's arena.
  package init(_ arena: ObservedArena) throws(ArenaError) {
    let header: arena_header = arena.region.load(at: 0)
    // The observer maps the front of the control area.
    let layout = try ArenaLayout(header, controlLimit: .max)
    guard layout.seatsEnd <= arena.region.byteCount else { throw .notAnArena }
    self.init(region: arena.region, layout: layout)
  }

  /// The seats that workers have or are to have; a layout has more, for a pool that grows.
  package var shownSeats: Range<Int> {
    let used = (0..<layout.seatCount).last { seat($0).incarnation != 0 } ?? -1
    return 0..<min(layout.seatCount, max(used + 1, Int(frontEnd.workerLimit.load())))
  }
  package var frontEnd: FrontEndWords { FrontEndWords(arena: region) }

  /// Tickets that no worker has taken.
  package var readyTasks: Int {
    // No ring has more; an onlooker does not trust what it reads.
    func ready(tail: Int, head: Int) -> Int {
      let count = Int(
        truncatingIfNeeded: hot.word64(at: tail).load() &- hot.word64(at: head).load())
      return min(max(0, count), layout.ringCapacity)
    }
    let tails = OFFSET_arena_hot_words_side_tails
    let heads = OFFSET_arena_hot_words_side_heads
    return ready(tail: OFFSET_arena_hot_words_tail, head: OFFSET_arena_hot_words_head)
      + ready(tail: tails, head: heads) + ready(tail: tails + 8, head: heads + 8)
  }

  /// Jobs that may have chunks to claim.
  package var activeJobs: Int {
    hot.word64(at: OFFSET_arena_hot_words_active_jobs).load().nonzeroBitCount
  }

  package var isClosing: Bool { hot.word32(at: OFFSET_arena_hot_words_closing).load() != 0 }

  package func seat(_ index: Int) -> Seat {
    Seat(
      region: region.subregion(
        at: layout.seatsOffset + index * MemoryLayout<arena_seat>.stride,
        byteCount: MemoryLayout<arena_seat>.size))
  }
}

/// What the front end writes for those who look on. Each word is written by it alone.
package struct FrontEndWords: Sendable {
  private let region: Region

  package init(arena: Region) {
    region = arena.subregion(
      at: OFFSET_arena_header_front_end, byteCount: MemoryLayout<arena_front_end>.size)
  }

  package var madeAt: SharedWord64 { region.word64(at: OFFSET_arena_front_end_made_at) }
  package var waitingTasks: SharedWord64 {
    region.word64(at: OFFSET_arena_front_end_waiting_tasks)
  }
  package var deaths: SharedWord64 { region.word64(at: OFFSET_arena_front_end_deaths) }
  package var retries: SharedWord64 { region.word64(at: OFFSET_arena_front_end_retries) }
  package var limitBytes: SharedWord64 { region.word64(at: OFFSET_arena_front_end_limit_bytes) }
  package var usedBytes: SharedWord64 { region.word64(at: OFFSET_arena_front_end_used_bytes) }
  package var peakBytes: SharedWord64 { region.word64(at: OFFSET_arena_front_end_peak_bytes) }
  package var committedBytes: SharedWord64 {
    region.word64(at: OFFSET_arena_front_end_committed_bytes)
  }
  package var workerLimit: SharedWord32 {
    region.word32(at: OFFSET_arena_front_end_worker_limit)
  }
  /// The descriptor of the flight recorder in the front end, 0 when there is none.
  package var recorderDescriptor: SharedWord32 {
    region.word32(at: OFFSET_arena_front_end_recorder_descriptor)
  }
}

/// How busy a worker has been.
///
/// Nobody looks at a clock for each task: the worker notes when it falls asleep and wakes, and the rest
/// of its life is work, but for spins of at most 50 µs that ended with work.
extension Seat {
  /// How many workers have sat here; written by the front end.
  package var incarnation: UInt32 { incarnationWord.load() }
  package var cameUpAt: SharedWord64 { region.word64(at: OFFSET_arena_seat_came_up_at) }
  package var idleNanoseconds: SharedWord64 {
    region.word64(at: OFFSET_arena_seat_idle_nanoseconds)
  }
  /// When it became idle; 0 while it is at work.
  package var idleSince: SharedWord64 { region.word64(at: OFFSET_arena_seat_idle_since) }
  /// Of workers that have sat here before; written by the front end.
  package var earlierBusyNanoseconds: SharedWord64 {
    region.word64(at: OFFSET_arena_seat_earlier_busy_nanoseconds)
  }

  /// Nanoseconds that workers on this seat have been at work, up to `now`.
  package func busyNanoseconds(now: UInt64) -> UInt64 {
    let earlier = earlierBusyNanoseconds.load()
    let start = cameUpAt.load()
    guard start != 0, now > start else { return earlier }
    let since = idleSince.load()
    let resting = since == 0 || since > now ? 0 : now - since
    // Wrapping: an onlooker may find any numbers here.
    let idle = idleNanoseconds.load() &+ resting
    return earlier &+ (now - start > idle ? now - start - idle : 0)
  }

  /// In the worker, as it begins.
  package func begin(now: UInt64) {
    idleNanoseconds.store(0)
    idleSince.store(0)
    cameUpAt.store(now)
  }

  /// In the worker, as it goes to sleep.
  package func rest(since: UInt64) { idleSince.store(since) }

  /// In the worker, as it wakes.
  package func resume(now: UInt64) {
    let since = idleSince.load()
    idleSince.store(0)
    if since != 0, now > since { idleNanoseconds.store(idleNanoseconds.load() &+ (now - since)) }
  }

  /// In the front end, when its worker is dead.
  package func end(now: UInt64) {
    earlierBusyNanoseconds.store(busyNanoseconds(now: now))
    cameUpAt.store(0)
  }
}
