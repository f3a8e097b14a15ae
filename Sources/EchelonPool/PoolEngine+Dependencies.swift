import EchelonMemory
import EchelonWire
import Synchronization

/// Tasks that wait for others: in the front end, with no thread that waits for them.
///
///     new ─hold─► waiting ─start─► queued, or in a slot
///                    ├─abandon─► gone, failed
///                    └─cancel──► gone
///
/// The pool stays open for them after a shutdown.
extension PoolEngine {
  /// Takes a task in whose call is not known yet.
  package func hold(_ task: PoolTask, byteCount: Int) throws(PoolError) {
    try state.withLock { state throws(PoolError) in
      if let broken = state.broken { throw broken }
      if state.isShutDown { throw .shutDown }
      try admit(task, byteCount: byteCount, &state)
      task.place = .waiting
      state.waiting[ObjectIdentifier(task)] = task
      pending.add(1, ordering: .relaxed)
      state.statistics.submitted += 1
    }
  }

  /// Hands a held task to the workers, unless it was cancelled meanwhile.
  ///
  /// Collects nothing, unlike `submit`: what is collected may start further tasks, and those further
  /// ones still, on one stack.
  /// - Parameter retained: what the message names and the task is to keep.
  package func start(_ task: PoolTask, message: RawSpan, retained: [AnyObject] = []) {
    let isQueued = locked { state -> Bool? in
      guard task.place == .waiting else { return nil }
      task.retained += retained
      state.waiting[ObjectIdentifier(task)] = nil
      recount(task, byteCount: message.byteCount, &state)
      do {
        try publishOrQueue(task, message, &state)
      } catch {
        // No memory for the call now: it waits in the front end for some.
        queue(task, QueuedCall(message), &state)
      }
      if state.wantedWorkers == 0 || needsWorker(state) { summonWorkers(&state, demand: 1) }
      return task.place == .queued
    }
    guard let isQueued else { return }
    // ORDER(refill): as in `submit`.
    if isQueued, wire.isQueueLow { ringCollector() }
    wire.wakeWorkerIfNeeded()
  }

  /// Ends a held task that is not to run.
  /// - Returns: false when it is no longer held.
  package func abandon(_ task: PoolTask) -> Bool {
    locked { state in
      guard task.place == .waiting else { return false }
      state.waiting[ObjectIdentifier(task)] = nil
      task.place = .gone
      task.retained = []
      taskEnded(task, &state)
      return true
    }
  }
}
