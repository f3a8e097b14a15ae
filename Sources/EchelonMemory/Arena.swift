import CEchelon
import Glibc
import Synchronization

/// One shared-memory object that a front end and its workers map.
///
///     0          header and control area   laid out by EchelonWire, committed at once
///     blocks     generation words           one per live block, committed as they are needed
///     heap       blocks                     committed as it grows, up to the limit
///
/// The object has no name, so nothing can be left behind; it ends with the last process that maps
/// it. Every process maps the whole reservation once, and the object grows underneath.
///
/// ## Invariants
/// 1. `base` stays mapped, `reservedBytes` long, until `deinit`; regions and blocks hold the arena.
/// 2. Every byte below `committedEnd` of the heap has a page: touching it cannot raise SIGBUS.
/// 3. Only the front end allocates, under `heap`'s lock.
@safe public final class Arena: Sendable {
  /// What was chosen for the pages, nil in a worker.
  public let backing: ArenaBacking?
  /// Why other backings were not taken, in their order.
  public let backingNotes: [String]
  /// Random; part of every handle.
  public let identity: UInt64
  /// The most the heap may hold.
  public let limitBytes: Int
  package let descriptor: Int32
  package let reservedBytes: Int
  package let region: Region

  private let blocksOffset: Int
  private let blockLimit: Int
  private let heapOffset: Int
  private let heap: Mutex<ArenaHeap>
  /// The files that are mapped as blocks.
  let files = Mutex(MappedFiles())

  /// Blocks that can be alive at once.
  private static let blockCapacity = 1 << 18

  /// Makes an arena.
  /// - Parameters:
  ///   - backing: the one to use; nil takes the first of the order that works.
  ///   - limitBytes: the most the heap may hold; nil is three quarters of the memory this process
  ///     may have.
  ///   - controlBytes: size of the header and of what EchelonWire puts behind it.
  ///   - committedBytes: how much of that needs pages at once; nil is all of it.
  package init(
    backing wanted: ArenaBacking?, limitBytes: Int?, controlBytes: Int,
    committedBytes: Int? = nil
  ) throws(ArenaError) {
    let limit = limitBytes ?? MachineLimits.memory().totalBytes / 4 * 3
    guard limit > 0, limit < 1 << 46 else { throw .invalidSize(bytes: limit) }
    let control = roundUp(controlBytes, to: 4096)
    let heapOffset = roundUp(control + Self.blockCapacity * 8, to: 2 << 20)
    // Room for rounding: a block occupies whole pages, and growth goes in steps.
    let reserved = roundUp(heapOffset + limit + (4 << 20), to: 2 << 20)
    let file = try BackingFile.open(wanted, byteLimit: reserved)
    guard let base = unsafe echelon_backing_map(file.descriptor, UInt64(reserved)) else {
      let reason = systemMessage(errno)
      close(file.descriptor)
      throw .cannotMap(bytes: reserved, reason: reason)
    }
    let error = echelon_backing_commit(
      file.descriptor, 0, UInt64(min(control, committedBytes ?? control)))
    guard error == 0 else {
      unsafe munmap(base, reserved)
      close(file.descriptor)
      throw .outOfMemory(
        neededBytes: control, availableBytes: 0, limit: "\(file.backing)",
        advice: "\(systemMessage(error)); free memory or choose another backing")
    }
    self.backing = file.backing
    backingNotes = file.reasons
    descriptor = file.descriptor
    reservedBytes = reserved
    self.limitBytes = limit
    identity = UInt64.random(in: 1...UInt64.max)
    // SAFETY: the mapping above is page-aligned and `reserved` bytes long (region invariant 1).
    region = unsafe Region(base: base, byteCount: reserved)
    blocksOffset = control
    blockLimit = Self.blockCapacity
    self.heapOffset = heapOffset
    heap = Mutex(
      ArenaHeap(
        descriptor: file.descriptor, start: heapOffset, limitBytes: limit,
        growthStep: file.backing.growthStep, wordsOffset: control, wordLimit: Self.blockCapacity))
  }

  /// Gives pages to the first `byteCount` bytes of the control area, if they have none yet.
  package func commitControl(byteCount: Int) throws(ArenaError) {
    if descriptor < 0 { return }
    let error = echelon_backing_commit(descriptor, 0, UInt64(min(byteCount, blocksOffset)))
    guard error == 0 else {
      throw .outOfMemory(
        neededBytes: byteCount, availableBytes: 0, limit: "the backing",
        advice: "\(systemMessage(error)); free memory or choose another backing")
    }
  }

