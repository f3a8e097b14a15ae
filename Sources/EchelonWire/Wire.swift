public import CEchelon
public import EchelonMemory
public import Synchronization

/// What a front end and its workers agree on: typed views of every part of an arena.
///
/// A class for speed alone: it is passed around everywhere, and all its state lies in the arena.
public final class Wire: Sendable {
  public let arena: Arena
  public let layout: ArenaLayout
  /// In the front end: seats that have had a worker are below this.
  private let seatsUsed = Atomic<Int>(0)
  /// In the front end: `head` of the usual priority as it was some time ago.
  @usableFromInline let knownHead = Atomic<UInt64>(0)
  @usableFromInline let hot: Region
  @usableFromInline let ringRegion: Region
  @usableFromInline let slotsRegion: Region
  @usableFromInline let seatsRegion: Region
  @usableFromInline let jobsRegion: Region

  /// Views of `arena`, whose header has been written.
  public init(arena: Arena, layout: ArenaLayout) {
    self.arena = arena
    self.layout = layout
    let region = arena.region
    hot = region.subregion(
      at: OFFSET_arena_header_hot, byteCount: MemoryLayout<arena_hot_words>.size)
    ringRegion = region.subregion(
      at: layout.ringOffset, byteCount: WorkPriority.allCases.count * layout.ringCapacity * 8)
    slotsRegion = region.subregion(
      at: layout.slotsOffset, byteCount: layout.slotCount * MemoryLayout<task_slot>.stride)
    seatsRegion = region.subregion(
      at: layout.seatsOffset, byteCount: layout.seatCount * MemoryLayout<arena_seat>.stride)
    jobsRegion = region.subregion(
      at: layout.jobsOffset, byteCount: layout.jobCount * MemoryLayout<job_record>.stride)
  }

  /// In the front end: the seats that have had a worker, and a few more perhaps. Only these have to be
  /// looked at.
  public var usedSeats: Range<Int> { 0..<seatsUsed.load(ordering: .acquiring) }

  /// A worker is about to be started on `seat`.
  public func use(_ seat: SeatIndex) {
    if seat.value >= seatsUsed.load(ordering: .relaxed) {
      seatsUsed.store(seat.value + 1, ordering: .releasing)
    }
  }

