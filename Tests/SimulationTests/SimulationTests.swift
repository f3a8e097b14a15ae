import Echelon
import EchelonMemory
import EchelonSimulation
import EchelonWire
import Synchronization
import TestSupport
import Testing

/// How many seeds, or which one:
///
///     ECHELON_SIMULATION_SEEDS=1000000 swift test -c release --filter Simulations
///     ECHELON_TEST_SEED=4711 swift test --filter Simulations
private struct Plan {
  let seeds: ClosedRange<UInt64>

  init() {
    #if DEBUG
      let usual = 500
    #else
      let usual = 100_000
    #endif
    let count = environmentVariable("ECHELON_SIMULATION_SEEDS").flatMap { Int($0) } ?? usual
    let only = environmentVariable("ECHELON_TEST_SEED").flatMap { UInt64($0) }
    seeds = only.map { $0...$0 } ?? 1...UInt64(max(1, count))
  }
}

/// What came of many seeds.
private struct Tally {
  var runs = 0
  var turns = 0
  var deaths = 0
  var retries = 0
  var struckPoints: UInt64 = 0
  var failures: [String] = []

  static func + (a: Tally, b: Tally) -> Tally {
    Tally(
      runs: a.runs + b.runs, turns: a.turns + b.turns, deaths: a.deaths + b.deaths,
      retries: a.retries + b.retries, struckPoints: a.struckPoints | b.struckPoints,
      failures: a.failures + b.failures)
  }

  mutating func play(_ seed: UInt64) {
    runs += 1
    do {
      let outcome = try ScriptRun(seed: seed).play()
      turns += outcome.turns
      deaths += outcome.statistics.deaths
      retries += outcome.statistics.retries
      struckPoints |= outcome.struckPoints
    } catch {
      failures.append("seed \(seed): \(error)\nECHELON_TEST_SEED=\(seed) repeats it")
    }
  }
}

/// Runs every seed, on all processors: a machine is simulated by one thread, and does not know of others.
private func tally(_ seeds: ClosedRange<UInt64>) -> Tally {
  let total = Mutex(Tally())
  let next = Mutex(seeds.lowerBound)
  let gates = (0..<MachineLimits.processors().count).map { _ in Gate() }
  for gate in gates {
    let error = SystemThread.start(name: "seeds") {
      var mine = Tally()
      while mine.failures.count < 2 {
        let first = next.withLock { next in
          defer { next += 100 }
          return next
        }
        guard first <= seeds.upperBound else { break }
        for seed in first...min(seeds.upperBound, first + 99) { mine.play(seed) }
      }
      let result = mine
      total.withLock { $0 = $0 + result }
      gate.open()
    }
    if error != 0 { gate.open() }
  }
  for gate in gates { _ = gate.wait() }
  return total.withLock { $0 }
}

/// The front end's own code and the workers' on a machine on which everything may happen between any two
/// steps.
@Suite(.serialized) struct Simulations {
  @Test func `every task ends as it must whatever happens, for every seed`() throws {
    let seeds = Plan().seeds
    let start = ContinuousClock.now
    let tally = tally(seeds)
    for failure in tally.failures { Issue.record("\(failure)") }
    #expect(tally.runs == seeds.count || !tally.failures.isEmpty)
    if seeds.count >= 10_000 {
      let missed = FaultPoint.allCases.filter { tally.struckPoints & 1 << UInt64($0.rawValue) == 0 }
      #expect(missed.isEmpty, "nobody was killed or stopped after \(missed)")
    }
    print(
      "\(tally.runs) seeds in \(ContinuousClock.now - start): \(tally.turns) turns, "
        + "\(tally.deaths) deaths, \(tally.retries) retries")
  }

  @Test func `a seed repeats a run exactly`() throws {
    for seed in UInt64(1)...100 {
      let runs = try (0..<2).map { _ in try ScriptRun(seed: seed).play() }
      #expect(runs[0].digest == runs[1].digest, "seed \(seed)")
      #expect(runs[0].turns == runs[1].turns)
    }
    #expect(try ScriptRun(seed: 1).play().digest != ScriptRun(seed: 2).play().digest)
  }

  @Test func `a thread that waits for ever is found, with the seed`() throws {
    let failure = #expect(throws: SimulationFailure.self) {
      try Simulation(seed: 7).run { pool in
        _ = try pool.submit { 1 }.result()
        _ = Gate().wait()
      }
    }
    #expect(failure?.seed == 7)
    #expect(failure?.description.contains("hangs") == true)
    #expect(failure?.description.contains("caller: asleep for ever") == true)
  }

  @Test func `memory that is not given back is found`() throws {
    #expect(throws: SimulationFailure.self) {
      try Simulation(seed: 7).run { pool in try pool.array(count: 100) { $0 } }
    }
    var lenient = Simulation(seed: 7)
    lenient.findsLeaks = false
    #expect(try lenient.run { pool in try pool.array(count: 100) { $0 } }.count == 100)
  }

  @Test func `what the body throws comes out`() {
    #expect(throws: ScriptError(id: 3)) {
      try Simulation(seed: 1).run { _ in throw ScriptError(id: 3) }
    }
  }

  @Test func `an hour of the machine's time takes none of ours`() throws {
    let start = ContinuousClock.now
    let state = try Simulation(seed: 3, faults: .none).run { pool in
      let future = try pool.submit(deadline: .seconds(1)) { Simulation.pause(.seconds(3_600)) }
      let error = try future.error()
      Simulation.pause(.seconds(3_600))
      return error as? PoolError
    }
    guard case .deadlineExceeded = state else {
      Issue.record("it ended with \(String(describing: state))")
      return
    }
    #expect(ContinuousClock.now - start < .seconds(600))
  }
}
