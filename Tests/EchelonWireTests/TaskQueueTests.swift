import EchelonMemory
import EchelonWire
import Synchronization
import TestSupport
import Testing

@Suite struct `The queue of tasks` {
  @Test func `gives tasks in the order of their publication`() throws {
    let wire = try makeWire()
    #expect(wire.claimTask(for: SeatIndex(0)) == nil)
    for slot in [5, 2, 900] { #expect(wire.publish(SlotIndex(slot), generation: 1)) }
    #expect(wire.readyTickets == 3)
    for slot in [5, 2, 900] {
      let (index, state) = try #require(wire.claimTask(for: SeatIndex(1)))
      #expect(index.value == slot)
      #expect(state.phase == .running && state.owner == SeatIndex(1) && state.generation == 1)
      #expect(StateWord(bits: wire.slot(index).state.load()) == state)
    }
    #expect(wire.claimTask(for: SeatIndex(0)) == nil)
    #expect(!wire.hasClaimableWork)
  }

  @Test func `keeps the flags of who waits through claim and finish`() throws {
    let wire = try makeWire()
    let slot = SlotIndex(3)
    #expect(wire.publish(slot, generation: 9))
    _ = wire.slot(slot).state.fetchOr(StateWord.Flags.collector.mask)
    let (_, state) = try #require(wire.claimTask(for: SeatIndex(2)))
    #expect(state.flags == .collector)
    wire.finish(slot, generation: 9, by: SeatIndex(2))
    let word = StateWord(bits: wire.slot(slot).state.load())
    #expect(word.phase == .done && word.owner == SeatIndex(2) && word.generation == 9)
    #expect(wire.finishedSlots(0).load() == 1 << 3)
  }

  @Test func `tells the collector only of what it asked for`() throws {
    let wire = try makeWire()
    for slot in 0..<64 {
      #expect(wire.publish(SlotIndex(slot), generation: 1))
      if slot % 3 == 0 {
        _ = wire.slot(SlotIndex(slot)).state.fetchOr(StateWord.Flags.collector.mask)
      }
    }
    var expected: UInt64 = 0
    for _ in 0..<64 {
      let (slot, _) = try #require(wire.claimTask(for: SeatIndex(0)))
      wire.finish(slot, generation: 1, by: SeatIndex(0))
      if slot.value % 3 == 0 { expected |= 1 << UInt64(slot.value) }
    }
    #expect(wire.finishedSlots(0).load() == expected)
  }

  @Test func `passes over tasks that were withdrawn`() throws {
    let wire = try makeWire()
    for slot in 0..<10 { #expect(wire.publish(SlotIndex(slot), generation: 1)) }
    for slot in 0..<10 where slot != 7 {
      wire.slot(SlotIndex(slot)).state.store(StateWord(generation: 1, phase: .free).bits)
    }
    let (index, _) = try #require(wire.claimTask(for: SeatIndex(0)))
    #expect(index.value == 7)
    #expect(wire.claimTask(for: SeatIndex(0)) == nil)
    #expect(wire.readyTickets == 0)
  }

  @Test func `does not let an old ticket claim a later use of its slot`() throws {
    let wire = try makeWire()
    let slot = SlotIndex(4)
    #expect(wire.publish(slot, generation: 1))
    wire.slot(slot).state.store(StateWord(generation: 1, phase: .free).bits)
    #expect(wire.publish(slot, generation: 2))
    let (_, state) = try #require(wire.claimTask(for: SeatIndex(0)))
    #expect(state.generation == 2)
    #expect(wire.claimTask(for: SeatIndex(0)) == nil)
  }

  @Test func `is full only when its tickets are live, and says so`() throws {
    let wire = try makeWire()
    let capacity = wire.layout.ringCapacity
    // Tickets of withdrawn tasks make room when it is needed.
    for round in 1...capacity + 100 {
      #expect(wire.publish(SlotIndex(0), generation: UInt32(round)))
      wire.slot(SlotIndex(0)).state.store(StateWord(generation: UInt32(round), phase: .free).bits)
    }
    // A live one at the front does not.
    #expect(wire.publish(SlotIndex(1), generation: 1))
    var published = 0
    while wire.publish(SlotIndex(0), generation: UInt32(100_000 + published)) {
      published += 1
      wire.slot(SlotIndex(0)).state.store(
        StateWord(generation: UInt32(99_999 + published), phase: .free).bits)
      if published > capacity { break }
    }
    #expect(published == capacity - 1)
    #expect(!wire.hasRoomInRing(.normal))
    let before = wire.slot(SlotIndex(2)).state.load()
    #expect(!wire.publish(SlotIndex(2), generation: 1))
    #expect(wire.slot(SlotIndex(2)).state.load() == before, "published without a ticket")
    let (index, _) = try #require(wire.claimTask(for: SeatIndex(0)))
    #expect(index.value == 1)
    #expect(wire.publish(SlotIndex(2), generation: 1))
  }

  @Test func `wraps around many times without losing or doubling a task`() throws {
    let wire = try makeWire()
    var generations = Array(repeating: UInt32(0), count: wire.layout.slotCount)
    var next = 0
    for round in 0..<40_000 {
      let slot = SlotIndex((round * 7) % wire.layout.slotCount)
      generations[slot.value] += 1
      #expect(wire.publish(slot, generation: generations[slot.value]))
      guard round % 3 != 0 else { continue }
      let (index, state) = try #require(wire.claimTask(for: SeatIndex(0)))
      #expect(index.value == (next * 7) % wire.layout.slotCount)
      next += 1
      wire.finish(index, generation: state.generation, by: SeatIndex(0))
      // Claims follow publications two of three times, so catch up before the slots come round.
      if round % 3 == 2, next + 600 < round, let (late, state) = wire.claimTask(for: SeatIndex(0)) {
        #expect(late.value == (next * 7) % wire.layout.slotCount)
        next += 1
        wire.finish(late, generation: state.generation, by: SeatIndex(0))
      }
    }
    while wire.claimTask(for: SeatIndex(0)) != nil { next += 1 }
    #expect(next == 40_000)
  }

  @Test func `gives every task to exactly one of several threads, some withdrawn`() throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let wire = try makeWire()
    let count = 30_000
    let claimed = Tally(count: count)
    let isOver = Mutex(false)
    let threads = (0..<3).map { _ in Ended() }
    for (index, end) in threads.enumerated() {
      inBackground {
        var isRight = true
        while true {
          let wasOver = isOver.withLock { $0 }
          guard let (slot, state) = wire.claimTask(for: SeatIndex(index)) else {
            if wasOver { break }
            continue
          }
          let cell = wire.slot(slot)
          // What the publisher wrote before is there, and it is this use's.
          isRight = isRight && cell.function.value == state.generation
          claimed.add(cell.argumentBytes)
          wire.finish(slot, generation: state.generation, by: SeatIndex(index))
        }
        end.open(isRight)
      }
    }
    var generations = Array(repeating: UInt32(0), count: 256)
    var withdrawn: Set<Int> = []
    var live: [(slot: Int, task: Int)] = []
    var free = Array(0..<256)
    for task in 0..<count {
      while free.isEmpty {
        live.removeAll { entry in
          let word = StateWord(bits: wire.slot(SlotIndex(entry.slot)).state.load())
          guard word.phase == .done else { return false }
          wire.slot(SlotIndex(entry.slot)).state.store(
            StateWord(generation: generations[entry.slot], phase: .free).bits)
          free.append(entry.slot)
          return true
        }
      }
      let slot = free.remove(at: Int(random.next() % UInt64(free.count)))
      generations[slot] += 1
      let cell = wire.slot(SlotIndex(slot))
      cell.function = FunctionIndex(generations[slot])
      cell.argumentBytes = task
      #expect(wire.publish(SlotIndex(slot), generation: generations[slot]))
      // One in ten is taken back, if the compare-and-swap comes before a claim's.
      let ready = StateWord(generation: generations[slot], phase: .ready).bits
      let isFree = StateWord(generation: generations[slot], phase: .free).bits
      if random.next() % 10 == 0, cell.state.compareExchange(expected: ready, desired: isFree) {
        withdrawn.insert(task)
        free.append(slot)
      } else {
        live.append((slot, task))
      }
    }
    isOver.withLock { $0 = true }
    for thread in threads { #expect(thread.wait()) }
    let counts = claimed.counts
    #expect((0..<count).allSatisfy { counts[$0] == (withdrawn.contains($0) ? 0 : 1) })
    #expect(!withdrawn.isEmpty)
  }
}

@Suite struct `Sleeping and waking` {
  @Test func `a sleeper is woken by the next task, every time`() throws {
    let wire = try makeWire(seats: 2)
    let count = 5_000
    let claimed = Tally(count: count)
    let threads = (0..<2).map { _ in Ended() }
    for (index, end) in threads.enumerated() {
      wire.use(SeatIndex(index))
      inBackground {
        while wire.closing.load() == 0 {
          while let (slot, state) = wire.claimTask(for: SeatIndex(index)) {
            wire.passOn()
            let task = wire.slot(slot).argumentBytes
            wire.finish(slot, generation: state.generation, by: SeatIndex(index))
            // Only now: whoever counts it gives the slot to another task.
            claimed.add(task)
          }
          if wire.closing.load() == 0 { wire.sleep(on: SeatIndex(index)) }
        }
        end.open()
      }
    }
    for task in 0..<count {
      let slot = SlotIndex(task % 8)
      wire.slot(slot).argumentBytes = task
      #expect(wire.publish(slot, generation: UInt32(task + 1)))
      wire.wakeWorkerIfNeeded()
      if task % 8 == 7 {
        try eventually("task \(task) is claimed") { claimed.total == task + 1 }
      }
    }
    wire.closing.storeSequential(1)
    wire.wakeAll()
    for thread in threads { #expect(thread.wait()) }
    #expect(claimed.counts == Array(repeating: 1, count: count))
  }

  @Test func `a chair is for one, and is free again when it is left or its owner is dead`() throws {
    let wire = try makeWire()
    wire.chairCount = 2
    let first = try #require(wire.takeChair(for: SeatIndex(0)))
    let second = try #require(wire.takeChair(for: SeatIndex(1)))
    #expect(first != second)
    #expect(wire.takeChair(for: SeatIndex(2)) == nil)
    wire.leaveChair(first)
    #expect(wire.takeChair(for: SeatIndex(2)) == first)
    wire.vacateChairs(of: SeatIndex(1))
    #expect(wire.takeChair(for: SeatIndex(3)) == second)
  }

  @Test func `nobody sleeps while there is work or the pool closes`() throws {
    let wire = try makeWire()
    #expect(wire.publish(SlotIndex(0), generation: 1))
    wire.sleep(on: SeatIndex(0))  // returns at once
    #expect(wire.sleepers(0).load() == 0)
    _ = wire.claimTask(for: SeatIndex(0))
    _ = wire.activeJobs.fetchOr(4)
    wire.sleep(on: SeatIndex(0))
    _ = wire.activeJobs.fetchAnd(0)
    wire.closing.storeSequential(1)
    wire.sleep(on: SeatIndex(0))
    #expect(wire.seat(SeatIndex(0)).wake.load() == 0)
  }
}
