import EchelonMemory

/// What every worker of a pool begins with, by seat.
package struct WorkerLaunch: Sendable {
  let arena: Arena
  /// Over what the workers inherit, for all of them.
  let environment: [String: String]
  /// The same, for one seat.
  let environmentOfSeat: (@Sendable (Int) -> [String: String])?
  let directory: String?
  /// The processors that seats are kept on, in turn; empty for any.
  let processors: [Int32]
  /// The call that a worker makes before its first task.
  let initializer: ArenaBlock?
  /// How long a template may take to come up.
  let startTimeout: Duration?

  func ticket(seat: Int, incarnation: UInt32) -> WorkerTicket {
    WorkerTicket(
      seat: seat, incarnation: incarnation,
      processor: processors.isEmpty ? nil : processors[seat % processors.count],
      initializer: initializer.map { ($0.offset, $0.byteCount) })
  }

  /// What one seat gets that others do not.
  func additions(seat: Int) -> [String: String] { environmentOfSeat?(seat) ?? [:] }

  /// The whole environment as `NAME=value` lines; without a seat, what all have.
  func environmentLines(seat: Int?) -> [String] {
    var changes = environment
    if let seat { changes.merge(additions(seat: seat)) { _, own in own } }
    let names = Set(changes.keys)
    let inherited = WorkerProcess.inheritedEnvironment.filter { line in
      !names.contains(String(line.prefix { $0 != "=" }))
    }
    return inherited + changes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }
}
