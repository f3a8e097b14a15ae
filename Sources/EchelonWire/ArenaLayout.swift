import CEchelon
public import EchelonMemory

/// Where the parts of an arena lie. The front end computes it; workers read it from the header.
public struct ArenaLayout: Sendable {
  public let seatCount: Int
  public let slotCount: Int
  public let ringCapacity: Int
  public let jobCount: Int
  public let seatsOffset: Int
  public let slotsOffset: Int
  public let ringOffset: Int
  public let jobsOffset: Int
  public let functionsOffset: Int
  public let functionsBytes: Int
  public let outboxesOffset: Int
  public let outboxBytes: Int
  public let controlBytes: Int

  /// The layout for a pool of at most `seatCount` workers; the other sizes are a simulation's to choose.
  package init(
    seatCount: Int, slotCount: Int = ECHELON_SLOT_LIMIT, ringCapacity: Int = 4096,
    functionsBytes: Int = 256 << 10, outboxBytes: Int = 32 << 10
  ) {
    precondition((1...ECHELON_SEAT_LIMIT) ~= seatCount)
    self.seatCount = seatCount
    self.slotCount = slotCount
    self.ringCapacity = ringCapacity
    jobCount = ECHELON_JOB_LIMIT
    self.functionsBytes = functionsBytes
    self.outboxBytes = outboxBytes
    var offset = 0
    func place(_ bytes: Int) -> Int {
      let start = offset
      offset = roundUp(offset + bytes, to: 4096)
      return start
    }
    _ = place(MemoryLayout<arena_header>.size)
    seatsOffset = place(seatCount * MemoryLayout<arena_seat>.stride)
    slotsOffset = place(slotCount * MemoryLayout<task_slot>.stride)
    ringOffset = place(WorkPriority.allCases.count * ringCapacity * 8)
    jobsOffset = place(jobCount * MemoryLayout<job_record>.stride)
    functionsOffset = place(functionsBytes)
    outboxesOffset = place(seatCount * outboxBytes)
    controlBytes = offset
  }

  /// The layout that the header of an attached arena describes, checked against its size.
  public init(readingFrom arena: Arena) throws(ArenaError) {
    try self.init(
      arena.region.load(at: 0, as: arena_header.self), controlLimit: arena.geometry.blocksOffset)
  }

  /// The layout that a header describes, for an arena of whose start `controlLimit` bytes can be read.
  init(_ header: arena_header, controlLimit: Int) throws(ArenaError) {
    seatCount = Int(header.seat_count)
    slotCount = Int(header.slot_count)
    ringCapacity = Int(header.ring_capacity)
    jobCount = Int(header.job_count)
    seatsOffset = Int(clamping: header.seats_offset)
    slotsOffset = Int(clamping: header.slots_offset)
    ringOffset = Int(clamping: header.ring_offset)
    jobsOffset = Int(clamping: header.jobs_offset)
    functionsOffset = Int(clamping: header.functions_offset)
    functionsBytes = Int(clamping: header.functions_bytes)
    outboxesOffset = Int(clamping: header.outboxes_offset)
    outboxBytes = Int(clamping: header.outbox_bytes)
    controlBytes = Int(clamping: header.blocks_offset)
    guard (1...ECHELON_SEAT_LIMIT) ~= seatCount, jobCount == ECHELON_JOB_LIMIT,
      slotCount > 0, slotCount & (slotCount - 1) == 0, slotCount <= ECHELON_SLOT_LIMIT,
      ringCapacity >= 2 * slotCount, ringCapacity & (ringCapacity - 1) == 0,
      ringCapacity <= 1 << 20,
      fits(seatsOffset, seatCount * MemoryLayout<arena_seat>.stride),
      fits(slotsOffset, slotCount * MemoryLayout<task_slot>.stride),
      fits(ringOffset, WorkPriority.allCases.count * ringCapacity * 8),
      fits(jobsOffset, jobCount * MemoryLayout<job_record>.stride),
      fits(functionsOffset, functionsBytes), functionsBytes >= FunctionTable.smallestBytes,
      outboxBytes <= 1 << 30, outboxBytes % 64 == 0,
      controlBytes <= controlLimit,
      fits(outboxesOffset, seatCount * outboxBytes)
    else { throw .notAnArena }
  }

  /// The bytes of the control area that need pages while at most `seatCount` seats are taken: the
  /// outboxes come last in it.
  public func committedBytes(seatCount: Int) -> Int {
    roundUp(outboxesOffset + min(seatCount, self.seatCount) * outboxBytes, to: 4096)
  }

  /// Where the seats end.
  var seatsEnd: Int { seatsOffset + seatCount * MemoryLayout<arena_seat>.stride }

  private func fits(_ offset: Int, _ bytes: Int) -> Bool {
    offset >= MemoryLayout<arena_header>.size && offset % 64 == 0 && bytes >= 0
      && offset <= controlBytes && bytes <= controlBytes - offset
  }

  /// Writes the header of a new arena, whose control area is zero.
  public func writeHeader(to arena: Arena, frontEndPID: Int32) {
    let geometry = arena.geometry
    var header = arena_header()
    header.magic = ECHELON_LAYOUT_MAGIC
    header.version = ECHELON_LAYOUT_VERSION
    header.header_bytes = UInt32(MemoryLayout<arena_header>.size)
    header.identity = arena.identity
    header.reserved_bytes = UInt64(arena.reservedBytes)
    header.seat_count = UInt32(seatCount)
    header.slot_count = UInt32(slotCount)
    header.ring_capacity = UInt32(ringCapacity)
    header.job_count = UInt32(jobCount)
    header.seats_offset = UInt64(seatsOffset)
    header.slots_offset = UInt64(slotsOffset)
    header.ring_offset = UInt64(ringOffset)
    header.jobs_offset = UInt64(jobsOffset)
    header.functions_offset = UInt64(functionsOffset)
    header.functions_bytes = UInt64(functionsBytes)
    header.outboxes_offset = UInt64(outboxesOffset)
    header.outbox_bytes = UInt64(outboxBytes)
    header.blocks_offset = UInt64(geometry.blocksOffset)
    header.block_limit = UInt64(geometry.blockLimit)
    header.heap_offset = UInt64(geometry.heapOffset)
    header.front_end_pid = UInt32(frontEndPID)
    arena.region.store(header, at: 0)
  }
}
