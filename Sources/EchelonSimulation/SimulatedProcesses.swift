import EchelonMemory
import EchelonPool
import EchelonWire
import Glibc

/// Where a simulated pool gets its workers from, and what befalls them.
final class SimulatedProcesses: WorkerStarter, @unchecked Sendable {
  let machine: SimulatedMachine
  /// As the workers have it.
  let wire: Wire
  private var living: [SimulatedProcess] = []
  private var faults: SimulatedFaults
  private var lastProcessID: Int32 = 10_000_000  // no process of the system has such a number
  /// The turn at which something befalls someone.
  private var nextFault = Int.max
  private var pause = 0

  init(_ machine: SimulatedMachine, frontEnd: Wire, faults: SimulatedFaults) {
    self.machine = machine
    self.faults = faults
    wire = Wire(arena: machine.attach(frontEnd.arena), layout: frontEnd.layout)
    if !machine.random.chance(65_536 / 3) {
      pause = [15, 60, 200][machine.random.below(3)]
      nextFault = machine.random.below(4 * pause)
    }
  }

  func start(
    seat: Int, incarnation: UInt32, streams: WorkerStreams?
  ) throws(WorkerStartError) -> (any StartedWorker)? {
    if faults.failingStarts > 0, machine.random.chance(16_384) {
      faults.failingStarts -= 1
      throw WorkerStartError(step: "starting a worker", reason: "the simulation lets it fail")
    }
    lastProcessID += 1
    let process = SimulatedProcess(
      self, processID: lastProcessID, seat: seat, incarnation: incarnation,
      start: faults.start?(seat, Int(incarnation)) ?? .up)
    living.append(process)
    return process
  }

  func forget(_ process: SimulatedProcess) { living.removeAll { $0 === process } }

  /// Whether somebody may have to look for work who cannot now: one that is stopped or delayed and runs
  /// nothing, or is dead and the engine has not been told.
  var hasExcuse: Bool {
    living.contains { process in
      guard process.isAlive, let thread = process.thread else { return true }
      return process.isStopped
        || (thread.idleUntil > machine.now && wire.seat(SeatIndex(process.seat)).phase != .busy)
    }
  }

  /// Whether the worker on a seat would go on if it were woken.
  func isAwake(_ seat: Int) -> Bool {
    living.contains { $0.seat == seat && $0.isAlive && !$0.isStopped }
  }

  /// Before each turn: something may befall someone.
  func meddle() {
    guard machine.turns >= nextFault else { return }
    nextFault = machine.turns + 1 + machine.random.below(2 * pause)
    let alive = living.filter(\.isAlive)
    guard !alive.isEmpty else { return }
    let process = alive[machine.random.below(alive.count)]
    switch machine.random.below(4) {
    case 0, 1:
      guard faults.deaths > 0 else { return }
      faults.deaths -= 1
      process.die(SIGKILL)
    case 2:
      guard faults.delays > 0, let thread = process.thread else { return }
      faults.delays -= 1
      let time = machine.random.chance(32_768) ? 50_000 : 100_000_000
      thread.idleUntil = max(thread.idleUntil, machine.now &+ UInt64(machine.random.below(time)))
    default:
      guard faults.stops > 0, !process.isStopped, let thread = process.thread else { return }
      faults.stops -= 1
      machine.stop(thread)
      // Some are stopped for so long that the watchdog, or a deadline, comes first; and some are then
      // killed by whoever stopped them.
      let time = machine.random.chance(8_192) ? 5_000_000_000 : 100_000_000
      let signal = machine.random.chance(16_384) ? SIGKILL : SIGCONT
      machine.at(machine.now &+ UInt64(machine.random.below(time))) {
        process.send(signal: signal)
      }
    }
  }
}
