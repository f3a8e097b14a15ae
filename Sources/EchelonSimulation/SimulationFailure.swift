import EchelonMemory
import EchelonPool
import EchelonWire

/// A simulated run in which something happened that must never happen.
public struct SimulationFailure: Error, CustomStringConvertible {
  /// The seed that repeats the run.
  public let seed: UInt64
  /// What was wrong.
  public let reason: String
  /// Where every thread was, and the last steps before.
  public let trace: String

  /// The reason, and how to see it again.
  public var description: String {
    "simulation with seed \(seed): \(reason)\nECHELON_TEST_SEED=\(seed) repeats it\n\(trace)"
  }

  /// A failure that is found by looking at what came of a run.
  package init(seed: UInt64, reason: String) {
    self.seed = seed
    self.reason = reason
    trace = ""
  }

  init(seed: UInt64, reason: String, _ machine: SimulatedMachine, _ engine: PoolEngine?) {
    self.seed = seed
    self.reason = reason
    let events = machine.trace.last.suffix(60).map { event in
      let name = machine.names[event.thread] ?? "\(event.thread)"
      let what =
        switch event.kind {
        case .step: "passes \(FaultPoint(rawValue: UInt32(event.detail)).map { "\($0)" } ?? "?")"
        case .slept: "sleeps while \(event.detail)"
        case .woken: "is woken"
        case .killed: "is killed"
        case .stopped: "is stopped"
        case .continued: "goes on"
        }
      return "  \(event.moment) \(name) \(what)"
    }
    trace = ([machine.report] + (engine?.situation.map { "  " + $0 } ?? []) + events).joined(
      separator: "\n")
  }
}
