import CEchelon
import EchelonMemory
import EchelonWire
import Glibc
import TestSupport
import Testing

@Suite struct `The layout of an arena` {
  @Test(arguments: [1, 2, 7, 64, 256])
  func `is read back from the header as it was written`(_ seats: Int) throws {
    let wire = try makeWire(seats: seats)
    let attached = try Arena(attaching: dup(wire.arena.descriptor))
    let read = try ArenaLayout(readingFrom: attached)
    #expect(read.seatCount == seats)
    #expect(read.slotCount == wire.layout.slotCount)
    #expect(read.ringCapacity == wire.layout.ringCapacity)
    #expect(read.jobCount == wire.layout.jobCount)
    #expect(read.seatsOffset == wire.layout.seatsOffset)
    #expect(read.slotsOffset == wire.layout.slotsOffset)
    #expect(read.ringOffset == wire.layout.ringOffset)
    #expect(read.jobsOffset == wire.layout.jobsOffset)
    #expect(read.functionsOffset == wire.layout.functionsOffset)
    #expect(read.outboxesOffset == wire.layout.outboxesOffset)
    #expect(read.outboxBytes == wire.layout.outboxBytes)
  }

  @Test func `keeps its parts apart, each at a page`() {
    let layout = ArenaLayout(seatCount: 256)
    let parts = [
      (0, MemoryLayout<arena_header>.size),
      (layout.seatsOffset, 256 * MemoryLayout<arena_seat>.stride),
      (layout.slotsOffset, layout.slotCount * MemoryLayout<task_slot>.stride),
      (layout.ringOffset, layout.ringCapacity * 8),
      (layout.jobsOffset, layout.jobCount * MemoryLayout<job_record>.stride),
      (layout.functionsOffset, layout.functionsBytes),
      (layout.outboxesOffset, 256 * layout.outboxBytes),
    ]
    for (low, high) in zip(parts, parts.dropFirst()) { #expect(low.0 + low.1 <= high.0) }
    for part in parts { #expect(part.0 % 4_096 == 0) }
    #expect(layout.controlBytes >= layout.outboxesOffset + 256 * layout.outboxBytes)
  }

  @Test func `has structures of whole cache lines, as C and Swift both see them`() {
    #expect(MemoryLayout<task_slot>.stride == 256)
    #expect(MemoryLayout<arena_seat>.stride == 192)
    #expect(MemoryLayout<job_record>.stride == 896)
    #expect(MemoryLayout<job_operand>.stride == 64)
    #expect(MemoryLayout<arena_hot_words>.stride == 8 * 64)
    #expect(MemoryLayout<arena_header>.stride % 64 == 0)
    #expect(OFFSET_arena_header_hot % 64 == 0)
    #expect(OFFSET_task_slot_state == 0)
    #expect(OFFSET_arena_hot_words_head / 64 != OFFSET_arena_hot_words_tail / 64)
    #expect(OFFSET_arena_hot_words_collector / 64 != OFFSET_arena_hot_words_head / 64)
    #expect(OFFSET_arena_hot_words_chairs / 64 != OFFSET_arena_hot_words_head / 64)
  }

  @Test func `that a header describes wrongly is refused`() throws {
    // Each a field of the header and a value that cannot be.
    let damage: [(Int, UInt32)] = [
      (32, 0), (32, 257), (36, 0), (36, 1000), (36, 4096), (40, 1), (40, 4095), (44, 63),
    ]
    for (offset, value) in damage {
      let wire = try makeWire()
      wire.arena.region.store(value, at: offset)
      #expect(throws: ArenaError.notAnArena, "field at \(offset)") {
        _ = try ArenaLayout(readingFrom: wire.arena)
      }
    }
    for offset in stride(from: 48, to: 120, by: 8) {
      for value in [UInt64.max, 1 << 40, 33] {
        let wire = try makeWire()
        wire.arena.region.store(value, at: offset)
        #expect(throws: ArenaError.notAnArena, "field at \(offset)") {
          _ = try ArenaLayout(readingFrom: wire.arena)
        }
      }
    }
  }

