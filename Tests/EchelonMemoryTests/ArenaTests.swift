import EchelonMemory
import EchelonWire
import Glibc
import TestSupport
import Testing

/// An arena as a pool makes it, with its header written.
func arena(
  _ backing: ArenaBacking? = nil, limit: Int = 64 << 20
) throws(ArenaError) -> Arena {
  let layout = ArenaLayout(seatCount: 1)
  let arena = try Arena(backing: backing, limitBytes: limit, controlBytes: layout.controlBytes)
  layout.writeHeader(to: arena, frontEndPID: getpid())
  return arena
}

extension ArenaBacking {
  /// Why this machine refuses this backing; nil when it has it.
  var refusal: String? {
    do {
      _ = try arena(self)
      return nil
    } catch {
      return "\(error)"
    }
  }
}

@Suite struct `An arena` {
  @Test(arguments: ArenaBacking.allCases)
  func `is made with the backing that is asked for by name`(_ backing: ArenaBacking) throws {
    if let refusal = backing.refusal {
      // The machine may have it forbidden; what it must not do is give another one.
      #expect(refusal.contains(backing.rawValue))
      try Test.cancel("this machine refuses \(backing): \(refusal)")
    }
    let arena = try arena(backing)
    #expect(arena.backing == backing)
    #expect(arena.backingNotes == [])
    let block = try arena.allocate(byteCount: 3 << 20)
    block.withMutableSpan(of: UInt64.self, byteOffset: 0, count: 3 << 17) { span in
      for index in span.indices { span[index] = UInt64(index) }
    }
    // Another mapping of the same object sees the same bytes.
    let attached = try Arena(attaching: dup(arena.descriptor))
    #expect(attached.identity == arena.identity)
    #expect(attached.backing == nil)
    let view = try attached.borrow(block.handle)
    #expect(
      view.withSpan(of: UInt64.self, byteOffset: 0, count: 3 << 17) { $0[3 << 17 - 1] } == 3 << 17
        - 1)
    #expect(Machine.namedSharedMemory == [])
  }

  @Test func `takes the first backing that works, and says why not the ones before it`() throws {
    let arena = try arena()
    let first = ArenaBacking.allCases.first { $0.refusal == nil }
    #expect(arena.backing == first)
    let before = ArenaBacking.allCases.prefix { $0 != arena.backing }
    #expect(arena.backingNotes.count == before.count)
    for (note, backing) in zip(arena.backingNotes, before) {
      #expect(note.hasPrefix("\(backing): "))
    }
  }

  @Test func `passes over a /dev/shm that is smaller than the pool may become`() throws {
    // More than any /dev/shm has, and nothing is committed.
    let arena = try arena(nil, limit: 1 << 45)
    #expect(arena.backing != .sharedMemory)
  }

  @Test func `refuses limits that are no sizes`() {
    for limit in [0, -1, 1 << 46, Int.max] {
      #expect(throws: ArenaError.invalidSize(bytes: limit)) { _ = try arena(nil, limit: limit) }
    }
  }

  @Test func `refuses to attach another layout, by its number`() throws {
    let arena = try arena()
    let version: UInt32 = arena.region.load(at: 8)
    arena.region.store(version + 1, at: 8)
    #expect(throws: ArenaError.layoutMismatch(found: version + 1, expected: version)) {
      _ = try Arena(attaching: dup(arena.descriptor))
    }
  }

  @Test func `refuses to attach what is not an arena`() throws {
    let arena = try arena()
    arena.region.store(UInt64(0), at: 0)
    #expect(throws: ArenaError.notAnArena) { _ = try Arena(attaching: dup(arena.descriptor)) }
    let file = unsafe open("/proc/self/exe", O_RDONLY)
    defer { close(file) }
    #expect(throws: ArenaError.notAnArena) { _ = try Arena(attaching: file) }
    #expect(throws: ArenaError.notAnArena) { _ = try Arena(attaching: -1) }
  }

  @Test func `refuses a header whose sizes do not fit together`() throws {
    for (offset, value) in [(12, UInt64(0)), (24, 1 << 50), (24, 0)] {
      let arena = try arena()
      if offset == 12 {
        arena.region.store(UInt32(value), at: offset)
      } else {
        arena.region.store(value, at: offset)
      }
      #expect(throws: ArenaError.notAnArena) { _ = try Arena(attaching: dup(arena.descriptor)) }
    }
  }

  @Test func `gives its memory back when it goes`() throws {
    let before = Machine.descriptors
    var inner: Arena? = try arena(.anonymousFile)
    let descriptor = try #require(inner?.descriptor)
    #expect(!before.contains(descriptor))
    weak let weakly = inner
    inner = nil
    #expect(weakly == nil)
  }

  @Test func `lives as long as one of its blocks`() throws {
    var made: Arena? = try arena()
    let block = try #require(try made?.allocate(byteCount: 8))
    made = nil
    block.withMutableSpan(of: Int.self, byteOffset: 0, count: 1) { $0[0] = 5 }
    #expect(block.withSpan(of: Int.self, byteOffset: 0, count: 1) { $0[0] } == 5)
  }
}

