import EchelonMemory
import EchelonWire
import TestSupport
import Testing

@Suite struct `A state word` {
  @Test func `gives back every part that was packed into it`() {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let phases: [StateWord.Phase] = [.free, .ready, .running, .done]
    for _ in 0..<20_000 {
      let generation = UInt32(truncatingIfNeeded: random.next())
      let owner = random.next() % 4 == 0 ? nil : SeatIndex(Int(random.next() % 256))
      let flags = StateWord.Flags(rawValue: UInt8(random.next() % 8))
      let phase = phases[Int(random.next() % 4)]
      let word = StateWord(generation: generation, owner: owner, flags: flags, phase: phase)
      #expect(word.generation == generation)
      #expect(word.owner == owner)
      #expect(word.flags == flags)
      #expect(word.phase == phase)
      #expect(StateWord(bits: word.bits) == word)
    }
  }

  @Test func `has its parts where the picture says`() {
    let word = StateWord(
      generation: 0xABCD_EF01, owner: SeatIndex(255), flags: [.waiter, .collector], phase: .done)
    #expect(word.bits == 0xABCD_EF01 << 20 | 256 << 8 | 3 << 4 | 3)
    #expect(StateWord.Flags.waiter.mask == 1 << 4)
    #expect(StateWord.Flags.collector.mask == 1 << 5)
    #expect(StateWord(bits: 0).phase == .free)
    #expect(StateWord(bits: 0).owner == nil)
  }

  @Test func `changes its low half with the generation, so that a late sleeper does not sleep`() {
    for generation in UInt32(1)..<4_000 {
      let word = StateWord(generation: generation, phase: .ready)
      let next = StateWord(generation: generation + 1, phase: .ready)
      #expect(UInt32(truncatingIfNeeded: word.bits) != UInt32(truncatingIfNeeded: next.bits))
    }
  }

  @Test func `with a phase that nobody writes reads as free`() {
    #expect(StateWord(bits: 15).phase == .free)
  }
}

@Suite struct `A chunk word` {
  @Test func `gives back every part that was packed into it`() {
    let phases: [ChunkWord.Phase] = [.unclaimed, .claimed, .done]
    for generation in [0, 1, 0xFFFF_FFFF, 0x8000_0000] as [UInt32] {
      for attempt in [0, 1, 255] as [UInt8] {
        for seat in [nil, 0, 1, 255] as [Int?] {
          for phase in phases {
            let owner = seat.map { SeatIndex($0) }
            let word = ChunkWord(
              generation: generation, attempt: attempt, owner: owner, phase: phase)
            #expect(word.generation == generation && word.attempt == attempt)
            #expect(word.owner == owner && word.phase == phase)
          }
        }
      }
    }
  }
}

@Suite struct `The chunk words of a job` {
  let arena: Arena
  let block: ArenaBlock
  let words: ChunkWords

  init() throws {
    arena = try Arena(backing: .anonymousFile, limitBytes: 1 << 20, controlBytes: 4096)
    block = try arena.allocate(byteCount: 8 * 100)
    words = ChunkWords(region: block.region, count: 100, generation: 7)
    words.reset()
  }

  @Test func `are claimed once and finished by their owner`() throws {
    let seat = SeatIndex(3)
    let claimed = try #require(words.claim(5, for: seat))
    #expect(claimed.owner == seat && claimed.attempt == 0 && claimed.generation == 7)
    #expect(words.claim(5, for: SeatIndex(4)) == nil)
    #expect(words.claim(5, for: seat) == nil)
    #expect(!words.allDone)
    words.finish(5, claimed)
    let word = ChunkWord(bits: words.word(5).load())
    #expect(word.phase == .done && word.owner == seat)
    #expect(words.claim(5, for: seat) == nil)
  }

  @Test func `are all done when every one is`() throws {
    for chunk in 0..<100 {
      #expect(!words.allDone)
      words.finish(chunk, try #require(words.claim(chunk, for: SeatIndex(chunk % 4))))
    }
    #expect(words.allDone)
  }

  @Test func `of another generation are not to be had`() {
    let late = ChunkWords(region: block.region, count: 100, generation: 6)
    let early = ChunkWords(region: block.region, count: 100, generation: 8)
    for chunk in 0..<100 {
      #expect(late.claim(chunk, for: SeatIndex(0)) == nil)
      #expect(early.claim(chunk, for: SeatIndex(0)) == nil)
    }
  }

  @Test func `keep the count of attempts through a claim`() throws {
    let again = ChunkWord(generation: 7, attempt: 2, phase: .unclaimed)
    words.word(9).store(again.bits)
    let claimed = try #require(words.claim(9, for: SeatIndex(1)))
    #expect(claimed.attempt == 2)
  }

  @Test func `are each claimed by exactly one of several threads`() throws {
    for round in 1...50 {
      let words = ChunkWords(region: block.region, count: 100, generation: UInt32(100 + round))
      words.reset()
      let tally = Tally(count: 100)
      let threads = (0..<4).map { _ in Ended() }
      for (index, end) in threads.enumerated() {
        inBackground {
          for chunk in 0..<100 {
            guard let claimed = words.claim(chunk, for: SeatIndex(index)) else { continue }
            tally.add(chunk)
            words.finish(chunk, claimed)
          }
          end.open()
        }
      }
      for thread in threads { #expect(thread.wait()) }
      #expect(tally.counts == Array(repeating: 1, count: 100))
      #expect(words.allDone)
    }
  }
}
