import Echelon
import EchelonMemory
import EchelonPool
import EchelonSimulation
import Testing

@Sendable private func twice(_ x: Int) -> Int { 2 * x }

private struct Refusal: Error, Codable {}

/// What the simulation has found, each where it shows best.
@Suite(.serialized) struct `Found by the simulation` {
  private let seeds = UInt64(1)...300

  @Test func `P10 a broadcast ends although its workers die and others cannot be started`() throws {
    for seed in seeds {
      var simulation = Simulation(seed: seed)
      simulation.faults.failingStarts = 3
      try simulation.run { pool in
        do {
          for _ in 0..<3 {
            let futures = try pool.broadcast(retries: 6, twice, 4)
            for future in futures { _ = try future.error() }
          }
        } catch PoolError.cannotStartWorker {}
      }
    }
  }

  @Test func `P16 a broadcast ends on a pool that shrinks while a worker dies`() throws {
    for seed in seeds {
      try Simulation(seed: seed, workers: 4).run { pool in
        for count in [2, 4, 3, 1, 3] {
          let futures = try pool.broadcast(retries: 6, twice, 4)
          try pool.resize(workers: count)
          for future in futures {
            do { #expect(try future.result() == 8) } catch is CancellationError {}
          }
        }
      }
    }
  }

  @Test func `a broadcast whose results nobody reads does not hold up the next one`() throws {
    for seed in seeds {
      try Simulation(seed: seed).run { pool in
        _ = try pool.broadcast(retries: 6, twice, 1)
        _ = try pool.broadcast(retries: 6, twice, 2)
        for future in try pool.broadcast(retries: 6, twice, 3) {
          #expect(try future.result() == 6)
        }
      }
    }
  }

  @Test func `P2 a task that is to be tried again fails when no worker can be had any more`() throws
  {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 1)
      simulation.faults.failingStarts = 2
      try simulation.run { pool in
        do {
          let policy = RetryPolicy(6, errors: { _ in true })
          let futures = try (0..<6).map { _ in
            try pool.submit(retries: policy) { () throws -> Int in throw Refusal() }
          }
          for future in futures {
            let error = try future.error()
            #expect(error is Refusal || error is PoolError || error is WorkerDied)
          }
        } catch PoolError.cannotStartWorker {}
      }
    }
  }

  @Test func `a retry is run although all slots hold results that nobody reads`() throws {
    for seed in seeds {
      try Simulation(seed: seed).run { pool in
        let policy = RetryPolicy(
          1, backOff: .constant(.milliseconds(3)), errors: { $0 is Refusal })
        let refusing = try pool.submit(retries: policy) { () throws -> Int in
          throw Refusal()
        }
        let others = try pool.submit(each: 0..<64, retries: 6, twice)
        let error = try refusing.error()
        #expect(error is Refusal || error is WorkerDied)
        for (index, future) in others.enumerated() { #expect(try future.result() == 2 * index) }
      }
    }
  }

  @Test func `F3 a task that heeds the flag of a forced cancel ends as cancelled`() throws {
    for seed in seeds {
      try Simulation(seed: seed).run { pool in
        let futures = try (0..<4).map { _ in
          try pool.submit(retries: 4) { () throws -> Int in
            for _ in 0..<10 {
              Simulation.pause(.microseconds(1))
              try CurrentTask.checkCancellation()
            }
            return 1
          }
        }
        Simulation.pause(.microseconds(Int(seed % 20)))
        for future in futures { future.cancel(.force) }
        for future in futures {
          do { #expect(try future.result() == 1) } catch is CancellationError {}
        }
      }
    }
  }

  @Test func `P5 a task that heeds the flag of its deadline ends as late`() throws {
    for seed in seeds {
      try Simulation(seed: seed).run { pool in
        let futures = try (0..<4).map { _ in
          try pool.submit(retries: 4, deadline: .microseconds(500)) { () throws -> Int in
            for _ in 0..<100 {
              Simulation.pause(.microseconds(9))
              try CurrentTask.checkCancellation()
            }
            return 1
          }
        }
        for future in futures {
          do { #expect(try future.result() == 1) } catch PoolError.deadlineExceeded {}
        }
      }
    }
  }

  @Test func `nobody goes round in circles while a task waits for memory`() throws {
    for seed in seeds {
      let simulation = Simulation(seed: seed, memoryLimit: 96 << 10)
      let outcome = try simulation.runTracing { pool in
        let payload = Array(repeating: 7, count: 900)
        let futures = (0..<4).compactMap { index in
          try? pool.submit(retries: 4) { () -> Int in
            Simulation.pause(.milliseconds(20))
            return payload.count + index
          }
        }
        for future in futures { _ = try future.error() }
      }
      #expect(outcome.turns < 20_000)
    }
  }
}