  // The front end's line.
  @inlinable public var tail: SharedWord64 { hot.word64(at: OFFSET_arena_hot_words_tail) }
  @inlinable public func tail(_ priority: WorkPriority) -> SharedWord64 {
    switch priority {
    case .normal: tail
    case .low: hot.word64(at: OFFSET_arena_hot_words_side_tails)
    case .high: hot.word64(at: OFFSET_arena_hot_words_side_tails + 8)
    }
  }
  /// 0 until work of another priority than normal was published: most pools pay one load for theirs.
  @inlinable public var priorities: SharedWord32 {
    hot.word32(at: OFFSET_arena_hot_words_priorities)
  }
  @inlinable public var lowJobs: SharedWord64 { hot.word64(at: OFFSET_arena_hot_words_low_jobs) }
  @inlinable public var highJobs: SharedWord64 { hot.word64(at: OFFSET_arena_hot_words_high_jobs) }
  @inlinable public var activeJobs: SharedWord64 {
    hot.word64(at: OFFSET_arena_hot_words_active_jobs)
  }
  /// 0 open, 1 drain and leave, 2 leave now.
  @inlinable public var closing: SharedWord32 { hot.word32(at: OFFSET_arena_hot_words_closing) }
  /// How many more workers there are than processors.
  @inlinable public var surplusWorkers: SharedWord32 {
    hot.word32(at: OFFSET_arena_hot_words_surplus_workers)
  }
  // The busy workers' line.
  @inlinable public var head: SharedWord64 { hot.word64(at: OFFSET_arena_hot_words_head) }
  @inlinable public func head(_ priority: WorkPriority) -> SharedWord64 {
    switch priority {
    case .normal: head
    case .low: hot.word64(at: OFFSET_arena_hot_words_side_heads)
    case .high: hot.word64(at: OFFSET_arena_hot_words_side_heads + 8)
    }
  }
  // The idle workers' line.
  @inlinable public func chair(_ index: Int) -> SharedWord32 {
    hot.word32(at: OFFSET_arena_hot_words_chairs + 4 * index)
  }
  @inlinable public func sleepers(_ group: Int) -> SharedWord64 {
    hot.word64(at: OFFSET_arena_hot_words_sleepers + 8 * group)
  }
  // The collector's line.
  @inlinable public var collector: SharedWord32 {
    hot.word32(at: OFFSET_arena_hot_words_collector)
  }
  /// What the front end wants to hear of at once: `CollectorInterest` bits.
  @inlinable public var interest: SharedWord32 { hot.word32(at: OFFSET_arena_hot_words_interest) }
  /// Not 0 when workers are to die or stop at a `FaultPoint`; in tests only.
  @inlinable public var faultSeed: SharedWord32 {
    hot.word32(at: OFFSET_arena_hot_words_fault_seed)
  }
  /// Bit per `FaultPoint` at which a worker has died or stopped.
  public var struckFaultPoints: SharedWord64 {
    hot.word64(at: OFFSET_arena_hot_words_fault_points)
  }
  /// Bit per slot whose end the collector is to hear of.
  @inlinable public func finishedSlots(_ group: Int) -> SharedWord64 {
    hot.word64(at: OFFSET_arena_hot_words_finished_slots + 8 * group)
  }
  /// Bit per job whose end the collector is to hear of.
  @inlinable public var finishedJobs: SharedWord64 {
    hot.word64(at: OFFSET_arena_hot_words_finished_jobs)
  }
  /// How many workers may spin at once, and for how long.
  public var chairCount: Int {
    get {
      min(
        Int(hot.load(at: OFFSET_arena_hot_words_chair_count, as: UInt32.self)), ECHELON_CHAIR_LIMIT)
    }
    set { hot.store(UInt32(newValue), at: OFFSET_arena_hot_words_chair_count) }
  }
  public var spinNanoseconds: UInt32 {
    get { hot.load(at: OFFSET_arena_hot_words_spin_nanoseconds) }
    set { hot.store(newValue, at: OFFSET_arena_hot_words_spin_nanoseconds) }
  }

  @inlinable public func slot(_ index: SlotIndex) -> TaskSlot {
    TaskSlot(
      region: slotsRegion.subregion(
        at: index.value * MemoryLayout<task_slot>.stride, byteCount: MemoryLayout<task_slot>.size))
  }

  @inlinable public func seat(_ index: SeatIndex) -> Seat {
    Seat(
      region: seatsRegion.subregion(
        at: index.value * MemoryLayout<arena_seat>.stride, byteCount: MemoryLayout<arena_seat>.size)
    )
  }

  @inlinable public func job(_ index: JobIndex) -> JobRecord {
    JobRecord(
      region: jobsRegion.subregion(
        at: index.value * MemoryLayout<job_record>.stride, byteCount: MemoryLayout<job_record>.size)
    )
  }

  /// The bytes of a seat's outbox.
  public func outbox(_ seat: SeatIndex) -> Region {
    arena.region.subregion(
      at: layout.outboxesOffset + seat.value * layout.outboxBytes, byteCount: layout.outboxBytes)
  }

  /// Lends the result of a task that is done, as its worker says that it lies in the outbox of its
  /// seat; nil when what it says lies elsewhere: code that a task called may have written on it.
  package func withOutboxResult<R>(of slot: TaskSlot, _ body: (RawSpan) -> R) -> R? {
    let seat = StateWord(bits: slot.state.load()).owner ?? SeatIndex(0)
    let (offset, byteCount) = (slot.resultOffset, slot.resultBytes)
    guard seat.value < layout.seatCount, byteCount <= layout.outboxBytes,
      offset <= layout.outboxBytes - byteCount
    else { return nil }
    return outbox(seat).withBytes(at: offset, byteCount: byteCount, body)
  }

