public import Echelon
import EchelonMemory
import EchelonPool
import EchelonWire

/// A pool on a simulated machine, for tests of code that uses a pool: everything that can happen to a
/// pool happens, and a seed repeats it.
///
///     import EchelonSimulation
///
///     for seed in 0..<1_000 {
///       try Simulation(seed: UInt64(seed)).run { pool in
///         let parts = try (0..<20).map { try pool.submit(retries: 4, square, $0) }
///         let total = try parts.map { try $0.result() }.reduce(0, +)
///         #expect(total == 2_470)
///       }
///     }
///
/// The pool is a real one, and so is the code of its workers: queue, claims, futures, retries, deadlines,
/// memory. What is simulated is what lies below: threads, processes, the clock, sleeping and waking. All
/// of it runs on the calling thread, one after the other, in an order that follows from the seed; workers
/// are killed, stopped and slow at any step. A pause of a second takes no time. A run that cannot go on
/// is reported as one that hangs, with what led there.
///
/// The tasks run in this process: one that crashes ends the test, and what it prints or stores in a global
/// is seen by all. Blocking calls only: nothing in the body may `await`.
public struct Simulation: Sendable {
  /// What everything follows from.
  public var seed: UInt64
  /// The most workers, 1…16.
  public var workers: Int
  /// What may go wrong.
  public var faults: SimulatedFaults
  /// The most that arrays, large arguments and large results may hold, in bytes.
  public var memoryLimit: Int
  /// As in `PoolOptions`.
  public var taskLimit: Int?
  /// As in `PoolOptions`.
  public var maxTasksPerWorker: Int?
  /// Whether shared memory that is in use at the end is a failure. Not with arrays that outlive the body.
  public var findsLeaks = true

  /// - Parameters: as the properties of the same names.
  public init(
    seed: UInt64, workers: Int = 3, faults: SimulatedFaults = .all, memoryLimit: Int = 16 << 20
  ) {
    precondition((1...16) ~= workers, "a simulated pool has 1 to 16 workers, not \(workers)")
    self.seed = seed
    self.workers = workers
    self.faults = faults
    self.memoryLimit = memoryLimit
  }

  /// Runs `body` with a pool, which is shut down after it.
  /// - Parameter body: uses the pool, with blocking calls.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws; `SimulationFailure` when a thread waits for ever, when work is ready
  ///   beside a worker that sleeps, or when something is left at the end.
  public func run<R>(_ body: @escaping (ProcessPool) throws -> R) throws -> R {
    try runTracing(body).result
  }

  /// Takes up the machine's time: what a task or a body does that is not instantaneous. Others run
  /// meanwhile, and a worker may be killed in it. Outside a simulation it does nothing.
  public static func pause(_ duration: Duration) {
    SimulatedMachine.current?.pause(nanoseconds: duration.nanoseconds)
  }

  /// What a run came to, and what it looked like.
  package struct Outcome<R> {
    package let result: R
    /// Differs for runs that differ.
    package let digest: UInt64
    package let turns: Int
    /// Bit per `FaultPoint` after which a worker was killed or stopped.
    package let struckPoints: UInt64
    package let statistics: PoolStatistics
  }

  package func runTracing<R>(_ body: @escaping (ProcessPool) throws -> R) throws -> Outcome<R> {
    var random = SimulatedRandom(seed: seed ^ 0x5163_6d75)
    let machine = SimulatedMachine(seed: seed, processorCount: 1 + random.below(4))
    machine.switchShare = [3_000, 12_000, 40_000][random.below(3)]
    machine.spuriousShare = faults.spuriousWakeUps ? [0, 1_500, 8_000][random.below(3)] : 0
    var result: Result<R, any Error>?
    var engine: PoolEngine?
    let configuration = configuration()
    let isFine = machine.run { [faults] in
      result = Result {
        var processes: SimulatedProcesses?
        let made = try PoolEngine(configuration) { wire in
          let made = SimulatedProcesses(machine, frontEnd: wire, faults: faults)
          processes = made
          return made
        }
        engine = made
        made.wire.faultSeed.storeSequential(1)
        machine.meddle = { [processes] in processes?.meddle() }
        machine.inspect = { [processes, unowned made] in
          guard let processes, !processes.hasExcuse else { return nil }
          return made.stall(isAwake: processes.isAwake)
        }
        let pool = ProcessPool(over: made)
        let value = Result { try body(pool) }
        if case .failure = value { pool.shutdown(cancelPending: true) } else { pool.shutdown() }
        return try value.get()
      }
    }
    guard isFine, let result, let engine else {
      throw SimulationFailure(
        seed: seed, reason: machine.failure ?? "no pool was made", machine, engine)
    }
    let value = try result.get()
    let left = engine.leftovers.filter { findsLeaks || !$0.hasSuffix("blocks are in use") }
    guard left.isEmpty else {
      throw SimulationFailure(
        seed: seed, reason: "at the end, \(left.joined(separator: "; "))", machine, engine)
    }
    defer { machine.forget() }
    return Outcome(
      result: value, digest: machine.trace.digest, turns: machine.turns,
      struckPoints: machine.struckPoints, statistics: engine.statistics)
  }

  private func configuration() -> PoolConfiguration {
    var configuration = PoolConfiguration(workerCount: workers, memoryLimit: memoryLimit)
    configuration.output = .inherited
    configuration.taskLimit = taskLimit
    configuration.maxTasksPerWorker = maxTasksPerWorker
    configuration.layout = ArenaLayout(
      seatCount: 16, slotCount: 64, ringCapacity: 128, functionsBytes: 32 << 10,
      outboxBytes: 4 << 10)
    return configuration
  }
}
