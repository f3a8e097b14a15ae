import Echelon
import EchelonSimulation

/// One task of a script, as it travels to its worker.
struct ScriptCall: Codable, Sendable, Equatable {
  enum Kind: Int, Codable, CaseIterable {
    case plain
    /// Its result needs the outbox, or a block.
    case large
    /// It throws an error of its own.
    case throwing
    /// It throws in its first attempts.
    case flaky
    /// It takes up time, and looks whether it is to stop.
    case slow
    /// It takes up more time than its deadline, and does not look.
    case late
  }

  var run: UInt64
  var id: Int
  var kind: Kind
  var size = 1
  var microseconds = 0

  /// What it gives, unless it throws.
  var value: [Int] { (0..<size).map { id &* 1_000 &+ $0 } }
}

/// The error of a task's own.
struct ScriptError: Error, Codable, Equatable { let id: Int }

/// What every task of a script runs; a large argument comes back in the sum.
@Sendable func perform(_ call: ScriptCall, _ payload: [Int]) throws -> [Int] {
  let attempt = RunLog.begin(call.run, call.id)
  switch call.kind {
  case .plain, .large: break
  case .throwing: throw ScriptError(id: call.id)
  case .flaky: if attempt <= 2 { throw ScriptError(id: call.id) }
  case .slow:
    for _ in 0..<4 {
      Simulation.pause(.microseconds(call.microseconds / 4))
      try CurrentTask.checkCancellation()
    }
  case .late: Simulation.pause(.microseconds(call.microseconds))
  }
  guard payload == (0..<payload.count).map({ call.id ^ $0 }) else { throw ScriptError(id: -1) }
  RunLog.end(call.run, call.id)
  return call.value
}

/// What every element of a script's maps runs.
@Sendable func mapped(_ x: Int) -> Int { x &* 7 &+ 3 }