  /// Attaches the arena behind `descriptor`, in a worker.
  package init(attaching descriptor: Int32) throws(ArenaError) {
    let headerBytes = 4096
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_size >= headerBytes,
      let probe = unsafe mmap(nil, headerBytes, PROT_READ, MAP_SHARED, descriptor, 0),
      unsafe probe != MAP_FAILED
    else { throw .notAnArena }
    // SAFETY: the page is mapped, and a header is smaller than a page; every field is an integer.
    let header = unsafe probe.load(as: arena_header.self)
    unsafe munmap(probe, headerBytes)
    guard header.magic == ECHELON_LAYOUT_MAGIC else { throw .notAnArena }
    guard header.version == ECHELON_LAYOUT_VERSION else {
      throw .layoutMismatch(found: header.version, expected: ECHELON_LAYOUT_VERSION)
    }
    guard header.header_bytes == UInt32(MemoryLayout<arena_header>.size),
      header.reserved_bytes < 1 << 47, header.heap_offset < header.reserved_bytes,
      header.blocks_offset <= header.heap_offset, header.blocks_offset % 8 == 0,
      header.block_limit <= (header.heap_offset - header.blocks_offset) / 8
    else { throw .notAnArena }
    let reserved = Int(header.reserved_bytes)
    guard let base = unsafe echelon_backing_map(descriptor, header.reserved_bytes) else {
      throw .cannotMap(bytes: reserved, reason: systemMessage(errno))
    }
    // A process that user code forks in a worker must not write on the arena after its parent's
    // death, when its blocks may be someone else's.
    unsafe madvise(base, reserved, MADV_DONTFORK)
    backing = nil
    backingNotes = []
    self.descriptor = descriptor
    reservedBytes = reserved
    limitBytes = 0
    identity = header.identity
    // SAFETY: as in the other initializer.
    region = unsafe Region(base: base, byteCount: reserved)
    blocksOffset = Int(header.blocks_offset)
    blockLimit = Int(header.block_limit)
    heapOffset = Int(header.heap_offset)
    heap = Mutex(ArenaHeap.none)
  }

  deinit {
    if descriptor < 0 {
      if backing != nil { SimulatedMemory.giveBack(region) }
      return
    }
    unsafe munmap(region.address(at: 0, byteCount: reservedBytes), reservedBytes)
    close(descriptor)
  }

  /// An arena in memory that has its pages already, for a simulation.
  /// - Parameters:
  ///   - region: stays mapped for as long as the process lives.
  ///   - isFrontEnd: whether this is the side that allocates.
  package init(
    simulatedIn region: Region, limitBytes: Int, controlBytes: Int, blockCapacity: Int,
    isFrontEnd: Bool
  ) {
    let control = roundUp(controlBytes, to: 4096)
    backing = isFrontEnd ? .anonymousFile : nil
    backingNotes = []
    descriptor = -1
    reservedBytes = region.byteCount
    self.limitBytes = limitBytes
    // The same for both sides, and no other arena's.
    identity = unsafe UInt64(UInt(bitPattern: region.address(at: 0, byteCount: 0))) | 1
    self.region = region
    blocksOffset = control
    blockLimit = blockCapacity
    heapOffset = roundUp(control + blockCapacity * 8, to: 4096)
    precondition(heapOffset + limitBytes <= region.byteCount, "the simulated memory is too small")
    heap = Mutex(
      isFrontEnd
        ? ArenaHeap(
          descriptor: -1, start: heapOffset, limitBytes: limitBytes, growthStep: 16 << 10,
          wordsOffset: control, wordLimit: blockCapacity)
        : ArenaHeap.none)
  }

  /// Where the heap and the generation words lie, for the header.
  package var geometry: (blocksOffset: Int, blockLimit: Int, heapOffset: Int) {
    (blocksOffset, blockLimit, heapOffset)
  }

