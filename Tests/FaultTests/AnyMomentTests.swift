import Echelon
import Glibc
import TestSupport
import Testing

@Sendable private func successor(_ x: Int) -> Int { x + 1 }

/// A result of the given size that says which it is.
@Sendable private func filled(_ index: Int, _ count: Int) -> [UInt64] {
  Array(repeating: UInt64(index), count: count)
}

@Sendable private func largeResult(_ latch: Latch, _ count: Int) -> [UInt64] {
  latch.arrive()
  return Array(repeating: 7, count: count)
}

extension Faults {
  @Suite struct `A worker killed at any moment` {
    @Test func `P10 between claim and finish: every quick task ends right`() throws {
      let seed = testSeed()
      let pool = try ProcessPool.quiet(workers: 2)
      let killer = Killer(of: pool, every: 500...6_000, seed: seed)
      var done = 0
      while pool.statistics.deaths < 100, done < 2_000_000 {
        let futures = try (0..<3_000).map { try pool.submit(retries: 10_000, successor, $0) }
        for (index, future) in futures.enumerated() {
          let value = try future.checked()
          if value != index + 1 { Issue.record("\(index) gave \(value)") }
        }
        done += futures.count
      }
      killer.stop()
      #expect(pool.statistics.deaths >= 100)
      try eventually("all are counted") { pool.statistics.pendingTasks == 0 }
      pool.shutdown()
    }

    @Test func `P10 async waiters and callbacks are all told`() async throws {
      let seed = testSeed()
      let pool = try ProcessPool.quiet(workers: 2)
      let killer = Killer(of: pool, every: 500...6_000, seed: seed)
      for _ in 0..<20_000 where pool.statistics.deaths < 50 {
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
          for index in 0..<500 {
            group.addTask {
              let future = try pool.submit(retries: 10_000, successor, index)
              let told = Promise<Int>()
              future.onCompletion { future in
                try? told.succeed((try? future.result(timeout: .zero)) ?? -1)
              }
              let value = try await future.value
              return try await told.future.value == value && value == index + 1
            }
          }
          return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(right == 500)
      }
      killer.stop()
      #expect(pool.statistics.deaths >= 50)
      await pool.shutdown()
    }

    @Test func `P10 with results of every size: slot, outbox, block`() throws {
      let seed = testSeed()
      let pool = try ProcessPool.quiet(workers: 2)
      let killer = Killer(of: pool, every: 1_000...8_000, seed: seed)
      let sizes = [1, 12, 13, 100, 2_000, 4_000, 5_000, 40_000]
      for _ in 0..<20_000 where pool.statistics.deaths < 60 {
        let futures = try (0..<64).map {
          try pool.submit(retries: 10_000, filled, $0, sizes[$0 % sizes.count])
        }
        for (index, future) in futures.enumerated() {
          let value = try future.checked()
          #expect(value == filled(index, sizes[index % sizes.count]))
        }
      }
      killer.stop()
      #expect(pool.statistics.deaths >= 60)
      try eventually("what the dead had leased is free again") {
        pool.memoryUsage.usedBytes < 1 << 20
      }
      // The outboxes are whole: results that fit there take no block.
      for _ in 0..<50 { #expect(try pool.submit(filled, 1, 1_000).checked().count == 1_000) }
      pool.shutdown()
    }

    @Test func `P10 while it waits for a block: nothing stays leased`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let before = pool.memoryUsage.usedBytes
      let latch = try Latch(in: pool)
      for round in 1...30 {
        let future = try pool.submit(largeResult, latch, 1_000_000)
        let pid = try latch.arrived(round)
        usleep(UInt32(round * 100))  // a different moment of the hand-over each time
        kill(pid, SIGKILL)
        if let error = try future.failure() { #expect(error is WorkerDied) }
      }
      #expect(try pool.submit(largeResult, latch, 1_000_000).checked().count == 1_000_000)
      try eventually("no block is leased") { pool.memoryUsage.usedBytes <= before + 65_536 }
      pool.shutdown()
    }

    @Test func `P10 in a reduction: same bits as undisturbed`() throws {
      let seed = testSeed()
      let pool = try ProcessPool.quiet(workers: 3)
      let values = mixedMagnitudes(count: 3_000_000, seed: seed, of: Double.self)
      let x = try pool.array(values)
      let undisturbed = try pool.start(Reduction<Double>.sum, x).checked()
      let moments = try pool.start(Reduction<Moments>.meanVariance(of: Double.self), x).checked()
      let killer = Killer(of: pool, every: 3_000...20_000, seed: seed)
      var (done, lost) = (0, 0)
      for _ in 0..<20_000 where pool.statistics.deaths < 60 {
        do {
          #expect(try pool.start(Reduction<Double>.sum, x).checked() == undisturbed)
          #expect(
            try pool.start(Reduction<Moments>.meanVariance(of: Double.self), x).checked() == moments
          )
          done += 1
        } catch let error as WorkerDied {
          // Three deaths in one chunk: allowed, told; how often is up to the machine.
          #expect(error.attempts == 3 && error.chunk != nil)
          lost += 1
        }
      }
      killer.stop()
      #expect(pool.statistics.deaths >= 60)
      #expect(lost < done)
      pool.shutdown()
    }