@Suite struct `A handle` {
  let home: Arena
  let block: ArenaBlock
  init() throws {
    home = try arena()
    block = try home.allocate(byteCount: 1000)
  }

  @Test func `finds its block again, the very same`() throws {
    ArenaRegistry.add(home)
    let found = try ArenaRegistry.block(block.handle)
    #expect(found === block)
  }

  @Test func `of another arena is refused with both names`() throws {
    let other = try arena()
    #expect(throws: ArenaError.foreignHandle(found: home.identity, expected: other.identity)) {
      try other.borrow(block.handle)
    }
    let error = ArenaError.foreignHandle(found: 0xabc, expected: 0xdef)
    #expect("\(error)".contains("abc") && "\(error)".contains("def"))
  }

  @Test func `of a block that was released is refused, also when its place is used again`() throws {
    var short: ArenaBlock? = try home.allocate(byteCount: 1000)
    let handle = try #require(short?.handle)
    short = nil
    let stale = ArenaError.staleHandle(offset: Int(handle.offset), generation: handle.generation)
    #expect(throws: stale) { try home.borrow(handle) }
    let next = try home.allocate(byteCount: 1000)
    #expect(next.offset == Int(handle.offset), "the place was to be used again")
    #expect(next.handle.index == handle.index)
    #expect(next.handle.generation != handle.generation)
    #expect(throws: stale) { try home.borrow(handle) }
  }

  @Test func `that names bytes outside the heap is refused`() throws {
    for (offset, byteCount) in [
      (UInt64(0), UInt64(64)),  // the header
      (block.handle.offset, 1 << 40), (UInt64.max, 1), (1 << 62, 1 << 62),
      (UInt64(home.region.byteCount), 1), (block.handle.offset, UInt64.max),
    ] {
      var handle = block.handle
      handle.offset = offset
      handle.byteCount = byteCount
      let error = #expect(throws: ArenaError.self) { try home.borrow(handle) }
      guard case .handleOutOfBounds? = error else {
        Issue.record("\(offset), \(byteCount): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func `with an index outside the table, or not at a cache line, is refused`() throws {
    var handle = block.handle
    handle.index = .max
    #expect(throws: ArenaError.self) { try home.borrow(handle) }
    handle = block.handle
    handle.offset += 8
    handle.byteCount -= 8
    #expect(throws: ArenaError.self) { try home.borrow(handle) }
  }

  @Test func `damaged at random never gets past the checks`() throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let lowest = UInt64(block.offset)
    for _ in 0..<20_000 {
      var handle = block.handle
      switch random.next() % 5 {
      case 0: handle.arena ^= 1 << (random.next() % 64)
      case 1: handle.offset = random.next() >> (random.next() % 64)
      case 2: handle.byteCount = random.next() >> (random.next() % 64)
      case 3: handle.index ^= 1 << UInt32(random.next() % 32)
      default: handle.generation ^= 1 << UInt32(random.next() % 32)
      }
      guard let view = try? home.borrow(handle) else { continue }
      // What gets through is this arena's, alive and inside the reservation: as far as one can tell.
      #expect(
        view.offset >= Int(lowest) / 2 && view.offset + view.byteCount <= home.region.byteCount)
      #expect(handle.arena == home.identity)
    }
  }
}