  /// Runs `body`, in which this process may be forked: the child does not get the mapping, only the
  /// descriptor.
  package func withoutInheritance<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    let base = unsafe region.address(at: 0, byteCount: reservedBytes)
    unsafe madvise(base, reservedBytes, MADV_DONTFORK)
    defer { unsafe madvise(base, reservedBytes, MADV_DOFORK) }
    return try body()
  }

  // MARK: Allocation, front end only

  /// Allocates a block of at least `byteCount` bytes, aligned to a cache line (to a page from 4 KiB
  /// on). Its contents are whatever was there before.
  public func allocate(byteCount: Int) throws(ArenaError) -> ArenaBlock {
    guard byteCount >= 0, byteCount < 1 << 46 else { throw .invalidSize(bytes: byteCount) }
    let place = try heap.withLock { heap throws(ArenaError) in
      defer { show(heap.usage) }
      return try heap.allocate(byteCount)
    }
    let generation = region.word64(at: blocksOffset + 8 * place.index).load()
    let block = ArenaBlock(
      arena: self, offset: place.offset, byteCount: byteCount, index: place.index,
      generation: UInt32(truncatingIfNeeded: generation), isOwned: true)
    heap.withLock { heap in heap.owners[place.index] = WeakBlock(block: block) }
    return block
  }

  /// The block behind a handle that came back: the front end's own, or in a worker a borrowed view.
  func block(_ handle: BlockHandle) throws(ArenaError) -> ArenaBlock {
    guard backing != nil else { return try borrow(handle) }
    if handle.file != 0 { return try ownedFile(handle) }
    try check(handle)
    let owner = heap.withLock { heap in heap.owners[Int(handle.index)]?.block }
    guard let owner, owner.handle == handle else {
      throw .staleHandle(offset: Int(clamping: handle.offset), generation: handle.generation)
    }
    return owner
  }

  /// Makes every handle to the block stale and its bytes free.
  func release(_ block: borrowing ArenaBlock) {
    let word = region.word64(at: blocksOffset + 8 * block.index)
    word.store(word.load() &+ 1)
    heap.withLock { heap in
      heap.release(offset: block.offset, byteCount: block.byteCount, index: block.index)
      show(heap.usage)
    }
  }

  /// Gives free memory at the end of the heap back to the system. Returns the bytes given back.
  @discardableResult public func trim() -> Int { heap.withLock { heap in heap.trim() } }

  /// For those who look on from other processes.
  private func show(_ usage: ArenaUsage) {
    guard blocksOffset > OFFSET_arena_header_front_end else { return }  // an arena of one process
    let words = OFFSET_arena_header_front_end
    region.word64(at: words + OFFSET_arena_front_end_used_bytes)
      .storeRelaxed(UInt64(usage.usedBytes))
    region.word64(at: words + OFFSET_arena_front_end_peak_bytes)
      .storeRelaxed(UInt64(usage.peakBytes))
    region.word64(at: words + OFFSET_arena_front_end_committed_bytes)
      .storeRelaxed(UInt64(usage.committedBytes))
  }

  /// How much of the arena is in use.
  public var usage: ArenaUsage { heap.withLock { heap in heap.usage } }

  // MARK: Handles

  /// The block behind a handle that came from another process, checked: of this arena, inside it,
  /// and still alive.
  package func borrow(_ handle: BlockHandle) throws(ArenaError) -> ArenaBlock {
    if handle.file != 0 {
      return ArenaBlock(arena: self, borrowing: try mapping(of: handle), handle)
    }
    try check(handle)
    guard handle.offset % 64 == 0 else {
      throw .handleOutOfBounds(offset: Int(handle.offset), byteCount: Int(handle.byteCount))
    }
    return ArenaBlock(
      arena: self, offset: Int(handle.offset), byteCount: Int(handle.byteCount),
      index: Int(handle.index), generation: handle.generation, isOwned: false)
  }

  /// - Parameter index: below the limit.
  func generationWord(_ index: Int) -> UInt64 {
    region.word64(at: blocksOffset + 8 * index).load()
  }

  /// Whether a handle, or a part of its block, is of this arena, inside it and alive.
  func check(_ handle: BlockHandle) throws(ArenaError) {
    guard handle.arena == identity else {
      throw .foreignHandle(found: handle.arena, expected: identity)
    }
    let offset = Int(clamping: handle.offset)
    let byteCount = Int(clamping: handle.byteCount)
    guard Int(handle.index) < blockLimit, offset >= heapOffset, offset <= reservedBytes,
      byteCount <= reservedBytes - offset
    else { throw .handleOutOfBounds(offset: offset, byteCount: byteCount) }
    let word = generationWord(Int(handle.index))
    guard UInt32(truncatingIfNeeded: word) == handle.generation else {
      throw .staleHandle(offset: offset, generation: handle.generation)
    }
  }
}

/// How much of an arena is in use.
public struct ArenaUsage: Sendable, Equatable {
  /// That of no memory.
  package init() {}

  /// Bytes in live blocks, rounding included.
  public var usedBytes = 0
  /// The most that `usedBytes` has been.
  public var peakBytes = 0
  /// Bytes of the heap that have pages.
  public var committedBytes = 0
  /// Live blocks.
  public var blockCount = 0
}

@inlinable package func roundUp(_ value: Int, to multiple: Int) -> Int {
  (value + multiple - 1) / multiple * multiple
}
