import EchelonMemory
import EchelonPool
import EchelonWire
import EchelonWorker
import Glibc

/// A worker on a simulated machine, as the engine sees it: something with a number that dies.
final class SimulatedProcess: StartedWorker, @unchecked Sendable {
  let processID: Int32
  let deathDescriptor: Int32
  let seat: Int
  private unowned let processes: SimulatedProcesses
  private let machine: SimulatedMachine
  private(set) var thread: SimulatedThread?
  private var worker: SimulatedWorker?
  private var status: WorkerStatus?
  private var isToTerminate = false
  private let start: SimulatedStart

  init(
    _ processes: SimulatedProcesses, processID: Int32, seat: Int, incarnation: UInt32,
    start: SimulatedStart
  ) {
    self.processes = processes
    self.start = start
    self.processID = processID
    self.seat = seat
    machine = processes.machine
    deathDescriptor = machine.newDescriptor()
    worker = SimulatedWorker(
      wire: processes.wire, seat: SeatIndex(seat), incarnation: incarnation)
    thread = machine.start(name: "worker \(seat).\(incarnation)", side: .worker) { [unowned self] in
      run()
    }
  }

  private func run() {
    switch start {
    case .up: break
    case .late(let time): machine.pause(nanoseconds: time.nanoseconds)
    case .dies: return leave(.exited(code: 1))
    case .refuses(let time):
      machine.pause(nanoseconds: time.nanoseconds)
      worker?.refuse()
      return leave(.exited(code: 71))
    }
    worker?.run()
    leave(.exited(code: 0))
  }

  var isAlive: Bool { status == nil }
  var isStopped: Bool { thread?.isStopped == true }
  var isRunning: Bool { thread.map { !$0.isStopped && $0.idleUntil <= machine.now } ?? false }

  func send(signal: Int32) {
    // It arrives a little later.
    machine.at(machine.now &+ UInt64(machine.random.below(20_000))) { [self] in
      guard isAlive, let thread else { return }
      switch signal {
      case SIGKILL: die(signal)
      case SIGSTOP: machine.stop(thread)
      case SIGCONT:
        machine.proceed(thread)
        if isToTerminate { die(SIGTERM) }
      case _ where isStopped: isToTerminate = true
      default: die(signal)
      }
    }
  }

  /// Ends it where it is. Called between two turns.
  func die(_ signal: Int32) {
    guard isAlive, let thread else { return }
    machine.kill(thread)
    leave(.signalled(signal))
    worker = nil
  }

  private func leave(_ status: WorkerStatus) {
    self.status = status
    thread = nil
    // The notice of it may take its time.
    let delay = machine.random.chance(32_768) ? 10_000 : 3_000_000
    machine.at(machine.now &+ UInt64(machine.random.below(delay))) { [self] in
      machine.makeReadable(deathDescriptor)
    }
  }

  func reap() -> WorkerStatus {
    machine.drain(deathDescriptor)
    processes.forget(self)
    worker = nil
    return status ?? .unknown
  }
}
