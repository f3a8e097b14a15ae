package import EchelonMemory

/// Where a pool gets its workers from: the seam between the engine, which knows seats, and whatever
/// makes processes, or something that stands for them.
///
/// Every method is called from the supervisor's thread alone, which outlives all workers: a worker
/// may be made to die with the thread that started it.
package protocol WorkerStarter: Sendable {
  /// Starts a worker for a seat that is vacant.
  /// - Parameters:
  ///   - incarnation: how many workers have sat there, this one included.
  ///   - streams: what it gets as its standard output and error; nil leaves it this process's.
  /// - Returns: nil when it cannot be done yet; one of `descriptors` becomes readable when it can be
  ///   tried again.
  func start(
    seat: Int, incarnation: UInt32, streams: WorkerStreams?
  ) throws(WorkerStartError) -> (any StartedWorker)?

  /// What the supervisor is to watch besides the workers; when one is readable it calls `attend`.
  var descriptors: [Int32] { get }
  func attend()

  /// Gives up what has been getting ready for longer than it may; `start` then says so.
  func endIfLate()

  /// The pool is over and its workers are gone.
  func close()
}

extension WorkerStarter {
  package var descriptors: [Int32] { [] }
  package func attend() {}
  package func endIfLate() {}
  package func close() {}
}

/// A worker that was started, as the engine sees it.
package protocol StartedWorker: Sendable {
  var processID: Int32 { get }
  /// Readable when the worker has ended and can write nothing any more.
  var deathDescriptor: Int32 { get }
  /// Sends a signal to exactly this worker, or does nothing when it has ended.
  func send(signal: Int32)
  /// Whether it has been stopped by a signal.
  var isStopped: Bool { get }
  /// Whether it has a processor, or would take one: it waits for nothing else.
  var isRunning: Bool { get }
  /// Takes the status of the ended worker and lets its descriptors go. Called once.
  func reap() -> WorkerStatus
}

extension StartedWorker {
  package var isStopped: Bool { ProcessState.of(processID) == .stopped }
  package var isRunning: Bool { ProcessState.of(processID) == .running }
}

extension WorkerProcess: StartedWorker {
  package var deathDescriptor: Int32 { pidfd }
}
