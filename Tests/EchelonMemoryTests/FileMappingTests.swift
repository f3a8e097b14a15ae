import EchelonMemory
import Foundation
import TestSupport
import Testing

@Suite struct `A file mapped as a block` {
  @Test func `is found by its handle from another process, and by nobody when it is released`()
    throws
  {
    let path = "/tmp/echelon-test-\(UInt64.random(in: 0 ..< .max)).bin"
    try Data((0..<10_000).map { UInt8(truncatingIfNeeded: $0) }).write(
      to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    let home = try arena()
    let attached = try Arena(attaching: dup(home.descriptor))
    func map(from start: Int) throws -> ArenaBlock {
      let file = try #require(
        try FileMapping.open(path, from: start, count: 600, elementBytes: 8))
      return try Arena.block(of: file) { byteCount throws(ArenaError) in
        try home.allocate(byteCount: byteCount)
      }
    }
    var block: ArenaBlock? = try map(from: 4_104)
    let handle = try #require(block).handle
    let view = try attached.borrow(handle)
    #expect(view.byteCount == 4_800 && view.handle == handle)
    view.withSpan(of: UInt8.self, byteOffset: 0, count: 4_800) { bytes in
      #expect(bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: $0 + 4_104) })
    }
    block = nil
    let stale = #expect(throws: ArenaError.self) { try attached.borrow(handle) }
    #expect(stale == .staleHandle(offset: Int(handle.file), generation: handle.generation))
    #expect(home.usage.blockCount == 0)
    // The next one has the same name but for its generation.
    block = try map(from: 8)
    let next = try #require(block).handle
    #expect(next.index == handle.index && next.generation != handle.generation)
    let other = try attached.borrow(next)
    #expect(other.handle == next)
    other.withSpan(of: UInt8.self, byteOffset: 0, count: 4_800) { bytes in
      #expect(bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: $0 + 8) })
    }
  }

  @Test func `is refused under a handle that was damaged`() throws {
    let path = "/tmp/echelon-test-\(UInt64.random(in: 0 ..< .max)).bin"
    try Data(repeating: 7, count: 4_096).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    let home = try arena()
    let attached = try Arena(attaching: dup(home.descriptor))
    let other = try home.allocate(byteCount: 100_000)
    other.withMutableSpan(of: UInt8.self, byteOffset: 0, count: 100_000) { bytes in
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index) }
    }
    let file = try #require(try FileMapping.open(path, from: 0, count: nil, elementBytes: 1))
    let block = try Arena.block(of: file) { byteCount throws(ArenaError) in
      try home.allocate(byteCount: byteCount)
    }
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    for _ in 0..<20_000 {
      var handle = block.handle
      switch random.next() % 6 {
      case 0: handle.offset = random.next() >> (random.next() % 64)
      case 1: handle.byteCount = random.next() >> (random.next() % 64)
      case 2: handle.index = UInt32(truncatingIfNeeded: random.next() >> (random.next() % 64))
      case 3: handle.generation &+= UInt32(random.next() % 4)
      case 4: handle.file = UInt64(other.offset) + random.next() % 99_000
      default:
        handle = other.handle
        handle.file = UInt64(other.offset) + random.next() % 1_500 * 64
      }
      do throws(ArenaError) {
        let found = try attached.borrow(handle)
        // Only what lies inside is ever given out.
        #expect(found.offset + found.byteCount <= 4_096, "seed \(seed): \(handle)")
        #expect(handle.file == block.handle.file, "seed \(seed): \(handle)")
      } catch {
        #expect(!"\(error)".isEmpty)
      }
    }
    // Described wrongly.
    for _ in 0..<2_000 {
      let place = Int(random.next() % 56)
      let before: UInt8 = home.region.load(at: Int(block.handle.file) + place)
      home.region.store(
        UInt8(truncatingIfNeeded: random.next()), at: Int(block.handle.file) + place)
      let fresh = try Arena(attaching: dup(home.descriptor))
      _ = try? fresh.borrow(block.handle)
      home.region.store(before, at: Int(block.handle.file) + place)
    }
    #expect(try Arena(attaching: dup(home.descriptor)).borrow(block.handle).byteCount == 4_096)
  }
}
