import Echelon
import EchelonMemory
import EchelonPool
import EchelonSimulation
import Synchronization
import Testing

@Sendable private func twice(_ x: Int) -> Int { 2 * x }

private struct Refusal: Error, Codable {}

/// A future that a filter of its own can reach.
private final class Reach: Sendable {
  let future = Mutex<Future<Int>?>(nil)
}

/// The error of work that is handed over, or refused.
private func failure<Value>(_ submit: () throws -> Future<Value>) -> (any Error)? {
  do { return try submit().error() } catch { return error }
}

/// What chance brings too seldom, arranged.
@Suite(.serialized) struct `What seldom happens` {
  private let seeds = UInt64(1)...60

  @Test func `P1 P16 a pool that shrinks onto seats where nobody comes up says so`() throws {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 2, faults: .none)
      simulation.faults.start = { seat, _ in seat == 0 ? .dies : .up }
      try simulation.run { pool in
        #expect(throws: PoolError.self) { try pool.warmUp() }
        let busy = try pool.submit {
          Simulation.pause(.seconds(1))
          return 5
        }
        // It may have begun, and is finished then.
        if seed % 2 == 0 { Simulation.pause(.milliseconds(1)) }
        try pool.resize(workers: 1)
        let error = failure { try pool.submit(twice, 4) }
        guard case .workersKeepDying? = error as? PoolError else {
          Issue.record("seed \(seed): \(String(describing: error))")
          return
        }
        if seed % 2 == 0 { #expect(try busy.result() == 5) }
      }
    }
  }

  @Test func `P1 P16 a pool that has given up a seat starts workers on those that it gets`() throws
  {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 2, faults: .none)
      simulation.faults.start = { seat, _ in seat == 1 ? .dies : .up }
      try simulation.run { pool in
        #expect(throws: PoolError.self) { try pool.warmUp() }
        try pool.resize(workers: 4)
        let futures = try (0..<8).map { index in
          try pool.submit {
            Simulation.pause(.milliseconds(50))
            return index
          }
        }
        #expect(try futures.map { try $0.result() } == Array(0..<8))
        #expect(pool.statistics.seats[2...].contains { $0.starts > 0 }, "seed \(seed)")
      }
    }
  }

  @Test func `P1 a seat on which a worker has come up after all is given up no longer`() throws {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 2, faults: .none)
      // Too late on the one seat, and only once on the other.
      simulation.faults.start = { seat, number in
        seat == 0 ? (number > 20 ? .up : .dies) : (number == 1 ? .up : .dies)
      }
      try simulation.run { pool in
        #expect(throws: PoolError.self) { try pool.warmUp() }
        for future in try pool.broadcast(twice, 4) { #expect(try future.result() == 8) }
        pool.killWorkers()
        // The signal may come while one of these runs.
        for number in 0..<9 {
          #expect(try pool.submit(retries: 1, twice, number).result() == 2 * number)
        }
      }
    }
  }

  @Test func `P16 a broadcast that waits for a slot to be run again is cancelled with its seat`()
    throws
  {
    for seed in seeds {
      let run = RunLog.open()
      defer { RunLog.close(run) }
      try Simulation(seed: seed, workers: 2, faults: .none).run { pool in
        try pool.warmUp()
        let policy = RetryPolicy(
          3, backOff: .constant(.milliseconds(100)), errors: { _ in true })
        let futures = try pool.broadcast(retries: policy) { () throws -> Int in
          if RunLog.begin(run, 0) <= 2 { throw Refusal() }
          return 5
        }
        for future in futures { future.onCompletion { _ in } }
        while pool.statistics.retries < 2 { Simulation.pause(.microseconds(100)) }
        // More than there are slots, and the first ones outlast the pause.
        let others = try (0..<70).map { index in
          try pool.submit {
            Simulation.pause(.milliseconds(150))
            return index
          }
        }
        Simulation.pause(.milliseconds(10))
        try pool.resize(workers: 1)
        #expect(try futures[0].result() == 5)
        #expect(throws: CancellationError.self) { try futures[1].result() }
        #expect(try others.map { try $0.result() } == Array(0..<70))
      }
    }
  }

  // MARK: The end

  @Test func `P6 the deadline of a shutdown holds although workers take their time to start`()
    throws
  {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 2, faults: .none)
      simulation.faults.start = { _, _ in .late(.milliseconds(200)) }
      try simulation.run { pool in
        let future = try Self.startLongMap(pool)
        let start = MonotonicClock.now()
        pool.shutdown(deadline: .seconds(1))
        let milliseconds = (MonotonicClock.now() - start) / 1_000_000
        #expect((1_000..<1_300).contains(milliseconds), "seed \(seed)")
        let error = try future.error()
        #expect(error is WorkerDied, "seed \(seed): \(String(describing: error))")
      }
    }
  }

  @Test func `F3 a job that was cancelled stays so when the pool breaks`() throws {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 1, faults: .none)
      simulation.faults.start = { _, incarnation in incarnation == 1 ? .up : .dies }
      try simulation.run { pool in
        let future = try Self.startLongMap(pool)
        #expect(future.cancel())
        pool.killWorkers()
        #expect(throws: CancellationError.self) { try future.result() }
      }
    }
  }

  /// A map that runs, whose first element takes an hour.
  private static func startLongMap(_ pool: ProcessPool) throws -> Future<SharedArray<Int32>> {
    let x = try pool.array(count: 100_000) { Int32($0) }
    let future = try pool.startMap(x) { value in
      if value == 0 { Simulation.pause(.seconds(3_600)) }
      return value
    }
    while !future.isRunning { Simulation.pause(.milliseconds(1)) }
    return future
  }

  // MARK: Retries

  @Test(arguments: [CancellationMode.cooperative, .force])
  func `F3 P10 a task that is cancelled while its error is looked at is not run again`(
    _ mode: CancellationMode
  ) throws {
    for seed in seeds {
      let run = RunLog.open()
      defer { RunLog.close(run) }
      try Simulation(seed: seed, workers: 2, faults: .none).run { pool in
        let reach = Reach()
        let policy = RetryPolicy(
          3,
          errors: { _ in
            // Too late to be sure of anything.
            #expect(reach.future.withLock { $0 }?.cancel(mode) == false)
            return true
          })
        let future = try pool.submit(retries: policy) { () throws -> Int in
          RunLog.begin(run, 0)
          throw Refusal()
        }
        reach.future.withLock { $0 = future }
        #expect(try future.error() is Refusal)
        #expect(RunLog.entry(run, 0).begun == 1, "seed \(seed)")
        reach.future.withLock { $0 = nil }
      }
    }
  }

  @Test(arguments: [RetryPolicy.BackOff.none, .constant(.milliseconds(5))])
  func `P6 P10 a shutdown that cancels runs no task again`(_ pause: RetryPolicy.BackOff) throws {
    for seed in seeds {
      let run = RunLog.open()
      defer { RunLog.close(run) }
      try Simulation(seed: seed, workers: 2, faults: .none).run { pool in
        let policy = RetryPolicy(3, backOff: pause, errors: { _ in true })
        let future = try pool.submit(retries: policy) { () throws -> Int in
          RunLog.begin(run, 0)
          Simulation.pause(.milliseconds(10))
          throw Refusal()
        }
        while !future.isRunning { Simulation.pause(.microseconds(100)) }
        pool.shutdown(wait: false, cancelPending: true)
        #expect(try future.error() is Refusal)
        #expect(RunLog.entry(run, 0).begun == 1, "seed \(seed)")
      }
      try Simulation(seed: seed, workers: 1, faults: .none).run { pool in
        let future = try pool.submit(retries: RetryPolicy(3, backOff: pause)) { () -> Int in
          RunLog.begin(run, 1)
          Simulation.pause(.seconds(3_600))
          return 1
        }
        while !future.isRunning { Simulation.pause(.microseconds(100)) }
        pool.shutdown(wait: false, cancelPending: true)
        pool.killWorkers()
        #expect((try future.error() as? WorkerDied)?.attempts == 1, "seed \(seed)")
        #expect(RunLog.entry(run, 1).begun == 1)
      }
    }
  }

  @Test func `P6 P10 a shutdown that cancels while an error is looked at has the task end with it`()
    throws
  {
    for seed in seeds {
      let run = RunLog.open()
      defer { RunLog.close(run) }
      try Simulation(seed: seed, workers: 2, faults: .none).run { pool in
        let policy = RetryPolicy(
          3,
          errors: { _ in
            pool.shutdown(wait: false, cancelPending: true)
            return true
          })
        let future = try pool.submit(retries: policy) { () throws -> Int in
          RunLog.begin(run, 0)
          throw Refusal()
        }
        #expect(try future.error() is Refusal)
        #expect(RunLog.entry(run, 0).begun == 1, "seed \(seed)")
      }
    }
  }

  // MARK: Initializers and deadlines

  @Test
  func `P8 P9 an initializer that fails on one seat is given up beside workers that are recycled`()
    throws
  {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 2, faults: .none)
      let bad = Int(seed % 2)
      // So slow that on the other seat one ends in between.
      simulation.faults.start = { seat, _ in
        seat == bad ? .refuses(after: .milliseconds(20)) : .up
      }
      simulation.maxTasksPerWorker = 1
      try simulation.run { pool in
        let told = try pool.broadcast(twice, 4)
        while !told[bad].isDone { #expect(try pool.submit(twice, 1).result() == 2) }
        guard case .initializerFailed? = try told[bad].error() as? PoolError else {
          Issue.record("seed \(seed): \(String(describing: try told[bad].error()))")
          return
        }
        #expect(try told[1 - bad].result() == 8)
        let error = #expect(throws: PoolError.self) { try pool.warmUp() }
        guard case .initializerFailed? = error else {
          Issue.record("seed \(seed): \(String(describing: error))")
          return
        }
        for number in 0..<9 { #expect(try pool.submit(twice, number).result() == 2 * number) }
      }
    }
  }

  @Test func `P8 a broadcast that waits to be run again fails with the seat that is given up`()
    throws
  {
    for seed in seeds {
      var simulation = Simulation(seed: seed, workers: 2, faults: .none)
      simulation.faults.start = { seat, number in
        seat == 1 && number > 1 ? .refuses(after: .milliseconds(1)) : .up
      }
      simulation.maxTasksPerWorker = 1
      try simulation.run { pool in
        let patient = RetryPolicy(3, backOff: .constant(.seconds(600)), errors: { _ in true })
        let told = try pool.broadcast(retries: patient) { () throws -> Int in throw Refusal() }
        guard case .initializerFailed? = try told[1].error() as? PoolError else {
          Issue.record("seed \(seed): \(String(describing: try told[1].error()))")
          return
        }
        #expect(pool.statistics.seats[1].starts <= 4, "seed \(seed): not tried without end")
        #expect(told[0].cancel() || told[0].isDone)
      }
    }
  }

  @Test func `P5 an element that follows a late one in its call is not taken for it`() throws {
    for seed in seeds {
      try Simulation(seed: seed, workers: 2, faults: .none).run { pool in
        let results = try pool.map(0..<64, chunkSize: 16, deadline: .milliseconds(2)) { index in
          // Every other one is late, or nearly so; those between are not.
          let isLong = index % 2 == 0
          Simulation.pause(
            .microseconds(isLong ? 1_950 + (index &* 7_919 &+ Int(seed) &* 104_729) % 1_200 : 15))
          return index
        }
        for (index, result) in results.enumerated() {
          switch result {
          case .success(let value): #expect(value == index)
          case .failure(PoolError.deadlineExceeded) where index % 2 == 0: break
          case .failure(let error): Issue.record("seed \(seed), element \(index): \(error)")
          }
        }
      }
    }
  }
}