  @Test func `that reaches beyond the control area, where there are no pages yet, is refused`()
    throws
  {
    let wire = try makeWire()
    // The end of the control area, which is where the words of blocks begin.
    wire.arena.region.store(UInt64(wire.arena.geometry.heapOffset), at: 112)
    #expect(throws: ArenaError.notAnArena) { _ = try ArenaLayout(readingFrom: wire.arena) }
  }
}

@Suite struct `The table of functions` {
  @Test func `gives back every entry under its index`() throws {
    let wire = try makeWire()
    let table = wire.functions
    defer { withExtendedLifetime(wire) {} }
    let entries: [[UInt8]] = (0..<300).map { index in
      (0..<index % 97).map { UInt8(truncatingIfNeeded: index &* 31 &+ $0) }
    }
    for (index, bytes) in entries.enumerated() {
      #expect(table.append(bytes) == FunctionIndex(UInt32(index)))
    }
    for (index, bytes) in entries.enumerated() {
      #expect(table.withBytes(of: FunctionIndex(UInt32(index))) { $0.copied() } == bytes)
    }
    #expect(table.withBytes(of: FunctionIndex(300)) { $0.copied() } == nil)
    #expect(table.withBytes(of: FunctionIndex(.max)) { $0.copied() } == nil)
  }

  @Test func `is full after its last entry, and says so`() throws {
    let wire = try makeWire()
    let table = wire.functions
    defer { withExtendedLifetime(wire) {} }
    var count = 0
    while table.append([1, 2, 3]) != nil { count += 1 }
    #expect(count == 2_048)
    #expect(table.append([]) == nil)
    #expect(table.withBytes(of: FunctionIndex(2_047)) { $0.copied() } == [1, 2, 3])
  }

  @Test func `is full when its bytes are, and says so`() throws {
    let wire = try makeWire()
    let table = wire.functions
    defer { withExtendedLifetime(wire) {} }
    let large = [UInt8](repeating: 9, count: 100_000)
    var count = 0
    while table.append(large) != nil { count += 1 }
    #expect(count == 2)
    #expect(table.append([4]) == FunctionIndex(2))
    #expect(table.withBytes(of: FunctionIndex(1)) { $0.copied() } == large)
  }

  @Test func `shows no entry with damaged bounds`() throws {
    let wire = try makeWire()
    #expect(wire.functions.append([1]) == FunctionIndex(0))
    let entry = wire.layout.functionsOffset + 64
    wire.arena.region.store(
      function_entry(byte_offset: 4_000_000, byte_count: 1), at: entry)
    #expect(wire.functions.withBytes(of: FunctionIndex(0)) { $0.copied() } == nil)
  }
}

@Suite struct `A job record` {
  @Test func `keeps the first failure and its chunk`() throws {
    let wire = try makeWire()  // holds the memory
    let record = wire.job(JobIndex(0))
    defer { withExtendedLifetime(wire) {} }
    record.fail(chunk: 17, .badOperand)
    record.fail(chunk: 3, .unknownKernel)
    #expect(record.failed.load() == 1 + JobFailure.badOperand.rawValue)
    #expect(record.failedChunk == 17)
  }

  @Test func `is filled without touching its state`() throws {
    let wire = try makeWire()
    let record = wire.job(JobIndex(5))
    defer { withExtendedLifetime(wire) {} }
    let state = StateWord(generation: 12, phase: .done).bits
    record.state.store(state)
    var fields = job_record()
    fields.chunk_count = 99
    fields.state = 1
    record.fill(fields)
    #expect(record.state.load() == state)
    #expect(record.load().chunk_count == 99)
    #expect(record.cursor.load() == 0 && record.failed.load() == 0)
  }
}
