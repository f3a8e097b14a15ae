import EchelonMemory
import Glibc
import TestSupport
import Testing

@Suite struct `The heap of an arena` {
  @Test(arguments: [0, 1, 3, 63, 64, 65, 127, 4_095, 4_096, 4_097, 65_536, 1_000_001, 8 << 20])
  func `aligns every block to a cache line, and from 4 KiB on to a page`(_ byteCount: Int) throws {
    let arena = try arena()
    var kept: [ArenaBlock] = []
    for _ in 0..<3 {
      let block = try arena.allocate(byteCount: byteCount)
      #expect(block.byteCount == byteCount)
      #expect(block.offset % (byteCount >= 4_096 ? 4_096 : 64) == 0)
      kept.append(block)
    }
    let places = kept.map { $0.offset..<$0.offset + max(64, byteCount) }.sorted {
      $0.lowerBound < $1.lowerBound
    }
    for (low, high) in zip(places, places.dropFirst()) {
      #expect(low.upperBound <= high.lowerBound)
    }
  }

  @Test func `refuses sizes that no machine has`() throws {
    let arena = try arena()
    for byteCount in [-1, Int.min, 1 << 46, Int.max] {
      #expect(throws: ArenaError.invalidSize(bytes: byteCount)) {
        try arena.allocate(byteCount: byteCount)
      }
    }
    #expect(arena.usage.blockCount == 0 && arena.usage.peakBytes == 0)
  }

  @Test(arguments: [64, 100, 4_096, 100_000, 4 << 20])
  func `hands out what was released, warm and at the same place`(_ byteCount: Int) throws {
    let arena = try arena()
    var block: ArenaBlock? = try arena.allocate(byteCount: byteCount)
    let offset = try #require(block?.offset)
    block?.withMutableSpan(of: UInt8.self, byteOffset: 0, count: byteCount) { span in
      for index in span.indices { span[index] = 7 }
    }
    let committed = arena.usage.committedBytes
    block = nil
    let again = try arena.allocate(byteCount: byteCount)
    #expect(again.offset == offset)
    #expect(
      again.withSpan(of: UInt8.self, byteOffset: 0, count: byteCount) { $0[byteCount - 1] } == 7)
    #expect(arena.usage.committedBytes == committed)
  }

  @Test func `counts what is used, and the most that was`() throws {
    let arena = try arena()
    #expect(arena.usage.blockCount == 0 && arena.usage.peakBytes == 0)
    do {
      let first = try arena.allocate(byteCount: 10_000)
      let second = try arena.allocate(byteCount: 1)
      withExtendedLifetime((first, second)) {
        #expect(arena.usage.usedBytes == 12_288 + 64)
        #expect(arena.usage.blockCount == 2)
      }
    }
    #expect(arena.usage.usedBytes == 0)
    #expect(arena.usage.blockCount == 0)
    #expect(arena.usage.peakBytes == 12_288 + 64)
    let small = try arena.allocate(byteCount: 64)
    #expect(arena.usage.peakBytes == 12_288 + 64)
    #expect(arena.usage.committedBytes >= 12_288 + 64)
    _ = small
  }

  @Test func `says at its limit what was needed and what is left, and nothing is lost`() throws {
    let arena = try arena(nil, limit: 4 << 20)
    let kept = try arena.allocate(byteCount: 3 << 20)
    kept.withMutableSpan(of: UInt8.self, byteOffset: 0, count: 3 << 20) { $0[3 << 20 - 1] = 9 }
    let before = arena.usage
    let error = #expect(throws: ArenaError.self) { try arena.allocate(byteCount: 2 << 20) }
    guard case .outOfMemory(let needed, let available, let limit, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(needed == 2 << 20)
    #expect(available == 1 << 20)
    #expect(limit.contains("4 MiB"))
    #expect(arena.usage == before)
    #expect(kept.withSpan(of: UInt8.self, byteOffset: 0, count: 3 << 20) { $0[3 << 20 - 1] } == 9)
    // What fits is still to be had.
    #expect(try arena.allocate(byteCount: 1 << 20).byteCount == 1 << 20)
  }

  @Test func `can be filled to its limit to the last page`() throws {
    for backing in ArenaBacking.allCases where backing.refusal == nil {
      let arena = try arena(backing, limit: 4 << 20)
      let blocks = try (0..<4).map { _ in try arena.allocate(byteCount: 1 << 20) }
      withExtendedLifetime(blocks) {
        #expect(arena.usage.usedBytes == 4 << 20)
        #expect(throws: ArenaError.self) { try arena.allocate(byteCount: 1 << 20) }
      }
    }
  }

  @Test func `refuses growth past the free memory before it happens`() throws {
    let memory = MachineLimits.memory()
    let arena = try arena(.anonymousFile, limit: memory.totalBytes * 4)
    let free = memory.availableBytes
    let error = #expect(throws: ArenaError.self) {
      try arena.allocate(byteCount: memory.totalBytes + memory.totalBytes / 2)
    }
    guard case .outOfMemory(let needed, let available, let limit, let advice)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(needed >= memory.totalBytes && available < needed)
    #expect(limit.contains("MemAvailable") || limit.contains("control group"), "\(limit)")
    #expect(!advice.isEmpty)
    #expect(arena.usage.committedBytes == 0)
    // It was refused, not tried: the pages were never there to be given back.
    #expect(MachineLimits.memory().availableBytes > free / 2)
  }

  @Test func `gives free memory at its end back to the system`() throws {
    for backing in ArenaBacking.allCases where backing.refusal == nil {
      let arena = try arena(backing)
      let kept = try arena.allocate(byteCount: 1 << 20)
      kept.withMutableSpan(of: UInt8.self, byteOffset: 0, count: 1) { $0[0] = 3 }
      do { _ = try arena.allocate(byteCount: 20 << 20) }
      let committed = arena.usage.committedBytes
      let given = arena.trim()
      #expect(given >= 16 << 20)
      #expect(arena.usage.committedBytes == committed - given)
      #expect(arena.trim() == 0)
      #expect(kept.withSpan(of: UInt8.self, byteOffset: 0, count: 1) { $0[0] } == 3)
      // And takes it again.
      let block = try arena.allocate(byteCount: 20 << 20)
      block.withMutableSpan(of: UInt8.self, byteOffset: 0, count: 20 << 20) { span in
        #expect(span[20 << 20 - 1] == 0)
        span[20 << 20 - 1] = 1
      }
    }
  }

  @Test(arguments: [64, 192, 4_096])
  func `makes large blocks of what small ones have left`(_ byteCount: Int) throws {
    let limit = 16 << 20
    let arena = try arena(nil, limit: limit)
    func fill() throws -> [ArenaBlock] {
      var blocks: [ArenaBlock] = []
      while arena.usage.usedBytes < limit * 9 / 10 {
        blocks.append(try arena.allocate(byteCount: byteCount))
      }
      return blocks
    }
    var small = try fill()
    #expect(throws: ArenaError.self) { try arena.allocate(byteCount: 8 << 20) }
    // One in the middle keeps what lies around it, and nothing else.
    small = [small[small.count / 2]]
    let offset = small[0].offset
    small[0].withMutableSpan(of: UInt8.self, byteOffset: 0, count: 1) { $0[0] = 5 }
    do {
      let large = try (0..<2).map { _ in try arena.allocate(byteCount: 7 << 20) }
      for block in large {
        #expect(!(block.offset..<block.offset + block.byteCount).contains(offset))
        block.withMutableSpan(of: UInt8.self, byteOffset: 0, count: block.byteCount) { span in
          for index in span.indices { span[index] = 9 }
        }
      }
      // What lies beside the one that was kept is still to be had, and is nobody else's.
      let beside = try arena.allocate(byteCount: byteCount)
      #expect(abs(beside.offset - offset) < 64 << 10 && beside.offset != offset)
    }
    #expect(small[0].withSpan(of: UInt8.self, byteOffset: 0, count: 1) { $0[0] } == 5)
    // The other way round, and again: nothing is lost on the way.
    for _ in 0..<3 {
      small = try fill()
      #expect(Set(small.map(\.offset)).count == small.count)
      small = []
      #expect(try arena.allocate(byteCount: limit * 15 / 16).byteCount == limit * 15 / 16)
    }
    #expect(arena.usage.usedBytes == 0)
  }

  @Test func `gives what small blocks have left back to the system, too`() throws {
    let arena = try arena(nil, limit: 64 << 20)
    var small = try (0..<10_000).map { _ in try arena.allocate(byteCount: 4_096) }
    arena.trim()
    let committed = arena.usage.committedBytes
    // Used here, or the optimizer may let go of them before.
    #expect(Set(small.map(\.offset)).count == 10_000)
    small.removeAll()
    #expect(arena.usage.usedBytes == 0)
    let given = arena.trim()
    #expect(given >= 36 << 20)
    #expect(arena.usage.committedBytes == committed - given)
    small = try (0..<10_000).map { _ in try arena.allocate(byteCount: 4_096) }
    #expect(Set(small.map(\.offset)).count == 10_000)
  }

  @Test func `names no more blocks than it has names, and says so`() throws {
    let arena = try arena(nil, limit: 256 << 20)
    var blocks: [ArenaBlock] = []
    let error = #expect(throws: ArenaError.self) {
      while true { blocks.append(try arena.allocate(byteCount: 1)) }
    }
    #expect(error == .tooManyBlocks(limit: blocks.count))
    blocks.removeLast()
    _ = try arena.allocate(byteCount: 1)
  }

  @Test(arguments: [true, false])
  func `keeps blocks apart and whole through 100,000 random steps`(_ hasSmall: Bool) throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let limit = 48 << 20
    let arena = try arena(nil, limit: limit)
    var live: [(block: ArenaBlock, tag: UInt64)] = []
    func size() -> Int {
      let largest = random.next() % 50 == 0 ? 1 << 20 : hasSmall ? 6_000 : 40_000
      return Int.random(in: (hasSmall ? 0 : 4_097)...largest, using: &random)
    }
    func words(_ block: ArenaBlock) -> Int { block.byteCount / 8 }
    func check(_ entry: (block: ArenaBlock, tag: UInt64)) -> Bool {
      entry.block.withSpan(of: UInt64.self, byteOffset: 0, count: words(entry.block)) { span in
        span.isEmpty
          || (span[0] == entry.tag && span[span.count / 2] == entry.tag
            && span[span.count - 1] == entry.tag)
      }
    }
    var refused = 0
    for step in 0..<100_000 {
      if live.isEmpty || (random.next() % 100 < 52 && live.count < 3_000) {
        guard let block = try? arena.allocate(byteCount: size()) else {
          refused += 1
          live.removeSubrange(0..<live.count / 2)
          continue
        }
        let tag = random.next()
        block.withMutableSpan(of: UInt64.self, byteOffset: 0, count: words(block)) { span in
          guard !span.isEmpty else { return }
          span[0] = tag
          span[span.count / 2] = tag
          span[span.count - 1] = tag
        }
        live.append((block, tag))
      } else {
        let index = Int(random.next() % UInt64(live.count))
        #expect(check(live[index]), "step \(step): a block was written by another")
        live.swapAt(index, live.count - 1)
        live.removeLast()
      }
      if step % 5_000 == 0 {
        let places = live.map { $0.block.offset..<$0.block.offset + max(1, $0.block.byteCount) }
          .sorted { $0.lowerBound < $1.lowerBound }
        #expect(zip(places, places.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        #expect(arena.usage.blockCount == live.count)
        #expect(arena.usage.usedBytes <= arena.usage.committedBytes)
        #expect(arena.usage.committedBytes <= limit)
      }
    }
    for entry in live { #expect(check(entry)) }
    live = []
    #expect(arena.usage.usedBytes == 0)
    #expect(arena.usage.blockCount == 0)
    // Everything has merged into one extent again: it can be had in one piece, without growth.
    let committed = arena.usage.committedBytes
    let whole = try arena.allocate(byteCount: committed)
    #expect(whole.byteCount == committed)
    #expect(arena.usage.committedBytes == committed)
    print("steps refused: \(refused)")
  }

  @Test func `takes allocations from several threads at once`() throws {
    let arena = try arena()
    let done = (0..<4).map { _ in Ended() }
    for (index, end) in done.enumerated() {
      inBackground {
        var random = TestRandom(seed: UInt64(index))
        var live: [ArenaBlock] = []
        var isRight = true
        for _ in 0..<5_000 {
          if live.count < 20 || random.next() % 2 == 0,
            let block = try? arena.allocate(byteCount: Int(random.next() % 20_000) + 8)
          {
            block.withMutableSpan(of: Int.self, byteOffset: 0, count: 1) { $0[0] = index }
            live.append(block)
          } else if !live.isEmpty {
            let block = live.remove(at: Int(random.next() % UInt64(live.count)))
            isRight =
              isRight && block.withSpan(of: Int.self, byteOffset: 0, count: 1) { $0[0] } == index
          }
        }
        live = []
        end.open(isRight)
      }
    }
    #expect(done.allSatisfy { $0.wait() })
    #expect(arena.usage.blockCount == 0)
  }
}
