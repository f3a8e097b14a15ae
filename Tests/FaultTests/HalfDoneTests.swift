import CEchelon
import Echelon
import EchelonWire
import Glibc
import TestSupport
import Testing

extension Faults {
  /// A death between two instructions of the protocol is too rare to be waited for: these tests put
  /// the words into the state that it leaves, and then kill the worker that would have left them so.
  @Suite struct `A worker killed between two steps` {
    @Test func `P10 of ringing the collector: the next async waiter is told`() async throws {
      let pool = try ProcessPool.quiet(workers: 1)
      try await pool.warmUp()
      let wire = pool.engine.wire
      try asleep(wire)
      // The word says awake, and nobody has woken the collector.
      wire.collector.storeSequential(0)
      let pid = try #require(pool.workerProcessIDs.first)
      kill(pid, SIGKILL)
      try seen(1, in: pool)
      #expect(try await pool.submit(echo, 5).value == 5)
      await pool.shutdown()
    }

    @Test func `P10 of waking a sleeper: the task is run all the same`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let wire = pool.engine.wire
      try eventually("both workers sleep") {
        (0..<2).allSatisfy { wire.seat(SeatIndex($0)).phase == .asleep }
      }
      // Seat 0 has taken the wake-up of seat 1 upon itself and dies before it gives it.
      wire.seat(SeatIndex(1)).wake.storeSequential(0)
      wire.sleepers(0).storeSequential(0)
      let future = try pool.submit(echo, 3)
      kill(pool.workerProcessIDs[0], SIGKILL)
      #expect(try future.checked() == 3)
      pool.shutdown()
    }

    @Test func `P10 of ending a task: a blocked thread and an async waiter are told`() async throws
    {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let (blocked, awaited) = (try pool.submit(hold, latch), try pool.submit(hold, latch))
      let pid = try arrival(at: latch)
      let wire = pool.engine.wire
      let told = Promise<Int32>()
      inBackground { complete(told, from: blocked) }
      async let value = awaited.value
      try flagged(wire, .waiter)
      // The first task has ended, with the value 0 in its slot, and nobody has been woken.
      let slot = try #require(
        (0..<wire.layout.slotCount).map { SlotIndex($0) }.first {
          StateWord(bits: wire.slot($0).state.load()).phase == .running
        })
      let word = StateWord(bits: wire.slot(slot).state.load())
      wire.slot(slot).outcome = .value
      wire.slot(slot).resultPlace = .slot
      wire.slot(slot).resultBytes = 4
      wire.slot(slot).region.store(Int32(77), at: wire.slot(slot).resultOffsetInSlot)
      let done = StateWord(generation: word.generation, owner: word.owner, phase: .done)
      wire.slot(slot).state.storeSequential(done.bits)
      kill(pid, SIGKILL)
      #expect(try await told.future.value == 77)
      latch.open()
      #expect(try await value != pid)
      await pool.shutdown()
    }

    @Test func `P10 of ending a job: a blocked thread is told`() async throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let latch = try Latch(in: pool)
      let held = try pool.submit(hold, latch)
      let pid = try arrival(at: latch)
      let wire = pool.engine.wire
      // While its only worker is held, the job's words are written as that worker would.
      let x = try pool.array(repeating: 1.0, count: 100)
      let plain = try pool.startMap(x) { $0 + 1 }
      let told = Promise<Int>()
      inBackground { complete(told, from: plain) }
      let index = JobIndex(0)
      try eventually("the thread sleeps on the job") {
        StateWord(bits: wire.job(index).state.load()).flags.contains(.waiter)
      }
      let state = StateWord(bits: wire.job(index).state.load())
      let fields = wire.job(index).load()
      for chunk in 0..<Int(fields.chunk_count) {
        let done = ChunkWord(
          generation: state.generation, attempt: 0, owner: SeatIndex(0), phase: .done)
        wire.arena.region.word64(at: Int(fields.words_offset) + 8 * chunk).storeSequential(
          done.bits)
      }
      wire.job(index).state.storeSequential(
        StateWord(generation: state.generation, phase: .done).bits)
      kill(pid, SIGKILL)
      #expect(try await told.future.value == 100)
      await #expect(throws: WorkerDied.self) { try await held.value }
      await pool.shutdown()
    }

    @Test func `P10 of taking a chair: nobody relies on it any more`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      try pool.warmUp()
      let wire = pool.engine.wire
      try eventually("both workers sleep") {
        (0..<2).allSatisfy { wire.seat(SeatIndex($0)).phase == .asleep }
      }
      wire.chair(0).storeSequential(1)  // seat 0
      let future = try pool.submit(echo, 3)
      kill(pool.workerProcessIDs[0], SIGKILL)
      #expect(try future.checked() == 3)
      pool.shutdown()
    }
  }
}

private func asleep(_ wire: Wire) throws {
  try eventually("the collector sleeps") { wire.collector.loadSequential() == 1 }
}

private func seen(_ deaths: Int, in pool: ProcessPool) throws {
  try eventually("the death is seen") { pool.statistics.deaths >= deaths }
}

private func flagged(_ wire: Wire, _ flag: StateWord.Flags) throws {
  try eventually("someone waits") {
    (0..<wire.layout.slotCount).contains {
      StateWord(bits: wire.slot(SlotIndex($0)).state.load()).flags.contains(flag)
    }
  }
}

private func complete(_ promise: Promise<Int32>, from future: Future<Int32>) {
  do { try promise.succeed(future.result()) } catch { try? promise.fail(error) }
}

private func complete(_ promise: Promise<Int>, from future: Future<SharedArray<Double>>) {
  do { try promise.succeed(future.result().count) } catch { try? promise.fail(error) }
}
