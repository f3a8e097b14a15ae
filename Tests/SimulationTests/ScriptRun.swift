import Echelon
import EchelonMemory
import EchelonPool
import EchelonSimulation
import EchelonWire

/// One seed of the scripts: how the pool is made, who uses it, and what has to come of it.
struct ScriptRun {
  let seed: UInt64
  let simulation: Simulation
  private let isTight: Bool
  private let parts: Int

  init(seed: UInt64) {
    self.seed = seed
    var random = SimulatedRandom(seed: seed ^ 0x7363_7269_7074)
    isTight = random.chance(16_384)
    parts = random.chance(16_384) ? 2 : 1
    var simulation = Simulation(seed: seed, workers: 1 + random.below(4))
    if isTight { simulation.memoryLimit = (128 + random.below(400)) << 10 }
    if random.chance(8_192) { simulation.faults.failingStarts = 2 }
    if random.chance(8_192) { simulation.maxTasksPerWorker = 1 + random.below(6) }
    self.simulation = simulation
  }

  /// - Throws: what was found to be wrong.
  @discardableResult func play() throws -> Simulation.Outcome<[PoolScript]> {
    let run = RunLog.open()
    defer { RunLog.close(run) }
    let startsFail = simulation.faults.failingStarts > 0
    let outcome = try simulation.runTracing { [seed, isTight, parts] pool in
      let scripts = (0..<parts).map { part in
        PoolScript(
          pool, run: run, seed: seed, part: part, isTight: isTight, startsFail: startsFail)
      }
      try playSideBySide(scripts)
      return scripts
    }
    func expect(_ isSo: Bool, _ what: String) throws {
      if !isSo { throw SimulationFailure(seed: seed, reason: what) }
    }
    try expect(outcome.result.allSatisfy(\.isHeard), "a callback was not made")
    let statistics = outcome.statistics
    try expect(statistics.pendingTasks == 0, "\(statistics.pendingTasks) tasks are pending")
    try expect(statistics.waitingTasks == 0, "\(statistics.waitingTasks) tasks wait")
    try expect(statistics.workers == 0, "\(statistics.workers) workers are left")
    return outcome
  }
}

/// Each on a thread of its own, the last on the caller's.
private func playSideBySide(_ scripts: [PoolScript]) throws {
  let players = scripts.map(Player.init)
  for player in players.dropLast() {
    _ = SystemThread.start(name: "other caller") { player.play() }
  }
  players.last?.play()
  for player in players { _ = player.gate.wait() }
  for player in players { if let problem = player.problem { throw problem } }
}

/// A script and what came of it. Used by simulated threads, of which one runs at a time.
private final class Player: @unchecked Sendable {
  private let script: PoolScript
  private(set) var problem: (any Error)?
  let gate = Gate()

  init(_ script: PoolScript) { self.script = script }

  func play() {
    do { try script.play() } catch { problem = error }
    gate.open()
  }
}