    @Test func `P10 in a chunk of a map: run again, same bits as undisturbed`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let values = mixedMagnitudes(count: 200_001, seed: 11, of: Double.self)
      let x = try pool.array(values)
      let undisturbed = Array(try pool.startMap(x) { $0 * 1.0000001 + 0.1 }.checked())
      let deaths = Countdown(2)
      defer { deaths.clear() }
      let y = try pool.startMap(x, with: deaths) { value, deaths in
        if deaths.take() { kill(getpid(), SIGKILL) }
        return value * 1.0000001 + 0.1
      }.checked()
      #expect(Array(y) == undisturbed)
      #expect(deaths.taken == 2)
      #expect(pool.statistics.deaths == 2)
      #expect(pool.statistics.retries >= 2)
      pool.shutdown()
    }

    @Test func `P10 in a chunk of a map in place: every element is mapped once`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let x = try pool.array(count: 100_001) { Double($0) }
      let deaths = Countdown(2)
      defer { deaths.clear() }
      let y = try pool.startMap(x, with: deaths, into: x) { value, deaths in
        if value == 99_000, deaths.take() { kill(getpid(), SIGKILL) }
        return value + 1
      }.checked()
      #expect(Array(y) == (1...100_001).map(Double.init))
      #expect(Array(x) == Array(y))
      #expect(deaths.taken == 2)
      pool.shutdown()
    }

    @Test func `P10 a chunk that keeps killing its workers fails the job and names itself`() throws
    {
      let pool = try ProcessPool.quiet(workers: 2)
      let x = try pool.array(count: 200_000) { Double($0) }
      let future = try pool.startMap(x) { value in
        if value == 70_000 { kill(getpid(), SIGKILL) }
        return value
      }
      let error = try #require(try future.failure() as? WorkerDied)
      #expect(error.chunk == 70_000 / 32_768)
      #expect(error.attempts == 3)
      #expect(error.cause == .signalled(SIGKILL))
      #expect(Array(try pool.startMap(x) { $0 }.checked()) == (0..<200_000).map(Double.init))
      pool.shutdown()
    }

    @Test func `P10 in a Monte Carlo run and in a matrix product: same bits as undisturbed`() throws
    {
      let seed = testSeed()
      let pool = try ProcessPool.quiet(workers: 2)
      let a = try pool.matrix(rows: 300, columns: 300) { i, j in sin(Double(i * 300 + j)) }
      func estimate() throws -> MonteCarloEstimate {
        try pool.startMonteCarlo(samples: 400_000, seed: 5) { rng in
          let u = rng.uniform()
          return u * u
        }.checked()
      }
      let before = try estimate()
      let product = Array(try pool.startMultiply(a, a.transposed).checked().storage)
      let killer = Killer(of: pool, every: 5_000...30_000, seed: seed)
      for _ in 0..<20_000 where pool.statistics.deaths < 25 {
        do {
          #expect(try estimate().mean == before.mean)
          #expect(Array(try pool.startMultiply(a, a.transposed).checked().storage) == product)
        } catch let error as WorkerDied {
          #expect(error.attempts == 3)
        }
      }
      killer.stop()
      #expect(pool.statistics.deaths >= 25)
      pool.shutdown()
    }
  }
}
