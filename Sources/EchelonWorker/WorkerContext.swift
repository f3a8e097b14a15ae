package import EchelonMemory
import EchelonTransfer
package import EchelonWire
import Glibc
import Synchronization

/// What the code that runs in a worker may need to know of it.
package enum WorkerContext {
  /// A worker and its place.
  package final class Place: Sendable {
    package let wire: Wire
    package let seat: SeatIndex
    /// Where calls on several elements say how far they have come.
    package let log: ElementLog

    init(wire: Wire, seat: SeatIndex, log: ElementLog) {
      self.wire = wire
      self.seat = seat
      self.log = log
    }
  }

  private static let state = Mutex<Place?>(nil)

  /// This process as a worker; nil in a front end.
  package static var place: Place? {
    // In a simulation many workers, and the front end, share this process.
    if let machine = SimulatedMachine.current { return machine.running?.place as? Place }
    return state.withLock { $0 }
  }

  /// The arena of the pool that this process works for; nil in a front end.
  package static var arena: Arena? { place?.wire.arena }

  static func enter(_ wire: Wire, _ seat: SeatIndex, _ log: ElementLog) {
    let place = Place(wire: wire, seat: seat, log: log)
    if let machine = SimulatedMachine.current {
      machine.running?.place = place
      machine.running?.arena = wire.arena
      return
    }
    state.withLock { $0 = place }
    ArenaRegistry.add(wire.arena)
    AsyncRun.enterWorker { isCancelled == true }
  }

  /// What this worker runs, in bits that are never the same again; nil in a front end.
  package static var currentWork: UInt64? {
    place.map { $0.wire.seat($0.seat).current.load() }
  }

  /// Whether what this worker runs has been asked to stop; nil in a front end.
  package static var isCancelled: Bool? {
    guard let place else { return nil }
    let work = CurrentWork(bits: place.wire.seat(place.seat).current.load())
    if let slot = work.slot {
      let word = StateWord(bits: place.wire.slot(slot).state.load())
      return word.generation == work.generation && word.flags.contains(.cancelled)
    }
    if let job = work.job {
      let record = place.wire.job(job)
      return StateWord(bits: record.state.load()).generation == work.generation
        && record.failed.load() != 0
    }
    return false
  }

  /// Says something on standard error, whole lines at a time.
  static func complain(_ text: String) {
    let line = Array("echelon: \(text)\n".utf8)
    line.withRawSpan { StandardError.write($0) }
  }
}
