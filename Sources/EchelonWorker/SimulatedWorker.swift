import EchelonMemory
import EchelonTransfer
package import EchelonWire

/// A worker on a simulated machine, which shares this process with its front end and others.
package final class SimulatedWorker {
  // Not on the stack of the worker's thread: what lies there is forgotten when it is killed.
  private let worker: AbandonedCell<Worker>
  private let incarnation: UInt32
  private let wire: Wire
  private let index: SeatIndex

  /// - Parameter wire: over a view of the arena that is not the front end's own.
  package init(wire: Wire, seat: SeatIndex, incarnation: UInt32) {
    self.wire = wire
    index = seat
    self.incarnation = incarnation
    worker = AbandonedCell(Worker(wire: wire, index: seat))
  }

  /// What the process of a worker does, on the simulated thread that calls it.
  package func run() {
    waitUntilSeated(index, incarnation: incarnation, wire)
    worker.withValue { worker in
      WorkerContext.enter(wire, index, worker.log)
      worker.run()
    }
  }

  /// What it does instead when its initializer fails.
  package func refuse() {
    waitUntilSeated(index, incarnation: incarnation, wire)
    let failure = StartFailure.notRun("the simulation lets it fail")
    Initializer.report(failure.bytes, wire: wire, seat: index)
  }
}