  package var functions: FunctionTable {
    FunctionTable(
      region: arena.region.subregion(at: layout.functionsOffset, byteCount: layout.functionsBytes))
  }
}

/// Bits of `Wire.interest`.
public enum CollectorInterest {
  /// Tasks wait in the front end for a slot: ring when the queue runs low.
  public static let refill: UInt32 = 1
  /// More workers can be started: ring when tasks are left and nobody is there to wake.
  public static let growth: UInt32 = 2
}

/// One worker's place, as it lies in the arena.
@frozen public struct Seat: Sendable {
  @usableFromInline let region: Region
  @inlinable init(region: Region) { self.region = region }

  /// 0 awake, 1 asleep; the word its worker sleeps on.
  @inlinable public var wake: SharedWord32 { region.word32(at: OFFSET_arena_seat_wake) }
  @inlinable public var phaseWord: SharedWord32 { region.word32(at: OFFSET_arena_seat_phase) }
  /// Counts the workers that have sat here; the front end raises it once it knows of a worker, which
  /// waits for that: one that nobody knows of must not take work that nobody would miss.
  public var incarnationWord: SharedWord32 { region.word32(at: OFFSET_arena_seat_incarnation) }
  public var phase: SeatPhase { SeatPhase(rawValue: phaseWord.load()) ?? .vacant }
  /// The states of `request`: a worker that needs a block for a large result asks here.
  public enum Request {
    public static let none: UInt32 = 0
    public static let asked: UInt32 = 1
    public static let granted: UInt32 = 2
    public static let refused: UInt32 = 3
  }
  public var request: SharedWord32 { region.word32(at: OFFSET_arena_seat_request) }
  public var requestBytes: UInt64 {
    get { region.load(at: OFFSET_arena_seat_request_bytes) }
    nonmutating set { region.store(newValue, at: OFFSET_arena_seat_request_bytes) }
  }
  public var requestOffset: UInt64 {
    get { region.load(at: OFFSET_arena_seat_request_offset) }
    nonmutating set { region.store(newValue, at: OFFSET_arena_seat_request_offset) }
  }
  /// Bytes of the outbox in use; written by the worker only.
  public var outboxHead: UInt32 {
    get { region.load(at: OFFSET_arena_seat_outbox_head) }
    nonmutating set { region.store(newValue, at: OFFSET_arena_seat_outbox_head) }
  }
  public var outboxPublished: SharedWord32 {
    region.word32(at: OFFSET_arena_seat_outbox_published)
  }
  public var outboxCollected: SharedWord32 {
    region.word32(at: OFFSET_arena_seat_outbox_collected)
  }
  public var processID: Int32 {
    get { region.load(at: OFFSET_arena_seat_pid) }
    nonmutating set { region.store(newValue, at: OFFSET_arena_seat_pid) }
  }
  /// What the front end wants of this worker: `Order`.
  @inlinable public var order: SharedWord32 { region.word32(at: OFFSET_arena_seat_order) }
  public enum Order {
    public static let stay: UInt32 = 0
    /// Take nothing more, and end.
    public static let leave: UInt32 = 1
  }
  /// What the worker runs, or ran last: `CurrentWork`.
  @inlinable public var current: SharedWord64 { region.word64(at: OFFSET_arena_seat_current) }
  /// When a task with a deadline began, on the monotonic clock; for a map, its element.
  @inlinable public var since: SharedWord64 { region.word64(at: OFFSET_arena_seat_since) }
  @inlinable public var tasksRun: SharedWord64 { region.word64(at: OFFSET_arena_seat_tasks_run) }
  @inlinable public var chunksRun: SharedWord64 { region.word64(at: OFFSET_arena_seat_chunks_run) }
}
