import EchelonMemory
import EchelonWire

/// What the engine tells the log and the flight recorder while it holds its lock. Calls into the log
/// are made once the lock is let go.
extension PoolEngine {
  func noteSubmission(of task: PoolTask, _ slot: Int, _ generation: UInt32) {
    recorder?.note(
      .taskSubmitted, name: task.name, subject: FlightRing.subject(slot, generation: generation),
      detail: UInt64(task.attempt))
  }

  func noteSubmission(of job: PoolJob, _ index: Int, _ generation: UInt32) {
    recorder?.note(
      .jobSubmitted, name: job.name, subject: FlightRing.subject(index, generation: generation),
      detail: UInt64(job.request.chunkCount))
  }

  func noteRetry(of task: PoolTask, _ slot: SlotIndex, _ state: inout PoolState) {
    recorder?.note(
      .taskRetried,
      subject: FlightRing.subject(slot.value, generation: state.generations[slot.value]),
      detail: UInt64(task.attempt))
    let event = PoolEvent.retried(what: task.name, chunk: nil, attempt: task.attempt)
    state.deferred.append { [configuration] in configuration.report(event) }
  }

  func noteRetry(
    of job: PoolJob, _ index: JobIndex, _ chunk: Int, _ attempt: Int, _ state: inout PoolState
  ) {
    recorder?.note(
      .chunkRetried,
      subject: FlightRing.subject(
        index.value, generation: state.jobGenerations[index.value]),
      detail: UInt64(chunk))
    let event = PoolEvent.retried(what: job.name, chunk: chunk, attempt: attempt)
    state.deferred.append { [configuration] in configuration.report(event) }
  }

  func noteLoss(
    _ error: WorkerDied, _ kind: FlightEventKind, _ index: Int, _ generation: UInt32,
    _ state: inout PoolState
  ) {
    recorder?.note(kind, subject: FlightRing.subject(index, generation: generation))
    state.deferred.append { [configuration] in configuration.report(.lost(error)) }
  }

  func noteCancellation(
    of what: @autoclosure () -> String, _ kind: FlightEventKind, _ index: Int, _ generation: UInt32,
    _ state: inout PoolState
  ) {
    recorder?.note(kind, subject: FlightRing.subject(index, generation: generation))
    guard configuration.reportsCancellations else { return }
    let event = PoolEvent.cancelled(what: what())
    state.deferred.append { [configuration] in configuration.report(event) }
  }

  /// How many tasks wait in the front end, for those who look on.
  func showWaiting(_ state: borrowing PoolState) {
    FrontEndWords(arena: arena.region).waitingTasks.storeRelaxed(UInt64(state.overflow.count))
  }
}
